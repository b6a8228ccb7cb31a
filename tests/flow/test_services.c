/* SPDX-License-Identifier: MIT */
/* How the service interfaces come to be, share the card with others, and meet a card that leaves, is
 * reset or talks nonsense. */
#include "files_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint8_t data[50000];

static void they_are_made_by_interface_identifier(void **state)
{
	const IID *const iids[] = {&IID_ISCardFileAccess, &IID_ISCardVerify, &IID_ISCardAuth};
	LONG user = 0;

	(void)state;
	files_start_detached(FILES_EXTENDED, 0);
	for (size_t i = 0; i < 3; i++) {
		GUID guid = *iids[i];
		IUnknown *made = NULL;
		void *same = NULL;

		assert_hr(ISCardManage_CreateInterface(fr.manage, &guid, NULL, &user, &made), S_OK);
		assert_hr(IUnknown_QueryInterface(made, iids[i], &same), S_OK);
		assert_ptr_equal(same, made);
		IUnknown_Release(made);
		assert_hr(IUnknown_QueryInterface(made, &IID_ISCard, &same), E_NOINTERFACE);
		assert_int_equal(IUnknown_Release(made), 0);
	}
	files_end();
}

static void others_are_not_to_be_had(void **state)
{
	BSTR crypto = iscard_bstr_from_utf8("CryptoProvider"),
	     other = iscard_bstr_from_utf8("Crypto");
	GUID none = GUID_NULL, card = IID_ISCard;
	IUnknown *made = (IUnknown *)&fr;
	LONG user = 0;

	(void)state;
	files_start_detached(FILES_EXTENDED, 0);
	assert_hr(ISCardManage_CreateInterface(fr.manage, &none, crypto, &user, &made),
	          SCARD_E_UNSUPPORTED_FEATURE);
	assert_null(made);
	assert_hr(ISCardManage_CreateInterface(fr.manage, &none, other, &user, &made),
	          E_INVALIDARG);
	assert_hr(ISCardManage_CreateInterface(fr.manage, &none, NULL, &user, &made), E_INVALIDARG);
	assert_hr(ISCardManage_CreateInterface(fr.manage, &card, NULL, &user, &made), E_INVALIDARG);
	assert_hr(ISCardManage_CreateInterface(fr.manage, NULL, crypto, &user, &made), E_POINTER);
	assert_hr(ISCardManage_CreateInterface(fr.manage, &none, crypto, NULL, &made), E_POINTER);
	assert_hr(ISCardManage_CreateInterface(fr.manage, &none, crypto, &user, NULL), E_POINTER);
	assert_hr(ISCardManage_CreateFileAccess(fr.manage, NULL), E_POINTER);
	assert_hr(ISCardManage_CreateCardAuth(fr.manage, NULL), E_POINTER);
	assert_hr(ISCardManage_CreateCHVerification(fr.manage, NULL), E_POINTER);
	SysFreeString(crypto);
	SysFreeString(other);
	files_end();
}

static void a_service_keeps_its_connection(void **state)
{
	HSCARD_FILE file;

	(void)state;
	files_start(FILES_EXTENDED, 0);
	file = files_opened("0101");
	ISCardManage_Release(fr.manage);
	assert_int_equal(files_read(file, 5, data, sizeof data), 5);
	ISCardManage_AddRef(fr.manage); /* of what is still there */
	files_end();
}

/* Every method that needs the card, in any order. */
static void every_method(HSCARD_FILE file, HRESULT want)
{
	IByteBuffer *buffer = NULL, *code = files_buffer("1234", 4);
	SAFEARRAY *list;
	LPTLV_TABLE table;
	BSTR name = iscard_bstr_from_utf8("0101"), here;
	LONG n = 4, ref = 1;

	assert_hr(files_cd(SC_TYPE_BY_ID, "5015"), want);
	assert_hr(files_open(SC_TYPE_BY_ID, "0101", &(HSCARD_FILE){0}), want);
	assert_hr(ISCardFileAccess_GetCurrentDir(fr.files, &here), want);
	assert_hr(ISCardFileAccess_Directory(fr.files, SC_TYPE_DIRECTORIES, &list), want);
	assert_hr(ISCardFileAccess_GetProperties(fr.files, SC_TYPE_BY_ID, name, &table, &n, 0),
	          want);
	assert_hr(ISCardFileAccess_GetFileCapabilities(fr.files, &table, &n, 0), want);
	assert_hr(ISCardFileAccess_Invalidate(fr.files, name, 0), want);
	assert_hr(ISCardFileAccess_Rehabilitate(fr.files, name, 0), want);
	assert_hr((HRESULT)files_read(file, 1, data, sizeof data), want);
	assert_hr(files_write(file, "x", 1, 0), want);
	assert_hr(ISCardFileAccess_Seek(fr.files, file, 0, SC_SEEK_FROM_BEGINNING), want);
	assert_hr(files_verify("1234", 0, 1), want);
	assert_hr(ISCardVerify_Verify(fr.verify, NULL, SC_FL_IHV_CHECKONLY, &ref), want);
	assert_hr(ISCardVerify_ChangeCode(fr.verify, code, code, 0, 1), want);
	assert_hr(ISCardVerify_Unblock(fr.verify, 0, 0, 1), want);
	assert_hr(iscard_verify_unblock(fr.verify, code, code, 0, 1), want);
	assert_hr(ISCardVerify_ResetSecurityState(fr.verify, 0), want);
	n = 4;
	assert_hr(ISCardAuth_GetChallenge(fr.auth, 0, NULL, &n, &buffer), want);
	assert_hr(ISCardAuth_APP_Auth(fr.auth, 0, NULL, code), want);
	assert_hr(ISCardAuth_ICC_Auth(fr.auth, 0, NULL, &n, &code), want);
	assert_hr(ISCardAuth_User_Auth(fr.auth, 0, NULL, &n, &code), want);
	SysFreeString(name);
	IByteBuffer_Release(code);
}

static void nothing_works_without_a_connection(void **state)
{
	HSCARD_FILE file;

	(void)state;
	files_start(FILES_EXTENDED, 0);
	file = files_opened("0101");
	assert_hr(ISCardManage_Detach(fr.manage), S_OK);
	every_method(file, SCARD_E_INVALID_HANDLE);
	assert_hr(ISCardFileAccess_Close(fr.files, file), S_OK);
	files_end();
}

static void nothing_works_on_a_card_that_was_pulled(void **state)
{
	HSCARD_FILE file;
	unsigned sent;

	(void)state;
	files_start(FILES_EXTENDED, 0);
	file = files_opened("0101");
	assert_true(emu_remove(fr.stream.device, 0, fr.stream.clock.now));
	assert_hr((HRESULT)files_read(file, 1, data, sizeof data), SCARD_W_REMOVED_CARD);
	sent = files_sent();
	every_method(file, SCARD_W_REMOVED_CARD);
	assert_int_equal(files_sent(), sent);
	assert_hr(ISCardFileAccess_Close(fr.files, file), S_OK);
	files_end();
}

static void nothing_works_on_a_reader_that_was_unplugged(void **state)
{
	HSCARD_FILE file;

	(void)state;
	files_start(FILES_EXTENDED, 0);
	file = files_opened("0101");
	assert_true(emu_later(fr.stream.device, EMU_UNPLUG, 0, fr.stream.clock.now));
	assert_hr((HRESULT)files_read(file, 1, data, sizeof data), SCARD_E_READER_UNAVAILABLE);
	every_method(file, SCARD_E_READER_UNAVAILABLE);
	assert_hr(ISCardFileAccess_Close(fr.files, file), S_OK);
	files_end();
}

static void a_reset_by_another_ends_files_and_rights(void **state)
{
	HSCARD_FILE file;
	unsigned sent;
	ISCard *other;

	(void)state;
	files_start(FILES_TPDU_T1, 0);
	other = files_other();
	file = files_opened("0105");
	assert_hr(files_cd(SC_TYPE_BY_ID, "5015"), S_OK);
	assert_hr(files_verify("1234", 0, 1), S_OK);
	assert_hr(ISCard_ReAttach(other, SHARED, RESET), S_OK);
	sent = files_sent();
	every_method(file, SCARD_W_RESET_CARD);
	assert_int_equal(files_sent(), sent);
	assert_hr(ISCardManage_Reconnect(fr.manage), S_OK);
	assert_hr((HRESULT)files_read(file, 1, data, sizeof data), SCARD_W_RESET_CARD);
	assert_hr(files_write(file, "x", 1, 0), SCARD_W_RESET_CARD);
	assert_hr(ISCardFileAccess_Seek(fr.files, file, 0, SC_SEEK_RELATIVE), SCARD_W_RESET_CARD);
	assert_hr(ISCardFileAccess_Close(fr.files, file), S_OK);
	file = files_opened("0105"); /* the master file's again */
	assert_hr((HRESULT)files_read(file, 1, data, sizeof data), SCARD_W_SECURITY_VIOLATION);
	assert_hr(files_cd(SC_TYPE_BY_ID, "5015"), S_OK);
	assert_hr(ISCard_ReAttach(other, SHARED, RESET), S_OK);
	assert_hr(ISCardManage_Reconnect(fr.manage), S_OK);
	assert_hr(files_cd(SC_TYPE_BY_ID, "5015"), S_OK);
	assert_true(files_opened("4401") != 0);
	ISCard_Release(other);
	files_end();
}

static void the_own_reset_ends_them_too_and_tells_others(void **state)
{
	SCARD_PROTOCOLS protocol;
	HSCARD_FILE file;
	ISCard *other;

	(void)state;
	files_start(FILES_EXTENDED, 0);
	other = files_other();
	file = files_opened("0105");
	assert_hr(files_verify("1234", 0, 1), S_OK);
	assert_hr(ISCardVerify_ResetSecurityState(fr.verify, 0), S_OK);
	assert_hr(ISCard_get_Protocol(other, &protocol), SCARD_W_RESET_CARD);
	assert_hr((HRESULT)files_read(file, 1, data, sizeof data), SCARD_W_RESET_CARD);
	file = files_opened("0105");
	assert_hr((HRESULT)files_read(file, 1, data, sizeof data), SCARD_W_SECURITY_VIOLATION);
	assert_hr(ISCardManage_SCardUnlock(fr.manage, LEAVE), SCARD_E_NOT_TRANSACTED);
	ISCard_Release(other);
	files_end();
}

static void own_locks_outlast_the_own_reset(void **state)
{
	(void)state;
	files_start(FILES_EXTENDED, 0);
	assert_hr(ISCardManage_SCardLock(fr.manage), S_OK);
	assert_hr(ISCardVerify_ResetSecurityState(fr.verify, 0), S_OK);
	assert_hr(files_verify("1234", 0, 1), S_OK);
	assert_hr(ISCardManage_SCardUnlock(fr.manage, LEAVE), S_OK);
	assert_hr(ISCardManage_SCardUnlock(fr.manage, LEAVE), SCARD_E_NOT_TRANSACTED);
	files_end();
}

static void another_attachment_is_another_card(void **state)
{
	HSCARD_FILE file;

	(void)state;
	files_start(FILES_EXTENDED, 0);
	assert_hr(files_cd(SC_TYPE_BY_ID, "5015"), S_OK);
	file = files_opened("4401");
	assert_hr(ISCardManage_Detach(fr.manage), S_OK);
	assert_hr(files_attach(), S_OK);
	assert_hr((HRESULT)files_read(file, 1, data, sizeof data), SCARD_W_RESET_CARD);
	file = files_opened("0101");
	assert_int_equal(files_read(file, 1, data, sizeof data), 1);
	files_end();
}

/* Somebody else selects another file in between: ours is found again, theirs is not read. */
static void another_connection_may_move_the_current_file(void **state)
{
	ISCardManage *other = NULL;
	ISCardFileAccess *mine, *theirs;
	HSCARD_FILE file, foreign;
	HSCARD handle = 0;
	ISCard *card;

	(void)state;
	files_start(FILES_TPDU_T0, 0);
	mine = fr.files;
	file = files_opened("0102");
	card = files_other();
	assert_hr(ISCard_get_CardHandle(card, &handle), S_OK);
	assert_hr(iscard_context_create_instance(fr.context, &CLSID_CSCardManage, &IID_ISCardManage,
	                                         (void **)&other),
	          S_OK);
	assert_hr(ISCardManage_AttachByHandle(other, handle), S_OK);
	assert_hr(ISCardManage_CreateFileAccess(other, &theirs), S_OK);
	for (int i = 1; i <= 3; i++) {
		fr.files = theirs;
		foreign = files_opened("5015/5016/4402");
		assert_int_equal(files_read(foreign, 2, data, sizeof data), 2);
		fr.files = mine;
		assert_int_equal(files_read(file, 0, data, sizeof data), 16);
		assert_int_equal(data[0], i);
	}
	ISCardFileAccess_Release(theirs);
	ISCardManage_Release(other);
	ISCard_Release(card);
	files_end();
}

static WORD transact(ISCard *card, BYTE ins, BYTE p2, const char *bytes, size_t n)
{
	IByteBuffer *body = files_buffer(bytes, n);
	void *made = NULL;
	ISCardCmd *cmd;
	WORD status = 0;

	assert_hr(CoCreateInstance(&CLSID_CSCardCmd, NULL, CLSCTX_ALL, &IID_ISCardCmd, &made),
	          S_OK);
	cmd = made;
	assert_hr(ISCardCmd_BuildCmd(cmd, 0, ins, 0, p2, body, NULL), S_OK);
	assert_hr(ISCard_Transaction(card, &cmd), S_OK);
	assert_hr(ISCardCmd_get_ReplyStatus(cmd, &status), S_OK);
	ISCardCmd_Release(cmd);
	IByteBuffer_Release(body);
	return status;
}

/* A PIN that somebody else presents holds: the DF is not selected anew for it. Other commands may
 * have moved the card, and then it is. */
static void anothers_pin_does_not_cost_the_directory(void **state)
{
	HSCARD_FILE file;
	ISCard *other;

	(void)state;
	files_start(FILES_EXTENDED, 0);
	other = files_other();
	assert_hr(files_cd(SC_TYPE_BY_NAME, "A000000063504B43532D3135"), S_OK);
	file = files_opened("4401");
	assert_int_equal(transact(other, 0x20, 0x81, "9999", 4), 0x9000);
	assert_int_equal(files_read(file, 3, data, sizeof data), 3);
	assert_int_equal(transact(other, 0xA4, 0x0C, "\x3F\x00", 2), 0x9000);
	assert_hr((HRESULT)files_read(file, 3, data, sizeof data), SCARD_W_SECURITY_VIOLATION);
	ISCard_Release(other);
	files_end();
}

static void anothers_lock_is_waited_for(void **state)
{
	HSCARD_FILE file;
	ISCard *other;

	(void)state;
	files_start(FILES_EXTENDED, 0);
	file = files_opened("0101");
	other = files_other();
	fr.context->limits.lock_ms = 1;
	assert_hr(ISCard_LockSCard(other), S_OK);
	fr.tick = 1;
	assert_hr((HRESULT)files_read(file, 1, data, sizeof data), SCARD_E_TIMEOUT);
	assert_hr(files_verify("1234", 0, 1), SCARD_E_TIMEOUT);
	assert_hr(ISCardFileAccess_Seek(fr.files, file, 1, SC_SEEK_RELATIVE), S_OK);
	fr.tick = 0;
	assert_hr(ISCard_UnlockSCard(other, LEAVE), S_OK);
	assert_int_equal(files_read(file, 1, data, sizeof data), 1);
	assert_int_equal(data[0], emu_card_pattern(1));
	ISCard_Release(other);
	files_end();
}

static void later(enum emu_event what, int64_t ms)
{
	assert_true(emu_later(fr.stream.device, what, 0, fr.stream.clock.now + ms));
}

static void a_card_that_leaves_in_the_middle_is_reported(void **state)
{
	(void)state;
	FILES_EVERY(kind)
	{
		HSCARD_FILE file;
		IByteBuffer *buffer;
		LONG n = 0;

		files_start((enum files_reader)kind, 0);
		file = files_opened("0101");
		later(EMU_REMOVE, 5);
		assert_hr(ISCardFileAccess_Read(fr.files, file, &n, &buffer, 0),
		          SCARD_W_REMOVED_CARD);
		assert_null(buffer);
		assert_hr(files_verify("1234", 0, 1), SCARD_W_REMOVED_CARD);
		assert_true(emu_insert(fr.stream.device, 0, &fr.stream.cfg.card[0],
		                       fr.stream.clock.now));
		assert_hr(files_verify("1234", 0, 1), SCARD_W_REMOVED_CARD);
		assert_hr(ISCardManage_Reconnect(fr.manage), S_OK);
		assert_hr(ISCardFileAccess_Close(fr.files, file), S_OK);
		file = files_opened("0101");
		assert_int_equal(files_read(file, 0, data, sizeof data), 40000);
		assert_hr(ISCardManage_SCardUnlock(fr.manage, LEAVE), SCARD_E_NOT_TRANSACTED);
		files_end();
	}
}

static void a_reader_that_leaves_in_the_middle_is_reported(void **state)
{
	HSCARD_FILE file;
	LONG n = 0;

	(void)state;
	files_start(FILES_TPDU_T1, 0);
	file = files_opened("0101");
	later(EMU_UNPLUG, 20);
	assert_hr(ISCardFileAccess_Read(fr.files, file, &n, &(IByteBuffer *){NULL}, 0),
	          SCARD_E_READER_UNAVAILABLE);
	assert_hr(files_verify("1234", 0, 1), SCARD_E_READER_UNAVAILABLE);
	assert_hr(ISCardFileAccess_Close(fr.files, file), S_OK);
	files_end();
}

static void nonsense_is_not_believed(void **state)
{
	static const struct {
		enum files_reader kind;
		unsigned flags;
		LONG at;
	} rows[] = {
		{FILES_EXTENDED, EMU_FILES_TOO_MUCH, 0},
		{FILES_EXTENDED, EMU_FILES_ALWAYS_61, 0},
		{FILES_TPDU_T0, EMU_FILES_ALWAYS_61, 0},
		{FILES_EXTENDED, EMU_FILES_ALWAYS_6C, 0},
		{FILES_TPDU_T0, EMU_FILES_ALWAYS_6C, 0},
		{FILES_TPDU_T1, EMU_FILES_53_LIES, 39000},
		{FILES_TPDU_T0, EMU_FILES_53_LIES, 39000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		HSCARD_FILE file;
		unsigned sent;

		files_start(rows[i].kind, rows[i].flags);
		file = files_opened("0101");
		assert_hr(ISCardFileAccess_Seek(fr.files, file, rows[i].at, SC_SEEK_FROM_BEGINNING),
		          S_OK);
		sent = files_sent();
		assert_hr((HRESULT)files_read(file, 500, data, sizeof data), SCARD_E_UNEXPECTED);
		assert_true(files_sent() < sent + 10);
		assert_hr(ISCardFileAccess_Seek(fr.files, file, 0, SC_SEEK_RELATIVE), S_OK);
		assert_hr(files_verify("1234", 0, 1), S_OK);
		files_end();
	}
}

/* 40000 bytes at most are told; 70000 pieces would be 16 MiB and more from an honest card. */
static void a_file_without_end_ends(void **state)
{
	HSCARD_FILE file;
	unsigned sent;

	(void)state;
	files_start(FILES_EXTENDED, EMU_FILES_ENDLESS | EMU_FILES_SILENT);
	file = files_opened("0101");
	sent = files_sent();
	assert_hr((HRESULT)files_read(file, 0, data, sizeof data), SCARD_E_UNEXPECTED);
	assert_int_equal(files_sent() - sent, 70000);
	assert_int_equal(files_read(file, 3, data, sizeof data), 3);
	assert_int_equal(data[0], 0xEE);
	files_end();
}

/* Whether a command that failed has moved the current file nobody can tell. */
static void after_a_failure_the_file_is_selected_again(void **state)
{
	HSCARD_FILE file;
	unsigned sent;

	(void)state;
	files_start(FILES_EXTENDED, EMU_FILES_TOO_MUCH);
	file = files_opened("0101");
	sent = files_sent();
	assert_hr((HRESULT)files_read(file, 5, data, sizeof data), SCARD_E_UNEXPECTED);
	assert_int_equal(files_sent() - sent, 1);
	assert_hr((HRESULT)files_read(file, 5, data, sizeof data), SCARD_E_UNEXPECTED);
	assert_int_equal(files_sent() - sent, 4); /* by way of the master file */
	files_end();
}

static void text_of_failure(HRESULT want, const char *part)
{
	char text[400];

	assert_hr(iscard_last_error(fr.manage, text, sizeof text), want);
	assert_non_null(strstr(text, part));
}

static void failures_are_kept_for_the_object(void **state)
{
	IByteBuffer *buffer;
	ISCard *other;
	LONG n = 4;
	BSTR here;

	(void)state;
	files_start(FILES_EXTENDED, 0);
	assert_hr(files_verify("4321", 0, 1), SCARD_W_WRONG_CHV);
	text_of_failure(SCARD_W_WRONG_CHV, "00 00: ");
	assert_hr(files_cd(SC_TYPE_BY_ID, "0999"), SCARD_E_DIR_NOT_FOUND);
	text_of_failure(SCARD_E_DIR_NOT_FOUND, "00 00: ");
	assert_hr(ISCardAuth_GetChallenge(fr.auth, 0, NULL, &n, &buffer), S_OK);
	IByteBuffer_Release(buffer);
	text_of_failure(SCARD_E_DIR_NOT_FOUND, "00 00: ");
	other = files_other();
	fr.context->limits.lock_ms = 1;
	assert_hr(ISCard_LockSCard(other), S_OK);
	fr.tick = 1;
	assert_hr(files_verify("1234", 0, 1), SCARD_E_TIMEOUT);
	text_of_failure(SCARD_E_TIMEOUT, "another connection holds the lock");
	fr.tick = 0;
	ISCard_Release(other);
	assert_hr(ISCardManage_Detach(fr.manage), S_OK);
	assert_hr(ISCardFileAccess_GetCurrentDir(fr.files, &here), SCARD_E_INVALID_HANDLE);
	text_of_failure(SCARD_E_INVALID_HANDLE, "");
	files_end();
}

/* A buffer of the application's own, which uses the card while it takes the answer. */
struct own_buffer {
	IByteBuffer iface;
	IByteBuffer *inner;
	HRESULT verified, closed;
	HSCARD_FILE file;
};

static HRESULT own_stat(IByteBuffer *self, LPSTATSTRUCT stat, LONG flag)
{
	return IByteBuffer_Stat(((struct own_buffer *)self)->inner, stat, flag);
}

static HRESULT own_seek(IByteBuffer *self, LONG move, LONG origin, LONG *position)
{
	return IByteBuffer_Seek(((struct own_buffer *)self)->inner, move, origin, position);
}

static HRESULT own_read(IByteBuffer *self, BYTE *out, LONG cb, LONG *n)
{
	return IByteBuffer_Read(((struct own_buffer *)self)->inner, out, cb, n);
}

static ULONG own_count(IByteBuffer *self)
{
	(void)self;
	return 1;
}

static HRESULT own_initialize(IByteBuffer *self, LONG n, BYTE *bytes)
{
	struct own_buffer *b = (struct own_buffer *)self;

	b->verified = files_verify("1234", 0, 1);
	b->closed = ISCardFileAccess_Close(fr.files, b->file);
	return IByteBuffer_Initialize(b->inner, n, bytes);
}

static void a_buffer_may_use_the_card_that_fills_it(void **state)
{
	static const IByteBufferVtbl vtbl = {.AddRef = own_count,
	                                     .Release = own_count,
	                                     .Stat = own_stat,
	                                     .Seek = own_seek,
	                                     .Read = own_read,
	                                     .Initialize = own_initialize};
	struct own_buffer b = {.iface = {&vtbl}, .verified = E_FAIL, .closed = E_FAIL};
	IByteBuffer *buffer = &b.iface;
	LONG n = 0;

	(void)state;
	files_start(FILES_EXTENDED, 0);
	b.file = files_opened("0101");
	b.inner = files_buffer("\x01", 1);
	assert_hr(ISCardAuth_ICC_Auth(fr.auth, 0, NULL, &n, &buffer), S_OK);
	assert_hr(b.verified, S_OK);
	assert_hr(b.closed, S_OK);
	assert_int_equal(n, 1);
	assert_hr(IByteBuffer_Read(b.inner, data, 1, &n), S_OK);
	assert_int_equal(data[0], 0x01 ^ 0x5A);
	IByteBuffer_Release(b.inner);
	files_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_made_by_interface_identifier),
		cmocka_unit_test(others_are_not_to_be_had),
		cmocka_unit_test(a_service_keeps_its_connection),
		cmocka_unit_test(nothing_works_without_a_connection),
		cmocka_unit_test(nothing_works_on_a_card_that_was_pulled),
		cmocka_unit_test(nothing_works_on_a_reader_that_was_unplugged),
		cmocka_unit_test(a_reset_by_another_ends_files_and_rights),
		cmocka_unit_test(the_own_reset_ends_them_too_and_tells_others),
		cmocka_unit_test(own_locks_outlast_the_own_reset),
		cmocka_unit_test(another_attachment_is_another_card),
		cmocka_unit_test(another_connection_may_move_the_current_file),
		cmocka_unit_test(anothers_pin_does_not_cost_the_directory),
		cmocka_unit_test(anothers_lock_is_waited_for),
		cmocka_unit_test(a_card_that_leaves_in_the_middle_is_reported),
		cmocka_unit_test(a_reader_that_leaves_in_the_middle_is_reported),
		cmocka_unit_test(nonsense_is_not_believed),
		cmocka_unit_test(a_file_without_end_ends),
		cmocka_unit_test(after_a_failure_the_file_is_selected_again),
		cmocka_unit_test(failures_are_kept_for_the_object),
		cmocka_unit_test(a_buffer_may_use_the_card_that_fills_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
