/* SPDX-License-Identifier: MIT */
#include "live.h"

#include "emu_serve.h"
#include "transport_usbredir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct live live;

static void *serve(void *arg)
{
	int *fd = arg;

	live.rc = emu_serve(live.device, *fd);
	close(*fd);
	return NULL;
}

static void stop_serving(void)
{
	if (live.serving)
		pthread_join(live.thread, NULL);
	live.serving = false;
}

static int64_t real_now(void)
{
	static const struct ccid_env real;

	return ccid_env_now(&real);
}

static int open_reader(void *arg, struct ccid_transport **out, const char *address,
                       const struct ccid_env *env, int64_t deadline)
{
	static int pair[2];
	struct ccid_stream *stream;
	int rc;

	(void)arg;
	stop_serving();
	live.opens++;
	if (live.remove_at > 0)
		emu_later(live.device, EMU_REMOVE, 0, real_now() + live.remove_at);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0 ||
	    pthread_create(&live.thread, NULL, serve, &pair[1]) != 0)
		return CCID_E_IO;
	live.serving = true;
	rc = ccid_stream_from_fd(&stream, pair[0], env);
	if (rc < 0)
		return rc;
	rc = ccid_transport_open_usbredir(out, stream, address, -1, env, deadline);
	if (rc < 0)
		stream->ops->close(stream);
	return rc;
}

static const struct ccid_scheme scheme = {"live:", open_reader, NULL};

HRESULT live_context(const char *trace)
{
	struct iscard_options o = {.size = sizeof o,
	                           .readers = "live:reader",
	                           .trace = trace,
	                           .log_level = ISCARD_LOG_WARNING};

	return ccid_context_create(&o, &scheme, &live.context);
}

void live_start(unsigned slots)
{
	live_start_busy(slots, 1);
}

static void name_reader(void)
{
	emu_config_init(&live.cfg);
	live.cfg.manufacturer = "Live";
	live.cfg.product = "Reader";
	live.cfg.serial = live.cfg.interface_name = NULL;
}

static void create(void)
{
	live.device = emu_create(&live.cfg);
	assert_non_null(live.device);
	assert_int_equal(live_context(NULL), S_OK);
}

void live_start_busy(unsigned slots, unsigned busy)
{
	live_start_with(slots, busy, (struct emu_card_config){.mute = false});
}

void live_start_with(unsigned slots, unsigned busy, struct emu_card_config card)
{
	live = (struct live){.opens = 0};
	name_reader();
	if (slots > 1)
		emu_config_slots(&live.cfg, slots);
	emu_config_busy(&live.cfg, busy);
	live.cfg.answer_ms = busy > 1 ? 1 : 0; /* so that they overlap */
	for (unsigned i = 0; i < slots; i++) {
		live.cfg.card_in[i] = true;
		live.cfg.card[i] = card;
	}
	create();
}

void live_start_kiosk(void)
{
	live = (struct live){.opens = 0};
	name_reader();
	emu_config_mechanical(&live.cfg, 0x0F);
	live.cfg.flags = EMU_MOUTH_IS_PRESENT;
	live.cfg.answer_ms = 1;
	live.cfg.card_in[0] = true;
	create();
	assert_int_equal(iscard_context_set_mouth(live.context, "*", 1), S_OK);
}

void live_end(void)
{
	iscard_context_unref(live.context);
	stop_serving();
	assert_int_equal(live.rc, 0);
	assert_int_equal(emu_counts(live.device)->violations, 0);
	assert_false(emu_slot(live.device, 0).active);
	emu_destroy(live.device);
}

ISCard *live_card(void)
{
	void *card = NULL;

	if (FAILED(iscard_context_create_instance(live.context, &CLSID_CSCard, &IID_ISCard, &card)))
		return NULL;
	return card;
}

void live_name(char *out, size_t cap, unsigned slot)
{
	snprintf(out, cap, "Live Reader 00 %02X", slot);
}

ISCard *live_attached(unsigned slot, SCARD_SHARE_MODES mode)
{
	ISCard *card = live_card();
	char name[64];
	BSTR text;
	HRESULT hr;

	live_name(name, sizeof name, slot);
	text = iscard_bstr_from_utf8(name);
	hr = ISCard_AttachByReader(card, text, mode, (SCARD_PROTOCOLS)(T0 | T1));
	SysFreeString(text);
	if (SUCCEEDED(hr))
		return card;
	ISCard_Release(card);
	return NULL;
}

static ISCardCmd *new_cmd(void)
{
	void *cmd = NULL;

	if (FAILED(CoCreateInstance(&CLSID_CSCardCmd, NULL, CLSCTX_ALL, &IID_ISCardCmd, &cmd)))
		return NULL;
	return cmd;
}

/* The reply of n bytes, or E_FAIL. */
static HRESULT reply(ISCardCmd *cmd, uint8_t *out, LONG n)
{
	IByteBuffer *buffer = NULL;
	WORD status = 0;
	LONG got = 0;

	if (FAILED(ISCardCmd_get_ReplyStatus(cmd, &status)) || status != 0x9000 ||
	    FAILED(ISCardCmd_get_ApduReply(cmd, &buffer)) || buffer == NULL)
		return E_FAIL;
	IByteBuffer_Read(buffer, out, n, &got);
	IByteBuffer_Release(buffer);
	return got == n ? S_OK : E_FAIL;
}

HRESULT live_echo(ISCard *card, unsigned a, unsigned b)
{
	uint8_t sent[16], got[16];
	ISCardCmd *cmd = new_cmd();
	IByteBuffer *data;
	LONG le = 16;
	HRESULT hr;

	for (unsigned i = 0; i < sizeof sent; i++)
		sent[i] = (uint8_t)(i % 2 ? a * 7 + i : b + i);
	iscard_buffer_create(sent, sizeof sent, &data);
	ISCardCmd_BuildCmd(cmd, 0x80, 0x10, 0, 0, data, &le);
	IByteBuffer_Release(data);
	hr = ISCard_Transaction(card, &cmd);
	if (SUCCEEDED(hr))
		hr = reply(cmd, got, sizeof got);
	if (SUCCEEDED(hr) && memcmp(sent, got, sizeof got) != 0)
		hr = SCARD_F_INTERNAL_ERROR;
	ISCardCmd_Release(cmd);
	return hr;
}

unsigned live_challenge(ISCard *card)
{
	ISCardCmd *cmd = new_cmd();
	uint8_t byte = 0;
	LONG le = 1;

	ISCardCmd_BuildCmd(cmd, 0, 0x84, 0, 0, NULL, &le);
	if (FAILED(ISCard_Transaction(card, &cmd)) || FAILED(reply(cmd, &byte, 1)))
		byte = 0xee;
	ISCardCmd_Release(cmd);
	return byte;
}
