/* SPDX-License-Identifier: MIT */
#include "import_guess.h"

#include "atr.h"
#include "bytes.h"
#include "ccid_msg.h"
#include "edc.h"

#define PACKET        64
#define SHORT_MESSAGE 271u
#define LONG_MESSAGE  65554u
#define S_IFS_REQUEST 0xC1
#define BAD_SLOT      5 /* bError: the offset of bSlot */

static uint32_t length_of(const uint8_t *msg)
{
	struct ccid_rd r = ccid_rd(msg + 1, 4);

	return ccid_rd_le32(&r);
}

/* NAD, PCB, LEN, INF, LRC or CRC (ISO/IEC 7816-3, 11.3). */
static bool is_t1_block(const uint8_t *d, size_t n)
{
	if (n < 4 || d[2] == 0xFF)
		return false;
	if (n == d[2] + 4u)
		return ccid_lrc(d, n) == 0;
	return n == d[2] + 5u && ccid_crc(d, n - 2) == (uint16_t)(d[n - 2] << 8 | d[n - 1]);
}

static bool is_pps(const uint8_t *d, size_t n)
{
	size_t want = 3;

	if (n < 3 || d[0] != 0xFF)
		return false;
	for (unsigned bit = 4; bit <= 6; bit++)
		want += d[1] >> bit & 1;
	return n == want && ccid_lrc(d, n) == 0;
}

static bool is_extended(const uint8_t *d, size_t n)
{
	return n >= 7 && d[4] == 0 && (n == 7 || n >= 7u + ((size_t)d[5] << 8 | d[6]));
}

static void take_block(struct ccid_guess *g, const uint8_t *d, size_t n, uint32_t whole)
{
	if (n == 0)
		return;
	g->blocks++;
	if (is_pps(d, n)) {
		g->pps = true;
	} else if (n == whole && is_t1_block(d, n)) {
		g->t1_blocks++;
		g->ifs = g->ifs || d[1] == S_IFS_REQUEST;
		if (d[1] == S_IFS_REQUEST && d[2] == 1)
			g->ifsd = d[3];
	} else if (n >= 5 && (whole == 5 || whole == 5u + d[4])) {
		g->tpdus++;
	} else {
		g->apdus++;
		g->extended = g->extended || is_extended(d, n);
	}
}

static void take_power_on(struct ccid_guess *g, uint8_t select)
{
	if (select == CCID_POWER_AUTO)
		g->auto_voltage = true;
	else if (select <= CCID_POWER_1V8)
		g->voltages |= (uint8_t)(1u << (select - 1));
}

static void take_mechanical(struct ccid_guess *g, uint8_t function)
{
	static const uint8_t bits[] = {0,
	                               CCID_MECH_ACCEPT,
	                               CCID_MECH_EJECT,
	                               CCID_MECH_CAPTURE,
	                               CCID_MECH_LOCK,
	                               CCID_MECH_LOCK};

	if (function < sizeof bits)
		g->mechanical |= bits[function];
}

static void note_length(struct ccid_guess *g, const uint8_t *msg)
{
	uint32_t length = length_of(msg);

	if (length > g->longest && length <= LONG_MESSAGE - CCID_HEADER_LEN)
		g->longest = length + CCID_HEADER_LEN;
}

void ccid_guess_command(struct ccid_guess *g, const uint8_t *msg, size_t len)
{
	const uint8_t *d = msg + CCID_HEADER_LEN;
	size_t n = len - CCID_HEADER_LEN;

	note_length(g, msg);
	if (msg[5] < CCID_SLOTS_MAX)
		g->asked |= 1u << msg[5];
	switch (msg[0]) {
	case CCID_XFR_BLOCK:
		g->chained = g->chained || msg[8] != 0 || msg[9] != 0;
		take_block(g, d, n, length_of(msg));
		break;
	case CCID_ICC_POWER_ON: take_power_on(g, msg[7]); break;
	case CCID_SET_PARAMETERS:
		g->set_parameters = true;
		g->t0 = g->t0 || msg[7] == 0;
		g->t1 = g->t1 || msg[7] == 1;
		break;
	case CCID_SET_DATA_RATE_AND_CLOCK: g->set_rates = true; break;
	case CCID_MECHANICAL: take_mechanical(g, msg[7]); break;
	case CCID_SECURE:
		if (n > 0 && d[0] <= 1)
			g->pin |= (uint8_t)(1u << d[0]);
		break;
	default: break;
	}
}

static void take_atr(struct ccid_guess *g, const uint8_t *d, size_t n)
{
	struct ccid_atr atr;

	if (ccid_atr_decode(&atr, d, n) != 0)
		return;
	g->t0 = g->t0 || (atr.offered & 1) != 0;
	g->t1 = g->t1 || (atr.offered & 2) != 0;
}

void ccid_guess_answer(struct ccid_guess *g, const uint8_t *msg, size_t len)
{
	const uint8_t *d = msg + CCID_HEADER_LEN;
	size_t n = len - CCID_HEADER_LEN;
	bool good = msg[7] >> 6 == 0;

	note_length(g, msg);
	if (msg[7] >> 6 == CCID_CMD_FAILED && msg[8] == BAD_SLOT && msg[5] < CCID_SLOTS_MAX)
		g->refused |= 1u << msg[5];
	if (good && msg[0] == CCID_DATA_BLOCK && n >= 2 && (d[0] == 0x3B || d[0] == 0x3F))
		take_atr(g, d, n);
	if (good && msg[0] == CCID_DATA_BLOCK && msg[9] != 0)
		g->chained = true;
}

enum ccid_level ccid_guess_level(const struct ccid_guess *g)
{
	if (g->extended || g->chained)
		return CCID_LEVEL_EXTENDED_APDU;
	if (g->pps || (g->t1_blocks > 0 && g->apdus == 0))
		return CCID_LEVEL_TPDU;
	if (g->apdus > 0 || g->blocks == 0 || (g->t1 && !g->t0))
		return CCID_LEVEL_SHORT_APDU;
	return CCID_LEVEL_TPDU;
}

static uint32_t features(const struct ccid_guess *g, enum ccid_level level)
{
	uint32_t f = CCID_FEATURE_AUTO_CLOCK;

	if (level == CCID_LEVEL_TPDU)
		f |= CCID_FEATURE_TPDU;
	else
		f |= level == CCID_LEVEL_SHORT_APDU ? CCID_FEATURE_SHORT_APDU
		                                    : CCID_FEATURE_EXTENDED_APDU;
	if (!g->set_rates)
		f |= CCID_FEATURE_AUTO_BAUD;
	if (g->auto_voltage || g->voltages == 0)
		f |= CCID_FEATURE_AUTO_VOLTAGE;
	if (!g->set_parameters)
		f |= CCID_FEATURE_AUTO_CONFIG | CCID_FEATURE_AUTO_NEGOTIATION;
	else if (!g->pps)
		f |= CCID_FEATURE_AUTO_PPS;
	if (!g->ifs)
		f |= CCID_FEATURE_AUTO_IFSD;
	return f;
}

/* A slot that never answered is one all the same: the host knew the descriptor. */
static uint8_t max_slot(const struct ccid_guess *g)
{
	uint8_t slot = CCID_SLOTS_MAX - 1;

	while (slot > 0 && !((g->asked & ~g->refused) >> slot & 1))
		slot--;
	return slot;
}

static void put_class(struct ccid_wr *w, const struct ccid_guess *g)
{
	enum ccid_level level = ccid_guess_level(g);
	uint32_t most = level == CCID_LEVEL_EXTENDED_APDU ? LONG_MESSAGE : SHORT_MESSAGE;

	ccid_wr_u8(w, CCID_CLASS_DESC_LEN);
	ccid_wr_u8(w, 0x21);
	ccid_wr_le16(w, 0x0110);
	ccid_wr_u8(w, max_slot(g));
	ccid_wr_u8(w, g->voltages != 0 ? g->voltages : 7);
	ccid_wr_le32(w, (g->t0 ? 1u : 0u) | (g->t1 ? 2u : 0u) | (!g->t0 && !g->t1 ? 3u : 0u));
	ccid_wr_le32(w, 4000);
	ccid_wr_le32(w, 4000);
	ccid_wr_u8(w, 0);
	ccid_wr_le32(w, 10752);
	ccid_wr_le32(w, 344086);
	ccid_wr_u8(w, 0);
	ccid_wr_le32(w, g->ifsd != 0 ? g->ifsd : 254);
	ccid_wr_le32(w, 0);
	ccid_wr_le32(w, g->mechanical);
	ccid_wr_le32(w, features(g, level));
	ccid_wr_le32(w, g->longest > most ? g->longest : most);
	ccid_wr_u8(w, 0xFF);
	ccid_wr_u8(w, 0xFF);
	ccid_wr_le16(w, 0);
	ccid_wr_u8(w, g->pin);
	ccid_wr_u8(w, 1);
}

static void put_endpoint(struct ccid_wr *w, uint8_t address, uint8_t type, uint16_t packet,
                         uint8_t interval)
{
	const uint8_t front[] = {7, 5, address, type};

	if (address == 0)
		return;
	ccid_wr_bytes(w, front, sizeof front);
	ccid_wr_le16(w, packet);
	ccid_wr_u8(w, interval);
}

size_t ccid_guess_config(const struct ccid_guess *g, uint8_t bulk_out, uint8_t bulk_in,
                         uint8_t interrupt, uint8_t out[CCID_GUESS_CONFIG_MAX])
{
	uint8_t endpoints = interrupt != 0 ? 3 : 2;
	const uint8_t head[] = {9, 2, 0, 0, 1,         1,    0, 0x80, 50,
	                        9, 4, 0, 0, endpoints, 0x0B, 0, 0,    0};
	struct ccid_wr w = ccid_wr(out, CCID_GUESS_CONFIG_MAX);

	ccid_wr_bytes(&w, head, sizeof head);
	put_class(&w, g);
	put_endpoint(&w, bulk_out, 2, PACKET, 0);
	put_endpoint(&w, bulk_in, 2, PACKET, 0);
	put_endpoint(&w, interrupt, 3, 8, 16);
	out[2] = (uint8_t)w.len;
	return w.len;
}
