/* SPDX-License-Identifier: MIT */
#include "services.h"

#include "iso_card.h"
#include "service.h"

static const struct kind {
	const IID *iid;
	HRESULT (*create)(void **out, IUnknown *owner, struct ccid_iso *iso);
} kinds[] = {
	{&IID_ISCardFileAccess, ccid_fileaccess_new},
	{&IID_ISCardVerify, ccid_verify_new},
	{&IID_ISCardAuth, ccid_auth_new},
};

HRESULT ccid_services_new(struct ccid_iso **out, struct ccid_attachment *a)
{
	*out = ccid_iso_new(a);
	return *out != NULL ? S_OK : E_OUTOFMEMORY;
}

void ccid_services_free(struct ccid_iso *services)
{
	ccid_iso_free(services);
}

static HRESULT by_name(const OLECHAR *name)
{
	static const OLECHAR standard[] = u"CryptoProvider";
	size_t i = 0;

	if (name == NULL)
		return E_INVALIDARG;
	while (name[i] != 0 && name[i] == standard[i])
		i++;
	return name[i] == standard[i] ? SCARD_E_UNSUPPORTED_FEATURE : E_INVALIDARG;
}

HRESULT ccid_service_create(struct ccid_iso *services, IUnknown *owner, const IID *iid,
                            const OLECHAR *name, void **out)
{
	if (iscard_guid_equal(iid, &GUID_NULL))
		return by_name(name);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (iscard_guid_equal(iid, kinds[i].iid))
			return kinds[i].create(out, owner, services);
	return E_INVALIDARG;
}

HRESULT ccid_service_flags(SCARD_FLAGS flags, unsigned allowed)
{
	unsigned set = (unsigned)flags;

	if (set & ~(allowed | SC_FL_SECURE_MESSAGING))
		return E_INVALIDARG;
	return set & SC_FL_SECURE_MESSAGING ? SCARD_E_UNSUPPORTED_FEATURE : S_OK;
}
