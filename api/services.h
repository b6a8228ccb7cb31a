/* SPDX-License-Identifier: MIT */
/* The service interfaces behind ISCardManage's Create methods (provider.h). Built without
 * ISCARD_EXTENDED there are none: services_none.c. */
#ifndef CCID_SERVICES_H
#define CCID_SERVICES_H

#include "attachment.h"

#include <iscard/provider.h>

struct ccid_iso;

/* What the interfaces of one ISCardManage share; the attachment outlives it. NULL is good enough
 * when there are none. E_OUTOFMEMORY. */
HRESULT ccid_services_new(struct ccid_iso **out, struct ccid_attachment *a);
void ccid_services_free(struct ccid_iso *services);

/* An interface by its IID, or by name with GUID_NULL; a reference on owner, the ISCardManage, goes
 * with it. As ISCardManage::CreateInterface, pointers checked. */
HRESULT ccid_service_create(struct ccid_iso *services, IUnknown *owner, const IID *iid,
                            const OLECHAR *name, void **out);

#endif
