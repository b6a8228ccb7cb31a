/* SPDX-License-Identifier: MIT */
#include "sample_play.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static const struct ccid_env env;

static struct ccid_reader *open_sample(const char *name, struct ccid_player **player)
{
	char path[512], problem[256];
	struct ccid_transport *t;
	struct ccid_reader *r;
	int rc;

	snprintf(path, sizeof path, "%s/%s/trace.pcapng", SAMPLES_DIR, name);
	rc = ccid_transport_open_replay(&t, path, &env, problem, sizeof problem);
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
static unsigned each_sample(const struct sample_options *options)
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
		play(e->d_name, options);
		n++;
	}
	closedir(d);
	return n;
}

static void every_sample_plays_as_expected(void **state)
{
	const struct sample_options options = {0};

	(void)state;
	assert_true(each_sample(&options) > 0);
}

static void more_status_polls_change_nothing(void **state)
{
	const struct sample_options options = {.polls = 3};

	(void)state;
	each_sample(&options);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sample_plays_as_expected),
		cmocka_unit_test(more_status_polls_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
