// SPDX-License-Identifier: MIT
// The service interfaces in C++: signatures as the type library has them, and calls that reach the
// methods they name. Needs no reader.
#include <cstdio>
#include <type_traits>

#include <iscard/iscard.h>

#define METHOD(iface, method, ...)                                                                 \
	static_assert(                                                                             \
		std::is_same<decltype(&iface::method), HRESULT (iface::*)(__VA_ARGS__)>::value,    \
		#iface "::" #method)

METHOD(ISCardAuth, APP_Auth, LONG, LPBYTEBUFFER, LPBYTEBUFFER);
METHOD(ISCardAuth, GetChallenge, LONG, LPBYTEBUFFER, LONG *, LPBYTEBUFFER *);
METHOD(ISCardAuth, ICC_Auth, LONG, LPBYTEBUFFER, LONG *, LPBYTEBUFFER *);
METHOD(ISCardAuth, User_Auth, LONG, LPBYTEBUFFER, LONG *, LPBYTEBUFFER *);
METHOD(ISCardVerify, ChangeCode, LPBYTEBUFFER, LPBYTEBUFFER, SCARD_FLAGS, LONG);
METHOD(ISCardVerify, Unblock, LONG, SCARD_FLAGS, LONG);
METHOD(ISCardVerify, ResetSecurityState, SCARD_FLAGS);
METHOD(ISCardVerify, Verify, LPBYTEBUFFER, SCARD_FLAGS, LONG *);
METHOD(ISCardFileAccess, ChangeDir, REFTYPE, BSTR);
METHOD(ISCardFileAccess, Read, HSCARD_FILE, LONG *, LPBYTEBUFFER *, SCARD_FLAGS);
METHOD(ISCardFileAccess, Seek, HSCARD_FILE, LONG, SEEKTYPE);
METHOD(ISCardFileAccess, Write, HSCARD_FILE, LONG, LPBYTEBUFFER, SCARD_FLAGS);
static_assert((SC_FL_IHV_LOCAL | SC_FL_IHV_ENABLE) == 0x300, "flags combine");

static int failures;

static void expect(const char *what, HRESULT hr, HRESULT want)
{
	if (hr == want)
		return;
	std::printf("%s: %08x, not %08x\n", what, unsigned(hr), unsigned(want));
	failures++;
}
#define EXPECT(call, want) expect(#call, call, want)

int main()
{
	ISCardManage *manage = nullptr;
	ISCardFileAccess *files = nullptr;
	ISCardVerify *verify = nullptr;
	ISCardAuth *auth = nullptr;
	LPBYTEBUFFER buffer = nullptr;
	HSCARD_FILE file = 1;
	BSTR name = SysAllocString(u"0101");
	LONG n = 8;

	EXPECT(CoCreateInstance(CLSID_CSCardManage, nullptr, CLSCTX_ALL, IID_ISCardManage,
	                        reinterpret_cast<void **>(&manage)),
	       S_OK);
	EXPECT(manage->CreateFileAccess(&files), S_OK);
	EXPECT(manage->CreateCHVerification(&verify), S_OK);
	EXPECT(manage->CreateCardAuth(&auth), S_OK);
	manage->Release();
	EXPECT(files->Close(1), E_INVALIDARG);
	EXPECT(files->Delete(SC_TYPE_BY_ID, name, SC_FL_NO_FLAGS), E_NOTIMPL);
	EXPECT(files->Open(SC_TYPE_BY_ID, nullptr, &file), E_INVALIDARG);
	EXPECT(files->Initialize(nullptr), E_POINTER);
	EXPECT(verify->Unblock(1, SC_FL_NO_FLAGS, 1), E_INVALIDARG);
	EXPECT(verify->Unblock(0, SC_FL_IHV_GLOBAL | SC_FL_IHV_LOCAL, 1), E_INVALIDARG);
	EXPECT(verify->ResetSecurityState(SC_FL_NO_FLAGS), SCARD_E_INVALID_HANDLE);
	EXPECT(auth->GetChallenge(256, nullptr, &n, &buffer), SCARD_E_UNSUPPORTED_FEATURE);
	EXPECT(auth->APP_Auth(0, nullptr, nullptr), E_POINTER);
	files->Release();
	verify->Release();
	auth->Release();
	SysFreeString(name);
	return failures;
}
