/* SPDX-License-Identifier: MIT */
#include "token_text.h"

#include "message_text.h"
#include "words.h"

#define TO_TOKEN  0x21
#define HEX_SHOWN 24

bool ccid_is_token(const struct ccid_interface *iface)
{
	return iface->bulk_out.address == 0 && (iface->protocol == 1 || iface->protocol == 2);
}

const char *ccid_token_request_name(const struct ccid_redir_packet *q)
{
	if ((q->request_type & 0x7F) != TO_TOKEN)
		return NULL;
	switch (q->request) {
	case CCID_TOKEN_POWER_ON: return "ICC_POWER_ON";
	case CCID_TOKEN_POWER_OFF: return "ICC_POWER_OFF";
	case CCID_TOKEN_XFR_BLOCK: return "XFR_BLOCK";
	case CCID_TOKEN_DATA_BLOCK: return "DATA_BLOCK";
	case CCID_TOKEN_SLOT_STATUS: return "SLOT_STATUS";
	case CCID_TOKEN_STATUS: return "GET_ICC_STATUS";
	default: return NULL;
	}
}

static void add_ins(struct ccid_words *w, const struct ccid_redir_packet *q)
{
	const char *name = q->data_len >= 4 ? ccid_ins_name(q->data[1]) : NULL;

	if (name != NULL)
		ccid_words_add(w, "%s: ", name);
}

void ccid_token_text(char *out, size_t cap, struct ccid_mask_state *state, uint8_t protocol,
                     const struct ccid_redir_packet *q)
{
	struct ccid_words w = ccid_words(out, cap);
	struct ccid_mask_span span;

	if (state == NULL || q->request != CCID_TOKEN_XFR_BLOCK) {
		ccid_words_hex(&w, q->data, q->data_len, HEX_SHOWN);
		return;
	}
	if (!ccid_mask_find_token(&span, state, protocol, (uint8_t)(q->value >> 8), q->data,
	                          q->data_len)) {
		add_ins(&w, q);
		ccid_words_hex(&w, q->data, q->data_len, HEX_SHOWN);
		return;
	}
	if (span.off > 0)
		add_ins(&w, q);
	ccid_words_hex(&w, q->data, span.off, HEX_SHOWN);
	ccid_words_add(&w, "%s[%zu bytes not shown]", w.len > 0 ? " " : "", span.len);
}
