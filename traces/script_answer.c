/* SPDX-License-Identifier: MIT */
/* Which command an answer belongs to, and where one answer ends and the next begins. */
#include "ccid_msg.h"
#include "script_build.h"

#define SEARCH     256 /* commands looked back for the one an answer belongs to */
#define PACKET_MIN 8   /* the smallest wMaxPacketSize */

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
	s->item[s->items].time_ns = b->time_ns;
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
		length = ccid_script_length_field(p->data);
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
		err = ccid_script_append(&b->s->in, p->data, p->data_len);
	b->in_full = p->data_len > 0 && p->data_len == wanted &&
	             p->data_len % (size >= PACKET_MIN ? size : PACKET_MIN) == 0;
	if (err == 0)
		note_result(b);
	return err;
}

int ccid_script_take_answer(struct ccid_script_build *b, const struct ccid_redir_packet *p)
{
	const struct ccid_script_request *r = ccid_script_recall(b, p);
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
