/* SPDX-License-Identifier: MIT */
/* Events over unmodified libusb and a usbfs: readers plugged in and pulled out, at rest and in the
 * middle of a command, held by others, and refused. Without udev and notifications, too. */
#include "usb_fixture.h"

#include <iscard/iscard.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME "ACS Emulated Reader [Contact] (EMU0001) "

#define ARRIVED  ISCARD_EVENT_READER_ARRIVED
#define LEFT     ISCARD_EVENT_READER_LEFT
#define STATUS   ISCARD_EVENT_READER_STATUS
#define INSERTED ISCARD_EVENT_CARD_INSERTED
#define REMOVED  ISCARD_EVENT_CARD_REMOVED

static iscard_context *context;
static struct iscard_event event;
static int event_fd;
static int64_t ahead; /* of the real clock: what is only waiting for time is not waited for */

static int64_t now(void *arg)
{
	(void)arg;
	return ccid_env_now(&usb_env) + ahead;
}

static void begin(void)
{
	struct iscard_options o = {.size = sizeof o, .log_level = ISCARD_LOG_NONE, .now_ms = now};

	assert_int_equal(iscard_context_create(&o, &context), S_OK);
	assert_int_equal(iscard_context_event_fd(context, &event_fd), S_OK);
	assert_int_equal(iscard_context_watch(context, NULL, ISCARD_WATCH_CARDS), S_OK);
}

static void finish(void)
{
	iscard_context_unref(context);
}

/* The next event, within ten seconds; what is due by time comes sooner. */
static HRESULT next(void)
{
	struct pollfd p = {.fd = event_fd, .events = POLLIN};

	for (int i = 0; i < 1000; i++) {
		if (iscard_context_next_event(context, &event) == S_OK)
			return S_OK;
		if (poll(&p, 1, 10) == 0)
			ahead += 100;
	}
	return S_FALSE;
}

static void expect_of(iscard_event_type type, const char *which, int line)
{
	HRESULT hr = next();

	if (hr == S_OK && event.type == type && strncmp(event.reader, NAME, strlen(NAME)) == 0 &&
	    strcmp(event.reader + strlen(NAME), which) == 0)
		return;
	print_error("line %d: %s %s instead of %s %s\n", line,
	            hr == S_OK ? iscard_event_name(event.type) : "nothing",
	            hr == S_OK ? event.reader : "", iscard_event_name(type), which);
	_fail(__FILE__, line);
}
#define EXPECT(type, which) expect_of(type, which, __LINE__)

/* Both slots of the first reader; a card is in slot 0. */
static void expect_arrival(void)
{
	EXPECT(ARRIVED, "00 00");
	assert_int_equal(event.now.result, S_OK);
	EXPECT(INSERTED, "00 00");
	EXPECT(ARRIVED, "00 01");
}

static void expect_departure(void)
{
	EXPECT(REMOVED, "00 00");
	EXPECT(LEFT, "00 00");
	EXPECT(LEFT, "00 01");
}

static void cards_and_readers_come_and_go(void **state)
{
	(void)state;
	begin();
	expect_arrival();
	assert_true(usbfs_do("remove 0"));
	EXPECT(REMOVED, "00 00");
	assert_true(usbfs_do("insert 1"));
	EXPECT(INSERTED, "00 01");
	assert_true(usbfs_do("insert 0"));
	EXPECT(INSERTED, "00 00");
	assert_int_equal(event.now.insertions, 2);
	assert_true(usbfs_do("unplug"));
	EXPECT(REMOVED, "00 00");
	EXPECT(LEFT, "00 00");
	EXPECT(REMOVED, "00 01");
	EXPECT(LEFT, "00 01");
	assert_true(usbfs_do("plug"));
	expect_arrival();
	assert_int_equal(event.now.arrivals, 2);
	assert_int_equal(usb_count_entries("/proc/self/task"), 1);
	finish();
}

static void two_readers_keep_their_names(void **state)
{
	(void)state;
	begin();
	expect_arrival();
	assert_true(usbfs_do("2 plug"));
	EXPECT(ARRIVED, "01 00");
	EXPECT(INSERTED, "01 00");
	EXPECT(ARRIVED, "01 01");
	assert_string_equal(event.address, "usb:1-2");
	assert_true(usbfs_do("unplug"));
	expect_departure();
	assert_true(usbfs_do("2 unplug"));
	EXPECT(REMOVED, "01 00");
	EXPECT(LEFT, "01 00");
	EXPECT(LEFT, "01 01");
	assert_true(usbfs_do("2 plug"));
	EXPECT(ARRIVED, "01 00");
	EXPECT(INSERTED, "01 00");
	EXPECT(ARRIVED, "01 01");
	assert_true(usbfs_do("plug"));
	expect_arrival();
	assert_true(usbfs_do("2 unplug"));
	EXPECT(REMOVED, "01 00");
	EXPECT(LEFT, "01 00");
	EXPECT(LEFT, "01 01");
	finish();
}

static void a_hundred_cycles(void **state)
{
	int descriptors = 0;

	(void)state;
	begin();
	expect_arrival();
	for (unsigned i = 0; i < 100; i++) {
		assert_true(usbfs_do("unplug"));
		expect_departure();
		assert_true(usbfs_do("plug"));
		expect_arrival();
		assert_int_equal(event.now.arrivals, i + 2);
		if (i == 0)
			descriptors = usb_count_entries("/proc/self/fd");
	}
	assert_int_equal(usb_count_entries("/proc/self/fd"), descriptors);
	finish();
}

struct command {
	pthread_t thread;
	ISCard *card;
	HRESULT hr;
	atomic_bool over;
};

static void *run_command(void *arg)
{
	struct command *c = arg;
	ISCardCmd *cmd = NULL;

	CoCreateInstance(&CLSID_CSCardCmd, NULL, CLSCTX_ALL, &IID_ISCardCmd, (void **)&cmd);
	ISCardCmd_BuildCmd(cmd, 0x80, 0x12, 200, 1, NULL, NULL); /* SLOW: twenty seconds */
	c->hr = ISCard_Transaction(c->card, &cmd);
	ISCardCmd_Release(cmd);
	atomic_store(&c->over, true);
	return NULL;
}

/* A command of twenty seconds on the card in slot 0, in a thread of its own. */
static void start_command(struct command *c)
{
	int before = usbfs_count("messages");
	void *card = NULL;
	BSTR name = SysAllocString(u"ACS Emulated Reader [Contact] (EMU0001) 00 00");

	assert_int_equal(iscard_context_create_instance(context, &CLSID_CSCard, &IID_ISCard, &card),
	                 S_OK);
	c->card = card;
	atomic_init(&c->over, false);
	assert_int_equal(ISCard_AttachByReader(c->card, name, SHARED, (SCARD_PROTOCOLS)(T0 | T1)),
	                 S_OK);
	SysFreeString(name);
	before = usbfs_count("messages");
	assert_int_equal(pthread_create(&c->thread, NULL, run_command, c), 0);
	while (usbfs_count("messages") == before)
		sched_yield();
}

static void end_command(struct command *c)
{
	pthread_join(c->thread, NULL);
	ISCard_Release(c->card);
}

static void cards_are_seen_while_a_command_runs(void **state)
{
	struct command c;
	bool silent;

	(void)state;
	begin();
	expect_arrival();
	start_command(&c);
	assert_true(usbfs_do("insert 1"));
	silent = getenv("USB_SILENT") != NULL; /* no interrupt endpoint: nobody can tell */
	if (!silent) {
		EXPECT(INSERTED, "00 01");
		assert_false(atomic_load(&c.over));
		assert_true(usbfs_do("remove 1"));
		EXPECT(REMOVED, "00 01");
		assert_false(atomic_load(&c.over));
	}
	assert_true(usbfs_do("unplug"));
	end_command(&c);
	assert_true(c.hr == SCARD_E_READER_UNAVAILABLE || c.hr == SCARD_W_REMOVED_CARD);
	EXPECT(REMOVED, "00 00");
	EXPECT(LEFT, "00 00");
	EXPECT(LEFT, "00 01");
	assert_true(usbfs_do("plug"));
	expect_arrival();
	finish();
}

/* In another process. */
static pid_t hold_reader(int *to)
{
	int ready[2], go[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct ccid_transport *t = usb_attach();

		close(go[1]);
		(void)!write(ready[1], "r", 1);
		(void)!read(go[0], &byte, 1);
		t->ops->close(t);
		_exit(0);
	}
	close(ready[1]);
	close(go[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	*to = go[1];
	return pid;
}

static void a_reader_that_another_process_holds_is_had_when_it_lets_go(void **state)
{
	int status, go;
	pid_t pid;

	(void)state;
	pid = hold_reader(&go);
	begin();
	EXPECT(ARRIVED, "00 00");
	assert_int_equal(event.now.result, SCARD_E_SHARING_VIOLATION);
	EXPECT(ARRIVED, "00 01");
	assert_int_equal(event.now.result, SCARD_E_SHARING_VIOLATION);
	close(go);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	EXPECT(STATUS, "00 00");
	assert_int_equal(event.now.result, S_OK);
	EXPECT(INSERTED, "00 00");
	EXPECT(STATUS, "00 01");
	finish();
}

static void permission_that_comes_late_is_enough(void **state)
{
	(void)state;
	assert_true(usbfs_do("refuse"));
	begin();
	EXPECT(ARRIVED, "00 00");
	assert_int_equal(event.now.result, SCARD_W_SECURITY_VIOLATION);
	EXPECT(ARRIVED, "00 01");
	assert_true(usbfs_do("permit"));
	EXPECT(STATUS, "00 00");
	assert_int_equal(event.now.result, S_OK);
	EXPECT(INSERTED, "00 00");
	EXPECT(STATUS, "00 01");
	finish();
}

static void a_descriptor_that_was_handed_in_is_watched_too(void **state)
{
	struct iscard_options o = {.size = sizeof o, .log_level = ISCARD_LOG_NONE, .now_ms = now};
	struct ccid_usb_found found = usb_find();
	FILE *node = fopen(found.node, "r+");
	char readers[32];

	(void)state;
	assert_non_null(node);
	snprintf(readers, sizeof readers, "fd:%d", fileno(node));
	o.readers = readers;
	assert_int_equal(iscard_context_create(&o, &context), S_OK);
	assert_int_equal(iscard_context_event_fd(context, &event_fd), S_OK);
	assert_int_equal(iscard_context_watch(context, NULL, ISCARD_WATCH_CARDS), S_OK);
	expect_arrival();
	assert_string_equal(event.address, readers);
	assert_true(usbfs_do("remove 0"));
	EXPECT(REMOVED, "00 00");
	assert_true(usbfs_do("unplug"));
	EXPECT(LEFT, "00 00");
	EXPECT(LEFT, "00 01");
	assert_true(usbfs_do("plug")); /* another descriptor's business */
	ahead += 100000;
	assert_int_equal(iscard_context_next_event(context, &event), S_FALSE);
	finish();
	fclose(node);
}

/* Wake-ups until there is none for ms. */
static unsigned wakeups(int ms)
{
	struct pollfd p = {.fd = event_fd, .events = POLLIN};
	unsigned n = 0;

	for (; poll(&p, 1, ms) > 0 && n < 100; n++)
		while (iscard_context_next_event(context, &event) == S_OK)
			;
	return n;
}

/* With notifications and a source of news the process sleeps. */
static void nothing_wakes_it_while_nothing_happens(void **state)
{
	const char *source;

	(void)state;
	begin();
	expect_arrival();
	assert_true(usbfs_do("unplug")); /* so that netlink, if it speaks, has spoken */
	expect_departure();
	assert_true(usbfs_do("plug"));
	expect_arrival();
	assert_int_equal(iscard_context_hotplug(context, &source), S_OK);
	if (strchr(source, '+') == NULL && getenv("USB_SILENT") == NULL) {
		print_message("%u wake-ups after the last event\n", wakeups(300));
		assert_int_equal(wakeups(2500), 0);
	} else {
		print_message("by %s: there are looks\n", source);
	}
	finish();
}

/* There netlink does not speak to us. */
static bool in_a_user_name_space(void)
{
	unsigned long inside = 1, outside = 1, count = 0;
	FILE *f = fopen("/proc/self/uid_map", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu %lu %lu", &inside, &outside, &count), 3);
	fclose(f);
	return inside != outside || count != 0xffffffff;
}

/* Netlink has spoken when the first reader moves. */
static void udev_proves_that_it_speaks(void **state)
{
	const char *source;

	(void)state;
	begin();
	expect_arrival();
	assert_int_equal(iscard_context_hotplug(context, &source), S_OK);
	print_message("news by %s\n", source);
	assert_true(usbfs_do("unplug"));
	expect_departure();
	assert_true(usbfs_do("plug"));
	expect_arrival();
	assert_int_equal(iscard_context_hotplug(context, &source), S_OK);
	if (access("/run/udev/control", F_OK) == 0 && !in_a_user_name_space())
		assert_string_equal(source, "udev");
	else
		assert_non_null(strstr(source, "+rescan"));
	finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		USB_TEST(cards_and_readers_come_and_go),
		USB_TEST(two_readers_keep_their_names),
		USB_TEST(a_hundred_cycles),
		USB_TEST(cards_are_seen_while_a_command_runs),
		USB_TEST(a_reader_that_another_process_holds_is_had_when_it_lets_go),
		USB_TEST(permission_that_comes_late_is_enough),
		USB_TEST(a_descriptor_that_was_handed_in_is_watched_too),
		USB_TEST(nothing_wakes_it_while_nothing_happens),
		USB_TEST(udev_proves_that_it_speaks),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
