/* SPDX-License-Identifier: MIT */
/* The few shapes of SVG 1.1 that a plot needs. Whole pixels; classes are styled by the caller. */
#ifndef CCID_SVG_H
#define CCID_SVG_H

#include <stdint.h>
#include <stdio.h>

/* Characters of any text, at most most of them (then an ellipsis): what XML forbids, what is no
 * UTF-8 and control characters become "?". */
void ccid_svg_escape(FILE *f, const char *text, size_t most);

void ccid_svg_text(FILE *f, int x, int y, const char *cls, const char *text, size_t most);
void ccid_svg_rect(FILE *f, int x, int y, int w, int h, const char *cls);
void ccid_svg_line(FILE *f, int x1, int y1, int x2, int y2, const char *cls);
/* A triangle that points right (dir 1) or left (-1), its tip at x, y. */
void ccid_svg_head(FILE *f, int x, int y, int dir, const char *cls);
/* <title> of the element that is open: what is shown when the pointer rests on it. */
void ccid_svg_title(FILE *f, const char *text);

#endif
