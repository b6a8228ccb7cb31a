/* SPDX-License-Identifier: MIT */
#include "story_priv.h"
#include "trace_masked.h"

#include <stdio.h>
#include <stdlib.h>

#define PROGRESS_PACKETS 4096

const char *ccid_story_state_name(enum ccid_story_state state)
{
	static const char *const names[] = {"unknown", "empty", "inactive", "powered",
	                                    "negotiated"};

	return names[state];
}

struct ccid_story_slot *ccid_story_slot(struct ccid_story *s, int number)
{
	struct ccid_story_slot **at = &s->slot[number & 0xFF];

	if (*at == NULL)
		*at = calloc(1, sizeof **at);
	if (*at == NULL)
		s->result = CCID_E_NOMEM;
	return *at;
}

void ccid_story_tell(struct ccid_story *s, struct ccid_story_event *event)
{
	const struct ccid_story_slot *slot = event->slot < 0 ? NULL : s->slot[event->slot & 0xFF];

	if (s->result != 0)
		return;
	if (slot != NULL)
		event->state = slot->state;
	s->result = s->sink.take(s->sink.arg, event);
}

void ccid_story_tell_apdu(struct ccid_story *s, int number, struct ccid_story_slot *slot)
{
	struct ccid_story_apdu *a = &slot->assembly.apdu;
	unsigned sw = a->response.len < 2 ? 0
	                                  : (unsigned)(a->response.p[a->response.len - 2] << 8 |
	                                               a->response.p[a->response.len - 1]);
	struct ccid_story_event event = {.kind = CCID_STORY_APDU, .slot = number, .apdu = a};

	if (!slot->assembly.open)
		return;
	ccid_assembly_hide(&slot->assembly);
	if (!slot->assembly.done && a->failure == NULL)
		a->failure = "no answer";
	if (a->end_ns < a->start_ns)
		a->end_ns = a->start_ns;
	event.time_ns = a->end_ns;
	event.packet = a->end_packet;
	event.error = a->failure != NULL || ccid_sw_fails(sw);
	event.took_ns = a->failure != NULL ? CCID_STORY_NO_TIME : a->end_ns - a->start_ns;
	ccid_story_tell(s, &event);
	ccid_assembly_clear(&slot->assembly);
}

static void tell_line(struct ccid_story *s, const struct ccid_explain_line *line, uint8_t of,
                      uint64_t took_ns)
{
	struct ccid_story_event event = {
		.kind = CCID_STORY_LINE,
		.time_ns = line->time_ns,
		.packet = line->packet,
		.slot = line->slot,
		.error = line->error,
		.of = of,
		.part = ccid_story_is_part(line),
		.took_ns = took_ns,
		.line = line,
	};

	ccid_story_tell(s, &event);
}

void ccid_story_see(struct ccid_story *s, int number, const struct ccid_explain_line *line,
                    bool present)
{
	struct ccid_story_slot *slot = ccid_story_slot(s, number);
	struct ccid_story_event event = {
		.kind = CCID_STORY_CARD,
		.time_ns = line->time_ns,
		.packet = line->packet,
		.slot = number,
		.present = present,
	};

	if (slot == NULL || (present && slot->state > CCID_STORY_EMPTY) ||
	    (!present && slot->state == CCID_STORY_EMPTY))
		return;
	slot->state = present ? CCID_STORY_INACTIVE : CCID_STORY_EMPTY;
	ccid_story_tell(s, &event);
}

static void take_command(struct ccid_story *s, const struct ccid_explain_line *line)
{
	struct ccid_story_slot *slot = ccid_story_slot(s, line->slot);

	if (slot == NULL)
		return;
	ccid_story_before(s, line, slot);
	slot->asked = true;
	slot->type = line->code;
	slot->seq = line->seq;
	slot->asked_ns = line->time_ns;
	tell_line(s, line, 0, CCID_STORY_NO_TIME);
}

static void take_answer(struct ccid_story *s, const struct ccid_explain_line *line)
{
	struct ccid_story_slot *slot = ccid_story_slot(s, line->slot);
	uint8_t of = 0;
	uint64_t took = CCID_STORY_NO_TIME;

	if (slot == NULL)
		return;
	if (slot->asked && slot->seq == line->seq) {
		of = slot->type;
		slot->asked = ccid_story_extends(line);
		if (!slot->asked)
			took = line->time_ns > slot->asked_ns ? line->time_ns - slot->asked_ns : 0;
	}
	ccid_story_move(s, line, slot, of);
	tell_line(s, line, of, took);
	ccid_story_after(s, line, slot, of);
}

static void take_notice(struct ccid_story *s, const struct ccid_explain_line *line)
{
	size_t nslots = (size_t)ccid_explain_device(s->explain)->desc.max_slot_index + 1, pos = 0;
	struct ccid_notify n;

	tell_line(s, line, 0, CCID_STORY_NO_TIME);
	while (ccid_notify_next(line->data, line->len, &pos, nslots, &n) == 1)
		for (size_t i = 0; n.type == CCID_NOTIFY_SLOT_CHANGE && i < n.slots; i++)
			ccid_story_see(s, (int)i, line, ccid_notify_present(&n, i));
}

static int finish_slots(struct ccid_story *s, enum ccid_story_state state)
{
	for (int i = 0; i < STORY_SLOTS; i++) {
		if (s->slot[i] == NULL)
			continue;
		ccid_story_tell_apdu(s, i, s->slot[i]);
		s->slot[i]->state = state;
		s->slot[i]->asked = false;
	}
	return s->result;
}

static void take_line(void *arg, const struct ccid_explain_line *line)
{
	struct ccid_story *s = arg;

	if (s->result != 0)
		return;
	if (line->slot >= 0 && line->kind == CCID_EXPLAIN_COMMAND)
		take_command(s, line);
	else if (line->slot >= 0 && line->kind == CCID_EXPLAIN_ANSWER)
		take_answer(s, line);
	else if (line->kind == CCID_EXPLAIN_NOTIFY)
		take_notice(s, line);
	else
		tell_line(s, line, 0, CCID_STORY_NO_TIME);
	if (line->kind == CCID_EXPLAIN_LINK &&
	    (line->code == CCID_REDIR_DEVICE_DISCONNECT || line->code == CCID_REDIR_DEVICE_CONNECT))
		finish_slots(s, CCID_STORY_UNKNOWN);
}

int ccid_story_new(struct ccid_story **out, const struct ccid_story_sink *sink)
{
	struct ccid_story *s = calloc(1, sizeof *s);
	int err;

	if (s == NULL)
		return CCID_E_NOMEM;
	s->sink = *sink;
	err = ccid_explain_new(&s->explain, take_line, s);
	if (err != 0) {
		free(s);
		return err;
	}
	*out = s;
	return 0;
}

void ccid_story_free(struct ccid_story *s)
{
	if (s == NULL)
		return;
	for (unsigned i = 0; i < STORY_SLOTS; i++) {
		if (s->slot[i] != NULL)
			ccid_assembly_free(&s->slot[i]->assembly);
		free(s->slot[i]);
	}
	ccid_explain_free(s->explain);
	free(s);
}

int ccid_story_packet(struct ccid_story *s, const struct ccid_trace_packet *packet)
{
	int err = s->result != 0 ? s->result : ccid_explain_packet(s->explain, packet);

	return err != 0 ? err : s->result;
}

int ccid_story_end(struct ccid_story *s)
{
	ccid_explain_end(s->explain);
	return s->result != 0 ? s->result : finish_slots(s, CCID_STORY_UNKNOWN);
}

const struct ccid_explain_device *ccid_story_device(const struct ccid_story *s)
{
	return ccid_explain_device(s->explain);
}

static int tell_all(struct ccid_story *s, struct ccid_trace_masked *m, struct ccid_trace_reader *r)
{
	struct ccid_trace_packet p;
	uint64_t n = 0;
	int got = 0, err = 0;

	while (err == 0 && (got = ccid_trace_masked_next(m, r, &p)) == 1) {
		err = ccid_story_packet(s, &p);
		if (n++ % PROGRESS_PACKETS == 0 && s->sink.progress != NULL)
			s->sink.progress(s->sink.arg, p.offset);
	}
	if (err == 0)
		err = ccid_story_end(s);
	return err != 0 ? err : got;
}

int ccid_story_file(const char *path, const struct ccid_story_sink *sink,
                    struct ccid_explain_device *device, char *problem, size_t cap)
{
	struct ccid_trace_masked *m = NULL;
	struct ccid_trace_reader *r = NULL;
	struct ccid_story *s = NULL;
	int err = ccid_trace_open(&r, path, problem, cap);

	if (err != 0)
		return err;
	err = ccid_trace_masked_new(&m);
	if (err == 0)
		err = ccid_story_new(&s, sink);
	if (err == 0)
		err = tell_all(s, m, r);
	if (s != NULL && device != NULL)
		*device = *ccid_story_device(s);
	if (err < 0 && problem != NULL && cap > 0)
		snprintf(problem, cap, "%s",
		         ccid_trace_problem(r)[0] != '\0' ? ccid_trace_problem(r)
		                                          : ccid_err_text(err));
	ccid_story_free(s);
	ccid_trace_masked_free(m);
	ccid_trace_reader_close(r);
	return err;
}
