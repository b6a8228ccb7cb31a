/* SPDX-License-Identifier: MIT */
/* Traces written anew: nothing of what was to go is left in the file, and it replays. */
#include "player_fixture.h"
#include "redact_file.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SERIAL_ASCII "S42-7q"
#define SERIAL_UTF16 "5300340032002D0037007100"
#define DEVICE       "12010002000000400912010000010102 0301"

static const char secrets[] =
	"ctrl 80 06 0100 " DEVICE "\n"
	"ctrl 80 06 0303 0E03" SERIAL_UTF16 "\n"
	"> 62 00 01 000000\n< 80 00 01 000000 3B6700004D616C6963652E\n"
	"> 6B 00 02 000000 01\n< 83 00 02 000000 415334322D377142\n"
	"> 6F 00 03 000000 002000810431373539\n< 80 00 03 000000 9000\n"
	"> 6F 00 04 000000 00240081083137353936383234\n< 80 00 04 000000 9000\n"
	"> 6F 00 05 000000 00C2000009002000810431373539\n< 80 00 05 000000 9000\n"
	"> 69 00 06 000000 001E82040008040201090400000000002000810431373539\n"
	"< 80 00 06 000000 9000\n"
	"> 6F 00 07 000000 00B0000005\n< 80 00 07 000000 50726976619000\n";

static const struct ccid_redact_rules everything = {
	.serials = true, .historical = true, .responses = true};

struct files {
	char out[80];
	char problem[256];
	struct ccid_rewrite_result result;
};

static struct files outputs(void **state)
{
	const struct player_fixture *f = *state;
	struct files o = {.problem = ""};

	snprintf(o.out, sizeof o.out, "%s.out", f->path);
	unlink(o.out);
	return o;
}

static int rewrite(void **state, struct files *o, const struct ccid_rewrite *w)
{
	const struct player_fixture *f = *state;

	return ccid_rewrite_file(f->path, o->out, w, &o->result, o->problem, sizeof o->problem);
}

static bool file_holds(const char *path, const void *bytes, size_t n)
{
	static uint8_t all[1u << 17];
	FILE *file = fopen(path, "rb");
	size_t len;

	assert_non_null(file);
	len = fread(all, 1, sizeof all, file);
	fclose(file);
	assert_true(len < sizeof all);
	for (size_t i = 0; i + n <= len; i++)
		if (memcmp(all + i, bytes, n) == 0)
			return true;
	return false;
}

/* As bytes, and as UTF-16 of both orders. */
static bool text_is_left(const char *path, const char *text)
{
	size_t n = strlen(text);
	char little[64] = {0}, big[64] = {0};

	for (size_t i = 0; i < n; i++)
		little[2 * i] = big[2 * i + 1] = text[i];
	return file_holds(path, text, n) || file_holds(path, little, 2 * n) ||
	       file_holds(path, big, 2 * n);
}

static void nothing_that_was_to_go_is_left(void **state)
{
	static const char *const gone[] = {"1759", "6824", "7596", SERIAL_ASCII, "Malice", "Priva"};
	const struct ccid_rewrite w = {.rules = everything};
	struct files o = outputs(state);
	const struct player_fixture *f = *state;

	play(state, secrets);
	assert_int_equal(rewrite(state, &o, &w), 0);
	assert_int_equal(o.result.spans, 8);
	for (size_t i = 0; i < sizeof gone / sizeof *gone; i++) {
		assert_true(text_is_left(f->path, gone[i]));
		if (text_is_left(o.out, gone[i]))
			fail_msg("%s is left", gone[i]);
	}
	unlink(o.out);
}

static void only_pins_go_unless_more_is_asked_for(void **state)
{
	const struct ccid_rewrite w = {.overwrite = false};
	struct files o = outputs(state);

	play(state, secrets);
	assert_int_equal(rewrite(state, &o, &w), 0);
	assert_false(text_is_left(o.out, "1759"));
	assert_true(text_is_left(o.out, SERIAL_ASCII));
	assert_true(text_is_left(o.out, "Malice"));
	assert_true(text_is_left(o.out, "Priva"));
	assert_true(file_holds(o.out, "masked 41+4", 11));
	unlink(o.out);
}

/* Another PIN, another serial number: what went matches anything. */
static void what_is_left_replays(void **state)
{
	const struct ccid_rewrite w = {.rules = everything};
	struct files o = outputs(state);
	struct player_fixture *f = *state;
	struct guest *g = play(state, secrets);

	assert_int_equal(rewrite(state, &o, &w), 0);
	assert_int_equal(rename(o.out, f->path), 0);
	play_again(f);
	guest_exchange(g, "62 00 00 000000", "80 00 00 000000 3B670000FFFFFFFFFFFFFF");
	guest_exchange(g, "6B 00 01 000000 01", "83 00 01 000000 4158585858585842");
	guest_exchange(g, "6F 00 02 000000 002000810430303030", "80 00 02 000000 9000");
	guest_exchange(g, "6F 00 03 000000 00240081083030303031313131", "80 00 03 000000 9000");
	guest_exchange(g, "6F 00 04 000000 00C2000009002000810430303030", "80 00 04 000000 9000");
	guest_exchange(g, "69 00 05 000000 001E82040008040201090400000000002000810430303030",
	               "80 00 05 000000 9000");
	guest_exchange(g, "6F 00 06 000000 00B0000005", "80 00 06 000000 FFFFFFFFFF9000");
	assert_int_equal(play_left(state), 0);
	assert_string_equal(play_diff(state), "");
}

/* The status word 9000 in two parts, and all of it in the last but one. */
static const char split[] = ON "> 6F 00 02 000000 00B0000000\n< 80 00 02 000001 010203040590\n"
			       "> 6F 00 03 001000\n< 80 00 03 000002 00\n"
			       "> 6F 00 04 000000 00B0000000\n< 80 00 04 000001 01029000\n"
			       "> 6F 00 05 001000\n< 80 00 05 000002\n"
			       "> 6F 00 06 000000 00B0000000\n< 80 00 06 000001 0102\n"
			       "> 6F 00 07 001000\n< 80 00 07 000002 039000\n";

static void a_status_word_that_is_cut_in_two_stays_whole(void **state)
{
	static const struct fake_reader extended = {.features = FAKE_EXTENDED};
	const struct ccid_rewrite w = {.rules = {.responses = true}};
	struct files o = outputs(state);
	struct player_fixture *f = *state;
	struct guest *g = play_on(f, split, &extended, true);

	assert_int_equal(rewrite(state, &o, &w), 0);
	assert_int_equal(rename(o.out, f->path), 0);
	play_again(f);
	LIVE_ON(g, "00");
	guest_exchange(g, "6F 00 01 000000 00B0000000", "80 00 01 000001 FFFFFFFFFF90");
	guest_exchange(g, "6F 00 02 001000", "80 00 02 000002 00");
	guest_exchange(g, "6F 00 03 000000 00B0000000", "80 00 03 000001 FFFF9000");
	guest_exchange(g, "6F 00 04 001000", "80 00 04 000002");
	guest_exchange(g, "6F 00 05 000000 00B0000000", "80 00 05 000001 FFFF");
	guest_exchange(g, "6F 00 06 001000", "80 00 06 000002 FF9000");
}

#define CHALLENGE                                                                                  \
	ON "> 6F 00 02 000000 0084000004\n< 80 00 02 000000 010203049000\n"                        \
	   "> 6F 00 03 000000 0082000004AABBCCDD\n< 80 00 03 000000 9000\n"

static void challenges_are_marked_and_stay(void **state)
{
	const struct ccid_rewrite w = {.rules = {.challenges = true}};
	struct files o = outputs(state);
	struct player_fixture *f = *state;
	struct guest *g = play(state, CHALLENGE);

	LIVE_ON(g, "00");
	guest_exchange(g, "6F 00 01 000000 0084000004", "80 00 01 000000 010203049000");
	guest_diverges(g, "6F 00 02 000000 008200000411223344");
	assert_int_equal(rewrite(state, &o, &w), 0);
	assert_int_equal(o.result.spans, 2);
	assert_true(file_holds(o.out, "any 36+4", 8));
	assert_int_equal(rename(o.out, f->path), 0);
	play_again(f);
	LIVE_ON(g, "00");
	guest_exchange(g, "6F 00 01 000000 0084000004", "80 00 01 000000 010203049000");
	guest_exchange(g, "6F 00 02 000000 008200000411223344", "80 00 02 000000 9000");
	assert_string_equal(play_diff(state), "");
}

static void marks_are_set_where_they_are_asked_for(void **state)
{
	static const struct ccid_mark marks[] = {{20, 5, 2}, {20, 8, 1}};
	const struct ccid_rewrite w = {.marks = marks, .count = 2};
	struct files o = outputs(state);
	struct player_fixture *f = *state;
	struct guest *g = play(state, CHALLENGE);

	assert_int_equal(rewrite(state, &o, &w), 0);
	assert_true(file_holds(o.out, "any 41+2 44+1", 13));
	assert_int_equal(rename(o.out, f->path), 0);
	play_again(f);
	LIVE_ON(g, "00");
	guest_exchange(g, "6F 00 01 000000 0084000004", "80 00 01 000000 010203049000");
	guest_exchange(g, "6F 00 02 000000 00820000041122CC44", "80 00 02 000000 9000");
	assert_string_equal(play_diff(state), "");
}

/* Whatever went wrong, nothing lies about. */
static void expect_no_file(const char *out)
{
	char folder[] = "/tmp";
	const char *name = strrchr(out, '/') + 1;
	DIR *d = opendir(folder);
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		if (strncmp(e->d_name, name, strlen(name)) == 0)
			fail_msg("%s is there", e->d_name);
	closedir(d);
}

static void a_mark_beside_its_packet_is_refused(void **state)
{
	static const struct ccid_mark marks[] = {{20, 8, 2}, {0, 0, 1}, {1000, 0, 1}, {1, 0, 100}};
	struct files o = outputs(state);

	play(state, CHALLENGE);
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		const struct ccid_rewrite w = {.marks = &marks[i], .count = 1};

		assert_int_equal(rewrite(state, &o, &w), CCID_E_ARG);
		assert_string_not_equal(o.problem, "");
		expect_no_file(o.out);
	}
}

static void an_existing_file_is_not_touched_unless_asked(void **state)
{
	struct ccid_rewrite w = {.overwrite = false};
	struct files o = outputs(state);
	FILE *file = fopen(o.out, "wb");

	play(state, secrets);
	assert_non_null(file);
	fputs("precious", file);
	fclose(file);
	assert_int_equal(rewrite(state, &o, &w), CCID_E_BUSY);
	assert_true(file_holds(o.out, "precious", 8));
	w.overwrite = true;
	assert_int_equal(rewrite(state, &o, &w), 0);
	assert_false(file_holds(o.out, "precious", 8));
	unlink(o.out);
	expect_no_file(o.out);
}

static void what_comes_before_a_cut_is_kept(void **state)
{
	const struct ccid_rewrite w = {.overwrite = false};
	struct files o = outputs(state);
	struct player_fixture *f = *state;
	uint64_t whole;

	play(state, secrets);
	assert_int_equal(rewrite(state, &o, &w), 0);
	whole = o.result.packets;
	unlink(o.out);
	assert_int_equal(truncate(f->path, 1800), 0);
	assert_int_equal(rewrite(state, &o, &w), CCID_E_SHORT);
	assert_true(o.result.packets > 5 && o.result.packets < whole);
	assert_non_null(strstr(o.problem, "cut off"));
	assert_int_equal(access(o.out, R_OK), 0);
	unlink(o.out);
	expect_no_file(o.out);
}

static void a_file_that_is_none_makes_none(void **state)
{
	const struct ccid_rewrite w = {.rules = everything};
	struct files o = outputs(state);
	struct player_fixture *f = *state;

	assert_int_equal(truncate(f->path, 0), 0);
	assert_true(rewrite(state, &o, &w) < 0);
	assert_string_not_equal(o.problem, "");
	unlink(f->path);
	assert_int_equal(rewrite(state, &o, &w), CCID_E_NOTFOUND);
	expect_no_file(o.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLAYER_TEST(nothing_that_was_to_go_is_left),
		PLAYER_TEST(only_pins_go_unless_more_is_asked_for),
		PLAYER_TEST(what_is_left_replays),
		PLAYER_TEST(a_status_word_that_is_cut_in_two_stays_whole),
		PLAYER_TEST(challenges_are_marked_and_stay),
		PLAYER_TEST(marks_are_set_where_they_are_asked_for),
		PLAYER_TEST(a_mark_beside_its_packet_is_refused),
		PLAYER_TEST(an_existing_file_is_not_touched_unless_asked),
		PLAYER_TEST(what_comes_before_a_cut_is_kept),
		PLAYER_TEST(a_file_that_is_none_makes_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
