/* SPDX-License-Identifier: MIT */
#include "assembly.h"

#include "ccid_msg.h"

#include <stdlib.h>

#define MORE_DATA    0x61
#define WRONG_LE     0x6C
#define GET_RESPONSE 0xC0

static int grow(struct ccid_story_bytes *to, size_t need)
{
	size_t cap = need * 2 < 512 ? 512 : need * 2;
	uint8_t *p = malloc(cap), *unknown = malloc(cap);

	if (p == NULL || unknown == NULL) {
		free(p);
		free(unknown);
		return CCID_E_NOMEM;
	}
	if (to->len > 0) {
		memcpy(p, to->p, to->len);
		memcpy(unknown, to->unknown, to->len);
		ccid_wipe(to->p, to->len);
	}
	free(to->p);
	free(to->unknown);
	to->p = p;
	to->unknown = unknown;
	to->cap = cap;
	return 0;
}

static int put(struct ccid_story_bytes *to, const uint8_t *data, size_t len)
{
	size_t room = CCID_ASSEMBLY_MAX - to->len, n = len < room ? len : room;
	int err = to->len + n > to->cap ? grow(to, to->len + n) : 0;

	if (err != 0 || n == 0)
		return err;
	memcpy(to->p + to->len, data, n);
	memset(to->unknown + to->len, 0, n);
	to->len += n;
	return 0;
}

/* data lies inside the piece; what its masks cover is unknown. */
static int put_piece(struct ccid_story_bytes *to, const struct ccid_assembly_piece *x, size_t off,
                     size_t len)
{
	size_t at = to->len;
	int err = len > 0 ? put(to, x->data + off, len) : 0;

	for (size_t i = 0; err == 0 && i < x->mask_count; i++) {
		const struct ccid_mask_span *m = &x->masks[i];

		for (size_t k = m->off; k < m->off + m->len && k < off + len; k++)
			if (k >= off && at + k - off < to->len)
				to->unknown[at + k - off] = 1;
	}
	return err;
}

static unsigned status_word(const struct ccid_story_bytes *r)
{
	return r->len < 2 ? 0 : (unsigned)(r->p[r->len - 2] << 8 | r->p[r->len - 1]);
}

static bool fetches(const struct ccid_assembly *a, const struct ccid_assembly_piece *x)
{
	return status_word(&a->apdu.response) >> 8 == MORE_DATA && x->len == 5 &&
	       x->data[1] == GET_RESPONSE;
}

static bool repeats(const struct ccid_assembly *a, const struct ccid_assembly_piece *x)
{
	unsigned sw = status_word(&a->apdu.response);

	return sw >> 8 == WRONG_LE && x->len == 5 && a->apdu.command.len >= 4 &&
	       x->data[4] == (sw & 0xFF) && memcmp(x->data, a->apdu.command.p, 4) == 0;
}

static bool is_i_block(const struct ccid_assembly_piece *x)
{
	return x->len >= 4 && (x->data[1] & 0x80) == 0;
}

static bool same_again(bool was, uint8_t last, uint8_t pcb)
{
	return was && ((last ^ pcb) & 0x40) == 0;
}

bool ccid_assembly_continues(const struct ccid_assembly *a, const struct ccid_assembly_piece *x)
{
	if (x->form == CCID_ASSEMBLY_T1)
		return !is_i_block(x) || (a->open && a->more) ||
		       (a->open && same_again(a->to_card_was, a->to_card, x->data[1]));
	if (!a->open)
		return false;
	if (a->done)
		return x->form != CCID_ASSEMBLY_APDU && (fetches(a, x) || repeats(a, x));
	if (x->form == CCID_ASSEMBLY_CHARS)
		return x->len == 0 || a->data_left > 0;
	return x->form == CCID_ASSEMBLY_APDU &&
	       (x->chain == CCID_CHAIN_MIDDLE || x->chain == CCID_CHAIN_END ||
	        x->chain == CCID_CHAIN_MORE);
}

static void start_tpdu(struct ccid_assembly *a, const struct ccid_assembly_piece *x)
{
	a->ins = x->len >= 2 ? x->data[1] : 0;
	a->data_all = x->len >= 5 && x->data[4] != 0 ? x->data[4] : 256;
	a->data_left = 0;
}

/* The command of T=0 that fetches the rest, or says it again with the right Le. */
static int follow_up(struct ccid_assembly *a, const struct ccid_assembly_piece *x)
{
	struct ccid_story_bytes *c = &a->apdu.command, *r = &a->apdu.response;
	static const uint8_t any = 0;
	bool fetch = fetches(a, x);

	start_tpdu(a, x);
	r->len = fetch ? r->len - 2 : 0;
	a->done = false;
	if (fetch && c->len > 5 && c->len == 5u + c->p[4])
		return put(c, &any, 1);
	return 0;
}

static int command_t1(struct ccid_assembly *a, const struct ccid_assembly_piece *x)
{
	size_t inf;

	if (!is_i_block(x) || (a->open && !a->done && a->apdu.command.len > 0 &&
	                       same_again(a->to_card_was, a->to_card, x->data[1])))
		return 0;
	inf = x->len - 3 < x->data[2] ? x->len - 3 : x->data[2];
	a->to_card = x->data[1];
	a->to_card_was = true;
	a->more = (x->data[1] & 0x20) != 0;
	return put_piece(&a->apdu.command, x, 3, inf);
}

static void moved(struct ccid_assembly *a, size_t n)
{
	a->data_left -= n < a->data_left ? n : a->data_left;
	a->data_all -= n < a->data_all ? n : a->data_all;
}

static int command_chars(struct ccid_assembly *a, const struct ccid_assembly_piece *x)
{
	if (a->apdu.command.len == 0)
		start_tpdu(a, x);
	else
		moved(a, x->len);
	return put_piece(&a->apdu.command, x, 0, x->len);
}

static bool starts(const struct ccid_assembly_piece *x)
{
	return x->form != CCID_ASSEMBLY_T1 || is_i_block(x);
}

int ccid_assembly_command(struct ccid_assembly *a, const struct ccid_assembly_piece *x)
{
	if (x->len > 0)
		a->block_len = 0;
	if (!a->open) {
		if (!starts(x) || x->len == 0)
			return 0;
		a->open = true;
		a->apdu.start_ns = x->time_ns;
		a->apdu.start_packet = x->packet;
	}
	a->apdu.exchanges++;
	if (x->form == CCID_ASSEMBLY_T1)
		return command_t1(a, x);
	if (a->done)
		return follow_up(a, x);
	if (x->form == CCID_ASSEMBLY_CHARS)
		return command_chars(a, x);
	a->more = x->chain == CCID_CHAIN_BEGIN || x->chain == CCID_CHAIN_MIDDLE;
	return put_piece(&a->apdu.command, x, 0, x->len);
}

static int answer_t1(struct ccid_assembly *a, const struct ccid_assembly_piece *x)
{
	size_t inf;

	if (!is_i_block(x) || same_again(a->from_card_was, a->from_card, x->data[1]))
		return 0;
	inf = x->len - 3 < x->data[2] ? x->len - 3 : x->data[2];
	a->from_card = x->data[1];
	a->from_card_was = true;
	a->done = (x->data[1] & 0x20) == 0;
	return put_piece(&a->apdu.response, x, 3, inf);
}

/* Blocks by the character come prologue first. */
static int answer_t1_rest(struct ccid_assembly *a, const struct ccid_assembly_piece *x)
{
	struct ccid_assembly_piece whole = *x;
	size_t room = sizeof a->block - a->block_len, n = x->len < room ? x->len : room;

	if (a->block_len == 0 && (x->len < 3 || x->len > 3u + x->data[2]))
		return answer_t1(a, x);
	memcpy(a->block + a->block_len, x->data, n);
	a->block_len += n;
	if (a->block_len < 3 || a->block_len <= 3u + a->block[2])
		return 0;
	whole.data = a->block;
	whole.len = a->block_len;
	whole.mask_count = 0;
	a->block_len = 0;
	return answer_t1(a, &whole);
}

/* A procedure byte, or SW1, or SW2 (ISO/IEC 7816-3:2006, 10.3.3). */
static int take_procedure(struct ccid_assembly *a, const struct ccid_assembly_piece *x, size_t i)
{
	uint8_t b = x->data[i];

	if (a->second || (b & 0xF0) == 0x90 || ((b & 0xF0) == 0x60 && b != 0x60)) {
		a->done = a->second;
		a->second = !a->second;
		return put_piece(&a->apdu.response, x, i, 1);
	}
	if (b == a->ins)
		a->data_left = a->data_all;
	else if ((b ^ a->ins) == 0xFF)
		a->data_left = 1;
	return 0;
}

static int answer_chars(struct ccid_assembly *a, const struct ccid_assembly_piece *x)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < x->len && !a->done; i++) {
		if (a->data_left == 0) {
			err = take_procedure(a, x, i);
			continue;
		}
		moved(a, 1);
		err = put_piece(&a->apdu.response, x, i, 1);
	}
	return err;
}

static int answer_whole(struct ccid_assembly *a, const struct ccid_assembly_piece *x)
{
	bool part = x->chain == CCID_CHAIN_BEGIN || x->chain == CCID_CHAIN_MIDDLE;

	if (x->chain == CCID_CHAIN_MORE || (a->more && x->len == 0))
		return 0;
	a->done = !part;
	return put_piece(&a->apdu.response, x, 0, x->len);
}

int ccid_assembly_answer(struct ccid_assembly *a, const struct ccid_assembly_piece *x)
{
	if (!a->open)
		return 0;
	a->apdu.end_ns = x->time_ns;
	a->apdu.end_packet = x->packet;
	a->apdu.failure = NULL;
	switch (x->form) {
	case CCID_ASSEMBLY_T1: return answer_t1_rest(a, x);
	case CCID_ASSEMBLY_CHARS: return answer_chars(a, x);
	default: return answer_whole(a, x);
	}
}

bool ccid_assembly_over(const struct ccid_assembly *a, enum ccid_assembly_form form)
{
	unsigned sw1 = status_word(&a->apdu.response) >> 8;

	if (!a->open || !a->done)
		return false;
	return form == CCID_ASSEMBLY_APDU || form == CCID_ASSEMBLY_T1 || a->apdu.pad ||
	       (sw1 != MORE_DATA && sw1 != WRONG_LE);
}

void ccid_assembly_hide(struct ccid_assembly *a)
{
	struct ccid_story_bytes *c = &a->apdu.command;
	struct ccid_mask_span span;

	if (ccid_mask_find_apdu(&span, c->p, c->len))
		memset(c->unknown + span.off, 1, span.len);
}

static void wipe(struct ccid_story_bytes *b)
{
	if (b->p != NULL)
		ccid_wipe(b->p, b->len);
	b->len = 0;
}

void ccid_assembly_clear(struct ccid_assembly *a)
{
	struct ccid_story_apdu *x = &a->apdu;

	wipe(&x->command);
	wipe(&x->response);
	*x = (struct ccid_story_apdu){.command = x->command, .response = x->response};
	a->open = a->done = a->more = a->second = false;
	a->data_left = a->block_len = 0;
}

void ccid_assembly_reset(struct ccid_assembly *a)
{
	a->from_card_was = a->to_card_was = false;
}

void ccid_assembly_free(struct ccid_assembly *a)
{
	ccid_assembly_clear(a);
	free(a->apdu.command.p);
	free(a->apdu.command.unknown);
	free(a->apdu.response.p);
	free(a->apdu.response.unknown);
}
