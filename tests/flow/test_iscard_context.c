/* SPDX-License-Identifier: MIT */
/* Contexts, names, handles, limits, and who gives a reader back when. */
#include "rig.h"

#include "find.h"

#include <stdlib.h>

static const struct fake_reader plain = {.features = FAKE_SHORT};
static const struct fake_reader kiosk = {.features = FAKE_SHORT, .slots = 2, .mechanical = 0xf};

#define ATTACH OPENING(INACTIVE), ACTIVATION(ATR_T0)

static void unknown_names_and_bad_arguments_open_nothing(void **state)
{
	static const struct script_step steps[] = {NO_STEP};
	OLECHAR nothing[] = {0};
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	card = rig_card();
	assert_hr(ISCard_AttachByReader(card, NULL, SHARED, T0), E_INVALIDARG);
	assert_hr(ISCard_AttachByReader(card, nothing, SHARED, T0), E_INVALIDARG);
	assert_hr(rig_attach(card, "test:reader", (SCARD_SHARE_MODES)3, T0), E_INVALIDARG);
	assert_hr(rig_attach(card, "test:reader", (SCARD_SHARE_MODES)0, T0), E_INVALIDARG);
	assert_hr(rig_attach(card, "test:reader", SHARED, (SCARD_PROTOCOLS)0), E_INVALIDARG);
	assert_hr(rig_attach(card, "test:reader", SHARED, (SCARD_PROTOCOLS)4), E_INVALIDARG);
	assert_hr(rig_attach(card, "test:reader", SHARED, RAW), SCARD_E_PROTO_MISMATCH);
	assert_int_equal(rig.opens, 0);
	assert_hr(rig_attach(card, "usb:nonsense", SHARED, T0), SCARD_E_UNKNOWN_READER);
	assert_hr(ISCard_AttachByHandle(card, 0), E_INVALIDARG);
	assert_hr(ISCard_AttachByHandle(card, 123456789), E_INVALIDARG);
	ISCard_Release(card);
	rig_end();
}

static void failures_of_opening_have_their_codes(void **state)
{
	static const struct {
		int err;
		HRESULT want;
	} rows[] = {
		{CCID_E_ACCESS, SCARD_W_SECURITY_VIOLATION},
		{CCID_E_BUSY, SCARD_E_SHARING_VIOLATION},
		{CCID_E_NOTFOUND, SCARD_E_UNKNOWN_READER},
		{CCID_E_GONE, SCARD_E_READER_UNAVAILABLE},
		{CCID_E_TIMEOUT, SCARD_E_TIMEOUT},
		{CCID_E_NOMEM, E_OUTOFMEMORY},
	};
	static const struct script_step steps[] = {NO_STEP};
	HSCARD handle = 1;
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	card = rig_card();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		rig.open_error = rows[i].err;
		assert_hr(rig_attach(card, "test:reader", SHARED, T0), rows[i].want);
		assert_hr(ISCard_get_CardHandle(card, &handle), S_OK);
		assert_int_equal(handle, 0);
	}
	ISCard_Release(card);
	rig_end();
}

static void attach_failures_leave_nothing_attached_and_give_the_reader_back(void **state)
{
	static const struct script_step absent[] = {OPENING(ABSENT), STATUS(ABSENT)};
	static const struct script_step mismatch[] = {OPENING(INACTIVE), POWER_ON("00", ATR_T0),
	                                              POWER_OFF(INACTIVE)};
	ISCard *card;

	(void)state;
	RIG_START(&plain, absent);
	card = rig_card();
	assert_hr(rig_attach(card, "test:reader", SHARED, T0), SCARD_E_NO_SMARTCARD);
	assert_true(rig.script.closed);
	ISCard_Release(card);
	rig_end();
	RIG_START(&plain, mismatch);
	card = rig_card();
	assert_hr(rig_attach(card, "test:reader", SHARED, T1), SCARD_E_PROTO_MISMATCH);
	assert_true(rig.script.closed);
	ISCard_Release(card);
	rig_end();
}

static void share_modes_are_kept(void **state)
{
	static const struct script_step steps[] = {ATTACH, CLOSING_POWERED};
	ISCard *a, *b;

	(void)state;
	RIG_START(&plain, steps);
	a = rig_card();
	b = rig_card();
	assert_hr(rig_attach(a, "test:reader", EXCLUSIVE, T0), S_OK);
	assert_hr(rig_attach(b, "test:reader", SHARED, T0), SCARD_E_SHARING_VIOLATION);
	assert_hr(rig_attach(b, "test:reader", EXCLUSIVE, T0), SCARD_E_SHARING_VIOLATION);
	assert_hr(ISCard_ReAttach(a, SHARED, LEAVE), S_OK);
	assert_hr(rig_attach(b, "test:reader", EXCLUSIVE, T0), SCARD_E_SHARING_VIOLATION);
	assert_hr(rig_attach(b, "test:reader", SHARED, T1), SCARD_E_PROTO_MISMATCH);
	assert_hr(rig_attach(b, "test:reader", SHARED, T0), S_OK);
	assert_int_equal(rig.opens, 1);
	ISCard_Release(a);
	ISCard_Release(b);
	rig_end();
}

static void a_shared_attach_to_a_ready_card_needs_neither_wire_nor_lock(void **state)
{
	static const struct script_step steps[] = {ATTACH, CLOSING_POWERED};
	ISCard *a, *b;

	(void)state;
	RIG_START(&plain, steps);
	a = rig_attached();
	assert_hr(ISCard_LockSCard(a), S_OK);
	b = rig_attached();
	assert_hr(ISCard_UnlockSCard(a, LEAVE), S_OK);
	ISCard_Release(a);
	ISCard_Release(b);
	rig_end();
}

static void waiting_for_a_lock_ends_at_the_limit_and_changes_nothing(void **state)
{
	static const struct script_step steps[] = {ATTACH, SELECT_WORKS, CLOSING_POWERED};
	HSCARD handle;
	ISCard *a, *b;

	(void)state;
	rig_start_limited(&plain, steps, sizeof steps / sizeof *steps, 10);
	a = rig_attached();
	b = rig_attached();
	handle = rig_handle(b);
	assert_hr(ISCard_LockSCard(a), S_OK);
	rig.tick = 5;
	assert_hr(ISCard_LockSCard(b), SCARD_E_TIMEOUT);
	assert_hr(ISCard_Detach(b, UNPOWER), SCARD_E_TIMEOUT);
	assert_hr(ISCard_ReAttach(b, SHARED, RESET), SCARD_E_TIMEOUT);
	assert_hr(rig_select(b), SCARD_E_TIMEOUT);
	assert_int_equal(rig_handle(b), handle);
	rig.tick = 0;
	assert_hr(ISCard_UnlockSCard(a, LEAVE), S_OK);
	assert_hr(rig_select(b), S_OK);
	ISCard_Release(a);
	ISCard_Release(b);
	rig_end();
}

static void handles_are_shared_never_reused_and_stale_after_detach(void **state)
{
	static const struct script_step steps[] = {ATTACH, SELECT_WORKS, CLOSING_POWERED, ATTACH,
	                                           CLOSING_POWERED};
	HSCARD first, second;
	ISCard *a, *b;

	(void)state;
	RIG_START(&plain, steps);
	a = rig_attached();
	b = rig_card();
	first = rig_handle(a);
	assert_hr(ISCard_AttachByHandle(b, first), S_OK);
	assert_int_equal(rig_handle(b), first);
	assert_hr(ISCard_AttachByHandle(b, first), E_UNEXPECTED);
	/* one connection: the lock of one is the lock of the other */
	assert_hr(ISCard_LockSCard(a), S_OK);
	assert_hr(rig_select(b), S_OK);
	assert_hr(ISCard_UnlockSCard(b, LEAVE), S_OK);
	assert_hr(ISCard_UnlockSCard(a, LEAVE), SCARD_E_NOT_TRANSACTED);
	assert_hr(ISCard_Detach(b, LEAVE), S_OK);
	assert_true(rig.script.closed);
	assert_int_equal(rig_handle(a), 0);
	assert_hr(rig_select(a), SCARD_E_INVALID_HANDLE);
	assert_hr(ISCard_AttachByHandle(b, first), E_INVALIDARG);
	assert_hr(rig_attach(a, "test:reader", SHARED, T0), S_OK);
	second = rig_handle(a);
	assert_true(second > first);
	ISCard_Release(a);
	ISCard_Release(b);
	rig_end();
}

static HRESULT attach_by_ifd(ISCardManage *manage, const char *name, SCARD_SHARE_MODES mode)
{
	BSTR text = name != NULL ? iscard_bstr_from_utf8(name) : NULL;
	HRESULT hr = ISCardManage_AttachByIFD(manage, text, mode);

	SysFreeString(text);
	return hr;
}

static void manage_refuses_what_iscard_refuses(void **state)
{
	static const struct script_step steps[] = {ATTACH, CLOSING_POWERED};
	ISCardManage *manage;
	HSCARD stale;
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	manage = rig_manage();
	card = rig_attached();
	stale = rig_handle(card);
	assert_hr(attach_by_ifd(manage, NULL, SHARED), E_INVALIDARG);
	assert_hr(attach_by_ifd(manage, "", SHARED), E_INVALIDARG);
	assert_hr(attach_by_ifd(manage, "test:reader", (SCARD_SHARE_MODES)3), E_INVALIDARG);
	assert_hr(attach_by_ifd(manage, "No Reader 00 00", SHARED), SCARD_E_UNKNOWN_READER);
	assert_hr(attach_by_ifd(manage, "test:reader", EXCLUSIVE), SCARD_E_SHARING_VIOLATION);
	assert_hr(ISCardManage_AttachByHandle(manage, 0), E_INVALIDARG);
	assert_hr(ISCardManage_AttachByHandle(manage, stale + 1), E_INVALIDARG);
	assert_hr(ISCardManage_SCardUnlock(manage, (SCARD_DISPOSITIONS)4), E_INVALIDARG);
	assert_hr(attach_by_ifd(manage, "test:reader", SHARED), S_OK);
	assert_hr(ISCardManage_AttachByHandle(manage, stale), E_UNEXPECTED);
	assert_hr(attach_by_ifd(manage, "test:reader", SHARED), E_UNEXPECTED);
	assert_hr(ISCardManage_SCardUnlock(manage, (SCARD_DISPOSITIONS)-1), E_INVALIDARG);
	assert_hr(ISCard_Detach(card, LEAVE), S_OK);
	assert_hr(ISCardManage_Detach(manage), S_OK);
	assert_hr(ISCardManage_AttachByHandle(manage, stale), E_INVALIDARG);
	ISCardManage_Release(manage);
	ISCard_Release(card);
	rig_end();
}

static void readers_are_told_apart_to_the_end_of_their_addresses(void **state)
{
	char address[1000];
	struct ccid_target one, two, same;

	(void)state;
	rig_start(&plain, NULL, 0);
	memset(address, 'x', sizeof address);
	memcpy(address, "test:", 5);
	address[999] = '\0';
	assert_int_equal(ccid_find(rig.context, address, &one), 0);
	assert_int_equal(ccid_find(rig.context, address, &same), 0);
	address[998] = 'y';
	assert_int_equal(ccid_find(rig.context, address, &two), 0);
	assert_string_equal(one.key, same.key);
	assert_string_not_equal(one.key, two.key);
	ccid_target_fini(&one);
	ccid_target_fini(&two);
	ccid_target_fini(&same);
	rig_end();
}

static void release_closes_only_with_the_last_object(void **state)
{
	static const struct script_step steps[] = {ATTACH, SELECT_WORKS, CLOSING_POWERED};
	ISCard *a, *b;

	(void)state;
	RIG_START(&plain, steps);
	a = rig_attached();
	b = rig_card();
	assert_hr(ISCard_LockSCard(a), S_OK);
	assert_hr(ISCard_AttachByHandle(b, rig_handle(a)), S_OK);
	ISCard_Release(a);
	assert_hr(rig_select(b), S_OK);
	assert_hr(ISCard_UnlockSCard(b, LEAVE), S_OK);
	ISCard_Release(b);
	assert_true(rig.script.closed);
	rig_end();
}

static void a_held_reader_keeps_its_card_powered(void **state)
{
	static const struct script_step steps[] = {ATTACH, SELECT_WORKS, CLOSING_POWERED};
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	assert_hr(iscard_context_hold(rig.context, "test:reader"), S_OK);
	assert_hr(iscard_context_hold(rig.context, "test:reader"), S_OK);
	card = rig_attached();
	ISCard_Release(card);
	assert_false(rig.script.closed);
	card = rig_attached();
	assert_hr(rig_select(card), S_OK);
	ISCard_Release(card);
	assert_hr(iscard_context_release(rig.context, "test:reader"), S_OK);
	assert_true(rig.script.closed);
	assert_hr(iscard_context_release(rig.context, "test:reader"), SCARD_E_UNKNOWN_READER);
	rig_end();
}

static void a_context_lets_go_of_what_it_held(void **state)
{
	static const struct script_step steps[] = {ATTACH, CLOSING_POWERED};
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	assert_hr(iscard_context_hold(rig.context, "test:reader"), S_OK);
	card = rig_attached();
	ISCard_Release(card);
	rig_end();
}

static void alone_a_leftover_protocol_is_changed_by_a_reset(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), ACTIVATION(ATR_T0),
	                                           POWER_ON("00", ATR_T0), CLOSING_POWERED};
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	assert_hr(iscard_context_hold(rig.context, "test:reader"), S_OK);
	card = rig_attached();
	assert_hr(ISCard_Detach(card, LEAVE), S_OK);
	/* the card has T=0 only, but that is found out anew */
	assert_hr(rig_attach(card, "test:reader", SHARED, T1), SCARD_E_PROTO_MISMATCH);
	ISCard_Release(card);
	rig_end();
}

static void the_list_names_each_slot_without_a_word_to_the_reader(void **state)
{
	static const struct script_step steps[] = {STATUS_OF("00", INACTIVE),
	                                           STATUS_OF("01", INACTIVE),
	                                           EXPECT_OUT("62 00000000 01 ss 00 0000"),
	                                           GIVE_IN("80 nnnnnnnn 01 ss 00 00 00 " ATR_T0),
	                                           EXPECT_OUT("63 00000000 01 ss 000000"),
	                                           GIVE_IN("81 00000000 01 ss 01 00 00")};
	struct iscard_reader_list *list;
	ISCard *card;

	(void)state;
	RIG_START(&kiosk, steps);
	assert_hr(iscard_context_list(rig.context, &list), S_OK);
	assert_int_equal(list->count, 2);
	assert_int_equal(rig.script.at, 0);
	assert_string_equal(list->readers[0].name, "Test Reader 00 00");
	assert_string_equal(list->readers[1].name, "Test Reader 00 01");
	assert_string_equal(list->readers[1].address, "test:reader");
	assert_int_equal(list->readers[1].slot, 1);
	assert_int_equal(list->readers[0].mechanical, 0xf);
	assert_int_equal(list->readers[0].vid, 0x1209);
	assert_int_equal(list->readers[0].result, S_OK);
	card = rig_card();
	assert_hr(rig_attach(card, list->readers[1].name, SHARED, T0), S_OK);
	iscard_reader_list_free(list);
	assert_int_equal(rig.opens, 1);
	assert_hr(iscard_context_list(rig.context, &list), S_OK);
	assert_int_equal(list->count, 2);
	iscard_reader_list_free(list);
	assert_hr(rig_attach(card, "Test Reader 00 02", SHARED, T0), E_UNEXPECTED);
	ISCard_Release(card);
	rig_end();
}

static void an_address_that_cannot_be_reached_is_listed_with_its_reason(void **state)
{
	static const struct script_step steps[] = {NO_STEP};
	struct iscard_reader_list *list;

	(void)state;
	RIG_START(&plain, steps);
	rig.open_error = CCID_E_ACCESS;
	assert_hr(iscard_context_list(rig.context, &list), S_OK);
	assert_int_equal(list->count, 1);
	assert_string_equal(list->readers[0].name, "test:reader");
	assert_int_equal(list->readers[0].result, SCARD_W_SECURITY_VIOLATION);
	iscard_reader_list_free(list);
	iscard_reader_list_free(NULL);
	assert_hr(iscard_context_list(rig.context, NULL), E_POINTER);
	rig_end();
}

static void two_contexts_share_a_reader_and_its_handles(void **state)
{
	static const struct script_step steps[] = {ATTACH, SELECT_WORKS, CLOSING_POWERED};
	iscard_context *first;
	ISCard *a, *b;
	HSCARDCONTEXT ca, cb;

	(void)state;
	RIG_START(&plain, steps);
	a = rig_attached();
	first = rig.context;
	assert_int_equal(
		ccid_context_create(&(struct iscard_options){.size = sizeof(struct iscard_options),
	                                                     .readers = "test:reader"},
	                            first->scheme, &rig.context),
		S_OK);
	b = rig_card();
	assert_hr(rig_attach(b, "test:reader", EXCLUSIVE, T0), SCARD_E_SHARING_VIOLATION);
	assert_hr(rig_attach(b, "Test Reader 00 00", SHARED, T0), S_OK);
	assert_int_equal(rig.opens, 1);
	assert_hr(ISCard_get_Context(a, &ca), S_OK);
	assert_hr(ISCard_get_Context(b, &cb), S_OK);
	assert_true(ca != 0 && cb != 0 && ca != cb);
	iscard_context_unref(first);
	ISCard_Release(a);
	/* the context that opened the reader is gone; the reader is not */
	assert_hr(rig_select(b), S_OK);
	ISCard_Release(b);
	rig_end();
}

static void a_reader_without_interrupts_is_asked_at_each_attach(void **state)
{
	static const struct fake_reader silent = {.features = FAKE_SHORT, .no_interrupt = true};
	static const struct script_step steps[] = {OPENING(INACTIVE),  STATUS(INACTIVE),
	                                           ACTIVATION(ATR_T0), STATUS(ACTIVE),
	                                           STATUS(ABSENT),     STATUS(ABSENT)};
	ISCard *a, *b, *c;

	(void)state;
	RIG_START(&silent, steps);
	a = rig_attached();
	b = rig_attached();
	c = rig_card();
	assert_hr(rig_attach(c, "test:reader", SHARED, T0), SCARD_E_NO_SMARTCARD);
	assert_hr(rig_select(a), SCARD_W_REMOVED_CARD);
	assert_hr(rig_select(b), SCARD_W_REMOVED_CARD);
	ISCard_Release(a);
	ISCard_Release(b);
	ISCard_Release(c);
	rig_end();
}

static void a_kept_transport_that_has_died_is_replaced(void **state)
{
	static const struct script_step steps[] = {ATTACH, SELECT_WORKS, CLOSING_POWERED};
	struct iscard_reader_list *list;
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	assert_hr(iscard_context_list(rig.context, &list), S_OK);
	iscard_reader_list_free(list);
	assert_int_equal(rig.opens, 1);
	script_unplug(&rig.script);
	card = rig_attached();
	assert_int_equal(rig.opens, 2);
	assert_hr(rig_select(card), S_OK);
	ISCard_Release(card);
	rig_end();
}

/* A caller built with another header may have a smaller structure: no more than its size is read. */
static void options_of_another_size_are_not_read(void **state)
{
	size_t *size = malloc(sizeof *size);
	const void *options = size;
	iscard_context *c;

	(void)state;
	assert_non_null(size);
	*size = sizeof *size;
	assert_hr(iscard_context_create(options, &c), E_INVALIDARG);
	assert_null(c);
	assert_hr(iscard_replay_open("file", options, &c, NULL), E_INVALIDARG);
	assert_null(c);
	free(size);
}

static void options_are_checked(void **state)
{
	struct iscard_options o = {.size = sizeof o, .readers = ""};
	iscard_context *c = (iscard_context *)(void *)&o;

	(void)state;
	assert_hr(iscard_context_create(&o, NULL), E_POINTER);
	o.size = 1;
	assert_hr(iscard_context_create(&o, &c), E_INVALIDARG);
	assert_null(c);
	o.size = sizeof o;
	o.limits.lock_ms = -1;
	assert_hr(iscard_context_create(&o, &c), E_INVALIDARG);
	o.limits.lock_ms = 0;
	o.readers = "usb:zz:yy";
	assert_hr(iscard_context_create(&o, &c), E_INVALIDARG);
	o.readers = "replay:";
	assert_hr(iscard_context_create(&o, &c), E_INVALIDARG);
	o.readers = "http://localhost";
	assert_hr(iscard_context_create(&o, &c), E_INVALIDARG);
	o.readers = "  usb:1-2  fd:3\tusbredir:[::1]:4000 replay:/a%20b.pcapng ";
	assert_hr(iscard_context_create(&o, &c), S_OK);
	iscard_context_unref(iscard_context_ref(c));
	iscard_context_unref(c);
	iscard_context_unref(NULL);
}

static void the_factory_refuses_what_it_does_not_make(void **state)
{
	static const GUID nonsense = {1, 2, 3, {4}};
	IUnknown *outer = (IUnknown *)(void *)&rig;
	void *p = &rig;

	(void)state;
	assert_hr(CoCreateInstance(&CLSID_CSCard, NULL, CLSCTX_ALL, &IID_ISCard, NULL), E_POINTER);
	assert_hr(CoCreateInstance(&nonsense, NULL, CLSCTX_ALL, &IID_ISCard, &p),
	          REGDB_E_CLASSNOTREG);
	assert_null(p);
	p = &rig;
	assert_hr(CoCreateInstance(&CLSID_CSCard, outer, CLSCTX_ALL, &IID_ISCard, &p),
	          CLASS_E_NOAGGREGATION);
	assert_null(p);
	p = &rig;
	assert_hr(CoCreateInstance(&CLSID_CSCard, NULL, CLSCTX_ALL, &IID_ISCardCmd, &p),
	          E_NOINTERFACE);
	assert_null(p);
	assert_hr(CoCreateInstance(&CLSID_CByteBuffer, NULL, 0, &IID_IUnknown, &p), S_OK);
	assert_int_equal(IUnknown_Release((IUnknown *)p), 0);
}

static void transaction_checks_its_arguments_first(void **state)
{
	static const struct script_step steps[] = {NO_STEP};
	ISCardCmd *none = NULL, *empty;
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	card = rig_card();
	empty = rig_cmd("00 A4 00 00");
	assert_hr(ISCardCmd_Clear(empty), S_OK);
	assert_hr(ISCard_Transaction(card, NULL), E_POINTER);
	assert_hr(ISCard_Transaction(card, &none), E_INVALIDARG);
	assert_hr(ISCard_Transaction(card, &empty), E_INVALIDARG);
	assert_null(none);
	assert_hr(ISCard_get_Atr(card, NULL), E_POINTER);
	assert_hr(ISCard_get_Status(card, NULL), E_POINTER);
	assert_hr(ISCard_get_Protocol(card, NULL), E_POINTER);
	assert_hr(ISCard_get_CardHandle(card, NULL), E_POINTER);
	assert_hr(ISCard_get_Context(card, NULL), E_POINTER);
	ISCardCmd_Release(empty);
	ISCard_Release(card);
	rig_end();
}

static void a_node_address_is_not_pretended_to_be_sent(void **state)
{
	static const struct script_step steps[] = {ATTACH, CLOSING_POWERED};
	ISCardCmd *cmd;
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	card = rig_attached();
	cmd = rig_cmd(SELECT);
	assert_hr(ISCardCmd_put_Nad(cmd, 0x12), S_OK);
	assert_hr(ISCard_Transaction(card, &cmd), SCARD_E_UNSUPPORTED_FEATURE);
	ISCardCmd_Release(cmd);
	ISCard_Release(card);
	rig_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_names_and_bad_arguments_open_nothing),
		cmocka_unit_test(failures_of_opening_have_their_codes),
		cmocka_unit_test(attach_failures_leave_nothing_attached_and_give_the_reader_back),
		cmocka_unit_test(share_modes_are_kept),
		cmocka_unit_test(a_shared_attach_to_a_ready_card_needs_neither_wire_nor_lock),
		cmocka_unit_test(waiting_for_a_lock_ends_at_the_limit_and_changes_nothing),
		cmocka_unit_test(handles_are_shared_never_reused_and_stale_after_detach),
		cmocka_unit_test(manage_refuses_what_iscard_refuses),
		cmocka_unit_test(readers_are_told_apart_to_the_end_of_their_addresses),
		cmocka_unit_test(release_closes_only_with_the_last_object),
		cmocka_unit_test(a_held_reader_keeps_its_card_powered),
		cmocka_unit_test(a_context_lets_go_of_what_it_held),
		cmocka_unit_test(alone_a_leftover_protocol_is_changed_by_a_reset),
		cmocka_unit_test(the_list_names_each_slot_without_a_word_to_the_reader),
		cmocka_unit_test(an_address_that_cannot_be_reached_is_listed_with_its_reason),
		cmocka_unit_test(two_contexts_share_a_reader_and_its_handles),
		cmocka_unit_test(a_reader_without_interrupts_is_asked_at_each_attach),
		cmocka_unit_test(a_kept_transport_that_has_died_is_replaced),
		cmocka_unit_test(options_of_another_size_are_not_read),
		cmocka_unit_test(options_are_checked),
		cmocka_unit_test(the_factory_refuses_what_it_does_not_make),
		cmocka_unit_test(transaction_checks_its_arguments_first),
		cmocka_unit_test(a_node_address_is_not_pretended_to_be_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
