/* SPDX-License-Identifier: MIT */
/* Text put together in a fixed buffer; what does not fit is cut and ends in "...". */
#ifndef CCID_WORDS_H
#define CCID_WORDS_H

#include "mask.h"

struct ccid_words {
	char *p;
	size_t cap, len; /* cap: at least 4 */
	bool cut;
	/* Bytes of whole that ccid_words_hex() shows as "**". NULL: none. */
	const uint8_t *whole;
	const struct ccid_mask_span *hidden;
	size_t hidden_count;
};

/* Start with an empty text. */
struct ccid_words ccid_words(char *buf, size_t cap);
void ccid_words_add(struct ccid_words *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* "A0 00 00"; after most bytes " .. " and the last two. A blank goes first unless the text is
 * empty or ends in one. */
void ccid_words_hex(struct ccid_words *w, const uint8_t *data, size_t len, size_t most);

#endif
