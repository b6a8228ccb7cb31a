/* SPDX-License-Identifier: MIT */
#include "words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct ccid_words ccid_words(char *buf, size_t cap)
{
	buf[0] = '\0';
	return (struct ccid_words){.p = buf, .cap = cap};
}

void ccid_words_add(struct ccid_words *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (w->cut)
		return;
	va_start(ap, fmt);
	n = vsnprintf(w->p + w->len, w->cap - w->len, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	w->cut = (size_t)n >= w->cap - w->len;
	w->len = w->cut ? w->cap - 1 : w->len + (size_t)n;
	if (w->cut)
		memcpy(w->p + w->cap - 4, "...", 4);
}

static bool is_hidden(const struct ccid_words *w, const uint8_t *at)
{
	for (size_t i = 0; i < w->hidden_count; i++)
		if (at >= w->whole + w->hidden[i].off &&
		    (size_t)(at - w->whole) - w->hidden[i].off < w->hidden[i].len)
			return true;
	return false;
}

void ccid_words_hex(struct ccid_words *w, const uint8_t *data, size_t len, size_t most)
{
	bool all = len <= most + 3;

	for (size_t i = 0; i < len; i++) {
		if (!all && i == most) {
			ccid_words_add(w, " ..");
			i = len - 2;
		}
		ccid_words_add(w, "%s", w->len == 0 || w->p[w->len - 1] == ' ' ? "" : " ");
		if (is_hidden(w, data + i))
			ccid_words_add(w, "**");
		else
			ccid_words_add(w, "%02X", data[i]);
	}
}
