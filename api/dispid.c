/* SPDX-License-Identifier: MIT */
/* Names of methods and their published numbers: of IByteBuffer and of what a service provider
 * implements. The other interfaces have none that are known. */
#include "object.h"

#include <iscard/provider.h>
#include <stdbool.h>

#define DISPID_UNKNOWN (-1)

static const char *const bytebuffer[] = {
	"Stream", "Clone", "Commit",  "CopyTo", "Initialize",   "LockRegion", "Read",
	"Revert", "Seek",  "SetSize", "Stat",   "UnlockRegion", "Write"};

static const char *const manage[] = {"AttachByHandle",
                                     "AttachByIFD",
                                     "CreateFileAccess",
                                     "CreateCardAuth",
                                     "CreateCHVerification",
                                     "Detach",
                                     "SCardLock",
                                     "Reconnect",
                                     "Status",
                                     "SCardUnlock",
                                     "CreateInterface"};

static const char *const auth[] = {"APP_Auth", "GetChallenge", "ICC_Auth", "Initialize",
                                   "User_Auth"};

static const char *const verify[] = {"ChangeCode", "Initialize", "Unblock", "ResetSecurityState",
                                     "Verify"};

static const char *const file_access[] = {"ChangeDir",
                                          "Close",
                                          "Create",
                                          "Delete",
                                          "Directory",
                                          "GetCurrentDir",
                                          "GetFileCapabilities",
                                          "GetProperties",
                                          "Initialize",
                                          "Invalidate",
                                          "Open",
                                          "Read",
                                          "Rehabilitate",
                                          "Seek",
                                          "SetProperties",
                                          "Write"};

#define ROW(iid, names, first)                                                                     \
	{                                                                                          \
		iid, names, sizeof(names) / sizeof *(names), first                                 \
	}

static const struct row {
	const IID *iid;
	const char *const *names;
	size_t n;
	DISPID first;
} rows[] = {
	ROW(&IID_IByteBuffer, bytebuffer, 0),
	ROW(&IID_ISCardManage, manage, 1),
	ROW(&IID_ISCardAuth, auth, 1),
	ROW(&IID_ISCardVerify, verify, 1),
	ROW(&IID_ISCardFileAccess, file_access, 1),
};

static unsigned lower(unsigned c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool same(const char *name, const OLECHAR *text)
{
	while (*name != '\0' && lower((unsigned char)*name) == lower(*text)) {
		name++;
		text++;
	}
	return *name == '\0' && *text == 0;
}

static DISPID find(const struct row *r, const OLECHAR *text)
{
	for (size_t i = 0; i < r->n; i++)
		if (same(r->names[i], text))
			return r->first + (DISPID)i;
	return DISPID_UNKNOWN;
}

static DISPID id_of(const IID *iid, const OLECHAR *text)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (text != NULL && iscard_guid_equal(iid, rows[i].iid))
			return find(&rows[i], text);
	return DISPID_UNKNOWN;
}

HRESULT ccid_object_ids(const IID *own, const IID *riid, LPOLESTR *names, UINT n, DISPID *ids)
{
	if (names == NULL || ids == NULL)
		return E_POINTER;
	for (UINT i = 0; i < n; i++)
		ids[i] = DISPID_UNKNOWN;
	if (riid == NULL || !iscard_guid_equal(riid, &IID_NULL))
		return DISP_E_UNKNOWNINTERFACE;
	if (n == 0)
		return E_INVALIDARG;
	ids[0] = id_of(own, names[0]);
	return ids[0] != DISPID_UNKNOWN && n == 1 ? S_OK : DISP_E_UNKNOWNNAME;
}
