/* SPDX-License-Identifier: MIT */
#include "trace_view.h"

#include "apdu_text.h"
#include "cli_color.h"
#include "cli_hex.h"
#include "cli_story.h"
#include "duration.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_S  1000000000u
#define NS_PER_US 1000u
#define TEXT      512

static unsigned line_kind(const struct ccid_explain_line *line)
{
	switch (line->kind) {
	case CCID_EXPLAIN_COMMAND:
	case CCID_EXPLAIN_ANSWER: return TRACE_VIEW_MESSAGE;
	case CCID_EXPLAIN_NOTIFY: return TRACE_VIEW_EVENT;
	case CCID_EXPLAIN_LINK:
		return line->code == CCID_REDIR_DEVICE_CONNECT ||
		                       line->code == CCID_REDIR_DEVICE_DISCONNECT ||
		                       line->code == CCID_REDIR_RESET
		               ? TRACE_VIEW_EVENT | TRACE_VIEW_USB
		               : TRACE_VIEW_USB;
	default: return TRACE_VIEW_USB;
	}
}

unsigned trace_view_kind(const struct ccid_story_event *e)
{
	unsigned kind = e->error ? TRACE_VIEW_ERROR : 0;

	if (e->kind == CCID_STORY_APDU)
		return kind | TRACE_VIEW_APDU;
	if (e->kind == CCID_STORY_CARD)
		return kind | TRACE_VIEW_EVENT;
	return kind | line_kind(e->line);
}

/* Without a choice: messages and what the reader said by itself; failures; what a person wrote beside
 * the link; APDUs that took more than one exchange. */
static bool shows_by_default(const struct ccid_story_event *e)
{
	if (e->kind == CCID_STORY_CARD)
		return false;
	if (e->kind == CCID_STORY_APDU)
		return e->apdu->exchanges > 1 || e->apdu->pad;
	if (e->line->kind == CCID_EXPLAIN_LINK)
		return e->error || e->line->comment != NULL;
	return e->error || (line_kind(e->line) & TRACE_VIEW_USB) == 0;
}

static bool in_range(const struct trace_view *v, const struct ccid_story_event *e)
{
	uint64_t since = e->time_ns >= v->first_ns ? e->time_ns - v->first_ns : 0;

	return e->packet >= v->first_packet && e->packet <= v->last_packet && since >= v->from_ns &&
	       since <= v->to_ns && (v->slot < 0 || e->slot == v->slot);
}

bool trace_view_shows(const struct trace_view *v, const struct ccid_story_event *e)
{
	unsigned kind = trace_view_kind(e);

	if (!in_range(v, e))
		return false;
	if ((v->kinds & TRACE_VIEW_DEFAULT) != 0 && shows_by_default(e))
		return true;
	/* A card that comes or goes is to be seen in the messages already. */
	if (e->kind == CCID_STORY_CARD && (v->kinds & TRACE_VIEW_MESSAGE) != 0)
		return false;
	return (v->kinds & kind) != 0;
}

static void put_date(uint64_t ns)
{
	time_t s = (time_t)(ns / NS_PER_S);
	struct tm tm;
	char text[40] = "?";

	if (gmtime_r(&s, &tm) != NULL)
		strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
	printf("%s.%06u ", text, (unsigned)(ns % NS_PER_S / NS_PER_US));
}

static void put_time(struct trace_view *v, uint64_t ns)
{
	uint64_t base = v->time == TRACE_VIEW_DELTA ? v->last_ns : v->first_ns;
	uint64_t since = ns >= base ? ns - base : 0;

	v->last_ns = ns;
	if (v->time == TRACE_VIEW_ABSOLUTE)
		put_date(ns);
	else
		printf("%5" PRIu64 ".%06" PRIu64 " ", since / NS_PER_S,
		       since % NS_PER_S / NS_PER_US);
}

static void put_margin(const struct trace_view *v)
{
	printf("%*s", v->time == TRACE_VIEW_ABSOLUTE ? 27 : 13, "");
}

/* What the marks of a mask say is in the text of the message. */
static void put_comment(const struct trace_view *v, const char *comment)
{
	struct ccid_mask_span span;
	const char *pos = NULL;

	if (comment == NULL || ccid_mask_next(comment, &pos, &span) == 1)
		return;
	cli_color(v->color, CLI_DIM);
	put_margin(v);
	fputs("# ", stdout);
	cli_story_clean(stdout, comment);
	cli_color(v->color, CLI_PLAIN);
	putchar('\n');
}

static void put_data(const struct trace_view *v, const struct ccid_explain_line *line)
{
	if (!v->data || line->data == NULL || line->len == 0)
		return;
	put_margin(v);
	fputs("  ", stdout);
	cli_hex_print(stdout, line->data, line->len);
	putchar('\n');
}

static void text_line(struct trace_view *v, const struct ccid_story_event *e)
{
	const struct ccid_explain_line *line = e->line;
	bool usb = (line_kind(line) & TRACE_VIEW_USB) != 0;
	char arrow = usb ? '-' : line->dir == CCID_TRACE_FROM_GUEST ? '>' : '<';

	put_comment(v, line->comment);
	cli_color(v->color, e->error ? CLI_RED : "");
	put_time(v, line->time_ns);
	printf("%c ", arrow);
	if (line->slot >= 0 && line->seq >= 0)
		printf("%d/%02X ", line->slot, (unsigned)line->seq);
	fputs(line->name, stdout);
	if (line->text != NULL && line->text[0] != '\0') {
		fputs("  ", stdout);
		cli_story_clean(stdout, line->text);
	}
	fputs(e->error ? "  !" : "", stdout);
	cli_color(v->color, e->error ? CLI_PLAIN : "");
	putchar('\n');
	put_data(v, line);
}

static void put_command(const struct ccid_story_apdu *a)
{
	char text[TEXT];
	struct ccid_words w = ccid_words(text, sizeof text);

	ccid_apdu_command_text(&w, &a->command);
	printf("%s%s", a->pad ? "PIN pad: " : "", text);
}

static void put_response(const struct ccid_story_event *e)
{
	const struct ccid_story_apdu *a = e->apdu;
	char text[TEXT], took[32];
	struct ccid_words w = ccid_words(text, sizeof text);

	if (a->failure == NULL)
		ccid_apdu_response_text(&w, &a->response);
	else
		ccid_words_add(&w, "%s", a->failure);
	cli_story_clean(stdout, text);
	if (e->took_ns == CCID_STORY_NO_TIME)
		return;
	ccid_duration_text(took, e->took_ns);
	printf("  [%s", took);
	if (a->exchanges > 1)
		printf(", %u exchanges", a->exchanges);
	if (a->extensions > 0)
		printf(", %u time extension%s", a->extensions, a->extensions == 1 ? "" : "s");
	putchar(']');
}

/* Among messages an APDU is one line, after them; by itself it is command and response. */
static void text_apdu(struct trace_view *v, const struct ccid_story_event *e)
{
	bool alone = (v->kinds & (TRACE_VIEW_MESSAGE | TRACE_VIEW_DEFAULT)) == 0;

	cli_color(v->color, e->error ? CLI_RED : alone ? "" : CLI_BOLD);
	put_time(v, alone ? e->apdu->start_ns : e->time_ns);
	printf("%c %d ", alone ? '>' : '=', e->slot);
	put_command(e->apdu);
	if (alone) {
		putchar('\n');
		put_time(v, e->time_ns);
		printf("< %d ", e->slot);
	} else {
		fputs("  =>  ", stdout);
	}
	put_response(e);
	fputs(e->error ? "  !" : "", stdout);
	cli_color(v->color, CLI_PLAIN);
	putchar('\n');
}

void trace_view_text(struct trace_view *v, const struct ccid_story_event *e)
{
	if (e->kind == CCID_STORY_LINE) {
		text_line(v, e);
	} else if (e->kind == CCID_STORY_APDU) {
		text_apdu(v, e);
	} else {
		put_time(v, e->time_ns);
		printf("* %d card %s\n", e->slot, e->present ? "present" : "absent");
	}
}

static void put_hex(char mark, const struct ccid_story_bytes *b)
{
	putchar(mark);
	for (size_t i = 0; i < b->len; i++)
		if (b->unknown[i])
			fputs(" **", stdout);
		else
			printf(" %02X", b->p[i]);
	putchar('\n');
}

void trace_view_apdu(const struct ccid_story_event *e)
{
	const struct ccid_story_apdu *a = e->apdu;

	if (a->pad)
		fputs("# entered at the reader: ", stdout);
	put_hex('>', &a->command);
	if (a->pad)
		fputs("# ", stdout);
	if (a->failure == NULL) {
		put_hex('<', &a->response);
		return;
	}
	fputs(a->pad ? "" : "# ", stdout);
	cli_story_clean(stdout, a->failure);
	putchar('\n');
}
