/* SPDX-License-Identifier: MIT */
/* ISCardFileAccess: how files are named and found, what is told of them, and arguments. */
#include "files_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PKCS15 "A000000063504B43532D3135"

static uint8_t data[1000];

static void here_is(const char *want)
{
	BSTR text;
	char *utf8;

	assert_hr(ISCardFileAccess_GetCurrentDir(fr.files, &text), S_OK);
	utf8 = iscard_bstr_to_utf8(text);
	assert_string_equal(utf8, want);
	iscard_free(utf8);
	SysFreeString(text);
}

static void directories_are_found_by_name_and_identifier(void **state)
{
	(void)state;
	FILES_EVERY(kind)
	{
		files_start((enum files_reader)kind, 0);
		here_is("3F00");
		assert_hr(files_cd(SC_TYPE_BY_ID, "5015"), S_OK);
		here_is("3F00/5015");
		assert_hr(files_cd(SC_TYPE_BY_ID, "5016"), S_OK);
		here_is("3F00/5015/5016");
		assert_hr(files_cd(SC_TYPE_BY_ID, ".."), S_OK);
		here_is("3F00/5015");
		assert_hr(files_cd(SC_TYPE_BY_ID, "/"), S_OK);
		here_is("3F00");
		assert_hr(files_cd(SC_TYPE_BY_ID, "3F0050155016"), S_OK);
		here_is("3F00/5015/5016");
		assert_hr(files_cd(SC_TYPE_BY_NAME, PKCS15), S_OK);
		here_is(PKCS15);
		assert_hr(files_cd(SC_TYPE_BY_ID, "5016"), S_OK);
		here_is(PKCS15 "/5016");
		assert_hr(files_cd(SC_TYPE_BY_NAME, "1PAY.SYS.DDF01"), S_OK);
		here_is("315041592E5359532E4444463031");
		assert_hr(files_cd(SC_TYPE_BY_NAME, PKCS15 "/5016"), S_OK);
		here_is(PKCS15 "/5016");
		files_end();
	}
}

static void what_is_no_directory_is_refused(void **state)
{
	(void)state;
	files_start(FILES_TPDU_T0, 0);
	assert_hr(files_cd(SC_TYPE_BY_ID, "5015"), S_OK);
	assert_hr(files_cd(SC_TYPE_BY_ID, "5099"), SCARD_E_DIR_NOT_FOUND);
	assert_hr(files_cd(SC_TYPE_BY_NAME, "A000000099"), SCARD_E_DIR_NOT_FOUND);
	assert_hr(files_cd(SC_TYPE_BY_ID, "4401"), SCARD_E_NO_DIR);
	here_is("3F00/5015");
	assert_hr(files_cd(SC_TYPE_BY_ID, "5016"), S_OK);
	here_is("3F00/5015/5016");
	files_end();
}

static void files_are_found_from_everywhere(void **state)
{
	static const char *const names[] = {"/5015/5016/4402", "3F00/5015/5016/4402",
	                                    "50155016/4402"};
	HSCARD_FILE file;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		files_start(FILES_EXTENDED, 0);
		file = files_opened(names[i]);
		assert_int_equal(files_read(file, 0, data, sizeof data), 300);
		here_is("3F00");
		files_end();
	}
	files_start(FILES_EXTENDED, 0);
	assert_hr(files_open(SC_TYPE_BY_NAME, PKCS15 "/50164402", &file), S_OK);
	assert_int_equal(files_read(file, 0, data, sizeof data), 300);
	assert_hr(files_open(SC_TYPE_BY_ID, "4402", &file), SCARD_E_FILE_NOT_FOUND);
	assert_int_equal(file, 0);
	assert_hr(files_open(SC_TYPE_BY_ID, "5015", &file), SCARD_E_NO_FILE);
	assert_hr(files_open(SC_TYPE_BY_ID, "7F01/5016", &file), SCARD_E_FILE_NOT_FOUND);
	file = files_opened("0102");
	assert_int_equal(files_read(file, 0, data, sizeof data), 16);
	files_end();
}

/* Each level needs a select of its own, and the answer another P2. */
static void cards_that_know_less_are_led_step_by_step(void **state)
{
	static const unsigned flags[] = {EMU_FILES_NO_FCP,   EMU_FILES_SILENT,
	                                 EMU_FILES_NO_PATHS, EMU_FILES_SILENT | EMU_FILES_NO_PATHS,
	                                 EMU_FILES_FCP_LIES, EMU_FILES_PIECEMEAL};

	(void)state;
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		HSCARD_FILE deep, records, top;

		files_start(i % 2 ? FILES_EXTENDED : FILES_TPDU_T0, flags[i]);
		deep = files_opened("3F00/5015/5016/4402");
		records = files_opened("0102");
		assert_hr(files_open(SC_TYPE_BY_SHORT_ID, "1", &top), S_OK);
		assert_int_equal(files_read(deep, 0, data, sizeof data), 300);
		assert_int_equal(data[299], emu_card_pattern(299));
		assert_int_equal(files_read(records, 0, data, sizeof data), 16);
		assert_int_equal(files_read(top, 700, data, sizeof data), 700);
		assert_int_equal(data[699], emu_card_pattern(699));
		assert_hr(files_cd(SC_TYPE_BY_ID, "5015/5016"), S_OK);
		assert_int_equal(files_read(records, 0, data, sizeof data), 16);
		assert_int_equal(data[0], 2);
		files_end();
	}
}

/* What a card does not know is asked of it once. */
static void refusals_are_remembered(void **state)
{
	unsigned sent;

	(void)state;
	files_start(FILES_EXTENDED, EMU_FILES_SILENT | EMU_FILES_NO_PATHS);
	files_opened("5015/5016/4402");
	files_opened("0102");
	sent = files_sent();
	files_opened("5015/5016/4402"); /* three selects, and a look at what it is */
	assert_int_equal(files_sent(), sent + 4);
	files_end();
}

/* The card has left the directory on the way to a file that is not there. */
static void a_failed_journey_does_not_mislead(void **state)
{
	HSCARD_FILE file, missing;

	(void)state;
	files_start(FILES_EXTENDED, EMU_FILES_NO_PATHS);
	file = files_opened("0101");
	assert_hr(files_open(SC_TYPE_BY_ID, "5015/9999", &missing), SCARD_E_FILE_NOT_FOUND);
	assert_int_equal(files_read(file, 5, data, sizeof data), 5);
	assert_hr(files_open(SC_TYPE_BY_ID, "5015/5016/9999", &missing), SCARD_E_FILE_NOT_FOUND);
	assert_int_equal(files_read(file, 5, data, sizeof data), 5);
	assert_int_equal(data[0], emu_card_pattern(5));
	files_end();
}

/* Nor does asking about a file of which the card does not say that it is a DF. */
static void a_silent_directory_does_not_mislead(void **state)
{
	HSCARD_FILE file;
	LPTLV_TABLE table;
	BSTR name = iscard_bstr_from_utf8("5015/5016");
	LONG n;

	(void)state;
	files_start(FILES_EXTENDED, EMU_FILES_SILENT);
	assert_hr(ISCardFileAccess_GetProperties(fr.files, SC_TYPE_BY_ID, name, &table, &n, 0),
	          SCARD_E_UNSUPPORTED_FEATURE);
	SysFreeString(name);
	assert_hr(files_cd(SC_TYPE_BY_ID, "5015"), S_OK);
	assert_hr(files_open(SC_TYPE_BY_ID, "4402", &file), SCARD_E_FILE_NOT_FOUND);
	assert_hr(files_open(SC_TYPE_BY_ID, "5016", &file), SCARD_E_NO_FILE);
	assert_true(files_opened("4401") != 0);
	files_end();
}

static void short_identifiers_find_what_may_be_read(void **state)
{
	HSCARD_FILE bytes, records, file;

	(void)state;
	FILES_EVERY(kind)
	{
		files_start((enum files_reader)kind, 0);
		assert_hr(files_open(SC_TYPE_BY_SHORT_ID, "1", &bytes), S_OK);
		assert_hr(files_open(SC_TYPE_BY_SHORT_ID, "2", &records), S_OK);
		assert_int_equal(files_read(bytes, 3, data, sizeof data), 3);
		assert_int_equal(data[2], emu_card_pattern(2));
		assert_int_equal(files_read(records, 0, data, sizeof data), 16);
		assert_int_equal(files_read(bytes, 3, data, sizeof data), 3);
		assert_int_equal(data[2], emu_card_pattern(5));
		assert_hr(files_open(SC_TYPE_BY_SHORT_ID, "5", &file), SCARD_W_SECURITY_VIOLATION);
		assert_hr(files_open(SC_TYPE_BY_SHORT_ID, "9", &file), SCARD_E_FILE_NOT_FOUND);
		assert_int_equal(files_read(records, 0, data, sizeof data), 16);
		assert_int_equal(data[0], 2);
		files_end();
	}
}

/* Selecting what is selected already would cost a DF its verified PIN, and time. */
static void nothing_is_selected_twice(void **state)
{
	HSCARD_FILE file;
	unsigned sent;

	(void)state;
	files_start(FILES_EXTENDED, 0);
	assert_hr(files_cd(SC_TYPE_BY_NAME, PKCS15), S_OK);
	file = files_opened("4401");
	assert_hr(files_verify("9999", SC_FL_NO_FLAGS, 0x81), S_OK);
	sent = files_sent();
	assert_int_equal(files_read(file, 5, data, sizeof data), 5);
	assert_int_equal(files_read(file, 5, data, sizeof data), 5);
	assert_hr(files_cd(SC_TYPE_BY_NAME, PKCS15), S_OK);
	assert_int_equal(files_sent(), sent + 2);
	files_end();
}

static LONG property(LPTLV_TABLE table, LONG n, uint8_t tag)
{
	for (LONG i = 0; i < n; i++)
		if (table[i].byData[0] == tag) {
			assert_int_equal(table[i].cbSize, 2 + table[i].byData[1]);
			return table[i].byData[1] == 1
			               ? table[i].byData[2]
			               : table[i].byData[2] << 8 | table[i].byData[3];
		}
	return -1;
}

static HRESULT properties(REFTYPE type, const char *text, LPTLV_TABLE *table, LONG *n)
{
	BSTR name = iscard_bstr_from_utf8(text);
	HRESULT hr = ISCardFileAccess_GetProperties(fr.files, type, name, table, n,
	                                            SC_FL_GET_ALL_PROPERTIES);

	SysFreeString(name);
	return hr;
}

static void properties_are_what_the_card_tells(void **state)
{
	LPTLV_TABLE table;
	HSCARD_FILE file;
	LONG n;

	(void)state;
	files_start(FILES_TPDU_T0, 0);
	assert_hr(properties(SC_TYPE_BY_ID, "0101", &table, &n), S_OK);
	assert_int_equal(n, 5);
	assert_int_equal(property(table, n, 0x80), 40000);
	assert_int_equal(property(table, n, 0x83), 0x0101);
	assert_int_equal(property(table, n, 0x88), 0x08);
	assert_int_equal(property(table, n, 0x8A), 5);
	iscard_free(table);
	assert_hr(properties(SC_TYPE_BY_NAME, PKCS15, &table, &n), S_OK);
	assert_int_equal(property(table, n, 0x83), 0x5015);
	iscard_free(table);
	here_is("3F00");
	assert_hr(ISCardFileAccess_GetFileCapabilities(fr.files, &table, &n, SC_FL_NO_FLAGS), S_OK);
	assert_int_equal(property(table, n, 0x83), 0x3F00);
	iscard_free(table);
	file = files_opened("5015/5016/4402");
	assert_hr(ISCardFileAccess_GetFileCapabilities(fr.files, &table, &n, SC_FL_NO_FLAGS), S_OK);
	assert_int_equal(property(table, n, 0x83), 0x4402);
	iscard_free(table);
	assert_hr(ISCardFileAccess_Close(fr.files, file), S_OK);
	assert_hr(files_cd(SC_TYPE_BY_ID, "5015"), S_OK);
	assert_hr(ISCardFileAccess_GetFileCapabilities(fr.files, &table, &n, SC_FL_NO_FLAGS), S_OK);
	assert_int_equal(property(table, n, 0x83), 0x5015);
	iscard_free(table);
	files_end();
}

static void properties_that_are_not_told_are_not_made_up(void **state)
{
	LPTLV_TABLE table = (LPTLV_TABLE)&fr;
	HSCARD_FILE file;
	LONG n = 7;

	(void)state;
	files_start(FILES_EXTENDED, EMU_FILES_SILENT);
	assert_hr(properties(SC_TYPE_BY_ID, "0101", &table, &n), SCARD_E_UNSUPPORTED_FEATURE);
	assert_null(table);
	assert_int_equal(n, 0);
	assert_hr(files_open(SC_TYPE_BY_SHORT_ID, "1", &file), S_OK);
	assert_hr(ISCardFileAccess_GetFileCapabilities(fr.files, &table, &n, SC_FL_NO_FLAGS),
	          SCARD_E_UNSUPPORTED_FEATURE);
	files_end();
	files_start(FILES_EXTENDED, EMU_FILES_FCP_LIES);
	assert_hr(properties(SC_TYPE_BY_ID, "0101", &table, &n), SCARD_E_UNEXPECTED);
	assert_hr(properties(SC_TYPE_BY_ID, "0999", &table, &n), SCARD_E_FILE_NOT_FOUND);
	files_end();
}

static void the_card_lists_its_applications(void **state)
{
	SAFEARRAY *list;
	LONG last = 0, one = 1;
	BSTR name;
	char *utf8;

	(void)state;
	FILES_EVERY(kind)
	{
		files_start((enum files_reader)kind, 0);
		assert_hr(ISCardFileAccess_Directory(fr.files, SC_TYPE_DIRECTORIES, &list), S_OK);
		assert_hr(SafeArrayGetUBound(list, 1, &last), S_OK);
		assert_int_equal(last, 1);
		assert_hr(SafeArrayGetElement(list, &one, &name), S_OK);
		utf8 = iscard_bstr_to_utf8(name);
		assert_string_equal(utf8, "315041592E5359532E4444463031");
		assert_hr(files_cd(SC_TYPE_BY_NAME, utf8), S_OK);
		iscard_free(utf8);
		SysFreeString(name);
		assert_hr(SafeArrayDestroy(list), S_OK);
		assert_hr(ISCardFileAccess_Directory(fr.files, SC_TYPE_DIRECTORIES, &list),
		          E_NOTIMPL);
		assert_null(list);
		files_end();
	}
}

static void lists_that_no_card_has_are_not_made_up(void **state)
{
	SAFEARRAY *list = (SAFEARRAY *)&fr;

	(void)state;
	files_start(FILES_EXTENDED, EMU_FILES_DIR_LIES);
	assert_hr(ISCardFileAccess_Directory(fr.files, SC_TYPE_DIRECTORIES, &list),
	          SCARD_E_UNEXPECTED);
	assert_null(list);
	for (int type = SC_TYPE_FILES; type <= SC_TYPE_VARIABLE_EF; type++)
		assert_hr(ISCardFileAccess_Directory(fr.files, (FILETYPE)type, &list), E_NOTIMPL);
	assert_hr(ISCardFileAccess_Directory(fr.files, (FILETYPE)8, &list), E_INVALIDARG);
	assert_hr(ISCardFileAccess_Directory(fr.files, SC_TYPE_DIRECTORIES, NULL), E_POINTER);
	files_end();
}

static HRESULT invalidate(const char *path, bool undo)
{
	BSTR text = iscard_bstr_from_utf8(path);
	HRESULT hr = undo ? ISCardFileAccess_Rehabilitate(fr.files, text, SC_FL_NO_FLAGS)
	                  : ISCardFileAccess_Invalidate(fr.files, text, SC_FL_NO_FLAGS);

	SysFreeString(text);
	return hr;
}

static void an_invalidated_file_comes_back(void **state)
{
	HSCARD_FILE file;

	(void)state;
	files_start(FILES_TPDU_T1, 0);
	assert_hr(invalidate("0102", false), S_OK);
	file = files_opened("0102");
	assert_hr((HRESULT)files_read(file, 0, data, sizeof data), SCARD_E_NO_ACCESS);
	assert_hr(invalidate("0102", true), S_OK);
	assert_int_equal(files_read(file, 0, data, sizeof data), 16);
	assert_hr(invalidate("0999", false), SCARD_E_FILE_NOT_FOUND);
	assert_hr(invalidate("0999", true), SCARD_E_FILE_NOT_FOUND);
	assert_hr(invalidate("x", true), E_INVALIDARG);
	assert_hr(ISCardFileAccess_Invalidate(fr.files, NULL, SC_FL_NO_FLAGS), E_INVALIDARG);
	files_end();
}

static void what_differs_from_card_to_card_is_not_supported(void **state)
{
	BSTR name = iscard_bstr_from_utf8("0101"), bad = iscard_bstr_from_utf8("01");
	IByteBuffer *buffer;
	TLV_TABLE tlv = {0, NULL};
	LPTLV_TABLE table = &tlv;
	LONG n = 1;

	(void)state;
	files_start_detached(FILES_EXTENDED, 0);
	buffer = files_buffer("x", 1);
	assert_hr(ISCardFileAccess_Create(fr.files, SC_TYPE_BY_ID, name, &table, &n, 0, buffer),
	          SCARD_E_UNSUPPORTED_FEATURE);
	assert_hr(ISCardFileAccess_Create(fr.files, SC_TYPE_BY_ID, name, NULL, &n, 0, buffer),
	          E_POINTER);
	assert_hr(ISCardFileAccess_Create(fr.files, SC_TYPE_BY_ID, name, &table, NULL, 0, buffer),
	          E_POINTER);
	assert_hr(ISCardFileAccess_Create(fr.files, SC_TYPE_BY_ID, name, &table, &n, 0, NULL),
	          E_POINTER);
	assert_hr(ISCardFileAccess_Create(fr.files, SC_TYPE_BY_ID, bad, &table, &n, 0, buffer),
	          E_INVALIDARG);
	assert_hr(ISCardFileAccess_Delete(fr.files, SC_TYPE_BY_ID, name, SC_FL_RECURSIVE),
	          E_NOTIMPL);
	assert_hr(ISCardFileAccess_Delete(fr.files, SC_TYPE_BY_ID, bad, 0), E_INVALIDARG);
	assert_hr(ISCardFileAccess_Delete(fr.files, SC_TYPE_BY_ID, name, SC_FL_OR), E_INVALIDARG);
	assert_hr(ISCardFileAccess_SetProperties(fr.files, SC_TYPE_BY_ID, name, &tlv, 1, 0),
	          SCARD_E_UNSUPPORTED_FEATURE);
	assert_hr(ISCardFileAccess_SetProperties(fr.files, SC_TYPE_BY_ID, name, NULL, 1, 0),
	          E_POINTER);
	assert_hr(ISCardFileAccess_SetProperties(fr.files, SC_TYPE_BY_ID, name, &tlv, -1, 0),
	          E_INVALIDARG);
	assert_hr(ISCardFileAccess_Initialize(fr.files, &n), S_OK);
	assert_hr(ISCardFileAccess_Initialize(fr.files, NULL), E_POINTER);
	IByteBuffer_Release(buffer);
	SysFreeString(name);
	SysFreeString(bad);
	files_end();
}

static void arguments_come_before_the_card(void **state)
{
	HSCARD_FILE file = 0;
	IByteBuffer *buffer = NULL;
	LPTLV_TABLE table;
	BSTR name = iscard_bstr_from_utf8("0101");
	LONG n = -1;

	(void)state;
	files_start_detached(FILES_EXTENDED, 0);
	assert_hr(files_cd(SC_TYPE_BY_ID, "501"), E_INVALIDARG);
	assert_hr(files_cd(SC_TYPE_BY_SHORT_ID, "1"), E_INVALIDARG);
	assert_hr(files_cd((REFTYPE)3, "5015"), E_INVALIDARG);
	assert_hr(ISCardFileAccess_ChangeDir(fr.files, SC_TYPE_BY_ID, NULL), E_INVALIDARG);
	assert_hr(files_open(SC_TYPE_BY_ID, "5015", NULL), E_POINTER);
	assert_hr(files_open(SC_TYPE_BY_SHORT_ID, "31", &file), E_INVALIDARG);
	assert_hr(ISCardFileAccess_GetCurrentDir(fr.files, NULL), E_POINTER);
	assert_hr(ISCardFileAccess_Read(fr.files, 1, &n, NULL, 0), E_POINTER);
	assert_hr(ISCardFileAccess_Read(fr.files, 1, NULL, &buffer, 0), E_POINTER);
	n = -1;
	assert_hr(ISCardFileAccess_Read(fr.files, 1, &n, &buffer, 0), E_INVALIDARG);
	n = 1;
	assert_hr(ISCardFileAccess_Read(fr.files, 1, &n, &buffer, SC_FL_OR), E_INVALIDARG);
	n = 1;
	assert_hr(ISCardFileAccess_Read(fr.files, 1, &n, &buffer, SC_FL_SECURE_MESSAGING),
	          SCARD_E_UNSUPPORTED_FEATURE);
	assert_hr(ISCardFileAccess_Write(fr.files, 1, 1, NULL, 0), E_POINTER);
	assert_hr(files_write(0, "x", 0, 0), E_INVALIDARG);
	assert_hr(files_write(1, "x", 1, (SCARD_FLAGS)(SC_FL_OR | SC_FL_AND)), E_INVALIDARG);
	assert_hr(files_write(1, "x", 1, SC_FL_IHV_LOCAL), E_INVALIDARG);
	assert_hr(ISCardFileAccess_GetProperties(fr.files, SC_TYPE_BY_ID, name, NULL, &n, 0),
	          E_POINTER);
	assert_hr(ISCardFileAccess_GetProperties(fr.files, SC_TYPE_BY_ID, name, &table, NULL, 0),
	          E_POINTER);
	assert_hr(properties(SC_TYPE_BY_SHORT_ID, "1", &table, &n), E_INVALIDARG);
	assert_hr(ISCardFileAccess_GetFileCapabilities(fr.files, NULL, &n, 0), E_POINTER);
	assert_hr(ISCardFileAccess_GetFileCapabilities(fr.files, &table, &n, SC_FL_OR),
	          E_INVALIDARG);
	SysFreeString(name);
	files_end();
}

static void a_write_takes_what_the_buffer_has(void **state)
{
	IByteBuffer *buffer;
	HSCARD_FILE file;

	(void)state;
	files_start(FILES_EXTENDED, 0);
	file = files_opened("0101");
	buffer = files_buffer("abc", 3);
	assert_hr(ISCardFileAccess_Write(fr.files, file, 4, buffer, 0), E_INVALIDARG);
	assert_hr(ISCardFileAccess_Write(fr.files, file, 2, buffer, 0), S_OK);
	IByteBuffer_Release(buffer);
	assert_int_equal(files_read(file, 1, data, sizeof data), 1);
	assert_int_equal(data[0], emu_card_pattern(2));
	files_end();
}

static void stale_handles_are_refused(void **state)
{
	HSCARD_FILE file[ISCARD_OPEN_FILES_MAX], again;

	(void)state;
	files_start(FILES_EXTENDED, 0);
	for (int i = 0; i < ISCARD_OPEN_FILES_MAX; i++)
		file[i] = files_opened("0101");
	assert_hr(files_open(SC_TYPE_BY_ID, "0101", &again), E_OUTOFMEMORY);
	assert_hr(ISCardFileAccess_Close(fr.files, file[3]), S_OK);
	assert_hr(ISCardFileAccess_Close(fr.files, file[3]), E_INVALIDARG);
	assert_hr(ISCardFileAccess_Close(fr.files, 0), E_INVALIDARG);
	again = files_opened("0101");
	assert_true(again != file[3]);
	assert_hr((HRESULT)files_read(file[3], 1, data, sizeof data), E_INVALIDARG);
	assert_hr(files_write(file[3], "x", 1, 0), E_INVALIDARG);
	assert_hr(ISCardFileAccess_Seek(fr.files, file[3], 0, SC_SEEK_FROM_BEGINNING),
	          E_INVALIDARG);
	assert_int_equal(files_read(again, 1, data, sizeof data), 1);
	files_end();
}

/* Each has its directory, pointers and handles. */
static void objects_do_not_share_what_they_keep(void **state)
{
	ISCardFileAccess *first, *second;
	HSCARD_FILE file;

	(void)state;
	files_start(FILES_EXTENDED, 0);
	first = fr.files;
	file = files_opened("0101");
	assert_hr(files_cd(SC_TYPE_BY_ID, "5015"), S_OK);
	assert_hr(ISCardManage_CreateFileAccess(fr.manage, &second), S_OK);
	fr.files = second;
	here_is("3F00");
	assert_hr((HRESULT)files_read(file, 1, data, sizeof data), E_INVALIDARG);
	assert_hr(files_cd(SC_TYPE_BY_ID, "7F01"), S_OK);
	fr.files = first;
	here_is("3F00/5015");
	assert_int_equal(files_read(file, 1, data, sizeof data), 1);
	file = files_opened("5016/4402");
	assert_int_equal(ISCardFileAccess_Release(second), 0);
	assert_int_equal(files_read(file, 1, data, sizeof data), 1);
	files_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(directories_are_found_by_name_and_identifier),
		cmocka_unit_test(what_is_no_directory_is_refused),
		cmocka_unit_test(files_are_found_from_everywhere),
		cmocka_unit_test(cards_that_know_less_are_led_step_by_step),
		cmocka_unit_test(refusals_are_remembered),
		cmocka_unit_test(a_failed_journey_does_not_mislead),
		cmocka_unit_test(a_silent_directory_does_not_mislead),
		cmocka_unit_test(short_identifiers_find_what_may_be_read),
		cmocka_unit_test(nothing_is_selected_twice),
		cmocka_unit_test(properties_are_what_the_card_tells),
		cmocka_unit_test(properties_that_are_not_told_are_not_made_up),
		cmocka_unit_test(the_card_lists_its_applications),
		cmocka_unit_test(lists_that_no_card_has_are_not_made_up),
		cmocka_unit_test(an_invalidated_file_comes_back),
		cmocka_unit_test(what_differs_from_card_to_card_is_not_supported),
		cmocka_unit_test(arguments_come_before_the_card),
		cmocka_unit_test(a_write_takes_what_the_buffer_has),
		cmocka_unit_test(stale_handles_are_refused),
		cmocka_unit_test(objects_do_not_share_what_they_keep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
