/* SPDX-License-Identifier: MIT */
/* A whole session, run again once for each transport operation with that operation failing in each
 * way. Whatever fails: each call ends within its limit, the reader is in step again or known to be
 * gone, nothing is left posted, open or allocated, and the next attach works. */
#include "alloc_count.h"
#include "reader.h"
#include "transport_fault.h"
#include "transport_responder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LIMIT_MS    120000
#define RECOVERY_MS 15000 /* what a call may take beyond its deadline to get back into step */
#define OPS_MAX     2000
#define FOR_EVER    1000000u

static struct fake_clock fake;
static struct responder device;
static struct fault_plan plan;
static struct ccid_reader *reader;
static uint8_t response[1100];
static unsigned cancelled; /* calls that said so */

/* --- the session --- */

static const uint8_t select_mf[] = {0x00, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00};
static const uint8_t get_data[] = {0x00, 0xCA, 0x00, 0x96, 0x96};
static const uint8_t followed[] = {0x00, 0x10, 0x00, 0x20, 0x01, 0x55, 0x00};
static uint8_t put_data[5 + 120];

struct exchange {
	const char *name;
	const uint8_t *apdu;
	size_t len;
	size_t data; /* bytes 00 01 02 ... before 90 00 */
};

static const struct exchange exchanges[] = {
	{"short APDU", select_mf, sizeof select_mf, 0},
	{"chained command", put_data, sizeof put_data, 0},
	{"chained response", get_data, sizeof get_data, 0x96},
	{"61xx", followed, sizeof followed, 0x20},
	{"short APDU again", select_mf, sizeof select_mf, 0},
};
#define EXCHANGES (sizeof exchanges / sizeof *exchanges)

static const char *where(const char *call)
{
	static char text[160];

	snprintf(text, sizeof text, "%s, operation %u (%s), byte %u: %s", fault_name(plan.kind),
	         plan.fail_at, plan.failed != NULL ? plan.failed : "none", plan.byte, call);
	return text;
}

/* Every result is a count or a known code, and came in time. */
static int judged(const char *call, int rc, int64_t start)
{
	if (rc < 0 && strcmp(ccid_err_name(rc), "?") == 0)
		fail_msg("%s: unknown result %d", where(call), rc);
	if (rc < 0 && plan.failed == NULL)
		fail_msg("%s: %s without a fault", where(call), ccid_err_name(rc));
	if (fake.now - start > LIMIT_MS + RECOVERY_MS)
		fail_msg("%s: took %lld ms", where(call), (long long)(fake.now - start));
	if (rc == CCID_E_GONE && plan.kind != FAULT_UNPLUG && !plan.gone)
		fail_msg("%s: gone, but it is there", where(call));
	if (rc == CCID_E_CANCELLED)
		cancelled++;
	return rc;
}

static int activate(enum ccid_reset_kind reset)
{
	int64_t start = fake.now;

	return judged("activate", ccid_slot_activate(reader, 0, 1, reset, start + LIMIT_MS), start);
}

static bool as_expected(const struct exchange *x, int rc)
{
	if (rc != (int)x->data + 2 || response[x->data] != 0x90 || response[x->data + 1] != 0)
		return false;
	for (size_t i = 0; i < x->data; i++)
		if (response[i] != (uint8_t)i)
			return false;
	return true;
}

static int transmit(const struct exchange *x)
{
	struct ccid_slot_info info;
	int64_t start = fake.now;
	bool honest = plan.kind != FAULT_GARBAGE && plan.kind != FAULT_FLIP;
	int rc;

	memset(response, 0xEE, sizeof response);
	assert_int_equal(ccid_slot_get_info(reader, 0, &info), 0);
	rc = judged(x->name,
	            ccid_slot_transmit(reader, 0, info.generation, x->apdu, x->len, response,
	                               sizeof response, CCID_XFR_FOLLOW, -1, start + LIMIT_MS),
	            start);
	if (rc >= 0 && (honest || plan.failed == NULL) && !as_expected(x, rc))
		fail_msg("%s: a wrong response of %d bytes was taken for good", where(x->name), rc);
	return rc;
}

static int power_off(void)
{
	int64_t start = fake.now;

	return judged("power off", ccid_slot_power_off(reader, 0, start + LIMIT_MS), start);
}

static int poll_slot(void)
{
	int64_t start = fake.now;

	return judged("poll", ccid_slot_poll(reader, 0, start + LIMIT_MS), start);
}

static int escape(void)
{
	int64_t start = fake.now;

	return judged("escape",
	              ccid_reader_escape(reader, 0, select_mf, sizeof select_mf, response,
	                                 sizeof response, start + LIMIT_MS),
	              start);
}

static int eject(void)
{
	int64_t start = fake.now;

	return judged("eject",
	              ccid_slot_mechanical(reader, 0, CCID_MECHANICAL_EJECT, start + LIMIT_MS),
	              start);
}

/* One fault must not cost more than the commands it hit. (A port reset that fails costs all.) */
static void comes_back(const char *after)
{
	for (unsigned i = 0; i < 3 + plan.more; i++)
		if ((activate(CCID_RESET_COLD) == 0 && transmit(&exchanges[0]) == 2) ||
		    ccid_reader_gone(reader))
			return;
	for (unsigned i = fake.nlines > 20 ? fake.nlines - 20 : 0; i < fake.nlines; i++)
		print_error("%s\n", fake.lines[i % FAKE_LOG_LINES]);
	fail_msg("%s: the reader does not come back", where(after));
}

/* False when the reader is gone and the session with it. */
static bool went_on(const char *call, int rc)
{
	if (ccid_reader_gone(reader))
		return false;
	if (rc < 0 && plan.more != FOR_EVER)
		comes_back(call);
	return true;
}

static void session(void)
{
	if (!went_on("activate", activate(CCID_RESET_NONE)))
		return;
	for (size_t i = 0; i < EXCHANGES; i++)
		if (!went_on(exchanges[i].name, transmit(&exchanges[i])))
			return;
	if (!went_on("warm reset", activate(CCID_RESET_WARM)) || !went_on("poll", poll_slot()) ||
	    !went_on("escape", escape()) || !went_on("eject", eject()) ||
	    !went_on("cold reset", activate(CCID_RESET_COLD)))
		return;
	(void)went_on("power off", power_off());
}

static int open_reader(struct ccid_transport *t)
{
	int64_t start = fake.now;

	reader = NULL;
	return judged("open", ccid_reader_open(&reader, t, NULL, &fake.env, start + LIMIT_MS),
	              start);
}

static void close_reader(void)
{
	int64_t start = fake.now;

	ccid_reader_close(reader);
	(void)judged("close", 0, start);
}

/* --- what must hold afterwards --- */

static void attach_works(void)
{
	struct ccid_transport *t;

	plan.failed = NULL;
	assert_int_equal(responder_open(&t, &device), 0);
	if (open_reader(t) != 0 || activate(CCID_RESET_NONE) != 0)
		fail_msg("%s: the next attach does not work", where("open"));
	for (size_t i = 0; i < EXCHANGES; i++)
		if (!as_expected(&exchanges[i], transmit(&exchanges[i])))
			fail_msg("%s: the next attach does not work", where(exchanges[i].name));
	close_reader();
}

static void nothing_is_left(unsigned fds)
{
	if (plan.problem != NULL)
		fail_msg("%s: the driver %s", where("transport"), plan.problem);
	if (!plan.closed || device.open != 0)
		fail_msg("%s: the transport is still open", where("close"));
	if (alloc_count_now().live != 0)
		fail_msg("%s: %d allocations are left", where("close"), alloc_count_now().live);
	if (open_descriptors() != fds)
		fail_msg("%s: descriptors are left", where("close"));
	if (cancelled > (plan.kind == FAULT_CANCEL ? 1u + plan.more : 0u))
		fail_msg("%s: %u calls were cancelled", where("cancel"), cancelled);
}

/* One session with this fault. False when the operation was not reached. */
static bool run(const struct fake_reader *kind)
{
	unsigned fds = open_descriptors();
	struct ccid_transport *inner, *t;
	bool reached;
	int rc;

	fake_clock_init(&fake);
	responder_init(&device, kind, &fake);
	cancelled = 0;
	plan.clock = &fake;
	alloc_count_start(ALLOC_FAIL_NEVER);
	assert_int_equal(responder_open(&inner, &device), 0);
	assert_int_equal(fault_wrap(&t, inner, &plan), 0);
	rc = open_reader(t);
	if (rc < 0) {
		t->ops->close(t);
	} else {
		session();
		if (plan.failed != NULL && plan.kind == FAULT_UNPLUG && !ccid_reader_gone(reader) &&
		    strcmp(plan.failed, "post_in") != 0)
			fail_msg("%s: the unplug went unnoticed", where("session"));
		close_reader();
	}
	nothing_is_left(fds);
	reached = plan.failed != NULL;
	if (!reached && rc < 0)
		fail_msg("open failed without a fault: %s", ccid_err_name(rc));
	attach_works();
	assert_int_equal(alloc_count_now().live, 0);
	return reached;
}

static void sweep(const struct fake_reader *kind, enum fault_kind fault, unsigned byte,
                  unsigned more)
{
	unsigned k = 0;

	do {
		assert_true(k < OPS_MAX);
		memset(&plan, 0, sizeof plan);
		plan.kind = fault;
		plan.byte = byte;
		plan.more = more;
		plan.fail_at = k++;
	} while (run(kind));
	assert_true(k > 20); /* a session is more than that */
}

static void sweep_all(const struct fake_reader *kind, unsigned more)
{
	for (int fault = 0; fault < FAULT_KINDS; fault++)
		for (unsigned byte = 0; byte < (fault == FAULT_FLIP ? 10 : 1); byte++)
			sweep(kind, (enum fault_kind)fault, byte, more);
}

/* --- the readers --- */

static void a_tpdu_reader_survives_every_fault(void **state)
{
	static const struct fake_reader kind = {.features = FAKE_TPDU, .mechanical = 2};

	(void)state;
	sweep_all(&kind, 0);
}

static void a_short_apdu_reader_survives_every_fault(void **state)
{
	static const struct fake_reader kind = {
		.features = FAKE_SHORT, .mechanical = 2, .no_interrupt = true};

	(void)state;
	sweep_all(&kind, 0);
}

static void a_chaining_reader_survives_every_fault(void **state)
{
	static const struct fake_reader kind = {
		.features = FAKE_EXTENDED, .max_message = 74, .mechanical = 2};

	(void)state;
	sweep_all(&kind, 0);
}

static void a_reader_with_parameters_by_hand_survives_every_fault(void **state)
{
	static const struct fake_reader kind = {
		.mechanical = 2,
		.features =
			(FAKE_TPDU & ~CCID_FEATURE_AUTO_NEGOTIATION & ~CCID_FEATURE_AUTO_VOLTAGE) |
			CCID_FEATURE_AUTO_PPS};

	(void)state;
	sweep_all(&kind, 0);
}

/* Two lanes: what is read for one slot may be for the other. */
static const struct fake_reader two_slots = {
	.features = FAKE_TPDU, .mechanical = 2, .slots = 2, .busy_slots = 2};

static void a_reader_with_two_busy_slots_survives_every_fault(void **state)
{
	(void)state;
	sweep_all(&two_slots, 0);
	sweep_all(&two_slots, 2);
}

/* The operations of the recovery fail as well. */
static void faults_in_a_row_are_survived(void **state)
{
	static const struct fake_reader tpdu = {.features = FAKE_TPDU, .mechanical = 2};
	static const struct fake_reader chaining = {
		.features = FAKE_EXTENDED, .max_message = 74, .mechanical = 2};

	(void)state;
	for (unsigned more = 1; more <= 8; more++) {
		sweep_all(&tpdu, more);
		sweep_all(&chaining, more);
	}
}

/* From one operation on, nothing works any more; the device is well again at the next attach. */
static void a_reader_that_goes_mad_costs_a_bounded_time(void **state)
{
	static const struct fake_reader tpdu = {.features = FAKE_TPDU, .mechanical = 2};

	(void)state;
	sweep_all(&tpdu, FOR_EVER);
	sweep_all(&two_slots, FOR_EVER);
}

static int prepare(void **state)
{
	(void)state;
	memcpy(put_data, (const uint8_t[5]){0x00, 0xDA, 0x00, 0x00, 120}, 5);
	for (unsigned i = 0; i < 120; i++)
		put_data[5 + i] = (uint8_t)i;
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tpdu_reader_survives_every_fault),
		cmocka_unit_test(a_short_apdu_reader_survives_every_fault),
		cmocka_unit_test(a_chaining_reader_survives_every_fault),
		cmocka_unit_test(a_reader_with_parameters_by_hand_survives_every_fault),
		cmocka_unit_test(a_reader_with_two_busy_slots_survives_every_fault),
		cmocka_unit_test(faults_in_a_row_are_survived),
		cmocka_unit_test(a_reader_that_goes_mad_costs_a_bounded_time),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
