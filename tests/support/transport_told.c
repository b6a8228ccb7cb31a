/* SPDX-License-Identifier: MIT */
#include "transport_told.h"

#include "corpus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* --- the conversation --- */

static void take_bytes(struct told_bytes *to, const char *hex)
{
	to->len = strcmp(hex, "-") == 0 ? 0 : corpus_hex(hex, to->bytes, sizeof to->bytes);
}

static void take_line(struct told *d, char *line)
{
	char *word[3] = {0}, *rest = NULL;
	struct told_entry *e = d->entries > 0 ? &d->entry[d->entries - 1] : NULL;

	for (int i = 0; i < 3; i++)
		word[i] = strtok_r(i == 0 ? line : NULL, " ", &rest);
	if (word[0] == NULL || word[0][0] == '#' || word[2] == NULL || strcmp(word[1], "bulk") != 0)
		return;
	if (strcmp(word[0], "out") == 0) {
		assert_true(d->entries < TOLD_ENTRIES);
		take_bytes(&d->entry[d->entries++].out, word[2]);
	} else if (strcmp(word[0], "in") == 0 && e != NULL) {
		assert_true(e->answers < TOLD_ANSWERS);
		take_bytes(&e->in[e->answers++], word[2]);
	}
}

/* --- the reader --- */

static bool fits(const struct told_entry *e, const uint8_t *cmd, size_t len)
{
	const struct told_bytes *o = &e->out;

	if (e->used || o->len < 10 || o->bytes[0] != cmd[0])
		return false;
	if (cmd[0] == 0x62)
		return o->bytes[7] == cmd[7];
	if (cmd[0] != 0x6F && cmd[0] != 0x69 && cmd[0] != 0x6B)
		return true;
	return o->len == len && o->bytes[8] == cmd[8] &&
	       memcmp(o->bytes + 10, cmd + 10, len - 10) == 0;
}

static void give(struct told *d, const uint8_t *bytes, size_t len)
{
	struct told_bytes *q = &d->queue[d->queued];

	if (d->queued == TOLD_ANSWERS)
		return;
	memcpy(q->bytes, bytes, len);
	q->len = len;
	d->queued++;
}

static void as_told(struct told *d, struct told_entry *e, const uint8_t *cmd)
{
	const uint8_t *o = e->out.bytes;
	bool head = true;

	e->used = true;
	for (unsigned i = 0; i < e->answers; i++) {
		struct told_bytes in = e->in[i];

		if (head && in.len >= 10) {
			in.bytes[5] = (uint8_t)(in.bytes[5] - o[5] + cmd[5]);
			in.bytes[6] = (uint8_t)(in.bytes[6] - o[6] + cmd[6]);
			if (cmd[0] == 0x62)
				d->active = in.bytes[7] == 0;
			head = false;
		}
		give(d, in.bytes, in.len);
	}
}

struct plain {
	uint8_t type, failed, error, param;
	const uint8_t *data;
	size_t len;
};

static void answer(struct told *d, const uint8_t *cmd, const struct plain *p)
{
	uint8_t msg[10 + 64] = {p->type, (uint8_t)p->len};

	msg[5] = cmd[5];
	msg[6] = cmd[6];
	msg[7] = (uint8_t)(p->failed << 6 | (d->active ? 0 : 1));
	msg[8] = p->error;
	msg[9] = p->param;
	if (p->len > 0)
		memcpy(msg + 10, p->data, p->len);
	give(d, msg, 10 + p->len);
}

static void xfr(struct told *d, const uint8_t *cmd)
{
	static const uint8_t sw[] = {0x90, 0x00};

	if (cmd[0] == 0x6F && cmd[8] == 0x10) { /* the end of what was cut off */
		answer(d, cmd, &(struct plain){.type = 0x80, .param = 2, .data = sw, .len = 2});
		return;
	}
	d->strangers++;
	answer(d, cmd, &(struct plain){.type = 0x80, .failed = 1, .error = 0xFE});
}

static void power_on(struct told *d, const uint8_t *cmd)
{
	d->active = d->atr.len > 0;
	if (d->active)
		answer(d, cmd,
		       &(struct plain){.type = 0x80, .data = d->atr.bytes, .len = d->atr.len});
	else
		answer(d, cmd, &(struct plain){.type = 0x80, .failed = 1, .error = 0xFE});
}

static void plainly(struct told *d, const uint8_t *cmd, size_t len)
{
	struct plain p = {.type = 0x81};

	switch (cmd[0]) {
	case 0x62: power_on(d, cmd); return;
	case 0x69:
	case 0x6F: xfr(d, cmd); return;
	case 0x6B: p = (struct plain){.type = 0x83, .failed = 1, .error = 0x0A}; break;
	case 0x61:
		p = (struct plain){
			.type = 0x82, .param = cmd[7], .data = cmd + 10, .len = len - 10};
		break;
	case 0x63: d->active = false; break;
	default: break;
	}
	answer(d, cmd, &p);
}

/* --- the transport --- */

static int op_post_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	((struct told *)t)->in = buf;
	((struct told *)t)->in_cap = cap;
	return 0;
}

static int op_bulk_out(struct ccid_transport *t, const uint8_t *buf, size_t len, int64_t deadline)
{
	struct told *d = (struct told *)t;

	(void)deadline;
	d->queued = 0;
	for (unsigned i = 0; i < d->entries; i++) {
		if (!fits(&d->entry[i], buf, len))
			continue;
		as_told(d, &d->entry[i], buf);
		return 0;
	}
	plainly(d, buf, len);
	return 0;
}

static int op_wait_in(struct ccid_transport *t, int64_t deadline)
{
	struct told *d = (struct told *)t;
	size_t n = d->queue[0].len;

	if (d->queued == 0 || n > d->in_cap) {
		fake_clock_jump(d->clock, deadline);
		return CCID_E_TIMEOUT;
	}
	memcpy(d->in, d->queue[0].bytes, n);
	d->queued--;
	memmove(d->queue, d->queue + 1, d->queued * sizeof d->queue[0]);
	return (int)n;
}

static void op_drop_in(struct ccid_transport *t)
{
	((struct told *)t)->queued = 0;
}

static int op_interrupt_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	(void)t;
	(void)buf;
	(void)cap;
	return 0;
}

static int op_control(struct ccid_transport *t, const struct ccid_setup *setup, uint8_t *data,
                      int64_t deadline)
{
	(void)t;
	(void)data;
	(void)deadline;
	return setup->request == 0x01 ? 0 : CCID_E_STALL;
}

static int op_clear_halt(struct ccid_transport *t, enum ccid_pipe pipe, int64_t deadline)
{
	(void)t;
	(void)pipe;
	(void)deadline;
	return 0;
}

static int op_reset(struct ccid_transport *t, int64_t deadline)
{
	(void)t;
	(void)deadline;
	return 0;
}

static int op_pause(struct ccid_transport *t, int64_t until)
{
	fake_clock_jump(((struct told *)t)->clock, until);
	return 0;
}

static int op_event_fd(struct ccid_transport *t)
{
	(void)t;
	return CCID_E_UNSUPPORTED;
}

static void op_nothing(struct ccid_transport *t)
{
	(void)t;
}

static const struct ccid_transport_ops told_ops = {
	.name = "told",
	.close = op_nothing,
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
	.cancel = op_nothing,
};

void told_init(struct told *d, const struct fake_reader *reader, struct fake_clock *clock,
               char *text, const char *atr)
{
	char *line;

	memset(d, 0, sizeof *d);
	d->clock = clock;
	d->t.ops = &told_ops;
	d->t.env = &clock->env;
	fake_reader_describe(&d->t, &d->descriptors, reader);
	if (atr != NULL)
		take_bytes(&d->atr, atr);
	while ((line = corpus_line(&text)) != NULL)
		take_line(d, line);
	assert_true(d->entries > 0);
}
