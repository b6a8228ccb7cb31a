/* SPDX-License-Identifier: MIT */
/* BER-TLV data objects (ISO/IEC 7816-4:2005, 5.2.2). */
#ifndef CCID_TLV_H
#define CCID_TLV_H

#include "bytes.h"
#include "err.h"

struct ccid_tlv {
	uint32_t tag;         /* one to three bytes, the first one highest */
	const uint8_t *value; /* a view into the input */
	size_t len;
	const uint8_t *raw; /* the whole object, tag and length included */
	size_t raw_len;
};

/* Take the next object; 00 and FF bytes before it, which mean nothing, are skipped. 1, 0 at the end
 * of the input, or CCID_E_FORMAT: a tag of more than three bytes, a length that is indefinite, has
 * more than four bytes or reaches beyond the input. *out is written on 1 only. */
CCID_MUST_USE
int ccid_tlv_next(struct ccid_rd *r, struct ccid_tlv *out);

/* The first object with this tag among those in buf, not inside them. Results as above; 0: none. */
CCID_MUST_USE
int ccid_tlv_find(struct ccid_tlv *out, const uint8_t *buf, size_t len, uint32_t tag);

#endif
