/* SPDX-License-Identifier: MIT */
#include "transport_responder.h"

#include "over_usb.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const uint8_t card_atr[] = {0x3B, 0x02, 0x14, 0x50};

struct responder_transport {
	struct ccid_transport t; /* first */
	struct fake_descriptors desc;
	struct responder *d;
	uint8_t *in;
	size_t in_cap;
	bool cancelled;
	int event_fd;
	unsigned notices; /* NotifySlotChange that nobody has fetched yet */
};

static struct responder *device(struct ccid_transport *t)
{
	return ((struct responder_transport *)t)->d;
}

static uint8_t slot_status(const struct responder *d)
{
	if (!d->card)
		return 2;
	return d->powered ? 0 : 1;
}

struct frame {
	uint8_t type, status, error, param;
	const uint8_t *data;
	size_t len;
};

static void answer(struct responder *d, const uint8_t *cmd, const struct frame *f)
{
	unsigned i = (d->frame_first + d->frame_count) % RESPONDER_FRAMES;
	uint8_t *p = d->frame[i];

	if (d->frame_count == RESPONDER_FRAMES || f->len > RESPONDER_MESSAGE - 10)
		return;
	memset(p, 0, 10);
	p[0] = f->type;
	p[1] = (uint8_t)f->len;
	p[2] = (uint8_t)(f->len >> 8);
	p[5] = cmd[5];
	p[6] = cmd[6];
	p[7] = f->status;
	p[8] = f->error;
	p[9] = f->param;
	if (f->len > 0)
		memcpy(p + 10, f->data, f->len);
	d->frame_len[i] = 10 + f->len;
	d->frame_count++;
}

static void answer_status(struct responder *d, const uint8_t *cmd, bool failed, uint8_t error)
{
	uint8_t status = (uint8_t)(slot_status(d) | (failed ? 0x40 : 0));

	answer(d, cmd, &(struct frame){.type = 0x81, .status = status, .error = error});
}

/* --- the card --- */

static void respond(struct responder *d, size_t pattern, unsigned sw)
{
	if (pattern > RESPONDER_APDU - 2)
		pattern = RESPONDER_APDU - 2;
	for (size_t i = 0; i < pattern; i++)
		d->response[i] = (uint8_t)i;
	d->response[pattern] = (uint8_t)(sw >> 8);
	d->response[pattern + 1] = (uint8_t)sw;
	d->response_len = pattern + 2;
	d->response_at = 0;
}

static bool is_tpdu(const struct responder *d)
{
	return (d->reader.features & 0x00070000u) == 0x00010000u;
}

static void card_get_data(struct responder *d, size_t n)
{
	if (is_tpdu(d) && d->command[4] != (uint8_t)n)
		respond(d, 0, 0x6C00u | (uint8_t)n);
	else
		respond(d, n, 0x9000);
}

static void card_get_response(struct responder *d)
{
	size_t n = d->command[4] != 0 ? d->command[4] : 256;

	if (n > d->waiting)
		n = d->waiting;
	d->waiting = 0;
	respond(d, n, n > 0 ? 0x9000 : 0x6985);
}

static unsigned card_put_data(const struct responder *d)
{
	const uint8_t *c = d->command;
	bool extended = d->command_len > 7 && c[4] == 0;
	size_t off = extended ? 7 : 5;
	size_t lc = extended ? (size_t)(c[5] << 8 | c[6]) : c[4];

	if (d->command_len < off + lc)
		return 0x6700;
	for (size_t i = 0; i < lc; i++)
		if (c[off + i] != (uint8_t)i)
			return 0x6A80;
	return 0x9000;
}

static void card_apdu(struct responder *d)
{
	uint8_t p2 = d->command[3];

	switch (d->command[1]) {
	case 0xA4: respond(d, 0, 0x9000); break;
	case 0xCA: card_get_data(d, (size_t)(d->command[2] << 8 | p2)); break;
	case 0xC0: card_get_response(d); break;
	case 0xDA: respond(d, 0, card_put_data(d)); break;
	case 0x10:
		d->waiting = p2;
		respond(d, is_tpdu(d) ? 0 : p2, is_tpdu(d) ? 0x6100u | p2 : 0x9000);
		break;
	default: respond(d, 0, 0x6D00); break;
	}
}

/* --- the reader --- */

static size_t payload_max(const struct responder *d)
{
	return (d->reader.max_message != 0 ? d->reader.max_message : 271) - 10;
}

static void give_response(struct responder *d, const uint8_t *cmd)
{
	size_t left = d->response_len - d->response_at, n = left;
	bool first = d->response_at == 0, last;
	struct frame f = {.type = 0x80};

	if (n > payload_max(d))
		n = payload_max(d);
	last = n == left;
	if (!first || !last)
		f.param = last ? 2 : first ? 1 : 3;
	f.data = d->response + d->response_at;
	f.len = n;
	d->response_at += n;
	answer(d, cmd, &f);
}

static void take_block(struct responder *d, const uint8_t *cmd, size_t len)
{
	unsigned level = (unsigned)(cmd[8] | cmd[9] << 8);

	if (level == 0x10) {
		give_response(d, cmd);
		return;
	}
	if (level == 0 || level == 1)
		d->command_len = 0;
	if (len - 10 > RESPONDER_APDU - d->command_len) {
		answer_status(d, cmd, true, 0x01);
		return;
	}
	memcpy(d->command + d->command_len, cmd + 10, len - 10);
	d->command_len += len - 10;
	if (level == 1 || level == 3) {
		answer(d, cmd, &(struct frame){.type = 0x80, .param = 0x10});
		return;
	}
	if (d->command_len < 5)
		memset(d->command + d->command_len, 0, 5 - d->command_len);
	card_apdu(d);
	give_response(d, cmd);
}

static void power_on(struct responder *d, const uint8_t *cmd)
{
	if (!d->card) {
		answer(d, cmd, &(struct frame){.type = 0x80, .status = 0x42, .error = 0xFE});
		return;
	}
	d->powered = true;
	d->waiting = 0;
	d->response_len = d->response_at = 0;
	answer(d, cmd, &(struct frame){.type = 0x80, .data = card_atr, .len = sizeof card_atr});
}

static void answer_otherwise(struct responder *d, const uint8_t *cmd)
{
	d->other_type = 0;
	for (unsigned n = 0; n < d->other_count && d->frame_count < RESPONDER_FRAMES; n++) {
		unsigned i = (d->frame_first + d->frame_count++) % RESPONDER_FRAMES;

		memcpy(d->frame[i], d->other[n], d->other_len[n]);
		d->frame_len[i] = d->other_len[n];
		if (d->other_len[n] < 10 || d->other_goes_on[n])
			continue;
		d->frame[i][5] = (uint8_t)(d->frame[i][5] + cmd[5]);
		d->frame[i][6] = (uint8_t)(d->frame[i][6] + cmd[6]);
	}
}

static void take_command(struct responder *d, const uint8_t *cmd, size_t len)
{
	static const uint8_t parameters[] = {0x11, 0x00, 0x00, 0x0A, 0x00};

	d->commands++;
	if (d->other_type != 0 && cmd[0] == d->other_type) {
		answer_otherwise(d, cmd);
		return;
	}
	if (len < 10 || (size_t)(cmd[1] | cmd[2] << 8) != len - 10 || cmd[5] != 0) {
		answer_status(d, cmd, true, cmd[5] != 0 ? 0x05 : 0x01);
		return;
	}
	switch (cmd[0]) {
	case 0x62: power_on(d, cmd); break;
	case 0x63:
		d->powered = false;
		answer_status(d, cmd, false, 0);
		break;
	case 0x65:
	case 0x71:
	case 0x72: answer_status(d, cmd, false, 0); break;
	case 0x61:
	case 0x6C:
	case 0x6D:
		answer(d, cmd,
		       &(struct frame){.type = 0x82,
		                       .status = slot_status(d),
		                       .data = parameters,
		                       .len = sizeof parameters});
		break;
	case 0x6B: /* an echo */
		answer(d, cmd,
		       &(struct frame){.type = 0x83,
		                       .status = slot_status(d),
		                       .data = cmd + 10,
		                       .len = len - 10});
		break;
	case 0x6F:
		if (slot_status(d) == 0)
			take_block(d, cmd, len);
		else
			answer_status(d, cmd, true, 0xFE);
		break;
	default: answer_status(d, cmd, true, 0); break;
	}
}

/* --- the transport --- */

static int op_post_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	struct responder_transport *rt = (struct responder_transport *)t;

	if (rt->d->unplugged)
		return CCID_E_GONE;
	if (rt->in != NULL || cap == 0 || cap % t->iface.bulk_in.max_packet != 0)
		return CCID_E_ARG;
	rt->in = buf;
	rt->in_cap = cap;
	return 0;
}

static int op_bulk_out(struct ccid_transport *t, const uint8_t *buf, size_t len, int64_t deadline)
{
	(void)deadline;
	if (device(t)->unplugged)
		return CCID_E_GONE;
	take_command(device(t), buf, len);
	return 0;
}

static int fetch(struct responder_transport *rt)
{
	struct responder *d = rt->d;
	uint8_t *frame = d->frame[d->frame_first];
	size_t *len = &d->frame_len[d->frame_first];
	size_t n = *len < rt->in_cap ? *len : rt->in_cap;

	memcpy(rt->in, frame, n);
	rt->in = NULL;
	*len -= n;
	memmove(frame, frame + n, *len);
	if (*len == 0) {
		d->frame_first = (d->frame_first + 1) % RESPONDER_FRAMES;
		d->frame_count--;
	}
	fake_clock_advance(d->clock, 1);
	return (int)n;
}

static int op_wait_in(struct ccid_transport *t, int64_t deadline)
{
	struct responder_transport *rt = (struct responder_transport *)t;

	if (rt->d->unplugged) {
		rt->in = NULL;
		return CCID_E_GONE;
	}
	if (rt->in == NULL)
		return CCID_E_ARG;
	if (rt->cancelled) {
		rt->cancelled = false;
		return CCID_E_CANCELLED;
	}
	if (rt->d->frame_count > 0)
		return fetch(rt);
	fake_clock_jump(rt->d->clock, deadline);
	return CCID_E_TIMEOUT;
}

static void op_drop_in(struct ccid_transport *t)
{
	((struct responder_transport *)t)->in = NULL;
}

static int op_interrupt_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	struct responder_transport *rt = (struct responder_transport *)t;
	eventfd_t n;

	if (t->iface.intr_in.address == 0)
		return CCID_E_UNSUPPORTED;
	if (rt->d->unplugged)
		return CCID_E_GONE;
	if (!rt->d->restless)
		(void)eventfd_read(rt->event_fd, &n);
	if (rt->notices == 0 || cap < 2)
		return 0;
	rt->notices = 0;
	buf[0] = 0x50;
	buf[1] = rt->d->card ? 3 : 2;
	return 2;
}

static void notify(struct responder *d, unsigned notices)
{
	struct responder_transport *rt = d->transport;

	if (rt == NULL)
		return;
	rt->notices += notices;
	(void)eventfd_write(rt->event_fd, 1);
}

void responder_move_card(struct responder *d, bool in)
{
	d->card = in;
	d->powered = false;
	notify(d, 1);
}

void responder_unplug(struct responder *d)
{
	d->unplugged = true;
	notify(d, 0);
}

void responder_wake(struct responder *d)
{
	notify(d, 0);
}

static int op_control(struct ccid_transport *t, const struct ccid_setup *setup, uint8_t *data,
                      int64_t deadline)
{
	(void)data;
	(void)deadline;
	if (device(t)->unplugged)
		return CCID_E_GONE;
	device(t)->control_requests++;
	return setup->request_type == 0x21 && setup->request == 0x01 ? 0 : CCID_E_STALL;
}

static int op_clear_halt(struct ccid_transport *t, enum ccid_pipe pipe, int64_t deadline)
{
	(void)pipe;
	(void)deadline;
	return device(t)->unplugged ? CCID_E_GONE : 0;
}

static int op_reset(struct ccid_transport *t, int64_t deadline)
{
	struct responder *d = device(t);

	(void)deadline;
	if (d->unplugged)
		return CCID_E_GONE;
	d->resets++;
	d->powered = false;
	d->frame_count = 0;
	return 0;
}

static int op_pause(struct ccid_transport *t, int64_t until)
{
	struct responder_transport *rt = (struct responder_transport *)t;

	if (rt->cancelled) {
		rt->cancelled = false;
		return CCID_E_CANCELLED;
	}
	fake_clock_jump(rt->d->clock, until);
	return 0;
}

static int op_event_fd(struct ccid_transport *t)
{
	return t->iface.intr_in.address != 0 ? ((struct responder_transport *)t)->event_fd
	                                     : CCID_E_UNSUPPORTED;
}

static void op_cancel(struct ccid_transport *t)
{
	((struct responder_transport *)t)->cancelled = true;
}

static void op_close(struct ccid_transport *t)
{
	device(t)->open--;
	device(t)->transport = NULL;
	close(((struct responder_transport *)t)->event_fd);
	free(t);
}

static const struct ccid_transport_ops responder_ops = {
	.name = "responder",
	.close = op_close,
	.post_in = op_post_in,
	.bulk_out = op_bulk_out,
	.wait_in = op_wait_in,
	.drop_in = op_drop_in,
	.interrupt_in = op_interrupt_in,
	.control = op_control,
	.clear_halt = op_clear_halt,
	.reset = op_reset,
	.pause = op_pause,
	.event_fd = op_event_fd,
	.cancel = op_cancel,
};

void responder_init(struct responder *d, const struct fake_reader *reader, struct fake_clock *clock)
{
	memset(d, 0, sizeof *d);
	d->reader = *reader;
	d->clock = clock;
	d->card = true;
}

int responder_open(struct ccid_transport **out, struct responder *d)
{
	struct responder_transport *rt;

	if (d->unplugged)
		return CCID_E_GONE;
	rt = calloc(1, sizeof *rt);
	if (rt == NULL)
		return CCID_E_NOMEM;
	rt->t.ops = &responder_ops;
	rt->t.env = &d->clock->env;
	rt->d = d;
	rt->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	fake_reader_describe(&rt->t, &rt->desc, &d->reader);
	if (over_usb(&rt->t) != 0) {
		close(rt->event_fd);
		free(rt);
		return CCID_E_NOMEM;
	}
	d->transport = rt;
	d->open++;
	*out = &rt->t;
	return 0;
}
