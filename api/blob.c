/* SPDX-License-Identifier: MIT */
#include "blob.h"

#include "bytes.h"

#include <stdlib.h>

static int reserve(struct ccid_blob *b, size_t len)
{
	size_t cap = b->cap < 32 ? 32 : b->cap;
	uint8_t *p;

	if (len <= b->cap)
		return 0;
	while (cap < len)
		cap = cap > SIZE_MAX / 2 ? len : cap * 2;
	p = malloc(cap);
	if (p == NULL)
		return CCID_E_NOMEM;
	if (b->p != NULL) {
		memcpy(p, b->p, b->len);
		ccid_wipe(b->p, b->cap);
		free(b->p);
	}
	b->p = p;
	b->cap = cap;
	return 0;
}

int ccid_blob_resize(struct ccid_blob *b, size_t len)
{
	int err = reserve(b, len);

	if (err != 0)
		return err;
	if (len > b->len)
		memset(b->p + b->len, 0, len - b->len);
	else if (len < b->len)
		ccid_wipe(b->p + len, b->len - len);
	b->len = len;
	return 0;
}

int ccid_blob_set(struct ccid_blob *b, const void *src, size_t len)
{
	int err = reserve(b, len);

	if (err != 0)
		return err;
	if (len < b->len)
		ccid_wipe(b->p + len, b->len - len);
	b->len = len;
	if (len > 0 && src != NULL)
		memcpy(b->p, src, len);
	else if (len > 0)
		memset(b->p, 0, len);
	return 0;
}

void ccid_blob_clear(struct ccid_blob *b)
{
	if (b->p != NULL)
		ccid_wipe(b->p, b->len);
	b->len = 0;
}

void ccid_blob_free(struct ccid_blob *b)
{
	ccid_blob_clear(b);
	free(b->p);
	*b = (struct ccid_blob){0};
}

char *ccid_text_copy(const char *text, size_t len)
{
	char *copy = malloc(len + 1);

	if (copy == NULL)
		return NULL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}
