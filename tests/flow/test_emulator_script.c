/* SPDX-License-Identifier: MIT */
/* The card that answers from a list. */
#include "emu_card.h"
#include "emu_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct emu_script script;

static int read_text(const char *text)
{
	char path[] = "/tmp/emu_script.XXXXXX";
	int fd = mkstemp(path), rc;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	rc = emu_script_read(&script, path);
	unlink(path);
	return rc;
}

static void answers(struct emu_card *c, const uint8_t *apdu, size_t len, const uint8_t *want,
                    size_t want_len)
{
	struct emu_card_answer a;

	emu_card_apdu(c, apdu, len, &a);
	assert_int_equal(a.len, want_len);
	assert_memory_equal(a.data, want, want_len);
}

#define ANSWERS(c, apdu, want)                                                                     \
	answers(c, apdu, sizeof apdu, (const uint8_t *)(want), sizeof(want) - 1)

static void what_is_in_the_list_is_answered(void **state)
{
	static const uint8_t select[] = {0, 0xA4, 4, 0, 2, 0x3F, 0x01};
	static const uint8_t other[] = {0, 0xA4, 4, 0, 2, 0x3F, 0x02};
	static const uint8_t get[] = {0, 0xCA, 0, 0x4F, 0};
	static const uint8_t get_none[] = {0, 0xCA, 0, 0x50, 0};
	static const uint8_t verify[] = {0, 0x20, 0, 0x81};
	struct emu_card_config cfg = {.script = &script};
	struct emu_card *c;

	(void)state;
	assert_int_equal(
		read_text("# a card\n\n00A4 0400 3F01 > 9000 # selected\n00ca004F>01 02 9000\n"),
		0);
	assert_int_equal(script.count, 2);
	c = emu_card_new(&cfg);
	ANSWERS(c, select, "\x90\x00");
	ANSWERS(c, other, "\x6A\x82");
	ANSWERS(c, get, "\x01\x02\x90\x00");
	ANSWERS(c, get_none, "\x6A\x82");
	ANSWERS(c, verify, "\x6D\x00");
	emu_card_free(c);
}

static void a_line_that_is_wrong_is_named(void **state)
{
	(void)state;
	assert_int_equal(read_text("00A40400 > 9000\n00A40400\n"), 2);
	assert_int_equal(read_text("00A404 > 9000\n"), 1);
	assert_int_equal(read_text("\n00A40400 > 90\n"), 2);
	assert_int_equal(read_text("00A40400 > 900\n"), 1);
	assert_int_equal(read_text("00A4040G > 9000\n"), 1);
	assert_int_equal(emu_script_read(&script, "/nonexistent"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_the_list_is_answered),
		cmocka_unit_test(a_line_that_is_wrong_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
