/* SPDX-License-Identifier: MIT */
/* PC_to_RDR_Secure: the PIN goes from the reader's pad to the card and never through here. */
#include "pin.h"
#include "wire.h"

#include <string.h>

#define PIN_MS         90000 /* a person looks for the card's letter */
#define PIN_RELEASE_MS 250   /* a finger leaves the Enter key that started it all */
#define PIN_MARGIN_MS  10000 /* on top of a time-out of the caller's own */

static struct ccid_wait pin_wait(const struct ccid_reader *r, unsigned slot,
                                 const struct ccid_pin *pin, int64_t deadline)
{
	int64_t own = pin->time_out * 1000 + PIN_MARGIN_MS;
	int64_t ms = own > PIN_MS ? own : PIN_MS;

	return (struct ccid_wait){ms + r->tuning.slow_ms, r->slot[slot].wait_ms, deadline};
}

static int status_word(int err, uint8_t *rapdu)
{
	uint16_t sw = ccid_pin_status(err);

	if (sw == 0)
		return err;
	rapdu[0] = (uint8_t)(sw >> 8);
	rapdu[1] = (uint8_t)sw;
	return 2;
}

/* The structure as this reader wants it. */
static int structure(const struct ccid_reader *r, const struct ccid_pin *pin,
                     uint8_t out[CCID_PIN_DATA_MAX])
{
	unsigned quirks = r->tuning.flags;
	struct ccid_pin p = *pin;

	if (p.modify && (quirks & CCID_QUIRK_PIN_THREE))
		p.messages = 3;
	if (p.modify && p.messages == 0 && (quirks & CCID_QUIRK_PIN_DEFAULT))
		p.messages = 0xFF;
	if (!p.modify && (quirks & CCID_QUIRK_PIN_SILENT))
		p.messages = 0;
	if (!p.modify && (quirks & CCID_QUIRK_PIN_FIXED)) {
		p.messages = 1;
		p.validation = 2;
	}
	if (quirks & CCID_QUIRK_PIN_SWAP) {
		p.min_digits = pin->max_digits;
		p.max_digits = pin->min_digits;
	}
	return ccid_pin_encode(out, CCID_PIN_DATA_MAX, &p, quirks & CCID_QUIRK_PIN_INDEXES);
}

/* What some readers need before the structure. A refused escape shows in what follows. */
static int prepare(struct ccid_reader *r, unsigned slot, const struct ccid_pin *pin,
                   int64_t deadline)
{
	static const uint8_t append[] = {0x80, 0x02, 0x00};
	struct ccid_cmd cmd = ccid_cmd_escape(append, sizeof append);
	struct ccid_wait wait = {r->limits.escape_ms, CCID_RETRY_MS, deadline};
	struct ccid_rsp rsp;
	int rc = CCID_OK;

	if (pin->modify)
		return CCID_OK;
	if (r->tuning.flags & CCID_QUIRK_PIN_SILENT)
		return ccid_wire_pause(r, slot, ccid_env_now(r->env) + PIN_RELEASE_MS);
	if (pin->apdu_len == 4 && (r->tuning.flags & CCID_QUIRK_PIN_APPEND))
		rc = ccid_exchange(r, slot, &cmd, &wait, &rsp);
	return rc < 0 && rsp.type != 0 ? CCID_OK : rc;
}

static int send_pin(struct ccid_reader *r, unsigned slot, const struct ccid_pin *pin,
                    int64_t deadline, struct ccid_rsp *rsp)
{
	uint8_t data[CCID_PIN_DATA_MAX];
	int n = structure(r, pin, data);
	struct ccid_wait wait = pin_wait(r, slot, pin, deadline);
	struct ccid_cmd cmd;

	if (n < 0 || (size_t)n > r->out_cap - CCID_HEADER_LEN)
		return CCID_E_ARG;
	cmd = ccid_cmd_secure(0, 0, data, (size_t)n);
	return ccid_exchange(r, slot, &cmd, &wait, rsp);
}

static int apdu_pin(struct ccid_reader *r, unsigned slot, const struct ccid_pin *pin,
                    uint8_t *rapdu, size_t cap, int64_t deadline)
{
	struct ccid_rsp rsp;
	int rc = send_pin(r, slot, pin, deadline, &rsp);

	if (rc < 0)
		return status_word(rc, rapdu);
	if (rsp.param == CCID_CHAIN_BEGIN || rsp.param == CCID_CHAIN_MIDDLE) {
		ccid_slot_desync(r, slot); /* no answer to a PIN is that long */
		return CCID_E_IO;
	}
	if (rsp.len > cap)
		return CCID_E_SPACE;
	memcpy(rapdu, rsp.data, rsp.len);
	return rsp.len >= 2 ? (int)rsp.len : CCID_E_COMM;
}

/* Whether the card may hold the I-block although no answer came: it would take the next one with the
 * same N(S) for a repetition and answer that with what it had to say about the PIN. */
static bool may_have_come(int rc)
{
	return rc < 0 && ccid_pin_status(rc) == 0 && rc != CCID_E_REFUSED &&
	       rc != CCID_E_UNSUPPORTED && rc != CCID_E_ARG;
}

/* At TPDU level the reader wraps the command into an I-block that must carry the next N(S). */
static int t1_pin(struct ccid_reader *r, unsigned slot, const struct ccid_pin *pin, uint8_t *rapdu,
                  size_t cap, int64_t deadline)
{
	struct ccid_t1 *t = &r->slot[slot].t1;
	struct ccid_pin with = *pin;
	struct ccid_rsp rsp;
	int rc = ccid_t1_run(r, slot, ccid_t1_resync(t), deadline);

	if (rc < 0)
		return rc;
	ccid_t1_secure(t, (uint8_t)(pin->apdu_len > 4 ? pin->apdu_len : 0), rapdu, cap,
	               with.prologue);
	rc = send_pin(r, slot, &with, deadline, &rsp);
	if (may_have_come(rc))
		ccid_t1_break(t);
	if (rc < 0)
		return status_word(rc, rapdu);
	return ccid_t1_run(r, slot, ccid_t1_step(t, CCID_T1_BLOCK, rsp.data, rsp.len), deadline);
}

static int secure(struct ccid_reader *r, unsigned slot, const struct ccid_pin *pin, uint8_t *rapdu,
                  size_t cap, int64_t deadline)
{
	struct ccid_pin plain = *pin;

	if (r->level == CCID_LEVEL_TPDU && r->slot[slot].protocol == 1)
		return t1_pin(r, slot, pin, rapdu, cap, deadline);
	memset(plain.prologue, 0, sizeof plain.prologue);
	return apdu_pin(r, slot, &plain, rapdu, cap, deadline);
}

int ccid_slot_secure(struct ccid_reader *r, unsigned slot, uint32_t generation,
                     const struct ccid_pin *pin, uint8_t *rapdu, size_t cap, int64_t deadline)
{
	int rc;

	if (cap < 2 || pin->apdu_len < 4 || pin->apdu_len > 261)
		return CCID_E_ARG;
	if (!(r->desc.pin_support & (pin->modify ? 2 : 1)) || r->level == CCID_LEVEL_CHARACTER)
		return CCID_E_UNSUPPORTED;
	rc = ccid_slot_enter(r, slot, deadline);
	if (rc < 0)
		return rc;
	rc = ccid_same_card(r, slot, generation, deadline);
	if (rc == CCID_OK)
		rc = prepare(r, slot, pin, deadline);
	if (rc == CCID_OK)
		rc = secure(r, slot, pin, rapdu, cap, deadline);
	ccid_wire_wipe(r, slot, 0, 512);
	return ccid_slot_leave(r, slot, rc);
}
