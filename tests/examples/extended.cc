// SPDX-License-Identifier: MIT
// As documented.cc, for the interfaces beside ISCard: building an APDU (overview), the five pages of
// ISCardDatabase, and, since their pages print no call, ISCardLocate, ISCardTypeConv and the stream
// of an IByteBuffer with the default arguments of the original header.
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

template <class Interface> static Interface *create(REFCLSID clsid, REFIID iid)
{
	Interface *p = NULL;
	HRESULT hr = CoCreateInstance(clsid, NULL, CLSCTX_ALL, iid, (LPVOID *)&p);

	if (FAILED(hr)) {
		printf("Failed CoCreateInstance\n");
		exit(1);
	}
	return p;
}

// Building an APDU
static void building_an_apdu()
{
	ISCardISO7816 *pISCardISO7816 = NULL;
	ISCardCmd *pISCardCmd = NULL;
	LPBYTEBUFFER pApdu = NULL;
	LONG lLengthOfChallenge = 8;
	BYTE byApdu[8];
	LONG lLen = 0;
	HRESULT hresult;

	hresult = CoCreateInstance(CLSID_CSCardCmd, NULL, CLSCTX_ALL, IID_ISCardCmd,
	                           (LPVOID *)&pISCardCmd);
	EXPECT(hresult == S_OK);
	hresult = CoCreateInstance(CLSID_CSCardISO7816, NULL, CLSCTX_ALL, IID_ISCardISO7816,
	                           (LPVOID *)&pISCardISO7816);
	EXPECT(hresult == S_OK);
	hresult = pISCardISO7816->GetChallenge(lLengthOfChallenge, &pISCardCmd);
	if (FAILED(hresult))
		printf("Failed GetChallenge\n");
	EXPECT(pISCardCmd->get_Apdu(&pApdu) == S_OK);
	EXPECT(pApdu->Read(byApdu, 8, &lLen) == S_OK && lLen == 5);
	EXPECT(memcmp(byApdu, "\x00\x84\x00\x00\x08", 5) == 0);
	pApdu->Release();
	pISCardISO7816->Release();
	pISCardCmd->Release();
}

static void introduce()
{
	static const BYTE any[9] = {0};
	static const GUID guid = {0x01234567, 0x89ab, 0xcdef, {1, 2, 3, 4, 5, 6, 7, 8}};
	iscard_card_type type = {};

	type.size = sizeof type;
	type.name = "Documented card";
	type.atr = type.mask = any;
	type.atr_len = sizeof any;
	type.provider = type.interfaces = &guid;
	type.interface_count = 1;
	EXPECT(iscard_context_introduce_card(NULL, &type) == S_OK);
}

// ISCardDatabase::ListReaders, ListReaderGroups, ListCards
static void list(ISCardDatabase *pSCardDatabase, LPBYTEBUFFER pAtr)
{
	LPSAFEARRAY pReaders = NULL, pGroups = NULL, pCards = NULL;
	LONG i = 0, last = -1;
	BSTR bstrName = NULL;
	HRESULT hr;

	hr = pSCardDatabase->ListReaders(0x0409, &pReaders);
	if (FAILED(hr))
		printf("Failed ListReaders\n");
	EXPECT(SafeArrayGetUBound(pReaders, 1, &last) == S_OK && last == 0);
	EXPECT(SafeArrayGetElement(pReaders, &i, &bstrName) == S_OK);
	EXPECT(SysStringLen(bstrName) == sizeof MY_READER / 2 - 1 &&
	       memcmp(bstrName, MY_READER, sizeof MY_READER) == 0);
	SysFreeString(bstrName);
	hr = pSCardDatabase->ListReaderGroups(0x0409, &pGroups);
	if (FAILED(hr))
		printf("Failed ListReaderGroups\n");
	EXPECT(SafeArrayGetUBound(pGroups, 1, &last) == S_OK && last == 0);
	hr = pSCardDatabase->ListCards(pAtr, NULL, 0, &pCards);
	if (FAILED(hr))
		printf("Failed ListCards\n");
	EXPECT(SafeArrayGetUBound(pCards, 1, &last) == S_OK && last == 0);
	SafeArrayDestroy(pReaders);
	SafeArrayDestroy(pGroups);
	SafeArrayDestroy(pCards);
}

// ISCardDatabase::GetProviderCardId, ListCardInterfaces
static void card_type(ISCardDatabase *pSCardDatabase)
{
	BSTR bstrCardName = SysAllocString(MY_CARD);
	LPSAFEARRAY pInterfaceGuids = NULL;
	LPGUID pguidProviderId = NULL;
	LONG last = -1;
	HRESULT hr;

	hr = pSCardDatabase->GetProviderCardId(bstrCardName, &pguidProviderId);
	if (FAILED(hr))
		printf("Failed GetProviderCardId\n");
	EXPECT(hr == S_OK && pguidProviderId->Data1 == 0x01234567);
	CoTaskMemFree(pguidProviderId);
	hr = pSCardDatabase->ListCardInterfaces(bstrCardName, &pInterfaceGuids);
	if (FAILED(hr))
		printf("Failed ListCardInterfaces\n");
	EXPECT(SafeArrayGetUBound(pInterfaceGuids, 1, &last) == S_OK && last == 0);
	SafeArrayDestroy(pInterfaceGuids);
	SysFreeString(bstrCardName);
}

// ISCardLocate: create, configure, find, use, release
static void locate(ISCard *pISCard)
{
	ISCardLocate *pLocate = create<ISCardLocate>(CLSID_CSCardLocate, IID_ISCardLocate);
	LPSAFEARRAY pNames = SafeArrayCreateVector(VT_BSTR, 0, 1);
	BSTR bstrName = SysAllocString(MY_CARD);
	LPSCARDINFO pInfo = NULL;
	LONG i = 0;

	EXPECT(SafeArrayPutElement(pNames, &i, bstrName) == S_OK);
	EXPECT(pLocate->ConfigureCardNameSearch(pNames) == S_OK);
	EXPECT(pLocate->FindCard(SHARED, T0, SC_DLG_NO_UI, &pInfo) == S_OK);
	EXPECT(pInfo != NULL && pInfo->ActiveProtocol == T0);
	EXPECT(pISCard->AttachByHandle(pInfo->hCard) == S_OK);
	CoTaskMemFree(pInfo);
	SysFreeString(bstrName);
	SafeArrayDestroy(pNames);
	pLocate->Release();
}

static void streams_and_conversions(IByteBuffer *pBuffer)
{
	ISCardTypeConv *pConv = create<ISCardTypeConv>(CLSID_CSCardTypeConv, IID_ISCardTypeConv);
	LPBYTEARRAY pMem = NULL;
	LPSTREAM pStream = NULL;
	ULARGE_INTEGER size = {};
	ULONG n = 0;

	EXPECT(pBuffer->get_Stream(&pStream) == S_OK);
	EXPECT(pStream->Write("abc", 3, &n) == S_OK && n == 3);
	EXPECT(pConv->SizeOfIStream(pStream, &size) == S_OK && size.QuadPart == 3);
	EXPECT(size.LowPart == 3 && size.HighPart == 0);
	EXPECT(pConv->GetAtIStreamMemory(pStream, &pMem) == S_OK);
	EXPECT(memcmp(pMem->pbyData, "abc", 3) == 0);
	EXPECT(pConv->FreeIStreamMemoryPtr(pStream, (LPBYTE)pMem) == S_OK);
	EXPECT(pBuffer->put_Stream(pStream) == S_OK);
	pStream->Release();
	pConv->Release();
}

int main()
{
	ISCardDatabase *pDatabase =
		create<ISCardDatabase>(CLSID_CSCardDatabase, IID_ISCardDatabase);
	IByteBuffer *pBuffer = create<IByteBuffer>(CLSID_CByteBuffer, IID_IByteBuffer);
	ISCard *pISCard = create<ISCard>(CLSID_CSCard, IID_ISCard);
	LPBYTEBUFFER pAtr = NULL;

	building_an_apdu();
	introduce();
	locate(pISCard);
	EXPECT(pISCard->get_Atr(&pAtr) == S_OK);
	list(pDatabase, pAtr);
	card_type(pDatabase);
	EXPECT(pBuffer->Initialize(0) == S_OK);
	streams_and_conversions(pBuffer);
	EXPECT(pISCard->Detach() == S_OK);
	pAtr->Release();
	pISCard->Release();
	pBuffer->Release();
	pDatabase->Release();
	return failures > 0;
}
