/* SPDX-License-Identifier: MIT */
#include "attachment.h"
#include "bytebuffer.h"
#include "cmd.h"

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

static const struct class
{
	const CLSID *clsid;
	HRESULT (*create)(IUnknown **out, iscard_context *c);
} classes[] = {
	{&CLSID_CSCard, new_card},
	{&CLSID_CSCardCmd, new_cmd},
	{&CLSID_CByteBuffer, new_buffer},
	{&CLSID_CSCardManage, new_manage},
};

static const struct class *find_class(REFCLSID clsid)
{
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
		if (clsid != NULL && iscard_guid_equal(clsid, classes[i].clsid))
			return &classes[i];
	return NULL;
}

static HRESULT create(const struct class *class, iscard_context *context, REFIID iid, void **object)
{
	IUnknown *made = NULL;
	iscard_context *c;
	HRESULT hr = ccid_context_get(context, &c);

	if (FAILED(hr))
		return hr;
	hr = class->create(&made, c);
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
	const struct class *class = find_class(clsid);

	if (object == NULL)
		return E_POINTER;
	*object = NULL;
	return class != NULL ? create(class, context, iid, object) : REGDB_E_CLASSNOTREG;
}

HRESULT iscard_create_instance(REFCLSID clsid, IUnknown *outer, DWORD clsctx, REFIID iid,
                               void **object)
{
	(void)clsctx;
	if (object == NULL)
		return E_POINTER;
	*object = NULL;
	if (find_class(clsid) == NULL)
		return REGDB_E_CLASSNOTREG;
	if (outer != NULL)
		return CLASS_E_NOAGGREGATION;
	return iscard_context_create_instance(NULL, clsid, iid, object);
}

iscard_disposition_result iscard_last_disposition(const void *object)
{
	struct ccid_attachment *a = NULL;

	if (object != NULL)
		a = ccid_card_attachment(object);
	if (object != NULL && a == NULL)
		a = ccid_manage_attachment(object);
	if (a == NULL)
		return ISCARD_DISPOSITION_NONE;
	return (iscard_disposition_result)atomic_load(&a->disposition);
}
