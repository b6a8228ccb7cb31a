/* SPDX-License-Identifier: MIT */
#include "story_priv.h"

#include "token_text.h"

#include <stdio.h>
#include <stdlib.h>

#define PPSS 0xFF

static int check(struct ccid_story *s, int err)
{
	if (err != 0 && s->result == 0)
		s->result = err;
	return err;
}

static struct ccid_assembly_piece piece(const struct ccid_explain_line *line, size_t head,
                                        struct ccid_mask_span masks[], size_t cap)
{
	struct ccid_assembly_piece x = {
		.data = line->data != NULL ? line->data + head : NULL,
		.len = line->len > head ? line->len - head : 0,
		.masks = masks,
		.time_ns = line->time_ns,
		.packet = line->packet,
	};

	for (size_t i = 0; i < line->mask_count && x.mask_count < cap; i++)
		if (line->masks[i].off >= head)
			masks[x.mask_count++] = (struct ccid_mask_span){line->masks[i].off - head,
			                                                line->masks[i].len};
	return x;
}

#define MASKS 32

static enum ccid_assembly_form form_of(const struct ccid_message_context *c)
{
	switch (ccid_message_form(c)) {
	case CCID_MASK_T1: return CCID_ASSEMBLY_T1;
	case CCID_MASK_T0_CHARS: return CCID_ASSEMBLY_CHARS;
	default: return c->level == CCID_LEVEL_TPDU ? CCID_ASSEMBLY_T0 : CCID_ASSEMBLY_APDU;
	}
}

static void give(struct ccid_story *s, int number, struct ccid_story_slot *slot,
                 const struct ccid_assembly_piece *x)
{
	if (slot->assembly.open && !ccid_assembly_continues(&slot->assembly, x))
		ccid_story_tell_apdu(s, number, slot);
	if (!slot->assembly.open)
		slot->form = x->form;
	check(s, ccid_assembly_command(&slot->assembly, x));
}

static void send_block(struct ccid_story *s, const struct ccid_explain_line *line,
                       struct ccid_story_slot *slot)
{
	struct ccid_mask_span masks[MASKS];
	struct ccid_assembly_piece x = piece(line, CCID_HEADER_LEN, masks, MASKS);

	x.form = form_of(line->context);
	if (line->context->level == CCID_LEVEL_EXTENDED_APDU)
		x.chain = line->data[8];
	if (x.form != CCID_ASSEMBLY_APDU && x.len > 0 && x.data[0] == PPSS &&
	    slot->assembly.data_left == 0) {
		ccid_story_tell_apdu(s, line->slot, slot);
		return;
	}
	give(s, line->slot, slot, &x);
}

/* Where the template of the APDU begins (USB CCID 6.1.11). */
static size_t template_at(const uint8_t *data, size_t len)
{
	if (len < 1 || data[0] > 1)
		return len;
	if (data[0] == 0)
		return 15;
	return len < 12 ? len : 18u + (data[11] != 0) + (data[11] >= 3);
}

static void send_pin(struct ccid_story *s, const struct ccid_explain_line *line,
                     struct ccid_story_slot *slot)
{
	struct ccid_mask_span masks[MASKS];
	struct ccid_assembly_piece x = piece(line, CCID_HEADER_LEN, masks, MASKS);
	size_t at = template_at(x.data, x.len);
	struct ccid_mask_span body = {5, x.len};

	ccid_story_tell_apdu(s, line->slot, slot);
	if (at + 4 > x.len)
		return;
	x.data += at;
	x.len -= at;
	x.masks = &body;
	x.mask_count = 1;
	x.form = CCID_ASSEMBLY_APDU;
	give(s, line->slot, slot, &x);
	slot->form = form_of(line->context);
	slot->assembly.apdu.pad = true;
}

static void send_to_token(struct ccid_story *s, const struct ccid_explain_line *line,
                          struct ccid_story_slot *slot)
{
	struct ccid_mask_span masks[MASKS];
	struct ccid_assembly_piece x = piece(line, 0, masks, MASKS);
	bool a = line->token == 1;

	x.form = a ? CCID_ASSEMBLY_T0 : CCID_ASSEMBLY_APDU;
	if (!a)
		x.chain = (uint8_t)(line->value >> 8);
	if (a && slot->assembly.open && !slot->assembly.done) {
		x.form = CCID_ASSEMBLY_APDU;
		x.chain = CCID_CHAIN_END;
	}
	give(s, line->slot, slot, &x);
}

static void before_token(struct ccid_story *s, const struct ccid_explain_line *line,
                         struct ccid_story_slot *slot)
{
	switch (line->code) {
	case CCID_TOKEN_XFR_BLOCK: send_to_token(s, line, slot); break;
	case CCID_TOKEN_POWER_ON:
	case CCID_TOKEN_POWER_OFF:
		ccid_story_tell_apdu(s, line->slot, slot);
		slot->atr = line->code == CCID_TOKEN_POWER_ON && line->token == 2;
		slot->state = CCID_STORY_INACTIVE;
		break;
	default: break;
	}
}

void ccid_story_before(struct ccid_story *s, const struct ccid_explain_line *line,
                       struct ccid_story_slot *slot)
{
	if (line->token != 0) {
		before_token(s, line, slot);
		return;
	}
	switch (line->code) {
	case CCID_XFR_BLOCK: send_block(s, line, slot); break;
	case CCID_SECURE: send_pin(s, line, slot); break;
	case CCID_GET_SLOT_STATUS: break;
	case CCID_ICC_POWER_ON:
	case CCID_ICC_POWER_OFF:
		ccid_story_tell_apdu(s, line->slot, slot);
		ccid_assembly_reset(&slot->assembly);
		break;
	default: ccid_story_tell_apdu(s, line->slot, slot); break;
	}
}

static bool is_part_block(const struct ccid_message_context *c, const uint8_t *b, size_t n)
{
	bool low = c->level == CCID_LEVEL_TPDU || c->level == CCID_LEVEL_CHARACTER;

	if (low && n >= 1 && b[0] == PPSS)
		return false;
	return ccid_message_form(c) != CCID_MASK_T1 || n < 2 || (b[1] & 0xC0) != 0xC0 ||
	       (b[1] & 0x1F) == 3;
}

bool ccid_story_is_part(const struct ccid_explain_line *line)
{
	const uint8_t *b;
	size_t n;

	if (line->kind != CCID_EXPLAIN_COMMAND || line->slot < 0)
		return false;
	if (line->token != 0)
		return line->code != CCID_TOKEN_POWER_ON && line->code != CCID_TOKEN_POWER_OFF;
	b = line->data + CCID_HEADER_LEN;
	n = line->len - CCID_HEADER_LEN;
	if (line->code == CCID_SECURE)
		return template_at(b, n) + 4 <= n;
	return line->code == CCID_XFR_BLOCK && is_part_block(line->context, b, n);
}

bool ccid_story_extends(const struct ccid_explain_line *line)
{
	struct ccid_rsp rsp;

	if (line->token != 0)
		return false;
	return ccid_rsp_decode(&rsp, line->data, line->len) == 0 &&
	       ccid_rsp_cmd_status(&rsp) == CCID_CMD_TIME_EXTENSION;
}

static void move_ccid(struct ccid_story *s, const struct ccid_explain_line *line,
                      struct ccid_story_slot *slot, uint8_t of)
{
	struct ccid_rsp rsp;
	bool good;

	if (ccid_rsp_decode(&rsp, line->data, line->len) != 0)
		return;
	ccid_story_see(s, line->slot, line, ccid_rsp_icc(&rsp) != CCID_ICC_ABSENT);
	good = ccid_rsp_cmd_status(&rsp) == CCID_CMD_OK;
	if (ccid_rsp_icc(&rsp) == CCID_ICC_INACTIVE)
		slot->state = CCID_STORY_INACTIVE;
	else if (ccid_rsp_icc(&rsp) == CCID_ICC_ACTIVE &&
	         (slot->state < CCID_STORY_POWERED || (good && of == CCID_ICC_POWER_ON)))
		slot->state = CCID_STORY_POWERED;
	if (slot->state == CCID_STORY_POWERED && good &&
	    (of == CCID_SET_PARAMETERS || of == CCID_XFR_BLOCK || of == CCID_SECURE))
		slot->state = CCID_STORY_NEGOTIATED;
}

void ccid_story_move(struct ccid_story *s, const struct ccid_explain_line *line,
                     struct ccid_story_slot *slot, uint8_t of)
{
	if (line->token == 0) {
		move_ccid(s, line, slot, of);
		return;
	}
	ccid_story_see(s, line->slot, line, true);
	if ((of == CCID_TOKEN_POWER_ON || (of == CCID_TOKEN_DATA_BLOCK && slot->atr)) &&
	    line->len > 1)
		slot->state = CCID_STORY_POWERED;
	else if (of == CCID_TOKEN_DATA_BLOCK && slot->assembly.open)
		slot->state = CCID_STORY_NEGOTIATED;
}

static void fail(struct ccid_story_slot *slot, const struct ccid_explain_line *line)
{
	struct ccid_story_apdu *a = &slot->assembly.apdu;

	snprintf(slot->failure, sizeof slot->failure, "%s", line->text);
	a->failure = slot->failure;
	a->end_ns = line->time_ns;
	a->end_packet = line->packet;
}

static void answer(struct ccid_story *s, int number, struct ccid_story_slot *slot,
                   const struct ccid_assembly_piece *x)
{
	check(s, ccid_assembly_answer(&slot->assembly, x));
	if (ccid_assembly_over(&slot->assembly, x->form))
		ccid_story_tell_apdu(s, number, slot);
}

static void after_token_b(struct ccid_story *s, const struct ccid_explain_line *line,
                          struct ccid_story_slot *slot)
{
	struct ccid_mask_span masks[MASKS];
	struct ccid_assembly_piece x = piece(line, 1, masks, MASKS);

	if (line->len == 0)
		return;
	x.form = CCID_ASSEMBLY_APDU;
	x.chain = line->data[0];
	if (line->data[0] == 0x80)
		slot->assembly.apdu.extensions++;
	else if (line->data[0] == 0x40)
		fail(slot, line);
	else
		answer(s, line->slot, slot, &x);
}

static void after_token_a(struct ccid_story *s, const struct ccid_explain_line *line,
                          struct ccid_story_slot *slot)
{
	struct ccid_mask_span masks[MASKS];
	struct ccid_assembly_piece x = piece(line, 0, masks, MASKS);

	x.form = CCID_ASSEMBLY_T0;
	if ((slot->token_status & 0xF0) == 0x10)
		x.chain = CCID_CHAIN_BEGIN; /* SW1 SW2 comes by itself */
	answer(s, line->slot, slot, &x);
}

static void after_token(struct ccid_story *s, const struct ccid_explain_line *line,
                        struct ccid_story_slot *slot, uint8_t of)
{
	if (line->error) {
		fail(slot, line);
		return;
	}
	if (of == CCID_TOKEN_STATUS && line->len > 0) {
		slot->token_status = line->data[0];
		slot->assembly.apdu.extensions += (line->data[0] & 0xF0) == 0x40;
	}
	if (of != CCID_TOKEN_DATA_BLOCK)
		return;
	if (slot->atr)
		slot->atr = false;
	else if (line->token == 1)
		after_token_a(s, line, slot);
	else
		after_token_b(s, line, slot);
}

void ccid_story_after(struct ccid_story *s, const struct ccid_explain_line *line,
                      struct ccid_story_slot *slot, uint8_t of)
{
	struct ccid_mask_span masks[MASKS];
	struct ccid_assembly_piece x = piece(line, CCID_HEADER_LEN, masks, MASKS);
	struct ccid_rsp rsp;

	if (line->token != 0) {
		after_token(s, line, slot, of);
		return;
	}
	if ((of != CCID_XFR_BLOCK && of != CCID_SECURE) || !slot->assembly.open ||
	    ccid_rsp_decode(&rsp, line->data, line->len) != 0)
		return;
	x.form = slot->form;
	x.len = rsp.len;
	if (line->context->level == CCID_LEVEL_EXTENDED_APDU)
		x.chain = rsp.param;
	if (ccid_story_extends(line))
		slot->assembly.apdu.extensions++;
	else if (ccid_rsp_cmd_status(&rsp) != CCID_CMD_FAILED)
		answer(s, line->slot, slot, &x);
	else
		fail(slot, line);
	if (slot->assembly.apdu.failure != NULL && slot->form != CCID_ASSEMBLY_T1)
		ccid_story_tell_apdu(s, line->slot, slot);
}
