/* SPDX-License-Identifier: MIT */
/* The emulated T=1 card at TPDU level, block by block: ISO/IEC 7816-3, 11 and annex A. */
#include "emu_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define GET_CHALLENGE "00 84 00 00 02"

static struct emu_device *powered(uint8_t ifsc, bool crc)
{
	struct emu_config cfg;
	struct emu_device *d;

	talk_now = 0;
	emu_config_init(&cfg);
	emu_config_level(&cfg, 1, 271);
	cfg.card_in[0] = true;
	emu_card_t1(&cfg.card[0], ifsc, crc);
	d = talk_new(&cfg);
	talk_send(d, "62 00000000 00 00 00 0000");
	talk_expect(d, crc ? "80 0E000000 00 00 00 00 00 3B 95 11 81 71 FE 45 01 454D553031 92"
	                   : "80 0E000000 00 00 00 00 00 3B 95 11 81 71 .. 45 00 454D553031 ..");
	return d;
}

static void blocks_alternate_their_numbers(void **state)
{
	struct emu_device *d = powered(0xFE, false);

	(void)state;
	talk(d, "6F 09000000 00 01 00 0000 00 00 05 " GET_CHALLENGE " 83",
	     "80 08000000 00 01 00 00 00 00 00 04 00 01 90 00 95");
	talk(d, "6F 09000000 00 02 00 0000 00 40 05 " GET_CHALLENGE " C3",
	     "80 08000000 00 02 00 00 00 00 40 04 02 03 90 00 D5");
	assert_int_equal(emu_counts(d)->violations, 0);
	/* the same number again: R with the one expected */
	talk(d, "6F 09000000 00 03 00 0000 00 40 05 " GET_CHALLENGE " C3",
	     "80 04000000 00 03 00 00 00 00 82 00 82");
	assert_int_equal(emu_counts(d)->bad_block, 1);
	emu_destroy(d);
}

static void a_bad_epilogue_is_refused_and_the_last_block_repeated(void **state)
{
	struct emu_device *d = powered(0xFE, false);

	(void)state;
	talk(d, "6F 09000000 00 01 00 0000 00 00 05 " GET_CHALLENGE " 82",
	     "80 04000000 00 01 00 00 00 00 81 00 81");
	talk(d, "6F 09000000 00 02 00 0000 00 00 05 " GET_CHALLENGE " 83",
	     "80 08000000 00 02 00 00 00 00 00 04 00 01 90 00 95");
	talk(d, "6F 04000000 00 03 00 0000 00 81 00 81",
	     "80 08000000 00 03 00 00 00 00 00 04 00 01 90 00 95");
	talk(d, "6F 04000000 00 04 00 0000 00 00 00 11", "80 04000000 00 04 00 00 00 00 91 00 91");
	emu_destroy(d);
}

static void ifs_is_agreed_with_either_epilogue(void **state)
{
	struct emu_device *d = powered(0xFE, false);

	(void)state;
	talk(d, "6F 05000000 00 01 00 0000 00 C1 01 FE 3E",
	     "80 05000000 00 01 00 00 00 00 E1 01 FE 1E");
	emu_destroy(d);
	d = powered(0xFE, true);
	talk(d, "6F 06000000 00 01 00 0000 00 C1 01 FE 54 4E",
	     "80 06000000 00 01 00 00 00 00 E1 01 FE 57 75");
	emu_destroy(d);
}

static void answers_are_chained_by_ifsd(void **state)
{
	struct emu_device *d = powered(0xFE, false);

	(void)state;
	talk(d, "6F 05000000 00 01 00 0000 00 C1 01 04 C4",
	     "80 05000000 00 01 00 00 00 00 E1 01 04 E4");
	talk(d, "6F 09000000 00 02 00 0000 00 00 05 00 84 00 00 05 84",
	     "80 08000000 00 02 00 00 00 00 20 04 00 01 02 03 24");
	talk(d, "6F 04000000 00 03 00 0000 00 90 00 90",
	     "80 07000000 00 03 00 00 00 00 40 03 04 90 00 D7");
	assert_int_equal(emu_counts(d)->violations, 0);
	emu_destroy(d);
}

static void commands_are_chained_by_ifsc(void **state)
{
	struct emu_device *d = powered(0x03, false);

	(void)state;
	talk(d, "6F 07000000 00 01 00 0000 00 20 03 00 84 00 A7",
	     "80 04000000 00 01 00 00 00 00 90 00 90");
	talk(d, "6F 06000000 00 02 00 0000 00 40 02 00 01 43",
	     "80 07000000 00 02 00 00 00 00 00 03 00 90 00 93");
	assert_int_equal(emu_counts(d)->violations, 0);
	talk(d, "6F 08000000 00 03 00 0000 00 00 04 00 84 00 00 80",
	     "80 04000000 00 03 00 00 00 00 82 00 82");
	emu_destroy(d);
}

static void a_slow_card_extends_its_waiting_time(void **state)
{
	struct emu_device *d = powered(0xFE, false);

	(void)state;
	talk_send(d, "6F 08000000 00 01 00 0000 00 00 04 80 12 01 05 92");
	talk_silent(d);
	assert_int_equal(emu_next_ms(d), 500);
	talk_now = 500;
	talk_expect(d, "80 05000000 00 01 00 00 00 00 C3 01 02 C0");
	talk(d, "6F 05000000 00 02 02 0000 00 E3 01 02 E0",
	     "80 06000000 00 02 00 00 00 00 00 02 90 00 92");
	assert_int_equal(emu_counts(d)->violations, 0);
	emu_destroy(d);
}

static void resynch_starts_again(void **state)
{
	struct emu_device *d = powered(0xFE, false);

	(void)state;
	talk(d, "6F 09000000 00 01 00 0000 00 00 05 " GET_CHALLENGE " 83",
	     "80 08000000 00 01 00 00 00 00 00 04 00 01 90 00 95");
	talk(d, "6F 04000000 00 02 00 0000 00 C0 00 C0", "80 04000000 00 02 00 00 00 00 E0 00 E0");
	talk(d, "6F 09000000 00 03 00 0000 00 00 05 " GET_CHALLENGE " 83",
	     "80 08000000 00 03 00 00 00 00 00 04 02 03 90 00 95");
	emu_destroy(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_alternate_their_numbers),
		cmocka_unit_test(a_bad_epilogue_is_refused_and_the_last_block_repeated),
		cmocka_unit_test(ifs_is_agreed_with_either_epilogue),
		cmocka_unit_test(answers_are_chained_by_ifsd),
		cmocka_unit_test(commands_are_chained_by_ifsc),
		cmocka_unit_test(a_slow_card_extends_its_waiting_time),
		cmocka_unit_test(resynch_starts_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
