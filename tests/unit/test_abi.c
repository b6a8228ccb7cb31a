/* SPDX-License-Identifier: MIT */
/* Slots, values and GUIDs as published. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <iscard/iscard.h>
#include <stdio.h>
#include <string.h>

#define SLOT(iface, method, n)                                                                     \
	_Static_assert(offsetof(iface##Vtbl, method) == (n) * sizeof(void *), #iface "::" #method)
#define SLOTS(iface, n)                                                                            \
	SLOT(iface, QueryInterface, 0);                                                            \
	SLOT(iface, AddRef, 1);                                                                    \
	SLOT(iface, Release, 2);                                                                   \
	SLOT(iface, GetTypeInfoCount, 3);                                                          \
	SLOT(iface, GetTypeInfo, 4);                                                               \
	SLOT(iface, GetIDsOfNames, 5);                                                             \
	SLOT(iface, Invoke, 6);                                                                    \
	_Static_assert(sizeof(iface##Vtbl) == (n) * sizeof(void *), #iface " has other methods")

SLOTS(ISCard, 19);
SLOT(ISCard, get_Atr, 7);
SLOT(ISCard, get_CardHandle, 8);
SLOT(ISCard, get_Context, 9);
SLOT(ISCard, get_Protocol, 10);
SLOT(ISCard, get_Status, 11);
SLOT(ISCard, AttachByHandle, 12);
SLOT(ISCard, AttachByReader, 13);
SLOT(ISCard, Detach, 14);
SLOT(ISCard, LockSCard, 15);
SLOT(ISCard, ReAttach, 16);
SLOT(ISCard, Transaction, 17);
SLOT(ISCard, UnlockSCard, 18);

SLOTS(ISCardManage, 18);
SLOT(ISCardManage, AttachByHandle, 7);
SLOT(ISCardManage, AttachByIFD, 8);
SLOT(ISCardManage, CreateFileAccess, 9);
SLOT(ISCardManage, CreateCardAuth, 10);
SLOT(ISCardManage, CreateCHVerification, 11);
SLOT(ISCardManage, Detach, 12);
SLOT(ISCardManage, SCardLock, 13);
SLOT(ISCardManage, Reconnect, 14);
SLOT(ISCardManage, Status, 15);
SLOT(ISCardManage, SCardUnlock, 16);
SLOT(ISCardManage, CreateInterface, 17);

SLOTS(IByteBuffer, 21);
SLOT(IByteBuffer, get_Stream, 7);
SLOT(IByteBuffer, put_Stream, 8);
SLOT(IByteBuffer, Clone, 9);
SLOT(IByteBuffer, Commit, 10);
SLOT(IByteBuffer, CopyTo, 11);
SLOT(IByteBuffer, Initialize, 12);
SLOT(IByteBuffer, LockRegion, 13);
SLOT(IByteBuffer, Read, 14);
SLOT(IByteBuffer, Revert, 15);
SLOT(IByteBuffer, Seek, 16);
SLOT(IByteBuffer, SetSize, 17);
SLOT(IByteBuffer, Stat, 18);
SLOT(IByteBuffer, UnlockRegion, 19);
SLOT(IByteBuffer, Write, 20);

SLOTS(ISCardCmd, 40);
SLOT(ISCardCmd, get_Apdu, 7);
SLOT(ISCardCmd, put_Apdu, 8);
SLOT(ISCardCmd, get_ApduLength, 9);
SLOT(ISCardCmd, get_ApduReply, 10);
SLOT(ISCardCmd, put_ApduReply, 11);
SLOT(ISCardCmd, get_ApduReplyLength, 12);
SLOT(ISCardCmd, put_ApduReplyLength, 13);
SLOT(ISCardCmd, get_ClassId, 14);
SLOT(ISCardCmd, put_ClassId, 15);
SLOT(ISCardCmd, get_Data, 16);
SLOT(ISCardCmd, put_Data, 17);
SLOT(ISCardCmd, get_InstructionId, 18);
SLOT(ISCardCmd, put_InstructionId, 19);
SLOT(ISCardCmd, get_LeField, 20);
SLOT(ISCardCmd, get_P1, 21);
SLOT(ISCardCmd, put_P1, 22);
SLOT(ISCardCmd, get_P2, 23);
SLOT(ISCardCmd, put_P2, 24);
SLOT(ISCardCmd, get_P3, 25);
SLOT(ISCardCmd, get_ReplyStatus, 26);
SLOT(ISCardCmd, put_ReplyStatus, 27);
SLOT(ISCardCmd, get_ReplyStatusSW1, 28);
SLOT(ISCardCmd, get_ReplyStatusSW2, 29);
SLOT(ISCardCmd, get_Type, 30);
SLOT(ISCardCmd, get_Nad, 31);
SLOT(ISCardCmd, put_Nad, 32);
SLOT(ISCardCmd, get_ReplyNad, 33);
SLOT(ISCardCmd, put_ReplyNad, 34);
SLOT(ISCardCmd, BuildCmd, 35);
SLOT(ISCardCmd, Clear, 36);
SLOT(ISCardCmd, Encapsulate, 37);
SLOT(ISCardCmd, get_AlternateClassId, 38);
SLOT(ISCardCmd, put_AlternateClassId, 39);

SLOTS(ISCardISO7816, 25);
SLOT(ISCardISO7816, AppendRecord, 7);
SLOT(ISCardISO7816, EraseBinary, 8);
SLOT(ISCardISO7816, ExternalAuthenticate, 9);
SLOT(ISCardISO7816, GetChallenge, 10);
SLOT(ISCardISO7816, GetData, 11);
SLOT(ISCardISO7816, GetResponse, 12);
SLOT(ISCardISO7816, InternalAuthenticate, 13);
SLOT(ISCardISO7816, ManageChannel, 14);
SLOT(ISCardISO7816, PutData, 15);
SLOT(ISCardISO7816, ReadBinary, 16);
SLOT(ISCardISO7816, ReadRecord, 17);
SLOT(ISCardISO7816, SelectFile, 18);
SLOT(ISCardISO7816, SetDefaultClassId, 19);
SLOT(ISCardISO7816, UpdateBinary, 20);
SLOT(ISCardISO7816, UpdateRecord, 21);
SLOT(ISCardISO7816, Verify, 22);
SLOT(ISCardISO7816, WriteBinary, 23);
SLOT(ISCardISO7816, WriteRecord, 24);

SLOTS(ISCardTypeConv, 17);
SLOT(ISCardTypeConv, ConvertByteArrayToByteBuffer, 7);
SLOT(ISCardTypeConv, ConvertByteBufferToByteArray, 8);
SLOT(ISCardTypeConv, ConvertByteBufferToSafeArray, 9);
SLOT(ISCardTypeConv, ConvertSafeArrayToByteBuffer, 10);
SLOT(ISCardTypeConv, CreateByteArray, 11);
SLOT(ISCardTypeConv, CreateByteBuffer, 12);
SLOT(ISCardTypeConv, CreateSafeArray, 13);
SLOT(ISCardTypeConv, FreeIStreamMemoryPtr, 14);
SLOT(ISCardTypeConv, GetAtIStreamMemory, 15);
SLOT(ISCardTypeConv, SizeOfIStream, 16);

SLOTS(ISCardDatabase, 12);
SLOT(ISCardDatabase, GetProviderCardId, 7);
SLOT(ISCardDatabase, ListCardInterfaces, 8);
SLOT(ISCardDatabase, ListCards, 9);
SLOT(ISCardDatabase, ListReaderGroups, 10);
SLOT(ISCardDatabase, ListReaders, 11);

SLOTS(ISCardLocate, 10);
SLOT(ISCardLocate, ConfigureCardGuidSearch, 7);
SLOT(ISCardLocate, ConfigureCardNameSearch, 8);
SLOT(ISCardLocate, FindCard, 9);

SLOT(IStream, QueryInterface, 0);
SLOT(IStream, AddRef, 1);
SLOT(IStream, Release, 2);
SLOT(IStream, Read, 3);
SLOT(IStream, Write, 4);
SLOT(IStream, Seek, 5);
SLOT(IStream, SetSize, 6);
SLOT(IStream, CopyTo, 7);
SLOT(IStream, Commit, 8);
SLOT(IStream, Revert, 9);
SLOT(IStream, LockRegion, 10);
SLOT(IStream, UnlockRegion, 11);
SLOT(IStream, Stat, 12);
SLOT(IStream, Clone, 13);
_Static_assert(sizeof(IStreamVtbl) == 14 * sizeof(void *), "IStream has other methods");
SLOT(ISequentialStream, QueryInterface, 0);
SLOT(ISequentialStream, AddRef, 1);
SLOT(ISequentialStream, Release, 2);
SLOT(ISequentialStream, Read, 3);
SLOT(ISequentialStream, Write, 4);
_Static_assert(sizeof(ISequentialStreamVtbl) == 5 * sizeof(void *), "ISequentialStream too");

_Static_assert(sizeof(HRESULT) == 4 && (HRESULT)-1 < 0, "HRESULT is a signed 32-bit integer");
_Static_assert(sizeof(LONG) == sizeof(long) && sizeof(DWORD) == sizeof(long), "long");
_Static_assert(sizeof(WORD) == 2 && sizeof(OLECHAR) == 2 && sizeof(GUID) == 16, "widths");
_Static_assert(sizeof(HSCARD) == sizeof(void *), "pointer-sized");
_Static_assert(sizeof(SCARD_STATES) == 4, "enumerations have 32 bits");
_Static_assert(LEAVE == 0 && RESET == 1 && UNPOWER == 2 && EJECT == 3, "SCARD_DISPOSITIONS");
_Static_assert(EXCLUSIVE == 1 && SHARED == 2, "SCARD_SHARE_MODES");
_Static_assert(T0 == 1 && T1 == 2 && RAW == 0xff, "SCARD_PROTOCOLS");
_Static_assert(ABSENT == 1 && PRESENT == 2 && SWALLOWED == 3 && POWERED == 4 &&
                       NEGOTIABLEMODE == 5 && SPECIFICMODE == 6,
               "SCARD_STATES");
_Static_assert(ISO_CASE_1 == 1 && ISO_CASE_2 == 2 && ISO_CASE_3 == 3 && ISO_CASE_4 == 4,
               "ISO_APDU_TYPE");
_Static_assert(SC_DLG_MINIMAL_UI == 1 && SC_DLG_NO_UI == 2 && SC_DLG_FORCE_UI == 4, "SC_DLG_");
_Static_assert(STREAM_SEEK_SET == 0 && STREAM_SEEK_CUR == 1 && STREAM_SEEK_END == 2, "seek");
_Static_assert(STATFLAG_DEFAULT == 0 && STATFLAG_NONAME == 1 && STATFLAG_NOOPEN == 2, "STATFLAG");
_Static_assert(LOCK_WRITE == 1 && LOCK_EXCLUSIVE == 2 && LOCK_ONLYONCE == 4, "LOCKTYPE");
_Static_assert(STGC_DEFAULT == 0 && STGC_OVERWRITE == 1 && STGC_ONLYIFCURRENT == 2 &&
                       STGC_DANGEROUSLYCOMMITMERELYTODISKCACHE == 4 && STGC_CONSOLIDATE == 8,
               "STGC");
_Static_assert(STGTY_STREAM == 2 && STGM_READ == 0 && STGM_WRITE == 1 && STGM_READWRITE == 2,
               "STGTY, STGM");
_Static_assert(CLSCTX_ALL == 0x17 && CLSCTX_INPROC_SERVER == 1, "CLSCTX");
_Static_assert(VT_BSTR == 8 && VT_UI1 == 17, "VARTYPE");

#define FIELD(type, field, offset)                                                                 \
	_Static_assert(offsetof(type, field) == (offset), #type "." #field)
FIELD(BYTEARRAY, hMem, 0);
FIELD(BYTEARRAY, dwSize, sizeof(void *));
FIELD(BYTEARRAY, pbyData, sizeof(void *) + sizeof(long));
FIELD(STATSTRUCT, type, 0);
FIELD(STATSTRUCT, cbSize, sizeof(long));
FIELD(STATSTRUCT, grfMode, 2 * sizeof(long));
FIELD(STATSTRUCT, grfLocksSupported, 3 * sizeof(long));
FIELD(STATSTRUCT, grfStateBits, 4 * sizeof(long));
FIELD(SCARDINFO, hCard, 0);
FIELD(SCARDINFO, hContext, sizeof(void *));
FIELD(SCARDINFO, ActiveProtocol, 2 * sizeof(void *));
FIELD(SCARDINFO, ShareMode, 2 * sizeof(void *) + 4);
FIELD(SCARDINFO, hwndOwner, 2 * sizeof(void *) + 8);
FIELD(SCARDINFO, lpfnConnectProc, 3 * sizeof(void *) + 8);
FIELD(SCARDINFO, lpfnCheckProc, 4 * sizeof(void *) + 8);
FIELD(SCARDINFO, lpfnDisconnectProc, 5 * sizeof(void *) + 8);
_Static_assert(sizeof(SCARDINFO) == 6 * sizeof(void *) + 8, "SCARDINFO");
_Static_assert(sizeof(LARGE_INTEGER) == 8 && sizeof(ULARGE_INTEGER) == 8, "64 bits");

static void guids_are_the_published_ones(void **state)
{
	static const struct {
		const GUID *guid;
		const char *text;
	} rows[] = {
		{&IID_IUnknown, "00000000-0000-0000-C000-000000000046"},
		{&IID_IDispatch, "00020400-0000-0000-C000-000000000046"},
		{&IID_ISCard, "1461AAC3-6810-11D0-918F-00AA00C18068"},
		{&CLSID_CSCard, "1461AAC7-6810-11D0-918F-00AA00C18068"},
		{&IID_ISCardCmd, "D5778AE3-43DE-11D0-9171-00AA00C18068"},
		{&CLSID_CSCardCmd, "D5778AE7-43DE-11D0-9171-00AA00C18068"},
		{&IID_IByteBuffer, "E126F8FE-A7AF-11D0-B88A-00C04FD424B9"},
		{&CLSID_CByteBuffer, "E126F8FF-A7AF-11D0-B88A-00C04FD424B9"},
		{&IID_ISCardManage, "5E586211-5A09-11D0-B84C-00C04FD424B9"},
		{&IID_ISCardDatabase, "1461AAC8-6810-11D0-918F-00AA00C18068"},
		{&CLSID_CSCardDatabase, "1461AACC-6810-11D0-918F-00AA00C18068"},
		{&IID_ISCardLocate, "1461AACD-6810-11D0-918F-00AA00C18068"},
		{&CLSID_CSCardLocate, "1461AAD1-6810-11D0-918F-00AA00C18068"},
		{&IID_ISCardISO7816, "53B6AA68-3F56-11D0-916B-00AA00C18068"},
		{&CLSID_CSCardISO7816, "53B6AA6C-3F56-11D0-916B-00AA00C18068"},
		{&IID_ISCardTypeConv, "53B6AA63-3F56-11D0-916B-00AA00C18068"},
		{&CLSID_CSCardTypeConv, "53B6AA67-3F56-11D0-916B-00AA00C18068"},
		{&IID_IStream, "0000000C-0000-0000-C000-000000000046"},
		{&IID_ISequentialStream, "0C733A30-2A1C-11CE-ADE5-00AA0044773D"},
		{&IID_NULL, "00000000-0000-0000-0000-000000000000"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const GUID *g = rows[i].guid;
		const uint8_t *d = g->Data4;
		char text[40];

		snprintf(text, sizeof text, "%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X",
		         (unsigned)g->Data1, g->Data2, g->Data3, d[0], d[1], d[2], d[3], d[4], d[5],
		         d[6], d[7]);
		assert_string_equal(text, rows[i].text);
	}
}

static void result_codes_have_names_and_sentences(void **state)
{
	(void)state;
	assert_string_equal(iscard_result_name(SCARD_W_RESET_CARD), "SCARD_W_RESET_CARD");
	assert_string_equal(iscard_result_name(S_OK), "S_OK");
	assert_string_equal(iscard_strerror(SCARD_E_NO_SMARTCARD), "no card in the reader");
	assert_null(iscard_result_name(0x1234));
	assert_string_equal(iscard_strerror(0x1234), "unknown result code");
}

static void result_codes_are_the_published_ones(void **state)
{
	(void)state;
	assert_int_equal((uint32_t)SCARD_F_INTERNAL_ERROR, 0x80100001);
	assert_int_equal((uint32_t)SCARD_E_UNSUPPORTED_FEATURE, 0x80100022);
	assert_int_equal((uint32_t)SCARD_E_READ_ONLY_CARD, 0x80100034);
	assert_int_equal((uint32_t)SCARD_W_UNSUPPORTED_CARD, 0x80100065);
	assert_int_equal((uint32_t)SCARD_W_CACHE_ITEM_TOO_BIG, 0x80100072);
	assert_int_equal((uint32_t)E_INVALIDARG, 0x80070057);
	assert_int_equal((uint32_t)E_POINTER, 0x80004003);
	assert_int_equal((uint32_t)STG_E_INVALIDFUNCTION, 0x80030001);
	assert_true(FAILED(SCARD_W_RESET_CARD) && SUCCEEDED(S_FALSE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guids_are_the_published_ones),
		cmocka_unit_test(result_codes_have_names_and_sentences),
		cmocka_unit_test(result_codes_are_the_published_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
