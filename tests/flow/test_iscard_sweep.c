/* SPDX-License-Identifier: MIT */
/* A session in which every allocation fails once: nothing is left behind, and the next session
 * works. And one in which nothing is allocated any more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "alloc_sweep.h"
#include "cmd.h"
#include "context_priv.h"
#include "transport_responder.h"

#include <iscard/iscard.h>
#include <string.h>

static struct responder device;
static struct fake_clock fake_time;

static int open_reader(void *arg, struct ccid_transport **out, const char *address,
                       const struct ccid_env *env, int64_t deadline)
{
	(void)arg, (void)address, (void)env, (void)deadline;
	return responder_open(out, &device);
}

static const struct ccid_scheme scheme = {"test:", open_reader, NULL};

static int64_t now(void *arg)
{
	return ((const struct fake_clock *)arg)->now;
}

static void nothing(void *arg, iscard_log_level level, const char *reader, const char *text)
{
	(void)arg, (void)level, (void)reader, (void)text;
}

static HRESULT fill(ISCardCmd *cmd)
{
	static const uint8_t mf[] = {0x3f, 0x00};
	IByteBuffer *data;
	HRESULT hr = iscard_buffer_create(mf, sizeof mf, &data);

	if (FAILED(hr))
		return hr;
	hr = ISCardCmd_BuildCmd(cmd, 0x00, 0xa4, 0, 0, data, NULL);
	IByteBuffer_Release(data);
	return hr;
}

static HRESULT select_mf(ISCard *card)
{
	ISCardCmd *cmd;
	WORD status;
	HRESULT hr = ccid_cmd_new(&cmd);

	if (FAILED(hr))
		return hr;
	hr = fill(cmd);
	if (SUCCEEDED(hr))
		hr = ISCard_Transaction(card, &cmd);
	if (SUCCEEDED(hr)) {
		ISCardCmd_get_ReplyStatus(cmd, &status);
		assert_int_equal(status, 0x9000);
	}
	ISCardCmd_Release(cmd);
	return hr;
}

static HRESULT transmit(ISCard *card)
{
	static const uint8_t apdu[] = {0x00, 0xa4, 0x00, 0x00, 0x02, 0x3f, 0x00};
	uint8_t reply[2];
	size_t n = sizeof reply;
	HRESULT hr = iscard_transmit(card, apdu, sizeof apdu, reply, &n);

	if (SUCCEEDED(hr))
		assert_int_equal(iscard_sw(reply, n), 0x9000);
	return hr;
}

static HRESULT escape(ISCard *card)
{
	static const uint8_t out[] = {0x02};
	uint8_t in[8];
	size_t n = sizeof in;
	HRESULT hr = iscard_escape(card, out, sizeof out, in, &n);

	return hr == SCARD_E_UNSUPPORTED_FEATURE ? S_OK : hr;
}

/* What only has bytes of the caller's to fill. */
static HRESULT ask(ISCard *card)
{
	struct iscard_capabilities caps = {.size = sizeof caps};
	char name[ISCARD_NAME_SIZE], words[200];
	uint8_t atr[ISCARD_ATR_MAX];
	size_t n = sizeof name;
	HRESULT hr = iscard_reader_name(card, name, &n);

	if (SUCCEEDED(hr))
		hr = iscard_attached_capabilities(card, &caps);
	n = sizeof atr;
	if (SUCCEEDED(hr))
		hr = iscard_atr(card, atr, &n);
	iscard_last_error(card, words, sizeof words);
	return hr;
}

static HRESULT use(ISCard *card, const char *name)
{
	BSTR text = iscard_bstr_from_utf8(name);
	IByteBuffer *atr = NULL;
	HRESULT hr = text == NULL ? E_OUTOFMEMORY : ISCard_AttachByReader(card, text, SHARED, T0);

	SysFreeString(text);
	if (FAILED(hr))
		return hr;
	hr = transmit(card);
	if (SUCCEEDED(hr))
		hr = escape(card);
	if (SUCCEEDED(hr))
		hr = ask(card);
	if (FAILED(hr))
		return hr;
	hr = ISCard_get_Atr(card, &atr);
	if (atr != NULL)
		IByteBuffer_Release(atr);
	if (SUCCEEDED(hr))
		hr = ISCard_LockSCard(card);
	if (SUCCEEDED(hr))
		hr = select_mf(card);
	return FAILED(hr) ? hr : ISCard_Detach(card, RESET);
}

static HRESULT list_and_use(iscard_context *c)
{
	struct iscard_reader_list *list;
	void *card;
	HRESULT hr = iscard_context_create_instance(c, &CLSID_CSCard, &IID_ISCard, &card);

	if (FAILED(hr))
		return hr;
	hr = iscard_context_list(c, &list);
	if (SUCCEEDED(hr)) {
		hr = list->readers[0].result;
		if (SUCCEEDED(hr))
			hr = use(card, list->readers[0].name);
		iscard_reader_list_free(list);
	}
	ISCard_Release((ISCard *)card);
	return hr;
}

static HRESULT list(ISCardDatabase *d)
{
	SAFEARRAY *readers = NULL, *groups = NULL, *cards = NULL, *interfaces = NULL;
	BSTR name = iscard_bstr_from_utf8("card");
	GUID *guid = NULL;
	HRESULT hr = name != NULL ? ISCardDatabase_ListReaders(d, 0, &readers) : E_OUTOFMEMORY;

	if (SUCCEEDED(hr))
		hr = ISCardDatabase_ListReaderGroups(d, 0, &groups);
	if (SUCCEEDED(hr))
		hr = ISCardDatabase_ListCardInterfaces(d, name, &interfaces);
	if (SUCCEEDED(hr))
		hr = ISCardDatabase_GetProviderCardId(d, name, &guid);
	if (SUCCEEDED(hr))
		hr = ISCardDatabase_ListCards(d, NULL, interfaces, 0, &cards);
	SafeArrayDestroy(readers);
	SafeArrayDestroy(groups);
	SafeArrayDestroy(interfaces);
	SafeArrayDestroy(cards);
	CoTaskMemFree(guid);
	SysFreeString(name);
	return hr;
}

static HRESULT locate(ISCardLocate *l)
{
	SAFEARRAY *names = SafeArrayCreateVector(VT_BSTR, 0, 1);
	BSTR name = iscard_bstr_from_utf8("card");
	SCARDINFO *info = NULL;
	HRESULT hr = E_OUTOFMEMORY;

	if (names != NULL && name != NULL)
		hr = SafeArrayPutElement(names, &(LONG){0}, name);
	if (SUCCEEDED(hr))
		hr = ISCardLocate_ConfigureCardNameSearch(l, names, NULL, NULL, SC_DLG_NO_UI);
	if (SUCCEEDED(hr))
		hr = ISCardLocate_FindCard(l, SHARED, T0, SC_DLG_NO_UI, &info);
	CoTaskMemFree(info);
	SysFreeString(name);
	SafeArrayDestroy(names);
	return hr;
}

static HRESULT introduce(iscard_context *c)
{
	static const BYTE atr[] = {0x3b, 0x02, 0x14, 0x50};
	static const GUID guid = {1, 2, 3, {4}};
	struct iscard_card_type card = {.size = sizeof card,
	                                .name = "card",
	                                .atr = atr,
	                                .atr_len = sizeof atr,
	                                .provider = &guid,
	                                .interfaces = &guid,
	                                .interface_count = 1};

	return iscard_context_introduce_card(c, &card);
}

static HRESULT look_up(iscard_context *c)
{
	void *p;
	HRESULT hr =
		iscard_context_create_instance(c, &CLSID_CSCardDatabase, &IID_ISCardDatabase, &p);

	if (FAILED(hr)) /* built without */
		return hr == REGDB_E_CLASSNOTREG ? S_OK : hr;
	hr = introduce(c);
	if (SUCCEEDED(hr))
		hr = list(p);
	ISCardDatabase_Release((ISCardDatabase *)p);
	if (FAILED(hr))
		return hr;
	hr = iscard_context_create_instance(c, &CLSID_CSCardLocate, &IID_ISCardLocate, &p);
	if (FAILED(hr))
		return hr;
	hr = locate(p);
	ISCardLocate_Release((ISCardLocate *)p);
	return hr;
}

static HRESULT session(void)
{
	struct iscard_options o = {.size = sizeof o,
	                           .readers = "test:reader",
	                           .log = nothing,
	                           .now_ms = now,
	                           .now_arg = &fake_time,
	                           .escapes = 1};
	iscard_context *c;
	HRESULT hr = ccid_context_create(&o, &scheme, &c);

	if (FAILED(hr))
		return hr;
	hr = list_and_use(c);
	if (SUCCEEDED(hr))
		hr = look_up(c);
	iscard_context_unref(c);
	return hr;
}

static void begin(void)
{
	static const struct fake_reader plain = {.features = FAKE_SHORT};

	fake_clock_init(&fake_time);
	responder_init(&device, &plain, &fake_time);
}

static void every_allocation_may_fail(void **state)
{
	unsigned descriptors, failures = 0;
	struct alloc_count count;
	HRESULT hr;

	(void)state;
	begin();
	assert_int_equal(session(), S_OK); /* what is made once for the process */
	descriptors = open_descriptors();
	for (unsigned at = 0;; at++) {
		alloc_count_start(at);
		hr = session();
		count = alloc_count_now();
		alloc_count_stop_failing();
		assert_int_equal(device.open, 0);
		assert_false(device.powered);
		assert_int_equal(count.live, 0);
		assert_int_equal(open_descriptors(), descriptors);
		if (count.calls <= at)
			break;
		failures += FAILED(hr);
	}
	assert_int_equal(hr, S_OK);
	assert_true(failures > 20);
}

static void a_transaction_allocates_nothing(void **state)
{
	struct iscard_options o = {.size = sizeof o,
	                           .readers = "test:reader",
	                           .log = nothing,
	                           .now_ms = now,
	                           .now_arg = &fake_time,
	                           .escapes = 1};
	BSTR name = iscard_bstr_from_utf8("test:reader");
	iscard_context *c;
	ISCardCmd *cmd;
	ISCard *card;
	void *p;

	(void)state;
	begin();
	assert_int_equal(ccid_context_create(&o, &scheme, &c), S_OK);
	assert_int_equal(iscard_context_create_instance(c, &CLSID_CSCard, &IID_ISCard, &p), S_OK);
	card = p;
	assert_int_equal(ISCard_AttachByReader(card, name, SHARED, T0), S_OK);
	assert_int_equal(ccid_cmd_new(&cmd), S_OK);
	assert_int_equal(fill(cmd), S_OK);
	assert_int_equal(ISCard_Transaction(card, &cmd), S_OK);
	alloc_count_start(ALLOC_FAIL_NEVER);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(ISCard_Transaction(card, &cmd), S_OK);
		assert_int_equal(transmit(card), S_OK);
		assert_int_equal(escape(card), S_OK);
		assert_int_equal(ask(card), S_OK);
	}
	assert_int_equal(alloc_count_now().calls, 0);
	ISCardCmd_Release(cmd);
	ISCard_Release(card);
	iscard_context_unref(c);
	SysFreeString(name);
}

/* --- one method at a time --- */

static iscard_context *alone; /* what the methods below are called in */

static HRESULT in_database(HRESULT (*call)(ISCardDatabase *d))
{
	void *d;
	HRESULT hr = iscard_context_create_instance(alone, &CLSID_CSCardDatabase,
	                                            &IID_ISCardDatabase, &d);

	if (FAILED(hr))
		return hr;
	hr = call(d);
	ISCardDatabase_Release((ISCardDatabase *)d);
	return hr;
}

static HRESULT kept_array(HRESULT hr, SAFEARRAY *made)
{
	if (FAILED(hr))
		assert_null(made);
	SafeArrayDestroy(made);
	return hr;
}

static HRESULT list_readers(ISCardDatabase *d)
{
	SAFEARRAY *made = (SAFEARRAY *)(void *)d;
	HRESULT hr = ISCardDatabase_ListReaders(d, 0, &made);

	return kept_array(hr, made);
}

static HRESULT list_groups(ISCardDatabase *d)
{
	SAFEARRAY *made = (SAFEARRAY *)(void *)d;
	HRESULT hr = ISCardDatabase_ListReaderGroups(d, 0, &made);

	return kept_array(hr, made);
}

static HRESULT list_cards(ISCardDatabase *d)
{
	SAFEARRAY *made = (SAFEARRAY *)(void *)d;
	HRESULT hr = ISCardDatabase_ListCards(d, NULL, NULL, 0, &made);

	return kept_array(hr, made);
}

static BSTR card_name;

static HRESULT list_interfaces(ISCardDatabase *d)
{
	SAFEARRAY *made = (SAFEARRAY *)(void *)d;
	HRESULT hr = ISCardDatabase_ListCardInterfaces(d, card_name, &made);

	return kept_array(hr, made);
}

static HRESULT provider_id(ISCardDatabase *d)
{
	GUID *guid = (GUID *)(void *)d;
	HRESULT hr = ISCardDatabase_GetProviderCardId(d, card_name, &guid);

	if (FAILED(hr))
		assert_null(guid);
	CoTaskMemFree(guid);
	return hr;
}

static HRESULT (*const of_database[])(ISCardDatabase *d) = {list_readers, list_groups, list_cards,
                                                            list_interfaces, provider_id};
static size_t method;

static HRESULT call_database(void)
{
	return in_database(of_database[method]);
}

static SAFEARRAY *names, *guids;

static HRESULT find(ISCardLocate *l)
{
	SCARDINFO *info = (SCARDINFO *)(void *)l;
	HRESULT hr = ISCardLocate_FindCard(l, SHARED, T0, SC_DLG_NO_UI, &info);

	if (FAILED(hr))
		assert_null(info);
	CoTaskMemFree(info);
	return hr;
}

static HRESULT search_names(ISCardLocate *l)
{
	return ISCardLocate_ConfigureCardNameSearch(l, names, NULL, NULL, SC_DLG_NO_UI);
}

static HRESULT search_guids(ISCardLocate *l)
{
	return ISCardLocate_ConfigureCardGuidSearch(l, guids, NULL, NULL, SC_DLG_NO_UI);
}

static HRESULT (*const of_locate[])(ISCardLocate *l) = {find, search_names, search_guids};

static HRESULT call_locate(void)
{
	void *l;
	HRESULT hr =
		iscard_context_create_instance(alone, &CLSID_CSCardLocate, &IID_ISCardLocate, &l);

	if (FAILED(hr))
		return hr;
	hr = of_locate[method](l);
	ISCardLocate_Release((ISCardLocate *)l);
	return hr;
}

static SAFEARRAY *one_text(const char *text)
{
	SAFEARRAY *a = SafeArrayCreateVector(VT_BSTR, 0, 1);
	BSTR element = iscard_bstr_from_utf8(text);

	assert_int_equal(SafeArrayPutElement(a, &(LONG){0}, element), S_OK);
	SysFreeString(element);
	return a;
}

static void start_alone(void)
{
	struct iscard_options o = {.size = sizeof o,
	                           .readers = "test:reader",
	                           .log = nothing,
	                           .now_ms = now,
	                           .now_arg = &fake_time};

	begin();
	assert_int_equal(ccid_context_create(&o, &scheme, &alone), S_OK);
	assert_int_equal(introduce(alone), S_OK);
	card_name = iscard_bstr_from_utf8("card");
	names = one_text("card");
	guids = one_text("{00000001-0002-0003-0400-000000000000}");
}

static void end_alone(void)
{
	SafeArrayDestroy(names);
	SafeArrayDestroy(guids);
	SysFreeString(card_name);
	iscard_context_unref(alone);
}

/* One allocation is the object's. */
static void each_method_that_looks_up_says_that_memory_ran_out(void **state)
{
	(void)state;
	start_alone();
	if (in_database(list_groups) == REGDB_E_CLASSNOTREG) {
		end_alone();
		skip();
	}
	for (method = 0; method < sizeof of_database / sizeof *of_database; method++) {
		assert_int_equal(call_database(), S_OK);
		assert_true(alloc_sweep(call_database) >= 2);
	}
	for (method = 0; method < sizeof of_locate / sizeof *of_locate; method++) {
		assert_int_equal(call_locate(), S_OK);
		assert_true(alloc_sweep(call_locate) >= 2);
		assert_int_equal(device.open, 0);
		assert_false(device.powered);
	}
	end_alone();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_may_fail),
		cmocka_unit_test(each_method_that_looks_up_says_that_memory_ran_out),
		cmocka_unit_test(a_transaction_allocates_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
