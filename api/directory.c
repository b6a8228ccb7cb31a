/* SPDX-License-Identifier: MIT */
#include "directory.h"

#include "result.h"

#include <string.h>

#define EF_DIR      0x2F00
#define RECORDS_MAX 254

/* All records, one behind the other; a transparent EF is read at once. */
static HRESULT read_all(struct ccid_iso *iso, struct ccid_iso_file *f, struct ccid_blob *out)
{
	struct ccid_blob piece = {0};
	HRESULT hr = S_OK;

	for (unsigned i = 0; i < RECORDS_MAX && SUCCEEDED(hr); i++) {
		size_t had = out->len;
		LONG all = 0;

		ccid_blob_clear(&piece);
		hr = ccid_iso_file_read(iso, f, &all, &piece);
		if (SUCCEEDED(hr))
			hr = ccid_result(ccid_blob_resize(out, had + piece.len), CCID_ATTACHED);
		if (SUCCEEDED(hr) && piece.len > 0)
			memcpy(out->p + had, piece.p, piece.len);
		if (!f->records)
			break;
	}
	ccid_blob_free(&piece);
	return hr == SCARD_W_EOF ? S_OK : hr;
}

static HRESULT count_applications(const struct ccid_blob *dir, ULONG *count)
{
	struct ccid_rd r = ccid_rd(dir->p, dir->len);
	struct ccid_application a;
	int rc;

	*count = 0;
	while ((rc = ccid_application_next(&r, &a)) > 0)
		++*count;
	return rc < 0 ? SCARD_E_UNEXPECTED : S_OK;
}

static BSTR name_of(const struct ccid_application *a)
{
	struct ccid_place p = {.aid_len = (uint8_t)a->aid_len};
	char text[CCID_PLACE_TEXT_MAX];

	memcpy(p.aid, a->aid, a->aid_len);
	ccid_place_text(&p, text);
	return iscard_bstr_from_utf8(text);
}

static HRESULT list(const struct ccid_blob *dir, SAFEARRAY *array)
{
	struct ccid_rd r = ccid_rd(dir->p, dir->len);
	struct ccid_application a;
	BSTR *names;
	HRESULT hr = SafeArrayAccessData(array, (void **)&names);

	if (FAILED(hr))
		return hr;
	for (ULONG i = 0; i < array->rgsabound[0].cElements && SUCCEEDED(hr); i++) {
		if (ccid_application_next(&r, &a) <= 0)
			break;
		names[i] = name_of(&a);
		if (names[i] == NULL)
			hr = E_OUTOFMEMORY;
	}
	SafeArrayUnaccessData(array);
	return hr;
}

static HRESULT array_of(const struct ccid_blob *dir, LPSAFEARRAY *out)
{
	ULONG count;
	HRESULT hr = count_applications(dir, &count);

	if (FAILED(hr))
		return hr;
	*out = SafeArrayCreateVector(VT_BSTR, 0, count);
	if (*out == NULL)
		return E_OUTOFMEMORY;
	hr = list(dir, *out);
	if (FAILED(hr)) {
		SafeArrayDestroy(*out);
		*out = NULL;
	}
	return hr;
}

HRESULT ccid_directory(struct ccid_iso *iso, LPSAFEARRAY *out)
{
	const struct ccid_place place = {.id = {EF_DIR}, .depth = 1};
	struct ccid_iso_file file;
	struct ccid_blob dir = {0};
	HRESULT hr = ccid_iso_file_open(iso, &file, &place);

	if (SUCCEEDED(hr))
		hr = read_all(iso, &file, &dir);
	if (SUCCEEDED(hr))
		hr = array_of(&dir, out);
	ccid_blob_free(&dir);
	return hr;
}
