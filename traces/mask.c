/* SPDX-License-Identifier: MIT */
#include "mask.h"

#include "ccid_msg.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static bool secret_ins(uint8_t ins)
{
	switch (ins) {
	case 0x20: /* VERIFY */
	case 0x21:
	case 0x24: /* CHANGE REFERENCE DATA */
	case 0x25:
	case 0x2C: /* RESET RETRY COUNTER */
	case 0x2D: return true;
	default: return false;
	}
}

/* Everything behind the command header and the length of the body. */
bool ccid_mask_find_apdu(struct ccid_mask_span *out, const uint8_t *apdu, size_t len)
{
	size_t body = len > 7 && apdu[4] == 0 ? 7 : 5;

	if (len <= body || !secret_ins(apdu[1]))
		return false;
	*out = (struct ccid_mask_span){body, len - body};
	return true;
}

/* wLevelParameter: 0 whole, 1 begins, 2 ends, 3 continues (USB CCID 6.1.4). */
static bool find_in_part(struct ccid_mask_span *out, struct ccid_mask_state *state, uint8_t level,
                         const uint8_t *data, size_t len)
{
	bool follows = level == CCID_CHAIN_END || level == CCID_CHAIN_MIDDLE, found;

	if (follows && state->secret) {
		*out = (struct ccid_mask_span){0, len};
		state->secret = level == CCID_CHAIN_MIDDLE;
		return len > 0;
	}
	found = !follows && ccid_mask_find_apdu(out, data, len);
	state->secret = level == CCID_CHAIN_BEGIN && len >= 2 && secret_ins(data[1]);
	return found;
}

/* An I-block of a chain begins the APDU unless the one before it had the more bit. */
static bool find_in_t1(struct ccid_mask_span *out, struct ccid_mask_state *state,
                       const uint8_t *data, size_t len)
{
	bool more, found;

	if (len < 4 || (data[1] & 0x80) != 0)
		return false;
	more = (data[1] & 0x20) != 0;
	/* A block with the N(S) of the last one is that one again. */
	if (state->secret || (state->had && ((state->last ^ data[1]) & 0x40) == 0)) {
		*out = (struct ccid_mask_span){3, len - 3};
		state->secret = more;
		state->had = true;
		state->last = data[1];
		return true;
	}
	state->had = false;
	found = ccid_mask_find_apdu(out, data + 3, len - 3);
	out->off += found ? 3 : 0;
	state->secret = more && len >= 5 && secret_ins(data[4]);
	return found;
}

/* The procedure bytes decide into how many pieces the body is cut. */
static bool find_in_chars(struct ccid_mask_span *out, struct ccid_mask_state *state,
                          const uint8_t *data, size_t len)
{
	if (state->secret) {
		*out = (struct ccid_mask_span){0, len};
		state->bytes -= len < state->bytes ? (uint8_t)len : state->bytes;
		state->secret = state->bytes > 0;
		return true;
	}
	state->secret = len == 5 && secret_ins(data[1]) && data[4] > 0;
	state->bytes = state->secret ? data[4] : 0;
	return false;
}

void ccid_mask_answer(struct ccid_mask_state *state, const uint8_t *data, size_t len)
{
	uint8_t high = len > 0 ? data[0] & 0xF0 : 0;

	if (high == 0x90 || (high == 0x60 && data[0] != 0x60))
		state->secret = false;
}

bool ccid_mask_find(struct ccid_mask_span *out, struct ccid_mask_state *state,
                    enum ccid_mask_form form, const uint8_t *msg, size_t len)
{
	bool found;

	if (len <= CCID_HEADER_LEN || msg[0] != CCID_XFR_BLOCK)
		return false;
	if (form == CCID_MASK_T1)
		found = find_in_t1(out, state, msg + CCID_HEADER_LEN, len - CCID_HEADER_LEN);
	else if (form == CCID_MASK_T0_CHARS)
		found = find_in_chars(out, state, msg + CCID_HEADER_LEN, len - CCID_HEADER_LEN);
	else
		found = find_in_part(out, state, msg[8], msg + CCID_HEADER_LEN,
		                     len - CCID_HEADER_LEN);
	if (found)
		out->off += CCID_HEADER_LEN;
	return found;
}

/* Version A: what follows a secret header and is as long as it says is the body. */
static bool find_in_phase(struct ccid_mask_span *out, struct ccid_mask_state *state,
                          const uint8_t *data, size_t len)
{
	bool body = state->secret && len > 0 && len == state->bytes;

	*out = (struct ccid_mask_span){0, len};
	state->secret = !body && len == 5 && secret_ins(data[1]);
	state->bytes = state->secret ? data[4] : 0;
	return body;
}

bool ccid_mask_find_token(struct ccid_mask_span *out, struct ccid_mask_state *state,
                          uint8_t protocol, uint8_t level, const uint8_t *data, size_t len)
{
	if (protocol == 1)
		return find_in_phase(out, state, data, len);
	return find_in_part(out, state, level, data, len);
}

static const char prefix[] = "masked";

void ccid_mask_comment(char *out, size_t cap, const struct ccid_mask_span *span)
{
	snprintf(out, cap, "%s %zu+%zu", prefix, span->off, span->len);
}

int ccid_mask_next(const char *comment, const char **pos, struct ccid_mask_span *out)
{
	const char *at = *pos;
	char *end;

	if (at == NULL) {
		if (comment == NULL || strncmp(comment, prefix, sizeof prefix - 1) != 0)
			return 0;
		at = comment + sizeof prefix - 1;
	}
	if (at[0] != ' ' || at[1] < '0' || at[1] > '9')
		return 0;
	out->off = (size_t)strtoul(at + 1, &end, 10);
	if (end[0] != '+' || end[1] < '0' || end[1] > '9')
		return 0;
	out->len = (size_t)strtoul(end + 1, &end, 10);
	*pos = end;
	return 1;
}
