/* SPDX-License-Identifier: MIT */
/* Which speeds a reader can do (CCID 5.3.2, 5.3.3), and how it is told one (6.1.14). */
#include "wire.h"

int ccid_rate_list(struct ccid_reader *r, unsigned slot, uint8_t request, uint8_t announced,
                   uint32_t out[CCID_RATES_MAX], int64_t deadline)
{
	uint8_t raw[4 * CCID_RATES_MAX];
	struct ccid_setup setup = {.request_type = 0xA1,
	                           .request = request,
	                           .index = r->t->iface.number,
	                           .length = (uint16_t)(4u * announced)};
	int n = ccid_wire_control(r, slot, &setup, raw, deadline), count = 0;
	struct ccid_rd rd = ccid_rd(raw, n > 0 && n % 4 == 0 ? (size_t)n : 0);

	if (n == CCID_E_GONE)
		ccid_reader_lost(r);
	if (n < 0)
		return n == CCID_E_STALL ? CCID_E_UNSUPPORTED : n;
	while (rd.left >= 4 && count < announced) {
		uint32_t v = ccid_rd_le32(&rd);

		if (v != 0)
			out[count++] = v;
	}
	return count > 0 ? count : CCID_E_FORMAT;
}

/* Field practice: lists stall, end early, or have another length than announced. Then all that
 * the descriptor spans is taken as possible. */
static void learn_rates(struct ccid_reader *r, unsigned slot)
{
	int n = 0;

	ccid_wire_take(r);
	if (!r->rates_known && r->desc.num_data_rates > 0)
		n = ccid_rate_list(r, slot, CCID_GET_DATA_RATES, r->desc.num_data_rates, r->rates,
		                   ccid_env_now(r->env) + CCID_CONTROL_MS);
	if (!r->rates_known) {
		r->nrates = n > 0 ? (unsigned)n : 0;
		ccid_log(r->env, CCID_LOG_DEBUG, ccid_reader_label(r), "%u data rates listed",
		         r->nrates);
	}
	r->rates_known = true;
	ccid_wire_give(r);
}

/* Readers and cards round differently: a tenth of a per cent is the same rate. */
static bool about(uint64_t a, uint64_t b)
{
	uint64_t slack = b / 1000 + 2;

	return a + slack >= b && a <= b + slack;
}

static bool listed(uint64_t rate, const uint32_t *rates, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (about(rate, rates[i]))
			return true;
	return false;
}

/* What the second slot of the two-SIM readers can do (wire reference 2.2). */
static bool second_slot_does(uint64_t rate)
{
	static const uint32_t rates[] = {10753, 21505, 43011, 125000};

	return listed(rate, rates, sizeof rates / sizeof *rates);
}

static bool reader_does(struct ccid_reader *r, unsigned slot, uint64_t rate)
{
	if (rate > r->desc.max_data_rate_bps && !about(rate, r->desc.max_data_rate_bps))
		return false;
	if (slot > 0 && (r->tuning.flags & CCID_QUIRK_SLOT_RATES))
		return second_slot_does(rate);
	learn_rates(r, slot);
	return r->nrates == 0 || listed(rate, r->rates, r->nrates);
}

uint64_t ccid_rate_of(const struct ccid_reader *r, uint8_t ta1)
{
	uint16_t fi = ccid_fi(ta1), di = ccid_di(ta1);

	return fi == 0 ? 0 : (uint64_t)r->desc.default_clock_khz * 1000 * di / fi;
}

static bool within_default(const struct ccid_reader *r, uint64_t rate)
{
	return rate <= r->desc.data_rate_bps || about(rate, r->desc.data_rate_bps);
}

/* That the ATR came shows the rate of an ATR, whatever the descriptor says. */
bool ccid_rate_fits(struct ccid_reader *r, unsigned slot, uint8_t ta1)
{
	uint64_t rate = ccid_rate_of(r, ta1);

	return rate <= ccid_rate_of(r, 0x11) || within_default(r, rate) ||
	       reader_does(r, slot, rate);
}

/* The card's Fi, and the highest Di up to its own that both can do. */
uint8_t ccid_rate_choose(struct ccid_reader *r, unsigned slot, uint8_t ta1)
{
	static const uint8_t faster_first[] = {7, 6, 9, 5, 8, 4, 3, 2, 1};

	for (size_t i = 0; i < sizeof faster_first; i++) {
		uint8_t try = (uint8_t)((ta1 & 0xF0) | faster_first[i]);
		uint64_t rate = ccid_rate_of(r, try);

		if (ccid_di(try) > ccid_di(ta1))
			continue;
		if (within_default(r, rate))
			return 0x11;
		if (reader_does(r, slot, rate))
			return try;
	}
	return 0x11;
}

int ccid_rate_set(struct ccid_reader *r, unsigned slot, uint8_t ta1, int64_t deadline)
{
	uint8_t data[8];
	struct ccid_cmd cmd = ccid_cmd_set_data_rate_and_clock(data, r->desc.default_clock_khz,
	                                                       (uint32_t)ccid_rate_of(r, ta1));
	struct ccid_wait wait = {CCID_STATUS_MS, CCID_RETRY_MS, deadline};
	struct ccid_rsp rsp;
	int rc;

	if (r->desc.features & (CCID_FEATURE_AUTO_CLOCK | CCID_FEATURE_AUTO_BAUD))
		return CCID_OK;
	rc = ccid_exchange(r, slot, &cmd, &wait, &rsp);
	return rc < 0 && rsp.type != 0 && rc != CCID_E_NOCARD ? CCID_E_PPS : rc;
}
