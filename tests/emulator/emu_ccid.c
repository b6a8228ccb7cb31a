/* SPDX-License-Identifier: MIT */
/* The CCID message layer (USB CCID 1.1, 6): what comes in is checked, what goes out is made. */
#include "emu_priv.h"

#include <string.h>

struct row {
	uint8_t type, answer;
	emu_handler *run;
	uint32_t min, max; /* dwLength */
	uint8_t zero;      /* bits 0 to 2: bytes 7 to 9 must be 0 */
	bool powered;      /* needs an active card */
};

static void slot_status(struct emu_device *d, unsigned slot, const struct emu_cmd *c,
                        struct emu_reply *r)
{
	(void)c;
	if (!d->slot[slot].present && (d->cfg.flags & EMU_STATUS_FAILS_EMPTY) != 0)
		emu_fail(r, ERR_MUTE);
}

static const struct row rows[] = {
	{OUT_SET_PARAMETERS, IN_PARAMETERS, emu_set_parameters, 0, 64, 6, false},
	{OUT_POWER_ON, IN_DATA_BLOCK, emu_power_on, 0, 0, 6, false},
	{OUT_POWER_OFF, IN_SLOT_STATUS, emu_power_off, 0, 0, 7, false},
	{OUT_SLOT_STATUS, IN_SLOT_STATUS, slot_status, 0, 0, 7, false},
	{OUT_SECURE, IN_DATA_BLOCK, emu_secure, 0, EMU_COMMAND_MAX, 0, true},
	{OUT_T0_APDU, IN_SLOT_STATUS, emu_t0_apdu, 0, 0, 0, false},
	{OUT_ESCAPE, IN_ESCAPE, emu_escape, 0, EMU_COMMAND_MAX, 7, false},
	{OUT_GET_PARAMETERS, IN_PARAMETERS, emu_get_parameters, 0, 0, 7, false},
	{OUT_RESET_PARAMETERS, IN_PARAMETERS, emu_reset_parameters, 0, 0, 7, false},
	{OUT_ICC_CLOCK, IN_SLOT_STATUS, emu_icc_clock, 0, 0, 6, true},
	{OUT_XFR_BLOCK, IN_DATA_BLOCK, emu_xfr, 0, EMU_COMMAND_MAX, 0, true},
	{OUT_MECHANICAL, IN_SLOT_STATUS, emu_mechanical, 0, 0, 6, false},
	{OUT_ABORT, IN_SLOT_STATUS, emu_abort_bulk, 0, 0, 7, false},
	{OUT_SET_RATE, IN_RATE, emu_set_rate, 8, 8, 7, false},
};

static const struct row *find(uint8_t type)
{
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].type == type)
			return &rows[i];
	return NULL;
}

uint8_t emu_icc_status(const struct emu_device *d, const struct emu_slot_state *s)
{
	if (!emu_sees_card(d, s))
		return 2;
	return s->active ? 0 : 1;
}

bool emu_slot_busy(const struct emu_device *d, unsigned slot)
{
	return d->slot[slot].busy_until > d->now;
}

static size_t compose(struct emu_device *d, unsigned slot, uint8_t seq, const struct emu_reply *r)
{
	uint8_t icc = slot < d->slots ? emu_icc_status(d, &d->slot[slot]) : 2, *p = d->tx;
	bool hide = r->type == IN_PARAMETERS && (d->cfg.flags & EMU_PARAMETERS_SAY_0) != 0;

	p[0] = r->type;
	emu_put32(p + 1, hide ? 0 : (uint32_t)r->len);
	p[5] = (uint8_t)slot;
	p[6] = seq;
	p[7] = (uint8_t)(r->command_status << 6 | icc);
	p[8] = r->error;
	p[9] = r->param;
	if (r->len > 0)
		memmove(p + 10, r->data, r->len);
	return 10 + r->len;
}

void emu_extension(struct emu_device *d, unsigned slot, int64_t ready)
{
	const struct emu_slot_state *s = &d->slot[slot];
	const struct row *row = find(s->run_type);
	const struct emu_reply r = {.type = row != NULL ? row->answer : IN_SLOT_STATUS,
	                            .command_status = 2,
	                            .error = 1};
	size_t len = compose(d, slot, s->run_seq, &r);

	d->counts.extensions++;
	emu_queue(d, d->tx, len, ready);
}

int64_t emu_answer(struct emu_device *d, unsigned slot, uint8_t seq, const struct emu_reply *r)
{
	int64_t ready = d->now + d->cfg.answer_ms;
	size_t len;

	for (unsigned i = 0; i < r->extensions && slot < d->slots; i++) {
		emu_extension(d, slot, ready);
		ready += r->step_ms;
	}
	ready += r->delay_ms;
	d->counts.answers++;
	len = compose(d, slot, seq, r);
	if (r->strike != NULL && r->strike->kind != EMU_FAULT_NONE)
		emu_fault_answer(d, r->strike, len, ready);
	else
		emu_queue(d, d->tx, len, ready);
	return ready;
}

void emu_end_running(struct emu_device *d, unsigned slot, uint8_t error)
{
	struct emu_slot_state *s = &d->slot[slot];
	unsigned mute = error == ERR_MUTE ? EMU_REMOVAL_UNANSWERED : EMU_ABORTED_UNANSWERED;
	const struct row *row = find(s->run_type);
	struct emu_reply r = {.type = row != NULL ? row->answer : IN_SLOT_STATUS};

	if (!emu_slot_busy(d, slot))
		return;
	emu_queue_drop(d, (int)slot, d->now);
	s->busy_until = 0;
	s->endless = false;
	s->motion = 0;
	s->strike.kind = EMU_FAULT_NONE;
	if ((d->cfg.flags & mute) != 0)
		return;
	emu_fail(&r, error);
	emu_answer(d, slot, s->run_seq, &r);
}

static bool length_wrong(struct emu_device *d, const struct row *row, const struct emu_cmd *c)
{
	uint32_t max = d->cfg.max_message != 0 ? d->cfg.max_message : d->max_message;

	if (emu_get32(c->msg + 1) != c->len - 10 || c->data_len < row->min ||
	    c->data_len > row->max) {
		emu_violation(d, &d->counts.bad_length);
		return true;
	}
	if (c->len > max && c->len > 64) {
		emu_violation(d, &d->counts.too_long);
		return true;
	}
	return false;
}

static bool too_busy(struct emu_device *d, unsigned slot)
{
	unsigned others = 0;

	for (unsigned i = 0; i < d->slots; i++)
		others += i != slot && emu_slot_busy(d, i) ? 1 : 0;
	if (!emu_slot_busy(d, slot) && others < d->busy_slots)
		return false;
	emu_violation(d, &d->counts.slot_busy);
	return true;
}

static bool not_powered(struct emu_device *d, unsigned slot)
{
	const struct emu_slot_state *s = &d->slot[slot];

	if (s->present && !s->active)
		emu_violation(d, &d->counts.not_active);
	return !s->active;
}

/* Another slot's answer may wait when several may be busy. */
static bool unread(const struct emu_device *d, unsigned slot)
{
	for (const struct emu_msg *m = d->queue; m != NULL && m->ready <= d->now; m = m->next)
		if (d->busy_slots <= 1 || m->slot == slot)
			return true;
	return false;
}

static void look(struct emu_device *d, const struct row *row, const struct emu_cmd *c)
{
	for (unsigned i = 0; i < 3; i++)
		if ((row->zero >> i & 1) != 0 && c->msg[7 + i] != 0)
			emu_violation(d, &d->counts.rfu);
	if (unread(d, c->slot) && c->type != OUT_ABORT)
		emu_violation(d, &d->counts.unread);
}

/* What keeps a command from being carried out, before its own handler looks at it. */
static bool refused(struct emu_device *d, const struct row *row, const struct emu_cmd *c,
                    struct emu_reply *r)
{
	if (c->slot >= d->slots) {
		emu_violation(d, &d->counts.bad_slot);
		emu_fail(r, ERR_SLOT);
	} else if (c->type != OUT_ABORT && emu_aborting(&d->slot[c->slot])) {
		emu_fail(r, ERR_ABORTED);
	} else if (c->type != OUT_ABORT && too_busy(d, c->slot)) {
		emu_fail(r, ERR_SLOT_BUSY);
	} else if (length_wrong(d, row, c)) {
		emu_fail(r, ERR_LENGTH);
	} else if (row->powered && not_powered(d, c->slot)) {
		emu_fail(r, ERR_MUTE);
	}
	return r->command_status != 0;
}

static void unknown(struct emu_device *d, const struct emu_cmd *c)
{
	struct emu_reply r = {.type = IN_SLOT_STATUS};

	emu_violation(d, &d->counts.unknown_command);
	emu_fail(&r, c->slot < d->slots ? ERR_UNSUPPORTED : ERR_SLOT);
	emu_answer(d, c->slot, c->seq, &r);
}

static bool repeated(struct emu_device *d, uint8_t seq)
{
	bool same = d->have_seq && d->last_seq == seq;

	d->have_seq = true;
	d->last_seq = seq;
	if (same)
		emu_violation(d, &d->counts.repeated_seq);
	return same && (d->cfg.flags & EMU_SAME_SEQ_IGNORED) != 0;
}

static void command(struct emu_device *d, const struct row *row, const struct emu_cmd *c)
{
	struct emu_reply r = {.type = row->answer};
	struct emu_slot_state *s;

	if (refused(d, row, c, &r)) {
		emu_answer(d, c->slot, c->seq, &r);
		return;
	}
	s = &d->slot[c->slot];
	if (c->type != OUT_ABORT) {
		s->run_type = c->type;
		s->run_seq = c->seq;
		s->strike = emu_fault_message(d, c->type);
		if (emu_fault_instead(d, c->slot, &s->strike))
			return;
		r.strike = &s->strike;
	}
	if (r.strike != NULL && emu_fault_refuses(r.strike))
		emu_fail(&r, (uint8_t)s->strike.value);
	else
		row->run(d, c->slot, c, &r);
	if (r.type == row->answer && r.command_status == 1 && r.error == ERR_UNSUPPORTED &&
	    (d->cfg.flags & EMU_UNSUPPORTED_IS_81) != 0)
		r.type = IN_SLOT_STATUS;
	if (!r.later)
		s->busy_until = emu_answer(d, c->slot, c->seq, &r);
}

void emu_message(struct emu_device *d, const uint8_t *msg, size_t len)
{
	struct emu_cmd c = {.msg = msg, .len = len};
	const struct row *row;

	d->counts.messages++;
	if (len < 10) {
		emu_violation(d, &d->counts.bad_length);
		return;
	}
	c.type = msg[0];
	c.slot = msg[5];
	c.seq = msg[6];
	c.data = msg + 10;
	c.data_len = len - 10;
	d->counts.by_type[c.type]++;
	if (repeated(d, c.seq))
		return;
	row = find(c.type);
	if (row == NULL) {
		unknown(d, &c);
		return;
	}
	look(d, row, &c);
	command(d, row, &c);
}
