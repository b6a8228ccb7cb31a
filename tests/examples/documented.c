/* SPDX-License-Identifier: MIT */
/* The C twin of documented.cc, with the macros. */
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

/* ISCard::AttachByReader */
static void attach_by_reader(ISCard *pISCard)
{
	BSTR bstrRdr = NULL;
	HRESULT hr;

	bstrRdr = SysAllocString(L"no such reader");
	hr = ISCard_AttachByReader(pISCard, bstrRdr, SHARED, T0);
	EXPECT(hr == SCARD_E_UNKNOWN_READER);
	SysFreeString(bstrRdr);

	bstrRdr = SysAllocString(MY_READER);
	hr = ISCard_AttachByReader(pISCard, bstrRdr, SHARED, T0);
	if (FAILED(hr)) {
		printf("Failed AttachByReader\n");
		exit(1);
	}
	SysFreeString(bstrRdr);
}

/* ISCard::get_CardHandle, get_Context */
static void get_card_handle_and_context(ISCard *pISCard, int attached)
{
	HSCARD hCardHandle = 1;
	HSCARDCONTEXT hContext = 0;
	HRESULT hr;

	hr = ISCard_get_CardHandle(pISCard, &hCardHandle);
	if (FAILED(hr))
		printf("Failed get_CardHandle\n");
	EXPECT(hr == S_OK && (hCardHandle != 0) == attached);
	hr = ISCard_get_Context(pISCard, &hContext);
	if (FAILED(hr))
		printf("Failed get_Context\n");
	EXPECT(hr == S_OK && hContext != 0);
}

/* ISCard::get_Atr */
static void get_atr(ISCard *pISCard)
{
	LPBYTEBUFFER pAtr = NULL;
	BYTE byAtr[32];
	long lBytesRead, i;
	HRESULT hr;

	hr = ISCard_get_Atr(pISCard, &pAtr);
	if (FAILED(hr)) {
		printf("Failed get_Atr\n");
		exit(1);
	}
	hr = IByteBuffer_Read(pAtr, byAtr, 32, &lBytesRead);
	if (FAILED(hr))
		printf("Failed Read\n");
	else
		for (i = 0; i < lBytesRead; i++)
			printf("%c", *(byAtr + i) >= 32 ? *(byAtr + i) : '.');
	printf("\n");
	EXPECT(lBytesRead == 9 && byAtr[0] == 0x3b);
	IByteBuffer_Release(pAtr);
}

/* ISCard::get_Protocol */
static void get_protocol(ISCard *pISCard)
{
	SCARD_PROTOCOLS protocol;
	HRESULT hr;

	hr = ISCard_get_Protocol(pISCard, &protocol);
	if (FAILED(hr))
		printf("Failed get_Protocol\n");
	switch (protocol) {
	case T0: printf("Protocol is T0\n"); break;
	case T1: printf("Protocol is T1\n"); break;
	default: printf("Protocol is not T0 or T1\n"); break;
	}
	EXPECT(hr == S_OK && protocol == T0);
}

/* ISCard::get_Status */
static void get_status(ISCard *pISCard)
{
	SCARD_STATES status;
	HRESULT hr;

	hr = ISCard_get_Status(pISCard, &status);
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

/* ISCard::LockSCard, IByteBuffer::Initialize, ISCardCmd::BuildCmd */
static void lock_and_build(ISCard *pISCard, ISCardCmd *pISCardCmd, IByteBuffer *pIByteBuff)
{
	BYTE byData[2] = {0x3f, 0x00};
	STATSTRUCT stat;
	LONG lLe = 0, lLen = 0;
	HRESULT hr;

	hr = ISCard_LockSCard(pISCard);
	if (FAILED(hr)) {
		printf("Failed LockSCard\n");
		exit(1);
	}
	hr = IByteBuffer_Initialize(pIByteBuff, 2, byData);
	if (FAILED(hr))
		printf("Failed IByteBuffer::Initialize\n");
	hr = IByteBuffer_Stat(pIByteBuff, &stat, STATFLAG_DEFAULT);
	EXPECT(hr == S_OK && stat.cbSize == 2);
	hr = ISCardCmd_BuildCmd(pISCardCmd, 0x00, 0xa4, 0x00, 0x00, pIByteBuff, &lLe);
	if (FAILED(hr)) {
		printf("Failed BuildCmd\n");
		exit(1);
	}
	hr = ISCardCmd_get_ApduLength(pISCardCmd, &lLen);
	EXPECT(hr == S_OK && lLen == 8);
}

/* ISCard::Transaction, ISCardCmd::get_ApduReplyLength, get_ApduReply, get_ReplyStatus */
static void transaction(ISCard *pISCard, ISCardCmd *pISCardCmd)
{
	LPBYTEBUFFER pReply = NULL;
	BYTE byReplyBytes[256];
	LONG lLe = 0, lBytesRead = 0;
	WORD wStatus;
	HRESULT hr;

	hr = ISCard_Transaction(pISCard, &pISCardCmd);
	if (FAILED(hr)) {
		printf("Failed Transaction\n");
		exit(1);
	}
	hr = ISCardCmd_get_ReplyStatus(pISCardCmd, &wStatus);
	if (FAILED(hr))
		printf("Failed get_ReplyStatus\n");
	EXPECT(wStatus == 0x9000);
	hr = ISCardCmd_get_ApduReplyLength(pISCardCmd, &lLe);
	if (FAILED(hr))
		printf("Failed get_ApduReplyLength\n");
	if (lLe > 0) {
		hr = ISCardCmd_get_ApduReply(pISCardCmd, &pReply);
		if (FAILED(hr))
			printf("Failed get_ApduReply\n");
		hr = IByteBuffer_Read(pReply, byReplyBytes, lLe, &lBytesRead);
		if (FAILED(hr))
			printf("Failed Read\n");
		IByteBuffer_Release(pReply);
	}
	EXPECT(lBytesRead == 9 && byReplyBytes[0] == 0x6f);
}

/* ISCard::UnlockSCard, ReAttach */
static void unlock_and_reattach(ISCard *pISCard)
{
	HRESULT hr;

	hr = ISCard_UnlockSCard(pISCard, LEAVE);
	if (FAILED(hr))
		printf("Failed UnlockSCard\n");
	EXPECT(hr == S_OK);
	EXPECT(ISCard_UnlockSCard(pISCard, LEAVE) == SCARD_E_NOT_TRANSACTED);
	hr = ISCard_ReAttach(pISCard, SHARED, LEAVE);
	if (FAILED(hr))
		printf("Failed ReAttach\n");
	EXPECT(hr == S_OK);
	EXPECT(ISCard_ReAttach(pISCard, EXCLUSIVE, LEAVE) == S_OK);
	EXPECT(ISCard_ReAttach(pISCard, SHARED, LEAVE) == S_OK);
}

/* ISCard::AttachByHandle */
static void attach_by_handle(ISCard *pISCard)
{
	ISCard *pOther = NULL;
	HSCARD hSC;
	HRESULT hr;

	ISCard_get_CardHandle(pISCard, &hSC);
	hr = CoCreateInstance(&CLSID_CSCard, NULL, CLSCTX_ALL, &IID_ISCard, (LPVOID *)&pOther);
	EXPECT(hr == S_OK);
	hr = ISCard_AttachByHandle(pOther, hSC);
	if (FAILED(hr))
		printf("Failed AttachByHandle\n");
	EXPECT(hr == S_OK);
	ISCard_Release(pOther);
}

/* ISCard::Detach */
static void detach(ISCard *pISCard)
{
	HRESULT hr;

	EXPECT(ISCard_Detach(pISCard, (SCARD_DISPOSITIONS)4) == E_INVALIDARG);
	EXPECT(ISCard_Detach(pISCard, (SCARD_DISPOSITIONS)-1) == E_INVALIDARG);
	hr = ISCard_Detach(pISCard, LEAVE);
	if (FAILED(hr))
		printf("Failed Detach\n");
	EXPECT(hr == S_OK);
	EXPECT(ISCard_Detach(pISCard, LEAVE) == SCARD_E_INVALID_HANDLE);
}

/* ISCardManage: no examples; one argument as on the page of AttachByIFD */
static void manage(void)
{
	ISCardManage *pManage = NULL;
	BSTR bstrIFDName = SysAllocString(L"no such reader");
	SCARD_STATES status;
	SCARD_PROTOCOLS protocols;
	HRESULT hr;

	hr = CoCreateInstance(&CLSID_CSCardManage, NULL, CLSCTX_ALL, &IID_ISCardManage,
	                      (LPVOID *)&pManage);
	EXPECT(hr == S_OK);
	EXPECT(ISCardManage_AttachByIFDShared(pManage, bstrIFDName) == SCARD_E_UNKNOWN_READER);
	EXPECT(ISCardManage_Status(pManage, &status, &protocols) == SCARD_E_INVALID_HANDLE);
	SysFreeString(bstrIFDName);
	ISCardManage_Release(pManage);
}

/* ISCardManage: attached by handle, another's reset, and Reconnect in place of Detach and Attach */
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
	CoCreateInstance(&CLSID_CSCard, NULL, CLSCTX_ALL, &IID_ISCard, (LPVOID *)&pISCard);
	CoCreateInstance(&CLSID_CSCard, NULL, CLSCTX_ALL, &IID_ISCard, (LPVOID *)&pOther);
	CoCreateInstance(&CLSID_CSCardManage, NULL, CLSCTX_ALL, &IID_ISCardManage,
	                 (LPVOID *)&pManage);
	EXPECT(ISCard_AttachByReader(pISCard, bstrReader, SHARED, T0 | T1) == S_OK);
	EXPECT(ISCard_AttachByReader(pOther, bstrReader, SHARED, T0 | T1) == S_OK);
	EXPECT(ISCard_get_CardHandle(pISCard, &hSC) == S_OK);
	EXPECT(ISCardManage_AttachByHandle(pManage, hSC) == S_OK);
	EXPECT(ISCard_ReAttach(pOther, SHARED, RESET) == S_OK);
	EXPECT(ISCardManage_Status(pManage, &status, &protocols) == S_OK);
	EXPECT(ISCardManage_SCardLock(pManage) == SCARD_W_RESET_CARD);
	EXPECT(ISCardManage_Reconnect(pManage) == S_OK);
	EXPECT(iscard_transmit(pISCard, (const uint8_t *)"\x00\xa4\x00\x00\x02\x3f\x00\x00", 8,
	                       reply, &n) == S_OK);
	EXPECT(iscard_sw(reply, n) == 0x9000);
	EXPECT(ISCardManage_Detach(pManage) == S_OK);
	SysFreeString(bstrReader);
	ISCardManage_Release(pManage);
	ISCard_Release(pOther);
	ISCard_Release(pISCard);
}

/* ISCardCmd, the pages with one call each */
static void command_properties(ISCardCmd *pISCardCmd)
{
	LPBYTEBUFFER pIByteApdu = NULL, pIByteData = NULL;
	BYTE byClass, byIns, byP1, byP2, byP3, byNad, bySW1, bySW2;
	LONG lLe, lLen;

	EXPECT(ISCardCmd_get_AlternateClassId(pISCardCmd, &byClass) == E_ACCESSDENIED);
	EXPECT(ISCardCmd_put_AlternateClassId(pISCardCmd, 0xc0) == S_OK);
	EXPECT(ISCardCmd_get_AlternateClassId(pISCardCmd, &byClass) == S_OK && byClass == 0xc0);
	EXPECT(ISCardCmd_put_ClassId(pISCardCmd, 0xc0) == S_OK);
	EXPECT(ISCardCmd_get_ClassId(pISCardCmd, &byClass) == S_OK && byClass == 0xc0);
	EXPECT(ISCardCmd_put_InstructionId(pISCardCmd, 0xb2) == S_OK);
	EXPECT(ISCardCmd_get_InstructionId(pISCardCmd, &byIns) == S_OK && byIns == 0xb2);
	EXPECT(ISCardCmd_put_P1(pISCardCmd, 0x06) == S_OK &&
	       ISCardCmd_put_P2(pISCardCmd, 0x06) == S_OK);
	EXPECT(ISCardCmd_get_P1(pISCardCmd, &byP1) == S_OK && byP1 == 0x06);
	EXPECT(ISCardCmd_get_P2(pISCardCmd, &byP2) == S_OK && byP2 == 0x06);
	EXPECT(ISCardCmd_get_P3(pISCardCmd, &byP3) == S_OK && byP3 == 2);
	EXPECT(ISCardCmd_get_LeField(pISCardCmd, &lLe) == S_OK && lLe == 256);
	EXPECT(ISCardCmd_put_Nad(pISCardCmd, 0x21) == S_OK);
	EXPECT(ISCardCmd_get_ReplyNad(pISCardCmd, &byNad) == E_ACCESSDENIED);
	EXPECT(ISCardCmd_put_ReplyStatus(pISCardCmd, 0x0000) == S_OK);
	EXPECT(ISCardCmd_get_ReplyStatusSW1(pISCardCmd, &bySW1) == S_OK && bySW1 == 0);
	EXPECT(ISCardCmd_get_ReplyStatusSW2(pISCardCmd, &bySW2) == S_OK && bySW2 == 0);
	EXPECT(ISCardCmd_get_Apdu(pISCardCmd, &pIByteApdu) == S_OK);
	EXPECT(ISCardCmd_put_Apdu(pISCardCmd, pIByteApdu) == S_OK);
	EXPECT(ISCardCmd_get_Data(pISCardCmd, &pIByteData) == S_OK);
	EXPECT(ISCardCmd_put_Data(pISCardCmd, pIByteData) == S_OK);
	EXPECT(ISCardCmd_put_ApduReply(pISCardCmd, pIByteData) == S_OK);
	EXPECT(ISCardCmd_get_ApduLength(pISCardCmd, &lLen) == S_OK && lLen == 8);
	EXPECT(ISCardCmd_get_ApduReplyLength(pISCardCmd, &lLen) == S_OK && lLen == 2);
	EXPECT(ISCardCmd_Encapsulate(pISCardCmd, pIByteApdu, ISO_CASE_1) == S_OK);
	EXPECT(ISCardCmd_Clear(pISCardCmd) == S_OK);
	EXPECT(ISCardCmd_get_ApduLength(pISCardCmd, &lLen) == S_OK && lLen == 0);
	IByteBuffer_Release(pIByteApdu);
	IByteBuffer_Release(pIByteData);
}

/* IByteBuffer, the pages with one call each */
static void buffer_methods(IByteBuffer *pIByteBuff)
{
	LPBYTEBUFFER pClone = NULL;
	BYTE byData[64] = {0x10};
	STATSTRUCT stat;
	LONG lPos, lWritten;
	HRESULT hr;

	EXPECT(IByteBuffer_Clone(pIByteBuff, &pClone) == S_OK);
	EXPECT(IByteBuffer_Commit(pIByteBuff, STGC_DEFAULT | STGC_CONSOLIDATE) == S_OK);
	EXPECT(IByteBuffer_LockRegion(pIByteBuff, 0, 10, LOCK_EXCLUSIVE) == STG_E_INVALIDFUNCTION);
	EXPECT(IByteBuffer_UnlockRegion(pIByteBuff, 0, 10, LOCK_EXCLUSIVE) ==
	       STG_E_INVALIDFUNCTION);
	EXPECT(IByteBuffer_Revert(pIByteBuff) == S_OK);
	EXPECT(IByteBuffer_Seek(pIByteBuff, 5, STREAM_SEEK_SET, &lPos) == S_OK && lPos == 5);
	EXPECT(IByteBuffer_SetSize(pIByteBuff, 256) == S_OK);
	EXPECT(IByteBuffer_Write(pIByteBuff, byData, 64, &lWritten) == S_OK && lWritten == 64);
	EXPECT(IByteBuffer_Read(pIByteBuff, byData, 1, NULL) == S_OK);
	hr = IByteBuffer_Stat(pIByteBuff, &stat, STATFLAG_DEFAULT);
	if (FAILED(hr))
		printf("Failed Stat\n");
	else
		EXPECT(stat.cbSize == 256);
	EXPECT(IByteBuffer_CopyTo(pClone, &pIByteBuff, 2, NULL, NULL) == S_OK);
	EXPECT(IByteBuffer_Initialize(pIByteBuff, 1, NULL) == S_OK);
	EXPECT(IByteBuffer_Stat(pIByteBuff, &stat, STATFLAG_DEFAULT) == S_OK && stat.cbSize == 1);
	IByteBuffer_Release(pClone);
}

int main(void)
{
	ISCard *pISCard = NULL;
	ISCardCmd *pISCardCmd = NULL;
	IByteBuffer *pIByteBuff = NULL;
	HRESULT hresult;

	CoInitialize(NULL);
	/* Building an APDU (overview) */
	hresult = CoCreateInstance(&CLSID_CSCardCmd, NULL, CLSCTX_ALL, &IID_ISCardCmd,
	                           (LPVOID *)&pISCardCmd);
	EXPECT(hresult == S_OK);
	hresult = CoCreateInstance(&CLSID_CByteBuffer, NULL, CLSCTX_ALL, &IID_IByteBuffer,
	                           (LPVOID *)&pIByteBuff);
	EXPECT(hresult == S_OK);
	hresult =
		CoCreateInstance(&CLSID_CSCard, NULL, CLSCTX_ALL, &IID_ISCard, (LPVOID *)&pISCard);
	EXPECT(hresult == S_OK);
	if (failures > 0)
		return 1;
	get_card_handle_and_context(pISCard, 0);
	attach_by_reader(pISCard);
	get_card_handle_and_context(pISCard, 1);
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
	ISCard_Release(pISCard);
	ISCardCmd_Release(pISCardCmd);
	IByteBuffer_Release(pIByteBuff);
	CoUninitialize();
	return failures > 0;
}
