/* SPDX-License-Identifier: MIT */
/* The service interfaces in C: each macro of the three reaches the method that it names. Needs no
 * reader. C twin of provider.cc. */
#include <stdio.h>

#include <iscard/iscard.h>

static int failures;

static void expect(const char *what, HRESULT hr, HRESULT want)
{
	if (hr == want)
		return;
	printf("%s: %08x, not %08x\n", what, (unsigned)hr, (unsigned)want);
	failures++;
}
#define EXPECT(call, want) expect(#call, call, want)

/* What each interface inherits, under its own name; released at the end. */
#define EXPECT_INHERITED(iface, p)                                                                 \
	do {                                                                                       \
		LPOLESTR unknown = u"NoSuchName";                                                  \
		ITypeInfo *info = NULL;                                                            \
		void *same = NULL;                                                                 \
		UINT n = 1;                                                                        \
		DISPID id;                                                                         \
                                                                                                   \
		EXPECT(iface##_QueryInterface(p, &IID_##iface, &same), S_OK);                      \
		EXPECT(same == (void *)(p) ? S_OK : E_FAIL, S_OK);                                 \
		EXPECT((HRESULT)iface##_Release(p), 1);                                            \
		EXPECT((HRESULT)iface##_AddRef(p), 2);                                             \
		EXPECT((HRESULT)iface##_Release(p), 1);                                            \
		EXPECT(iface##_GetTypeInfoCount(p, &n), S_OK);                                     \
		EXPECT(n == 0 ? S_OK : E_FAIL, S_OK);                                              \
		EXPECT(iface##_GetTypeInfo(p, 0, 0, &info), E_NOTIMPL);                            \
		EXPECT(iface##_GetIDsOfNames(p, &GUID_NULL, &unknown, 1, 0, &id),                  \
		       DISP_E_UNKNOWNNAME);                                                        \
		EXPECT(iface##_Invoke(p, 1, &GUID_NULL, 0, 0, NULL, NULL, NULL, NULL), E_NOTIMPL); \
		EXPECT((HRESULT)iface##_Release(p), 0);                                            \
	} while (0)

static void open_files(ISCardFileAccess *files, BSTR name, LPBYTEBUFFER buffer)
{
	HSCARD_FILE file = 1;
	LONG n = -1;

	EXPECT(ISCardFileAccess_Open(files, SC_TYPE_BY_ID, name, NULL), E_POINTER);
	EXPECT(ISCardFileAccess_Open(files, SC_TYPE_BY_ID, NULL, &file), E_INVALIDARG);
	EXPECT(ISCardFileAccess_Close(files, 1), E_INVALIDARG);
	EXPECT(ISCardFileAccess_Seek(files, 1, 0, (SEEKTYPE)3), E_INVALIDARG);
	EXPECT(ISCardFileAccess_Read(files, 1, &n, &buffer, SC_FL_NO_FLAGS), E_INVALIDARG);
	EXPECT(ISCardFileAccess_Write(files, 1, 1, NULL, SC_FL_NO_FLAGS), E_POINTER);
}

static void files_by_name(ISCardFileAccess *files, BSTR name, LPBYTEBUFFER buffer)
{
	TLV_TABLE tlv = {0, NULL};
	LPTLV_TABLE table = &tlv;
	LPSAFEARRAY list;
	LONG n = 1;

	EXPECT(ISCardFileAccess_Create(files, SC_TYPE_BY_ID, name, &table, &n, SC_FL_NO_FLAGS,
	                               buffer),
	       SCARD_E_UNSUPPORTED_FEATURE);
	EXPECT(ISCardFileAccess_Delete(files, SC_TYPE_BY_ID, name, SC_FL_NO_FLAGS), E_NOTIMPL);
	EXPECT(ISCardFileAccess_SetProperties(files, SC_TYPE_BY_ID, name, &tlv, 1, SC_FL_NO_FLAGS),
	       SCARD_E_UNSUPPORTED_FEATURE);
	EXPECT(ISCardFileAccess_GetProperties(files, SC_TYPE_BY_ID, name, &table, NULL,
	                                      SC_FL_NO_FLAGS),
	       E_POINTER);
	EXPECT(ISCardFileAccess_GetFileCapabilities(files, &table, &n, SC_FL_OR), E_INVALIDARG);
	EXPECT(ISCardFileAccess_Invalidate(files, NULL, SC_FL_NO_FLAGS), E_INVALIDARG);
	EXPECT(ISCardFileAccess_Rehabilitate(files, name, SC_FL_NO_FLAGS), SCARD_E_INVALID_HANDLE);
	EXPECT(ISCardFileAccess_ChangeDir(files, SC_TYPE_BY_SHORT_ID, name), E_INVALIDARG);
	EXPECT(ISCardFileAccess_Directory(files, SC_TYPE_FILES, &list), E_NOTIMPL);
	EXPECT(ISCardFileAccess_GetCurrentDir(files, NULL), E_POINTER);
	EXPECT(ISCardFileAccess_Initialize(files, &n), S_OK);
}

static void codes(ISCardVerify *verify, LPBYTEBUFFER code)
{
	SCARD_FLAGS both = (SCARD_FLAGS)(SC_FL_IHV_GLOBAL | SC_FL_IHV_LOCAL);
	LONG ref = 256;

	EXPECT(ISCardVerify_ChangeCode(verify, NULL, code, SC_FL_NO_FLAGS, 1), E_POINTER);
	EXPECT(ISCardVerify_Initialize(verify, NULL), E_POINTER);
	EXPECT(ISCardVerify_Unblock(verify, 1, SC_FL_NO_FLAGS, 1), E_INVALIDARG);
	EXPECT(ISCardVerify_Unblock(verify, 0, both, 1), E_INVALIDARG);
	EXPECT(ISCardVerify_ResetSecurityState(verify, SC_FL_NO_FLAGS), SCARD_E_INVALID_HANDLE);
	EXPECT(ISCardVerify_Verify(verify, code, SC_FL_NO_FLAGS, &ref), E_INVALIDARG);
}

static void authentication(ISCardAuth *auth, LPBYTEBUFFER buffer)
{
	LPBYTEBUFFER none = NULL;
	LONG n = 8;

	EXPECT(ISCardAuth_APP_Auth(auth, 0, NULL, NULL), E_POINTER);
	EXPECT(ISCardAuth_GetChallenge(auth, 256, NULL, &n, &none), SCARD_E_UNSUPPORTED_FEATURE);
	EXPECT(ISCardAuth_ICC_Auth(auth, 0, NULL, &n, &none), E_POINTER);
	EXPECT(ISCardAuth_Initialize(auth, &n), S_OK);
	n = 8;
	EXPECT(ISCardAuth_User_Auth(auth, 0, NULL, &n, &buffer), SCARD_E_INVALID_HANDLE);
}

int main(void)
{
	LPSCARDFILEACCESS files = NULL;
	LPSCARDVERIFY verify = NULL;
	LPSCARDAUTH auth = NULL;
	ISCardManage *manage = NULL;
	LPBYTEBUFFER buffer = NULL;
	BSTR name = SysAllocString(u"0101");

	EXPECT(CoCreateInstance(&CLSID_CSCardManage, NULL, CLSCTX_ALL, &IID_ISCardManage,
	                        (void **)&manage),
	       S_OK);
	EXPECT(ISCardManage_CreateFileAccess(manage, &files), S_OK);
	EXPECT(ISCardManage_CreateCHVerification(manage, &verify), S_OK);
	EXPECT(ISCardManage_CreateCardAuth(manage, &auth), S_OK);
	EXPECT(iscard_buffer_create("1234", 4, &buffer), S_OK);
	ISCardManage_Release(manage);
	open_files(files, name, buffer);
	files_by_name(files, name, buffer);
	codes(verify, buffer);
	authentication(auth, buffer);
	EXPECT_INHERITED(ISCardFileAccess, files);
	EXPECT_INHERITED(ISCardVerify, verify);
	EXPECT_INHERITED(ISCardAuth, auth);
	IByteBuffer_Release(buffer);
	SysFreeString(name);
	return failures;
}
