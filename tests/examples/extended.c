/* SPDX-License-Identifier: MIT */
/* The C twin of extended.cc, with the macros. */
#include <Scarddat.h>
#include <Scardmgr.h>
#include <Scardssp.h>
#include <stdio.h>
#include <windows.h>

#define MY_READER u"libiscard Documented reader (EMU-0001) 00 00"
#define MY_CARD   L"Documented card"

static int failures;

#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                     \
			failures++;                                                                \
		}                                                                                  \
	} while (0)

static void *create(REFCLSID clsid, REFIID iid)
{
	void *p = NULL;
	HRESULT hr = CoCreateInstance(clsid, NULL, CLSCTX_ALL, iid, &p);

	if (FAILED(hr)) {
		printf("Failed CoCreateInstance\n");
		exit(1);
	}
	return p;
}

/* Building an APDU */
static void building_an_apdu(void)
{
	ISCardISO7816 *pISCardISO7816 = NULL;
	ISCardCmd *pISCardCmd = NULL;
	LPBYTEBUFFER pApdu = NULL;
	LONG lLengthOfChallenge = 8;
	BYTE byApdu[8];
	LONG lLen = 0;
	HRESULT hresult;

	hresult = CoCreateInstance(&CLSID_CSCardCmd, NULL, CLSCTX_ALL, &IID_ISCardCmd,
	                           (LPVOID *)&pISCardCmd);
	EXPECT(hresult == S_OK);
	hresult = CoCreateInstance(&CLSID_CSCardISO7816, NULL, CLSCTX_ALL, &IID_ISCardISO7816,
	                           (LPVOID *)&pISCardISO7816);
	EXPECT(hresult == S_OK);
	hresult = ISCardISO7816_GetChallenge(pISCardISO7816, lLengthOfChallenge, &pISCardCmd);
	if (FAILED(hresult))
		printf("Failed GetChallenge\n");
	EXPECT(ISCardCmd_get_Apdu(pISCardCmd, &pApdu) == S_OK);
	EXPECT(IByteBuffer_Read(pApdu, byApdu, 8, &lLen) == S_OK && lLen == 5);
	EXPECT(memcmp(byApdu, "\x00\x84\x00\x00\x08", 5) == 0);
	IByteBuffer_Release(pApdu);
	ISCardISO7816_Release(pISCardISO7816);
	ISCardCmd_Release(pISCardCmd);
}

static void introduce(void)
{
	static const BYTE any[9] = {0};
	static const GUID guid = {0x01234567, 0x89ab, 0xcdef, {1, 2, 3, 4, 5, 6, 7, 8}};
	struct iscard_card_type type = {.size = sizeof type,
	                                .name = "Documented card",
	                                .atr = any,
	                                .mask = any,
	                                .atr_len = sizeof any,
	                                .provider = &guid,
	                                .interfaces = &guid,
	                                .interface_count = 1};

	EXPECT(iscard_context_introduce_card(NULL, &type) == S_OK);
}

/* ISCardDatabase::ListReaders, ListReaderGroups, ListCards */
static void list(ISCardDatabase *pSCardDatabase, LPBYTEBUFFER pAtr)
{
	LPSAFEARRAY pReaders = NULL, pGroups = NULL, pCards = NULL;
	LONG i = 0, last = -1;
	BSTR bstrName = NULL;
	HRESULT hr;

	hr = ISCardDatabase_ListReaders(pSCardDatabase, 0x0409, &pReaders);
	if (FAILED(hr))
		printf("Failed ListReaders\n");
	EXPECT(SafeArrayGetUBound(pReaders, 1, &last) == S_OK && last == 0);
	EXPECT(SafeArrayGetElement(pReaders, &i, &bstrName) == S_OK);
	EXPECT(SysStringLen(bstrName) == sizeof MY_READER / 2 - 1 &&
	       memcmp(bstrName, MY_READER, sizeof MY_READER) == 0);
	SysFreeString(bstrName);
	hr = ISCardDatabase_ListReaderGroups(pSCardDatabase, 0x0409, &pGroups);
	if (FAILED(hr))
		printf("Failed ListReaderGroups\n");
	EXPECT(SafeArrayGetUBound(pGroups, 1, &last) == S_OK && last == 0);
	hr = ISCardDatabase_ListCards(pSCardDatabase, pAtr, NULL, 0, &pCards);
	if (FAILED(hr))
		printf("Failed ListCards\n");
	EXPECT(SafeArrayGetUBound(pCards, 1, &last) == S_OK && last == 0);
	SafeArrayDestroy(pReaders);
	SafeArrayDestroy(pGroups);
	SafeArrayDestroy(pCards);
}

/* ISCardDatabase::GetProviderCardId, ListCardInterfaces */
static void card_type(ISCardDatabase *pSCardDatabase)
{
	BSTR bstrCardName = SysAllocString(MY_CARD);
	LPSAFEARRAY pInterfaceGuids = NULL;
	LPGUID pguidProviderId = NULL;
	LONG last = -1;
	HRESULT hr;

	hr = ISCardDatabase_GetProviderCardId(pSCardDatabase, bstrCardName, &pguidProviderId);
	if (FAILED(hr))
		printf("Failed GetProviderCardId\n");
	EXPECT(hr == S_OK && pguidProviderId->Data1 == 0x01234567);
	CoTaskMemFree(pguidProviderId);
	hr = ISCardDatabase_ListCardInterfaces(pSCardDatabase, bstrCardName, &pInterfaceGuids);
	if (FAILED(hr))
		printf("Failed ListCardInterfaces\n");
	EXPECT(SafeArrayGetUBound(pInterfaceGuids, 1, &last) == S_OK && last == 0);
	SafeArrayDestroy(pInterfaceGuids);
	SysFreeString(bstrCardName);
}

/* ISCardLocate: create, configure, find, use, release */
static void locate(ISCard *pISCard)
{
	ISCardLocate *pLocate = create(&CLSID_CSCardLocate, &IID_ISCardLocate);
	LPSAFEARRAY pNames = SafeArrayCreateVector(VT_BSTR, 0, 1);
	BSTR bstrName = SysAllocString(MY_CARD);
	LPSCARDINFO pInfo = NULL;
	LONG i = 0;

	EXPECT(SafeArrayPutElement(pNames, &i, bstrName) == S_OK);
	EXPECT(ISCardLocate_ConfigureCardNameSearch(pLocate, pNames, NULL, NULL,
	                                            SC_DLG_MINIMAL_UI) == S_OK);
	EXPECT(ISCardLocate_FindCard(pLocate, SHARED, T0, SC_DLG_NO_UI, &pInfo) == S_OK);
	EXPECT(pInfo != NULL && pInfo->ActiveProtocol == T0);
	EXPECT(ISCard_AttachByHandle(pISCard, pInfo->hCard) == S_OK);
	CoTaskMemFree(pInfo);
	SysFreeString(bstrName);
	SafeArrayDestroy(pNames);
	ISCardLocate_Release(pLocate);
}

static void streams_and_conversions(IByteBuffer *pBuffer)
{
	ISCardTypeConv *pConv = create(&CLSID_CSCardTypeConv, &IID_ISCardTypeConv);
	LPBYTEARRAY pMem = NULL;
	LPSTREAM pStream = NULL;
	ULARGE_INTEGER size = {.QuadPart = 0};
	ULONG n = 0;

	EXPECT(IByteBuffer_get_Stream(pBuffer, &pStream) == S_OK);
	EXPECT(IStream_Write(pStream, "abc", 3, &n) == S_OK && n == 3);
	EXPECT(ISCardTypeConv_SizeOfIStream(pConv, pStream, &size) == S_OK && size.QuadPart == 3);
	EXPECT(size.LowPart == 3 && size.HighPart == 0);
	EXPECT(ISCardTypeConv_GetAtIStreamMemory(pConv, pStream, &pMem) == S_OK);
	EXPECT(memcmp(pMem->pbyData, "abc", 3) == 0);
	EXPECT(ISCardTypeConv_FreeIStreamMemoryPtr(pConv, pStream, (LPBYTE)pMem) == S_OK);
	EXPECT(IByteBuffer_put_Stream(pBuffer, pStream) == S_OK);
	IStream_Release(pStream);
	ISCardTypeConv_Release(pConv);
}

int main(void)
{
	ISCardDatabase *pDatabase = create(&CLSID_CSCardDatabase, &IID_ISCardDatabase);
	IByteBuffer *pBuffer = create(&CLSID_CByteBuffer, &IID_IByteBuffer);
	ISCard *pISCard = create(&CLSID_CSCard, &IID_ISCard);
	LPBYTEBUFFER pAtr = NULL;

	building_an_apdu();
	introduce();
	locate(pISCard);
	EXPECT(ISCard_get_Atr(pISCard, &pAtr) == S_OK);
	list(pDatabase, pAtr);
	card_type(pDatabase);
	EXPECT(IByteBuffer_Initialize(pBuffer, 0, NULL) == S_OK);
	streams_and_conversions(pBuffer);
	EXPECT(ISCard_Detach(pISCard, LEAVE) == S_OK);
	IByteBuffer_Release(pAtr);
	ISCard_Release(pISCard);
	IByteBuffer_Release(pBuffer);
	ISCardDatabase_Release(pDatabase);
	return failures > 0;
}
