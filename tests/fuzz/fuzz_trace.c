/* SPDX-License-Identifier: MIT */
/* Input: a trace file. It is explained, and played to a guest that polls and powers on. */
#define _GNU_SOURCE
#include "explain.h"
#include "player.h"

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
	if (ccid_player_open(&p, path, &env, problem, sizeof problem) == 0) {
		play(p);
		ccid_player_close(p);
	}
	close(fd);
	return 0;
}
