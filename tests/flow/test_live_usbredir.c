/* SPDX-License-Identifier: MIT */
/* The driver over usbredir with an emulated reader at the other end: what a session does, at each
 * exchange level, and what a reader, a card and a person may do to it. In memory, virtual time. */
#include "emu_fault.h"
#include "emu_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define APDU_MAX 65544
#define SOON     (l->s.clock.now + 60000)

struct live {
	struct emu_stream s;
	struct ccid_reader *r;
	struct ccid_slot_info info;
	uint8_t apdu[APDU_MAX], answer[65538];
};

static struct emu_config config(unsigned level, uint32_t max)
{
	struct emu_config cfg;

	emu_config_init(&cfg);
	emu_config_level(&cfg, level, max);
	cfg.card_in[0] = true;
	return cfg;
}

static struct live *start(const struct emu_config *cfg)
{
	struct live *l = calloc(1, sizeof *l);

	assert_non_null(l);
	emu_stream_init(&l->s, cfg);
	l->r = emu_stream_reader(&l->s);
	return l;
}

static void get_info(struct live *l)
{
	assert_int_equal(ccid_slot_get_info(l->r, 0, &l->info), 0);
}

static struct live *active(const struct emu_config *cfg)
{
	struct live *l = start(cfg);

	assert_int_equal(ccid_slot_activate(l->r, 0, 3, CCID_RESET_NONE, SOON), 0);
	get_info(l);
	assert_int_equal(l->info.state, CCID_SLOT_READY);
	return l;
}

static void stop(struct live *l)
{
	ccid_reader_close(l->r);
	assert_null(l->s.redir);
	emu_stream_free(&l->s);
	free(l);
}

static int transmit(struct live *l, size_t len)
{
	return ccid_slot_transmit(l->r, 0, l->info.generation, l->apdu, len, l->answer,
	                          sizeof l->answer, CCID_XFR_FOLLOW, -1, SOON);
}

static int simple(struct live *l, uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2)
{
	const uint8_t apdu[4] = {cla, ins, p1, p2};

	memcpy(l->apdu, apdu, 4);
	return transmit(l, 4);
}

static void ends_well(const struct live *l, int n)
{
	assert_true(n >= 2);
	assert_memory_equal(l->answer + n - 2, "\x90\x00", 2);
}

/* READ BINARY of n bytes: every byte is the pattern's. */
static void read_bytes(struct live *l, size_t n)
{
	const uint8_t head[7] = {0x00, 0xB0, 0, 0, 0, (uint8_t)(n >> 8), (uint8_t)n};
	int got;

	memcpy(l->apdu, head, 7);
	if (n <= 256)
		l->apdu[4] = (uint8_t)n;
	got = transmit(l, n <= 256 ? 5 : 7);
	ends_well(l, got);
	assert_int_equal(got, n + 2);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(l->answer[i], emu_card_pattern(i));
}

/* ECHO of n bytes: what comes back is what was sent. */
static void echo(struct live *l, size_t n)
{
	bool ext = n > 255;
	size_t head = ext ? 7 : 5, at = 0;
	const uint8_t bytes[7] = {0x80,      0x10, 0, 0, ext ? 0 : (uint8_t)n, (uint8_t)(n >> 8),
	                          (uint8_t)n};
	int got;

	memcpy(l->apdu, bytes, head);
	for (; at < n; at++)
		l->apdu[head + at] = (uint8_t)(at * 3 + n);
	memset(l->apdu + head + n, 0, 2);
	got = transmit(l, head + n + (ext ? 2 : 1));
	ends_well(l, got);
	assert_int_equal(got, n + 2);
	for (at = 0; at < n; at++)
		assert_int_equal(l->answer[at], (uint8_t)(at * 3 + n));
}

static void clean(const struct live *l)
{
	assert_int_equal(emu_counts(l->s.device)->violations, 0);
}

static void short_lengths(const struct emu_config *cfg)
{
	struct live *l = active(cfg);

	for (size_t n = 1; n <= 256; n++)
		read_bytes(l, n);
	for (size_t n = 1; n <= 255; n++)
		echo(l, n);
	clean(l);
	stop(l);
}

static void every_short_length_passes_at_each_level(void **state)
{
	struct emu_config cfg;

	(void)state;
	for (unsigned level = 1; level <= 3; level++) {
		cfg = config(level, 271);
		short_lengths(&cfg);
	}
	cfg = config(3, 65554);
	cfg.mps = 512;
	cfg.speed = 2;
	short_lengths(&cfg);
	cfg = config(2, 271);
	cfg.mps = 16;
	short_lengths(&cfg);
}

static void t1_at_tpdu_level_passes_every_length(void **state)
{
	static const uint8_t ifsc[] = {254, 32, 5};
	static const size_t lengths[] = {257, 508, 4096, 65535};

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct emu_config cfg = config(1, 271);
		struct live *l;

		emu_card_t1(&cfg.card[0], ifsc[i % 3], i >= 3);
		if (i == 0)
			short_lengths(&cfg);
		l = active(&cfg);
		assert_int_equal(l->info.protocol, 1);
		for (unsigned k = 0; k < (ifsc[i % 3] > 5 ? 4 : 2); k++) {
			read_bytes(l, lengths[k]);
			echo(l, lengths[k]);
		}
		ends_well(l, simple(l, 0x80, 0x12, 7, 10)); /* seven S(WTX) */
		clean(l);
		stop(l);
	}
}

static void character_level_passes_every_length(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct emu_config cfg = config(0, 271);
		struct live *l;

		cfg.card[0].byte_acks = i == 1;
		cfg.card[0].nulls = i == 2 ? 3 : 0;
		if (i >= 3)
			emu_card_t1(&cfg.card[0], i == 4 ? 7 : 254, i == 5);
		short_lengths(&cfg);
		l = active(&cfg);
		assert_int_equal(l->info.protocol, i >= 3);
		ends_well(l, simple(l, 0x80, 0x12, 5, 10));
		clean(l);
		stop(l);
	}
}

static void tokens_without_bulk_pass_every_length(void **state)
{
	(void)state;
	for (uint8_t version = 1; version <= 2; version++) {
		struct emu_config cfg = config(version == 1 ? 0 : 2, 271);
		struct live *l;

		cfg.class_desc[40] = 0x40;
		cfg.class_desc[41] = 0x08;
		cfg.ep_in = cfg.ep_out = cfg.ep_int = 0;
		cfg.if_protocol = version;
		short_lengths(&cfg);
		l = active(&cfg);
		ends_well(l, simple(l, 0x80, 0x12, 9, 10)); /* busy, nine times */
		assert_int_equal(simple(l, 0x80, 0x14, 0, 0), CCID_E_MUTE);
		clean(l);
		stop(l);
	}
}

static void long_lengths_pass_at_extended_level(void **state)
{
	static const size_t lengths[] = {257, 502, 503, 504, 1024, 4096, 32767, 65534, 65535};
	static const uint32_t max[] = {271, 522, 65554};

	(void)state;
	for (unsigned m = 0; m < 3; m++) {
		const struct emu_config cfg = config(3, max[m]);
		struct live *l = active(&cfg);

		for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
			read_bytes(l, lengths[i]);
			echo(l, lengths[i]);
		}
		read_bytes(l, 65536);
		clean(l);
		stop(l);
	}
}

/* With T=0 at TPDU level the APDU goes in an ENVELOPE, which this card does not know. */
static void long_apdus_end_in_a_clear_answer_below_extended_level(void **state)
{
	(void)state;
	for (unsigned level = 1; level <= 2; level++) {
		const struct emu_config cfg = config(level, 271);
		struct live *l = active(&cfg);

		memcpy(l->apdu, "\x80\x10\x00\x00\x00\x01\x00", 7);
		assert_int_equal(transmit(l, 7 + 256), level == 1 ? 2 : CCID_E_UNSUPPORTED);
		read_bytes(l, 8);
		clean(l);
		stop(l);
	}
}

static void tpdu_level_follows_61_and_6c(void **state)
{
	const struct emu_config cfg = config(1, 271);
	struct live *l = active(&cfg);
	int n;

	(void)state;
	memcpy(l->apdu, "\x80\x1A\x07\x00\x00", 5); /* FIXED: 6C07 first */
	n = transmit(l, 5);
	ends_well(l, n);
	assert_int_equal(n, 9);
	memcpy(l->apdu, "\x00\xA4\x00\x00\x02\x3F\x00\x00", 8); /* SELECT: 6109 first */
	n = transmit(l, 8);
	ends_well(l, n);
	assert_int_equal(n, 11);
	memcpy(l->apdu, "\x00\xA4\x00\x00\x02\x3F\x00\x00", 8);
	n = ccid_slot_transmit(l->r, 0, l->info.generation, l->apdu, 8, l->answer, 300, 0, -1,
	                       SOON);
	assert_int_equal(n, 2);
	assert_memory_equal(l->answer, "\x61\x09", 2);
	clean(l);
	stop(l);
}

static void opening_tells_who_the_reader_is(void **state)
{
	struct emu_config cfg = config(3, 65554);
	struct live *l;
	const struct ccid_transport *t;

	(void)state;
	cfg.interface_name = "Contact";
	emu_config_slots(&cfg, 3);
	l = start(&cfg);
	t = ccid_reader_transport(l->r);
	assert_int_equal(t->id.vid, 0x1209);
	assert_int_equal(t->id.pid, 0xCC1D);
	assert_int_equal(t->id.bcd_device, 0x0100);
	assert_string_equal(t->id.manufacturer, "Emulated");
	assert_string_equal(t->id.product, "Reader");
	assert_string_equal(t->id.serial, "0001");
	assert_string_equal(t->id.interface_name, "Contact");
	assert_int_equal(t->id.speed, 1);
	assert_int_equal(ccid_reader_slots(l->r), 3);
	assert_int_equal(ccid_reader_level(l->r), CCID_LEVEL_EXTENDED_APDU);
	assert_int_equal(t->iface.bulk_in.max_packet, 64);
	clean(l);
	stop(l);
}

static void time_extensions_are_waited_for(void **state)
{
	struct emu_config cfg = config(2, 271);
	struct live *l;
	int64_t before;

	(void)state;
	cfg.extensions = 2;
	cfg.extension_ms = 700;
	l = active(&cfg);
	before = l->s.clock.now;
	ends_well(l, simple(l, 0x80, 0x12, 20, 10)); /* 20 extensions, a second apart */
	assert_in_range(l->s.clock.now - before, 20000, 25000);
	assert_true(emu_counts(l->s.device)->extensions >= 24);
	clean(l);
	stop(l);
}

static void voltages_are_tried_until_the_card_answers(void **state)
{
	struct emu_config cfg = config(3, 271);
	struct live *l;

	(void)state;
	cfg.class_desc[40] = 0xB2; /* no automatic voltage */
	for (unsigned class = EMU_CLASS_5V; class <= EMU_CLASS_1V8; class <<= 1) {
		cfg.card[0].classes = class;
		l = active(&cfg);
		assert_int_equal(emu_slot(l->s.device, 0).supply, class);
		clean(l);
		stop(l);
	}
}

static void a_mute_card_is_told_as_mute(void **state)
{
	struct emu_config cfg = config(3, 271);
	struct live *l;

	(void)state;
	cfg.card[0].mute = true;
	l = start(&cfg);
	assert_int_equal(ccid_slot_activate(l->r, 0, 3, CCID_RESET_NONE, SOON), CCID_E_MUTE);
	assert_false(emu_slot(l->s.device, 0).active);
	clean(l);
	stop(l);
}

static void a_mute_command_leaves_a_usable_reader(void **state)
{
	const struct emu_config cfg = config(2, 271);
	struct live *l = active(&cfg);

	(void)state;
	assert_int_equal(simple(l, 0x80, 0x14, 0, 0), CCID_E_MUTE);
	assert_int_equal(ccid_slot_activate(l->r, 0, 3, CCID_RESET_COLD, SOON), 0);
	get_info(l);
	read_bytes(l, 20);
	clean(l);
	stop(l);
}

static void removal_during_a_command_ends_it(void **state)
{
	const struct emu_config cfg = config(3, 271);
	struct live *l = active(&cfg);
	int64_t before = l->s.clock.now;

	(void)state;
	assert_true(emu_later(l->s.device, EMU_REMOVE, 0, before + 2500));
	assert_int_equal(simple(l, 0x80, 0x12, 50, 10), CCID_E_NOCARD);
	assert_int_equal(l->s.clock.now, before + 2500);
	get_info(l);
	assert_int_equal(l->info.state, CCID_SLOT_EMPTY);
	assert_int_equal(l->info.atr_len, 0);
	assert_int_equal(ccid_slot_activate(l->r, 0, 3, CCID_RESET_NONE, SOON), CCID_E_NOCARD);
	assert_true(emu_insert(l->s.device, 0, &cfg.card[0], l->s.clock.now));
	assert_int_equal(ccid_slot_activate(l->r, 0, 3, CCID_RESET_NONE, SOON), 0);
	get_info(l);
	read_bytes(l, 20);
	clean(l);
	stop(l);
}

static void an_unanswered_removal_is_noticed(void **state)
{
	struct emu_config cfg = config(3, 271);
	struct live *l;
	int64_t before;

	(void)state;
	cfg.flags = EMU_REMOVAL_UNANSWERED;
	l = active(&cfg);
	before = l->s.clock.now;
	assert_true(emu_later(l->s.device, EMU_REMOVE, 0, before + 2500));
	assert_int_equal(simple(l, 0x80, 0x12, 50, 10), CCID_E_NOCARD);
	assert_in_range(l->s.clock.now, before + 2500, before + 6000);
	assert_int_equal(ccid_slot_poll(l->r, 0, SOON), 0);
	get_info(l);
	assert_int_equal(l->info.state, CCID_SLOT_EMPTY);
	stop(l);
}

static void a_swapped_card_ends_the_session(void **state)
{
	const struct emu_config cfg = config(3, 271);
	struct live *l = active(&cfg);
	uint32_t old = l->info.generation;
	unsigned messages;

	(void)state;
	assert_true(emu_remove(l->s.device, 0, l->s.clock.now));
	assert_true(emu_insert(l->s.device, 0, &cfg.card[0], l->s.clock.now));
	assert_int_equal(ccid_slot_poll(l->r, 0, SOON), 0);
	assert_true(ccid_reader_dispatch(l->r) >= 0);
	messages = emu_counts(l->s.device)->by_type[0x6F];
	assert_int_equal(simple(l, 0x00, 0xA4, 0, 0), CCID_E_STALE);
	assert_int_equal(emu_counts(l->s.device)->by_type[0x6F], messages);
	get_info(l);
	assert_true(l->info.generation > old);
	stop(l);
}

static void notifications_reach_the_slot(void **state)
{
	struct emu_config cfg = config(3, 271);
	struct live *l;

	(void)state;
	cfg.card_in[0] = false;
	l = start(&cfg);
	get_info(l);
	assert_int_equal(l->info.state, CCID_SLOT_EMPTY);
	assert_true(emu_insert(l->s.device, 0, &cfg.card[0], l->s.clock.now));
	assert_int_equal(ccid_reader_dispatch(l->r), 1);
	get_info(l);
	assert_int_equal(l->info.state, CCID_SLOT_INACTIVE);
	assert_true(emu_remove(l->s.device, 0, l->s.clock.now));
	assert_int_equal(ccid_reader_dispatch(l->r), 1);
	get_info(l);
	assert_int_equal(l->info.state, CCID_SLOT_EMPTY);
	clean(l);
	stop(l);
}

static void an_eject_powers_off_and_moves_the_card(void **state)
{
	struct emu_config cfg = config(2, 271);
	struct live *l;

	(void)state;
	emu_config_mechanical(&cfg, 0x0F);
	cfg.motion_ms = 3000;
	l = active(&cfg);
	assert_int_equal(ccid_slot_mechanical(l->r, 0, CCID_MECHANICAL_EJECT, SOON), 0);
	assert_true(emu_slot(l->s.device, 0).in_mouth);
	assert_true(emu_counts(l->s.device)->by_type[0x63] >= 1);
	assert_int_equal(emu_counts(l->s.device)->by_type[0x71], 1);
	assert_int_equal(simple(l, 0x00, 0xA4, 0, 0), CCID_E_STALE);
	assert_int_equal(ccid_slot_mechanical(l->r, 0, CCID_MECHANICAL_ACCEPT, SOON), 0);
	assert_int_equal(ccid_slot_activate(l->r, 0, 3, CCID_RESET_NONE, SOON), 0);
	assert_int_equal(ccid_slot_mechanical(l->r, 0, CCID_MECHANICAL_LOCK, SOON), 0);
	assert_true(emu_slot(l->s.device, 0).locked);
	assert_int_equal(ccid_slot_mechanical(l->r, 0, CCID_MECHANICAL_UNLOCK, SOON), 0);
	assert_int_equal(ccid_slot_mechanical(l->r, 0, CCID_MECHANICAL_CAPTURE, SOON), 0);
	assert_int_equal(emu_slot(l->s.device, 0).captured, 1);
	clean(l);
	stop(l);
}

static void what_a_reader_cannot_move_is_not_sent(void **state)
{
	const struct emu_config cfg = config(2, 271);
	struct live *l = active(&cfg);

	(void)state;
	assert_int_equal(ccid_slot_mechanical(l->r, 0, CCID_MECHANICAL_EJECT, SOON),
	                 CCID_E_UNSUPPORTED);
	assert_int_equal(emu_counts(l->s.device)->by_type[0x71], 0);
	stop(l);
}

static void a_jam_is_a_hardware_failure(void **state)
{
	struct emu_config cfg = config(2, 271);
	struct live *l;

	(void)state;
	emu_config_mechanical(&cfg, 0x02);
	l = active(&cfg);
	emu_jam(l->s.device, 0, true);
	assert_int_equal(ccid_slot_mechanical(l->r, 0, CCID_MECHANICAL_EJECT, SOON),
	                 CCID_E_HARDWARE);
	stop(l);
}

static void cancel_reader(void *ctx)
{
	ccid_reader_cancel(ctx);
}

static void a_cancelled_command_is_aborted_before_the_next(void **state)
{
	static const unsigned flags[] = {0, EMU_ABORT_STALLS, EMU_ABORTED_UNANSWERED};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct emu_config cfg = config(2, 271);
		struct live *l;

		cfg.flags = flags[i];
		l = active(&cfg);
		l->s.hook = cancel_reader;
		l->s.hook_ctx = l->r;
		l->s.hook_at = l->s.clock.now + 1500;
		assert_int_equal(simple(l, 0x80, 0x12, 100, 10), CCID_E_CANCELLED);
		assert_int_equal(l->s.clock.now, l->s.hook_at);
		read_bytes(l, 12);
		assert_int_equal(emu_counts(l->s.device)->aborts, 1);
		clean(l);
		stop(l);
	}
}

static void a_caller_without_patience_gets_a_timeout(void **state)
{
	const struct emu_config cfg = config(2, 271);
	struct live *l = active(&cfg);
	int64_t before = l->s.clock.now;
	int rc;

	(void)state;
	memcpy(l->apdu, "\x80\x12\x64\x0A", 4);
	rc = ccid_slot_transmit(l->r, 0, l->info.generation, l->apdu, 4, l->answer, 300, 0, -1,
	                        before + 2000);
	assert_int_equal(rc, CCID_E_TIMEOUT);
	assert_in_range(l->s.clock.now - before, 2000, 2100);
	read_bytes(l, 12);
	assert_int_equal(emu_counts(l->s.device)->aborts, 1);
	stop(l);
}

static void slots_are_apart(void **state)
{
	struct emu_config cfg = config(2, 271);
	struct live *l;

	(void)state;
	emu_config_slots(&cfg, 2);
	cfg.card_in[1] = true;
	l = active(&cfg);
	assert_int_equal(ccid_slot_activate(l->r, 1, 3, CCID_RESET_NONE, SOON), 0);
	assert_int_equal(ccid_slot_power_off(l->r, 1, SOON), 0);
	assert_true(emu_slot(l->s.device, 0).active);
	assert_false(emu_slot(l->s.device, 1).active);
	read_bytes(l, 3);
	clean(l);
	stop(l);
}

static void closing_powers_the_card_off(void **state)
{
	const struct emu_config cfg = config(2, 271);
	struct live *l = active(&cfg);

	(void)state;
	assert_true(emu_slot(l->s.device, 0).active);
	ccid_reader_close(l->r);
	assert_false(emu_slot(l->s.device, 0).active);
	l->r = emu_stream_reader(&l->s); /* and can be opened again */
	assert_int_equal(ccid_slot_activate(l->r, 0, 3, CCID_RESET_NONE, SOON), 0);
	clean(l);
	stop(l);
}

static void an_unplug_is_gone_for_good(void **state)
{
	const struct emu_config cfg = config(2, 271);
	struct live *l = active(&cfg);

	(void)state;
	assert_true(emu_later(l->s.device, EMU_UNPLUG, 0, l->s.clock.now + 1200));
	assert_int_equal(simple(l, 0x80, 0x12, 100, 10), CCID_E_GONE);
	assert_true(ccid_reader_gone(l->r));
	assert_int_equal(simple(l, 0x00, 0xA4, 0, 0), CCID_E_GONE);
	stop(l);
}

static void escape_carries_bytes_both_ways(void **state)
{
	const struct emu_config cfg = config(2, 271);
	struct live *l = start(&cfg);
	uint8_t in[261], out[261];
	int n;

	(void)state;
	for (unsigned i = 0; i < sizeof out; i++)
		out[i] = (uint8_t)i;
	n = ccid_reader_escape(l->r, 0, out, sizeof out, in, sizeof in, SOON);
	assert_int_equal(n, sizeof out);
	assert_memory_equal(in, out, sizeof out);
	clean(l);
	stop(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_short_length_passes_at_each_level),
		cmocka_unit_test(t1_at_tpdu_level_passes_every_length),
		cmocka_unit_test(character_level_passes_every_length),
		cmocka_unit_test(tokens_without_bulk_pass_every_length),
		cmocka_unit_test(long_lengths_pass_at_extended_level),
		cmocka_unit_test(long_apdus_end_in_a_clear_answer_below_extended_level),
		cmocka_unit_test(tpdu_level_follows_61_and_6c),
		cmocka_unit_test(opening_tells_who_the_reader_is),
		cmocka_unit_test(time_extensions_are_waited_for),
		cmocka_unit_test(voltages_are_tried_until_the_card_answers),
		cmocka_unit_test(a_mute_card_is_told_as_mute),
		cmocka_unit_test(a_mute_command_leaves_a_usable_reader),
		cmocka_unit_test(removal_during_a_command_ends_it),
		cmocka_unit_test(an_unanswered_removal_is_noticed),
		cmocka_unit_test(a_swapped_card_ends_the_session),
		cmocka_unit_test(notifications_reach_the_slot),
		cmocka_unit_test(an_eject_powers_off_and_moves_the_card),
		cmocka_unit_test(what_a_reader_cannot_move_is_not_sent),
		cmocka_unit_test(a_jam_is_a_hardware_failure),
		cmocka_unit_test(a_cancelled_command_is_aborted_before_the_next),
		cmocka_unit_test(a_caller_without_patience_gets_a_timeout),
		cmocka_unit_test(slots_are_apart),
		cmocka_unit_test(closing_powers_the_card_off),
		cmocka_unit_test(an_unplug_is_gone_for_good),
		cmocka_unit_test(escape_carries_bytes_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
