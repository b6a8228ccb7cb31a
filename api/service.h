/* SPDX-License-Identifier: MIT */
/* What the three service interfaces have in common. */
#ifndef CCID_SERVICE_H
#define CCID_SERVICE_H

#include "iso_card.h"
#include "object.h"

/* Each takes a reference on owner. E_OUTOFMEMORY. */
HRESULT ccid_fileaccess_new(void **out, IUnknown *owner, struct ccid_iso *iso);
HRESULT ccid_verify_new(void **out, IUnknown *owner, struct ccid_iso *iso);
HRESULT ccid_auth_new(void **out, IUnknown *owner, struct ccid_iso *iso);

/* E_INVALIDARG for a flag that is not allowed, else SCARD_E_UNSUPPORTED_FEATURE for secure
 * messaging. */
HRESULT ccid_service_flags(SCARD_FLAGS flags, unsigned allowed);

#endif
