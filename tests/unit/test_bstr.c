/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <iscard/bstr.h>
#include <string.h>

static void assert_text(BSTR b, const OLECHAR *want, UINT n)
{
	assert_non_null(b);
	assert_int_equal(iscard_bstr_len(b), n);
	assert_int_equal(iscard_bstr_byte_len(b), 2 * n);
	assert_memory_equal(b, want, 2 * n);
	assert_int_equal(b[n], 0);
	SysFreeString(b);
}

static void the_length_stands_before_the_text(void **state)
{
	BSTR b = SysAllocString(u"abc");
	uint32_t bytes;

	(void)state;
	memcpy(&bytes, (const char *)b - 4, 4);
	assert_int_equal(bytes, 6);
	assert_text(b, u"abc", 3);
}

static void null_is_the_empty_string(void **state)
{
	(void)state;
	assert_null(SysAllocString(NULL));
	assert_int_equal(SysStringLen(NULL), 0);
	assert_int_equal(SysStringByteLen(NULL), 0);
	SysFreeString(NULL);
	assert_text(SysAllocString(u""), u"", 0);
}

static void zeros_may_stand_inside(void **state)
{
	const OLECHAR text[] = {'a', 0, 'b'};

	(void)state;
	assert_text(SysAllocStringLen(text, 3), text, 3);
	assert_text(SysAllocStringLen(NULL, 2), u"\0", 2);
}

static void wide_literals_become_utf16(void **state)
{
	const wchar_t *reader = L"Reader \u00e9 \U0001F600";
	wchar_t bad[] = {L'a', 0xd800, 0x110000, L'b'};

	(void)state;
	assert_text(SysAllocString(reader), u"Reader \u00e9 \U0001F600", 11);
	assert_text(SysAllocStringLen(bad, 4), u"a\ufffd\ufffdb", 4);
}

static void utf8_comes_and_goes_unchanged(void **state)
{
	static const char *const texts[] = {"",
	                                    "plain",
	                                    "\u00e9\u20ac",
	                                    "\U0001F600",
	                                    "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf",
	                                    "\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		BSTR b = iscard_bstr_from_utf8(texts[i]);
		char *back = iscard_bstr_to_utf8(b);

		assert_string_equal(back, texts[i]);
		iscard_free(back);
		SysFreeString(b);
	}
	assert_null(iscard_bstr_from_utf8(NULL));
}

static void malformed_utf8_becomes_replacement_characters(void **state)
{
	(void)state;
	assert_text(iscard_bstr_from_utf8("a\xff"
	                                  "b"),
	            u"a\ufffdb", 3);
	assert_text(iscard_bstr_from_utf8("\x80"), u"\ufffd", 1);
	assert_text(iscard_bstr_from_utf8("\xc0\xaf"), u"\ufffd\ufffd", 2);
	assert_text(iscard_bstr_from_utf8("\xe2\x82"), u"\ufffd", 1);
	assert_text(iscard_bstr_from_utf8("\xe2\x82x"), u"\ufffdx", 2);
	assert_text(iscard_bstr_from_utf8("\xed\xa0\x80"), u"\ufffd\ufffd\ufffd", 3);
	assert_text(iscard_bstr_from_utf8("\xf4\x90\x80\x80"), u"\ufffd\ufffd\ufffd\ufffd", 4);
}

static void unpaired_surrogates_become_replacement_characters(void **state)
{
	const OLECHAR text[] = {'a', 0xdc00, 0xd800, 'b', 0xd83d};
	BSTR b = SysAllocStringLen(text, 5);
	char *back = iscard_bstr_to_utf8(b);

	(void)state;
	assert_string_equal(back, "a\ufffd\ufffd"
	                          "b\ufffd");
	iscard_free(back);
	SysFreeString(b);
	back = iscard_bstr_to_utf8(NULL);
	assert_string_equal(back, "");
	iscard_free(back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_length_stands_before_the_text),
		cmocka_unit_test(null_is_the_empty_string),
		cmocka_unit_test(zeros_may_stand_inside),
		cmocka_unit_test(wide_literals_become_utf16),
		cmocka_unit_test(utf8_comes_and_goes_unchanged),
		cmocka_unit_test(malformed_utf8_becomes_replacement_characters),
		cmocka_unit_test(unpaired_surrogates_become_replacement_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
