/* SPDX-License-Identifier: MIT */
/* ISCardManage: another interface in front of an attachment. */
#include "attachment.h"
#include "object.h"
#include "services.h"

#include <stdlib.h>

struct manage {
	ISCardManage iface;
	atomic_ulong refs;
	struct ccid_attachment attachment;
	struct ccid_iso *services;
};

static void manage_free(struct manage *m)
{
	ccid_services_free(m->services);
	ccid_attachment_fini(&m->attachment);
	free(m);
}

CCID_OBJECT_METHODS(ISCardManage, struct manage, &IID_ISCardManage, manage_free)

static struct ccid_attachment *of(ISCardManage *self)
{
	return &((struct manage *)self)->attachment;
}

static HRESULT attach_by_handle(ISCardManage *self, HSCARD handle)
{
	return ccid_attachment_by_handle(of(self), handle);
}

static HRESULT attach_by_ifd(ISCardManage *self, BSTR name, SCARD_SHARE_MODES mode)
{
	return ccid_attachment_by_name(of(self), name, mode,
	                               (SCARD_PROTOCOLS)(ISCARD_T0 | ISCARD_T1));
}

static HRESULT create_service(ISCardManage *self, const IID *iid, const OLECHAR *name, void **out)
{
	*out = NULL;
	return ccid_service_create(((struct manage *)self)->services, (IUnknown *)self, iid, name,
	                           out);
}

static HRESULT create_file_access(ISCardManage *self, ISCardFileAccess **out)
{
	if (out == NULL)
		return E_POINTER;
	return create_service(self, &IID_ISCardFileAccess, NULL, (void **)out);
}

static HRESULT create_card_auth(ISCardManage *self, ISCardAuth **out)
{
	if (out == NULL)
		return E_POINTER;
	return create_service(self, &IID_ISCardAuth, NULL, (void **)out);
}

static HRESULT create_chv(ISCardManage *self, ISCardVerify **out)
{
	if (out == NULL)
		return E_POINTER;
	return create_service(self, &IID_ISCardVerify, NULL, (void **)out);
}

static HRESULT create_interface(ISCardManage *self, LPGUID guid, BSTR name, LONG *user,
                                LPUNKNOWN *out)
{
	if (out != NULL)
		*out = NULL;
	if (out == NULL || guid == NULL || user == NULL)
		return E_POINTER;
	return create_service(self, guid, name, (void **)out);
}

static HRESULT detach(ISCardManage *self)
{
	return ccid_attachment_detach(of(self), ISCARD_LEAVE);
}

static HRESULT scard_lock(ISCardManage *self)
{
	return ccid_attachment_lock(of(self));
}

static HRESULT reconnect(ISCardManage *self)
{
	return ccid_attachment_reconnect(of(self));
}

/* With an event pending there is a state and no protocol. */
static HRESULT status(ISCardManage *self, SCARD_STATES *state, SCARD_PROTOCOLS *protocol)
{
	HRESULT hr;

	if (state != NULL)
		*state = (SCARD_STATES)0;
	if (protocol != NULL)
		*protocol = (SCARD_PROTOCOLS)0;
	if (state == NULL || protocol == NULL)
		return E_POINTER;
	hr = ccid_attachment_status(of(self), state);
	if (FAILED(hr))
		return hr;
	hr = ccid_attachment_card(of(self), protocol, NULL);
	if (hr == SCARD_W_RESET_CARD || hr == SCARD_W_REMOVED_CARD)
		return S_OK;
	if (FAILED(hr))
		*state = (SCARD_STATES)0;
	return hr;
}

static HRESULT scard_unlock(ISCardManage *self, SCARD_DISPOSITIONS disposition)
{
	return ccid_attachment_unlock(of(self), disposition);
}

static const ISCardManageVtbl vtbl = {
	CCID_OBJECT_VTBL,
	.AttachByHandle = attach_by_handle,
	.AttachByIFD = attach_by_ifd,
	.CreateFileAccess = create_file_access,
	.CreateCardAuth = create_card_auth,
	.CreateCHVerification = create_chv,
	.Detach = detach,
	.SCardLock = scard_lock,
	.Reconnect = reconnect,
	.Status = status,
	.SCardUnlock = scard_unlock,
	.CreateInterface = create_interface,
};

HRESULT ccid_manage_new(ISCardManage **out, iscard_context *c)
{
	struct manage *m = calloc(1, sizeof *m);

	*out = NULL;
	if (m == NULL)
		return E_OUTOFMEMORY;
	m->iface.lpVtbl = &vtbl;
	atomic_init(&m->refs, 1);
	if (FAILED(ccid_services_new(&m->services, &m->attachment))) {
		free(m);
		return E_OUTOFMEMORY;
	}
	ccid_attachment_init(&m->attachment, c);
	*out = &m->iface;
	return S_OK;
}

struct ccid_attachment *ccid_manage_attachment(const void *object)
{
	ISCardManage *manage = (ISCardManage *)(uintptr_t)object;

	return manage->lpVtbl == &vtbl ? of(manage) : NULL;
}
