/* SPDX-License-Identifier: MIT */
/* A growing run of bytes. What it gives back is wiped: it may have held an APDU or a PIN. */
#ifndef CCID_BLOB_H
#define CCID_BLOB_H

#include "err.h"

#include <stddef.h>
#include <stdint.h>

struct ccid_blob {
	uint8_t *p; /* may be NULL while cap is 0 */
	size_t len, cap;
};

/* Cut, or grow with zeros. CCID_E_NOMEM leaves it as it was. */
CCID_MUST_USE
int ccid_blob_resize(struct ccid_blob *b, size_t len);

/* Replace the content; src must not lie in it. src NULL: zeros. No allocation when it fits. */
CCID_MUST_USE
int ccid_blob_set(struct ccid_blob *b, const void *src, size_t len);

/* A 0-terminated copy of len characters, to be freed; NULL when memory is out. */
char *ccid_text_copy(const char *text, size_t len);

void ccid_blob_clear(struct ccid_blob *b); /* length 0, wiped, memory kept */
void ccid_blob_free(struct ccid_blob *b);

#endif
