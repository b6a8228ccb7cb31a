/* SPDX-License-Identifier: MIT */
#include "message_detail.h"

#include "apdu.h"
#include "apdu_text.h"
#include "atr.h"
#include "bytes.h"
#include "ccid_msg.h"

#include <ctype.h>
#include <inttypes.h>

#define PPSS 0xFF

/* "; Fi 372, Di 1" with "RFU" where the nibble has no meaning. */
static void add_rate(struct ccid_words *w, uint8_t ta1)
{
	unsigned fi = ccid_fi(ta1), di = ccid_di(ta1);

	if (fi == 0 || di == 0)
		ccid_words_add(w, "; Fi or Di RFU");
	else
		ccid_words_add(w, "; Fi %u, Di %u", fi, di);
}

/* abProtocolDataStructure (USB CCID 6.1.7, 6.2.3). */
static void add_parameters(struct ccid_words *w, uint8_t protocol, const uint8_t *p, size_t len)
{
	if (len < 5)
		return;
	add_rate(w, p[0]);
	if ((p[1] & 2) != 0)
		ccid_words_add(w, ", inverse convention");
	if (p[2] != 0)
		ccid_words_add(w, ", guard time %u", p[2]);
	if (protocol == 0)
		ccid_words_add(w, ", WI %u", p[3]);
	else
		ccid_words_add(w, ", BWI %u, CWI %u", p[3] >> 4, p[3] & 0x0F);
	if (protocol != 0 && len >= 7)
		ccid_words_add(w, ", IFSC %u, NAD %02X, %s", p[5], p[6],
		               (p[1] & 1) != 0 ? "CRC" : "LRC");
	if (p[4] != 0)
		ccid_words_add(w, ", clock stop %u", p[4]);
}

/* PPSS PPS0 [PPS1] [PPS2] [PPS3] PCK (ISO/IEC 7816-3:2006, 9.2). */
static bool add_pps(struct ccid_words *w, const uint8_t *p, size_t len)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum ^= p[i];
	if (len < 3 || len > 6 || p[0] != PPSS || sum != 0)
		return false;
	ccid_words_add(w, "; PPS for T=%u", p[1] & 0x0F);
	if ((p[1] & 0x10) != 0)
		add_rate(w, p[2]);
	return true;
}

static void add_atr(struct ccid_words *w, const uint8_t *p, size_t len)
{
	struct ccid_atr a;
	bool text = true;

	if (ccid_atr_decode(&a, p, len) != 0)
		return;
	add_rate(w, a.ta1);
	if (ccid_atr_offers(&a, 1))
		ccid_words_add(w, ", IFSC %u", a.ifsc);
	if (a.specific)
		ccid_words_add(w, ", specific mode T=%u", a.ta2 & 0x0F);
	for (size_t i = 0; i < a.hist_len; i++)
		text = text && isprint(a.bytes[a.hist_off + i]);
	if (a.hist_len > 0 && text)
		ccid_words_add(w, ", \"%.*s\"", a.hist_len, (const char *)a.bytes + a.hist_off);
	for (unsigned i = 0; i < CCID_ATR_E_COUNT; i++)
		if ((a.errors >> i & 1) != 0)
			ccid_words_add(w, ", %s", ccid_atr_error_text(1u << i));
}

/* What the application selected is called; the instruction is in the text already. */
static void add_apdu(struct ccid_words *w, const uint8_t *p, size_t len)
{
	struct ccid_apdu a;
	const char *name;

	if (ccid_apdu_decode(&a, p, len) != 0 || a.cla == 0xFF)
		return;
	name = ccid_apdu_name(a.cla, a.ins);
	if (name != NULL &&
	    (ccid_ins_name(a.ins) == NULL || strcmp(name, ccid_ins_name(a.ins)) != 0))
		ccid_words_add(w, "; %s", name);
	name = a.ins == 0xA4 && a.p1 == 4 && a.lc > 0 ? ccid_aid_name(a.data, a.lc) : NULL;
	if (name != NULL)
		ccid_words_add(w, "; %s", name);
}

static void add_tries(struct ccid_words *w, unsigned sw)
{
	if ((sw & 0xFFF0) == 0x63C0)
		ccid_words_add(w, ", %u tries left", sw & 0x0F);
}

static unsigned sw_of(const uint8_t *p, size_t len)
{
	return len < 2 ? 0 : (unsigned)(p[len - 2] << 8 | p[len - 1]);
}

static bool add_sw(struct ccid_words *w, unsigned sw)
{
	if (ccid_sw_text(sw)[0] != '\0')
		ccid_words_add(w, "; %s", ccid_sw_text(sw));
	add_tries(w, sw);
	return ccid_sw_fails(sw);
}

static bool add_block(struct ccid_words *w, const uint8_t *b, size_t len, bool command)
{
	size_t inf = len < 3 ? 0 : len - 3 < b[2] ? len - 3 : b[2];

	if (len < 4)
		return false;
	if ((b[1] & 0xC0) == 0x80 && (b[1] & 0x0F) != 0)
		ccid_words_add(w, "; %s error, send it again",
		               (b[1] & 0x0F) == 1 ? "check byte or parity" : "other");
	if ((b[1] & 0xC0) == 0xC0 && inf == 1)
		ccid_words_add(w, "; %u", b[3]);
	if ((b[1] & 0x80) != 0)
		return false;
	if (command)
		add_apdu(w, b + 3, inf);
	else if ((b[1] & 0x20) == 0)
		return add_sw(w, sw_of(b + 3, inf));
	return false;
}

static void add_pin(struct ccid_words *w, const uint8_t *p, size_t len)
{
	static const char *const ends[] = {"most digits", "validation key", "time-out"};
	bool modify = len > 0 && p[0] == 1;
	size_t digits = modify ? 7 : 5, until = modify ? 10 : 7;

	if (len < 15 || p[0] > 1)
		return;
	ccid_words_add(w, "; ");
	if (p[1] != 0)
		ccid_words_add(w, "%u s, ", p[1]);
	ccid_words_add(w, "%s, %u to %u digits, ends by",
	               (p[2] & 3) == 0   ? "binary"
	               : (p[2] & 3) == 1 ? "BCD"
	                                 : "ASCII",
	               p[digits + 1], p[digits]);
	for (unsigned i = 0; i < 3; i++)
		if ((p[until] >> i & 1) != 0)
			ccid_words_add(w, " %s", ends[i]);
	if (modify)
		ccid_words_add(w, "%s%s", (p[9] & 1) != 0 ? ", entered twice" : "",
		               (p[9] & 2) != 0 ? ", old one too" : "");
}

static void add_clock(struct ccid_words *w, const uint8_t *p, size_t len)
{
	struct ccid_rd r = ccid_rd(p, len);
	uint32_t khz = ccid_rd_le32(&r), bps = ccid_rd_le32(&r);

	if (!r.bad)
		ccid_words_add(w, "; %" PRIu32 " kHz, %" PRIu32 " bit/s", khz, bps);
}

static bool add_xfr(struct ccid_words *w, const struct ccid_message_context *ctx,
                    const struct ccid_cmd *cmd)
{
	bool low = ctx->level == CCID_LEVEL_TPDU || ctx->level == CCID_LEVEL_CHARACTER;

	if (low && add_pps(w, cmd->data, cmd->len))
		return false;
	if (ccid_message_form(ctx) == CCID_MASK_T1)
		return add_block(w, cmd->data, cmd->len, true);
	if (ctx->level != CCID_LEVEL_EXTENDED_APDU || cmd->param[1] <= CCID_CHAIN_BEGIN)
		add_apdu(w, cmd->data, cmd->len);
	return false;
}

static bool detail_command(struct ccid_words *w, const struct ccid_message_context *ctx,
                           const uint8_t *msg, size_t len)
{
	struct ccid_cmd cmd;
	uint8_t slot, seq;

	if (ccid_cmd_decode(&cmd, &slot, &seq, msg, len) != 0)
		return false;
	switch (cmd.type) {
	case CCID_SET_PARAMETERS: add_parameters(w, cmd.param[0], cmd.data, cmd.len); break;
	case CCID_SET_DATA_RATE_AND_CLOCK: add_clock(w, cmd.data, cmd.len); break;
	case CCID_SECURE: add_pin(w, cmd.data, cmd.len); break;
	case CCID_XFR_BLOCK: return add_xfr(w, ctx, &cmd);
	default: break;
	}
	return false;
}

static bool detail_data(struct ccid_words *w, const struct ccid_message_context *ctx,
                        const struct ccid_rsp *rsp)
{
	bool low = ctx->level == CCID_LEVEL_TPDU || ctx->level == CCID_LEVEL_CHARACTER;

	if (ctx->last_type == CCID_ICC_POWER_ON) {
		add_atr(w, rsp->data, rsp->len);
		return false;
	}
	if (low && add_pps(w, rsp->data, rsp->len))
		return false;
	if (ccid_message_form(ctx) == CCID_MASK_T1)
		return ctx->level == CCID_LEVEL_TPDU && add_block(w, rsp->data, rsp->len, false);
	if (ctx->last_header && rsp->param == CCID_CHAIN_WHOLE && rsp->len >= 2)
		add_tries(w, sw_of(rsp->data, rsp->len));
	return false;
}

bool ccid_message_detail(struct ccid_words *w, const struct ccid_message_context *ctx,
                         const uint8_t *msg, size_t len)
{
	struct ccid_rsp rsp;

	if (len < CCID_HEADER_LEN)
		return false;
	if (msg[0] < 0x80)
		return detail_command(w, ctx, msg, len);
	if (ccid_rsp_decode(&rsp, msg, len) != 0 || rsp.len == 0)
		return false;
	if (rsp.type == CCID_DATA_BLOCK)
		return detail_data(w, ctx, &rsp);
	if (rsp.type == CCID_PARAMETERS)
		add_parameters(w, rsp.param, rsp.data, rsp.len);
	else if (rsp.type == CCID_DATA_RATE_AND_CLOCK)
		add_clock(w, rsp.data, rsp.len);
	return false;
}
