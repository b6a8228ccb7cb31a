/* SPDX-License-Identifier: MIT */
#include "files_rig.h"

#include "process.h"
#include "transport_usbredir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct files_rig fr;

#define READER "files:reader"

static int open_reader(void *arg, struct ccid_transport **out, const char *address,
                       const struct ccid_env *env, int64_t deadline)
{
	struct ccid_stream *stream = emu_stream_open(&fr.stream);
	int rc = ccid_transport_open_usbredir(out, stream, address, -1, env, deadline);

	(void)arg;
	if (rc < 0)
		stream->ops->close(stream);
	return rc;
}

static const struct ccid_scheme scheme = {"files:", open_reader, NULL};

static int64_t now(void *arg)
{
	struct fake_clock *clock = arg;

	clock->now += fr.tick;
	return clock->now;
}

static void log_line(void *arg, iscard_log_level level, const char *reader, const char *text)
{
	size_t had = strlen(fr.log);

	(void)arg, (void)level, (void)reader;
	snprintf(fr.log + had, sizeof fr.log - had, "%s\n", text);
}

static void configure(struct emu_config *cfg, enum files_reader kind, unsigned flags)
{
	static const struct {
		unsigned level, protocol;
	} kinds[FILES_READERS] = {{1, 0}, {1, 1}, {2, 0}, {2, 1}, {3, 1}, {0, 0}};

	emu_config_init(cfg);
	emu_config_level(cfg, kinds[kind].level, kinds[kind].level == 3 ? 65554 : 271);
	if (kinds[kind].level <= 1)
		cfg->class_desc[40] = 0x30;
	if (kinds[kind].protocol == 1)
		emu_card_t1(&cfg->card[0], 254, false);
	cfg->answer_ms = 1;
	cfg->card_in[0] = true;
	cfg->card[0].files = true;
	cfg->card[0].files_flags = flags;
}

/* What a test that failed has left open must not be in the way of the next. */
static void forget_readers(void)
{
	struct ccid_process *p = ccid_process_enter();

	p->readers = NULL;
	p->nsessions = 0;
	ccid_process_leave();
}

static void make_context(void)
{
	struct iscard_options o = {.size = sizeof o,
	                           .readers = READER,
	                           .log = log_line,
	                           .log_level = ISCARD_LOG_WIRE,
	                           .log_payload = 1,
	                           .now_ms = now,
	                           .now_arg = &fr.stream.clock};

	assert_hr(ccid_context_create(&o, &scheme, &fr.context), S_OK);
}

void files_start_detached(enum files_reader kind, unsigned flags)
{
	struct emu_config cfg;
	void *manage = NULL;

	forget_readers();
	memset(&fr, 0, sizeof fr);
	configure(&cfg, kind, flags);
	emu_stream_init(&fr.stream, &cfg);
	make_context();
	assert_hr(iscard_context_create_instance(fr.context, &CLSID_CSCardManage, &IID_ISCardManage,
	                                         &manage),
	          S_OK);
	fr.manage = manage;
	assert_hr(ISCardManage_CreateFileAccess(fr.manage, &fr.files), S_OK);
	assert_hr(ISCardManage_CreateCHVerification(fr.manage, &fr.verify), S_OK);
	assert_hr(ISCardManage_CreateCardAuth(fr.manage, &fr.auth), S_OK);
}

HRESULT files_attach(void)
{
	BSTR name = iscard_bstr_from_utf8(READER);
	HRESULT hr = ISCardManage_AttachByIFD(fr.manage, name, SHARED);

	SysFreeString(name);
	return hr;
}

void files_start(enum files_reader kind, unsigned flags)
{
	files_start_detached(kind, flags);
	assert_hr(files_attach(), S_OK);
}

void files_end(void)
{
	ISCardManage_Release(fr.manage);
	ISCardVerify_Release(fr.verify);
	ISCardAuth_Release(fr.auth);
	ISCardFileAccess_Release(fr.files);
	iscard_context_unref(fr.context);
	assert_int_equal(emu_counts(fr.stream.device)->violations, 0);
	if (emu_plugged(fr.stream.device))
		assert_false(emu_slot(fr.stream.device, 0).active);
	emu_stream_free(&fr.stream);
}

ISCard *files_other(void)
{
	BSTR name = iscard_bstr_from_utf8(READER);
	void *made = NULL;
	ISCard *card;

	assert_hr(iscard_context_create_instance(fr.context, &CLSID_CSCard, &IID_ISCard, &made),
	          S_OK);
	card = made;
	assert_hr(ISCard_AttachByReader(card, name, SHARED, (SCARD_PROTOCOLS)(T0 | T1)), S_OK);
	SysFreeString(name);
	return card;
}

unsigned files_sent(void)
{
	return emu_counts(fr.stream.device)->by_type[0x6F];
}

IByteBuffer *files_buffer(const void *data, size_t n)
{
	IByteBuffer *buffer;

	assert_hr(iscard_buffer_create(data, n, &buffer), S_OK);
	return buffer;
}

HRESULT files_cd(REFTYPE type, const char *text)
{
	BSTR name = iscard_bstr_from_utf8(text);
	HRESULT hr = ISCardFileAccess_ChangeDir(fr.files, type, name);

	SysFreeString(name);
	return hr;
}

HRESULT files_open(REFTYPE type, const char *text, HSCARD_FILE *file)
{
	BSTR name = iscard_bstr_from_utf8(text);
	HRESULT hr = ISCardFileAccess_Open(fr.files, type, name, file);

	SysFreeString(name);
	return hr;
}

HSCARD_FILE files_opened(const char *path)
{
	HSCARD_FILE file;

	assert_hr(files_open(SC_TYPE_BY_ID, path, &file), S_OK);
	assert_true(file != 0);
	return file;
}

long files_read(HSCARD_FILE file, LONG count, uint8_t *out, size_t cap)
{
	IByteBuffer *buffer = (IByteBuffer *)&fr;
	LONG n = count, got = 0;
	HRESULT hr = ISCardFileAccess_Read(fr.files, file, &n, &buffer, SC_FL_NO_FLAGS);

	if (FAILED(hr)) {
		assert_null(buffer);
		assert_int_equal(n > 0, hr == SCARD_E_INSUFFICIENT_BUFFER);
		return hr;
	}
	assert_true((size_t)n <= cap);
	assert_hr(IByteBuffer_Read(buffer, out, (LONG)cap, &got), S_OK);
	assert_int_equal(got, n);
	IByteBuffer_Release(buffer);
	return n;
}

HRESULT files_write(HSCARD_FILE file, const void *data, size_t n, SCARD_FLAGS flags)
{
	IByteBuffer *buffer = files_buffer(data, n);
	HRESULT hr = ISCardFileAccess_Write(fr.files, file, (LONG)n, buffer, flags);

	IByteBuffer_Release(buffer);
	return hr;
}

HRESULT files_verify(const char *code, SCARD_FLAGS flags, LONG ref)
{
	IByteBuffer *buffer = files_buffer(code, strlen(code));
	HRESULT hr = ISCardVerify_Verify(fr.verify, buffer, flags, &ref);

	IByteBuffer_Release(buffer);
	return hr;
}

void files_assert_hr(HRESULT hr, HRESULT want, const char *what, const char *file, int line)
{
	const char *name = iscard_result_name(hr);

	if (hr == want)
		return;
	print_error("%s:%d: %s is %s (%08x)\n", file, line, what, name != NULL ? name : "?",
	            (unsigned)hr);
	_assert_int_equal((uint32_t)hr, (uint32_t)want, file, line);
}
