/* SPDX-License-Identifier: MIT */
#include "plot_priv.h"

#include "apdu_text.h"
#include "ccid_msg.h"
#include "duration.h"
#include "token_text.h"

#include <inttypes.h>
#include <stdlib.h>

#define ALIKE_SHOWN 3

#define LIKE_POLL 0x40000000u
#define LIKE_APDU 0x80000000u

int ccid_plot_new(struct ccid_plot **out, size_t rows)
{
	struct ccid_plot *p = calloc(1, sizeof *p);

	if (p == NULL)
		return CCID_E_NOMEM;
	rows = rows < CCID_PLOT_ROWS_MIN   ? CCID_PLOT_ROWS_MIN
	       : rows > CCID_PLOT_ROWS_MAX ? CCID_PLOT_ROWS_MAX
	                                   : rows;
	p->tail = rows / 3;
	p->head = rows - p->tail;
	p->row = calloc(rows, sizeof *p->row);
	if (p->row == NULL) {
		free(p);
		return CCID_E_NOMEM;
	}
	*out = p;
	return 0;
}

void ccid_plot_free(struct ccid_plot *p)
{
	if (p == NULL)
		return;
	for (unsigned i = 0; i < PLOT_SLOTS; i++)
		free(p->pending[i]);
	free(p->row);
	free(p);
}

static struct plot_row *at(const struct ccid_plot *p, uint64_t i)
{
	return &p->row[i < p->head ? i : p->head + (i - p->head) % p->tail];
}

size_t ccid_plot_kept(const struct ccid_plot *p)
{
	return p->rows < p->head + p->tail ? (size_t)p->rows : p->head + p->tail;
}

const struct plot_row *ccid_plot_row(const struct ccid_plot *p, size_t i, uint64_t *skipped)
{
	uint64_t left_out = p->rows - ccid_plot_kept(p);

	*skipped = i == p->head ? left_out : 0;
	return at(p, i < p->head ? i : i + left_out);
}

static void note_slot(struct ccid_plot *p, int slot)
{
	if (slot >= (int)PLOT_BANDS) {
		p->slots_more = true;
	} else if (slot >= 0) {
		p->slots += !p->slot_seen[slot];
		p->slot_seen[slot] = true;
	}
}

/* How many rows like this one end the plot so far; the row of "more like it" counts as enough. */
static unsigned alike(const struct ccid_plot *p, const struct plot_row *row)
{
	unsigned n = 0;

	while (n < ALIKE_SHOWN && n < p->rows && n < p->tail) {
		const struct plot_row *before = at(p, p->rows - 1 - n);

		if (before->like != row->like || before->slot != row->slot)
			break;
		if (before->kind == PLOT_MORE)
			return ALIKE_SHOWN;
		n++;
	}
	return n;
}

static void share(struct ccid_plot *p, const struct plot_row *row)
{
	struct plot_row *last = at(p, p->rows - 1);

	if (last->kind != PLOT_MORE) {
		last = at(p, p->rows++);
		*last = *row;
		last->kind = PLOT_MORE;
		last->count = 0;
	}
	last->count++;
	last->end_ns = row->end_ns;
	last->state = row->state;
	snprintf(last->asked, sizeof last->asked, "%" PRIu64 " more like it", last->count);
}

static void push(struct ccid_plot *p, const struct plot_row *row)
{
	unsigned shown = (row->like & LIKE_POLL) != 0 ? 1 : ALIKE_SHOWN;

	note_slot(p, row->slot);
	p->errors += row->error;
	if (row->like != 0 && !row->error && alike(p, row) >= shown)
		share(p, row);
	else
		*at(p, p->rows++) = *row;
}

static void push_card(struct ccid_plot *p, int slot, uint64_t time_ns, uint64_t packet,
                      bool present)
{
	bool first = p->seen[slot & 0xFF] == CCID_STORY_UNKNOWN;
	struct plot_row row = {
		.kind = PLOT_EVENT,
		.start_ns = time_ns,
		.end_ns = time_ns,
		.packet = packet,
		.slot = slot,
		.state = present ? CCID_STORY_INACTIVE : CCID_STORY_EMPTY,
	};

	p->seen[slot & 0xFF] = row.state;
	snprintf(row.asked, sizeof row.asked, "%s",
	         !first    ? present ? "card inserted" : "card removed"
	         : present ? "card present"
	                   : "no card");
	push(p, &row);
}

static struct plot_pending *pending(struct ccid_plot *p, int slot)
{
	struct plot_pending **x = &p->pending[slot & 0xFF];

	if (*x == NULL)
		*x = calloc(1, sizeof **x);
	return *x;
}

void ccid_plot_give_up(struct ccid_plot *p, struct plot_pending *x)
{
	if (!x->active)
		return;
	x->active = false;
	x->row.kind = PLOT_ASKED;
	x->row.error = true;
	snprintf(x->row.note, sizeof x->row.note, "no answer");
	push(p, &x->row);
	if (x->card)
		push_card(p, x->row.slot, x->row.start_ns, x->row.packet, x->present);
	x->card = false;
}

static const char *short_name(const char *name)
{
	static const char *const prefix[] = {"PC_to_RDR_", "RDR_to_PC_"};

	for (unsigned i = 0; i < 2; i++)
		if (strncmp(name, prefix[i], strlen(prefix[i])) == 0)
			return name + strlen(prefix[i]);
	return name;
}

static void put_line(char out[PLOT_TEXT], const struct ccid_explain_line *line)
{
	snprintf(out, PLOT_TEXT, "%s%s%s", short_name(line->name),
	         line->text[0] != '\0' ? "  " : "", line->text);
}

static int take_command(struct ccid_plot *p, const struct ccid_story_event *e)
{
	struct plot_pending *x = pending(p, e->slot);

	if (x == NULL)
		return CCID_E_NOMEM;
	if (x->active && e->line->token != 0 && e->line->code == CCID_TOKEN_DATA_BLOCK)
		return 0; /* it fetches the answer */
	ccid_plot_give_up(p, x);
	if (e->part)
		return 0;
	x->active = true;
	x->row = (struct plot_row){
		.kind = PLOT_EXCHANGE,
		.start_ns = e->time_ns,
		.packet = e->packet,
		.slot = e->slot,
		.state = e->state,
	};
	if (e->line->token == 0 && e->line->code == CCID_GET_SLOT_STATUS)
		x->row.like = LIKE_POLL;
	put_line(x->row.asked, e->line);
	if (e->line->token != 0 && e->line->code == CCID_TOKEN_POWER_OFF) {
		x->active = false; /* it has no answer with data */
		x->row.kind = PLOT_ASKED;
		x->row.end_ns = e->time_ns;
		push(p, &x->row);
	}
	return 0;
}

static void take_answer(struct ccid_plot *p, const struct ccid_story_event *e)
{
	struct plot_pending *x = p->pending[e->slot & 0xFF];

	if (x == NULL || !x->active || (e->took_ns == CCID_STORY_NO_TIME && e->line->token == 0))
		return;
	x->active = false;
	x->row.end_ns = e->time_ns;
	x->row.state = e->state;
	x->row.error = e->error;
	put_line(x->row.answer, e->line);
	if (x->row.like != 0)
		x->row.like |= (uint32_t)e->state + 1;
	ccid_duration_text(x->row.note, x->row.end_ns - x->row.start_ns);
	push(p, &x->row);
	if (x->card)
		push_card(p, e->slot, e->time_ns, e->packet, x->present);
	x->card = false;
}

/* The reader itself: reset, unplugged, plugged in again. */
static void take_link(struct ccid_plot *p, const struct ccid_story_event *e)
{
	struct plot_row row = {
		.kind = PLOT_EVENT,
		.start_ns = e->time_ns,
		.end_ns = e->time_ns,
		.packet = e->packet,
		.slot = -1,
		.error = e->error,
		.over = e->line->code != CCID_REDIR_RESET,
	};
	bool again = p->connected;

	switch (e->line->code) {
	case CCID_REDIR_RESET: put_line(row.asked, e->line); break;
	case CCID_REDIR_DEVICE_DISCONNECT:
		snprintf(row.asked, sizeof row.asked, "the reader is unplugged");
		break;
	case CCID_REDIR_DEVICE_CONNECT:
		snprintf(row.asked, sizeof row.asked, "a reader is connected: %.100s",
		         e->line->text);
		p->connected = true;
		if (!again)
			return;
		break;
	default: return;
	}
	for (unsigned i = 0; row.over && i < PLOT_SLOTS; i++)
		p->seen[i] = CCID_STORY_UNKNOWN;
	push(p, &row);
}

/* Hardware errors, stalls, requests that failed. Cards that come and go are told by themselves. */
static void take_failure(struct ccid_plot *p, const struct ccid_story_event *e)
{
	struct plot_row row = {
		.kind = PLOT_TOLD,
		.start_ns = e->time_ns,
		.end_ns = e->time_ns,
		.packet = e->packet,
		.slot = e->slot,
		.error = true,
	};

	put_line(row.asked, e->line);
	push(p, &row);
}

static uint32_t like_apdu(const struct ccid_story_apdu *a)
{
	const struct ccid_story_bytes *r = &a->response;

	if (a->failure != NULL || r->len < 2 || a->command.len < 4)
		return 0;
	return LIKE_APDU | ((uint32_t)a->command.p[1] << 16 | (uint32_t)r->p[r->len - 2] << 8 |
	                    r->p[r->len - 1]);
}

static void take_apdu(struct ccid_plot *p, const struct ccid_story_event *e)
{
	const struct ccid_story_apdu *a = e->apdu;
	struct plot_row row = {
		.kind = a->failure == NULL || a->end_ns > a->start_ns ? PLOT_EXCHANGE : PLOT_ASKED,
		.start_ns = a->start_ns,
		.end_ns = a->end_ns,
		.packet = a->start_packet,
		.slot = e->slot,
		.state = e->state,
		.error = e->error,
		.like = like_apdu(a),
	};
	struct ccid_words asked = ccid_words(row.asked, sizeof row.asked);
	struct ccid_words answer = ccid_words(row.answer, sizeof row.answer);
	char took[CCID_DURATION_TEXT];

	p->apdus++;
	ccid_words_add(&asked, "%s", a->pad ? "PIN pad: " : "");
	ccid_apdu_command_text(&asked, &a->command);
	if (a->failure == NULL)
		ccid_apdu_response_text(&answer, &a->response);
	else
		ccid_words_add(&answer, "%s", a->failure);
	ccid_duration_text(took, a->end_ns - a->start_ns);
	snprintf(row.note, sizeof row.note, "%s", row.kind == PLOT_ASKED ? a->failure : took);
	if (row.kind == PLOT_EXCHANGE && a->exchanges > 1)
		snprintf(row.note, sizeof row.note, "%.16s, %u exchanges", took, a->exchanges);
	if (row.kind == PLOT_EXCHANGE && a->extensions > 0)
		snprintf(row.note, sizeof row.note, "%.12s, %u \xC3\x97 more time", took,
		         a->extensions);
	push(p, &row);
}

int ccid_plot_take(void *plot, const struct ccid_story_event *e)
{
	struct ccid_plot *p = plot;
	struct plot_pending *x = e->slot < 0 ? NULL : p->pending[e->slot & 0xFF];

	if (!p->started)
		p->first_ns = e->time_ns;
	p->started = true;
	if (e->time_ns > p->last_ns)
		p->last_ns = e->time_ns;
	p->packets = e->packet > p->packets ? e->packet : p->packets;
	if (e->kind == CCID_STORY_APDU) {
		take_apdu(p, e);
	} else if (e->kind == CCID_STORY_LINE) {
		if (e->slot >= 0 && e->line->kind == CCID_EXPLAIN_COMMAND)
			return take_command(p, e);
		if (e->slot >= 0 && e->line->kind == CCID_EXPLAIN_ANSWER)
			take_answer(p, e);
		else if (e->line->kind == CCID_EXPLAIN_LINK)
			take_link(p, e);
		else if (e->error)
			take_failure(p, e);
	} else if (x != NULL && x->active) {
		x->card = true;
		x->present = e->present;
	} else {
		push_card(p, e->slot, e->time_ns, e->packet, e->present);
	}
	return 0;
}
