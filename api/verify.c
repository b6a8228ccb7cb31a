/* SPDX-License-Identifier: MIT */
#include "bytebuffer.h"
#include "service.h"

#include <stdlib.h>
#include <string.h>

#define CODE_MAX 255 /* of one command */
#define WHERE    ((unsigned)SC_FL_IHV_GLOBAL | SC_FL_IHV_LOCAL)
#define LOCAL    0x80u /* in P2 */

struct verify {
	ISCardVerify iface;
	atomic_ulong refs;
	IUnknown *owner;
	struct ccid_iso *iso;
	atomic_long tries;
};

static void verify_free(struct verify *v)
{
	IUnknown *owner = v->owner;

	free(v);
	IUnknown_Release(owner);
}

CCID_OBJECT_METHODS(ISCardVerify, struct verify, &IID_ISCardVerify, verify_free)

static struct verify *of(ISCardVerify *self)
{
	return (struct verify *)self;
}

/* P2 of the commands. */
static HRESULT reference(SCARD_FLAGS flags, unsigned also, LONG ref, unsigned *p2)
{
	unsigned where = (unsigned)flags & WHERE;
	HRESULT hr = ccid_service_flags(flags, WHERE | also);

	if (where == WHERE || ref < 0 || ref > (where != 0 ? 31 : 255))
		return E_INVALIDARG;
	*p2 = (unsigned)ref | (where == SC_FL_IHV_LOCAL ? LOCAL : 0);
	return hr;
}

/* A code behind what data holds already; together at most what fits into a command. */
static HRESULT add_code(IByteBuffer *buffer, bool may_be_empty, struct ccid_blob *data)
{
	struct ccid_blob code = {0};
	size_t had = data->len;
	HRESULT hr = ccid_bytebuffer_content(buffer, CODE_MAX - had, &code);

	if (SUCCEEDED(hr) && code.len == 0 && !may_be_empty)
		hr = E_INVALIDARG;
	if (SUCCEEDED(hr))
		hr = ccid_object_result(ccid_blob_resize(data, had + code.len));
	if (SUCCEEDED(hr) && code.len > 0)
		memcpy(data->p + had, code.p, code.len);
	ccid_blob_free(&code);
	return hr;
}

static LONG tries_in(unsigned sw)
{
	if ((sw & 0xFFF0) == 0x63C0)
		return (LONG)(sw & 0xF);
	return sw == 0x6983 ? 0 : -1;
}

static HRESULT send(struct verify *v, enum ccid_ins ins, unsigned p1, unsigned p2,
                    const struct ccid_blob *data)
{
	HRESULT hr = ccid_iso_begin(v->iso);

	if (FAILED(hr))
		return hr;
	hr = ccid_iso_call(v->iso, ins, p1, p2, data, 0);
	atomic_store(&v->tries, tries_in(v->iso->sw));
	return ccid_iso_end(v->iso, hr);
}

static HRESULT change_code(ISCardVerify *self, LPBYTEBUFFER old, LPBYTEBUFFER new,
                           SCARD_FLAGS flags, LONG ref)
{
	struct ccid_blob data = {0};
	unsigned p1 = 0, p2 = 0;
	HRESULT hr = old == NULL || new == NULL ? E_POINTER
	                                        : reference(flags, SC_FL_IHV_CHANGE, ref, &p2);

	if (SUCCEEDED(hr))
		hr = add_code(old, true, &data);
	p1 = data.len == 0;
	if (SUCCEEDED(hr))
		hr = add_code(new, false, &data);
	if (SUCCEEDED(hr))
		hr = send(of(self), CCID_INS_CHANGE_REFERENCE_DATA, p1, p2, &data);
	ccid_blob_free(&data);
	return hr;
}

static HRESULT initialize(ISCardVerify *self, LONG *lp)
{
	(void)self;
	return lp == NULL ? E_POINTER : S_OK;
}

static HRESULT unblock(ISCardVerify *self, LONG vendor, SCARD_FLAGS flags, LONG ref)
{
	unsigned p2 = 0;
	HRESULT hr = vendor != 0 ? E_INVALIDARG : reference(flags, 0, ref, &p2);

	return FAILED(hr) ? hr : send(of(self), CCID_INS_RESET_RETRY_COUNTER, 3, p2, NULL);
}

static HRESULT reset_security_state(ISCardVerify *self, SCARD_FLAGS flags)
{
	struct ccid_iso *iso = of(self)->iso;
	iscard_disposition_result ignored;
	SCARD_SHARE_MODES mode;
	HRESULT hr = ccid_service_flags(flags, 0);

	if (SUCCEEDED(hr))
		hr = ccid_iso_begin(iso);
	if (FAILED(hr))
		return hr;
	hr = ccid_session_share_mode(iso->session, &mode);
	if (SUCCEEDED(hr))
		hr = ccid_session_reattach(iso->session, mode, ISCARD_RESET, &ignored);
	return ccid_iso_end(iso, hr);
}

static HRESULT check_only(struct verify *v, unsigned p2)
{
	HRESULT hr = send(v, CCID_INS_VERIFY, 0, p2, NULL);

	return hr == SCARD_W_WRONG_CHV ? SCARD_W_CARD_NOT_AUTHENTICATED : hr;
}

static HRESULT verify_ins(SCARD_FLAGS flags, enum ccid_ins *ins)
{
	switch ((unsigned)flags & (SC_FL_IHV_ENABLE | SC_FL_IHV_DISABLE | SC_FL_IHV_CHECKONLY)) {
	case 0:
	case SC_FL_IHV_CHECKONLY: *ins = CCID_INS_VERIFY; return S_OK;
	case SC_FL_IHV_ENABLE: *ins = CCID_INS_ENABLE_VERIFICATION; return S_OK;
	case SC_FL_IHV_DISABLE: *ins = CCID_INS_DISABLE_VERIFICATION; return S_OK;
	default: return E_INVALIDARG;
	}
}

static HRESULT verify(ISCardVerify *self, LPBYTEBUFFER code, SCARD_FLAGS flags, LONG *ref)
{
	bool asks = ((unsigned)flags & SC_FL_IHV_CHECKONLY) != 0;
	enum ccid_ins ins = CCID_INS_VERIFY;
	struct ccid_blob data = {0};
	unsigned p2 = 0;
	HRESULT hr = ref == NULL || (code == NULL && !asks) ? E_POINTER : verify_ins(flags, &ins);

	if (SUCCEEDED(hr))
		hr = reference(flags, SC_FL_IHV_ENABLE | SC_FL_IHV_DISABLE | SC_FL_IHV_CHECKONLY,
		               *ref, &p2);
	if (FAILED(hr))
		return hr;
	if (asks)
		return check_only(of(self), p2);
	hr = add_code(code, false, &data);
	if (SUCCEEDED(hr))
		hr = send(of(self), ins, 0, p2, &data);
	ccid_blob_free(&data);
	return hr;
}

static const ISCardVerifyVtbl vtbl = {
	CCID_OBJECT_VTBL,
	.ChangeCode = change_code,
	.Initialize = initialize,
	.Unblock = unblock,
	.ResetSecurityState = reset_security_state,
	.Verify = verify,
};

HRESULT ccid_verify_new(void **out, IUnknown *owner, struct ccid_iso *iso)
{
	struct verify *v = calloc(1, sizeof *v);

	*out = v;
	if (v == NULL)
		return E_OUTOFMEMORY;
	v->iface.lpVtbl = &vtbl;
	atomic_init(&v->refs, 1);
	atomic_init(&v->tries, -1);
	IUnknown_AddRef(owner);
	v->owner = owner;
	v->iso = iso;
	return S_OK;
}

HRESULT iscard_verify_unblock(ISCardVerify *self, IByteBuffer *unblock_code, IByteBuffer *new_code,
                              SCARD_FLAGS flags, LONG ref)
{
	unsigned p1 = unblock_code == NULL ? 2 : new_code == NULL ? 1 : 0, p2 = 0;
	struct ccid_blob data = {0};
	HRESULT hr;

	if (self == NULL)
		return E_POINTER;
	if (self->lpVtbl != &vtbl || (unblock_code == NULL && new_code == NULL))
		return E_INVALIDARG;
	hr = reference(flags, 0, ref, &p2);
	if (SUCCEEDED(hr) && unblock_code != NULL)
		hr = add_code(unblock_code, false, &data);
	if (SUCCEEDED(hr) && new_code != NULL)
		hr = add_code(new_code, false, &data);
	if (SUCCEEDED(hr))
		hr = send(of(self), CCID_INS_RESET_RETRY_COUNTER, p1, p2, &data);
	ccid_blob_free(&data);
	return hr;
}

LONG iscard_verify_tries(const ISCardVerify *self)
{
	if (self == NULL || self->lpVtbl != &vtbl)
		return -1;
	return atomic_load(&((const struct verify *)self)->tries);
}
