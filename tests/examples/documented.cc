// SPDX-License-Identifier: MIT
// The call shapes of the examples on the documentation pages, page by page, against the headers
// named there. One session with a recorded reader, which ISCARD_READERS names.
#include <Scarddat.h>
#include <Scardmgr.h>
#include <Scardssp.h>
#include <stdio.h>
#include <windows.h>

#define MY_READER L"libiscard Documented reader (EMU-0001) 00 00"

static int failures;

#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                     \
			failures++;                                                                \
		}                                                                                  \
	} while (0)

// ISCard::AttachByReader
static void attach_by_reader(ISCard *pISCard)
{
	BSTR bstrRdr = NULL;
	HRESULT hr;

	bstrRdr = SysAllocString(L"no such reader");
	hr = pISCard->AttachByReader(bstrRdr, SHARED, T0);
	EXPECT(hr == SCARD_E_UNKNOWN_READER);
	SysFreeString(bstrRdr);

	bstrRdr = SysAllocString(MY_READER);
	hr = pISCard->AttachByReader(bstrRdr, SHARED, T0);
	if (FAILED(hr)) {
		printf("Failed AttachByReader\n");
		exit(1);
	}
	SysFreeString(bstrRdr);
}

// ISCard::get_CardHandle, get_Context
static void get_card_handle_and_context(ISCard *pISCard, bool attached)
{
	HSCARD hCardHandle = 1;
	HSCARDCONTEXT hContext = 0;
	HRESULT hr;

	hr = pISCard->get_CardHandle(&hCardHandle);
	if (FAILED(hr))
		printf("Failed get_CardHandle\n");
	EXPECT(hr == S_OK && (hCardHandle != 0) == attached);
	hr = pISCard->get_Context(&hContext);
	if (FAILED(hr))
		printf("Failed get_Context\n");
	EXPECT(hr == S_OK && hContext != 0);
}

// ISCard::get_Atr
static void get_atr(ISCard *pISCard)
{
	LPBYTEBUFFER pAtr = NULL;
	BYTE byAtr[32];
	long lBytesRead, i;
	HRESULT hr;

	hr = pISCard->get_Atr(&pAtr);
	if (FAILED(hr)) {
		printf("Failed get_Atr\n");
		exit(1);
	}
	hr = pAtr->Read(byAtr, 32, &lBytesRead);
	if (FAILED(hr))
		printf("Failed Read\n");
	else
		for (i = 0; i < lBytesRead; i++)
			printf("%c", *(byAtr + i) >= 32 ? *(byAtr + i) : '.');
	printf("\n");
	EXPECT(lBytesRead == 9 && byAtr[0] == 0x3b);
	pAtr->Release();
}

// ISCard::get_Protocol
static void get_protocol(ISCard *pISCard)
{
	SCARD_PROTOCOLS protocol;
	HRESULT hr;

	hr = pISCard->get_Protocol(&protocol);
	if (FAILED(hr))
		printf("Failed get_Protocol\n");
	switch (protocol) {
	case T0: printf("Protocol is T0\n"); break;
	case T1: printf("Protocol is T1\n"); break;
	default: printf("Protocol is not T0 or T1\n"); break;
	}
	EXPECT(hr == S_OK && protocol == T0);
}

// ISCard::get_Status
static void get_status(ISCard *pISCard)
{
	SCARD_STATES status;
	HRESULT hr;

	hr = pISCard->get_Status(&status);
	if (FAILED(hr)) {
		printf("Failed get_Status\n");
		exit(1);
	}
	switch (status) {
	case ABSENT: printf("No card\n"); break;
	case PRESENT: printf("Card is present\n"); break;
	case SWALLOWED: printf("Card is in position\n"); break;
	case POWERED: printf("Card is powered\n"); break;
	case NEGOTIABLEMODE: printf("Card waits for PTS\n"); break;
	case SPECIFICMODE: printf("Card has a protocol\n"); break;
	default: printf("Unknown status\n"); break;
	}
	EXPECT(status == SPECIFICMODE);
}

// ISCard::LockSCard, IByteBuffer::Initialize, ISCardCmd::BuildCmd
static void lock_and_build(ISCard *pISCard, ISCardCmd *pISCardCmd, IByteBuffer *pIByteBuff)
{
	BYTE byData[2] = {0x3f, 0x00};
	STATSTRUCT stat;
	LONG lLe = 0, lLen = 0;
	HRESULT hr;

	hr = pISCard->LockSCard();
	if (FAILED(hr)) {
		printf("Failed LockSCard\n");
		exit(1);
	}
	hr = pIByteBuff->Initialize(2, byData);
	if (FAILED(hr))
		printf("Failed IByteBuffer::Initialize\n");
	hr = pIByteBuff->Stat(&stat, STATFLAG_DEFAULT);
	EXPECT(hr == S_OK && stat.cbSize == 2);
	hr = pISCardCmd->BuildCmd(0x00, 0xa4, 0x00, 0x00, pIByteBuff, &lLe);
	if (FAILED(hr)) {
		printf("Failed BuildCmd\n");
		exit(1);
	}
	hr = pISCardCmd->get_ApduLength(&lLen);
	EXPECT(hr == S_OK && lLen == 8);
}

// ISCard::Transaction, ISCardCmd::get_ApduReplyLength, get_ApduReply, get_ReplyStatus
static void transaction(ISCard *pISCard, ISCardCmd *pISCardCmd)
{
	LPBYTEBUFFER pReply = NULL;
	BYTE byReplyBytes[256];
	LONG lLe = 0, lBytesRead = 0;
	WORD wStatus;
	HRESULT hr;

	hr = pISCard->Transaction(&pISCardCmd);
	if (FAILED(hr)) {
		printf("Failed Transaction\n");
		exit(1);
	}
	hr = pISCardCmd->get_ReplyStatus(&wStatus);
	if (FAILED(hr))
		printf("Failed get_ReplyStatus\n");
	EXPECT(wStatus == 0x9000);
	hr = pISCardCmd->get_ApduReplyLength(&lLe);
	if (FAILED(hr))
		printf("Failed get_ApduReplyLength\n");
	if (lLe > 0) {
		hr = pISCardCmd->get_ApduReply(&pReply);
		if (FAILED(hr))
			printf("Failed get_ApduReply\n");
		hr = pReply->Read(byReplyBytes, lLe, &lBytesRead);
		if (FAILED(hr))
			printf("Failed Read\n");
		pReply->Release();
	}
	EXPECT(lBytesRead == 9 && byReplyBytes[0] == 0x6f);
}

// ISCard::UnlockSCard, ReAttach
static void unlock_and_reattach(ISCard *pISCard)
{
	HRESULT hr;

	hr = pISCard->UnlockSCard(LEAVE);
	if (FAILED(hr))
		printf("Failed UnlockSCard\n");
	EXPECT(hr == S_OK);
	EXPECT(pISCard->UnlockSCard(LEAVE) == SCARD_E_NOT_TRANSACTED);
	hr = pISCard->ReAttach(SHARED, LEAVE);
	if (FAILED(hr))
		printf("Failed ReAttach\n");
	EXPECT(hr == S_OK);
	EXPECT(pISCard->ReAttach() == S_OK); // EXCLUSIVE, LEAVE
	EXPECT(pISCard->ReAttach(SHARED) == S_OK);
}

// ISCard::AttachByHandle
static void attach_by_handle(ISCard *pISCard)
{
	ISCard *pOther = NULL;
	HSCARD hSC;
	HRESULT hr;

	pISCard->get_CardHandle(&hSC);
	hr = CoCreateInstance(CLSID_CSCard, NULL, CLSCTX_ALL, IID_ISCard, (LPVOID *)&pOther);
	EXPECT(hr == S_OK);
	hr = pOther->AttachByHandle(hSC);
	if (FAILED(hr))
		printf("Failed AttachByHandle\n");
	EXPECT(hr == S_OK);
	pOther->Release();
}

// ISCard::Detach
static void detach(ISCard *pISCard)
{
	HRESULT hr;

	EXPECT(pISCard->Detach(static_cast<SCARD_DISPOSITIONS>(4)) == E_INVALIDARG);
	EXPECT(pISCard->Detach(static_cast<SCARD_DISPOSITIONS>(-1)) == E_INVALIDARG);
	hr = pISCard->Detach(LEAVE);
	if (FAILED(hr))
		printf("Failed Detach\n");
	EXPECT(hr == S_OK);
	EXPECT(pISCard->Detach() == SCARD_E_INVALID_HANDLE);
}

// ISCardManage: no examples; one argument as on the page of AttachByIFD
static void manage()
{
	ISCardManage *pManage = NULL;
	BSTR bstrIFDName = SysAllocString(L"no such reader");
	SCARD_STATES status;
	SCARD_PROTOCOLS protocols;
	HRESULT hr;

	hr = CoCreateInstance(CLSID_CSCardManage, NULL, CLSCTX_ALL, IID_ISCardManage,
	                      (LPVOID *)&pManage);
	EXPECT(hr == S_OK);
	EXPECT(pManage->AttachByIFD(bstrIFDName) == SCARD_E_UNKNOWN_READER);
	EXPECT(pManage->Status(&status, &protocols) == SCARD_E_INVALID_HANDLE);
	SysFreeString(bstrIFDName);
	pManage->Release();
}

// ISCardManage: attached by handle, another's reset, and Reconnect in place of Detach and Attach
static void reconnect(void)
{
	char address[600];
	ISCard *pISCard = NULL, *pOther = NULL;
	ISCardManage *pManage = NULL;
	SCARD_PROTOCOLS protocols;
	SCARD_STATES status;
	BSTR bstrReader;
	HSCARD hSC = 0;
	uint8_t reply[258];
	size_t n = sizeof reply;

	snprintf(address, sizeof address, "%s?strict=lenient", getenv("ISCARD_READERS"));
	bstrReader = iscard_bstr_from_utf8(address);
	CoCreateInstance(CLSID_CSCard, NULL, CLSCTX_ALL, IID_ISCard, (LPVOID *)&pISCard);
	CoCreateInstance(CLSID_CSCard, NULL, CLSCTX_ALL, IID_ISCard, (LPVOID *)&pOther);
	CoCreateInstance(CLSID_CSCardManage, NULL, CLSCTX_ALL, IID_ISCardManage,
	                 (LPVOID *)&pManage);
	EXPECT(pISCard->AttachByReader(bstrReader, SHARED, T0 | T1) == S_OK);
	EXPECT(pOther->AttachByReader(bstrReader, SHARED, T0 | T1) == S_OK);
	EXPECT(pISCard->get_CardHandle(&hSC) == S_OK);
	EXPECT(pManage->AttachByHandle(hSC) == S_OK);
	EXPECT(pOther->ReAttach(SHARED, RESET) == S_OK);
	EXPECT(pManage->Status(&status, &protocols) == S_OK);
	EXPECT(pManage->SCardLock() == SCARD_W_RESET_CARD);
	EXPECT(pManage->Reconnect() == S_OK);
	EXPECT(iscard_transmit(
		       pISCard,
		       reinterpret_cast<const uint8_t *>("\x00\xa4\x00\x00\x02\x3f\x00\x00"), 8,
		       reply, &n) == S_OK);
	EXPECT(iscard_sw(reply, n) == 0x9000);
	EXPECT(pManage->Detach() == S_OK);
	SysFreeString(bstrReader);
	pManage->Release();
	pOther->Release();
	pISCard->Release();
}

// ISCardCmd, the pages with one call each
static void command_properties(ISCardCmd *pISCardCmd)
{
	LPBYTEBUFFER pIByteApdu = NULL, pIByteData = NULL;
	BYTE byClass, byIns, byP1, byP2, byP3, byNad, bySW1, bySW2;
	LONG lLe, lLen;

	EXPECT(pISCardCmd->get_AlternateClassId(&byClass) == E_ACCESSDENIED);
	EXPECT(pISCardCmd->put_AlternateClassId(0xc0) == S_OK);
	EXPECT(pISCardCmd->get_AlternateClassId(&byClass) == S_OK && byClass == 0xc0);
	EXPECT(pISCardCmd->put_ClassId(0xc0) == S_OK);
	EXPECT(pISCardCmd->get_ClassId(&byClass) == S_OK && byClass == 0xc0);
	EXPECT(pISCardCmd->put_InstructionId(0xb2) == S_OK);
	EXPECT(pISCardCmd->get_InstructionId(&byIns) == S_OK && byIns == 0xb2);
	EXPECT(pISCardCmd->put_P1(0x06) == S_OK && pISCardCmd->put_P2(0x06) == S_OK);
	EXPECT(pISCardCmd->get_P1(&byP1) == S_OK && byP1 == 0x06);
	EXPECT(pISCardCmd->get_P2(&byP2) == S_OK && byP2 == 0x06);
	EXPECT(pISCardCmd->get_P3(&byP3) == S_OK && byP3 == 2);
	EXPECT(pISCardCmd->get_LeField(&lLe) == S_OK && lLe == 256);
	EXPECT(pISCardCmd->put_Nad(0x21) == S_OK);
	EXPECT(pISCardCmd->get_ReplyNad(&byNad) == E_ACCESSDENIED);
	EXPECT(pISCardCmd->put_ReplyStatus(0x0000) == S_OK);
	EXPECT(pISCardCmd->get_ReplyStatusSW1(&bySW1) == S_OK && bySW1 == 0);
	EXPECT(pISCardCmd->get_ReplyStatusSW2(&bySW2) == S_OK && bySW2 == 0);
	EXPECT(pISCardCmd->get_Apdu(&pIByteApdu) == S_OK);
	EXPECT(pISCardCmd->put_Apdu(pIByteApdu) == S_OK);
	EXPECT(pISCardCmd->get_Data(&pIByteData) == S_OK);
	EXPECT(pISCardCmd->put_Data(pIByteData) == S_OK);
	EXPECT(pISCardCmd->put_ApduReply(pIByteData) == S_OK);
	EXPECT(pISCardCmd->get_ApduLength(&lLen) == S_OK && lLen == 8);
	EXPECT(pISCardCmd->get_ApduReplyLength(&lLen) == S_OK && lLen == 2);
	EXPECT(pISCardCmd->Encapsulate(pIByteApdu, ISO_CASE_1) == S_OK);
	EXPECT(pISCardCmd->Clear() == S_OK);
	EXPECT(pISCardCmd->get_ApduLength(&lLen) == S_OK && lLen == 0);
	pIByteApdu->Release();
	pIByteData->Release();
}

// IByteBuffer, the pages with one call each
static void buffer_methods(IByteBuffer *pIByteBuff)
{
	LPBYTEBUFFER pClone = NULL;
	BYTE byData[64] = {0x10};
	STATSTRUCT stat;
	LONG lPos, lWritten;
	HRESULT hr;

	EXPECT(pIByteBuff->Clone(&pClone) == S_OK);
	EXPECT(pIByteBuff->Commit(STGC_DEFAULT | STGC_CONSOLIDATE) == S_OK);
	EXPECT(pIByteBuff->LockRegion(0, 10, LOCK_EXCLUSIVE) == STG_E_INVALIDFUNCTION);
	EXPECT(pIByteBuff->UnlockRegion(0, 10, LOCK_EXCLUSIVE) == STG_E_INVALIDFUNCTION);
	EXPECT(pIByteBuff->Revert() == S_OK);
	EXPECT(pIByteBuff->Seek(5, STREAM_SEEK_SET, &lPos) == S_OK && lPos == 5);
	EXPECT(pIByteBuff->SetSize(256) == S_OK);
	EXPECT(pIByteBuff->Write(byData, 64, &lWritten) == S_OK && lWritten == 64);
	EXPECT(pIByteBuff->Read(byData, 1) == S_OK);
	hr = pIByteBuff->Stat(&stat, STATFLAG_DEFAULT);
	if (FAILED(hr))
		printf("Failed Stat\n");
	else
		EXPECT(stat.cbSize == 256);
	EXPECT(pClone->CopyTo(&pIByteBuff, 2) == S_OK);
	EXPECT(pIByteBuff->Initialize() == S_OK);
	EXPECT(pIByteBuff->Stat(&stat, STATFLAG_DEFAULT) == S_OK && stat.cbSize == 1);
	pClone->Release();
}

int main()
{
	ISCard *pISCard = NULL;
	ISCardCmd *pISCardCmd = NULL;
	IByteBuffer *pIByteBuff = NULL;
	HRESULT hresult;

	CoInitialize(NULL);
	// Building an APDU (overview)
	hresult = CoCreateInstance(CLSID_CSCardCmd, NULL, CLSCTX_ALL, IID_ISCardCmd,
	                           (LPVOID *)&pISCardCmd);
	EXPECT(hresult == S_OK);
	hresult = CoCreateInstance(CLSID_CByteBuffer, NULL, CLSCTX_ALL, IID_IByteBuffer,
	                           (LPVOID *)&pIByteBuff);
	EXPECT(hresult == S_OK);
	hresult = CoCreateInstance(CLSID_CSCard, NULL, CLSCTX_ALL, IID_ISCard, (LPVOID *)&pISCard);
	EXPECT(hresult == S_OK);
	if (failures > 0)
		return 1;
	get_card_handle_and_context(pISCard, false);
	attach_by_reader(pISCard);
	get_card_handle_and_context(pISCard, true);
	get_atr(pISCard);
	get_protocol(pISCard);
	get_status(pISCard);
	lock_and_build(pISCard, pISCardCmd, pIByteBuff);
	transaction(pISCard, pISCardCmd);
	unlock_and_reattach(pISCard);
	attach_by_handle(pISCard);
	detach(pISCard);
	manage();
	reconnect();
	command_properties(pISCardCmd);
	buffer_methods(pIByteBuff);
	pISCard->Release();
	pISCardCmd->Release();
	pIByteBuff->Release();
	CoUninitialize();
	return failures > 0;
}
