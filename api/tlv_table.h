/* SPDX-License-Identifier: MIT */
/* Data objects as TLV_TABLE (provider.h). */
#ifndef CCID_TLV_TABLE_H
#define CCID_TLV_TABLE_H

#include "tlv.h"

#include <iscard/provider.h>

/* The objects among these bytes, copied, in one piece of memory for iscard_free().
 * SCARD_E_UNEXPECTED when they are malformed, E_OUTOFMEMORY. */
HRESULT ccid_tlv_table(const uint8_t *objects, size_t len, LPTLV_TABLE *table, LONG *count);

#endif
