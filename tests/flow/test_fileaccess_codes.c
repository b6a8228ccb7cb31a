/* SPDX-License-Identifier: MIT */
/* Each method of ISCardFileAccess with each argument that it refuses, and what a card lacks. */
#include "files_rig.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define UNSUPPORTED SCARD_E_UNSUPPORTED_FEATURE
#define ANY_FILE    (HSCARD_FILE)1 /* is open nowhere */

/* What a call takes of what is wrong in these tests; the rest of its arguments is good. */
struct args {
	REFTYPE type;
	BSTR text;
	SCARD_FLAGS flags;
};

static TLV_TABLE tlv;

static HRESULT change_dir(const struct args *a)
{
	return ISCardFileAccess_ChangeDir(fr.files, a->type, a->text);
}

static HRESULT create(const struct args *a)
{
	IByteBuffer *buffer = files_buffer("x", 1);
	LPTLV_TABLE table = &tlv;
	LONG n = 1;
	HRESULT hr =
		ISCardFileAccess_Create(fr.files, a->type, a->text, &table, &n, a->flags, buffer);

	IByteBuffer_Release(buffer);
	return hr;
}

static HRESULT delete_file(const struct args *a)
{
	return ISCardFileAccess_Delete(fr.files, a->type, a->text, a->flags);
}

static HRESULT get_properties(const struct args *a)
{
	LPTLV_TABLE table = &tlv;
	LONG n = 7;
	HRESULT hr =
		ISCardFileAccess_GetProperties(fr.files, a->type, a->text, &table, &n, a->flags);

	assert_null(table);
	assert_int_equal(n, 0);
	return hr;
}

static HRESULT get_capabilities(const struct args *a)
{
	LPTLV_TABLE table = &tlv;
	LONG n = 7;
	HRESULT hr = ISCardFileAccess_GetFileCapabilities(fr.files, &table, &n, a->flags);

	assert_null(table);
	assert_int_equal(n, 0);
	return hr;
}

static HRESULT invalidate(const struct args *a)
{
	return ISCardFileAccess_Invalidate(fr.files, a->text, a->flags);
}

static HRESULT rehabilitate(const struct args *a)
{
	return ISCardFileAccess_Rehabilitate(fr.files, a->text, a->flags);
}

static HRESULT open_file(const struct args *a)
{
	HSCARD_FILE file = 7;
	HRESULT hr = ISCardFileAccess_Open(fr.files, a->type, a->text, &file);

	assert_int_equal(file, 0);
	return hr;
}

static HRESULT read_file(const struct args *a)
{
	IByteBuffer *buffer = (IByteBuffer *)(void *)&fr;
	LONG n = 1;
	HRESULT hr = ISCardFileAccess_Read(fr.files, ANY_FILE, &n, &buffer, a->flags);

	assert_null(buffer);
	assert_int_equal(n, 0);
	return hr;
}

static HRESULT set_properties(const struct args *a)
{
	return ISCardFileAccess_SetProperties(fr.files, a->type, a->text, &tlv, 1, a->flags);
}

static HRESULT write_file(const struct args *a)
{
	return files_write(ANY_FILE, "x", 1, a->flags);
}

/* The flags that a method names, what it says to them, and to secure messaging. */
static const struct {
	const char *name;
	HRESULT (*call)(const struct args *a);
	unsigned flags;
	HRESULT good, secure;
} with_flags[] = {
	{"Create", create, SC_FL_PREALLOCATE, UNSUPPORTED, UNSUPPORTED},
	{"Delete", delete_file, SC_FL_RECURSIVE | SC_FL_NON_RECURSIVE, E_NOTIMPL, E_NOTIMPL},
	{"GetFileCapabilities", get_capabilities, SC_FL_GET_ALL_PROPERTIES | SC_FL_PREALLOCATE,
         SCARD_E_INVALID_HANDLE, UNSUPPORTED},
	{"GetProperties", get_properties, SC_FL_GET_ALL_PROPERTIES | SC_FL_PREALLOCATE,
         SCARD_E_INVALID_HANDLE, UNSUPPORTED},
	{"Invalidate", invalidate, 0, SCARD_E_INVALID_HANDLE, UNSUPPORTED},
	{"Rehabilitate", rehabilitate, 0, SCARD_E_INVALID_HANDLE, UNSUPPORTED},
	{"SetProperties", set_properties, 0, UNSUPPORTED, UNSUPPORTED},
	/* good flags lead to a handle that is none */
	{"Read", read_file, 0, E_INVALIDARG, UNSUPPORTED},
	{"Write", write_file, SC_FL_REPLACE | SC_FL_ERASE | SC_FL_OR | SC_FL_AND, E_INVALIDARG,
         UNSUPPORTED},
};

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static HRESULT wanted(size_t row, unsigned flag)
{
	if (flag == SC_FL_SECURE_MESSAGING)
		return with_flags[row].secure;
	return flag == 0 || (flag & with_flags[row].flags) ? with_flags[row].good : E_INVALIDARG;
}

static void flags_that_a_method_does_not_name_are_refused(void **state)
{
	struct args a = {SC_TYPE_BY_ID, iscard_bstr_from_utf8("0101"), SC_FL_NO_FLAGS};

	(void)state;
	files_start_detached(FILES_EXTENDED, 0);
	for (size_t i = 0; i < COUNT(with_flags); i++)
		for (uint64_t flag = 1; flag <= UINT64_C(1) << 32; flag <<= 1) {
			HRESULT hr;

			a.flags = (SCARD_FLAGS)(uint32_t)flag; /* the last is none */
			hr = with_flags[i].call(&a);
			if (hr != wanted(i, (uint32_t)flag))
				print_error("%s, flag %x: ", with_flags[i].name, (unsigned)flag);
			assert_hr(hr, wanted(i, (uint32_t)flag));
		}
	SysFreeString(a.text);
	files_end();
}

static const struct {
	const char *name;
	HRESULT (*call)(const struct args *a);
	bool has_type, takes_short;
} with_names[] = {
	{"ChangeDir", change_dir, true, false},
	{"Create", create, true, false},
	{"Delete", delete_file, true, false},
	{"GetProperties", get_properties, true, false},
	{"Invalidate", invalidate, false, false},
	{"Open", open_file, true, true},
	{"Rehabilitate", rehabilitate, false, false},
	{"SetProperties", set_properties, true, false},
};

static void refuses(size_t row, REFTYPE type, const char *text)
{
	struct args a = {type, text != NULL ? iscard_bstr_from_utf8(text) : NULL, SC_FL_NO_FLAGS};
	HRESULT hr = with_names[row].call(&a);

	if (hr != E_INVALIDARG)
		print_error("%s, \"%s\": ", with_names[row].name, text != NULL ? text : "");
	assert_hr(hr, E_INVALIDARG);
	SysFreeString(a.text);
}

static void names_that_name_nothing_are_refused(void **state)
{
	static const char *const paths[] = {NULL,   "",      "1",     "010",        "01012",
	                                    "010G", "0101/", "0101 ", "0101//0102", "\xC3\xA4"};

	(void)state;
	files_start_detached(FILES_EXTENDED, 0);
	for (size_t i = 0; i < COUNT(with_names); i++) {
		for (size_t k = 0; k < COUNT(paths); k++)
			refuses(i, SC_TYPE_BY_ID, paths[k]);
		if (!with_names[i].has_type)
			continue;
		refuses(i, SC_TYPE_BY_NAME, NULL);
		refuses(i, SC_TYPE_BY_NAME, "0x");
		refuses(i, SC_TYPE_BY_NAME, "seventeen letters");
		refuses(i, (REFTYPE)3, "0101");
		refuses(i, (REFTYPE)-1, "0101");
		refuses(i, SC_TYPE_BY_SHORT_ID, "0");
		refuses(i, SC_TYPE_BY_SHORT_ID, "31");
		if (!with_names[i].takes_short)
			refuses(i, SC_TYPE_BY_SHORT_ID, "1");
	}
	files_end();
}

static void pointers_that_are_missing_are_said_and_the_others_cleared(void **state)
{
	BSTR name = iscard_bstr_from_utf8("0101");
	LPTLV_TABLE table = &tlv;
	IByteBuffer *buffer = (IByteBuffer *)(void *)&fr;
	LONG n = 7;

	(void)state;
	files_start_detached(FILES_EXTENDED, 0);
	assert_hr(ISCardFileAccess_GetFileCapabilities(fr.files, &table, NULL, 0), E_POINTER);
	assert_null(table);
	assert_hr(ISCardFileAccess_GetFileCapabilities(fr.files, NULL, &n, 0), E_POINTER);
	assert_int_equal(n, 0);
	table = &tlv;
	n = 7;
	assert_hr(ISCardFileAccess_GetProperties(fr.files, SC_TYPE_BY_ID, name, &table, NULL, 0),
	          E_POINTER);
	assert_null(table);
	assert_hr(ISCardFileAccess_GetProperties(fr.files, SC_TYPE_BY_ID, name, NULL, &n, 0),
	          E_POINTER);
	assert_int_equal(n, 0);
	n = 7;
	assert_hr(ISCardFileAccess_Read(fr.files, ANY_FILE, &n, NULL, 0), E_POINTER);
	assert_int_equal(n, 0);
	assert_hr(ISCardFileAccess_Read(fr.files, ANY_FILE, NULL, &buffer, 0), E_POINTER);
	assert_null(buffer);
	SysFreeString(name);
	files_end();
}

static void lengths_and_counts_that_cannot_be_are_refused(void **state)
{
	BSTR name = iscard_bstr_from_utf8("0101");
	static const LONG bad[] = {0, -1, LONG_MIN};
	IByteBuffer *buffer;

	(void)state;
	files_start_detached(FILES_EXTENDED, 0);
	buffer = files_buffer("x", 1);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_hr(ISCardFileAccess_Write(fr.files, ANY_FILE, bad[i], buffer, 0),
		          E_INVALIDARG);
		assert_hr(ISCardFileAccess_Write(fr.files, ANY_FILE, bad[i], NULL, SC_FL_ERASE),
		          E_INVALIDARG);
		assert_hr(ISCardFileAccess_SetProperties(fr.files, SC_TYPE_BY_ID, name, &tlv,
		                                         bad[i], 0),
		          E_INVALIDARG);
	}
	IByteBuffer_Release(buffer);
	SysFreeString(name);
	files_end();
}

static void a_card_without_a_list_has_none(void **state)
{
	SAFEARRAY *list = (SAFEARRAY *)(void *)&fr;

	(void)state;
	FILES_EVERY(kind)
	{
		files_start((enum files_reader)kind, EMU_FILES_NO_DIR);
		assert_hr(ISCardFileAccess_Directory(fr.files, SC_TYPE_DIRECTORIES, &list),
		          SCARD_E_FILE_NOT_FOUND);
		assert_null(list);
		files_end();
	}
}

static void a_card_that_cannot_invalidate_says_so(void **state)
{
	struct args a = {SC_TYPE_BY_ID, iscard_bstr_from_utf8("0102"), SC_FL_NO_FLAGS};
	uint8_t record[16];

	(void)state;
	FILES_EVERY(kind)
	{
		files_start((enum files_reader)kind, EMU_FILES_NO_STATES);
		assert_hr(invalidate(&a), UNSUPPORTED);
		assert_hr(rehabilitate(&a), UNSUPPORTED);
		assert_int_equal(files_read(files_opened("0102"), 0, record, sizeof record), 16);
		files_end();
	}
	SysFreeString(a.text);
}

static void an_end_that_the_card_does_not_tell_is_not_sought(void **state)
{
	HSCARD_FILE file;
	uint8_t byte;

	(void)state;
	FILES_EVERY(kind)
	{
		files_start((enum files_reader)kind, EMU_FILES_SILENT);
		file = files_opened("0101");
		assert_hr(ISCardFileAccess_Seek(fr.files, file, 3, SC_SEEK_FROM_BEGINNING), S_OK);
		assert_hr(ISCardFileAccess_Seek(fr.files, file, 0, SC_SEEK_FROM_END),
		          SCARD_E_BAD_SEEK);
		assert_hr(ISCardFileAccess_Seek(fr.files, file, -1, SC_SEEK_FROM_END),
		          SCARD_E_BAD_SEEK);
		assert_int_equal(files_read(file, 1, &byte, 1), 1);
		assert_int_equal(byte, emu_card_pattern(3));
		files_end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_that_a_method_does_not_name_are_refused),
		cmocka_unit_test(names_that_name_nothing_are_refused),
		cmocka_unit_test(pointers_that_are_missing_are_said_and_the_others_cleared),
		cmocka_unit_test(lengths_and_counts_that_cannot_be_are_refused),
		cmocka_unit_test(a_card_without_a_list_has_none),
		cmocka_unit_test(an_end_that_the_card_does_not_tell_is_not_sought),
		cmocka_unit_test(a_card_that_cannot_invalidate_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
