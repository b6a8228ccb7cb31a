/* SPDX-License-Identifier: MIT */
#include "kiosk_rig.h"

#include "transport_usbredir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct kiosk_rig kiosk;
struct iscard_motion_report kiosk_report;

struct emu_device *kiosk_device(void)
{
	return kiosk.stream.device;
}

int64_t kiosk_now(void)
{
	return kiosk.stream.clock.now;
}

static int open_reader(void *arg, struct ccid_transport **out, const char *address,
                       const struct ccid_env *env, int64_t deadline)
{
	struct ccid_stream *stream;
	int rc;

	(void)arg;
	if (!emu_plugged(kiosk.stream.device))
		return CCID_E_NOTFOUND;
	kiosk.opens++;
	stream = emu_stream_open(&kiosk.stream);
	rc = ccid_transport_open_usbredir(out, stream, address, -1, env, deadline);
	if (rc < 0)
		stream->ops->close(stream);
	return rc;
}

static const struct ccid_scheme scheme = {"kiosk:", open_reader, NULL};

static int64_t now(void *arg)
{
	struct fake_clock *clock = arg;

	fake_clock_advance(clock, kiosk.tick);
	return clock->now;
}

static void log_line(void *arg, iscard_log_level level, const char *reader, const char *text)
{
	struct fake_clock *clock = arg;

	clock->env.log(clock->env.ctx, (enum ccid_log_level)level, reader, text);
}

struct emu_config kiosk_config(void)
{
	struct emu_config cfg;

	emu_config_init(&cfg);
	emu_config_mechanical(&cfg, 0x0F);
	cfg.manufacturer = "Kiosk";
	cfg.product = "Motor";
	cfg.serial = cfg.interface_name = NULL;
	cfg.flags = EMU_MOUTH_IS_PRESENT;
	cfg.card_in[0] = true;
	return cfg;
}

void kiosk_restart(const struct iscard_options *options)
{
	struct iscard_options o = *options;

	iscard_context_unref(kiosk.context);
	o.size = sizeof o;
	o.readers = KIOSK;
	o.log = log_line;
	o.log_arg = o.now_arg = &kiosk.stream.clock;
	o.log_level = ISCARD_LOG_DEBUG;
	o.now_ms = now;
	assert_int_equal(ccid_context_create(&o, &scheme, &kiosk.context), S_OK);
	if (kiosk.stream.cfg.flags & EMU_MOUTH_IS_PRESENT)
		assert_hr(iscard_context_set_mouth(kiosk.context, "*", 1), S_OK);
}

void kiosk_start(const struct emu_config *cfg)
{
	memset(&kiosk, 0, sizeof kiosk);
	emu_stream_init(&kiosk.stream, cfg);
	kiosk_restart(&(struct iscard_options){.size = 0});
	assert_hr(iscard_context_hold(kiosk.context, KIOSK), S_OK);
}

void kiosk_end(void)
{
	iscard_context_unref(kiosk.context);
	assert_int_equal(emu_counts(kiosk.stream.device)->violations, 0);
	assert_false(emu_slot(kiosk.stream.device, 0).active);
	emu_stream_free(&kiosk.stream);
}

ISCard *kiosk_attached(SCARD_SHARE_MODES mode)
{
	void *card = NULL;

	assert_hr(iscard_context_create_instance(kiosk.context, &CLSID_CSCard, &IID_ISCard, &card),
	          S_OK);
	assert_hr(iscard_attach(card, KIOSK, mode, (SCARD_PROTOCOLS)(T0 | T1)), S_OK);
	return card;
}

HRESULT kiosk_challenge(ISCard *card)
{
	static const uint8_t apdu[] = {0x00, 0x84, 0x00, 0x00, 0x08};
	uint8_t reply[16];
	size_t n = sizeof reply;
	HRESULT hr = iscard_transmit(card, apdu, sizeof apdu, reply, &n);

	assert_int_equal(iscard_sw(reply, n), SUCCEEDED(hr) ? 0x9000 : 0);
	return hr;
}

HRESULT kiosk_move(iscard_motion motion, int64_t commanded_ms, int64_t taken_ms)
{
	const struct iscard_motion_options options = {.size = sizeof options,
	                                              .flags = ISCARD_MOTION_WAIT,
	                                              .commanded_ms = commanded_ms,
	                                              .taken_ms = taken_ms};

	kiosk_report = (struct iscard_motion_report){.size = sizeof kiosk_report};
	return iscard_card_move(kiosk.context, KIOSK, motion, &options, &kiosk_report);
}

struct iscard_kiosk_status kiosk_status(void)
{
	struct iscard_kiosk_status status = {.size = sizeof status};

	assert_hr(iscard_card_place(kiosk.context, KIOSK, &status), S_OK);
	return status;
}

unsigned kiosk_commands(void)
{
	return emu_counts(kiosk.stream.device)->by_type[0x71];
}

void kiosk_assert_hr(HRESULT hr, HRESULT want, const char *what, const char *file, int line)
{
	const char *got = iscard_result_name(hr), *name = iscard_result_name(want);

	if (hr != want)
		print_error("%s: %s, expected %s\n", what, got != NULL ? got : "?",
		            name != NULL ? name : "?");
	_assert_true(hr == want, what, file, line);
}
