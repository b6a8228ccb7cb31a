/* SPDX-License-Identifier: MIT */
/* IByteBuffer objects, as the rest of the library makes and reads them. */
#ifndef CCID_BYTEBUFFER_H
#define CCID_BYTEBUFFER_H

#include "blob.h"

#include <iscard/scardssp.h>

/* A new buffer, not yet initialised. */
HRESULT ccid_bytebuffer_new(IByteBuffer **out);

/* The whole content of anybody's buffer into out, its seek pointer unchanged. E_POINTER for NULL,
 * E_INVALIDARG for more than max bytes, E_OUTOFMEMORY, or what the buffer's methods return; out is
 * then unchanged. */
HRESULT ccid_bytebuffer_content(IByteBuffer *buffer, size_t max, struct ccid_blob *out);

#endif
