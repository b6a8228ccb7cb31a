/* SPDX-License-Identifier: MIT */
/* After a fork the child may release and start anew, and nothing it does reaches the card. */
#include "live.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* In the child: the number of the first thing that is not as it should be, 0 when all is well. */
static int child(ISCard *card, ISCard *detached, HSCARD handle)
{
	struct iscard_reader_list *list;
	IByteBuffer *atr;
	SCARD_STATES now;
	HSCARD got = 1;
	void *p;

	if (live_echo(card, 1, 2) != SCARD_E_SERVICE_STOPPED)
		return 1;
	if (ISCard_get_Status(card, &now) != SCARD_E_SERVICE_STOPPED)
		return 2;
	if (ISCard_get_Atr(card, &atr) != SCARD_E_SERVICE_STOPPED || atr != NULL)
		return 3;
	if (ISCard_get_CardHandle(card, &got) != SCARD_E_SERVICE_STOPPED || got != 0)
		return 4;
	if (ISCard_LockSCard(card) != SCARD_E_SERVICE_STOPPED ||
	    ISCard_UnlockSCard(card, LEAVE) != SCARD_E_SERVICE_STOPPED)
		return 5;
	if (ISCard_ReAttach(card, SHARED, RESET) != SCARD_E_SERVICE_STOPPED)
		return 6;
	if (ISCard_Detach(card, UNPOWER) != SCARD_E_SERVICE_STOPPED)
		return 7;
	if (ISCard_AttachByHandle(detached, handle) != SCARD_E_SERVICE_STOPPED)
		return 8;
	if (iscard_context_list(live.context, &list) != SCARD_E_SERVICE_STOPPED)
		return 9;
	if (iscard_context_create_instance(live.context, &CLSID_CSCard, &IID_ISCard, &p) !=
	    SCARD_E_SERVICE_STOPPED)
		return 10;
	ISCard_Release(card);
	ISCard_Release(detached);
	iscard_context_unref(live.context);
	return 0;
}

/* The functions beside COM. */
static int child_asks(ISCard *card, ISCard *detached)
{
	static const uint8_t apdu[] = {0, 0x84, 0, 0, 8};
	struct iscard_capabilities caps = {.size = sizeof caps};
	struct iscard_pin_request pin = {
		.size = sizeof pin, .coding = ISCARD_PIN_ASCII, .min_digits = 4, .max_digits = 8};
	uint8_t bytes[64];
	size_t n = sizeof bytes;
	uint16_t sw = 1;

	if (iscard_transmit(card, apdu, sizeof apdu, bytes, &n) != SCARD_E_SERVICE_STOPPED ||
	    n != 0)
		return 30;
	if (iscard_attach(detached, "live:reader", SHARED, T0) != SCARD_E_SERVICE_STOPPED)
		return 31;
	n = sizeof bytes;
	if (iscard_atr(card, bytes, &n) != SCARD_E_SERVICE_STOPPED || n != 0)
		return 32;
	if (iscard_reader_name(card, (char *)bytes, &n) != SCARD_E_SERVICE_STOPPED)
		return 33;
	if (iscard_escape(card, apdu, 1, bytes, &n) != SCARD_E_SERVICE_STOPPED)
		return 34;
	if (iscard_pin_verify(card, &pin, &sw) != SCARD_E_SERVICE_STOPPED || sw != 0)
		return 35;
	if (iscard_cancel(card) != SCARD_E_SERVICE_STOPPED)
		return 36;
	if (iscard_attached_capabilities(card, &caps) != SCARD_E_SERVICE_STOPPED)
		return 37;
	if (iscard_reader_capabilities(live.context, "live:reader", &caps) !=
	    SCARD_E_SERVICE_STOPPED)
		return 38;
	if (iscard_last_error(card, (char *)bytes, sizeof bytes) != S_OK)
		return 39;
	if (iscard_context_hold(live.context, "live:reader") != SCARD_E_SERVICE_STOPPED ||
	    iscard_context_release(live.context, "live:reader") != SCARD_E_SERVICE_STOPPED)
		return 40;
	return 0;
}

/* The default context of the child is another, made anew. */
static int child_has_a_default_context(ULONG_PTR parents)
{
	HSCARDCONTEXT number = 0;
	void *p;

	if (FAILED(CoCreateInstance(&CLSID_CSCard, NULL, CLSCTX_ALL, &IID_ISCard, &p)))
		return 50;
	if (FAILED(ISCard_get_Context((ISCard *)p, &number)) || number == 0 || number == parents)
		return 51;
	ISCard_Release((ISCard *)p);
	return 0;
}

static ULONG_PTR default_number(void)
{
	HSCARDCONTEXT number = 0;
	void *p = NULL;

	assert_int_equal(setenv("ISCARD_READERS", "", 1), 0);
	assert_int_equal(CoCreateInstance(&CLSID_CSCard, NULL, CLSCTX_ALL, &IID_ISCard, &p), S_OK);
	assert_int_equal(ISCard_get_Context((ISCard *)p, &number), S_OK);
	ISCard_Release((ISCard *)p);
	return number;
}

static int child_starts_anew(HSCARD handle)
{
	struct iscard_options o = {.size = sizeof o, .readers = ""};
	iscard_context *fresh;
	ISCard *card;
	void *p;

	if (FAILED(iscard_context_create(&o, &fresh)))
		return 20;
	if (FAILED(iscard_context_create_instance(fresh, &CLSID_CSCard, &IID_ISCard, &p)))
		return 21;
	card = p;
	if (ISCard_AttachByHandle(card, handle) != E_INVALIDARG)
		return 22;
	ISCard_Release(card);
	iscard_context_unref(fresh);
	return 0;
}

static void a_child_can_only_let_go(void **state)
{
	unsigned powered;
	HSCARD handle = 0;
	ISCard *card, *detached;
	ULONG_PTR parents;
	int status, rc;
	pid_t pid;

	(void)state;
	live_start(1);
	card = live_attached(0, SHARED);
	detached = live_card();
	parents = default_number();
	assert_non_null(card);
	assert_int_equal(iscard_context_hold(live.context, "live:reader"), S_OK);
	assert_int_equal(ISCard_LockSCard(card), S_OK);
	assert_int_equal(ISCard_get_CardHandle(card, &handle), S_OK);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(20);
		rc = child_asks(card, detached);
		if (rc == 0)
			rc = child_has_a_default_context(parents);
		if (rc == 0)
			rc = child(card, detached, handle);
		_exit(rc != 0 ? rc : child_starts_anew(handle));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	/* the parent's session is as it was: locked, powered, in step */
	assert_int_equal(live_echo(card, 3, 4), S_OK);
	assert_int_equal(ISCard_UnlockSCard(card, LEAVE), S_OK);
	assert_int_equal(ISCard_Detach(card, LEAVE), S_OK);
	ISCard_Release(card);
	ISCard_Release(detached);
	assert_int_equal(iscard_context_release(live.context, "live:reader"), S_OK);
	powered = emu_counts(live.device)->by_type[0x63];
	assert_int_equal(powered, 1); /* IccPowerOff: the parent's own, at the end */
	live_end();
}

/* In the child, of objects that look for readers and cards. */
static int child_looks(ISCardDatabase *database, ISCardLocate *locate)
{
	static const BYTE atr[] = {0x3b, 0x00};
	struct iscard_card_type type = {
		.size = sizeof type, .name = "card", .atr = atr, .atr_len = sizeof atr};
	SAFEARRAY *array;
	SCARDINFO *info;

	if (ISCardDatabase_ListReaders(database, 0, &array) != SCARD_E_SERVICE_STOPPED)
		return 1;
	if (ISCardDatabase_ListCards(database, NULL, NULL, 0, &array) != SCARD_E_SERVICE_STOPPED)
		return 2;
	if (ISCardLocate_FindCard(locate, SHARED, T0, SC_DLG_NO_UI, &info) !=
	            SCARD_E_SERVICE_STOPPED ||
	    info != NULL)
		return 3;
	if (iscard_context_introduce_card(live.context, &type) != SCARD_E_SERVICE_STOPPED ||
	    iscard_context_forget_card(live.context, "card") != SCARD_E_SERVICE_STOPPED)
		return 4;
	ISCardDatabase_Release(database);
	ISCardLocate_Release(locate);
	return 0;
}

static void a_child_looks_for_nothing(void **state)
{
	void *database, *locate;
	SCARDINFO *info = NULL;
	int status;
	pid_t pid;

	(void)state;
	live_start(1);
	if (iscard_context_create_instance(live.context, &CLSID_CSCardDatabase, &IID_ISCardDatabase,
	                                   &database) == REGDB_E_CLASSNOTREG) {
		live_end();
		skip(); /* built without */
	}
	assert_int_equal(iscard_context_create_instance(live.context, &CLSID_CSCardLocate,
	                                                &IID_ISCardLocate, &locate),
	                 S_OK);
	assert_int_equal(ISCardLocate_FindCard((ISCardLocate *)locate, SHARED,
	                                       (SCARD_PROTOCOLS)(T0 | T1), SC_DLG_NO_UI, &info),
	                 S_OK);
	CoTaskMemFree(info);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(20);
		_exit(child_looks(database, locate));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(emu_counts(live.device)->by_type[0x63], 0);
	ISCardLocate_Release((ISCardLocate *)locate);
	assert_int_equal(emu_counts(live.device)->by_type[0x63], 1);
	ISCardDatabase_Release((ISCardDatabase *)database);
	live_end();
}

#define DESCRIPTORS 64

/* Whoever calls exec takes no reader along. */
static void descriptors_are_closed_on_exec(void **state)
{
	bool before[DESCRIPTORS];
	unsigned opened = 0;
	ISCard *card;

	(void)state;
	live_start(1);
	for (int fd = 0; fd < DESCRIPTORS; fd++)
		before[fd] = fcntl(fd, F_GETFD) >= 0;
	card = live_attached(0, SHARED);
	assert_non_null(card);
	assert_int_equal(live_echo(card, 1, 2), S_OK);
	for (int fd = 0; fd < DESCRIPTORS; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (before[fd] || flags < 0)
			continue;
		assert_true(flags & FD_CLOEXEC);
		opened++;
	}
	assert_true(opened > 1);
	ISCard_Release(card);
	live_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_can_only_let_go),
		cmocka_unit_test(a_child_looks_for_nothing),
		cmocka_unit_test(descriptors_are_closed_on_exec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
