/* SPDX-License-Identifier: MIT */
/* ISCardFileAccess: directories, and what is asked of files by name. Open files: fileaccess_open.c. */
#include "fileaccess.h"

#include "directory.h"
#include "tlv_table.h"

#include <stdlib.h>

static void fileaccess_free(struct ccid_fileaccess *f)
{
	IUnknown *owner = f->owner;

	ccid_wipe(f, sizeof *f);
	free(f);
	IUnknown_Release(owner);
}

CCID_OBJECT_METHODS(ISCardFileAccess, struct ccid_fileaccess, &IID_ISCardFileAccess,
                    fileaccess_free)

static struct ccid_fileaccess *of(ISCardFileAccess *self)
{
	return (struct ccid_fileaccess *)self;
}

static HRESULT met(struct ccid_fileaccess *f, HRESULT hr)
{
	if (SUCCEEDED(hr) && f->life != f->iso->life) {
		f->life = f->iso->life;
		f->here = (struct ccid_place){0};
	}
	return hr;
}

HRESULT ccid_fileaccess_begin(struct ccid_fileaccess *f)
{
	return met(f, ccid_iso_begin(f->iso));
}

HRESULT ccid_fileaccess_look(struct ccid_fileaccess *f)
{
	return met(f, ccid_iso_look(f->iso));
}

/* The file must be one that SELECT takes. */
static HRESULT check(REFTYPE type, const OLECHAR *text)
{
	struct ccid_place ignored;

	if (type == SC_TYPE_BY_SHORT_ID)
		return E_INVALIDARG;
	return ccid_place_parse(&ignored, NULL, type, text);
}

static HRESULT change_dir(ISCardFileAccess *self, REFTYPE type, BSTR text)
{
	struct ccid_fileaccess *f = of(self);
	struct ccid_place dir;
	HRESULT hr = check(type, text);

	if (SUCCEEDED(hr))
		hr = ccid_fileaccess_begin(f);
	if (FAILED(hr))
		return hr;
	hr = ccid_place_parse(&dir, &f->here, type, text);
	if (SUCCEEDED(hr))
		hr = ccid_iso_enter(f->iso, &dir);
	if (SUCCEEDED(hr))
		f->here = dir;
	return ccid_iso_end(f->iso, hr == SCARD_E_FILE_NOT_FOUND ? SCARD_E_DIR_NOT_FOUND : hr);
}

static HRESULT create(ISCardFileAccess *self, REFTYPE type, BSTR text, LPTLV_TABLE *tlvs,
                      LONG *count, SCARD_FLAGS flags, LPBYTEBUFFER data)
{
	HRESULT hr = tlvs == NULL || count == NULL || data == NULL ? E_POINTER : S_OK;

	(void)self;
	if (SUCCEEDED(hr))
		hr = check(type, text);
	if (SUCCEEDED(hr))
		hr = ccid_service_flags(flags, SC_FL_PREALLOCATE);
	return FAILED(hr) ? hr : SCARD_E_UNSUPPORTED_FEATURE;
}

static HRESULT delete (ISCardFileAccess *self, REFTYPE type, BSTR text, SCARD_FLAGS flags)
{
	HRESULT hr = check(type, text);

	(void)self;
	if (SUCCEEDED(hr) &&
	    ccid_service_flags(flags, SC_FL_RECURSIVE | SC_FL_NON_RECURSIVE) == E_INVALIDARG)
		hr = E_INVALIDARG;
	return FAILED(hr) ? hr : E_NOTIMPL;
}

static HRESULT directory(ISCardFileAccess *self, FILETYPE type, LPSAFEARRAY *out)
{
	struct ccid_fileaccess *f = of(self);
	HRESULT hr;

	if (out == NULL)
		return E_POINTER;
	*out = NULL;
	if ((unsigned)type > SC_TYPE_VARIABLE_EF)
		return E_INVALIDARG;
	if (type != SC_TYPE_DIRECTORIES)
		return E_NOTIMPL;
	hr = ccid_fileaccess_begin(f);
	if (FAILED(hr))
		return hr;
	hr = f->here.aid_len == 0 && f->here.depth == 0 ? ccid_directory(f->iso, out) : E_NOTIMPL;
	return ccid_iso_end(f->iso, hr);
}

static HRESULT get_current_dir(ISCardFileAccess *self, BSTR *out)
{
	struct ccid_fileaccess *f = of(self);
	char text[CCID_PLACE_TEXT_MAX];
	HRESULT hr;

	if (out == NULL)
		return E_POINTER;
	*out = NULL;
	hr = ccid_fileaccess_look(f);
	if (FAILED(hr))
		return hr;
	ccid_place_text(&f->here, text);
	ccid_iso_end(f->iso, S_OK);
	*out = iscard_bstr_from_utf8(text);
	return *out != NULL ? S_OK : E_OUTOFMEMORY;
}

static HRESULT properties_of(struct ccid_iso *iso, const struct ccid_place *place,
                             LPTLV_TABLE *table, LONG *count)
{
	struct ccid_fcp fcp;
	HRESULT hr = place->sfi != 0 ? SCARD_E_UNSUPPORTED_FEATURE
	                             : ccid_iso_select(iso, place, false, &fcp);

	if (FAILED(hr))
		return hr;
	if (fcp.kind == CCID_FILE_UNKNOWN)
		iso->known = false; /* a DF, or an EF */
	if (iso->reply.len == 0)
		return SCARD_E_UNSUPPORTED_FEATURE;
	if (fcp.objects == NULL)
		return SCARD_E_UNEXPECTED;
	return ccid_tlv_table(fcp.objects, fcp.objects_len, table, count);
}

static HRESULT property_arguments(LPTLV_TABLE *table, LONG *count, SCARD_FLAGS flags)
{
	if (table != NULL)
		*table = NULL;
	if (count != NULL)
		*count = 0;
	if (table == NULL || count == NULL)
		return E_POINTER;
	return ccid_service_flags(flags, SC_FL_GET_ALL_PROPERTIES | SC_FL_PREALLOCATE);
}

static HRESULT get_properties(ISCardFileAccess *self, REFTYPE type, BSTR text, LPTLV_TABLE *table,
                              LONG *count, SCARD_FLAGS flags)
{
	struct ccid_fileaccess *f = of(self);
	struct ccid_place place;
	HRESULT hr = property_arguments(table, count, flags);

	if (hr != E_POINTER && FAILED(check(type, text)))
		return E_INVALIDARG;
	if (SUCCEEDED(hr))
		hr = ccid_fileaccess_begin(f);
	if (FAILED(hr))
		return hr;
	hr = ccid_place_parse(&place, &f->here, type, text);
	if (SUCCEEDED(hr))
		hr = properties_of(f->iso, &place, table, count);
	return ccid_iso_end(f->iso, hr);
}

static HRESULT get_file_capabilities(ISCardFileAccess *self, LPTLV_TABLE *table, LONG *count,
                                     SCARD_FLAGS flags)
{
	struct ccid_fileaccess *f = of(self);
	const struct ccid_iso_file *last;
	HRESULT hr = property_arguments(table, count, flags);

	if (SUCCEEDED(hr))
		hr = ccid_fileaccess_begin(f);
	if (FAILED(hr))
		return hr;
	last = ccid_fileaccess_last(f);
	hr = properties_of(f->iso, last != NULL ? &last->place : &f->here, table, count);
	return ccid_iso_end(f->iso, hr);
}

static HRESULT initialize(ISCardFileAccess *self, LONG *lp)
{
	(void)self;
	return lp == NULL ? E_POINTER : S_OK;
}

static HRESULT select_and_send(struct ccid_fileaccess *f, const OLECHAR *text, SCARD_FLAGS flags,
                               enum ccid_ins ins)
{
	struct ccid_place place;
	struct ccid_fcp fcp;
	HRESULT hr = check(SC_TYPE_BY_ID, text);

	if (SUCCEEDED(hr))
		hr = ccid_service_flags(flags, 0);
	if (SUCCEEDED(hr))
		hr = ccid_fileaccess_begin(f);
	if (FAILED(hr))
		return hr;
	hr = ccid_place_parse(&place, &f->here, SC_TYPE_BY_ID, text);
	if (SUCCEEDED(hr))
		hr = ccid_iso_select(f->iso, &place, false, &fcp);
	if (SUCCEEDED(hr))
		hr = ccid_iso_call(f->iso, ins, 0, 0, NULL, 0);
	f->iso->known = false; /* what the card has selected now is its own affair */
	return ccid_iso_end(f->iso, hr);
}

static HRESULT invalidate(ISCardFileAccess *self, BSTR text, SCARD_FLAGS flags)
{
	return select_and_send(of(self), text, flags, CCID_INS_DEACTIVATE_FILE);
}

static HRESULT rehabilitate(ISCardFileAccess *self, BSTR text, SCARD_FLAGS flags)
{
	return select_and_send(of(self), text, flags, CCID_INS_ACTIVATE_FILE);
}

static HRESULT set_properties(ISCardFileAccess *self, REFTYPE type, BSTR text, LPTLV_TABLE tlv,
                              LONG count, SCARD_FLAGS flags)
{
	HRESULT hr = tlv == NULL ? E_POINTER : count < 1 ? E_INVALIDARG : check(type, text);

	(void)self;
	if (SUCCEEDED(hr))
		hr = ccid_service_flags(flags, 0);
	return FAILED(hr) ? hr : SCARD_E_UNSUPPORTED_FEATURE;
}

static const ISCardFileAccessVtbl vtbl = {
	CCID_OBJECT_VTBL,
	.ChangeDir = change_dir,
	.Close = ccid_fileaccess_close,
	.Create = create,
	.Delete = delete,
	.Directory = directory,
	.GetCurrentDir = get_current_dir,
	.GetFileCapabilities = get_file_capabilities,
	.GetProperties = get_properties,
	.Initialize = initialize,
	.Invalidate = invalidate,
	.Open = ccid_fileaccess_open,
	.Read = ccid_fileaccess_read,
	.Rehabilitate = rehabilitate,
	.Seek = ccid_fileaccess_seek,
	.SetProperties = set_properties,
	.Write = ccid_fileaccess_write,
};

HRESULT ccid_fileaccess_new(void **out, IUnknown *owner, struct ccid_iso *iso)
{
	struct ccid_fileaccess *f = calloc(1, sizeof *f);

	*out = f;
	if (f == NULL)
		return E_OUTOFMEMORY;
	f->iface.lpVtbl = &vtbl;
	atomic_init(&f->refs, 1);
	IUnknown_AddRef(owner);
	f->owner = owner;
	f->iso = iso;
	return S_OK;
}
