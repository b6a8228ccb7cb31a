/* SPDX-License-Identifier: MIT */
/* The memory stream behind IByteBuffer, as the rest of the library uses it. */
#ifndef CCID_MEMSTREAM_H
#define CCID_MEMSTREAM_H

#include "blob.h"

#include <iscard/scarddat.h>
#include <stdbool.h>

/* Whether a stream is one of ours. */
bool ccid_memstream_is(const IStream *stream);

/* The whole content of one of ours into out. E_INVALIDARG for more than max bytes, E_OUTOFMEMORY; out
 * is then unchanged. */
HRESULT ccid_memstream_content(IStream *stream, size_t max, struct ccid_blob *out);

/* Where the bytes of one of ours are. They stay there until ccid_memstream_unpin() with the array,
 * or with its first byte, which also gives back the reference that this takes. E_OUTOFMEMORY. */
HRESULT ccid_memstream_pin(IStream *stream, BYTEARRAY **out);

/* E_INVALIDARG: not a pin of this stream. */
HRESULT ccid_memstream_unpin(IStream *stream, const void *memory);

#endif
