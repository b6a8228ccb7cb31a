/* SPDX-License-Identifier: MIT */
/* A session as a picture: who said what to whom, when, and what state the card was in. */
#ifndef CCID_PLOT_H
#define CCID_PLOT_H

#include "story.h"

#include <stdio.h>

#define CCID_PLOT_ROWS_MIN 12u
#define CCID_PLOT_ROWS     180u  /* without a wish */
#define CCID_PLOT_ROWS_MAX 4000u /* a row is about 50 pixels and a kilobyte */

struct ccid_plot;

/* rows: at most so many exchanges and events are drawn; of a longer session the beginning and the end.
 * Polls and like APDUs that follow one another share a row. Memory depends on rows only. */
CCID_MUST_USE
int ccid_plot_new(struct ccid_plot **out, size_t rows);
/* Take all events of a story: fits struct ccid_story_sink. 0, CCID_E_NOMEM. */
int ccid_plot_take(void *plot, const struct ccid_story_event *event);
/* Write an SVG document of what was taken: no script, nothing fetched, text that can be selected,
 * light and dark. Texts of any origin are made safe. device may be NULL. 0, or CCID_E_NOMEM; failures
 * to write are left in f. */
CCID_MUST_USE
int ccid_plot_write(struct ccid_plot *p, FILE *f, const char *title,
                    const struct ccid_explain_device *device);
/* NULL is allowed. */
void ccid_plot_free(struct ccid_plot *p);

#endif
