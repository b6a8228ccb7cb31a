/* SPDX-License-Identifier: MIT */
/* Each known fault of a reader (quirks.csv) is met somewhere: by a row of the quirk table, by a rule
 * for all readers with a test of its own, or not at all for a reason that stands here. */
#include "corpus.h"
#include "quirks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What a row of the file says is found by its numbers and a piece of its text. */
struct fact {
	const char *vid, *pid, *says;
	unsigned flags;          /* of the quirk table... */
	uint16_t bcd;            /* ... for this firmware */
	const char *file, *rule; /* or a test under tests/ */
	const char *why_not;     /* or a reason */
};

#define ROW(vid, pid, says, bcd, set)                                                              \
	{                                                                                          \
		vid, pid, says, set, bcd, NULL, NULL, NULL                                         \
	}
#define RULE(vid, pid, says, file, test)                                                           \
	{                                                                                          \
		vid, pid, says, 0, 0, file, test, NULL                                             \
	}
#define NOT(vid, pid, says, reason)                                                                \
	{                                                                                          \
		vid, pid, says, 0, 0, NULL, NULL, reason                                           \
	}
#define Q(name) CCID_QUIRK_##name

#define BEHIND(vid, pid)                                                                           \
	RULE(vid, pid, "after the last endpoint", "unit/test_ccid_config.c",                       \
	     "the_descriptor_may_follow_the_last_endpoint")
#define EMPTY(vid, pid)                                                                            \
	RULE(vid, pid, "empty bulk packet", "flow/test_exchange.c",                                \
	     "an_empty_transfer_before_the_answer_is_passed_over")
#define LATE(vid, pid, says)                                                                       \
	RULE(vid, pid, says, "flow/test_reader.c",                                                 \
	     "a_reader_may_take_its_time_for_the_first_answer")
#define SEVERAL(vid, pid)                                                                          \
	RULE(vid, pid, "", "unit/test_usb_scan.c",                                                 \
	     "each_interface_of_a_composite_device_is_visited")
#define STARS(vid, pid) ROW(vid, pid, "key strokes", 0x0100, Q(NO_PIN))

static const char optional[] = "optional: TPDU level is driven as it is";

static const struct fact facts[] = {
	BEHIND("0b97", "7762"),
	BEHIND("0b97", "7772"),
	ROW("0c4b", "0300", "after the last", 0x0100, Q(CLASS_FF)),
	BEHIND("1b0e", "1078"),
	RULE("*", "*", "interface class 0xFF", "unit/test_transport.c",
             "a_vendor_class_needs_type_21_and_both_endpoints"),
	ROW("08e6", "1359", "0xFF", 0x0100, Q(TYPE_FF)),
	ROW("08e6", "2202", "0xFF", 0x0100, Q(TYPE_FF)),
	ROW("08e6", "ace0", "0xFF", 0x0100, Q(TYPE_FF)),
	ROW("413c", "2100", "0xFF", 0x0100, Q(TYPE_FF)),
	ROW("09be", "0002", "shifted", 0x0100, Q(IFSD) | Q(NO_MOTION)),
	RULE("*", "*", "dwMaxCCIDMessageLength 263", "flow/test_reader_quirks.c",
             "a_message_limit_of_263_is_read_as_271_for_scm"),
	EMPTY("08e6", "3437"),
	EMPTY("08e6", "3438"),
	EMPTY("413c", "2101"),
	ROW("0b97", "7762", "multiple of 64", 0x0100, Q(SPLIT)),
	ROW("0b97", "7772", "multiple of 64", 0x0100, Q(SPLIT)),
	ROW("0b81", "0200", "", 0x0100, Q(SLOW)),
	LATE("09d8", "0427", "up to 1 s"),
	LATE("09d8", "0428", "up to 1 s"),
	LATE("072f", "2200", "up to 1 s"),
	LATE("04e6", "5293", "350 ms"),
	LATE("04e6", "5790", "350 ms"),
	LATE("04e6", "5791", "350 ms"),
	LATE("04e6", "5724", "350 ms"),
	ROW("08e6", "34d2", "minutes", 0x0100, Q(SLOW)),
	RULE("*", "*", "notification may be pending", "flow/test_notify.c",
             "the_first_message_after_opening_is_no_news"),
	RULE("*", "*", "first bulk reads", "flow/test_reader.c",
             "a_first_status_without_answer_is_repeated_after_clear_halt"),
	ROW("0b97", "7762", "dwMaxDataRate", 0x0100, Q(RATE)),
	ROW("0b97", "7772", "dwMaxDataRate", 0x0100, Q(RATE)),
	ROW("058f", "9540", "200000", 0x0100, Q(RATE) | Q(PARAMETERS)),
	ROW("08e6", "3480", "data rates", 0x0199, Q(SLOT_RATES) | Q(BLIND)),
	ROW("08e6", "3479", "data rates", 0x0100, Q(SLOT_RATES)),
	ROW("0529", "0620", "IFS request", 0x0012, Q(AUTO_IFSD)),
	NOT("*", "*", "BWI 4",
            "a fault of a card; the reader keeps BWT, and a card that works on asks for time"),
	RULE("*", "*", "must not set parameters", "flow/test_params.c",
             "a_negotiating_reader_is_left_alone_when_there_is_no_choice"),
	ROW("076b", "3a21", "PIN pad", 0x0100, Q(EXTENDED) | Q(NO_PIN)),
	ROW("076b", "3031", "PIN pad", 0x0100, Q(EXTENDED) | Q(NO_PIN)),
	ROW("076b", "6632", "PIN pad", 0x0100, Q(EXTENDED) | Q(NO_PIN)),
	ROW("046a", "00a7", "PIN pad", 0x0100, Q(EXTENDED) | Q(NO_PIN)),
	ROW("0bf8", "1024", "PIN pad", 0x0100, Q(EXTENDED) | Q(NO_PIN)),
	ROW("2f7c", "6007", "chains", 0x0100, Q(EXTENDED)),
	ROW("0d46", "3010", "extended APDU", 0x0100, Q(SHORT)),
	ROW("046a", "00a1", "128 bytes", 0x0100, Q(EXTENDED)),
	RULE("*", "*", "empty block", "flow/test_xfr.c", "data_with_go_on_is_passed_over"),
	RULE("*", "*", "chain like extended", "flow/test_iccd.c", "version_b_chains_both_ways"),
	RULE("*", "*", "defined start state", "flow/test_iccd.c", "version_a_powers_on_after_off"),
	NOT("08e6", "3438", "1F 02", optional),
	NOT("08e6", "3437", "1F 02", optional),
	ROW("08e6", "4433", "EMV", 0x0100, Q(EMV_MODE)),
	ROW("046a", "0005", "EMV", 0x0100, Q(EMV_MODE)),
	ROW("0d46", "301d", "powered off", 0x0100, Q(OFF_FIRST)),
	NOT("*", "*", "long TPDUs",
            "a vendor's way around its own level; ISCardCmd does not need it"),
	ROW("04e6", "e003", "case 1 APDU", 0x0510, Q(PIN_APPEND)),
	ROW("04e6", "e003", "three bMsgIndex", 0x0510, Q(PIN_INDEXES)),
	RULE("04e6", "e003", "sequence numbers", "flow/test_reader.c",
             "a_command_of_an_earlier_process_is_aborted"),
	ROW("046a", "003e", "three bMsgIndex", 0x0100, Q(PIN_INDEXES)),
	ROW("046a", "0010", "below 3", 0x0100, Q(PIN_THREE)),
	NOT("046a", "0010", "asterisk",
            "not done: the number of digits shows, no digit; message type 89 is undocumented"),
	ROW("046a", "00a1", "bNumberMessage 0", 0x0100, Q(PIN_DEFAULT)),
	ROW("08e6", "3478", "bNumberMessage 1", 0x0100, Q(PIN_FIXED)),
	ROW("0982", "0008", "", 0x0100, Q(PIN_FIXED)),
	ROW("08e6", "*", "bMsgIndex2", 0x0100, Q(PIN_INDEXES)),
	RULE("08e6", "*", "escape 6A", "flow/test_secure.c", "a_refused_structure_is_an_error"),
	RULE("08e6", "*", "NAD", "flow/test_params.c", "the_parameters_of_t1_come_from_the_atr"),
	ROW("413c", "2101", "bNumberMessage 0", 0x0100, Q(PIN_SILENT)),
	ROW("413c", "2100", "swapped", 0x0100, Q(PIN_SILENT) | Q(PIN_SWAP)),
	STARS("03f0", "1024"),
	STARS("03f0", "0036"),
	STARS("0bf8", "1017"),
	STARS("04f2", "1469"),
	ROW("0783", "0006", "PIN entry", 0x0100, Q(NO_PIN)),
	ROW("25dd", "3111", "PIN pad", 0x0111, Q(NO_PIN)),
	NOT("076b", "3821", "31 digits", "not done: limits of PIN lengths are not reported"),
	SEVERAL("076b", "5422"),
	SEVERAL("2ce3", "9567"),
	SEVERAL("2ce3", "9573"),
	SEVERAL("072f", "226b"),
	SEVERAL("072f", "221a"),
	SEVERAL("072f", "223b"),
	SEVERAL("072f", "2259"),
	SEVERAL("072f", "2303"),
	SEVERAL("072f", "2301"),
	SEVERAL("08e6", "5503"),
	SEVERAL("08e6", "5504"),
	SEVERAL("096e", "060d"),
	SEVERAL("2947", "0112"),
	SEVERAL("2947", "0105"),
	SEVERAL("2947", "*"),
	ROW("0424", "1202", "", 0x0100, Q(OFF_FIRST)),
	RULE("0424", "1104", "", "flow/test_notify.c", "several_transfers_are_all_taken"),
	RULE("076b", "5427", "", "flow/test_mechanics.c",
             "escape_carries_bytes_out_and_in_without_a_card"),
	NOT("0d46", "4289", "MCT", "not offered: no interface of ours has it"),
	NOT("072f", "2200", "SET_INTERFACE",
            "sent only when another setting than 0 holds the reader"),
	ROW("04e6", "e001", "48 bytes", 0x0515, Q(IFSD)),
	ROW("04e6", "5111", "48 bytes", 0x0619, Q(IFSD)),
	ROW("04e6", "5115", "48 bytes", 0x0513, Q(IFSD)),
	ROW("04e6", "e003", "48 bytes", 0x0503, Q(IFSD)),
	ROW("04e6", "5117", "slow", 0x0521, Q(IFSD)),
	ROW("0d46", "3001", "has bugs", 0x0036, Q(FIRMWARE)),
	ROW("0d46", "3002", "has bugs", 0x0036, Q(FIRMWARE)),
	ROW("09c3", "0008", "has bugs", 0x0202, Q(FIRMWARE)),
	ROW("0dc3", "1004", "has bugs", 0x0501, Q(FIRMWARE)),
	ROW("0dc3", "1102", "has bugs", 0x0606, Q(FIRMWARE)),
	ROW("058f", "9520", "has bugs", 0x0101, Q(FIRMWARE) | Q(SLOW)),
	ROW("072f", "2200", "has bugs", 0x0205, Q(FIRMWARE)),
	ROW("08c3", "0402", "has bugs", 0x4999, Q(SLOW)),
	ROW("08c3", "0401", "has bugs", 0x4999, Q(SLOW)),
	ROW("0b0c", "0050", "has bugs", 0x0100, Q(AUTO_IFSD)),
	ROW("0dc3", "0900", "has bugs", 0x0199, Q(FIRMWARE)),
	ROW("062d", "0001", "has bugs", 0x0101, Q(FIRMWARE)),
	ROW("04e6", "5291", "has bugs", 0x0111, Q(FIRMWARE)),
};

#define FACTS (sizeof facts / sizeof facts[0])

/* A pid of "*" stands for one that no row names. */
static uint16_t number(const char *hex)
{
	return hex[0] == '*' ? 0x0001 : (uint16_t)strtoul(hex, NULL, 16);
}

static bool speaks_of(const struct fact *f, const struct corpus_table *t)
{
	return strcmp(f->vid, corpus_cell(t, "vid")) == 0 &&
	       strcmp(f->pid, corpus_cell(t, "pid")) == 0 &&
	       (strstr(corpus_cell(t, "behaviour"), f->says) != NULL ||
	        strstr(corpus_cell(t, "name"), f->says) != NULL);
}

static void each_fact_of_the_field_has_its_place(void **state)
{
	bool used[FACTS] = {false};
	struct corpus_table t;
	unsigned rows = 0;

	(void)state;
	corpus_table_open(&t, "ISCARD_TEST_DATA", "quirks.csv");
	while (corpus_table_next(&t)) {
		unsigned found = 0;

		for (size_t i = 0; i < FACTS; i++) {
			bool fits = speaks_of(&facts[i], &t);

			used[i] = used[i] || fits;
			found += fits ? 1 : 0;
		}
		if (found != 1)
			fail_msg("%s:%s %s: %u entries", corpus_cell(&t, "vid"),
			         corpus_cell(&t, "pid"), corpus_cell(&t, "behaviour"), found);
		rows++;
	}
	free(t.text);
	for (size_t i = 0; i < FACTS; i++)
		if (!used[i])
			fail_msg("%s:%s \"%s\" is in no row", facts[i].vid, facts[i].pid,
			         facts[i].says);
	assert_true(rows >= 100);
}

static void each_row_that_is_named_is_in_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < FACTS; i++) {
		const struct fact *f = &facts[i];
		unsigned has;

		if (f->flags == 0)
			continue;
		has = ccid_quirk_flags(number(f->vid), number(f->pid), f->bcd);
		if ((has & f->flags) != f->flags)
			fail_msg("%s:%s %s: flags %06X, not %06X", f->vid, f->pid, f->says, has,
			         f->flags);
	}
}

static bool stands_in(const char *file, const char *test)
{
	char path[512], line[512], want[160];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", TESTS_DIR, file);
	snprintf(want, sizeof want, "static void %s(void **state)", test);
	f = fopen(path, "r");
	if (f == NULL)
		fail_msg("%s cannot be read", path);
	while (!found && fgets(line, sizeof line, f) != NULL)
		found = strncmp(line, want, strlen(want)) == 0;
	fclose(f);
	return found;
}

static void each_test_that_is_named_exists(void **state)
{
	(void)state;
	for (size_t i = 0; i < FACTS; i++)
		if (facts[i].rule != NULL && !stands_in(facts[i].file, facts[i].rule))
			fail_msg("%s: no test %s", facts[i].file, facts[i].rule);
}

static void each_fact_has_one_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < FACTS; i++)
		assert_int_equal((facts[i].flags != 0) + (facts[i].rule != NULL) +
		                         (facts[i].why_not != NULL),
		                 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fact_of_the_field_has_its_place),
		cmocka_unit_test(each_row_that_is_named_is_in_the_table),
		cmocka_unit_test(each_test_that_is_named_exists),
		cmocka_unit_test(each_fact_has_one_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
