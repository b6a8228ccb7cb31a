/* SPDX-License-Identifier: MIT */
#include "t1_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static size_t hex(uint8_t *out, size_t cap, const char *text)
{
	size_t n = 0;
	unsigned v;

	while (n < cap && sscanf(text, " %2x", &v) == 1) {
		out[n++] = (uint8_t)v;
		text += strspn(text, " ");
		text += 2;
	}
	return n;
}

size_t t1_lrc_block(uint8_t *out, const char *text)
{
	uint8_t body[300];
	size_t n = hex(body, sizeof body, text), i;

	out[0] = 0;
	out[1] = body[0];
	out[2] = (uint8_t)(n - 1);
	memcpy(out + 3, body + 1, n - 1);
	out[n + 2] = 0;
	for (i = 0; i < n + 2; i++)
		out[n + 2] ^= out[i];
	return n + 3;
}

uint8_t t1_rapdu[CCID_T1_BLOCK_MAX * 8];
const uint8_t t1_capdu[] = {0x00, 0xB0, 0x00, 0x00, 0x02, 0x10, 0x11, 0x12};

enum ccid_t1_act t1_feed(struct ccid_t1 *t, const char *what)
{
	uint8_t rx[300];
	size_t n;

	if (*what == '-')
		return ccid_t1_step(t, CCID_T1_MUTE, NULL, 0);
	if (*what == 'p')
		return ccid_t1_step(t, CCID_T1_GARBLED, NULL, 0);
	n = t1_lrc_block(rx, *what == 'x' ? "00 90 00" : what);
	if (*what == 'x')
		rx[n - 1] ^= 0x55;
	return ccid_t1_step(t, CCID_T1_BLOCK, rx, n);
}

void t1_check_sent(struct ccid_t1 *t, const char *what)
{
	uint8_t want[300];
	size_t n = t1_lrc_block(want, what);

	assert_int_equal(t->block_len, n);
	assert_memory_equal(t->block, want, n);
}

void t1_follow(struct ccid_t1 *t, enum ccid_t1_act act, const char *const *step)
{
	uint8_t want[300];
	size_t n;

	for (; *step != NULL; step++) {
		switch (**step) {
		case '>':
			if (act != CCID_T1_SEND)
				fail_msg("at \"%s\": nothing is sent (act %d)", *step, act);
			t1_check_sent(t, *step + 1);
			break;
		case '<': act = t1_feed(t, *step + 1); break;
		case '=':
			assert_int_equal(act, CCID_T1_DONE);
			n = hex(want, sizeof want, *step + 1);
			assert_int_equal(t->rapdu_len, n);
			assert_memory_equal(t->rapdu, want, n);
			break;
		default:
			assert_int_equal(act, CCID_T1_GIVE_UP);
			assert_string_equal(ccid_err_name(t->err), *step + 2);
		}
	}
}

void t1_play_on(struct ccid_t1 *t, bool chained, const char *const *step)
{
	t1_follow(t, ccid_t1_start(t, t1_capdu, chained ? 8 : 4, t1_rapdu, sizeof t1_rapdu, 259),
	          step);
}
