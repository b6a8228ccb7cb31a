/* SPDX-License-Identifier: MIT */
#include "t0_char.h"

#include <string.h>

#define NULL_BYTE 0x60

enum {
	PROCEDURE,
	DATA,
	LAST_SW
};

static enum ccid_t0_char_act give_up(struct ccid_t0_char *t, int err)
{
	t->err = err;
	return CCID_T0_CHAR_GIVE_UP;
}

static enum ccid_t0_char_act move(struct ccid_t0_char *t, const uint8_t *p, size_t len,
                                  size_t expect, unsigned state)
{
	t->send = p;
	t->send_len = len;
	t->expect = expect;
	t->state = state;
	return CCID_T0_CHAR_MOVE;
}

enum ccid_t0_char_act ccid_t0_char_start(struct ccid_t0_char *t, const uint8_t *tpdu, size_t len)
{
	memset(t, 0, sizeof *t);
	if (len < 4 || (len > 5 && len != 5u + tpdu[4]))
		return give_up(t, CCID_E_ARG);
	if ((tpdu[1] & 0xF0) == 0x60 || (tpdu[1] & 0xF0) == 0x90)
		return give_up(t, CCID_E_ARG);
	memcpy(t->header, tpdu, len < 5 ? len : 5);
	if (len == 5)
		t->to_take = tpdu[4] == 0 ? 256 : tpdu[4];
	if (len > 5) {
		t->data = tpdu + 5;
		t->to_send = len - 5;
	}
	return move(t, t->header, sizeof t->header, 1, PROCEDURE);
}

/* The card acknowledged: n is 1 or all that remains. */
static enum ccid_t0_char_act transfer(struct ccid_t0_char *t, size_t n)
{
	const uint8_t *p = t->data;

	if (t->to_send > 0) {
		n = n < t->to_send ? n : t->to_send;
		t->data += n;
		t->to_send -= n;
		return move(t, p, n, 1, PROCEDURE);
	}
	if (t->to_take == 0)
		return give_up(t, CCID_E_COMM);
	n = n < t->to_take ? n : t->to_take;
	return move(t, NULL, 0, n, DATA);
}

static enum ccid_t0_char_act procedure(struct ccid_t0_char *t, uint8_t byte)
{
	if (byte == NULL_BYTE) {
		if (++t->nulls > CCID_T0_NULLS_MAX)
			return give_up(t, CCID_E_COMM);
		return move(t, NULL, 0, 1, PROCEDURE);
	}
	if ((byte & 0xF0) == 0x60 || (byte & 0xF0) == 0x90) {
		t->rx[t->got++] = byte;
		return move(t, NULL, 0, 1, LAST_SW);
	}
	if (byte == t->header[1])
		return transfer(t, sizeof t->rx);
	if ((byte ^ t->header[1]) == 0xFF)
		return transfer(t, 1);
	return give_up(t, CCID_E_COMM);
}

enum ccid_t0_char_act ccid_t0_char_step(struct ccid_t0_char *t, const uint8_t *rx, size_t len)
{
	if (len != t->expect)
		return give_up(t, CCID_E_COMM);
	switch (t->state) {
	case PROCEDURE: return procedure(t, rx[0]);
	case DATA:
		memcpy(t->rx + t->got, rx, len);
		t->got += len;
		t->to_take -= len;
		return move(t, NULL, 0, 1, PROCEDURE);
	default: t->rx[t->got++] = rx[0]; return CCID_T0_CHAR_DONE;
	}
}
