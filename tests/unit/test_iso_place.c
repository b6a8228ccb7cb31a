/* SPDX-License-Identifier: MIT */
#include "iso_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct ccid_place here;

static HRESULT parse(struct ccid_place *out, REFTYPE type, const char *text)
{
	BSTR wide = iscard_bstr_from_utf8(text);
	HRESULT hr = ccid_place_parse(out, &here, type, wide);

	SysFreeString(wide);
	return hr;
}

static void is(REFTYPE type, const char *text, const char *want)
{
	char got[CCID_PLACE_TEXT_MAX];
	struct ccid_place p;

	assert_int_equal(parse(&p, type, text), S_OK);
	ccid_place_text(&p, got);
	assert_string_equal(got, want);
}

static void is_none(REFTYPE type, const char *text)
{
	struct ccid_place p = {.depth = 77};

	assert_int_equal(parse(&p, type, text), E_INVALIDARG);
	assert_int_equal(p.depth, 77);
}

static int at_5015(void **state)
{
	(void)state;
	here = (struct ccid_place){.id = {0x5015, 0x5016}, .depth = 2};
	return 0;
}

static void identifiers_lead_down_up_and_from_the_top(void **state)
{
	(void)state;
	is(SC_TYPE_BY_ID, "4401", "3F00/5015/5016/4401");
	is(SC_TYPE_BY_ID, "4401abcd", "3F00/5015/5016/4401/ABCD");
	is(SC_TYPE_BY_ID, "4401/4402", "3F00/5015/5016/4401/4402");
	is(SC_TYPE_BY_ID, "..", "3F00/5015");
	is(SC_TYPE_BY_ID, "../4401", "3F00/5015/4401");
	is(SC_TYPE_BY_ID, "../..", "3F00");
	is(SC_TYPE_BY_ID, "/", "3F00");
	is(SC_TYPE_BY_ID, "/2F00", "3F00/2F00");
	is(SC_TYPE_BY_ID, "3F00", "3F00");
	is(SC_TYPE_BY_ID, "3f002F00", "3F00/2F00");
	is(SC_TYPE_BY_ID, "111122223333/444455556666",
	   "3F00/5015/5016/1111/2222/3333/4444/5555/6666");
}

static void what_is_no_path_is_refused(void **state)
{
	(void)state;
	is_none(SC_TYPE_BY_ID, "");
	is_none(SC_TYPE_BY_ID, "440");
	is_none(SC_TYPE_BY_ID, "44011");
	is_none(SC_TYPE_BY_ID, "4401/");
	is_none(SC_TYPE_BY_ID, "//4401");
	is_none(SC_TYPE_BY_ID, "4401//4402");
	is_none(SC_TYPE_BY_ID, "4401/3F00");
	is_none(SC_TYPE_BY_ID, "44G1");
	is_none(SC_TYPE_BY_ID, "4401 ");
	is_none(SC_TYPE_BY_ID, "../../..");
	is_none(SC_TYPE_BY_ID, "1111222233334444555566667777");
	is_none(SC_TYPE_BY_ID, "\xC3\xA9"
	                       "401");
	is_none((REFTYPE)3, "4401");
	is_none((REFTYPE)-1, "4401");
}

static void names_are_digits_or_text(void **state)
{
	(void)state;
	is(SC_TYPE_BY_NAME, "A000000063", "A000000063");
	is(SC_TYPE_BY_NAME, "a00000006311223344556677889900aa", "A00000006311223344556677889900AA");
	is(SC_TYPE_BY_NAME, "1PAY.SYS.DDF01", "315041592E5359532E4444463031");
	is(SC_TYPE_BY_NAME, "CAFE", "0x43414645");
	is(SC_TYPE_BY_NAME, "CAFECAFE", "4341464543414645");
	is(SC_TYPE_BY_NAME, "A00000006", "413030303030303036");
	is(SC_TYPE_BY_NAME, "0xCAFE", "0xCAFE");
	is(SC_TYPE_BY_NAME, "A000000063/4401", "A000000063/4401");
	is(SC_TYPE_BY_NAME, "0xCAFE/4401/4402", "0xCAFE/4401/4402");
}

static void what_is_no_name_is_refused(void **state)
{
	(void)state;
	is_none(SC_TYPE_BY_NAME, "");
	is_none(SC_TYPE_BY_NAME, "0x");
	is_none(SC_TYPE_BY_NAME, "0xCAF");
	is_none(SC_TYPE_BY_NAME, "0xCAFEx");
	is_none(SC_TYPE_BY_NAME, "a name that is too long");
	is_none(SC_TYPE_BY_NAME, "A00000006311223344556677889900AABB");
	is_none(SC_TYPE_BY_NAME, "A000000063/");
	is_none(SC_TYPE_BY_NAME, "A000000063/..");
	is_none(SC_TYPE_BY_NAME, "A000000063/44");
	is_none(SC_TYPE_BY_NAME, "A000000063/3F00");
}

static void short_identifiers_are_decimal(void **state)
{
	struct ccid_place p;

	(void)state;
	assert_int_equal(parse(&p, SC_TYPE_BY_SHORT_ID, "30"), S_OK);
	assert_int_equal(p.sfi, 30);
	assert_int_equal(p.depth, 2);
	assert_int_equal(ccid_place_parent(&p).depth, 2);
	assert_int_equal(ccid_place_parent(&p).sfi, 0);
	is_none(SC_TYPE_BY_SHORT_ID, "0");
	is_none(SC_TYPE_BY_SHORT_ID, "31");
	is_none(SC_TYPE_BY_SHORT_ID, "001");
	is_none(SC_TYPE_BY_SHORT_ID, "1F");
	is_none(SC_TYPE_BY_SHORT_ID, "-1");
}

/* Without a place to start from, only what can never name anything is refused. */
static void text_can_be_checked_before_it_is_resolved(void **state)
{
	struct ccid_place p;

	(void)state;
	assert_int_equal(ccid_place_parse(&p, NULL, SC_TYPE_BY_ID, u"../.."), S_OK);
	assert_int_equal(ccid_place_parse(&p, NULL, SC_TYPE_BY_ID, u"440"), E_INVALIDARG);
	assert_int_equal(ccid_place_parse(&p, NULL, SC_TYPE_BY_ID, NULL), E_INVALIDARG);
}

static void places_know_what_is_below_them(void **state)
{
	const struct ccid_place mf = {0}, aid = {.aid = {1}, .aid_len = 1};
	const struct ccid_place df = {.id = {0x5015}, .depth = 1};
	struct ccid_place sfi = df;

	(void)state;
	sfi.sfi = 3;
	assert_true(ccid_place_below(&here, &df));
	assert_true(ccid_place_below(&here, &mf));
	assert_false(ccid_place_below(&df, &here));
	assert_false(ccid_place_below(&here, &aid));
	assert_false(ccid_place_below(&aid, &mf));
	assert_true(ccid_place_same(&here, &here));
	assert_false(ccid_place_same(&here, &df));
	assert_true(ccid_place_same(&sfi, &sfi));
	assert_false(ccid_place_same(&sfi, &df));
	assert_false(ccid_place_same(&df, &sfi));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identifiers_lead_down_up_and_from_the_top),
		cmocka_unit_test(what_is_no_path_is_refused),
		cmocka_unit_test(names_are_digits_or_text),
		cmocka_unit_test(what_is_no_name_is_refused),
		cmocka_unit_test(short_identifiers_are_decimal),
		cmocka_unit_test(text_can_be_checked_before_it_is_resolved),
		cmocka_unit_test(places_know_what_is_below_them),
	};

	return cmocka_run_group_tests(tests, at_5015, NULL);
}
