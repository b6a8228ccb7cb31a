/* SPDX-License-Identifier: MIT */
#include "atr.h"

#include "bytes.h"

#define TS_DIRECT  0x3B
#define TS_INVERSE 0x3F
#define T15        15

/* What follows the protocol named by the TD before a group (7816-3, 8.3). */
struct walk {
	struct ccid_rd rd;
	bool seen_t1[3]; /* the first TA, TB, TC for T=1 is known */
	unsigned last;   /* the protocol that types the next group */
};

static const uint16_t fi_table[16] = {372, 372, 558, 744,  1116, 1488, 1860, 0,
                                      0,   512, 768, 1024, 1536, 2048, 0,    0};
static const uint16_t fmax_table[16] = {4000, 5000, 6000, 8000,  12000, 16000, 20000, 0,
                                        0,    5000, 7500, 10000, 15000, 20000, 0,     0};
static const uint8_t di_table[16] = {0, 1, 2, 4, 8, 16, 32, 64, 12, 20};

uint16_t ccid_fi(uint8_t ta1)
{
	return fi_table[ta1 >> 4];
}

uint16_t ccid_di(uint8_t ta1)
{
	return di_table[ta1 & 0x0F];
}

static void take_ta1(struct ccid_atr *a, uint8_t ta1)
{
	a->ta1 = ta1;
	a->fi = ccid_fi(ta1);
	a->di = ccid_di(ta1);
	a->fmax_khz = fmax_table[ta1 >> 4];
	if (a->fi == 0)
		a->errors |= CCID_ATR_E_FI;
	if (a->di == 0)
		a->errors |= CCID_ATR_E_DI;
}

static void set_defaults(struct ccid_atr *a)
{
	*a = (struct ccid_atr){
		.tck = -1, .wi = 10, .ifsc = 32, .bwi = 4, .cwi = 13, .classes = 1, .offered = 1};
	take_ta1(a, 0x11);
}

static void take_wi(struct ccid_atr *a, uint8_t tc2)
{
	if (tc2 == 0)
		a->errors |= CCID_ATR_E_WI;
	else
		a->wi = tc2;
}

static void take_ifsc(struct ccid_atr *a, uint8_t ta)
{
	a->ifsc = ta == 0x00 ? 32 : ta == 0xFF ? 254 : ta;
	if (ta == 0x00 || ta == 0xFF)
		a->errors |= CCID_ATR_E_IFSC;
}

static void take_waiting_times(struct ccid_atr *a, uint8_t tb)
{
	a->bwi = tb >> 4;
	a->cwi = tb & 0x0F;
	if (a->bwi > 9)
		a->errors |= CCID_ATR_E_BWI;
}

static bool first_for_t1(struct walk *w, unsigned column)
{
	bool first = !w->seen_t1[column];

	w->seen_t1[column] = true;
	return first;
}

static void take_ta(struct ccid_atr *a, struct walk *w, unsigned group, uint8_t ta)
{
	if (group == 1) {
		take_ta1(a, ta);
	} else if (group == 2) {
		a->specific = true;
		a->ta2 = ta;
	} else if (w->last == 1 && first_for_t1(w, 0)) {
		take_ifsc(a, ta);
	} else if (w->last == T15 && !a->has_t15) {
		a->has_t15 = true;
		a->clock_stop = ta >> 6;
		a->classes = ta & 0x3F;
	}
}

static void take_tb(struct ccid_atr *a, struct walk *w, unsigned group, uint8_t tb)
{
	if (group > 2 && w->last == 1 && first_for_t1(w, 1))
		take_waiting_times(a, tb);
}

static void take_tc(struct ccid_atr *a, struct walk *w, unsigned group, uint8_t tc)
{
	if (group == 1)
		a->guard = tc;
	else if (group == 2)
		take_wi(a, tc);
	else if (w->last == 1 && first_for_t1(w, 2))
		a->crc = (tc & 1) != 0;
}

static void take_td(struct ccid_atr *a, struct walk *w, unsigned group, uint8_t td)
{
	unsigned t = td & 0x0F;

	if (group == 1) {
		a->first = (uint8_t)t;
		a->offered = 0;
		if (t == T15)
			a->errors |= CCID_ATR_E_T15_FIRST;
	} else if (t < w->last) {
		a->errors |= CCID_ATR_E_ORDER;
	}
	a->offered |= (uint16_t)(1u << t);
	w->last = t;
}

typedef void take_fn(struct ccid_atr *a, struct walk *w, unsigned group, uint8_t byte);

/* Read the next group, whose bytes y announces. Returns the Y of the one after; 0 ends the walk. */
static unsigned read_group(struct ccid_atr *a, struct walk *w, unsigned y)
{
	static take_fn *const take[4] = {take_ta, take_tb, take_tc, take_td};
	unsigned n = a->groups;
	uint8_t *const cells[4] = {&a->ib[n].ta, &a->ib[n].tb, &a->ib[n].tc, &a->ib[n].td};

	for (unsigned c = 0; c < 4; c++) {
		if ((y >> c & 1) == 0)
			continue;
		if (w->rd.left == 0) {
			a->errors |= CCID_ATR_E_INTERFACE;
			return 0;
		}
		*cells[c] = ccid_rd_u8(&w->rd);
		a->ib[n].mask |= (uint8_t)(1u << c);
		a->groups = (uint8_t)(n + 1);
		take[c](a, w, n + 1, *cells[c]);
	}
	return (y & CCID_ATR_TD) != 0 ? a->ib[n].td >> 4 : 0;
}

static void read_historical(struct ccid_atr *a, struct ccid_rd *rd, unsigned announced)
{
	size_t n = announced;

	if (n > rd->left) {
		n = rd->left;
		a->errors |= CCID_ATR_E_HISTORICAL;
	}
	a->hist_off = (uint8_t)(a->len - rd->left);
	a->hist_len = (uint8_t)n;
	(void)ccid_rd_view(rd, n);
}

static void check_tck(struct ccid_atr *a, struct ccid_rd *rd)
{
	uint8_t sum = 0;

	if (a->offered == 1)
		return;
	if (rd->left == 0) {
		a->errors |= CCID_ATR_E_TCK_MISSING;
		return;
	}
	(void)ccid_rd_u8(rd);
	for (size_t i = 1; i < a->len - rd->left; i++)
		sum ^= a->bytes[i];
	a->tck = sum == 0;
	if (sum != 0)
		a->errors |= CCID_ATR_E_TCK;
}

static void take_bytes(struct ccid_atr *a, const uint8_t *buf, size_t len)
{
	if (len > CCID_ATR_MAX) {
		len = CCID_ATR_MAX;
		a->errors |= CCID_ATR_E_LENGTH;
	}
	memcpy(a->bytes, buf, len);
	a->len = (uint8_t)len;
}

static void take_ts(struct ccid_atr *a, uint8_t ts)
{
	a->inverse = ts == TS_INVERSE;
	if (ts != TS_DIRECT && ts != TS_INVERSE)
		a->errors |= CCID_ATR_E_TS;
}

int ccid_atr_decode(struct ccid_atr *out, const uint8_t *buf, size_t len)
{
	struct walk w = {.last = 0};
	unsigned y, t0;

	if (out == NULL || buf == NULL)
		return CCID_E_ARG;
	set_defaults(out);
	take_bytes(out, buf, len);
	w.rd = ccid_rd(out->bytes, out->len);
	if (len > 0)
		take_ts(out, ccid_rd_u8(&w.rd));
	if (len < 2)
		out->errors |= CCID_ATR_E_INTERFACE;
	t0 = ccid_rd_u8(&w.rd);
	for (y = t0 >> 4; y != 0;)
		y = read_group(out, &w, y);
	if ((out->errors & CCID_ATR_E_INTERFACE) == 0) {
		read_historical(out, &w.rd, t0 & 0x0F);
		check_tck(out, &w.rd);
		if (w.rd.left > 0)
			out->errors |= CCID_ATR_E_TRAILING;
	}
	out->used = (uint8_t)(out->len - w.rd.left);
	return (out->errors & CCID_ATR_E_INTERFACE) != 0 ? CCID_E_SHORT : CCID_OK;
}

bool ccid_atr_offers(const struct ccid_atr *atr, unsigned t)
{
	return t <= 15 && (atr->offered >> t & 1) != 0;
}
