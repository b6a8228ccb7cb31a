/* SPDX-License-Identifier: MIT */
/* PINs are taken out of packets on their way into a file: at every exchange level, and however
 * messages are cut into transfers. */
#include "redact_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void apdus(struct rig *g)
{
	rig_say(g, "6F 00 01 000000 00 20 00 81 04 31 37 35 39");
	rig_expect(g, "00 20 00 81 04 .. .. .. ..");
	rig_say(g, "80 00 01 000000 90 00");
	rig_expect(g, "90 00");
	rig_say(g, "6F 00 02 000000 00 A4 00 0C 02 3F 00");
	rig_expect(g, "00 A4 00 0C 02 3F 00");
	rig_say(g, "6F 00 03 000000 80 24 00 81 00 00 04 31 37 35 39");
	rig_expect(g, "80 24 00 81 00 00 04 .. .. .. ..");
	rig_say(g, "6F 00 04 000000 10 2C 00 81 02 31 37");
	rig_expect(g, "10 2C 00 81 02 .. ..");
	rig_say(g, "6F 00 05 000000 00 C2 00 00 09 00 20 00 81 04 31 37 35 39");
	rig_expect(g, "00 C2 00 00 09 .. .. .. .. .. .. .. .. ..");
	rig_say(g, "6F 00 06 000000 00 20 00 81");
	rig_expect(g, "00 20 00 81");
	rig_say(g, "6F 00 07 000000 00 21 00 81 00 00 02 31 37");
	rig_expect(g, "00 21 00 81 00 00 02 .. ..");
}

static void a_pin_in_an_apdu_is_gone(void **state)
{
	(void)state;
	rig_in_any_pieces(&rig_apdu, NULL, apdus);
}

static void parts(struct rig *g)
{
	rig_say(g, "6F 00 01 000100 00 20 00 81 00 00 06 31 37");
	rig_expect(g, "00 20 00 81 00 00 06 .. ..");
	rig_say(g, "80 00 01 000010");
	rig_say(g, "6F 00 02 000300 35 39");
	rig_expect(g, ".. ..");
	rig_say(g, "6F 00 03 000200 36 38");
	rig_expect(g, ".. ..");
	rig_say(g, "6F 00 04 000000 00 B0 00 00 02");
	rig_expect(g, "00 B0 00 00 02");
}

static void a_pin_in_parts_is_gone(void **state)
{
	(void)state;
	rig_in_any_pieces(&rig_extended, NULL, parts);
}

static void blind_blocks(struct rig *g)
{
	rig_say(g, "80 00 00 000000 90 00"); /* of a command that was not seen */
	rig_expect(g, "90 00");
	rig_say(g, "6F 00 01 000000 00 00 09 00 20 00 80 04 31 37 35 39 A7");
	rig_expect(g, "00 00 09 00 20 00 80 04 .. .. .. .. (AD)");
	rig_say(g, "80 00 01 000000 00 00 02 90 00 92");
	rig_say(g, "6F 00 02 000000 00 40 05 00 A4 00 0C 00 ED");
	rig_expect(g, "00 40 05 00 A4 00 0C 00 ED");
}

/* The first block of a chain reads as VERIFY, too. */
static void blind_chain(struct rig *g)
{
	rig_say(g, "6F 00 03 000000 00 20 07 00 20 00 81 04 31 37 84");
	rig_expect_gone(g, "31 37");
	rig_say(g, "80 00 03 000000 00 90 00 90");
	rig_say(g, "6F 00 04 000000 00 40 02 35 39 4E");
	rig_expect_gone(g, "35 39");
}

static void a_pin_goes_where_no_descriptor_was_read(void **state)
{
	static void (*const checks[])(struct rig * g) = {apdus, parts, blind_blocks, blind_chain};
	struct rig g;

	(void)state;
	for (size_t chunk = 1; chunk <= 80; chunk++) {
		for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
			rig_begin_blind(&g, NULL, chunk);
			checks[i](&g);
			ccid_redactor_free(g.r);
		}
	}
}

/* The capture begins when the card speaks T=1 already; its descriptors are there. */
static void a_pin_in_blocks_goes_when_it_is_late(void **state)
{
	static const struct ccid_redact_rules late = {.late = true};

	(void)state;
	rig_in_any_pieces(&rig_tpdu, &late, blind_blocks);
	rig_in_any_pieces(&rig_tpdu, &late, blind_chain);
}

/* The check byte fits what is there, so that the block is one still. */
static void blocks(struct rig *g)
{
	rig_say(g, "61 00 00 010000 11 10 00 4D 00 20 00");
	rig_say(g, "82 00 00 000001 11 10 00 4D 00 20 00");
	rig_say(g, "6F 00 01 000000 00 20 07 00 20 00 81 04 31 37 84");
	rig_expect(g, "00 20 07 00 20 00 81 04 .. .. (82)");
	rig_say(g, "80 00 01 000000 00 90 00 90");
	rig_expect(g, "00 90 00 90");
	rig_say(g, "6F 00 02 000000 00 40 02 35 39 4E");
	rig_expect(g, "00 40 02 .. .. (42)");
	rig_say(g, "6F 00 03 000000 00 40 02 35 39 4E"); /* once more */
	rig_expect(g, "00 40 02 .. .. (42)");
	rig_say(g, "6F 00 04 000000 00 00 05 00 B0 00 00 02 B7");
	rig_expect(g, "00 00 05 00 B0 00 00 02 B7");
	rig_say(g, "61 00 05 010000 11 11 00 4D 00 20 00");
	rig_say(g, "82 00 05 000001 11 11 00 4D 00 20 00");
	rig_say(g, "6F 00 06 000000 00 40 07 00 20 00 81 02 31 37 AB CD");
	rig_expect(g, "00 40 07 00 20 00 81 02 .. .. (17) (5F)");
}

static void a_pin_in_t1_blocks_is_gone_with_what_its_check_bytes_tell(void **state)
{
	(void)state;
	rig_in_any_pieces(&rig_tpdu, NULL, blocks);
}

static void characters(struct rig *g)
{
	rig_say(g, "6F 00 00 000100 00 20 00 81 04");
	rig_expect(g, "00 20 00 81 04");
	rig_say(g, "80 00 00 000000 DF");
	rig_say(g, "6F 00 01 000100 31");
	rig_expect(g, "..");
	rig_say(g, "80 00 01 000000 20");
	rig_say(g, "6F 00 02 000200 37 35 39");
	rig_expect(g, ".. .. ..");
	rig_say(g, "80 00 02 000000 90 00");
	rig_say(g, "6F 00 03 000200 00 84 00 00 08");
	rig_expect(g, "00 84 00 00 08");
}

static void a_pin_by_the_character_is_gone(void **state)
{
	(void)state;
	rig_in_any_pieces(&rig_chars, NULL, characters);
}

static void secure(struct rig *g)
{
	rig_say(g, "69 00 01 000000 00 1E 82 04 00 08 04 02 01 09 04 00 00 00 00 "
	           "00 20 00 81 04 31 37 35 39");
	rig_expect(g, "00 1E 82 04 00 08 04 02 01 09 04 00 00 00 00 00 20 00 81 04 .. .. .. ..");
	rig_say(g, "80 00 01 000000 31 37 35 39 90 00");
	rig_expect(g, ".. .. .. .. 90 00");
	rig_say(g, "69 00 02 000000 01 1E 82 04 00 00 04 08 04 01 02 03 09 04 00 01 02 00 00 00 "
	           "00 24 00 81 04 31 37 35 39");
	rig_expect(g, "01 1E 82 04 00 00 04 08 04 01 02 03 09 04 00 01 02 00 00 00 "
	              "00 24 00 81 04 .. .. .. ..");
	rig_say(g, "80 00 02 000000 63 C2");
	rig_expect(g, "63 C2");
	rig_say(g, "69 00 03 000000 01 1E 82 04 00 00 04 08 04 01 02 00 09 04 00 00 00 00 "
	           "00 24 00 81 08 31 37 35 39 31 37 35 39");
	rig_expect(g, "01 1E 82 04 00 00 04 08 04 01 02 00 09 04 00 00 00 00 "
	              "00 24 00 81 08 .. .. .. .. .. .. .. ..");
	rig_say(g, "69 00 04 000000 00 1E 82 04 00 08 04 02 01 09 04 00 00 00 00 00 20 00 81");
	rig_expect(g, "00 1E 82 04 00 08 04 02 01 09 04 00 00 00 00 00 20 00 81");
}

static void a_pin_in_a_template_or_in_the_answer_of_a_pad_is_gone(void **state)
{
	(void)state;
	rig_in_any_pieces(&rig_apdu, NULL, secure);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pin_in_an_apdu_is_gone),
		cmocka_unit_test(a_pin_in_parts_is_gone),
		cmocka_unit_test(a_pin_goes_where_no_descriptor_was_read),
		cmocka_unit_test(a_pin_in_blocks_goes_when_it_is_late),
		cmocka_unit_test(a_pin_in_t1_blocks_is_gone_with_what_its_check_bytes_tell),
		cmocka_unit_test(a_pin_by_the_character_is_gone),
		cmocka_unit_test(a_pin_in_a_template_or_in_the_answer_of_a_pad_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
