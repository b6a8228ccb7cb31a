/* SPDX-License-Identifier: MIT */
/* IUnknown, IDispatch, and the factory that makes objects.
 *
 * Objects are counted: creation, and every interface pointer that comes out of a call, gives one
 * reference, which the caller releases; pointers that go in are borrowed for the call. Any object
 * may be called from any thread. [out] pointers are never read, only overwritten: releasing what
 * they held before is the caller's.
 *
 * Each interface below is declared once, for C as a struct with a table of functions, for C++ as an
 * abstract class over the same table. C calls ISCard_Detach(p, LEAVE), C++ p->Detach(LEAVE). In C that
 * is a macro which evaluates p twice, as everywhere in COM: p is a name, not a call or an increment.
 * Objects carry no RTTI: dynamic_cast and typeid on them are undefined. */
#ifndef ISCARD_UNKNOWN_H
#define ISCARD_UNKNOWN_H

#include <iscard/errors.h>
#include <iscard/types.h>

/* How an interface is declared. ISCARD_SELF is its name; ISCARD_DEFAULT a C++ default argument. */
#ifdef __cplusplus
#define ISCARD_INTERFACE(name, base) struct name : public base
#define ISCARD_ROOT(name)            struct name
#define ISCARD_METHOD(name)          virtual HRESULT name
#define ISCARD_COUNT(name)           virtual ULONG name
#define ISCARD_THIS                  void
#define ISCARD_THIS_
#define ISCARD_PURE                  = 0
#define ISCARD_DEFAULT(value)        = value
#define ISCARD_INHERIT_IUNKNOWN
#define ISCARD_INHERIT_IDISPATCH
#else
#define ISCARD_INTERFACE(name, base) ISCARD_ROOT(name)
#define ISCARD_ROOT(name)                                                                          \
	struct name {                                                                              \
		const struct name##Vtbl *lpVtbl;                                                   \
	};                                                                                         \
	typedef struct name##Vtbl name##Vtbl;                                                      \
	struct name##Vtbl
#define ISCARD_METHOD(name) HRESULT(*name)
#define ISCARD_COUNT(name)  ULONG(*name)
#define ISCARD_THIS         ISCARD_SELF *This
#define ISCARD_THIS_        ISCARD_SELF *This,
#define ISCARD_PURE
#define ISCARD_DEFAULT(value)
#define ISCARD_INHERIT_IUNKNOWN                                                                    \
	HRESULT (*QueryInterface)(ISCARD_SELF * This, REFIID riid, void **ppvObject);              \
	ULONG (*AddRef)(ISCARD_SELF * This);                                                       \
	ULONG (*Release)(ISCARD_SELF * This);
#define ISCARD_INHERIT_IDISPATCH                                                                   \
	ISCARD_INHERIT_IUNKNOWN                                                                    \
	HRESULT (*GetTypeInfoCount)(ISCARD_SELF * This, UINT * pctinfo);                           \
	HRESULT (*GetTypeInfo)(ISCARD_SELF * This, UINT iTInfo, LCID lcid, ITypeInfo * *ppTInfo);  \
	HRESULT (*GetIDsOfNames)(ISCARD_SELF * This, REFIID riid, LPOLESTR * rgszNames,            \
	                         UINT cNames, LCID lcid, DISPID * rgDispId);                       \
	HRESULT (*Invoke)(ISCARD_SELF * This, DISPID dispIdMember, REFIID riid, LCID lcid,         \
	                  WORD wFlags, DISPPARAMS * pDispParams, VARIANT * pVarResult,             \
	                  EXCEPINFO * pExcepInfo, UINT * puArgErr);
#endif

ISCARD_C_BEGIN

typedef struct IUnknown IUnknown, *LPUNKNOWN;
typedef struct IDispatch IDispatch, *LPDISPATCH;
/* Named by IDispatch; this library neither takes nor gives any. */
typedef struct ITypeInfo ITypeInfo;
typedef struct tagDISPPARAMS DISPPARAMS;
typedef struct tagVARIANT VARIANT;
typedef struct tagEXCEPINFO EXCEPINFO;

#define ISCARD_SELF IUnknown
/* clang-format off */
ISCARD_ROOT(IUnknown) {
	/* Another interface of the same object. IID_IUnknown, IID_IDispatch and the object's own
	 * IID give the same pointer, with one more reference. E_NOINTERFACE with *ppvObject NULL;
	 * E_POINTER when ppvObject is NULL. */
	ISCARD_METHOD(QueryInterface)(ISCARD_THIS_ REFIID riid, void **ppvObject) ISCARD_PURE;

	/* One more reference; returns the new count (for diagnosis only). */
	ISCARD_COUNT(AddRef)(ISCARD_THIS) ISCARD_PURE;

	/* One reference less; the object goes with the last. Returns the new count. */
	ISCARD_COUNT(Release)(ISCARD_THIS) ISCARD_PURE;
};
#undef ISCARD_SELF

#define ISCARD_SELF IDispatch
ISCARD_INTERFACE(IDispatch, IUnknown) {
	ISCARD_INHERIT_IUNKNOWN

	/* There are no type libraries here: stores 0. E_POINTER. */
	ISCARD_METHOD(GetTypeInfoCount)(ISCARD_THIS_ UINT *pctinfo) ISCARD_PURE;

	/* E_NOTIMPL, *ppTInfo NULL. */
	ISCARD_METHOD(GetTypeInfo)(ISCARD_THIS_ UINT iTInfo, LCID lcid, ITypeInfo **ppTInfo)
		ISCARD_PURE;

	/* The number of a method, by its name in either case of letter: of IByteBuffer, ISCardManage
	 * and what it creates; no numbers of the others are known. riid is IID_NULL, lcid ignored.
	 * Names behind the first would be those of parameters, which have no numbers: -1.
	 * DISP_E_UNKNOWNNAME, DISP_E_UNKNOWNINTERFACE (riid), E_POINTER, E_INVALIDARG (cNames 0). */
	ISCARD_METHOD(GetIDsOfNames)(ISCARD_THIS_ REFIID riid, LPOLESTR *rgszNames, UINT cNames,
		LCID lcid, DISPID *rgDispId) ISCARD_PURE;

	/* E_NOTIMPL. */
	ISCARD_METHOD(Invoke)(ISCARD_THIS_ DISPID dispIdMember, REFIID riid, LCID lcid, WORD wFlags,
		DISPPARAMS *pDispParams, VARIANT *pVarResult, EXCEPINFO *pExcepInfo,
		UINT *puArgErr) ISCARD_PURE;
};
#undef ISCARD_SELF
/* clang-format on */

ISCARD_API extern const IID iscard_IID_IUnknown;
ISCARD_API extern const IID iscard_IID_IDispatch;
#define IID_IUnknown  iscard_IID_IUnknown
#define IID_IDispatch iscard_IID_IDispatch
/* All zero. */
ISCARD_API extern const IID iscard_IID_NULL;
#define IID_NULL  iscard_IID_NULL
#define GUID_NULL iscard_IID_NULL

/* Make an object of the process-wide default context (context.h), with one reference.
 *
 * clsid: CLSID_CSCard, CLSID_CSCardCmd, CLSID_CByteBuffer, CLSID_CSCardManage, and, unless the
 * library was built without (ISCARD_EXTENDED=OFF), CLSID_CSCardISO7816, CLSID_CSCardTypeConv,
 * CLSID_CSCardDatabase, CLSID_CSCardLocate; iid: one of the interfaces the object has; outer: NULL;
 * clsctx: ignored (CLSCTX_ALL). On failure *object is NULL.
 *
 * Creation needs no reader: it never fails because of USB.
 * E_POINTER object is NULL; REGDB_E_CLASSNOTREG no such class; CLASS_E_NOAGGREGATION outer is not
 * NULL; E_NOINTERFACE; E_OUTOFMEMORY; E_INVALIDARG (CSCard, CSCardManage, CSCardDatabase,
 * CSCardLocate): an address in ISCARD_READERS is malformed; the log says which.
 * Source: CoCreateInstance. */
ISCARD_API HRESULT iscard_create_instance(REFCLSID clsid, IUnknown *outer, DWORD clsctx, REFIID iid,
                                          void **object);

#define CoCreateInstance iscard_create_instance

#define CLSCTX_INPROC_SERVER 0x1
#define CLSCTX_ALL           0x17

/* Whether two GUIDs are the same. */
static inline int iscard_guid_equal(const GUID *a, const GUID *b)
{
	return __builtin_memcmp(a, b, sizeof *a) == 0;
}

ISCARD_C_END

#if !defined(__cplusplus)
#define IUnknown_QueryInterface(p, iid, object) ((p)->lpVtbl->QueryInterface(p, iid, object))
#define IUnknown_AddRef(p)                      ((p)->lpVtbl->AddRef(p))
#define IUnknown_Release(p)                     ((p)->lpVtbl->Release(p))
#endif

#endif
