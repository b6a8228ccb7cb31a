/* SPDX-License-Identifier: MIT */
/* The two halves of the plot: rows (plot.c), and the drawing (plot_draw.c). */
#ifndef CCID_PLOT_PRIV_H
#define CCID_PLOT_PRIV_H

#include "plot.h"

#define PLOT_TEXT  160
#define PLOT_NOTE  40
#define PLOT_BANDS 4u   /* slots whose state is drawn */
#define PLOT_SLOTS 256u /* slots that are followed */

enum plot_kind {
	PLOT_EXCHANGE, /* a command and its answer */
	PLOT_ASKED,    /* a command without an answer */
	PLOT_TOLD,     /* what the reader said by itself */
	PLOT_EVENT,    /* a card comes or goes, the reader is reset or unplugged */
	PLOT_MORE,     /* so many exchanges like the one before */
};

struct plot_row {
	enum plot_kind kind;
	uint64_t start_ns, end_ns, packet;
	int slot;
	enum ccid_story_state state; /* of the slot, afterwards */
	bool error;
	bool over;      /* PLOT_EVENT: nothing is known of any slot from here on */
	uint32_t like;  /* rows that may share one have the same value, not 0 */
	uint64_t count; /* PLOT_MORE */
	char asked[PLOT_TEXT], answer[PLOT_TEXT], note[PLOT_NOTE];
};

/* A command under way. */
struct plot_pending {
	bool active, card, present; /* card: one came or went, to be told after the answer */
	struct plot_row row;
};

struct ccid_plot {
	struct plot_row *row; /* head rows, then a ring of tail rows */
	size_t head, tail;    /* capacities */
	uint64_t rows;        /* all so far */
	uint64_t first_ns, last_ns, packets, errors, apdus;
	bool slot_seen[PLOT_BANDS], slots_more, started, connected;
	unsigned slots;                         /* of those, how many were seen */
	enum ccid_story_state seen[PLOT_SLOTS]; /* last told as an event */
	struct plot_pending *pending[PLOT_SLOTS];
};

/* Row number i of those that are kept; *skipped: rows that were left out right before it. */
const struct plot_row *ccid_plot_row(const struct ccid_plot *p, size_t i, uint64_t *skipped);
size_t ccid_plot_kept(const struct ccid_plot *p);
/* The command was never answered. */
void ccid_plot_give_up(struct ccid_plot *p, struct plot_pending *x);

#endif
