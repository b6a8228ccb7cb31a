/* SPDX-License-Identifier: MIT */
/* What only a USB reader shows through the API: what it can do while another has it, and who. */
#include "usb_fixture.h"

#include <iscard/iscard.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define READER "ACS Emulated Reader [Contact] (EMU0001) 00 00"

static _Noreturn void own(int ready)
{
	struct ccid_usb_found f = usb_find();
	struct ccid_transport *t;
	sigset_t end;
	int signal;

	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);
	if (ccid_transport_open_usb(&t, &f, &usb_env) != 0 || write(ready, "x", 1) != 1)
		_exit(1);
	sigwait(&end, &signal);
	t->ops->close(t);
	_exit(0);
}

/* Another process that has claimed the reader. */
static pid_t owner(void)
{
	int ready[2];
	char byte;
	pid_t child;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0)
		own(ready[1]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return child;
}

static void end(pid_t child)
{
	kill(child, SIGTERM);
	waitpid(child, NULL, 0);
}

static iscard_context *quiet_context(void)
{
	const struct iscard_options o = {.size = sizeof o, .log_level = ISCARD_LOG_NONE};
	iscard_context *c;

	assert_int_equal(iscard_context_create(&o, &c), S_OK);
	return c;
}

static void capabilities_need_no_claim(void **state)
{
	struct iscard_capabilities caps = {.size = sizeof caps};
	iscard_context *c = quiet_context();
	pid_t child = owner();

	(void)state;
	assert_int_equal(iscard_reader_capabilities(c, READER, &caps), S_OK);
	assert_string_equal(caps.product, "Emulated Reader");
	assert_string_equal(caps.serial, "EMU0001");
	assert_string_equal(caps.interface_name, "Contact");
	assert_int_equal(caps.framing, ISCARD_FRAMING_BULK);
	assert_true(caps.interrupt);
	assert_int_equal(caps.slots, 1);
	assert_memory_equal(caps.address, "usb:", 4);
	assert_int_equal(iscard_reader_capabilities(c, caps.address, &caps), S_OK);
	assert_string_equal(caps.product, "Emulated Reader");
	end(child);
	iscard_context_unref(c);
}

static void words_name_the_process_that_has_the_reader(void **state)
{
	iscard_context *c = quiet_context();
	pid_t child = owner();
	char words[400], want[64];
	void *card;

	(void)state;
	assert_int_equal(iscard_context_create_instance(c, &CLSID_CSCard, &IID_ISCard, &card),
	                 S_OK);
	assert_int_equal(iscard_attach(card, READER, ISCARD_SHARED, ISCARD_T0),
	                 SCARD_E_SHARING_VIOLATION);
	assert_int_equal(iscard_last_error(card, words, sizeof words), SCARD_E_SHARING_VIOLATION);
	snprintf(want, sizeof want, "in use by another program, pid %d (", (int)child);
	if (strstr(words, want) == NULL)
		fail_msg("%s: not in \"%s\"", want, words);
	end(child);
	ISCard_Release((ISCard *)card);
	iscard_context_unref(c);
}

/* What attaching says, and that its words hold a part. */
static void attach_is(HRESULT want, const char *part)
{
	iscard_context *c = quiet_context();
	char words[400];
	void *card;

	assert_int_equal(iscard_context_create_instance(c, &CLSID_CSCard, &IID_ISCard, &card),
	                 S_OK);
	assert_int_equal(iscard_attach(card, READER, ISCARD_SHARED, ISCARD_T0), want);
	if (want != S_OK) {
		assert_int_equal(iscard_last_error(card, words, sizeof words), want);
		if (strstr(words, part) == NULL)
			fail_msg("%s: not in \"%s\"", part, words);
		assert_int_equal(usbfs_count("opens"), 0);
	}
	ISCard_Release((ISCard *)card);
	iscard_context_unref(c);
}

static void a_claim_that_is_refused_is_a_sharing_violation(void **state)
{
	(void)state;
	assert_true(usbfs_do("take"));
	attach_is(SCARD_E_SHARING_VIOLATION, "in use by another program");
	assert_true(usbfs_do("free"));
	attach_is(S_OK, "");
}

static void a_node_that_may_not_be_opened_is_a_security_violation(void **state)
{
	(void)state;
	assert_true(usbfs_do("refuse"));
	attach_is(SCARD_W_SECURITY_VIOLATION, "no permission to open the reader");
	assert_true(usbfs_do("permit"));
	attach_is(S_OK, "");
}

static void a_kernel_driver_is_off_while_the_card_is_attached(void **state)
{
	const char *driver = *state;
	iscard_context *c = quiet_context();
	void *card;

	assert_int_equal(iscard_context_create_instance(c, &CLSID_CSCard, &IID_ISCard, &card),
	                 S_OK);
	assert_string_equal(usbfs_ask("driver"), driver);
	assert_int_equal(iscard_attach(card, READER, ISCARD_SHARED, ISCARD_T0), S_OK);
	assert_string_equal(usbfs_ask("driver"), "usbfs");
	assert_int_equal(ISCard_Detach((ISCard *)card, LEAVE), S_OK);
	assert_string_equal(usbfs_ask("driver"), driver);
	ISCard_Release((ISCard *)card);
	iscard_context_unref(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		USB_TEST(capabilities_need_no_claim),
		USB_TEST(words_name_the_process_that_has_the_reader),
		USB_TEST(a_claim_that_is_refused_is_a_sharing_violation),
		USB_TEST(a_node_that_may_not_be_opened_is_a_security_violation),
		USB_TEST(a_kernel_driver_is_off_while_the_card_is_attached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
