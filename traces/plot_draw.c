/* SPDX-License-Identifier: MIT */
#include "plot_priv.h"

#include "duration.h"
#include "svg.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Places, in pixels. A character of the type of the labels is at most 7.3 wide. */
#define WIDTH     1080
#define X_TIME    96
#define X_BANDS   110
#define BAND      12
#define BAND_STEP 16
#define X_DRIVER  210
#define X_CARD    830
#define X_NOTE    850
#define Y_FIRST   206
#define LABEL_MAX 81 /* characters between the lanes */
#define NOTE_MAX  29

#define MS   1000000u
#define LONG (1000 * MS) /* a pause that is marked as such */

struct drawing {
	FILE *f;
	const struct ccid_plot *p;
	uint64_t last_ns;
	int y;
	int band_y[PLOT_BANDS];
	enum ccid_story_state band[PLOT_BANDS];
	unsigned row; /* for stripes */
};

static const char style[] =
	"<style>\n"
	"text{font:12px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#1f2328}\n"
	".bg{fill:#ffffff}.lane{stroke:#afb8c1;stroke-width:2}.box{fill:#f6f8fa;stroke:#afb8c1}\n"
	".h1{font-size:17px;font-weight:bold}.dim{fill:#59636e}.b{font-weight:bold}\n"
	".time,.note{fill:#59636e;font-size:11px}.time{text-anchor:end}\n"
	".mid{text-anchor:middle}.gap{fill:#59636e;font-size:11px;font-style:italic}\n"
	".out{stroke:#0969da;stroke-width:1.5}.outh{fill:#0969da}\n"
	".in{stroke:#1a7f37;stroke-width:1.5}.inh{fill:#1a7f37}\n"
	".bad{stroke:#cf222e;stroke-width:1.5}.badh,text.err{fill:#cf222e}\n"
	".tint{fill:#ffebe9}.busy{fill:#ddf4ff;stroke:#0969da}.busyx{fill:#ffebe9;stroke:#cf222e}\n"
	".ev{fill:#fff8c5;stroke:#d4a72c}.evx{fill:#ffebe9;stroke:#cf222e}\n"
	".cut{stroke:#59636e;stroke-dasharray:2 3}.brk{fill:#ffffff}\n"
	".s0{fill:#ffffff;stroke:#d1d9e0}.s1{fill:#d1d9e0}.s2{fill:#f5c56b}.s3{fill:#79c0ff}\n"
	".s4{fill:#4ac26b}\n"
	"@media(prefers-color-scheme:dark){text{fill:#e6edf3}.bg,.brk{fill:#0d1117}\n"
	".lane{stroke:#484f58}.box{fill:#161b22;stroke:#484f58}\n"
	".dim,.time,.note,.gap{fill:#9198a1}.out{stroke:#4493f8}.outh{fill:#4493f8}\n"
	".in{stroke:#3fb950}.inh{fill:#3fb950}.bad{stroke:#f85149}.badh,text.err{fill:#f85149}\n"
	".tint{fill:#2d1214}.busy{fill:#10233f;stroke:#4493f8}\n"
	".busyx{fill:#2d1214;stroke:#f85149}.ev{fill:#2a2208;stroke:#9e6a03}\n"
	".evx{fill:#2d1214;stroke:#f85149}.cut{stroke:#9198a1}\n"
	".s0{fill:#0d1117;stroke:#30363d}.s1{fill:#30363d}.s2{fill:#9e6a03}.s3{fill:#1f6feb}\n"
	".s4{fill:#238636}}\n"
	"</style>\n";

/* Space that a pause takes: nothing up to a millisecond, then more for each doubling. */
static int stretch(uint64_t ns)
{
	int px = 0;

	for (uint64_t t = ns / MS; t > 0 && px < 30; t /= 2)
		px += 3;
	return px;
}

static void end_band(struct drawing *d, unsigned i, int y)
{
	char cls[3] = {'s', (char)('0' + d->band[i]), '\0'};

	if (y > d->band_y[i])
		ccid_svg_rect(d->f, X_BANDS + (int)i * BAND_STEP, d->band_y[i], BAND,
		              y - d->band_y[i], cls);
	d->band_y[i] = y;
}

static void set_state(struct drawing *d, int slot, enum ccid_story_state state, int y)
{
	if (slot < 0 || slot >= (int)PLOT_BANDS || d->band[slot] == state)
		return;
	end_band(d, (unsigned)slot, y);
	d->band[slot] = state;
}

static void put_time(struct drawing *d, uint64_t ns, int y)
{
	uint64_t us = ns > d->p->first_ns ? (ns - d->p->first_ns) / 1000 : 0;
	char text[PLOT_NOTE];

	snprintf(text, sizeof text, "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
	ccid_svg_text(d->f, X_TIME, y + 4, "time", text, PLOT_NOTE);
}

/* Time that a lane leaves out. */
static void draw_break(struct drawing *d, int x, int y)
{
	ccid_svg_rect(d->f, x - 6, y, 12, 12, "brk");
	ccid_svg_line(d->f, x - 8, y + 2, x + 8, y - 2, "lane");
	ccid_svg_line(d->f, x - 8, y + 14, x + 8, y + 10, "lane");
}

/* A stretch of time in which nothing happened, too long to be drawn. */
static void draw_pause(struct drawing *d, const char *text)
{
	int y = d->y;

	draw_break(d, X_DRIVER, y + 8);
	draw_break(d, X_CARD, y + 8);
	ccid_svg_line(d->f, X_DRIVER + 20, y + 14, X_CARD - 20, y + 14, "cut");
	ccid_svg_rect(d->f, (X_DRIVER + X_CARD) / 2 - 150, y + 4, 300, 20, "brk");
	ccid_svg_text(d->f, (X_DRIVER + X_CARD) / 2, y + 18, "gap mid", text, 44);
	d->y += 34;
}

static void pause_before(struct drawing *d, const struct plot_row *row, uint64_t skipped)
{
	uint64_t ns = row->start_ns > d->last_ns ? row->start_ns - d->last_ns : 0;
	char took[CCID_DURATION_TEXT], text[80];

	ccid_duration_text(took, ns);
	if (skipped > 0)
		snprintf(text, sizeof text, "%" PRIu64 " not shown, %s", skipped, took);
	else
		snprintf(text, sizeof text, "%s later", took);
	if (skipped > 0 || ns >= LONG)
		draw_pause(d, text);
	else
		d->y += stretch(ns);
}

/* With several slots each exchange says whose it is. */
static void put_label(const struct drawing *d, int y, const struct plot_row *row, const char *label,
                      bool error)
{
	char text[PLOT_TEXT + 16];

	if (row->slot >= 0 && (d->p->slots_more || d->p->slots > 1))
		snprintf(text, sizeof text, "[%d] %s", row->slot, label);
	else
		snprintf(text, sizeof text, "%s", label);
	ccid_svg_text(d->f, X_DRIVER + 14, y - 5, error ? "err" : "t", text, LABEL_MAX);
}

static void draw_arrow(struct drawing *d, int y, int dir, bool error)
{
	const char *cls = error ? "bad" : dir > 0 ? "out" : "in";
	const char *head = error ? "badh" : dir > 0 ? "outh" : "inh";
	int from = dir > 0 ? X_DRIVER + 1 : X_CARD - 5, to = dir > 0 ? X_CARD - 5 : X_DRIVER + 1;

	ccid_svg_line(d->f, from, y, to - 8 * dir, y, cls);
	ccid_svg_head(d->f, to, y, dir, head);
}

static void draw_exchange(struct drawing *d, const struct plot_row *row)
{
	int asked = d->y + 20, answered = asked + 24 + stretch(row->end_ns - row->start_ns);
	bool answer = row->kind == PLOT_EXCHANGE;
	int end = answer ? answered : asked + 12;

	if (row->error)
		ccid_svg_rect(d->f, X_DRIVER + 4, d->y + 4, X_CARD - X_DRIVER - 8, end - d->y + 2,
		              "tint");
	put_time(d, row->start_ns, asked);
	put_label(d, asked, row, row->asked, row->error && !answer);
	draw_arrow(d, asked, 1, row->error && !answer);
	ccid_svg_rect(d->f, X_CARD - 4, asked, 8, end - asked, row->error ? "busyx" : "busy");
	if (row->end_ns - row->start_ns >= LONG && answer)
		draw_break(d, X_CARD, (asked + answered) / 2 - 6);
	if (answer) {
		put_label(d, answered, row, row->answer, row->error);
		draw_arrow(d, answered, -1, row->error);
	}
	ccid_svg_text(d->f, X_NOTE, (asked + end) / 2 + 4,
	              row->error && !answer ? "note err" : "note", row->note, NOTE_MAX);
	set_state(d, row->slot, row->state, end);
	d->y = end + 6;
}

static void draw_event(struct drawing *d, const struct plot_row *row)
{
	char text[PLOT_TEXT + 24];
	int y = d->y + 16;

	if (row->slot >= 0 && (d->p->slots_more || d->p->slots > 1))
		snprintf(text, sizeof text, "slot %d: %s", row->slot, row->asked);
	else
		snprintf(text, sizeof text, "%s", row->asked);
	put_time(d, row->start_ns, y);
	ccid_svg_rect(d->f, X_DRIVER + 60, y - 11, X_CARD - X_DRIVER - 60, 22,
	              row->error ? "evx" : "ev");
	ccid_svg_text(d->f, (X_DRIVER + 60 + X_CARD) / 2, y + 4, row->error ? "err mid" : "mid",
	              text, LABEL_MAX - 12);
	set_state(d, row->slot, row->state, y);
	for (int i = 0; row->over && i < (int)PLOT_BANDS; i++)
		if (d->p->slot_seen[i])
			set_state(d, i, CCID_STORY_UNKNOWN, y);
	d->y = y + 16;
}

static void draw_told(struct drawing *d, const struct plot_row *row)
{
	int y = d->y + 20;

	put_time(d, row->start_ns, y);
	put_label(d, y, row, row->asked, row->error);
	draw_arrow(d, y, -1, row->error);
	d->y = y + 6;
}

static void draw_more(struct drawing *d, const struct plot_row *row)
{
	char took[CCID_DURATION_TEXT];

	ccid_duration_text(took, row->end_ns - row->start_ns);
	ccid_svg_rect(d->f, X_CARD - 4, d->y + 4, 8, 20, "busy");
	ccid_svg_text(d->f, (X_DRIVER + X_CARD) / 2, d->y + 18, "gap mid", row->asked, LABEL_MAX);
	ccid_svg_text(d->f, X_NOTE, d->y + 18, "note", took, NOTE_MAX);
	put_time(d, row->start_ns, d->y + 14);
	set_state(d, row->slot, row->state, d->y + 24);
	d->y += 30;
}

static void draw_row(struct drawing *d, const struct plot_row *row)
{
	char title[2 * PLOT_TEXT + 80];

	snprintf(title, sizeof title, "packet %" PRIu64 "%s%.0d: %s%s%s", row->packet,
	         row->slot > 0 ? ", slot " : "", row->slot > 0 ? row->slot : 0, row->asked,
	         row->answer[0] != '\0' ? " \xE2\x86\x92 " : "", row->answer);
	fputs("<g>", d->f);
	ccid_svg_title(d->f, title);
	switch (row->kind) {
	case PLOT_EXCHANGE:
	case PLOT_ASKED: draw_exchange(d, row); break;
	case PLOT_TOLD: draw_told(d, row); break;
	case PLOT_EVENT: draw_event(d, row); break;
	case PLOT_MORE: draw_more(d, row); break;
	}
	fputs("</g>\n", d->f);
	if (row->end_ns > d->last_ns)
		d->last_ns = row->end_ns;
}

static void draw_legend(FILE *f)
{
	static const char *const states[] = {"", "empty", "inactive", "powered", "negotiated"};
	int x = 24;

	ccid_svg_text(f, x, 112, "dim", "slot:", 8);
	x += 48;
	for (unsigned i = 1; i < 5; i++) {
		char cls[3] = {'s', (char)('0' + i), '\0'};

		ccid_svg_rect(f, x, 102, BAND, BAND, cls);
		ccid_svg_text(f, x + 18, 112, "dim", states[i], 16);
		x += 18 + (int)strlen(states[i]) * 8 + 18;
	}
	x += 20;
	ccid_svg_line(f, x, 108, x + 26, 108, "out");
	ccid_svg_head(f, x + 34, 108, 1, "outh");
	ccid_svg_text(f, x + 42, 112, "dim", "command", 16);
	x += 126;
	ccid_svg_line(f, x + 8, 108, x + 34, 108, "in");
	ccid_svg_head(f, x, 108, -1, "inh");
	ccid_svg_text(f, x + 42, 112, "dim", "answer", 16);
	x += 116;
	ccid_svg_line(f, x, 108, x + 34, 108, "bad");
	ccid_svg_text(f, x + 42, 112, "dim", "failure", 16);
	x += 124;
	ccid_svg_rect(f, x, 101, 22, 14, "ev");
	ccid_svg_text(f, x + 30, 112, "dim", "event", 16);
	x += 100;
	ccid_svg_rect(f, x, 101, 8, 14, "busy");
	ccid_svg_text(f, x + 16, 112, "dim", "reader is busy", 16);
}

static void draw_header(const struct ccid_plot *p, FILE *f, const char *title,
                        const struct ccid_explain_device *dev)
{
	char text[256], took[CCID_DURATION_TEXT], start[40] = "?";
	time_t s = (time_t)(p->first_ns / 1000000000u);
	struct tm tm;

	ccid_svg_text(f, 24, 38, "h1", title, 90);
	if (dev != NULL && dev->connected) {
		snprintf(text, sizeof text, "%s%s%s%s%04X:%04X%s%s", dev->string[0],
		         dev->string[0][0] != '\0' ? " " : "", dev->string[1],
		         dev->string[1][0] != '\0' ? " " : "", dev->connect.vid, dev->connect.pid,
		         dev->described ? ", exchange level " : "",
		         dev->described ? ccid_level_name(ccid_class_desc_level(&dev->desc)) : "");
		ccid_svg_text(f, 24, 60, "t", text, 130);
	}
	if (gmtime_r(&s, &tm) != NULL)
		strftime(start, sizeof start, "%Y-%m-%d %H:%M:%S UTC", &tm);
	ccid_duration_text(took, p->last_ns - p->first_ns);
	snprintf(text, sizeof text,
	         "%s, %s, %" PRIu64 " packets, %" PRIu64 " APDU%s, %" PRIu64 " failure%s%s", start,
	         took, p->packets, p->apdus, p->apdus == 1 ? "" : "s", p->errors,
	         p->errors == 1 ? "" : "s", p->slots_more ? ", states of slots 0 to 3" : "");
	ccid_svg_text(f, 24, 80, "dim", text, 130);
	draw_legend(f);
}

static void draw_lane_names(const struct ccid_plot *p, FILE *f)
{
	char slot[4];

	ccid_svg_text(f, X_TIME, 160, "time", "seconds", 8);
	for (unsigned i = 0; i < PLOT_BANDS; i++) {
		snprintf(slot, sizeof slot, "%u", i);
		if (p->slot_seen[i])
			ccid_svg_text(f, X_BANDS + BAND / 2 + (int)i * BAND_STEP, 160, "note mid",
			              slot, 3);
	}
	ccid_svg_rect(f, X_DRIVER - 45, 140, 90, 30, "box");
	ccid_svg_text(f, X_DRIVER, 160, "b mid", "driver", 8);
	ccid_svg_rect(f, X_CARD - 70, 140, 140, 30, "box");
	ccid_svg_text(f, X_CARD, 160, "b mid", "reader, card", 14);
}

static void draw_rows(struct drawing *d)
{
	uint64_t skipped;

	d->y = Y_FIRST - 24;
	d->last_ns = d->p->first_ns;
	for (unsigned i = 0; i < PLOT_BANDS; i++) {
		d->band_y[i] = d->y;
		d->band[i] = CCID_STORY_UNKNOWN;
	}
	for (size_t i = 0; i < ccid_plot_kept(d->p); i++) {
		const struct plot_row *row = ccid_plot_row(d->p, i, &skipped);

		pause_before(d, row, skipped);
		draw_row(d, row);
	}
	for (unsigned i = 0; i < PLOT_BANDS; i++)
		if (d->p->slot_seen[i])
			end_band(d, i, d->y);
}

static void flush_pending(struct ccid_plot *p)
{
	for (unsigned i = 0; i < PLOT_SLOTS; i++)
		if (p->pending[i] != NULL)
			ccid_plot_give_up(p, p->pending[i]);
}

static void put_document(const struct ccid_plot *p, FILE *f, const char *title,
                         const struct ccid_explain_device *device, const char *rows, int height)
{
	fprintf(f,
	        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
	        "viewBox=\"0 0 %d %d\" role=\"img\">\n",
	        WIDTH, height, WIDTH, height);
	ccid_svg_title(f, title);
	fputs(style, f);
	fprintf(f, "<rect width=\"%d\" height=\"%d\" class=\"bg\"/>\n", WIDTH, height);
	draw_header(p, f, title, device);
	ccid_svg_line(f, X_DRIVER, 170, X_DRIVER, height - 20, "lane");
	ccid_svg_line(f, X_CARD, 170, X_CARD, height - 20, "lane");
	draw_lane_names(p, f);
	fputs(rows, f);
	fputs("</svg>\n", f);
}

/* Lanes lie below the rows, and their height is known only when the rows are drawn. */
int ccid_plot_write(struct ccid_plot *p, FILE *f, const char *title,
                    const struct ccid_explain_device *device)
{
	struct drawing d = {.p = p};
	char *rows = NULL;
	size_t len = 0;
	bool bad;

	flush_pending(p);
	d.f = open_memstream(&rows, &len);
	if (d.f == NULL)
		return CCID_E_NOMEM;
	draw_rows(&d);
	bad = ferror(d.f) != 0;
	bad = fclose(d.f) != 0 || bad;
	if (!bad)
		put_document(p, f, title, device, rows, d.y + 40);
	free(rows);
	return bad ? CCID_E_NOMEM : 0;
}
