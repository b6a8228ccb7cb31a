/* SPDX-License-Identifier: MIT */
/* ISCardDatabase: readers of a context, and the card types that were introduced to it. */
#include "rig.h"

static const struct fake_reader plain = {.features = FAKE_SHORT};
static const struct fake_reader kiosk = {.features = FAKE_SHORT, .slots = 2};
static const struct script_step no_steps[] = {NO_STEP};

static const GUID provider = {0x01234567, 0x89ab, 0xcdef, {1, 2, 3, 4, 5, 6, 7, 8}};
static const GUID abilities[] = {{0xa0000000, 1, 2, {3}},
                                 {0xb0000000, 1, 2, {0, 0, 0, 0, 0, 0, 0, 9}}};
#define ABILITY_0 u"{A0000000-0001-0002-0300-000000000000}"
#define ABILITY_1 u"b0000000-0001-0002-0000-000000000009"

static const BYTE atr_a[] = {0x3b, 0x02, 0x14, 0x50}, atr_b[] = {0x3b, 0x02, 0x99, 0x50},
		  high[] = {0xff, 0xff, 0x00, 0xff};

static ISCardDatabase *database(void)
{
	void *p = NULL;

	assert_hr(iscard_context_create_instance(rig.context, &CLSID_CSCardDatabase,
	                                         &IID_ISCardDatabase, &p),
	          S_OK);
	return p;
}

/* "any" has ATR A or B and both abilities; "exact" has ATR A, one ability and a provider. */
static void introduce(void)
{
	struct iscard_card_type any = {.size = sizeof any,
	                               .name = "any",
	                               .atr = atr_b,
	                               .atr_len = 4,
	                               .mask = high,
	                               .interfaces = abilities,
	                               .interface_count = 2};
	struct iscard_card_type exact = {.size = sizeof exact,
	                                 .name = "exact \xc3\xa4",
	                                 .atr = atr_a,
	                                 .atr_len = 4,
	                                 .provider = &provider,
	                                 .interfaces = abilities,
	                                 .interface_count = 1};

	assert_hr(iscard_context_introduce_card(rig.context, &any), S_OK);
	assert_hr(iscard_context_introduce_card(rig.context, &exact), S_OK);
}

/* The elements, separated by commas. */
static void assert_array(SAFEARRAY *a, const char *want)
{
	const BSTR *elements;
	char text[200] = "";
	LONG lower = -1;

	assert_non_null(a);
	assert_hr(SafeArrayGetLBound(a, 1, &lower), S_OK);
	assert_int_equal(lower, 0);
	elements = a->pvData;
	for (ULONG i = 0; i < a->rgsabound[0].cElements; i++) {
		char *utf8 = iscard_bstr_to_utf8(elements[i]);

		if (i > 0)
			strcat(text, ",");
		strcat(text, utf8);
		iscard_free(utf8);
	}
	assert_string_equal(text, want);
	SafeArrayDestroy(a);
}

static void readers_are_listed_by_the_name_to_attach_to(void **state)
{
	SAFEARRAY *names = NULL;
	ISCardDatabase *d;

	(void)state;
	RIG_START(&kiosk, no_steps);
	d = database();
	assert_hr(ISCardDatabase_ListReaders(d, 0x0409, NULL), E_POINTER);
	assert_hr(ISCardDatabase_ListReaders(d, 0x0409, &names), S_OK);
	assert_array(names, "Test Reader 00 00,Test Reader 00 01");
	ISCardDatabase_Release(d);
	rig_end();
}

static void what_cannot_be_reached_is_no_reader(void **state)
{
	SAFEARRAY *names;
	ISCardDatabase *d;

	(void)state;
	RIG_START(&plain, no_steps);
	rig.open_error = CCID_E_ACCESS;
	d = database();
	names = (SAFEARRAY *)(void *)d;
	assert_hr(ISCardDatabase_ListReaders(d, 0, &names), SCARD_E_NO_READERS_AVAILABLE);
	assert_null(names);
	ISCardDatabase_Release(d);
	rig_end();
}

static void there_is_one_group_of_readers(void **state)
{
	SAFEARRAY *groups = NULL;
	ISCardDatabase *d;

	(void)state;
	RIG_START(&plain, no_steps);
	d = database();
	assert_hr(ISCardDatabase_ListReaderGroups(d, 0x0409, NULL), E_POINTER);
	assert_hr(ISCardDatabase_ListReaderGroups(d, 0x0409, &groups), S_OK);
	assert_array(groups, "SCard$AllReaders");
	ISCardDatabase_Release(d);
	rig_end();
}

static void without_card_types_there_are_no_cards(void **state)
{
	BSTR name = SysAllocString(u"exact");
	SAFEARRAY *cards = NULL;
	ISCardDatabase *d;
	GUID *guid;

	(void)state;
	RIG_START(&plain, no_steps);
	d = database();
	guid = (GUID *)(void *)d;
	assert_hr(ISCardDatabase_ListCards(d, NULL, NULL, 0, &cards), S_OK);
	assert_array(cards, "");
	cards = (SAFEARRAY *)(void *)d;
	assert_hr(ISCardDatabase_GetProviderCardId(d, name, &guid), SCARD_E_UNKNOWN_CARD);
	assert_null(guid);
	assert_hr(ISCardDatabase_ListCardInterfaces(d, name, &cards), SCARD_E_UNKNOWN_CARD);
	assert_null(cards);
	SysFreeString(name);
	ISCardDatabase_Release(d);
	rig_end();
}

static void cards_are_found_by_atr_and_interfaces(void **state)
{
	static const struct {
		const BYTE *atr;
		const OLECHAR *first, *second;
		const char *want;
	} rows[] = {
		{NULL, NULL, NULL, "any,exact \xc3\xa4"},
		{atr_a, NULL, NULL, "any,exact \xc3\xa4"},
		{atr_b, NULL, NULL, "any"},
		{high, NULL, NULL, ""},
		{NULL, ABILITY_0, NULL, "any,exact \xc3\xa4"},
		{NULL, ABILITY_0, ABILITY_1, "any"},
		{atr_a, ABILITY_1, NULL, "any"},
		{NULL, u"{00000000-0000-0000-0000-000000000000}", NULL, ""},
	};
	ISCardDatabase *d;

	(void)state;
	RIG_START(&plain, no_steps);
	introduce();
	d = database();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		SAFEARRAY *guids =
			rows[i].first != NULL ? rig_texts(rows[i].first, rows[i].second) : NULL;
		SAFEARRAY *cards = NULL;
		IByteBuffer *atr = NULL;

		if (rows[i].atr != NULL)
			assert_hr(iscard_buffer_create(rows[i].atr, 4, &atr), S_OK);
		assert_hr(ISCardDatabase_ListCards(d, atr, guids, 0, &cards), S_OK);
		assert_array(cards, rows[i].want);
		SafeArrayDestroy(guids);
		if (atr != NULL)
			IByteBuffer_Release(atr);
	}
	ISCardDatabase_Release(d);
	rig_end();
}

static void an_atr_of_another_length_is_another_card(void **state)
{
	SAFEARRAY *cards = NULL;
	IByteBuffer *atr;
	ISCardDatabase *d;

	(void)state;
	RIG_START(&plain, no_steps);
	introduce();
	d = database();
	assert_hr(iscard_buffer_create(atr_a, 3, &atr), S_OK);
	assert_hr(ISCardDatabase_ListCards(d, atr, NULL, 0, &cards), S_OK);
	assert_array(cards, "");
	IByteBuffer_Release(atr);
	ISCardDatabase_Release(d);
	rig_end();
}

static void bad_questions_are_refused(void **state)
{
	static const OLECHAR *const no_guids[] = {u"", u"{A0000000-0001-0002-0300-000000000000",
	                                          u"A0000000-0001-0002-0300_000000000000",
	                                          u"A0000000-0001-0002-0300-00000000000G",
	                                          u"(A0000000-0001-0002-0300-000000000000)"};
	SAFEARRAY *bytes = SafeArrayCreateVector(VT_UI1, 0, 1), *cards = NULL;
	IByteBuffer *atr;
	ISCardDatabase *d;

	(void)state;
	RIG_START(&plain, no_steps);
	introduce();
	d = database();
	assert_hr(ISCardDatabase_ListCards(d, NULL, NULL, 0, NULL), E_POINTER);
	for (size_t n = 0; n <= 34; n++) {
		assert_hr(iscard_buffer_create(NULL, n, &atr), S_OK);
		cards = bytes;
		assert_hr(ISCardDatabase_ListCards(d, atr, NULL, 0, &cards),
		          n < 2 || n > 33 ? E_INVALIDARG : S_OK);
		assert_int_equal(cards == NULL, n < 2 || n > 33);
		SafeArrayDestroy(cards);
		IByteBuffer_Release(atr);
	}
	assert_hr(ISCardDatabase_ListCards(d, NULL, bytes, 0, &cards), E_INVALIDARG);
	assert_null(cards);
	for (size_t i = 0; i < sizeof no_guids / sizeof *no_guids; i++) {
		SAFEARRAY *guids = rig_texts(ABILITY_0, no_guids[i]);

		assert_hr(ISCardDatabase_ListCards(d, NULL, guids, 0, &cards), E_INVALIDARG);
		SafeArrayDestroy(guids);
	}
	SafeArrayDestroy(bytes);
	ISCardDatabase_Release(d);
	rig_end();
}

static void a_card_type_tells_provider_and_interfaces(void **state)
{
	BSTR exact = SysAllocString(u"exact \u00e4"), any = SysAllocString(u"any");
	SAFEARRAY *guids = NULL;
	ISCardDatabase *d;
	GUID *guid = NULL;

	(void)state;
	RIG_START(&plain, no_steps);
	introduce();
	d = database();
	assert_hr(ISCardDatabase_GetProviderCardId(d, exact, NULL), E_POINTER);
	assert_hr(ISCardDatabase_GetProviderCardId(d, NULL, &guid), E_INVALIDARG);
	assert_hr(ISCardDatabase_GetProviderCardId(d, exact, &guid), S_OK);
	assert_true(iscard_guid_equal(guid, &provider));
	CoTaskMemFree(guid);
	assert_hr(ISCardDatabase_GetProviderCardId(d, any, &guid), SCARD_E_UNKNOWN_CARD);
	assert_null(guid);
	assert_hr(ISCardDatabase_ListCardInterfaces(d, exact, NULL), E_POINTER);
	assert_hr(ISCardDatabase_ListCardInterfaces(d, NULL, &guids), E_INVALIDARG);
	assert_hr(ISCardDatabase_ListCardInterfaces(d, any, &guids), S_OK);
	assert_array(guids, "{A0000000-0001-0002-0300-000000000000},"
	                    "{B0000000-0001-0002-0000-000000000009}");
	SysFreeString(exact);
	SysFreeString(any);
	ISCardDatabase_Release(d);
	rig_end();
}

static void a_name_stands_for_one_type_and_can_be_forgotten(void **state)
{
	struct iscard_card_type again = {
		.size = sizeof again, .name = "any", .atr = atr_a, .atr_len = 4};
	SAFEARRAY *cards = NULL;
	IByteBuffer *atr;
	ISCardDatabase *d;

	(void)state;
	RIG_START(&plain, no_steps);
	introduce();
	assert_hr(iscard_context_introduce_card(rig.context, &again), S_OK);
	d = database();
	assert_hr(ISCardDatabase_ListCards(d, NULL, NULL, 0, &cards), S_OK);
	assert_array(cards, "any,exact \xc3\xa4");
	assert_hr(iscard_buffer_create(atr_b, 4, &atr), S_OK);
	assert_hr(ISCardDatabase_ListCards(d, atr, NULL, 0, &cards), S_OK);
	assert_array(cards, "");
	IByteBuffer_Release(atr);
	assert_hr(iscard_context_forget_card(rig.context, NULL), E_POINTER);
	assert_hr(iscard_context_forget_card(rig.context, "any"), S_OK);
	assert_hr(iscard_context_forget_card(rig.context, "any"), SCARD_E_UNKNOWN_CARD);
	assert_hr(ISCardDatabase_ListCards(d, NULL, NULL, 0, &cards), S_OK);
	assert_array(cards, "exact \xc3\xa4");
	ISCardDatabase_Release(d);
	rig_end();
}

static void card_types_are_checked(void **state)
{
	const struct iscard_card_type good = {
		.size = sizeof good, .name = "x", .atr = atr_a, .atr_len = 4};
	struct iscard_card_type bad[7];
	static const HRESULT want[7] = {E_INVALIDARG, E_POINTER,    E_INVALIDARG, E_POINTER,
	                                E_INVALIDARG, E_INVALIDARG, E_POINTER};

	(void)state;
	RIG_START(&plain, no_steps);
	for (size_t i = 0; i < 7; i++)
		bad[i] = good;
	bad[0].size--;
	bad[1].name = NULL;
	bad[2].name = "";
	bad[3].atr = NULL;
	bad[4].atr_len = 1;
	bad[5].atr_len = 34;
	bad[6].interface_count = 1;
	for (size_t i = 0; i < 7; i++)
		assert_hr(iscard_context_introduce_card(rig.context, &bad[i]), want[i]);
	assert_hr(iscard_context_introduce_card(rig.context, NULL), E_POINTER);
	rig_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readers_are_listed_by_the_name_to_attach_to),
		cmocka_unit_test(what_cannot_be_reached_is_no_reader),
		cmocka_unit_test(there_is_one_group_of_readers),
		cmocka_unit_test(without_card_types_there_are_no_cards),
		cmocka_unit_test(cards_are_found_by_atr_and_interfaces),
		cmocka_unit_test(an_atr_of_another_length_is_another_card),
		cmocka_unit_test(bad_questions_are_refused),
		cmocka_unit_test(a_card_type_tells_provider_and_interfaces),
		cmocka_unit_test(a_name_stands_for_one_type_and_can_be_forgotten),
		cmocka_unit_test(card_types_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
