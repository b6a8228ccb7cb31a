/* SPDX-License-Identifier: MIT */
#include "sample_play.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct ccid_env env;

static struct ccid_reader *open_sample(const char *name, struct ccid_player **player)
{
	char path[512], problem[256];
	struct ccid_transport *t;
	struct ccid_reader *r;
	int rc;

	snprintf(path, sizeof path, "%s/%s/trace.pcapng", SAMPLES_DIR, name);
	rc = ccid_transport_open_replay(&t, path, NULL, &env, problem, sizeof problem);
	if (rc != 0)
		fail_msg("%s: %s (%s)", path, problem, ccid_err_text(rc));
	*player = ccid_transport_player(t);
	assert_non_null(*player);
	assert_int_equal(ccid_reader_open(&r, t, NULL, &env, CCID_NEVER), 0);
	return r;
}

static void play(const char *name, const struct sample_options *options)
{
	char path[512];
	struct ccid_player *player;
	struct ccid_reader *r = open_sample(name, &player);
	char *expect;

	snprintf(path, sizeof path, "%s/%s/expect.txt", SAMPLES_DIR, name);
	expect = sample_load(path, NULL);
	sample_run(r, player, expect, options);
	assert_string_equal(ccid_player_divergence(player), "");
	free(expect);
	ccid_reader_close(r);
}

/* Every sample in turn; returns how many there are. */
static unsigned each_sample(void (*fn)(const char *name, const struct sample_options *options),
                            const struct sample_options *options)
{
	DIR *d = opendir(SAMPLES_DIR);
	struct dirent *e;
	unsigned n = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		char path[512];
		struct stat st;

		snprintf(path, sizeof path, "%s/%s/trace.pcapng", SAMPLES_DIR, e->d_name);
		if (e->d_name[0] == '.' || stat(path, &st) != 0)
			continue;
		print_message("  %s\n", e->d_name);
		fn(e->d_name, options);
		n++;
	}
	closedir(d);
	return n;
}

static void every_sample_plays_as_expected(void **state)
{
	const struct sample_options options = {0};

	(void)state;
	assert_true(each_sample(play, &options) > 0);
}

static void more_status_polls_change_nothing(void **state)
{
	const struct sample_options options = {.polls = 3};

	(void)state;
	each_sample(play, &options);
}

/* Do what the sample does, whatever comes of it; count the answers that are as recorded. */
static unsigned use(struct ccid_reader *r, const char *expect)
{
	char *text = strdup(expect), *line = text;
	uint8_t cmd[512], rsp[512];
	struct ccid_slot_info info;
	unsigned good = 0;

	assert_non_null(text);
	good += ccid_slot_activate(r, 0, 3, CCID_RESET_NONE, CCID_NEVER) == 0;
	while (line != NULL) {
		char *end = strchr(line, '\n');
		size_t n = 0;

		if (end != NULL)
			*end++ = '\0';
		for (const char *s = line + 1; line[0] == '>' && *s != '\0'; s += 3)
			cmd[n++] = (uint8_t)strtoul(s, NULL, 16);
		assert_int_equal(ccid_slot_get_info(r, 0, &info), 0);
		if (n > 0)
			good += ccid_slot_transmit(r, 0, info.generation, cmd, n, rsp, sizeof rsp,
			                           CCID_XFR_FOLLOW, -1, CCID_NEVER) >= 2;
		line = end;
	}
	free(text);
	return good;
}

static void save(const char *path, const char *bytes, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* The number of answers; -1 when the file is refused (with a word). */
static int try_file(const char *path, const char *expect)
{
	char problem[256] = "";
	struct ccid_transport *t;
	struct ccid_reader *r;
	int rc = ccid_transport_open_replay(&t, path, NULL, &env, problem, sizeof problem), good;

	if (rc != 0) {
		assert_string_not_equal(problem, "");
		return -1;
	}
	if (ccid_reader_open(&r, t, NULL, &env, CCID_NEVER) != 0) {
		t->ops->close(t);
		return 0;
	}
	good = (int)use(r, expect);
	ccid_reader_close(r);
	return good;
}

/* Cut at each block boundary, and once inside each block. */
static void cut(const char *name, const struct sample_options *options)
{
	char path[512], tmp[] = "/tmp/iscard-cut-XXXXXX";
	char *trace, *expect;
	size_t len, at = 0;
	int good = -1, before = -1;

	(void)options;
	snprintf(path, sizeof path, "%s/%s/expect.txt", SAMPLES_DIR, name);
	expect = sample_load(path, NULL);
	snprintf(path, sizeof path, "%s/%s/trace.pcapng", SAMPLES_DIR, name);
	trace = sample_load(path, &len);
	assert_true(close(mkstemp(tmp)) == 0);
	while (at < len) {
		uint32_t block = (uint8_t)trace[at + 4] | (uint32_t)(uint8_t)trace[at + 5] << 8;

		save(tmp, trace, at + block / 2);
		good = try_file(tmp, expect);
		if (good < before)
			fail_msg("%s: cut at %zu: %d after %d", name, at, good, before);
		at += block;
		save(tmp, trace, at);
		good = try_file(tmp, expect);
		if (good < before)
			fail_msg("%s: cut at %zu: %d after %d", name, at, good, before);
		before = good;
	}
	assert_int_equal(at, len);
	if (strstr(expect, "\natr ") != NULL)
		assert_true(good > 0);
	unlink(tmp);
	free(trace);
	free(expect);
}

static void a_cut_sample_is_refused_or_ends_cleanly(void **state)
{
	(void)state;
	each_sample(cut, NULL);
}

static void a_changed_apdu_diverges_with_a_diff(void **state)
{
	static const uint8_t other[] = {0x00, 0xA4, 0x04, 0x00, 0x02, 0x3F, 0x00, 0x00};
	struct ccid_player *player;
	struct ccid_reader *r = open_sample("cac-usbredirect", &player);
	struct ccid_slot_info info;
	uint8_t rsp[64];

	(void)state;
	assert_int_equal(ccid_slot_activate(r, 0, 3, CCID_RESET_NONE, CCID_NEVER), 0);
	assert_int_equal(ccid_slot_get_info(r, 0, &info), 0);
	assert_int_equal(ccid_slot_transmit(r, 0, info.generation, other, sizeof other, rsp,
	                                    sizeof rsp, CCID_XFR_FOLLOW, -1, CCID_NEVER),
	                 CCID_E_DIVERGED);
	assert_non_null(strstr(ccid_player_divergence(player), "expected: packet 23"));
	assert_non_null(strstr(ccid_player_divergence(player), "A0 00 00 00 79 01 00"));
	assert_non_null(
		strstr(ccid_player_divergence(player), "data byte 4, 07 expected, 02 came"));
	ccid_reader_close(r);
}

static int token_transmit(struct ccid_reader *r, const uint8_t *apdu, size_t len)
{
	struct ccid_slot_info info;
	uint8_t rsp[64];

	assert_int_equal(ccid_slot_get_info(r, 0, &info), 0);
	return ccid_slot_transmit(r, 0, info.generation, apdu, len, rsp, sizeof rsp, 0, -1,
	                          CCID_NEVER);
}

static void a_token_diverges_too_and_may_be_powered_again(void **state)
{
	static const uint8_t select[] = {0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00};
	static const uint8_t other[] = {0x00, 0x20, 0x00, 0x80, 0x04, 0x31, 0x32, 0x33, 0x35};
	struct ccid_player *player;
	struct ccid_reader *r = open_sample("emulated-token-b", &player);

	(void)state;
	assert_int_equal(ccid_slot_activate(r, 0, 3, CCID_RESET_COLD, CCID_NEVER), 0);
	assert_int_equal(ccid_slot_activate(r, 0, 3, CCID_RESET_COLD, CCID_NEVER), 0);
	assert_int_equal(token_transmit(r, select, sizeof select), 2);
	assert_int_equal(ccid_player_left(player), 3);
	assert_int_equal(token_transmit(r, other, sizeof other), CCID_E_DIVERGED);
	assert_non_null(strstr(ccid_player_divergence(player), "GET CHALLENGE: 00 84 00 00 04"));
	assert_non_null(strstr(ccid_player_divergence(player), "VERIFY: 00 20 00 80 04 [4 bytes"));
	assert_null(strstr(ccid_player_divergence(player), "31 32"));
	ccid_reader_close(r);
}

/* The same conversation in blocks that are no packets, as it was captured. */
static void a_proxy_capture_plays_as_it_is(void **state)
{
	const char *dir = getenv("ISCARD_TEST_CAPTURES");
	const char *need = getenv("ISCARD_TEST_REQUIRE_DATA");
	char path[512], *expect;

	(void)state;
	if (dir == NULL) {
		assert_true(need == NULL || strcmp(need, "1") != 0);
		print_message("ISCARD_TEST_CAPTURES is not set: capture not played\n");
		skip();
	}
	snprintf(path, sizeof path, "%s/cac-usbredirect/expect.txt", SAMPLES_DIR);
	expect = sample_load(path, NULL);
	snprintf(path, sizeof path, "%s/usbredirect-cac.user0.pcapng", dir);
	assert_int_equal(try_file(path, expect), 2);
	free(expect);
}

static void the_reader_says_which_file_it_is(void **state)
{
	struct ccid_player *player;
	struct ccid_reader *r = open_sample("emulated-kiosk-eject", &player);
	const struct ccid_transport *t = ccid_reader_transport(r);

	(void)state;
	assert_string_equal(t->id.product, "Emulated kiosk reader");
	assert_string_equal(t->id.serial, "EMU-0001");
	assert_int_equal(strncmp(t->id.address, "replay:", 7), 0);
	assert_int_equal(ccid_reader_mechanical(r), 0xF);
	ccid_reader_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sample_plays_as_expected),
		cmocka_unit_test(more_status_polls_change_nothing),
		cmocka_unit_test(a_cut_sample_is_refused_or_ends_cleanly),
		cmocka_unit_test(a_changed_apdu_diverges_with_a_diff),
		cmocka_unit_test(a_token_diverges_too_and_may_be_powered_again),
		cmocka_unit_test(a_proxy_capture_plays_as_it_is),
		cmocka_unit_test(the_reader_says_which_file_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
