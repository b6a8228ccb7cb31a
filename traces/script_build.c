/* SPDX-License-Identifier: MIT */
#include "script_build.h"
#include "bytes.h"
#include "ccid_msg.h"
#include "mask.h"

#include <stdlib.h>

int ccid_script_build_new(struct ccid_script_build **out, struct ccid_script *s)
{
	struct ccid_script_build *b = calloc(1, sizeof *b);

	if (b == NULL)
		return CCID_E_NOMEM;
	b->s = s;
	b->cmd = b->answering = b->head = CCID_SCRIPT_NONE;
	for (size_t i = 0; i < sizeof b->last_of_slot / sizeof b->last_of_slot[0]; i++)
		b->last_of_slot[i] = CCID_SCRIPT_NONE;
	*out = b;
	return 0;
}

void ccid_script_build_free(struct ccid_script_build *b)
{
	free(b);
}

bool ccid_script_build_over(const struct ccid_script_build *b)
{
	return b->over;
}

bool ccid_script_build_connected(const struct ccid_script_build *b)
{
	return b->connected;
}

uint8_t ccid_script_build_bulk_out(const struct ccid_script_build *b)
{
	return b->bulk_out;
}

int ccid_script_append(struct ccid_script_bytes *to, const uint8_t *data, size_t len)
{
	size_t need = to->len + len, cap = need < 4096 ? 4096 : need * 2;
	uint8_t *p;

	if (need > CCID_SCRIPT_BYTES)
		return CCID_E_FORMAT;
	if (need > to->cap) {
		p = realloc(to->p, cap);
		if (p == NULL)
			return CCID_E_NOMEM;
		to->p = p;
		to->cap = cap;
	}
	if (len > 0)
		memcpy(to->p + to->len, data, len);
	to->len = need;
	return 0;
}

static struct ccid_script_request *remember(struct ccid_script_build *b,
                                            const struct ccid_redir_packet *q)
{
	struct ccid_script_request *r = &b->pending[b->next++ % PENDING];

	*r = (struct ccid_script_request){.used = true, .q = *q, .cmd = CCID_SCRIPT_NONE};
	return r;
}

struct ccid_script_request *ccid_script_recall(struct ccid_script_build *b,
                                               const struct ccid_redir_packet *a)
{
	for (unsigned i = 0; i < PENDING; i++) {
		struct ccid_script_request *r = &b->pending[i];

		if (r->used && r->q.id == a->id && r->q.type == a->type) {
			r->used = false;
			return r;
		}
	}
	return NULL;
}

/* Commands. */

static void link_cmd(struct ccid_script_build *b, uint8_t slot)
{
	struct ccid_script *s = b->s;
	size_t before = b->last_of_slot[slot];

	b->last_of_slot[slot] = s->cmds;
	if (before == CCID_SCRIPT_NONE) {
		s->first[slot] = s->cmds;
		return;
	}
	s->cmd[before].next = s->cmds;
	s->cmd[before].given_up = true;
}

static int add_cmd(struct ccid_script_build *b, const uint8_t *msg, size_t len)
{
	struct ccid_script *s = b->s;
	uint8_t slot = msg[5];
	void *array = s->cmd;
	int err = ccid_script_room(&array, &s->cmd_cap, s->cmds, sizeof *s->cmd);

	if (err != 0)
		return err;
	s->cmd = array;
	s->cmd[s->cmds] = (struct ccid_script_cmd){
		.off = b->out_start,
		.len = len,
		.type = msg[0],
		.slot = slot,
		.seq = msg[6],
		.mask = b->out_masks,
		.masks = s->masks - b->out_masks,
		.item = CCID_SCRIPT_NONE,
		.last = CCID_SCRIPT_NONE,
		.next = CCID_SCRIPT_NONE,
		.packet = b->out_packet,
		.time_ns = b->time_ns,
	};
	link_cmd(b, slot);
	b->cmd = s->cmds++;
	b->after_reset = false;
	return 0;
}

static int add_masks(struct ccid_script_build *b, const struct ccid_redir_packet *p,
                     const struct ccid_trace_packet *from, size_t have)
{
	struct ccid_script *s = b->s;
	size_t before = from->len - p->data_len;
	struct ccid_mask_span span;
	const char *pos = NULL;

	while (ccid_mask_next(from->comment, &pos, &span)) {
		void *array = s->mask;
		int err = ccid_script_room(&array, &s->mask_cap, s->masks, sizeof *s->mask);

		if (err != 0)
			return err;
		s->mask = array;
		if (span.off < before || span.off > from->len || span.len > from->len - span.off)
			continue;
		s->mask[s->masks++] = (struct ccid_script_mask){span.off - before + have, span.len};
	}
	return 0;
}

uint32_t ccid_script_length_field(const uint8_t *msg)
{
	struct ccid_rd r = ccid_rd(msg + 1, 4);

	return ccid_rd_le32(&r);
}

/* Bytes of one bulk OUT transfer; a message may come in several. */
static int take_out(struct ccid_script_build *b, const struct ccid_redir_packet *p,
                    const struct ccid_trace_packet *from, uint64_t number)
{
	struct ccid_script *s = b->s;
	struct ccid_script_request *r = remember(b, p);
	size_t have;
	const uint8_t *msg;
	int err;

	if (p->data_len == 0)
		return 0;
	if (!b->out_open) {
		b->out_open = true;
		b->out_start = s->out.len;
		b->out_masks = s->masks;
		b->out_packet = number;
	}
	err = add_masks(b, p, from, s->out.len - b->out_start);
	if (err == 0)
		err = ccid_script_append(&s->out, p->data, p->data_len);
	if (err != 0)
		return err;
	have = s->out.len - b->out_start;
	msg = s->out.p + b->out_start;
	if (have < CCID_HEADER_LEN || have - CCID_HEADER_LEN < ccid_script_length_field(msg))
		return 0;
	b->out_open = false;
	err = add_cmd(b, msg, have);
	r->cmd = b->cmd;
	return err;
}

static int take_bulk(struct ccid_script_build *b, const struct ccid_redir_packet *p,
                     const struct ccid_trace_packet *from, uint64_t number)
{
	bool guest = from->dir == CCID_TRACE_FROM_GUEST;
	bool in = (p->endpoint & 0x80) != 0;
	uint8_t *use = in ? &b->bulk_in : &b->bulk_out;
	const struct ccid_script_request *r;

	if (guest && *use == 0)
		*use = p->endpoint;
	if (p->endpoint != *use)
		return 0;
	if (guest && in)
		remember(b, p);
	if (guest)
		return in ? 0 : take_out(b, p, from, number);
	if (in)
		return ccid_script_take_answer(b, p);
	r = ccid_script_recall(b, p);
	if (r != NULL && r->cmd != CCID_SCRIPT_NONE) {
		b->s->cmd[r->cmd].out_status = p->status;
		b->s->cmd[r->cmd].finished = p->status != CCID_REDIR_OK;
	}
	return 0;
}

/* The rest. */

static int ask_control(struct ccid_script_build *b, const struct ccid_redir_packet *p,
                       const struct ccid_trace_packet *from, uint64_t number)
{
	struct ccid_script *s = b->s;
	struct ccid_script_request *r = remember(b, p);
	size_t masks = s->masks;
	int err = add_masks(b, p, from, 0);

	r->control = (struct ccid_script_control){
		.request_type = p->request_type,
		.request = p->request,
		.value = p->value,
		.index = p->index,
		.out_off = s->misc.len,
		.out_len = p->data_len,
		.mask = masks,
		.masks = s->masks - masks,
		.packet = number,
	};
	return err != 0 ? err : ccid_script_append(&s->misc, p->data, p->data_len);
}

static int answer_control(struct ccid_script_build *b, const struct ccid_redir_packet *p)
{
	struct ccid_script *s = b->s;
	struct ccid_script_control *c;
	const struct ccid_script_request *r = ccid_script_recall(b, p);
	void *array = s->control;
	int err;

	if (r == NULL)
		return 0;
	err = ccid_script_room(&array, &s->control_cap, s->controls, sizeof *s->control);
	if (err != 0)
		return err;
	s->control = array;
	c = &s->control[s->controls++];
	*c = r->control;
	c->status = p->status;
	c->off = s->misc.len;
	c->len = p->data_len;
	return ccid_script_append(&s->misc, p->data, p->data_len);
}

static int add_event(struct ccid_script_build *b, enum ccid_script_event_kind kind,
                     const struct ccid_redir_packet *p)
{
	struct ccid_script *s = b->s;
	void *array = s->event;
	int err = ccid_script_room(&array, &s->event_cap, s->events, sizeof *s->event);

	if (err != 0)
		return err;
	s->event = array;
	s->event[s->events++] = (struct ccid_script_event){
		.kind = kind,
		.status = p->status,
		.off = s->misc.len,
		.len = p->data_len,
		.cmd = b->cmd,
		.items = b->cmd == CCID_SCRIPT_NONE ? 0 : s->cmd[b->cmd].items,
		.time_ns = b->time_ns,
	};
	return ccid_script_append(&s->misc, p->data, p->data_len);
}

static void give_up(struct ccid_script_build *b)
{
	b->in_left = 0;
	b->out_open = false;
	if (b->cmd != CCID_SCRIPT_NONE)
		b->s->cmd[b->cmd].given_up = true;
}

static int take_from_guest(struct ccid_script_build *b, const struct ccid_redir_packet *p)
{
	if (p->type == CCID_REDIR_HELLO) {
		b->over = b->guest_hello;
		b->guest_hello = true;
	}
	if (p->type == CCID_REDIR_RESET || p->type == CCID_REDIR_CANCEL)
		give_up(b);
	if (p->type == CCID_REDIR_RESET)
		b->after_reset = true;
	return 0;
}

static int take_device(struct ccid_script_build *b, const struct ccid_redir_packet *p)
{
	struct ccid_script *s = b->s;

	switch (p->type) {
	case CCID_REDIR_EP_INFO: return ccid_redir_decode_ep_info(&s->ep, p->data, p->data_len);
	case CCID_REDIR_INTERFACE_INFO:
		return ccid_redir_decode_interfaces(&s->interfaces, p->data, p->data_len);
	case CCID_REDIR_DEVICE_CONNECT:
		b->over = b->connected;
		if (!b->over) {
			b->connected = true;
			s->connect_ns = b->time_ns;
		}
		return b->over ? 0 : ccid_redir_decode_connect(&s->device, p->data, p->data_len);
	default: return 0;
	}
}

/* After a reset the host ends the interrupt stream; the player does so by itself. */
static int take_from_host(struct ccid_script_build *b, const struct ccid_redir_packet *p)
{
	switch (p->type) {
	case CCID_REDIR_HELLO:
		b->over = b->host_hello;
		b->host_hello = true;
		return 0;
	case CCID_REDIR_INTERRUPT:
		return p->status == CCID_REDIR_OK ? add_event(b, CCID_SCRIPT_INTERRUPT, p) : 0;
	case CCID_REDIR_INTERRUPT_STATUS:
		if (p->status == CCID_REDIR_OK || p->id != 0 || b->after_reset)
			return 0;
		return add_event(b, CCID_SCRIPT_INTERRUPT_STATUS, p);
	case CCID_REDIR_DEVICE_DISCONNECT: give_up(b); return add_event(b, CCID_SCRIPT_UNPLUG, p);
	default: return take_device(b, p);
	}
}

int ccid_script_build_packet(struct ccid_script_build *b, const struct ccid_redir_packet *p,
                             const struct ccid_trace_packet *from, uint64_t number)
{
	bool guest = from->dir == CCID_TRACE_FROM_GUEST;

	b->time_ns = from->time_ns;
	if (p->type == CCID_REDIR_CONTROL)
		return guest ? ask_control(b, p, from, number) : answer_control(b, p);
	if (p->type == CCID_REDIR_BULK)
		return take_bulk(b, p, from, number);
	return guest ? take_from_guest(b, p) : take_from_host(b, p);
}
