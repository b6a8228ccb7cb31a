/* SPDX-License-Identifier: MIT */
#include "bytes.h"
#include "ccid_msg.h"
#include "mask.h"
#include "script.h"

#include <stdlib.h>

#define PENDING    64
#define SEARCH     256 /* commands looked back for the one an answer belongs to */
#define PACKET_MIN 8   /* the smallest wMaxPacketSize */

/* A request without an answer yet. */
struct request {
	bool used;
	struct ccid_redir_packet q;
	size_t cmd; /* that a bulk OUT request completes, or CCID_SCRIPT_NONE */
	struct ccid_script_control control; /* what is known of a control request */
};

struct ccid_script_build {
	struct ccid_script *s;
	struct request pending[PENDING];
	unsigned next;
	bool guest_hello, host_hello, over, connected, after_reset;
	uint8_t bulk_out, bulk_in; /* the endpoints in use */
	size_t cmd;                /* the newest command */
	size_t last_of_slot[256];
	size_t out_start; /* of the OUT message being put together, in script.out */
	size_t out_masks; /* where its masks start */
	bool out_open;
	uint64_t out_packet;
	size_t answering; /* command whose answer is being put together */
	size_t in_left;   /* bytes that its message still lacks */
	bool in_full;     /* the last transfer was full: the next one belongs to it */
	size_t head;      /* item that starts that message, or CCID_SCRIPT_NONE */
};

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

static int append(struct ccid_script_bytes *to, const uint8_t *data, size_t len)
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

static struct request *remember(struct ccid_script_build *b, const struct ccid_redir_packet *q)
{
	struct request *r = &b->pending[b->next++ % PENDING];

	*r = (struct request){.used = true, .q = *q, .cmd = CCID_SCRIPT_NONE};
	return r;
}

static struct request *recall(struct ccid_script_build *b, const struct ccid_redir_packet *a)
{
	for (unsigned i = 0; i < PENDING; i++) {
		struct request *r = &b->pending[i];

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

static uint32_t length_field(const uint8_t *msg)
{
	struct ccid_rd r = ccid_rd(msg + 1, 4);

	return ccid_rd_le32(&r);
}

/* Bytes of one bulk OUT transfer; a message may come in several. */
static int take_out(struct ccid_script_build *b, const struct ccid_redir_packet *p,
                    const struct ccid_trace_packet *from, uint64_t number)
{
	struct ccid_script *s = b->s;
	struct request *r = remember(b, p);
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
		err = append(&s->out, p->data, p->data_len);
	if (err != 0)
		return err;
	have = s->out.len - b->out_start;
	msg = s->out.p + b->out_start;
	if (have < CCID_HEADER_LEN || have - CCID_HEADER_LEN < length_field(msg))
		return 0;
	b->out_open = false;
	err = add_cmd(b, msg, have);
	r->cmd = b->cmd;
	return err;
}

/* Answers. */

static int add_item(struct ccid_script_build *b, size_t cmd, const struct ccid_script_item *item)
{
	struct ccid_script *s = b->s;
	struct ccid_script_cmd *c = &s->cmd[cmd];
	void *array = s->item;
	int err = ccid_script_room(&array, &s->item_cap, s->items, sizeof *s->item);

	if (err != 0)
		return err;
	s->item = array;
	s->item[s->items] = *item;
	s->item[s->items].next = CCID_SCRIPT_NONE;
	if (c->last == CCID_SCRIPT_NONE)
		c->item = s->items;
	else
		s->item[c->last].next = s->items;
	c->last = s->items++;
	c->items++;
	return 0;
}

/* The newest command of that slot and sequence number, or else the newest one. */
static size_t find_cmd(const struct ccid_script_build *b, const uint8_t *msg)
{
	const struct ccid_script *s = b->s;

	for (size_t i = 0; i < SEARCH && i < s->cmds; i++) {
		size_t at = s->cmds - 1 - i;

		if (s->cmd[at].slot == msg[5] && s->cmd[at].seq == msg[6])
			return at;
	}
	return b->cmd;
}

static bool looks_like_answer(const struct ccid_script_build *b, const struct ccid_redir_packet *p)
{
	const struct ccid_script_cmd *c = &b->s->cmd[b->cmd];

	return p->data_len >= CCID_HEADER_LEN && p->data[0] >= CCID_DATA_BLOCK &&
	       p->data[0] <= CCID_DATA_RATE_AND_CLOCK && p->data[5] == c->slot &&
	       p->data[6] == c->seq;
}

static int start_answer(struct ccid_script_build *b, const struct ccid_redir_packet *p)
{
	struct ccid_script *s = b->s;
	struct ccid_script_item item = {.off = s->in.len, .len = p->data_len};
	uint32_t length;

	b->answering = b->cmd;
	b->head = CCID_SCRIPT_NONE;
	b->in_left = 0;
	if (p->data_len >= CCID_HEADER_LEN) {
		b->head = s->items;
		length = length_field(p->data);
		b->answering = find_cmd(b, p->data);
		b->in_left = length > p->data_len - CCID_HEADER_LEN
		                     ? length - (p->data_len - CCID_HEADER_LEN)
		                     : 0;
		item.head = s->cmd[b->answering].slot == p->data[5];
		item.seq_offset = (uint8_t)(p->data[6] - s->cmd[b->answering].seq);
	}
	return add_item(b, b->answering, &item);
}

static int go_on(struct ccid_script_build *b, const struct ccid_redir_packet *p)
{
	struct ccid_script *s = b->s;
	struct ccid_script_item item = {.off = s->in.len, .len = p->data_len};

	b->in_left -= p->data_len < b->in_left ? p->data_len : b->in_left;
	if (!b->in_full)
		return add_item(b, b->answering, &item);
	s->item[s->cmd[b->answering].last].len += p->data_len;
	return 0;
}

/* Whether the status byte of a whole answer speaks of a time extension, or of a failure. */
static void note_result(struct ccid_script_build *b)
{
	struct ccid_script *s = b->s;
	struct ccid_script_cmd *c = &s->cmd[b->answering];
	unsigned status;

	if (b->in_left > 0 || b->head == CCID_SCRIPT_NONE)
		return;
	status = s->in.p[s->item[b->head].off + 7] >> 6;
	c->finished = status != CCID_CMD_TIME_EXTENSION;
	c->failed = status == CCID_CMD_FAILED;
}

/* One successful bulk IN transfer. */
static int take_in(struct ccid_script_build *b, const struct ccid_redir_packet *p, uint32_t wanted)
{
	uint16_t size = b->s->ep.max_packet[16 + (p->endpoint & 15)];
	int err;

	if (b->cmd == CCID_SCRIPT_NONE)
		return 0;
	if (b->in_left > 0 && (b->in_full || !looks_like_answer(b, p)))
		err = go_on(b, p);
	else
		err = start_answer(b, p);
	if (err == 0)
		err = append(&b->s->in, p->data, p->data_len);
	b->in_full = p->data_len > 0 && p->data_len == wanted &&
	             p->data_len % (size >= PACKET_MIN ? size : PACKET_MIN) == 0;
	if (err == 0)
		note_result(b);
	return err;
}

static int take_in_answer(struct ccid_script_build *b, const struct ccid_redir_packet *p)
{
	const struct request *r = recall(b, p);
	const struct ccid_script_item failure = {.status = p->status};

	if (r == NULL)
		return 0;
	if (p->status == CCID_REDIR_OK)
		return take_in(b, p, r->q.length);
	b->in_left = 0;
	if (b->cmd == CCID_SCRIPT_NONE)
		return 0;
	if (p->status == CCID_REDIR_CANCELLED) {
		b->s->cmd[b->cmd].given_up = true;
		return 0;
	}
	b->s->cmd[b->cmd].finished = true;
	return add_item(b, b->cmd, &failure);
}

static int take_bulk(struct ccid_script_build *b, const struct ccid_redir_packet *p,
                     const struct ccid_trace_packet *from, uint64_t number)
{
	bool guest = from->dir == CCID_TRACE_FROM_GUEST;
	bool in = (p->endpoint & 0x80) != 0;
	uint8_t *use = in ? &b->bulk_in : &b->bulk_out;
	const struct request *r;

	if (guest && *use == 0)
		*use = p->endpoint;
	if (p->endpoint != *use)
		return 0;
	if (guest && in)
		remember(b, p);
	if (guest)
		return in ? 0 : take_out(b, p, from, number);
	if (in)
		return take_in_answer(b, p);
	r = recall(b, p);
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
	struct request *r = remember(b, p);
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
	return err != 0 ? err : append(&s->misc, p->data, p->data_len);
}

static int answer_control(struct ccid_script_build *b, const struct ccid_redir_packet *p)
{
	struct ccid_script *s = b->s;
	struct ccid_script_control *c;
	const struct request *r = recall(b, p);
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
	return append(&s->misc, p->data, p->data_len);
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
	};
	return append(&s->misc, p->data, p->data_len);
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
		if (!b->over)
			b->connected = true;
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

	if (p->type == CCID_REDIR_CONTROL)
		return guest ? ask_control(b, p, from, number) : answer_control(b, p);
	if (p->type == CCID_REDIR_BULK)
		return take_bulk(b, p, from, number);
	return guest ? take_from_guest(b, p) : take_from_host(b, p);
}
