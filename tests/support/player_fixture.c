/* SPDX-License-Identifier: MIT */
#include "player_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

int player_set_up(void **state)
{
	struct player_fixture *f = calloc(1, sizeof *f);
	int fd;

	if (f == NULL)
		return -1;
	fake_clock_init(&f->clock);
	snprintf(f->path, sizeof f->path, "/tmp/iscard-player-XXXXXX");
	fd = mkstemp(f->path);
	*state = f;
	return fd < 0 ? -1 : close(fd);
}

int player_tear_down(void **state)
{
	struct player_fixture *f = *state;

	ccid_player_close(f->p);
	unlink(f->path);
	free(f);
	return 0;
}

static void load(struct player_fixture *f, bool interrupts)
{
	char problem[256] = "";

	if (ccid_player_open(&f->p, f->path, &f->options, &f->clock.env, problem, sizeof problem) !=
	    0)
		fail_msg("%s", problem);
	guest_init(&f->g, f->p);
	guest_connect(&f->g, interrupts);
}

void play_again(struct player_fixture *f)
{
	ccid_player_close(f->p);
	load(f, true);
}

struct guest *play_on(struct player_fixture *f, const char *script, const struct fake_reader *r,
                      bool interrupts)
{
	trace_make(f->path, script, r);
	load(f, interrupts);
	return &f->g;
}

struct guest *play(void **state, const char *script)
{
	return play_on(*state, script, NULL, true);
}

const char *play_diff(void **state)
{
	struct player_fixture *f = *state;

	return ccid_player_divergence(f->p);
}

size_t play_left(void **state)
{
	struct player_fixture *f = *state;

	return ccid_player_left(f->p);
}

void play_expect_in_diff(void **state, const char *text)
{
	if (strstr(play_diff(state), text) == NULL)
		fail_msg("\"%s\" is not in:\n%s", text, play_diff(state));
}

void guest_expect_nothing(struct guest *g)
{
	if (guest_next(g))
		fail_msg("a packet of type %u came", g->type);
}

void guest_expect_interrupt(struct guest *g, uint8_t first, uint8_t second)
{
	guest_expect(g, 103);
	assert_int_equal(g->body[0], 0x83);
	assert_int_equal(g->body[1], 0);
	assert_int_equal(g->body_len, 6);
	assert_int_equal(g->body[4], first);
	assert_int_equal(g->body[5], second);
}
