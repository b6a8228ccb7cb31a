/* SPDX-License-Identifier: MIT */
#include "guid.h"

#include "safearray.h"

#include <stdio.h>
#include <stdlib.h>

#define DIGITS "%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X"

void ccid_guid_to_text(char out[CCID_GUID_TEXT], const GUID *guid)
{
	const uint8_t *d = guid->Data4;

	snprintf(out, CCID_GUID_TEXT, "{" DIGITS "}", (unsigned)guid->Data1, guid->Data2,
	         guid->Data3, d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7]);
}

static int digit(OLECHAR c)
{
	if (c >= u'0' && c <= u'9')
		return c - u'0';
	if (c >= u'a' && c <= u'f')
		return c - u'a' + 10;
	return c >= u'A' && c <= u'F' ? c - u'A' + 10 : -1;
}

/* The 16 bytes in the order in which they are written. */
static int digits_to_bytes(uint8_t out[16], const OLECHAR *text)
{
	size_t n = 0;

	for (size_t i = 0; i < 36; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text[i] != u'-')
				return CCID_E_FORMAT;
			continue;
		}
		if (digit(text[i]) < 0)
			return CCID_E_FORMAT;
		out[n / 2] = (uint8_t)(out[n / 2] << 4 | digit(text[i]));
		n++;
	}
	return 0;
}

int ccid_guid_from_text(GUID *out, const OLECHAR *text, size_t len)
{
	uint8_t b[16] = {0};

	if (len == 38 && text[0] == u'{' && text[37] == u'}') {
		text++;
		len -= 2;
	}
	if (len != 36 || digits_to_bytes(b, text) != 0)
		return CCID_E_FORMAT;
	out->Data1 = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	out->Data2 = (uint16_t)(b[4] << 8 | b[5]);
	out->Data3 = (uint16_t)(b[6] << 8 | b[7]);
	for (size_t i = 0; i < 8; i++)
		out->Data4[i] = b[8 + i];
	return 0;
}

HRESULT ccid_guids_of_array(const SAFEARRAY *array, GUID **out, size_t *n)
{
	const BSTR *texts;
	size_t count;
	GUID *guids;

	*out = NULL;
	*n = 0;
	if (array == NULL)
		return S_OK;
	if (!ccid_safearray_holds(array, VT_BSTR))
		return E_INVALIDARG;
	count = array->rgsabound[0].cElements;
	texts = array->pvData;
	guids = count > 0 ? calloc(count, sizeof *guids) : NULL;
	if (guids == NULL)
		return count > 0 ? E_OUTOFMEMORY : S_OK;
	for (size_t i = 0; i < count; i++) {
		if (ccid_guid_from_text(&guids[i], texts[i], iscard_bstr_len(texts[i])) != 0) {
			free(guids);
			return E_INVALIDARG;
		}
	}
	*out = guids;
	*n = count;
	return S_OK;
}
