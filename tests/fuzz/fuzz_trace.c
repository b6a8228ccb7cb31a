/* SPDX-License-Identifier: MIT */
/* Input: a trace file. It is explained, counted, drawn, compared with itself, and played to a guest that
 * polls and powers on. */
#define _GNU_SOURCE
#include "compare.h"
#include "explain.h"
#include "player.h"
#include "plot.h"
#include "tally.h"

#include "fuzz.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void check_line(void *arg, const struct ccid_explain_line *line)
{
	FUZZ_CHECK(line->name != NULL && line->text != NULL);
	FUZZ_CHECK(line->packet > 0 && line->slot <= 255);
	++*(unsigned *)arg;
}

struct readers {
	struct ccid_tally tally;
	struct ccid_plot *plot;
};

static int take(void *arg, const struct ccid_story_event *e)
{
	struct readers *r = arg;
	int err;

	FUZZ_CHECK((e->line != NULL) == (e->kind == CCID_STORY_LINE));
	FUZZ_CHECK((e->apdu != NULL) == (e->kind == CCID_STORY_APDU));
	FUZZ_CHECK(e->apdu == NULL || e->apdu->command.len > 0 || e->apdu->exchanges > 0);
	err = ccid_tally_take(&r->tally, e);
	return err != 0 ? err : ccid_plot_take(r->plot, e);
}

static void read_all(const char *path)
{
	static struct readers r;
	static FILE *null;
	struct ccid_story_sink sink = {.take = take, .arg = &r};

	if (null == NULL)
		null = fopen("/dev/null", "w");
	r = (struct readers){0};
	FUZZ_CHECK(null != NULL && ccid_plot_new(&r.plot, 20) == 0);
	FUZZ_CHECK(ccid_story_file(path, &sink, NULL, NULL, 0) <= 0);
	FUZZ_CHECK(ccid_plot_write(r.plot, null, path, NULL) == 0);
	ccid_plot_free(r.plot);
	ccid_tally_free(&r.tally);
}

static int differ(void *arg, const struct ccid_compare_item *a, const struct ccid_compare_item *b,
                  bool changed)
{
	(void)arg;
	FUZZ_CHECK(a != NULL && b != NULL && !changed);
	return 0;
}

static void compare_with_itself(const char *path)
{
	struct ccid_compare_sink sink = {.take = differ};
	static struct ccid_compare_result r;

	FUZZ_CHECK(ccid_compare_files(path, path, &sink, &r) == 0);
	FUZZ_CHECK(r.differ == 0 && r.err[0] == r.err[1]);
}

static void say(struct ccid_stream_peer *peer, const uint8_t *b, size_t n)
{
	uint8_t out[512];

	if (peer->input(peer->ctx, b, n) != 0)
		return;
	while (peer->output(peer->ctx, out, sizeof out) > 0)
		;
}

static void play(struct ccid_player *p)
{
	static const uint8_t commands[][10] = {{0x65}, {0x62}, {0x6C}, {0x63}};
	static const uint8_t requests[] = {0x62, 0x6F, 0xA0, 0x81, 0x63};
	struct ccid_stream_peer peer = ccid_player_peer(p);
	uint8_t hello[80] = {[4] = 68, [76] = 0x7E};
	uint8_t start[17] = {[0] = 15, [4] = 1, [16] = 0x83};
	uint8_t out[36] = {[0] = 101, [4] = 20, [16] = 2, [18] = 10};
	uint8_t token[26] = {[0] = 100, [4] = 10, [16] = 0x80, [24] = 64};
	uint8_t in[26] = {[0] = 101, [4] = 10, [16] = 0x81, [18] = 64};

	say(&peer, hello, sizeof hello);
	for (unsigned i = 0; i < 64; i++) {
		start[16] = (uint8_t)(0x80 | (i & 15));
		out[16] = (uint8_t)(i & 15);
		in[16] = (uint8_t)(0x80 | (i & 15));
		memcpy(out + 26, commands[i & 3], 10);
		say(&peer, start, sizeof start);
		say(&peer, out, sizeof out);
		say(&peer, in, sizeof in);
		token[17] = requests[i % sizeof requests];
		token[18] = i % 3 == 0 ? 0x21 : 0xA1;
		say(&peer, token, sizeof token);
	}
}

/* One input in eight: to compare is to read a file many times. */
static bool chosen(const uint8_t *data, size_t size)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum = (uint8_t)(sum * 31 + data[i]);
	return sum % 8 == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ccid_env env;
	char path[64], problem[CCID_TRACE_PROBLEM_MAX] = "";
	int fd = memfd_create("trace", MFD_CLOEXEC);
	struct ccid_player *p;
	unsigned lines = 0;

	FUZZ_CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (ccid_explain_file(path, check_line, &lines, problem, sizeof problem) != 0)
		FUZZ_CHECK(problem[0] != '\0');
	read_all(path);
	if (chosen(data, size))
		compare_with_itself(path);
	if (ccid_player_open(&p, path, NULL, &env, problem, sizeof problem) == 0) {
		play(p);
		ccid_player_close(p);
	}
	close(fd);
	return 0;
}
