/* SPDX-License-Identifier: MIT */
#include "import_mask.h"

#include "bytes.h"
#include "ccid_msg.h"
#include "import_guess.h"
#include "token_text.h"

void ccid_import_mask_config(struct ccid_import_mask *m, const uint8_t *config, size_t len)
{
	struct ccid_interface f;
	struct ccid_class_desc d;
	size_t pos = 0;

	if (ccid_config_next(config, len, &pos, &f) != 1 ||
	    ccid_class_desc_decode(&d, f.desc, CCID_CLASS_DESC_LEN) != 0)
		return;
	m->token = ccid_is_token(&f);
	m->token_protocol = f.protocol;
	for (size_t i = 0; i < sizeof m->slot / sizeof m->slot[0]; i++)
		m->slot[i].level = ccid_class_desc_level(&d);
}

void ccid_import_mask_protocol(struct ccid_import_mask *m, unsigned protocol)
{
	for (size_t i = 0; i < sizeof m->slot / sizeof m->slot[0]; i++)
		m->slot[i].protocol = protocol;
}

static size_t message_length(const uint8_t *data)
{
	struct ccid_rd r = ccid_rd(data + 1, 4);

	return (size_t)ccid_rd_le32(&r) + CCID_HEADER_LEN;
}

static size_t rest(size_t whole, size_t len)
{
	return whole > len ? whole - len : 0;
}

/* A capture that begins late does not say which protocol is in force: what is a T=1 block is read as
 * one too. */
static bool find(struct ccid_import_mask *m, const uint8_t *data, size_t len,
                 struct ccid_mask_span *span)
{
	struct ccid_message_context *ctx = &m->slot[data[5]];
	enum ccid_mask_form form;
	bool found;

	ccid_message_learn(ctx, data, len);
	form = ccid_message_form(ctx);
	found = ccid_mask_find(span, &ctx->mask, form, data, len);
	if (found || form == CCID_MASK_T1 ||
	    !ccid_is_t1_block(data + CCID_HEADER_LEN, len - CCID_HEADER_LEN))
		return found;
	return ccid_mask_find(span, &m->t1[data[5]], CCID_MASK_T1, data, len);
}

bool ccid_import_mask_out(struct ccid_import_mask *m, const uint8_t *data, size_t len,
                          struct ccid_mask_span *span)
{
	m->in_left = 0;
	if (m->out_left > 0) {
		m->out_left = rest(m->out_left, len);
		*span = (struct ccid_mask_span){0, len};
		return m->out_secret && len > 0 && !m->keep;
	}
	if (len < CCID_HEADER_LEN)
		return false;
	m->out_left = rest(message_length(data), len);
	m->out_secret = find(m, data, len, span);
	return m->out_secret && !m->keep;
}

void ccid_import_mask_in(struct ccid_import_mask *m, const uint8_t *data, size_t len)
{
	if (m->in_left > 0) {
		m->in_left = rest(m->in_left, len);
		return;
	}
	if (len < CCID_HEADER_LEN)
		return;
	m->in_left = rest(message_length(data), len);
	ccid_message_learn(&m->slot[data[5]], data, len);
}

void ccid_import_mask_cut(struct ccid_import_mask *m, bool in, size_t n)
{
	size_t *left = in ? &m->in_left : &m->out_left;

	*left = rest(*left, n);
}

bool ccid_import_mask_control(struct ccid_import_mask *m, const struct ccid_redir_packet *request,
                              struct ccid_mask_span *span)
{
	bool found = m->token && request->request_type == 0x21 &&
	             request->request == CCID_TOKEN_XFR_BLOCK &&
	             ccid_mask_find_token(span, &m->token_state, m->token_protocol,
	                                  (uint8_t)(request->value >> 8), request->data,
	                                  request->data_len);

	return found && !m->keep;
}
