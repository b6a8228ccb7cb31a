/* SPDX-License-Identifier: MIT */
/* ISCardLocate: the first card of those that are looked for, and how long its connection lasts. */
#include "rig.h"

static const struct fake_reader plain = {.features = FAKE_SHORT};
static const struct fake_reader kiosk = {.features = FAKE_SHORT, .slots = 2};
static const struct script_step no_steps[] = {NO_STEP};

static const GUID ability = {0xa0000000, 1, 2, {3}};
#define ABILITY   u"{A0000000-0001-0002-0300-000000000000}"
#define NO_SEARCH u"{A0000000-0001-0002-0300-000000000001}"
#define ALL       u"SCard$AllReaders"

/* What the two slots say when the reader is opened, and the card in slot 1. */
#define OPENING_TWO(first, second) STATUS_OF("00", first), STATUS_OF("01", second)
#define SECOND_ON(atr)                                                                             \
	EXPECT_OUT("62 00000000 01 ss 00 0000"), GIVE_IN("80 nnnnnnnn 01 ss 00 00 00 " atr)
#define SECOND_OFF EXPECT_OUT("63 00000000 01 ss 000000"), GIVE_IN("81 00000000 01 ss 01 00 00")

static ISCardLocate *locate(void)
{
	void *p = NULL;

	assert_hr(iscard_context_create_instance(rig.context, &CLSID_CSCardLocate,
	                                         &IID_ISCardLocate, &p),
	          S_OK);
	return p;
}

static void introduce(const char *name, const char *atr)
{
	uint8_t bytes[33];
	struct iscard_card_type type = {.size = sizeof type,
	                                .name = name,
	                                .atr = bytes,
	                                .atr_len = script_bytes(bytes, sizeof bytes, atr),
	                                .interfaces = &ability,
	                                .interface_count = 1};

	assert_hr(iscard_context_introduce_card(rig.context, &type), S_OK);
}

static HRESULT names(ISCardLocate *l, const OLECHAR *name, const OLECHAR *group)
{
	SAFEARRAY *a = rig_texts(name, NULL),
		  *groups = group != NULL ? rig_texts(group, NULL) : NULL;
	HRESULT hr = ISCardLocate_ConfigureCardNameSearch(l, a, groups, NULL, SC_DLG_NO_UI);

	SafeArrayDestroy(a);
	SafeArrayDestroy(groups);
	return hr;
}

static HRESULT guids(ISCardLocate *l, const OLECHAR *guid)
{
	SAFEARRAY *a = rig_texts(guid, NULL);
	HRESULT hr = ISCardLocate_ConfigureCardGuidSearch(l, a, NULL, NULL, SC_DLG_MINIMAL_UI);

	SafeArrayDestroy(a);
	return hr;
}

/* The handle, or 0 and the result. */
static HRESULT find(ISCardLocate *l, HSCARD *handle)
{
	SCARDINFO *info = (SCARDINFO *)(void *)l;
	HRESULT hr =
		ISCardLocate_FindCard(l, SHARED, (SCARD_PROTOCOLS)(T0 | T1), SC_DLG_NO_UI, &info);

	*handle = 0;
	if (FAILED(hr)) {
		assert_null(info);
		return hr;
	}
	*handle = info->hCard;
	CoTaskMemFree(info);
	return hr;
}

static void any_card_is_found_where_nothing_was_configured(void **state)
{
	static const struct script_step steps[] = {OPENING_TWO(ABSENT, INACTIVE), STATUS(ABSENT),
	                                           OPENING_TWO(ABSENT, INACTIVE), SECOND_ON(ATR_T0),
	                                           SECOND_OFF};
	SCARDINFO *info = NULL;
	HSCARDCONTEXT context;
	ISCardLocate *l;
	ISCard *card;

	(void)state;
	RIG_START(&kiosk, steps);
	l = locate();
	assert_hr(ISCardLocate_FindCard(l, SHARED, T0, SC_DLG_MINIMAL_UI, &info), S_OK);
	assert_true(info->hCard != 0);
	assert_int_equal(info->ActiveProtocol, T0);
	assert_int_equal(info->ShareMode, SHARED);
	assert_int_equal(info->hwndOwner, 0);
	card = rig_card();
	assert_hr(ISCard_get_Context(card, &context), S_OK);
	assert_int_equal(info->hContext, context);
	assert_hr(ISCard_AttachByHandle(card, info->hCard), S_OK);
	CoTaskMemFree(info);
	ISCard_Release(card);
	assert_false(rig.script.closed);
	ISCardLocate_Release(l);
	assert_true(rig.script.closed);
	rig_end();
}

static void the_connection_lives_on_in_another_object(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), ACTIVATION(ATR_T0),
	                                           SELECT_WORKS, CLOSING_POWERED};
	ISCardLocate *l;
	HSCARD handle;
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	l = locate();
	assert_hr(find(l, &handle), S_OK);
	card = rig_card();
	assert_hr(ISCard_AttachByHandle(card, handle), S_OK);
	ISCardLocate_Release(l);
	assert_hr(rig_select(card), S_OK);
	ISCard_Release(card);
	rig_end();
}

static void the_next_search_ends_the_connection(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE),  ACTIVATION(ATR_T0),
	                                           CLOSING_POWERED,    OPENING(INACTIVE),
	                                           ACTIVATION(ATR_T0), CLOSING_POWERED};
	HSCARD first, second;
	ISCardLocate *l;
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	l = locate();
	card = rig_card();
	assert_hr(find(l, &first), S_OK);
	assert_hr(find(l, &second), S_OK);
	assert_true(second > first);
	assert_hr(ISCard_AttachByHandle(card, first), E_INVALIDARG);
	ISCard_Release(card);
	ISCardLocate_Release(l);
	rig_end();
}

static void other_cards_are_left_where_they_are(void **state)
{
	static const struct script_step steps[] = {
		OPENING_TWO(INACTIVE, INACTIVE), POWER_ON("00", ATR_T0),   POWER_OFF(INACTIVE),
		OPENING_TWO(INACTIVE, INACTIVE), SECOND_ON("3B 02 14 51"), SECOND_OFF};
	ISCardLocate *l;
	HSCARD handle;

	(void)state;
	RIG_START(&kiosk, steps);
	introduce("first", ATR_T0);
	introduce("second", "3B 02 14 51");
	l = locate();
	assert_hr(names(l, u"second", ALL), S_OK);
	assert_hr(find(l, &handle), S_OK);
	ISCardLocate_Release(l);
	rig_end();
}

static void a_card_is_found_by_what_it_can_do(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), ACTIVATION(ATR_T0),
	                                           CLOSING_POWERED};
	ISCardLocate *l;
	HSCARD handle;

	(void)state;
	RIG_START(&plain, steps);
	introduce("card", ATR_T0);
	l = locate();
	assert_hr(guids(l, NO_SEARCH), S_OK);
	assert_hr(find(l, &handle), SCARD_E_UNKNOWN_CARD);
	assert_hr(guids(l, ABILITY), S_OK);
	assert_hr(find(l, &handle), S_OK);
	ISCardLocate_Release(l);
	rig_end();
}

static void a_card_that_is_not_looked_for_is_none(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), ACTIVATION(ATR_T0),
	                                           CLOSING_POWERED};
	ISCardLocate *l;
	HSCARD handle;

	(void)state;
	RIG_START(&plain, steps);
	introduce("other", "3B 00");
	l = locate();
	assert_hr(names(l, u"other", NULL), S_OK);
	assert_hr(find(l, &handle), SCARD_E_NO_SMARTCARD);
	assert_true(rig.script.closed);
	ISCardLocate_Release(l);
	rig_end();
}

static void names_and_groups_that_mean_nothing_open_no_reader(void **state)
{
	ISCardLocate *l;
	HSCARD handle;

	(void)state;
	RIG_START(&plain, no_steps);
	introduce("card", ATR_T0);
	l = locate();
	assert_hr(names(l, u"Card", NULL), S_OK);
	assert_hr(find(l, &handle), SCARD_E_UNKNOWN_CARD);
	assert_hr(names(l, u"card", u"SCard$DefaultReaders"), S_OK);
	assert_hr(find(l, &handle), SCARD_E_NO_READERS_AVAILABLE);
	assert_hr(names(l, u"card", u"SCard$AllReader"), S_OK);
	assert_hr(find(l, &handle), SCARD_E_NO_READERS_AVAILABLE);
	assert_int_equal(rig.opens, 0);
	ISCardLocate_Release(l);
	rig_end();
}

static void the_first_reason_other_than_no_card_is_told(void **state)
{
	static const struct script_step empty[] = {OPENING_TWO(ABSENT, ABSENT), STATUS(ABSENT),
	                                           OPENING_TWO(ABSENT, ABSENT),
	                                           STATUS_OF("01", ABSENT)};
	static const struct script_step refused[] = {OPENING_TWO(ABSENT, INACTIVE), STATUS(ABSENT),
	                                             OPENING_TWO(ABSENT, INACTIVE),
	                                             SECOND_ON(ATR_T1), SECOND_OFF};
	static const struct script_step first[] = {
		OPENING_TWO(INACTIVE, ABSENT), POWER_ON("00", ATR_T1), POWER_OFF(INACTIVE),
		OPENING_TWO(INACTIVE, ABSENT), STATUS_OF("01", ABSENT)};
	SCARDINFO *info = NULL;
	ISCardLocate *l;
	HSCARD handle;

	(void)state;
	RIG_START(&kiosk, empty);
	l = locate();
	assert_hr(find(l, &handle), SCARD_E_NO_SMARTCARD);
	ISCardLocate_Release(l);
	rig_end();
	RIG_START(&kiosk, refused);
	l = locate();
	assert_hr(ISCardLocate_FindCard(l, SHARED, T0, SC_DLG_NO_UI, &info),
	          SCARD_E_PROTO_MISMATCH);
	ISCardLocate_Release(l);
	rig_end();
	RIG_START(&kiosk, first);
	l = locate();
	assert_hr(ISCardLocate_FindCard(l, SHARED, T0, SC_DLG_NO_UI, &info),
	          SCARD_E_PROTO_MISMATCH);
	ISCardLocate_Release(l);
	rig_end();
	RIG_START(&plain, no_steps);
	rig.open_error = CCID_E_BUSY;
	l = locate();
	assert_hr(find(l, &handle), SCARD_E_SHARING_VIOLATION);
	ISCardLocate_Release(l);
	rig_end();
}

static void without_readers_there_is_nothing_to_find(void **state)
{
	struct iscard_options o = {.size = sizeof o, .readers = ""};
	HSCARD handle;
	void *p = NULL;

	(void)state;
	rig = (struct rig){.opens = 0};
	assert_hr(ccid_context_create(&o, NULL, &rig.context), S_OK);
	p = locate();
	assert_hr(find(p, &handle), SCARD_E_NO_READERS_AVAILABLE);
	ISCardLocate_Release((ISCardLocate *)p);
	rig_end();
}

static void arguments_are_checked_before_anything_is_opened(void **state)
{
	SCARDINFO *info = NULL;
	ISCardLocate *l;

	(void)state;
	RIG_START(&plain, no_steps);
	l = locate();
	assert_hr(ISCardLocate_FindCard(l, SHARED, T0, SC_DLG_NO_UI, NULL), E_POINTER);
	assert_hr(ISCardLocate_FindCard(l, (SCARD_SHARE_MODES)3, T0, SC_DLG_NO_UI, &info),
	          E_INVALIDARG);
	assert_hr(ISCardLocate_FindCard(l, SHARED, (SCARD_PROTOCOLS)0, SC_DLG_NO_UI, &info),
	          E_INVALIDARG);
	assert_hr(ISCardLocate_FindCard(l, SHARED, (SCARD_PROTOCOLS)4, SC_DLG_NO_UI, &info),
	          E_INVALIDARG);
	assert_hr(ISCardLocate_FindCard(l, SHARED, T0, 0, &info), E_INVALIDARG);
	assert_hr(ISCardLocate_FindCard(l, SHARED, T0, SC_DLG_FORCE_UI, &info),
	          SCARD_E_UNSUPPORTED_FEATURE);
	assert_null(info);
	assert_int_equal(rig.opens, 0);
	ISCardLocate_Release(l);
	rig_end();
}

static void a_search_that_is_refused_leaves_the_one_before(void **state)
{
	SAFEARRAY *bytes = SafeArrayCreateVector(VT_UI1, 0, 1), *good = rig_texts(u"card", ABILITY);
	ISCardLocate *l;
	HSCARD handle;

	(void)state;
	RIG_START(&plain, no_steps);
	l = locate();
	assert_hr(names(l, u"nobody", NULL), S_OK);
	assert_hr(ISCardLocate_ConfigureCardNameSearch(l, NULL, NULL, NULL, SC_DLG_NO_UI),
	          E_POINTER);
	assert_hr(ISCardLocate_ConfigureCardGuidSearch(l, NULL, NULL, NULL, SC_DLG_NO_UI),
	          E_POINTER);
	assert_hr(ISCardLocate_ConfigureCardNameSearch(l, bytes, NULL, NULL, SC_DLG_NO_UI),
	          E_INVALIDARG);
	assert_hr(ISCardLocate_ConfigureCardNameSearch(l, good, bytes, NULL, SC_DLG_NO_UI),
	          E_INVALIDARG);
	assert_hr(ISCardLocate_ConfigureCardGuidSearch(l, good, NULL, NULL, SC_DLG_NO_UI),
	          E_INVALIDARG);
	assert_hr(ISCardLocate_ConfigureCardNameSearch(l, good, NULL, NULL, 3), E_INVALIDARG);
	assert_hr(ISCardLocate_ConfigureCardNameSearch(l, good, NULL, NULL, SC_DLG_FORCE_UI),
	          SCARD_E_UNSUPPORTED_FEATURE);
	assert_hr(find(l, &handle), SCARD_E_UNKNOWN_CARD);
	SafeArrayDestroy(bytes);
	SafeArrayDestroy(good);
	ISCardLocate_Release(l);
	rig_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_card_is_found_where_nothing_was_configured),
		cmocka_unit_test(the_connection_lives_on_in_another_object),
		cmocka_unit_test(the_next_search_ends_the_connection),
		cmocka_unit_test(other_cards_are_left_where_they_are),
		cmocka_unit_test(a_card_is_found_by_what_it_can_do),
		cmocka_unit_test(a_card_that_is_not_looked_for_is_none),
		cmocka_unit_test(names_and_groups_that_mean_nothing_open_no_reader),
		cmocka_unit_test(the_first_reason_other_than_no_card_is_told),
		cmocka_unit_test(without_readers_there_is_nothing_to_find),
		cmocka_unit_test(arguments_are_checked_before_anything_is_opened),
		cmocka_unit_test(a_search_that_is_refused_leaves_the_one_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
