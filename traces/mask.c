/* SPDX-License-Identifier: MIT */
#include "mask.h"

#include "ccid_msg.h"
#include "iso_cmd.h"

#include "words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PIN_VERIFY 15 /* abPINApdu in abData of Secure */
#define PIN_MODIFY 17 /* ... at the earliest */

/* Everything behind the command header and the length of the body. */
bool ccid_mask_find_apdu(struct ccid_mask_span *out, const uint8_t *apdu, size_t len)
{
	size_t body = len > 7 && apdu[4] == 0 ? 7 : 5;

	if (len <= body || !ccid_iso_may_hold_pin(apdu[1]))
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
	state->secret = level == CCID_CHAIN_BEGIN && len >= 2 && ccid_iso_may_hold_pin(data[1]);
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
	state->secret = more && len >= 5 && ccid_iso_may_hold_pin(data[4]);
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
	state->secret = len == 5 && ccid_iso_may_hold_pin(data[1]) && data[4] > 0;
	state->bytes = state->secret ? data[4] : 0;
	return false;
}

void ccid_mask_answer(struct ccid_mask_state *state, const uint8_t *data, size_t len)
{
	uint8_t high = len > 0 ? data[0] & 0xF0 : 0;

	if (high == 0x90 || (high == 0x60 && data[0] != 0x60))
		state->secret = false;
}

/* Where abPINApdu of a modification starts, which depends on how many message indexes there are:
 * where a header fits what follows it; else as early as it can be. */
static bool find_modify_template(const uint8_t *data, size_t have, size_t total, size_t *at)
{
	for (*at = PIN_MODIFY; *at < PIN_MODIFY + 4 && *at + 5 <= have; ++*at)
		if (ccid_iso_may_hold_pin(data[*at + 1]) && *at + 5 + data[*at + 4] == total)
			return true;
	return false;
}

/* USB CCID 6.1.11: bPINOperation, the structure, the template. Operations 2 to 4 carry nothing. */
static bool find_in_secure(struct ccid_mask_span *out, const uint8_t *msg, size_t len)
{
	const uint8_t *data = msg + CCID_HEADER_LEN;
	size_t n = len - CCID_HEADER_LEN, body = 1, at;

	if (msg[8] == CCID_CHAIN_END || msg[8] == CCID_CHAIN_MIDDLE)
		body = 0;
	else if (data[0] == 0)
		body = PIN_VERIFY + 5;
	else if (data[0] == 1)
		body = find_modify_template(data, n, n, &at) ? at + 5 : PIN_MODIFY + 5;
	*out = (struct ccid_mask_span){CCID_HEADER_LEN + body, n > body ? n - body : 0};
	return n > body;
}

bool ccid_mask_find(struct ccid_mask_span *out, struct ccid_mask_state *state,
                    enum ccid_mask_form form, const uint8_t *msg, size_t len)
{
	bool found;

	if (len > CCID_HEADER_LEN && msg[0] == CCID_SECURE)
		return find_in_secure(out, msg, len);
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
	state->secret = !body && len == 5 && ccid_iso_may_hold_pin(data[1]);
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

/* Bytes of an APDU that tell where its body is: up to P3, or the extended Lc. */
static bool apdu_ready(const uint8_t *apdu, size_t have)
{
	return have >= 8 || (have >= 6 && apdu[4] != 0);
}

bool ccid_mask_ready(const struct ccid_mask_state *state, enum ccid_mask_form form,
                     const uint8_t *msg, size_t have, size_t total)
{
	const uint8_t *data = msg + CCID_HEADER_LEN;
	size_t n = have - CCID_HEADER_LEN, at;

	if (have >= total)
		return true;
	if (msg[0] == CCID_SECURE)
		return n > 0 && (data[0] != 1 || n >= PIN_MODIFY + 8 ||
		                 find_modify_template(data, n, total - CCID_HEADER_LEN, &at));
	if (msg[0] != CCID_XFR_BLOCK)
		return n >= 8;
	if (form == CCID_MASK_T1)
		return n > 3 && (state->secret ||
		                 (state->had && n > 3 && ((state->last ^ data[1]) & 0x40) == 0) ||
		                 (n > 3 + 5 && apdu_ready(data + 3, n - 3)));
	return n > 0 && (state->secret || apdu_ready(data, n));
}

void ccid_mask_add(struct ccid_mask_list *list, size_t off, size_t len)
{
	struct ccid_mask_span *last = &list->span[CCID_MASK_SPANS - 1];

	if (len == 0)
		return;
	if (list->count < CCID_MASK_SPANS) {
		list->span[list->count++] = (struct ccid_mask_span){off, len};
		return;
	}
	len = off + len > last->off + last->len ? off + len : last->off + last->len;
	last->off = off < last->off ? off : last->off;
	last->len = len - last->off;
}

void ccid_mask_comment(char *out, size_t cap, const char *word, const struct ccid_mask_list *list,
                       const char *text)
{
	struct ccid_words w = ccid_words(out, cap);

	if (list->count > 0)
		ccid_words_add(&w, "%s", word);
	for (unsigned i = 0; i < list->count; i++)
		ccid_words_add(&w, " %zu+%zu", list->span[i].off, list->span[i].len);
	if (text != NULL && text[0] != '\0')
		ccid_words_add(&w, "%s%s", list->count > 0 ? " " : "", text);
}

static const char *skip_words(const char *at)
{
	static const char *const words[] = {"masked ", "any "};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strncmp(at, words[i], strlen(words[i])) == 0)
			return at + strlen(words[i]);
	return NULL;
}

/* OFFSET+LENGTH, in decimal. */
static const char *take_span(const char *at, struct ccid_mask_span *out)
{
	char *end;

	if (at[0] < '0' || at[0] > '9')
		return NULL;
	out->off = (size_t)strtoul(at, &end, 10);
	if (end[0] != '+' || end[1] < '0' || end[1] > '9')
		return NULL;
	out->len = (size_t)strtoul(end + 1, &end, 10);
	return end;
}

int ccid_mask_next(const char *comment, const char **pos, struct ccid_mask_span *out)
{
	const char *at = *pos, *next;

	if (at == NULL)
		at = comment != NULL ? skip_words(comment) : NULL;
	else if (*at++ != ' ')
		return 0;
	if (at == NULL)
		return 0;
	next = skip_words(at);
	next = take_span(next != NULL ? next : at, out);
	if (next == NULL)
		return 0;
	*pos = next;
	return 1;
}
