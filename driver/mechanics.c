/* SPDX-License-Identifier: MIT */
/* PC_to_RDR_Mechanical (CCID 6.1.12), waiting for what it does, and PC_to_RDR_Escape (6.1.8). */
#include "wire.h"

#include <string.h>

static uint32_t ability(enum ccid_mechanical function)
{
	switch (function) {
	case CCID_MECHANICAL_ACCEPT: return CCID_MECH_ACCEPT;
	case CCID_MECHANICAL_EJECT: return CCID_MECH_EJECT;
	case CCID_MECHANICAL_CAPTURE: return CCID_MECH_CAPTURE;
	case CCID_MECHANICAL_LOCK:
	case CCID_MECHANICAL_UNLOCK: return CCID_MECH_LOCK;
	}
	return 0;
}

static bool moves_card_out(enum ccid_mechanical function)
{
	return function == CCID_MECHANICAL_EJECT || function == CCID_MECHANICAL_CAPTURE;
}

static int command(struct ccid_reader *r, unsigned slot, enum ccid_mechanical function,
                   int64_t deadline, bool *tried)
{
	struct ccid_cmd cmd = ccid_cmd_mechanical(function);
	struct ccid_wait wait = {r->limits.motion_ms, CCID_RETRY_MS, deadline};
	struct ccid_rsp rsp;
	int rc = CCID_OK;

	if (moves_card_out(function))
		rc = ccid_power_off(r, slot, deadline);
	if (rc < 0)
		return rc;
	*tried = true;
	rc = ccid_exchange(r, slot, &cmd, &wait, &rsp);
	if (rc == CCID_E_INACTIVE || rc == CCID_E_MUTE)
		rc = CCID_E_REFUSED; /* FE: the reader did not move it */
	if (rc < 0 || !moves_card_out(function))
		return rc;
	ccid_slot_moved(r, slot);
	return rc;
}

void ccid_slot_moved(struct ccid_reader *r, unsigned slot)
{
	pthread_mutex_lock(&r->state);
	r->slot[slot].generation++;
	pthread_mutex_unlock(&r->state);
}

int ccid_slot_motion(struct ccid_reader *r, unsigned slot, enum ccid_mechanical function,
                     int64_t deadline, bool *tried)
{
	int rc;

	*tried = false;
	if (ability(function) == 0)
		return CCID_E_ARG;
	if (!(r->mechanical & ability(function)))
		return CCID_E_UNSUPPORTED;
	rc = ccid_slot_enter(r, slot, deadline);
	if (rc < 0)
		return moves_card_out(function) ? ccid_kept_out(r, slot, rc) : rc;
	return ccid_slot_leave(r, slot, command(r, slot, function, deadline, tried));
}

int ccid_slot_mechanical(struct ccid_reader *r, unsigned slot, enum ccid_mechanical function,
                         int64_t deadline)
{
	bool tried;

	return ccid_slot_motion(r, slot, function, deadline, &tried);
}

int ccid_reader_pause(struct ccid_reader *r, unsigned slot, int64_t until)
{
	int rc;

	if (r->t->ops->event_fd(r->t) >= 0)
		return CCID_E_UNSUPPORTED;
	rc = ccid_slot_enter(r, slot, until);
	if (rc < 0)
		return rc;
	return ccid_slot_leave(r, slot, ccid_wire_pause(r, slot, until));
}

int ccid_reader_escape(struct ccid_reader *r, unsigned slot, const uint8_t *out, size_t len,
                       uint8_t *in, size_t cap, int64_t deadline)
{
	struct ccid_cmd cmd = ccid_cmd_escape(out, len);
	struct ccid_wait wait = {r->limits.escape_ms, CCID_RETRY_MS, deadline};
	struct ccid_rsp rsp;
	int rc = ccid_slot_enter(r, slot, deadline);

	if (rc < 0)
		return rc;
	if (len > r->out_cap - CCID_HEADER_LEN)
		return ccid_slot_leave(r, slot, CCID_E_ARG);
	rc = ccid_exchange(r, slot, &cmd, &wait, &rsp);
	if (rc == CCID_OK && rsp.len > cap)
		rc = CCID_E_SPACE;
	if (rc == CCID_OK) {
		if (rsp.len > 0)
			memcpy(in, rsp.data, rsp.len);
		rc = (int)rsp.len;
	}
	return ccid_slot_leave(r, slot, rc);
}
