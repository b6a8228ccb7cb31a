/* SPDX-License-Identifier: MIT */
#include "services.h"

HRESULT ccid_services_new(struct ccid_iso **out, struct ccid_attachment *a)
{
	(void)a;
	*out = NULL;
	return S_OK;
}

void ccid_services_free(struct ccid_iso *services)
{
	(void)services;
}

HRESULT ccid_service_create(struct ccid_iso *services, IUnknown *owner, const IID *iid,
                            const OLECHAR *name, void **out)
{
	(void)services, (void)owner, (void)iid, (void)name, (void)out;
	return E_NOTIMPL;
}

HRESULT iscard_verify_unblock(ISCardVerify *verify, IByteBuffer *unblock_code,
                              IByteBuffer *new_code, SCARD_FLAGS flags, LONG ref)
{
	(void)unblock_code, (void)new_code, (void)flags, (void)ref;
	return verify == NULL ? E_POINTER : E_NOTIMPL;
}

LONG iscard_verify_tries(const ISCardVerify *verify)
{
	(void)verify;
	return -1;
}
