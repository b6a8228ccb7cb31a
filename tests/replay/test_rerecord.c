/* SPDX-License-Identifier: MIT */
/* Record while replaying: the new trace means the same as the old one. */
#include "compare.h"
#include "recorder.h"
#include "sample_play.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct ccid_env env;

struct difference {
	char text[1024];
	unsigned same, differ;
	bool foreign; /* recorded with another driver, which sets readers up in its own way */
};

/* Closing a reader powers the card off; not every recorded session went so far. */
static bool counts(const struct difference *d, const struct ccid_compare_item *a,
                   const struct ccid_compare_item *b)
{
	const struct ccid_compare_item *x = a != NULL ? a : b;
	bool set_up = strncmp(x->asked, "PC_to_RDR_", 10) == 0;

	if (a == NULL && strstr(x->asked, "IccPowerOff") != NULL)
		return false;
	return !d->foreign || !set_up;
}

static int take(void *arg, const struct ccid_compare_item *a, const struct ccid_compare_item *b,
                bool changed)
{
	struct difference *d = arg;

	if (a != NULL && b != NULL && !changed)
		d->same++;
	else if (counts(d, a, b) && d->differ++ == 0)
		snprintf(d->text, sizeof d->text, "- %s\n  %s\n+ %s\n  %s",
		         a != NULL ? a->asked : "", a != NULL ? a->answer : "",
		         b != NULL ? b->asked : "", b != NULL ? b->answer : "");
	return 0;
}

static void replay_into(const char *name, const char *source, const char *copy)
{
	const struct sample_options options = {0};
	char path[512], problem[256];
	struct ccid_transport *replay, *recorder;
	struct ccid_reader *r;
	char *expect;

	snprintf(path, sizeof path, "%s/%s/expect.txt", SAMPLES_DIR, name);
	expect = sample_load(path, NULL);
	assert_int_equal(
		ccid_transport_open_replay(&replay, source, NULL, &env, problem, sizeof problem),
		0);
	assert_int_equal(ccid_transport_open_recorder(&recorder, replay, copy, &env), 0);
	assert_int_equal(ccid_reader_open(&r, recorder, NULL, &env, CCID_NEVER), 0);
	sample_run(r, ccid_transport_player(replay), expect, &options);
	ccid_reader_close(r);
	free(expect);
}

static void expect_same(const char *name, const char *a, const char *b)
{
	struct difference d = {.foreign = strncmp(name, "emulated-", 9) != 0};
	struct ccid_compare_sink sink = {.take = take, .arg = &d};
	struct ccid_compare_result r;

	assert_int_equal(ccid_compare_files(a, b, &sink, &r), 0);
	assert_int_equal(r.err[0], 0);
	assert_int_equal(r.err[1], 0);
	if (d.differ != 0)
		fail_msg("%s: %u differences, the first:\n%s", name, d.differ, d.text);
	assert_true(d.same >= (d.foreign ? 0 : 4)); /* some hold no more than a reset */
}

/* Whether the sample is played to its end. */
static bool is_whole(const char *name)
{
	char path[512], *expect;
	bool whole;

	snprintf(path, sizeof path, "%s/%s/expect.txt", SAMPLES_DIR, name);
	expect = sample_load(path, NULL);
	whole = strstr(expect, "\nleft 0") != NULL;
	free(expect);
	return whole;
}

static void record_again(const char *name)
{
	char source[512], folder[] = "/tmp/iscard-again-XXXXXX", copy[64];

	snprintf(source, sizeof source, "%s/%s/trace.pcapng", SAMPLES_DIR, name);
	if (access(source, R_OK) != 0 || !is_whole(name))
		return;
	print_message("  %s\n", name);
	assert_non_null(mkdtemp(folder));
	snprintf(copy, sizeof copy, "%s/copy.pcapng", folder);
	replay_into(name, source, copy);
	expect_same(name, source, copy);
	unlink(copy);
	rmdir(folder);
}

static void a_replay_recorded_means_the_same(void **state)
{
	DIR *d = opendir(SAMPLES_DIR);
	struct dirent *e;

	(void)state;
	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			record_again(e->d_name);
	closedir(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_replay_recorded_means_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
