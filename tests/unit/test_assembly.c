/* SPDX-License-Identifier: MIT */
/* APDUs put together at each exchange level. */
#include "apdu_text.h"
#include "trace_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ON_T0 "> 62 00 00 000000\n< 80 00 00 000000 3B021450\n"
#define ON_T1 "> 62 00 00 000000\n< 80 00 00 000000 3B8101005464\n"

static const struct fake_reader apdu = {.features = FAKE_SHORT};
static const struct fake_reader extended = {.features = FAKE_EXTENDED};
static const struct fake_reader tpdu = {.features = FAKE_TPDU};
static const struct fake_reader chars = {.features = FAKE_AUTO};

static char heard[4096];

static void note(char mark, const struct ccid_story_bytes *b, const char *failure)
{
	size_t len = strlen(heard);
	struct ccid_words w = ccid_words(heard + len, sizeof heard - len);

	ccid_words_add(&w, "%c ", failure != NULL ? '!' : mark);
	if (failure != NULL)
		ccid_words_add(&w, "%s", failure);
	else
		ccid_apdu_hex(&w, b, 1000);
	ccid_words_add(&w, "\n");
}

static int take(void *arg, const struct ccid_story_event *e)
{
	struct ccid_story_apdu *last = arg;

	if (e->kind != CCID_STORY_APDU)
		return 0;
	note('>', &e->apdu->command, NULL);
	note('<', &e->apdu->response, e->apdu->failure);
	*last = *e->apdu;
	return 0;
}

static struct ccid_story_apdu hear(const struct fake_reader *reader, const char *script)
{
	char path[] = "/tmp/iscard-assembly-XXXXXX", problem[CCID_TRACE_PROBLEM_MAX] = "";
	struct ccid_story_apdu last = {0};
	struct ccid_story_sink sink = {.take = take, .arg = &last};

	heard[0] = '\0';
	assert_true(close(mkstemp(path)) == 0);
	trace_make(path, script, reader);
	assert_int_equal(ccid_story_file(path, &sink, NULL, problem, sizeof problem), 0);
	unlink(path);
	return last;
}

static void whole_apdus_stay_as_they_are(void **state)
{
	struct ccid_story_apdu a;

	(void)state;
	a = hear(&apdu, ON_T0 "> 6F 00 01 000000 FFCA000000\n< 80 00 01 800000\n"
	                      "< 80 00 01 000000 0102036100\n");
	assert_string_equal(heard, "> FF CA 00 00 00\n< 01 02 03 61 00\n");
	assert_int_equal(a.extensions, 1);
	assert_int_equal(a.exchanges, 1);
	hear(&apdu, ON_T0 "> 6F 00 01 000000 00840000\n< 80 00 01 000000 6104\n"
	                  "> 6F 00 02 000000 00C0000004\n< 80 00 02 000000 010203049000\n");
	assert_string_equal(heard, "> 00 84 00 00\n< 61 04\n"
	                           "> 00 C0 00 00 04\n< 01 02 03 04 90 00\n");
}

static void parts_of_extended_apdus_are_joined(void **state)
{
	struct ccid_story_apdu a;

	(void)state;
	a = hear(&extended, ON_T0 "> 6F 00 01 000100 00DA00000000030A\n< 80 00 01 000010\n"
	                          "> 6F 00 02 000300 0B\n< 80 00 02 000010\n"
	                          "> 6F 00 03 000200 0C\n< 80 00 03 000001 0102\n"
	                          "> 6F 00 04 001000\n< 80 00 04 000003 03\n"
	                          "> 6F 00 05 001000\n< 80 00 05 000002 049000\n");
	assert_string_equal(heard, "> 00 DA 00 00 00 00 03 0A 0B 0C\n< 01 02 03 04 90 00\n");
	assert_int_equal(a.exchanges, 5);
}

static void tpdus_of_t0_are_followed_up(void **state)
{
	(void)state;
	hear(&tpdu, ON_T0 "> 6F 00 01 000000 00A40000023F00\n< 80 00 01 000000 6102\n"
	                  "> 6F 00 02 000000 00C0000002\n< 80 00 02 000000 AA6101\n"
	                  "> 6F 00 03 000000 00C0000001\n< 80 00 03 000000 BB9000\n"
	                  "> 6F 00 04 000000 00B0000000\n< 80 00 04 000000 6C02\n"
	                  "> 6F 00 05 000000 00B0000002\n< 80 00 05 000000 01029000\n");
	assert_string_equal(heard, "> 00 A4 00 00 02 3F 00 00\n< AA BB 90 00\n"
	                           "> 00 B0 00 00 00\n< 01 02 90 00\n");
	/* not followed up, and a PPS, which is no APDU */
	hear(&tpdu, ON_T0 "> 6F 00 01 000000 FF1095E8\n< 80 00 01 000000 FF1095E8\n"
	                  "> 6F 00 02 000000 00A40000023F00\n< 80 00 02 000000 6102\n"
	                  "> 6F 00 03 000000 00B0000000\n< 80 00 03 000000 6C02\n");
	assert_string_equal(heard, "> 00 A4 00 00 02 3F 00\n< 61 02\n> 00 B0 00 00 00\n< 6C 02\n");
}

static void characters_of_t0_follow_procedure_bytes(void **state)
{
	(void)state;
	/* case 3, its data one byte and then the rest; NULL bytes; case 2 */
	hear(&chars, ON_T0 "> 6F 00 01 000100 00D6000003\n< 80 00 01 000000 60\n"
	                   "> 6F 00 02 000100\n< 80 00 02 000000 29\n"
	                   "> 6F 00 03 000100 0A\n< 80 00 03 000000 D6\n"
	                   "> 6F 00 04 000200 0B0C\n< 80 00 04 000000 9000\n"
	                   "> 6F 00 05 000100 00B0000002\n< 80 00 05 000000 B0\n"
	                   "> 6F 00 06 000400\n< 80 00 06 000000 61619000\n");
	assert_string_equal(heard, "> 00 D6 00 00 03 0A 0B 0C\n< 90 00\n"
	                           "> 00 B0 00 00 02\n< 61 61 90 00\n");
}

static void blocks_of_t1_are_joined_once(void **state)
{
	struct ccid_story_apdu a;

	(void)state;
	/* a chain of two, the first sent again after a check error; the card answers in two, asks for
	 * time, and repeats itself */
	a = hear(&tpdu, ON_T1 "> 6F 00 01 000000 0020040084000000\n< 80 00 01 000000 00810081\n"
	                      "> 6F 00 02 000000 0020040084000000\n< 80 00 02 000000 00900090\n"
	                      "> 6F 00 03 000000 0040010243\n< 80 00 03 000000 00C30101C3\n"
	                      "> 6F 00 04 000000 00E30101E3\n< 80 00 04 000000 002001AA8B\n"
	                      "> 6F 00 05 000000 00910091\n< 80 00 05 000000 002001AA8B\n"
	                      "> 6F 00 06 000000 00900090\n< 80 00 06 000000 0040029000D2\n");
	assert_string_equal(heard, "> 00 84 00 00 02\n< AA 90 00\n");
	assert_int_equal(a.exchanges, 6);
}

static void blocks_by_the_character_come_in_two_pieces(void **state)
{
	(void)state;
	hear(&chars, ON_T1 "> 6F 00 01 000300 000005008400000283\n< 80 00 01 000000 000003\n"
	                   "> 6F 00 02 000400\n< 80 00 02 000000 AA900039\n");
	assert_string_equal(heard, "> 00 84 00 00 02\n< AA 90 00\n");
}

static void pins_and_masked_bytes_are_not_known(void **state)
{
	struct ccid_story_apdu a;

	(void)state;
	hear(&apdu, ON_T0 "> 6F 00 01 000000 002000810431323334\n< 80 00 01 000000 9000\n");
	assert_string_equal(heard, "> 00 20 00 81 04 ** ** ** **\n< 90 00\n");
	hear(&extended, ON_T0 ">mask 17+2 6F 00 01 000100 00DA00000000040A0B\n< 80 00 01 000010\n"
	                      ">mask 10+1 6F 00 02 000200 0C0D\n< 80 00 02 000000 9000\n");
	assert_string_equal(heard, "> 00 DA 00 00 00 00 04 ** ** ** 0D\n< 90 00\n");
	a = hear(&apdu, ON_T0
	         "> 69 00 01 000000 001E02470408040201090400000000002000810831323334FFFFFFFF\n"
	         "< 80 00 01 000000 63C2\n");
	assert_string_equal(heard, "> 00 20 00 81 08 ** ** ** ** ** ** ** **\n< 63 C2\n");
	assert_true(a.pad);
}

static void failures_are_told_in_words(void **state)
{
	(void)state;
	hear(&apdu, ON_T0 "> 6F 00 01 000000 0084000002\n< 80 00 01 42FE00\n"
	                  "> 6F 00 02 000000 0084000003\n");
	assert_string_equal(heard, "> 00 84 00 00 02\n! failed: ICC_MUTE (FE), no card\n"
	                           "> 00 84 00 00 03\n! no answer\n");
	/* T=1 goes on after an error */
	hear(&tpdu, ON_T1 "> 6F 00 01 000000 000005008400000283\n< 80 00 01 40FD00\n"
	                  "> 6F 00 02 000000 00810081\n< 80 00 02 000000 0000029000E2\n");
	assert_string_equal(heard, "> 00 84 00 00 02\n< 90 00\n");
}

struct states {
	char text[256];
	enum ccid_story_state last;
};

static int take_state(void *arg, const struct ccid_story_event *e)
{
	struct states *s = arg;

	if (e->slot != 0 || e->state == s->last)
		return 0;
	s->last = e->state;
	strcat(s->text, ccid_story_state_name(e->state));
	strcat(s->text, " ");
	return 0;
}

static void expect_states(const char *script, const char *want)
{
	char path[] = "/tmp/iscard-states-XXXXXX", problem[CCID_TRACE_PROBLEM_MAX] = "";
	struct states s = {0};
	struct ccid_story_sink sink = {.take = take_state, .arg = &s};

	assert_true(close(mkstemp(path)) == 0);
	trace_make(path, script, &apdu);
	assert_int_equal(ccid_story_file(path, &sink, NULL, problem, sizeof problem), 0);
	assert_string_equal(s.text, want);
	unlink(path);
}

static void a_slot_goes_from_state_to_state(void **state)
{
	(void)state;
	expect_states("> 65 00 00 000000\n< 81 00 00 020000\n! 5003\n" ON_T0
	              "> 61 00 01 000000 1100000A00\n< 82 00 01 000000 1100000A00\n"
	              "> 63 00 02 000000\n< 81 00 02 010000\n! 5002\n",
	              "empty inactive powered negotiated inactive empty ");
	/* found active; reset; removed in a command */
	expect_states("> 65 00 00 000000\n< 81 00 00 000000\n"
	              "> 6F 00 01 000000 00840000\n< 80 00 01 000000 9000\n" ON_T0
	              "> 6F 00 01 000000 00840000\n< 80 00 01 42FE00\n",
	              "inactive powered negotiated powered empty ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_apdus_stay_as_they_are),
		cmocka_unit_test(parts_of_extended_apdus_are_joined),
		cmocka_unit_test(tpdus_of_t0_are_followed_up),
		cmocka_unit_test(characters_of_t0_follow_procedure_bytes),
		cmocka_unit_test(blocks_of_t1_are_joined_once),
		cmocka_unit_test(blocks_by_the_character_come_in_two_pieces),
		cmocka_unit_test(pins_and_masked_bytes_are_not_known),
		cmocka_unit_test(failures_are_told_in_words),
		cmocka_unit_test(a_slot_goes_from_state_to_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
