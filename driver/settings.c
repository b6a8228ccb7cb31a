/* SPDX-License-Identifier: MIT */
/* What is not needed for an APDU: GetParameters and ResetParameters (CCID 6.1.5, 6.1.6), IccClock
 * (6.1.9), T0APDU (6.1.10), and the lists of clocks and data rates (5.3.2, 5.3.3). */
#include "wire.h"

#include <string.h>

#define SETTINGS_MS 1000
#define RESTART     0
#define STOP        1

static int command(struct ccid_reader *r, unsigned slot, const struct ccid_cmd *cmd,
                   struct ccid_rsp *rsp, int64_t deadline)
{
	struct ccid_wait wait = {SETTINGS_MS, CCID_RETRY_MS, deadline};

	if (r->iccd != CCID_ICCD_NONE)
		return CCID_E_UNSUPPORTED;
	return ccid_exchange(r, slot, cmd, &wait, rsp);
}

/* Some readers answer without the parameters, or with fewer bytes than there are. */
static void take_parameters(struct ccid_parameters *out, const struct ccid_rsp *rsp)
{
	size_t len = rsp->param == 0 ? 5 : 7;

	*out = (struct ccid_parameters){.protocol = rsp->param};
	if (rsp->param > 1 || rsp->len < len)
		return;
	memcpy(out->bytes, rsp->data, len);
	out->len = len;
}

int ccid_slot_get_parameters(struct ccid_reader *r, unsigned slot, struct ccid_parameters *out,
                             int64_t deadline)
{
	struct ccid_cmd cmd = ccid_cmd_get_parameters();
	struct ccid_rsp rsp;
	int rc = ccid_slot_enter(r, slot, deadline);

	if (rc < 0)
		return rc;
	rc = command(r, slot, &cmd, &rsp, deadline);
	if (rc == CCID_OK)
		take_parameters(out, &rsp);
	return ccid_slot_leave(r, slot, rc);
}

/* The card goes on with what it agreed to, the reader does not: only a reset brings them together. */
static void part(struct ccid_reader *r, unsigned slot)
{
	struct ccid_slot *s = &r->slot[slot];

	pthread_mutex_lock(&r->state);
	if (s->atr.len > 0) {
		ccid_slot_lose(r, slot, CCID_SLOT_INACTIVE);
		s->active_unknown = s->ours = true;
	}
	pthread_mutex_unlock(&r->state);
}

int ccid_slot_reset_parameters(struct ccid_reader *r, unsigned slot, struct ccid_parameters *out,
                               int64_t deadline)
{
	struct ccid_cmd cmd = ccid_cmd_reset_parameters();
	struct ccid_rsp rsp;
	int rc = ccid_slot_enter(r, slot, deadline);

	if (rc < 0)
		return rc;
	rc = command(r, slot, &cmd, &rsp, deadline);
	if (rc == CCID_OK)
		take_parameters(out, &rsp);
	if (rc == CCID_OK)
		part(r, slot);
	return ccid_slot_leave(r, slot, rc);
}

static int turn_clock(struct ccid_reader *r, unsigned slot, uint8_t how, int64_t deadline)
{
	struct ccid_cmd cmd = ccid_cmd_icc_clock(how);
	struct ccid_rsp rsp;
	int rc = command(r, slot, &cmd, &rsp, deadline);

	if (rc == CCID_OK)
		atomic_store(&r->slot[slot].clock_stopped, how == STOP);
	return rc;
}

int ccid_clock_restart(struct ccid_reader *r, unsigned slot, int64_t deadline)
{
	return turn_clock(r, slot, RESTART, deadline);
}

static int change_clock(struct ccid_reader *r, unsigned slot, uint32_t generation, bool stop,
                        int64_t deadline)
{
	const struct ccid_slot *s = &r->slot[slot];
	int rc = ccid_same_session(r, slot, generation, deadline);

	if (rc < 0)
		return rc;
	if (stop && s->atr.clock_stop == 0)
		return CCID_E_UNSUPPORTED;
	return stop == atomic_load(&s->clock_stopped)
	               ? CCID_OK
	               : turn_clock(r, slot, stop ? STOP : RESTART, deadline);
}

int ccid_slot_clock(struct ccid_reader *r, unsigned slot, uint32_t generation, bool stop,
                    int64_t deadline)
{
	int rc;

	if (!(r->desc.features & CCID_FEATURE_CLOCK_STOP) || r->iccd != CCID_ICCD_NONE)
		return CCID_E_UNSUPPORTED;
	rc = ccid_slot_enter(r, slot, deadline);
	if (rc < 0)
		return rc;
	return ccid_slot_leave(r, slot, change_clock(r, slot, generation, stop, deadline));
}

int ccid_slot_t0_classes(struct ccid_reader *r, unsigned slot, int get_response, int envelope,
                         int64_t deadline)
{
	uint8_t changes = (uint8_t)((get_response >= 0 ? 1 : 0) | (envelope >= 0 ? 2 : 0));
	struct ccid_cmd cmd = ccid_cmd_t0_apdu(changes, (uint8_t)(changes & 1 ? get_response : 0),
	                                       (uint8_t)(changes & 2 ? envelope : 0));
	struct ccid_rsp rsp;
	int rc;

	if (get_response > 0xFF || envelope > 0xFF)
		return CCID_E_ARG;
	if (r->level < CCID_LEVEL_SHORT_APDU)
		return CCID_E_UNSUPPORTED;
	rc = ccid_slot_enter(r, slot, deadline);
	if (rc < 0)
		return rc;
	return ccid_slot_leave(r, slot, command(r, slot, &cmd, &rsp, deadline));
}

static int list(struct ccid_reader *r, uint8_t request, uint8_t announced, uint32_t *out,
                size_t cap, int64_t deadline)
{
	uint32_t all[CCID_RATES_MAX];
	int n, rc;

	if (announced == 0)
		return 0;
	rc = ccid_slot_enter(r, 0, deadline);
	if (rc < 0)
		return rc;
	ccid_wire_take(r);
	n = ccid_rate_list(r, 0, request, announced, all, deadline);
	ccid_wire_give(r);
	if (n > 0 && (size_t)n > cap)
		n = CCID_E_SPACE;
	if (n > 0)
		memcpy(out, all, (size_t)n * sizeof *out);
	return ccid_slot_leave(r, 0, n);
}

int ccid_reader_clocks(struct ccid_reader *r, uint32_t *khz, size_t cap, int64_t deadline)
{
	return list(r, CCID_GET_CLOCK_FREQUENCIES, r->desc.num_clocks, khz, cap, deadline);
}

int ccid_reader_rates(struct ccid_reader *r, uint32_t *bps, size_t cap, int64_t deadline)
{
	return list(r, CCID_GET_DATA_RATES, r->desc.num_data_rates, bps, cap, deadline);
}
