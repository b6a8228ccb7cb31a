/* SPDX-License-Identifier: MIT */
/* Sessions with an emulated reader that misbehaves once, at each of its messages and transfers in
 * turn: every call ends in time, nothing wrong is taken for right, nothing is left behind, and the
 * next session works. Virtual time. */
#include "emu_fault.h"
#include "emu_stream.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OPEN_MS 10000
#define CALL_MS 30000
#define GRACE   4000 /* recovery after the deadline: abort, clear halt, reset */
#define DATA    100

struct session {
	struct emu_stream s;
	struct ccid_reader *r;
	uint32_t generation;
	int64_t worst; /* longest that a call outlived its deadline */
	bool lied;     /* success with wrong data */
	bool opened;   /* it came so far */
	int rc;        /* first failure */
	uint8_t answer[300];
};

enum kind {
	CHARACTER,
	TPDU_T0,
	TPDU_T1,
	SHORT_APDU,
	EXTENDED,
	KINDS
};

static struct emu_config config(enum kind kind)
{
	static const unsigned level[KINDS] = {0, 1, 1, 2, 3};
	struct emu_config cfg;

	emu_config_init(&cfg);
	emu_config_level(&cfg, level[kind], kind == EXTENDED ? 74 : 271);
	cfg.card_in[0] = true;
	if (kind == TPDU_T1)
		emu_card_t1(&cfg.card[0], 64, false);
	return cfg;
}

static void timed(struct session *l, int64_t begun, int64_t limit, int rc)
{
	int64_t late = l->s.clock.now - begun - limit;

	if (late > l->worst)
		l->worst = late;
	if (rc < 0 && l->rc == 0)
		l->rc = rc;
}

static int transmit(struct session *l, const uint8_t *apdu, size_t len)
{
	int64_t begun = l->s.clock.now;
	int rc = ccid_slot_transmit(l->r, 0, l->generation, apdu, len, l->answer, sizeof l->answer,
	                            CCID_XFR_FOLLOW, -1, begun + CALL_MS);

	timed(l, begun, CALL_MS, rc);
	return rc;
}

static bool ended_9000(const struct session *l, int n)
{
	return n >= 2 && l->answer[n - 2] == 0x90 && l->answer[n - 1] == 0x00;
}

static void read_bytes(struct session *l)
{
	const uint8_t apdu[] = {0x00, 0xB0, 0x00, 0x00, DATA};
	int n = transmit(l, apdu, sizeof apdu);
	bool same = n == DATA + 2 && ended_9000(l, n);

	for (unsigned i = 0; same && i < DATA; i++)
		same = l->answer[i] == emu_card_pattern(i);
	if (n >= 0 && !same)
		l->lied = true;
}

static void echo(struct session *l)
{
	uint8_t apdu[6 + DATA] = {0x80, 0x10, 0x00, 0x00, DATA};
	int n;

	memset(apdu + 5, 0x3C, DATA);
	n = transmit(l, apdu, sizeof apdu);
	if (n >= 0 && (n != DATA + 2 || memcmp(l->answer, apdu + 5, DATA) != 0))
		l->lied = true;
}

static void attach(struct session *l)
{
	int64_t begun = l->s.clock.now;
	struct ccid_slot_info info;

	timed(l, begun, OPEN_MS, emu_stream_try(&l->s, &l->r, OPEN_MS));
	if (l->r == NULL)
		return;
	begun = l->s.clock.now;
	timed(l, begun, CALL_MS, ccid_slot_activate(l->r, 0, 3, CCID_RESET_NONE, begun + CALL_MS));
	assert_int_equal(ccid_slot_get_info(l->r, 0, &info), 0);
	l->generation = info.generation;
}

static void detach(struct session *l)
{
	int64_t begun = l->s.clock.now;

	if (l->r == NULL)
		return;
	timed(l, begun, CALL_MS, ccid_slot_power_off(l->r, 0, begun + CALL_MS));
	begun = l->s.clock.now;
	ccid_reader_close(l->r);
	timed(l, begun, OPEN_MS, 0);
	l->r = NULL;
	assert_null(l->s.redir);
}

/* All of it, whatever fails on the way. */
static void whole(struct session *l)
{
	attach(l);
	if (l->r != NULL) {
		read_bytes(l);
		echo(l);
	}
	detach(l);
}

static unsigned descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	if (dir == NULL)
		return 0;
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static struct session *new_session(enum kind kind)
{
	struct session *l = calloc(1, sizeof *l);
	const struct emu_config cfg = config(kind);

	assert_non_null(l);
	emu_stream_init(&l->s, &cfg);
	return l;
}

static void end_session(struct session *l)
{
	emu_stream_free(&l->s);
	free(l);
}

/* The fault is over: put the card back, and all must be well. */
static void works_again(struct session *l, const char *what)
{
	emu_fault_clear(l->s.device);
	if (!emu_slot(l->s.device, 0).present)
		assert_true(emu_insert(l->s.device, 0, &l->s.cfg.card[0], l->s.clock.now));
	l->rc = 0;
	l->lied = false;
	whole(l);
	if (l->rc != 0 || l->lied)
		fail_msg("after %s the next session fails: %d", what, l->rc);
}

static void check(struct session *l, const char *what)
{
	if (l->worst > GRACE)
		fail_msg("%s: a call ended %lld ms late", what, (long long)l->worst);
	if (l->lied)
		fail_msg("%s: wrong data was taken for right", what);
	if (emu_plugged(l->s.device))
		works_again(l, what);
	else if (l->rc != CCID_E_GONE && (l->opened || l->rc != CCID_E_IO))
		fail_msg("%s: %d", what, l->rc);
}

/* The number of messages and of transfers in a session without a fault. */
static void measure(enum kind kind, unsigned *messages, unsigned *transfers)
{
	struct session *l = new_session(kind);

	whole(l);
	assert_int_equal(l->rc, 0);
	assert_false(l->lied);
	assert_int_equal(emu_counts(l->s.device)->violations, 0);
	*messages = emu_counts(l->s.device)->messages;
	*transfers = emu_operations(l->s.device);
	assert_true(*messages >= 5 && *transfers > 2 * *messages);
	end_session(l);
}

static void one_fault(enum kind kind, const struct emu_fault *f, const char *name)
{
	struct session *l = new_session(kind);
	char what[80];

	snprintf(what, sizeof what, "%s (%u) at %s %u, reader %d", name, (unsigned)f->value,
	         f->transfer ? "transfer" : "message", f->at, (int)kind);
	assert_true(emu_fault_add(l->s.device, f));
	whole(l);
	check(l, what);
	end_session(l);
}

struct named {
	enum emu_fault_kind kind;
	uint32_t value;
	const char *name;
};

/* Those that change what an answer says in a way that no driver can see are not among them. */
static const struct named spoilt[] = {
	{EMU_FAULT_STALL, 0, "stall"},
	{EMU_FAULT_STALL_LOST, 0, "stall, answer lost"},
	{EMU_FAULT_DEAD, 0, "dead"},
	{EMU_FAULT_UNPLUG, 0, "unplug"},
	{EMU_FAULT_SILENT, 0, "silent"},
	{EMU_FAULT_LOST, 0, "lost"},
	{EMU_FAULT_SHORT, 0, "short"},
	{EMU_FAULT_SHORT, 1, "short"},
	{EMU_FAULT_GARBAGE, 0, "garbage"},
	{EMU_FAULT_GARBAGE, 3, "garbage"},
	{EMU_FAULT_SLOT, 0, "slot"},
	{EMU_FAULT_SLOT, 0xF0, "slot"},
	{EMU_FAULT_SEQ, 0, "seq"},
	{EMU_FAULT_TYPE, 0, "type"},
	{EMU_FAULT_TYPE, 0xFF, "type"},
	{EMU_FAULT_LENGTH, 0, "length"},
	{EMU_FAULT_LENGTH, 0x10000, "length"},
	{EMU_FAULT_NO_ZLP, 0, "no zlp"},
	{EMU_FAULT_EXTENSIONS, 0, "extensions"},
	{EMU_FAULT_ERROR, 0x00, "error"},
	{EMU_FAULT_ERROR, 0x07, "error"},
	{EMU_FAULT_ERROR, 0xE0, "error"},
	{EMU_FAULT_ERROR, 0xF2, "error"},
	{EMU_FAULT_ERROR, 0xFB, "error"},
	{EMU_FAULT_ERROR, 0xFD, "error"},
	{EMU_FAULT_ERROR, 0xFE, "error"},
	{EMU_FAULT_ERROR, 0xFF, "error"},
	{EMU_FAULT_STATUS, 0xC0, "status"},
	{EMU_FAULT_STATUS, 0x42, "status"},
	{EMU_FAULT_REMOVE, 0, "removal"},
	{EMU_FAULT_REMOVE_SILENT, 0, "unanswered removal"},
};

static void every_fault_at_every_message_is_survived(void **state)
{
	unsigned before = descriptors(), messages, transfers;

	(void)state;
	for (enum kind kind = 0; kind < KINDS; kind++) {
		measure(kind, &messages, &transfers);
		for (unsigned i = 0; i < sizeof spoilt / sizeof spoilt[0]; i++)
			for (unsigned at = 0; at < messages; at++) {
				const struct emu_fault f = {
					.kind = spoilt[i].kind, .value = spoilt[i].value, .at = at};

				one_fault(kind, &f, spoilt[i].name);
			}
	}
	assert_int_equal(descriptors(), before);
}

static void a_fault_that_lasts_is_survived_too(void **state)
{
	(void)state;
	for (enum kind kind = 0; kind < KINDS; kind++)
		for (unsigned i = 0; i < sizeof spoilt / sizeof spoilt[0]; i++)
			for (unsigned at = 0; at < 4; at++) {
				const struct emu_fault f = {.kind = spoilt[i].kind,
				                            .value = spoilt[i].value,
				                            .at = at,
				                            .times = 1000};

				one_fault(kind, &f, spoilt[i].name);
			}
}

/* Transfer 0 is the SET_CONFIGURATION of the other end, before there is anything to open. */
static void every_transfer_may_fail(void **state)
{
	static const struct named faults[] = {
		{EMU_FAULT_STALL, 0, "stall"},
		{EMU_FAULT_DEAD, 0, "dead"},
		{EMU_FAULT_UNPLUG, 0, "unplug"},
	};
	unsigned before = descriptors(), messages, transfers;

	(void)state;
	for (enum kind kind = 0; kind < KINDS; kind++) {
		measure(kind, &messages, &transfers);
		for (unsigned i = 0; i < 3; i++)
			for (unsigned at = 1; at < transfers; at++) {
				const struct emu_fault f = {
					.kind = faults[i].kind, .transfer = true, .at = at};

				one_fault(kind, &f, faults[i].name);
			}
	}
	assert_int_equal(descriptors(), before);
}

/* What a driver has to see through: the session must not even notice. */
static void noise_between_messages_is_not_noticed(void **state)
{
	static const struct named faults[] = {
		{EMU_FAULT_STALE, 1, "stale"},           {EMU_FAULT_STALE, 10, "stale"},
		{EMU_FAULT_ZLP_BEFORE, 1, "zlp before"}, {EMU_FAULT_ZLP_BEFORE, 5, "zlp before"},
		{EMU_FAULT_ZLP_AFTER, 1, "zlp after"},   {EMU_FAULT_ZLP_AFTER, 5, "zlp after"},
		{EMU_FAULT_LONG, 1, "padding"},          {EMU_FAULT_LONG, 7, "padding"},
	};

	(void)state;
	for (enum kind kind = 0; kind < KINDS; kind++)
		for (unsigned i = 0; i < sizeof faults / sizeof faults[0]; i++) {
			const struct emu_fault f = {
				.kind = faults[i].kind, .value = faults[i].value, .times = 1000};
			struct session *l = new_session(kind);

			assert_true(emu_fault_add(l->s.device, &f));
			whole(l);
			if (l->rc != 0 || l->lied)
				fail_msg("%s %u, reader %d: %d", faults[i].name, (unsigned)f.value,
				         (int)kind, l->rc);
			end_session(l);
		}
}

static int failing_read(enum kind kind, const struct emu_fault *f, int64_t *took)
{
	struct session *l = new_session(kind);
	int64_t begun;
	int rc;

	attach(l);
	assert_int_equal(l->rc, 0);
	assert_true(emu_fault_add(l->s.device, f));
	begun = l->s.clock.now;
	read_bytes(l);
	rc = l->rc;
	*took = l->s.clock.now - begun;
	detach(l);
	end_session(l);
	return rc;
}

static void what_happened_is_told_apart(void **state)
{
	static const struct {
		enum emu_fault_kind kind;
		uint32_t value;
		int rc;
		int64_t at_most;
	} rows[] = {
		{EMU_FAULT_REMOVE, 0, CCID_E_NOCARD, 0},
		{EMU_FAULT_REMOVE_SILENT, 0, CCID_E_NOCARD, 3000},
		{EMU_FAULT_UNPLUG, 0, CCID_E_GONE, 0},
		{EMU_FAULT_ERROR, 0xFE, CCID_E_MUTE, 0},
		{EMU_FAULT_ERROR, 0xFB, CCID_E_HARDWARE, 0},
		{EMU_FAULT_ERROR, 0xFD, CCID_E_COMM, 0},
		{EMU_FAULT_EXTENSIONS, 0, CCID_E_TIMEOUT, CALL_MS + 100},
		{EMU_FAULT_SILENT, 0, CCID_E_TIMEOUT, CALL_MS + 100},
		{EMU_FAULT_DEAD, 0, CCID_E_TIMEOUT, CALL_MS + GRACE},
		{EMU_FAULT_SHORT, 0, CCID_E_IO, 2000},
		{EMU_FAULT_LENGTH, 0, CCID_E_IO, 2000},
		{EMU_FAULT_STALL, 0, CCID_E_STALL, 0},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct emu_fault f = {
			.kind = rows[i].kind, .value = rows[i].value, .times = 100};
		int64_t took;

		assert_int_equal(failing_read(SHORT_APDU, &f, &took), rows[i].rc);
		assert_in_range(took, 0, rows[i].at_most);
	}
}

/* T=1 repeats what was damaged on the way (ISO/IEC 7816-3, 11.6.3.2). */
static void t1_mends_what_the_line_damages(void **state)
{
	static const struct named faults[] = {
		{EMU_FAULT_FLIP, 0, "bad EDC"},
		{EMU_FAULT_ERROR, 0xFD, "parity"},
		{EMU_FAULT_ERROR, 0xFE, "mute"},
	};

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		for (unsigned at = 0; at < 4; at++)
			for (unsigned times = 1; times < 3; times++) {
				const struct emu_fault f = {.kind = faults[i].kind,
				                            .value = faults[i].value,
				                            .type = 0x6F,
				                            .at = at,
				                            .times = times};
				struct session *l = new_session(TPDU_T1);

				assert_true(emu_fault_add(l->s.device, &f));
				whole(l);
				if (l->rc != 0 || l->lied)
					fail_msg("%s at block %u, %u times: %d", faults[i].name, at,
					         times, l->rc);
				end_session(l);
			}
}

/* The first half of the abort has been taken, the second one is refused: the reader waits for it. */
static void an_abort_that_is_refused_does_not_end_the_recovery(void **state)
{
	const struct emu_fault busy = {.kind = EMU_FAULT_ERROR, .type = 0x65, .value = 0xE0};
	struct session *l = new_session(SHORT_APDU);

	(void)state;
	attach(l);
	assert_true(emu_fault_add(l->s.device, &busy));
	(void)!ccid_slot_poll(l->r, 0, l->s.clock.now + CALL_MS);
	(void)!ccid_slot_poll(l->r, 0, l->s.clock.now + CALL_MS);
	assert_int_equal(emu_counts(l->s.device)->by_type[0x72], 1);
	assert_int_equal(ccid_slot_poll(l->r, 0, l->s.clock.now + CALL_MS), 0);
	assert_int_equal(ccid_slot_activate(l->r, 0, 3, CCID_RESET_NONE, l->s.clock.now + CALL_MS),
	                 0);
	detach(l);
	check(l, "an abort refused");
	end_session(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_at_every_message_is_survived),
		cmocka_unit_test(a_fault_that_lasts_is_survived_too),
		cmocka_unit_test(every_transfer_may_fail),
		cmocka_unit_test(noise_between_messages_is_not_noticed),
		cmocka_unit_test(an_abort_that_is_refused_does_not_end_the_recovery),
		cmocka_unit_test(what_happened_is_told_apart),
		cmocka_unit_test(t1_mends_what_the_line_damages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
