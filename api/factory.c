/* SPDX-License-Identifier: MIT */
#include "attachment.h"
#include "bytebuffer.h"
#include "cmd.h"
#include "extended.h"

static HRESULT new_buffer(IUnknown **out, iscard_context *c)
{
	(void)c;
	return ccid_bytebuffer_new((IByteBuffer **)out);
}

static HRESULT new_cmd(IUnknown **out, iscard_context *c)
{
	(void)c;
	return ccid_cmd_new((ISCardCmd **)out);
}

static HRESULT new_card(IUnknown **out, iscard_context *c)
{
	return ccid_card_new((ISCard **)out, c);
}

static HRESULT new_manage(IUnknown **out, iscard_context *c)
{
	return ccid_manage_new((ISCardManage **)out, c);
}

#ifdef ISCARD_EXTENDED
static HRESULT new_iso7816(IUnknown **out, iscard_context *c)
{
	(void)c;
	return ccid_iso7816_new((ISCardISO7816 **)out);
}

static HRESULT new_typeconv(IUnknown **out, iscard_context *c)
{
	(void)c;
	return ccid_typeconv_new((ISCardTypeConv **)out);
}

static HRESULT new_database(IUnknown **out, iscard_context *c)
{
	return ccid_database_new((ISCardDatabase **)out, c);
}

static HRESULT new_locate(IUnknown **out, iscard_context *c)
{
	return ccid_locate_new((ISCardLocate **)out, c);
}
#endif

static const struct kind {
	const CLSID *clsid;
	HRESULT (*create)(IUnknown **out, iscard_context *c);
	bool needs_context; /* else it is mere memory, and no bad address is in its way */
} kinds[] = {
	{&CLSID_CSCard, new_card, true},
	{&CLSID_CSCardCmd, new_cmd, false},
	{&CLSID_CByteBuffer, new_buffer, false},
	{&CLSID_CSCardManage, new_manage, true},
#ifdef ISCARD_EXTENDED
	{&CLSID_CSCardISO7816, new_iso7816, false},
	{&CLSID_CSCardTypeConv, new_typeconv, false},
	{&CLSID_CSCardDatabase, new_database, true},
	{&CLSID_CSCardLocate, new_locate, true},
#endif
};

static const struct kind *find_kind(REFCLSID clsid)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (clsid != NULL && iscard_guid_equal(clsid, kinds[i].clsid))
			return &kinds[i];
	return NULL;
}

static HRESULT create(const struct kind *kind, iscard_context *context, REFIID iid, void **object)
{
	IUnknown *made = NULL;
	iscard_context *c = NULL;
	HRESULT hr = S_OK;

	if (kind->needs_context || context != NULL)
		hr = ccid_context_get(context, &c);
	if (FAILED(hr))
		return hr;
	hr = kind->create(&made, c);
	iscard_context_unref(c);
	if (FAILED(hr))
		return hr;
	hr = IUnknown_QueryInterface(made, iid, object);
	IUnknown_Release(made);
	return hr;
}

HRESULT iscard_context_create_instance(iscard_context *context, REFCLSID clsid, REFIID iid,
                                       void **object)
{
	const struct kind *kind = find_kind(clsid);

	if (object == NULL)
		return E_POINTER;
	*object = NULL;
	return kind != NULL ? create(kind, context, iid, object) : REGDB_E_CLASSNOTREG;
}

HRESULT iscard_create_instance(REFCLSID clsid, IUnknown *outer, DWORD clsctx, REFIID iid,
                               void **object)
{
	(void)clsctx;
	if (object == NULL)
		return E_POINTER;
	*object = NULL;
	if (find_kind(clsid) == NULL)
		return REGDB_E_CLASSNOTREG;
	if (outer != NULL)
		return CLASS_E_NOAGGREGATION;
	return iscard_context_create_instance(NULL, clsid, iid, object);
}

struct ccid_attachment *ccid_attachment_of(const void *object)
{
	struct ccid_attachment *a = NULL;

	if (object != NULL)
		a = ccid_card_attachment(object);
	if (object != NULL && a == NULL)
		a = ccid_manage_attachment(object);
	return a;
}

iscard_disposition_result iscard_last_disposition(const void *object)
{
	struct ccid_attachment *a = ccid_attachment_of(object);

	if (a == NULL)
		return ISCARD_DISPOSITION_NONE;
	return (iscard_disposition_result)atomic_load(&a->disposition);
}
