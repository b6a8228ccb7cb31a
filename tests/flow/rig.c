/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include "process.h"

#include <stdlib.h>

struct rig rig;

static int open_reader(void *arg, struct ccid_transport **out, const char *address,
                       const struct ccid_env *env, int64_t deadline)
{
	const struct script_step *steps = rig.script.steps;
	size_t count = rig.script.count;

	(void)arg, (void)address, (void)env, (void)deadline;
	if (rig.open_error != 0)
		return rig.open_error;
	if (rig.opens++ > 0) { /* again: the script goes on */
		steps += rig.script.at;
		count -= rig.script.at;
	}
	script_start(&rig.script, &rig.reader, steps, count, &rig.clock);
	strcpy(rig.script.t.id.manufacturer, "Test");
	strcpy(rig.script.t.id.product, rig.product != NULL ? rig.product : "Reader");
	*out = &rig.script.t;
	return 0;
}

static const struct ccid_scheme scheme = {"test:", open_reader, NULL};

static int64_t now(void *arg)
{
	struct fake_clock *clock = arg;

	clock->now += rig.tick;
	return clock->now;
}

static void log_line(void *arg, iscard_log_level level, const char *reader, const char *text)
{
	struct fake_clock *clock = arg;

	clock->env.log(clock->env.ctx, (enum ccid_log_level)level, reader, text);
}

/* What a test that failed has left open must not be in the way of the next. */
static void forget_readers(void)
{
	struct ccid_process *p = ccid_process_enter();

	p->readers = NULL;
	p->nsessions = 0;
	ccid_process_leave();
}

void rig_start_with(const struct fake_reader *reader, const struct script_step *steps, size_t count,
                    const struct iscard_options *options)
{
	struct iscard_options o = *options;

	o.size = sizeof o;
	o.readers = "test:reader";
	o.log = log_line;
	o.log_arg = &rig.clock;
	o.now_ms = now;
	o.now_arg = &rig.clock;
	if (o.log_level == ISCARD_LOG_NONE)
		o.log_level = ISCARD_LOG_DEBUG;
	forget_readers();
	rig = (struct rig){.reader = *reader};
	fake_clock_init(&rig.clock);
	rig.script.steps = steps;
	rig.script.count = count;
	assert_int_equal(ccid_context_create(&o, &scheme, &rig.context), S_OK);
}

void rig_start_limited(const struct fake_reader *reader, const struct script_step *steps,
                       size_t count, int64_t lock_ms)
{
	const struct iscard_options o = {.limits = {.lock_ms = lock_ms}};

	rig_start_with(reader, steps, count, &o);
}

void rig_start(const struct fake_reader *reader, const struct script_step *steps, size_t count)
{
	rig_start_limited(reader, steps, count, 0);
}

void rig_end(void)
{
	iscard_context_unref(rig.context);
	if (rig.opens > 0)
		script_done(&rig.script);
}

ISCard *rig_card(void)
{
	void *card = NULL;

	assert_hr(iscard_context_create_instance(rig.context, &CLSID_CSCard, &IID_ISCard, &card),
	          S_OK);
	return card;
}

ISCardManage *rig_manage(void)
{
	void *manage = NULL;

	assert_hr(iscard_context_create_instance(rig.context, &CLSID_CSCardManage,
	                                         &IID_ISCardManage, &manage),
	          S_OK);
	return manage;
}

ISCardCmd *rig_cmd(const char *apdu)
{
	static uint8_t bytes[66000];
	size_t n = script_bytes(bytes, sizeof bytes, apdu);
	IByteBuffer *buffer;
	void *cmd = NULL;

	assert_hr(
		iscard_context_create_instance(rig.context, &CLSID_CSCardCmd, &IID_ISCardCmd, &cmd),
		S_OK);
	assert_hr(iscard_buffer_create(bytes, n, &buffer), S_OK);
	assert_hr(ISCardCmd_put_Apdu((ISCardCmd *)cmd, buffer), S_OK);
	IByteBuffer_Release(buffer);
	return cmd;
}

HRESULT rig_attach(ISCard *card, const char *name, SCARD_SHARE_MODES mode,
                   SCARD_PROTOCOLS protocols)
{
	BSTR text = iscard_bstr_from_utf8(name);
	HRESULT hr = ISCard_AttachByReader(card, text, mode, protocols);

	SysFreeString(text);
	return hr;
}

ISCard *rig_attached(void)
{
	ISCard *card = rig_card();

	assert_hr(rig_attach(card, "test:reader", SHARED, (SCARD_PROTOCOLS)(T0 | T1)), S_OK);
	return card;
}

HRESULT rig_select(ISCard *card)
{
	ISCardCmd *cmd = rig_cmd(SELECT);
	HRESULT hr = ISCard_Transaction(card, &cmd);
	WORD status = 1;

	assert_hr(ISCardCmd_get_ReplyStatus(cmd, &status), S_OK);
	assert_int_equal(status, SUCCEEDED(hr) ? 0x9000 : 0);
	ISCardCmd_Release(cmd);
	return hr;
}

HSCARD rig_handle(ISCard *card)
{
	HSCARD handle = 0;

	assert_hr(ISCard_get_CardHandle(card, &handle), S_OK);
	return handle;
}

static const char *name_of(HRESULT hr)
{
	const char *name = iscard_result_name(hr);

	return name != NULL ? name : "?";
}

void rig_assert_hr(HRESULT hr, HRESULT want, const char *what, const char *file, int line)
{
	if (hr != want)
		print_error("%s: %s, expected %s\n", what, name_of(hr), name_of(want));
	_assert_true(hr == want, what, file, line);
}

SAFEARRAY *rig_texts(const OLECHAR *first, const OLECHAR *second)
{
	SAFEARRAY *a = SafeArrayCreateVector(VT_BSTR, 0, second != NULL ? 2 : 1);
	BSTR *elements = a->pvData;

	elements[0] = SysAllocString(first);
	if (second != NULL)
		elements[1] = SysAllocString(second);
	return a;
}
