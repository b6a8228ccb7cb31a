/* SPDX-License-Identifier: MIT */
#include "tlv_table.h"

#include <stdlib.h>

static int count_objects(const uint8_t *objects, size_t len, size_t *count)
{
	struct ccid_rd r = ccid_rd(objects, len);
	struct ccid_tlv t;
	int rc;

	*count = 0;
	while ((rc = ccid_tlv_next(&r, &t)) > 0)
		++*count;
	return rc;
}

HRESULT ccid_tlv_table(const uint8_t *objects, size_t len, LPTLV_TABLE *table, LONG *count)
{
	struct ccid_rd r = ccid_rd(objects, len);
	struct ccid_tlv t;
	uint8_t *bytes;
	size_t n;

	if (count_objects(objects, len, &n) < 0)
		return SCARD_E_UNEXPECTED;
	*table = malloc((n + 1) * sizeof **table + len);
	if (*table == NULL)
		return E_OUTOFMEMORY;
	bytes = (uint8_t *)(*table + n + 1);
	for (size_t i = 0; i < n && ccid_tlv_next(&r, &t) > 0; i++) {
		memcpy(bytes, t.raw, t.raw_len);
		(*table)[i] = (TLV_TABLE){(LONG)t.raw_len, bytes};
		bytes += t.raw_len;
	}
	(*table)[n] = (TLV_TABLE){0, NULL};
	*count = (LONG)n;
	return S_OK;
}
