/* SPDX-License-Identifier: MIT */
/* One bounded cursor for reading and one for writing.
 *
 * Failure sticks: once a read runs past the end, the cursor is bad and every later read yields 0;
 * once a write does not fit, the cursor is bad and nothing more is stored. So a codec reads
 * straight down and checks once. Integers are little-endian unless the name says be. */
#ifndef CCID_BYTES_H
#define CCID_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ccid_rd {
	const uint8_t *p;
	size_t left;
	bool bad;
};

struct ccid_wr {
	uint8_t *p; /* start of the buffer */
	size_t cap;
	size_t len; /* bytes stored so far */
	bool bad;
};

static inline struct ccid_rd ccid_rd(const void *buf, size_t len)
{
	return (struct ccid_rd){.p = buf, .left = len};
}

/* A view of the next n bytes, valid as long as the input; NULL when there are fewer. */
static inline const uint8_t *ccid_rd_view(struct ccid_rd *r, size_t n)
{
	const uint8_t *at = r->p;

	if (r->bad || n > r->left) {
		r->bad = true;
		return NULL;
	}
	if (n > 0)
		r->p += n;
	r->left -= n;
	return at;
}

static inline uint8_t ccid_rd_u8(struct ccid_rd *r)
{
	const uint8_t *b = ccid_rd_view(r, 1);

	return b != NULL ? b[0] : 0;
}

static inline uint16_t ccid_rd_le16(struct ccid_rd *r)
{
	const uint8_t *b = ccid_rd_view(r, 2);

	if (b == NULL)
		return 0;
	return (uint16_t)(b[0] | b[1] << 8);
}

static inline uint32_t ccid_rd_le32(struct ccid_rd *r)
{
	const uint8_t *b = ccid_rd_view(r, 4);

	return b != NULL ? b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24
	                 : 0;
}

static inline struct ccid_wr ccid_wr(void *buf, size_t cap)
{
	return (struct ccid_wr){.p = buf, .cap = cap};
}

static inline void ccid_wr_bytes(struct ccid_wr *w, const void *src, size_t n)
{
	if (w->bad || n > w->cap - w->len) {
		w->bad = true;
		return;
	}
	if (n > 0)
		memcpy(w->p + w->len, src, n);
	w->len += n;
}

static inline void ccid_wr_le(struct ccid_wr *w, uint32_t v, size_t n)
{
	uint8_t b[4];

	for (size_t i = 0; i < n && i < sizeof b; i++)
		b[i] = (uint8_t)(v >> (8 * i));
	ccid_wr_bytes(w, b, n);
}

static inline void ccid_wr_u8(struct ccid_wr *w, uint8_t v)
{
	ccid_wr_bytes(w, &v, 1);
}

static inline void ccid_wr_le16(struct ccid_wr *w, uint16_t v)
{
	ccid_wr_le(w, v, 2);
}

static inline void ccid_wr_le32(struct ccid_wr *w, uint32_t v)
{
	ccid_wr_le(w, v, 4);
}

/* Element n of strings that follow one another, each with its NUL. Tables of texts are kept so, because
 * each pointer to a text would be a word and a relocation. */
const char *ccid_nth_text(const char *list, size_t n);

/* Overwrite what held an APDU or a PIN. The compiler may not drop it. */
void ccid_wipe(void *p, size_t n);

#endif
