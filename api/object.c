/* SPDX-License-Identifier: MIT */
#include "object.h"

#include "err.h"

HRESULT ccid_object_query(void *self, atomic_ulong *refs, const IID *own, const IID *iid,
                          void **out)
{
	if (out == NULL)
		return E_POINTER;
	*out = NULL;
	if (iid == NULL)
		return E_POINTER;
	if (!iscard_guid_equal(iid, own) && !iscard_guid_equal(iid, &IID_IUnknown) &&
	    !iscard_guid_equal(iid, &IID_IDispatch))
		return E_NOINTERFACE;
	ccid_object_ref(refs);
	*out = self;
	return S_OK;
}

ULONG ccid_object_ref(atomic_ulong *refs)
{
	return atomic_fetch_add_explicit(refs, 1, memory_order_relaxed) + 1;
}

ULONG ccid_object_unref(atomic_ulong *refs)
{
	return atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel) - 1;
}

HRESULT ccid_object_result(int err)
{
	if (err >= 0)
		return S_OK;
	return err == CCID_E_NOMEM ? E_OUTOFMEMORY : E_INVALIDARG;
}

HRESULT ccid_no_type_info_count(UINT *count)
{
	if (count == NULL)
		return E_POINTER;
	*count = 0;
	return S_OK;
}

HRESULT ccid_no_type_info(ITypeInfo **out)
{
	if (out == NULL)
		return E_POINTER;
	*out = NULL;
	return E_NOTIMPL;
}
