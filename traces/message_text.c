/* SPDX-License-Identifier: MIT */
#include "message_text.h"

#include "atr.h"
#include "bytes.h"
#include "ccid_msg.h"
#include "words.h"

#include <inttypes.h>

#define HEX_SHOWN 24

const char *ccid_ins_name(uint8_t ins)
{
	static const struct {
		uint8_t ins;
		const char *name;
	} names[] = {
		{0x04, "DEACTIVATE FILE"},
		{0x0E, "ERASE BINARY"},
		{0x20, "VERIFY"},
		{0x21, "VERIFY"},
		{0x22, "MANAGE SECURITY ENVIRONMENT"},
		{0x24, "CHANGE REFERENCE DATA"},
		{0x25, "CHANGE REFERENCE DATA"},
		{0x2A, "PERFORM SECURITY OPERATION"},
		{0x2C, "RESET RETRY COUNTER"},
		{0x2D, "RESET RETRY COUNTER"},
		{0x44, "ACTIVATE FILE"},
		{0x46, "GENERATE KEY PAIR"},
		{0x70, "MANAGE CHANNEL"},
		{0x82, "EXTERNAL AUTHENTICATE"},
		{0x84, "GET CHALLENGE"},
		{0x86, "GENERAL AUTHENTICATE"},
		{0x87, "GENERAL AUTHENTICATE"},
		{0x88, "INTERNAL AUTHENTICATE"},
		{0xA4, "SELECT"},
		{0xB0, "READ BINARY"},
		{0xB1, "READ BINARY"},
		{0xB2, "READ RECORD"},
		{0xC0, "GET RESPONSE"},
		{0xC2, "ENVELOPE"},
		{0xCA, "GET DATA"},
		{0xCB, "GET DATA"},
		{0xD0, "WRITE BINARY"},
		{0xD6, "UPDATE BINARY"},
		{0xDA, "PUT DATA"},
		{0xDB, "PUT DATA"},
		{0xDC, "UPDATE RECORD"},
		{0xE0, "CREATE FILE"},
		{0xE2, "APPEND RECORD"},
		{0xE4, "DELETE FILE"},
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].ins == ins)
			return names[i].name;
	return NULL;
}

enum ccid_mask_form ccid_message_form(const struct ccid_message_context *ctx)
{
	if (ctx->level != CCID_LEVEL_TPDU && ctx->level != CCID_LEVEL_CHARACTER)
		return CCID_MASK_APDU;
	if (ctx->protocol == 1)
		return CCID_MASK_T1;
	return ctx->level == CCID_LEVEL_CHARACTER ? CCID_MASK_T0_CHARS : CCID_MASK_APDU;
}

/* Payload with the secret span replaced by its length. */
static void add_masked(struct ccid_words *w, const uint8_t *data, size_t len,
                       const struct ccid_mask_span *secret)
{
	if (secret == NULL) {
		ccid_words_hex(w, data, len, HEX_SHOWN);
		return;
	}
	ccid_words_hex(w, data, secret->off, HEX_SHOWN);
	ccid_words_add(w, "%s[%zu bytes not shown]",
	               w->len > 0 && w->p[w->len - 1] != ' ' ? " " : "", secret->len);
	ccid_words_hex(w, data + secret->off + secret->len, len - secret->off - secret->len,
	               HEX_SHOWN);
}

static void add_ins(struct ccid_words *w, const uint8_t *apdu, size_t len)
{
	const char *name = len >= 4 && apdu[0] != 0xFF ? ccid_ins_name(apdu[1]) : NULL;

	if (name != NULL)
		ccid_words_add(w, "%s: ", name);
}

static void add_t1(struct ccid_words *w, const uint8_t *b, size_t len, bool command)
{
	static const char *const kind[] = {"RESYNCH", "IFS", "ABORT", "WTX"};
	uint8_t pcb = len >= 2 ? b[1] : 0;

	if (len < 4)
		return;
	if ((pcb & 0x80) == 0) {
		ccid_words_add(w, "I(%u%s) ", pcb >> 6 & 1, pcb & 0x20 ? ", more" : "");
		if (command)
			add_ins(w, b + 3, len - 4);
	} else if ((pcb & 0xC0) == 0x80) {
		ccid_words_add(w, "R(%u) ", pcb >> 4 & 1);
	} else {
		ccid_words_add(w, "S(%s %s) ", (pcb & 0x1F) < 4 ? kind[pcb & 3] : "?",
		               pcb & 0x20 ? "response" : "request");
	}
}

static void add_block(struct ccid_words *w, struct ccid_message_context *ctx, const uint8_t *msg,
                      size_t len)
{
	const uint8_t *data = msg + CCID_HEADER_LEN;
	size_t n = len - CCID_HEADER_LEN;
	struct ccid_mask_span secret;
	bool masked = ccid_mask_find(&secret, &ctx->mask, ccid_message_form(ctx), msg, len);
	unsigned level = (unsigned)(msg[8] | msg[9] << 8);

	secret.off -= masked ? CCID_HEADER_LEN : 0;
	if (msg[7] != 0)
		ccid_words_add(w, "waiting time x %u, ", msg[7]);
	if (ctx->level == CCID_LEVEL_EXTENDED_APDU && level != 0)
		ccid_words_add(w, "part %s, ",
		               level == CCID_CHAIN_BEGIN ? "begins"
		               : level == CCID_CHAIN_END ? "ends"
		                                         : "continues");
	if (n >= 1 && data[0] == 0xFF && ctx->level == CCID_LEVEL_TPDU)
		ccid_words_add(w, "PPS: ");
	else if (ccid_message_form(ctx) == CCID_MASK_T1)
		add_t1(w, data, n, true);
	else if (level <= CCID_CHAIN_BEGIN || ctx->level != CCID_LEVEL_EXTENDED_APDU)
		add_ins(w, data, n);
	add_masked(w, data, n, masked ? &secret : NULL);
}

static void add_command(struct ccid_words *w, struct ccid_message_context *ctx, const uint8_t *msg,
                        size_t len)
{
	static const char *const volt[] = {"automatic voltage", "5 V", "3 V", "1.8 V"};
	static const char *const motor[] = {"?", "accept", "eject", "capture", "lock", "unlock"};
	static const char *const pin[] = {"verify PIN", "modify PIN"};
	const uint8_t *data = msg + CCID_HEADER_LEN;
	size_t n = len - CCID_HEADER_LEN;
	struct ccid_mask_span secret;
	bool masked;

	switch (msg[0]) {
	case CCID_ICC_POWER_ON: ccid_words_add(w, "%s", msg[7] < 4 ? volt[msg[7]] : "?"); break;
	case CCID_MECHANICAL: ccid_words_add(w, "%s", msg[7] < 6 ? motor[msg[7]] : "?"); break;
	case CCID_ICC_CLOCK: ccid_words_add(w, "%s", msg[7] == 0 ? "restart" : "stop"); break;
	case CCID_SET_PARAMETERS:
		ccid_words_add(w, "T=%u:", msg[7]);
		ccid_words_hex(w, data, n, HEX_SHOWN);
		break;
	case CCID_XFR_BLOCK: add_block(w, ctx, msg, len); break;
	case CCID_SECURE:
		if (n > 0)
			ccid_words_add(w, "%s, ", data[0] < 2 ? pin[data[0]] : "other operation");
		masked = ccid_mask_find(&secret, &ctx->mask, ccid_message_form(ctx), msg, len);
		secret.off -= masked ? CCID_HEADER_LEN : 0;
		add_masked(w, data, n, masked ? &secret : NULL);
		break;
	default: ccid_words_hex(w, data, n, HEX_SHOWN); break;
	}
}

static void add_atr(struct ccid_words *w, const uint8_t *data, size_t n)
{
	struct ccid_atr atr;
	const char *mark = ":";

	ccid_words_add(w, "ATR ");
	ccid_words_hex(w, data, n, CCID_ATR_MAX);
	if (ccid_atr_decode(&atr, data, n) != 0)
		return;
	for (unsigned t = 0; t < 15; t++) {
		if (!ccid_atr_offers(&atr, t))
			continue;
		ccid_words_add(w, "%s T=%u", mark, t);
		mark = ",";
	}
}

static bool add_data(struct ccid_words *w, const struct ccid_message_context *ctx,
                     const uint8_t *data, size_t n)
{
	bool t1 = ccid_message_form(ctx) == CCID_MASK_T1;
	unsigned sw;

	if (ctx->last_type == CCID_ICC_POWER_ON) {
		add_atr(w, data, n);
		return false;
	}
	if (t1 && ctx->level != CCID_LEVEL_CHARACTER)
		add_t1(w, data, n, false);
	ccid_words_hex(w, data, n, HEX_SHOWN);
	if (t1 || n < 2 || !ctx->last_header)
		return false;
	sw = (unsigned)(data[n - 2] << 8 | data[n - 1]);
	if (ccid_sw_text(sw)[0] != '\0')
		ccid_words_add(w, " (%s)", ccid_sw_text(sw));
	return ccid_sw_fails(sw);
}

static bool add_status(struct ccid_words *w, const struct ccid_rsp *rsp)
{
	static const char *const card[] = {"card active", "card inactive", "no card"};
	enum ccid_icc icc = ccid_rsp_icc(rsp);

	switch (ccid_rsp_cmd_status(rsp)) {
	case CCID_CMD_TIME_EXTENSION:
		ccid_words_add(w, "time extension x %u", rsp->error);
		return false;
	case CCID_CMD_FAILED:
		if (rsp->error >= 1 && rsp->error <= 0x7F)
			ccid_words_add(w, "failed: byte %u not accepted, %s", rsp->error,
			               card[icc]);
		else
			ccid_words_add(w, "failed: %s (%02X), %s",
			               rsp->error == 0 ? "not supported"
			                               : ccid_error_name(rsp->error),
			               rsp->error, card[icc]);
		return true;
	default:
		if (rsp->type == CCID_SLOT_STATUS)
			ccid_words_add(w, "%s", card[icc]);
		return false;
	}
}

static bool add_answer(struct ccid_words *w, const struct ccid_message_context *ctx,
                       const struct ccid_rsp *rsp)
{
	bool failed = add_status(w, rsp);

	if (rsp->extra > 0)
		ccid_words_add(w, "%s%" PRIu32 " bytes beyond dwLength", w->len > 0 ? ", " : "",
		               rsp->extra);
	if (rsp->len == 0)
		return failed;
	if (w->len > 0)
		ccid_words_add(w, ", ");
	if (rsp->type == CCID_DATA_BLOCK)
		return add_data(w, ctx, rsp->data, rsp->len) || failed;
	if (rsp->type == CCID_PARAMETERS)
		ccid_words_add(w, "T=%u:", rsp->param);
	ccid_words_hex(w, rsp->data, rsp->len, HEX_SHOWN);
	return failed;
}

static bool is_command(const uint8_t *msg)
{
	return msg[0] < 0x80;
}

static void learn_atr(struct ccid_message_context *ctx, const struct ccid_rsp *rsp)
{
	struct ccid_atr atr;

	ctx->mask = (struct ccid_mask_state){0};
	if (rsp->type != CCID_DATA_BLOCK || ccid_atr_decode(&atr, rsp->data, rsp->len) != 0)
		return;
	ctx->protocol = atr.specific ? atr.ta2 & 0x0F : atr.first;
	ctx->crc = atr.crc;
}

static bool has_header(const struct ccid_message_context *ctx, const uint8_t *msg, size_t len)
{
	bool whole = ctx->level != CCID_LEVEL_EXTENDED_APDU ||
	             (msg[8] != CCID_CHAIN_MORE && msg[8] != CCID_CHAIN_BEGIN);

	return msg[0] == CCID_SECURE ||
	       (msg[0] == CCID_XFR_BLOCK && whole && len >= CCID_HEADER_LEN + 4 && msg[10] != 0xFF);
}

void ccid_message_learn(struct ccid_message_context *ctx, const uint8_t *msg, size_t len)
{
	struct ccid_rsp rsp;

	if (len < CCID_HEADER_LEN)
		return;
	if (is_command(msg)) {
		ctx->last_type = msg[0];
		ctx->last_header = has_header(ctx, msg, len);
		if (msg[0] == CCID_SET_PARAMETERS)
			ctx->protocol = msg[7];
		if (msg[0] == CCID_SET_PARAMETERS && msg[7] == 1 && len > CCID_HEADER_LEN + 1)
			ctx->crc = (msg[CCID_HEADER_LEN + 1] & 1) != 0; /* bmTCCKST1 */
		return;
	}
	if (ccid_rsp_decode(&rsp, msg, len) != 0)
		return;
	if (ctx->last_type == CCID_ICC_POWER_ON)
		learn_atr(ctx, &rsp);
	else if (ccid_message_form(ctx) == CCID_MASK_T0_CHARS && rsp.type == CCID_DATA_BLOCK)
		ccid_mask_answer(&ctx->mask, rsp.data, rsp.len);
}

bool ccid_message_text(char *out, size_t cap, struct ccid_message_context *ctx, const uint8_t *msg,
                       size_t len)
{
	struct ccid_words w = ccid_words(out, cap);
	struct ccid_rsp rsp;
	bool failed = false;

	w.whole = msg;
	w.hidden = ctx->masks;
	w.hidden_count = ctx->mask_count;
	if (len < CCID_HEADER_LEN) {
		ccid_words_add(&w, "no whole message:");
		ccid_words_hex(&w, msg, len, HEX_SHOWN);
		return true;
	}
	if (is_command(msg)) {
		ccid_message_learn(ctx, msg, len);
		add_command(&w, ctx, msg, len);
		return false;
	}
	if (ccid_rsp_decode(&rsp, msg, len) != 0) {
		ccid_words_add(&w, "cut short:");
		ccid_words_hex(&w, msg, len, HEX_SHOWN);
		return true;
	}
	failed = add_answer(&w, ctx, &rsp);
	ccid_message_learn(ctx, msg, len);
	return failed;
}

bool ccid_message_notify_text(char *out, size_t cap, size_t nslots, const uint8_t *msg, size_t len)
{
	struct ccid_words w = ccid_words(out, cap);
	struct ccid_notify n;
	size_t pos = 0;
	bool failed = false;

	while (ccid_notify_next(msg, len, &pos, nslots, &n) == 1) {
		if (n.type == CCID_HARDWARE_ERROR) {
			ccid_words_add(&w, "%sslot %u: hardware error %02X", w.len > 0 ? "; " : "",
			               n.slot, n.code);
			failed = true;
			continue;
		}
		for (size_t i = 0; i < n.slots; i++)
			if (ccid_notify_changed(&n, i) || n.slots == 1)
				ccid_words_add(&w, "%sslot %zu: card %s%s", w.len > 0 ? "; " : "",
				               i, ccid_notify_present(&n, i) ? "present" : "absent",
				               ccid_notify_changed(&n, i) ? " (changed)" : "");
	}
	if (w.len == 0) {
		ccid_words_add(&w, "not understood:");
		ccid_words_hex(&w, msg, len, HEX_SHOWN);
	}
	return failed;
}
