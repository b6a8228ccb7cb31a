/* SPDX-License-Identifier: MIT */
/* Where hints about USB devices come from, and that they stay hints: bounded, and never lost. */
#include "fake_clock.h"
#include "usb_tree.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct fake_reader plain = {.features = FAKE_SHORT};

struct state {
	struct usb_tree tree;
	struct fake_clock clock;
	struct ccid_hotplug *h;
};

static int setup(void **state)
{
	struct state *s = calloc(1, sizeof *s);

	assert_non_null(s);
	usb_tree_make(&s->tree);
	fake_clock_init(&s->clock);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct state *s = *state;

	ccid_hotplug_close(s->h);
	usb_tree_remove(&s->tree);
	free(s);
	return 0;
}

static void begin(struct state *s)
{
	assert_int_equal(ccid_hotplug_open(&s->h, &s->tree.hotplug, &s->clock.env), 0);
}

static bool readable(const struct state *s)
{
	struct pollfd p = {.fd = ccid_hotplug_fd(s->h), .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

static int64_t due_in(const struct state *s)
{
	int64_t due = ccid_hotplug_due(s->h);

	return due == CCID_NEVER ? -1 : due - s->clock.now;
}

/* A hint has come: it is handed on when it has settled, once, and then there is peace. */
static void expect_hint(struct state *s)
{
	assert_true(readable(s));
	assert_false(ccid_hotplug_take(s->h));
	assert_false(readable(s));
	assert_int_equal(due_in(s), CCID_HOTPLUG_SETTLE_MS);
	fake_clock_advance(&s->clock, CCID_HOTPLUG_SETTLE_MS);
	assert_true(ccid_hotplug_take(s->h));
	assert_false(ccid_hotplug_take(s->h));
}

static void the_kernel_speaks_where_there_is_no_udev(void **state)
{
	struct state *s = *state;

	s->tree.hotplug.no_inotify = true;
	begin(s);
	assert_string_equal(ccid_hotplug_source(s->h), "kernel+rescan");
	assert_int_equal(due_in(s), CCID_HOTPLUG_RESCAN_MS);
	usb_tree_uevent(&s->tree, "usb");
	expect_hint(s);
	assert_string_equal(ccid_hotplug_source(s->h), "kernel"); /* it has proven itself */
	assert_int_equal(due_in(s), -1);
	assert_true(fake_clock_logged(&s->clock, "news of USB readers by kernel+rescan"));
}

static void udev_is_asked_where_it_is(void **state)
{
	struct state *s = *state;
	FILE *f = fopen(s->tree.udev_control, "w");

	fclose(f);
	begin(s);
	assert_string_equal(ccid_hotplug_source(s->h), "udev");
	usb_tree_uevent(&s->tree, "usb"); /* the kernel's: not what we listen to */
	assert_false(ccid_hotplug_take(s->h));
	assert_int_equal(due_in(s), -1);
}

static void what_is_not_about_usb_or_not_from_the_kernel_is_no_hint(void **state)
{
	struct state *s = *state;

	s->tree.hotplug.no_inotify = true;
	begin(s);
	usb_tree_uevent(&s->tree, "net");
	usb_tree_say(&s->tree, "junk", 4);
	assert_false(ccid_hotplug_take(s->h));
	s->tree.kernel_sender = false;
	usb_tree_uevent(&s->tree, "usb");
	assert_false(ccid_hotplug_take(s->h));
	assert_false(readable(s));
	assert_int_equal(due_in(s), CCID_HOTPLUG_RESCAN_MS);
	assert_string_equal(ccid_hotplug_source(s->h), "kernel+rescan");
}

static void a_source_that_breaks_is_given_up(void **state)
{
	struct state *s = *state;

	s->tree.hotplug.no_inotify = true;
	begin(s);
	usb_tree_uevent(&s->tree, "usb");
	expect_hint(s);
	close(s->tree.netlink[1]);
	s->tree.netlink[1] = dup(s->tree.netlink[0]);
	expect_hint(s);
	assert_string_equal(ccid_hotplug_source(s->h), "rescan");
	assert_int_equal(due_in(s), CCID_HOTPLUG_RESCAN_MS);
}

static void without_any_source_time_is_one(void **state)
{
	struct state *s = *state;

	s->tree.hotplug.no_inotify = true;
	s->tree.sockets = 1; /* none is left */
	begin(s);
	assert_string_equal(ccid_hotplug_source(s->h), "rescan");
	for (int i = 0; i < 3; i++) {
		fake_clock_advance(&s->clock, CCID_HOTPLUG_RESCAN_MS - 1);
		assert_false(ccid_hotplug_take(s->h));
		fake_clock_advance(&s->clock, 1);
		assert_true(ccid_hotplug_take(s->h));
		assert_false(ccid_hotplug_take(s->h));
	}
	s->tree.sockets = 0;
}

static void nodes_tell_by_themselves(void **state)
{
	struct state *s = *state;

	s->tree.sockets = 1;
	begin(s);
	assert_string_equal(ccid_hotplug_source(s->h), "inotify");
	assert_int_equal(due_in(s), -1);
	usb_tree_plug(&s->tree, "1-1", 4, &plain, 0600); /* makes the folder of the bus, too */
	expect_hint(s);
	usb_tree_chmod(&s->tree, 4, 0666);
	expect_hint(s);
	usb_tree_unplug(&s->tree, "1-1", 4);
	expect_hint(s);
	usb_tree_plug(&s->tree, "1-1", 5, &plain, 0600);
	expect_hint(s);
	s->tree.sockets = 0;
}

static void a_folder_that_comes_later_is_followed(void **state)
{
	struct state *s = *state;
	char bus[96];

	s->tree.sockets = 1;
	snprintf(bus, sizeof bus, "%s/bus", s->tree.dev);
	s->tree.hotplug.dev = bus;
	begin(s);
	assert_string_equal(ccid_hotplug_source(s->h), "inotify");
	usb_tree_plug(&s->tree, "1-1", 4, &plain, 0600); /* elsewhere: no business of ours */
	assert_false(ccid_hotplug_take(s->h));
	assert_int_equal(due_in(s), -1);
	assert_int_equal(mkdir(bus, 0755), 0);
	expect_hint(s);
	strcat(bus, "/001");
	assert_int_equal(mkdir(bus, 0755), 0);
	bus[strlen(bus) - 4] = '\0';
	expect_hint(s);
	strcat(bus, "/001/x");
	assert_int_equal(mkdir(bus, 0755), 0);
	bus[strlen(bus) - 6] = '\0';
	expect_hint(s);
	s->tree.sockets = 0;
}

/* It comes between the try to watch it and the watch of the folder above. */
static const char *comes_late;
int __real_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask);

int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	size_t n = strlen(path);

	if (comes_late != NULL && strncmp(comes_late, path, n) == 0 && comes_late[n] == '/') {
		assert_int_equal(mkdir(comes_late, 0755), 0);
		comes_late = NULL;
	}
	return __real_inotify_add_watch(fd, path, mask);
}

static void a_folder_that_comes_in_between_is_not_missed(void **state)
{
	struct state *s = *state;
	char buses[96], above[80];

	snprintf(above, sizeof above, "%s/bus", s->tree.dev);
	snprintf(buses, sizeof buses, "%s/usb", above);
	for (unsigned i = 0; i < 2; i++) {
		s->tree.sockets = 1;
		s->tree.hotplug.dev = buses;
		comes_late = i == 0 ? above : buses;
		begin(s);
		assert_null(comes_late);
		assert_string_equal(ccid_hotplug_source(s->h), "inotify");
		if (i == 0)
			assert_int_equal(mkdir(buses, 0755), 0);
		(void)ccid_hotplug_take(s->h);
		strcat(buses, "/001");
		assert_int_equal(mkdir(buses, 0755), 0);
		assert_true(readable(s));
		assert_int_equal(rmdir(buses), 0);
		buses[strlen(buses) - 4] = '\0';
		assert_int_equal(rmdir(buses), 0);
		ccid_hotplug_close(s->h);
		s->h = NULL;
	}
	s->tree.sockets = 0;
}

static void a_flood_makes_few_looks(void **state)
{
	struct state *s = *state;
	unsigned looks = 0;

	begin(s);
	for (unsigned ms = 0; ms < 1000; ms++) {
		usb_tree_uevent(&s->tree, "usb");
		looks += ccid_hotplug_take(s->h);
		fake_clock_advance(&s->clock, 1);
	}
	assert_in_range(looks, 8, 10);
	fake_clock_advance(&s->clock, CCID_HOTPLUG_SETTLE_MS);
	assert_true(ccid_hotplug_take(s->h)); /* for the last one */
	assert_false(ccid_hotplug_take(s->h));
}

/* It has the same descriptors, and they lead to the same set. */
static void the_child_of_a_fork_makes_nobody_deaf(void **state)
{
	struct state *s = *state;
	int status;
	pid_t pid;

	s->tree.hotplug.no_inotify = true;
	begin(s);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		ccid_hotplug_close(s->h);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	usb_tree_uevent(&s->tree, "usb");
	expect_hint(s);
}

static void a_message_that_is_too_long_is_a_hint_but_no_proof(void **state)
{
	struct state *s = *state;
	static const char text[CCID_UEVENT_MAX + 1] = "add@/devices/x";

	s->tree.hotplug.no_inotify = true;
	begin(s);
	usb_tree_say(&s->tree, text, sizeof text);
	expect_hint(s);
	assert_string_equal(ccid_hotplug_source(s->h), "kernel+rescan");
	s->tree.kernel_sender = false;
	usb_tree_say(&s->tree, text, sizeof text);
	assert_false(ccid_hotplug_take(s->h));
	assert_false(readable(s));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_kernel_speaks_where_there_is_no_udev),
		T(udev_is_asked_where_it_is),
		T(what_is_not_about_usb_or_not_from_the_kernel_is_no_hint),
		T(a_source_that_breaks_is_given_up),
		T(without_any_source_time_is_one),
		T(nodes_tell_by_themselves),
		T(a_folder_that_comes_later_is_followed),
		T(a_folder_that_comes_in_between_is_not_missed),
		T(a_flood_makes_few_looks),
		T(the_child_of_a_fork_makes_nobody_deaf),
		T(a_message_that_is_too_long_is_a_hint_but_no_proof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
