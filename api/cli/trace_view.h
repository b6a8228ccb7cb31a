/* SPDX-License-Identifier: MIT */
/* Events of a trace as "iscard trace show" prints them. */
#ifndef TRACE_VIEW_H
#define TRACE_VIEW_H

#include "story.h"

enum trace_view_time {
	TRACE_VIEW_RELATIVE, /* since the first packet */
	TRACE_VIEW_ABSOLUTE, /* UTC */
	TRACE_VIEW_DELTA,    /* since the line before */
};

/* Kinds of events: a set. */
#define TRACE_VIEW_APDU    0x01u
#define TRACE_VIEW_MESSAGE 0x02u
#define TRACE_VIEW_EVENT   0x04u  /* notifications, cards, connections, resets */
#define TRACE_VIEW_USB     0x08u  /* what is no message: the link, control requests, transfers */
#define TRACE_VIEW_ERROR   0x10u  /* whatever failed */
#define TRACE_VIEW_DEFAULT 0x100u /* what is shown when nothing was chosen; with the others set */

struct trace_view {
	unsigned kinds;
	bool json, data, color, apdus;
	enum trace_view_time time;
	int slot;                /* -1: all */
	uint64_t from_ns, to_ns; /* since the first packet */
	uint64_t first_packet, last_packet;
	/* private */
	bool started;
	uint64_t first_ns, last_ns;
};

/* Which of the kinds an event is; whether it is to be shown. */
unsigned trace_view_kind(const struct ccid_story_event *event);
bool trace_view_shows(const struct trace_view *v, const struct ccid_story_event *event);

void trace_view_text(struct trace_view *v, const struct ccid_story_event *event);
void trace_view_json(const struct trace_view *v, const struct ccid_story_event *event);
/* Only the APDU conversation: "> 00 A4 ..", "< 90 00". */
void trace_view_apdu(const struct ccid_story_event *event);

#endif
