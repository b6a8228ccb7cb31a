/* SPDX-License-Identifier: MIT */
/* What all COM objects of this library share: counting, QueryInterface, and an IDispatch without
 * type information. */
#ifndef CCID_OBJECT_H
#define CCID_OBJECT_H

#include <iscard/unknown.h>

#include <stdatomic.h>

/* QueryInterface of an object with one interface, own. */
HRESULT ccid_object_query(void *self, atomic_ulong *refs, const IID *own, const IID *iid,
                          void **out);

ULONG ccid_object_ref(atomic_ulong *refs);

/* The new count; at 0 the caller frees the object. */
ULONG ccid_object_unref(atomic_ulong *refs);

/* The HRESULT of CCID_OK, CCID_E_NOMEM or CCID_E_ARG from code without a reader. */
HRESULT ccid_object_result(int err);

HRESULT ccid_no_type_info_count(UINT *count);
HRESULT ccid_no_type_info(ITypeInfo **out);

/* GetIDsOfNames of the interface own; dispid.c. */
HRESULT ccid_object_ids(const IID *own, const IID *riid, LPOLESTR *names, UINT n, DISPID *ids);

/* Define the seven inherited methods for an implementation whose interface is the first member and
 * whose count is the member refs. fini(struct *) frees it. */
#define CCID_OBJECT_METHODS(iface, type, iid, fini)                                                \
	static HRESULT query_interface(iface *self, const IID *riid, void **out)                   \
	{                                                                                          \
		return ccid_object_query(self, &((type *)self)->refs, iid, riid, out);             \
	}                                                                                          \
	static ULONG add_ref(iface *self)                                                          \
	{                                                                                          \
		return ccid_object_ref(&((type *)self)->refs);                                     \
	}                                                                                          \
	static ULONG release(iface *self)                                                          \
	{                                                                                          \
		ULONG left = ccid_object_unref(&((type *)self)->refs);                             \
                                                                                                   \
		if (left == 0)                                                                     \
			fini((type *)self);                                                        \
		return left;                                                                       \
	}                                                                                          \
	static HRESULT get_type_info_count(iface *self, UINT *count)                               \
	{                                                                                          \
		(void)self;                                                                        \
		return ccid_no_type_info_count(count);                                             \
	}                                                                                          \
	static HRESULT get_type_info(iface *self, UINT index, LCID lcid, ITypeInfo **out)          \
	{                                                                                          \
		(void)self, (void)index, (void)lcid;                                               \
		return ccid_no_type_info(out);                                                     \
	}                                                                                          \
	static HRESULT get_ids_of_names(iface *self, const IID *riid, LPOLESTR *names, UINT n,     \
	                                LCID lcid, DISPID *ids)                                    \
	{                                                                                          \
		(void)self, (void)lcid;                                                            \
		return ccid_object_ids(iid, riid, names, n, ids);                                  \
	}                                                                                          \
	static HRESULT invoke(iface *self, DISPID id, const IID *riid, LCID lcid, WORD flags,      \
	                      DISPPARAMS *params, VARIANT *result, EXCEPINFO *excep, UINT *arg)    \
	{                                                                                          \
		(void)self, (void)id, (void)riid, (void)lcid, (void)flags, (void)params;           \
		(void)result, (void)excep, (void)arg;                                              \
		return E_NOTIMPL;                                                                  \
	}

#define CCID_OBJECT_VTBL                                                                           \
	.QueryInterface = query_interface, .AddRef = add_ref, .Release = release,                  \
	.GetTypeInfoCount = get_type_info_count, .GetTypeInfo = get_type_info,                     \
	.GetIDsOfNames = get_ids_of_names, .Invoke = invoke

#endif
