/* SPDX-License-Identifier: MIT */
/* What is no usbfs node is refused, and nothing is kept open. */
#include "usb_scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct ccid_env env;

static const uint8_t device[] = {
	18,   1,    0x10, 0x01, 0,    0, 0, 64,   0x2F,
	0x07, 0x00, 0xB1, 0x00, 0x01, 0, 0, 0,    1,  /* device */
	9,    2,    18,   0,    1,    1, 0, 0x80, 50, /* configuration 1 */
	9,    4,    0,    0,    0,    3, 1, 1,    0,  /* a keyboard without endpoints */
};

static int open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* A file with descriptors, as a node would give them; unlinked by the caller. */
static struct ccid_usb_found file_with(const void *bytes, size_t len)
{
	struct ccid_usb_found f = {.id = {.vid = 0x072F, .pid = 0xB100, .bcd_device = 0x0100}};
	int fd;

	strcpy(f.node, "/tmp/node-XXXXXX");
	fd = mkstemp(f.node);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
	return f;
}

static int open_file(struct ccid_usb_found *f)
{
	struct ccid_transport *t = (struct ccid_transport *)f;
	int err = ccid_transport_open_usb(&t, f, &env);

	assert_null(t);
	return err;
}

static void a_node_that_is_not_there_is_gone(void **state)
{
	struct ccid_usb_found f = {.node = "/nowhere/001/002"};

	(void)state;
	assert_int_equal(open_file(&f), CCID_E_GONE);
}

static void a_node_without_permission_says_so(void **state)
{
	struct ccid_usb_found f = file_with(device, sizeof device);
	int err;

	(void)state;
	assert_int_equal(chmod(f.node, 0), 0);
	if (geteuid() == 0 && seteuid(65534) != 0)
		skip();
	err = open_file(&f);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	unlink(f.node);
	assert_int_equal(err, CCID_E_ACCESS);
}

static void what_is_no_device_descriptor_is_refused(void **state)
{
	struct ccid_usb_found f = file_with("hello, this is no device", 24);
	int before = open_fds();

	(void)state;
	assert_int_equal(open_file(&f), CCID_E_FORMAT);
	unlink(f.node);
	assert_int_equal(open_fds(), before);
}

static void another_device_in_the_node_means_that_ours_is_gone(void **state)
{
	struct ccid_usb_found f = file_with(device, sizeof device);

	(void)state;
	f.id.pid = 0xB101;
	assert_int_equal(open_file(&f), CCID_E_GONE);
	unlink(f.node);
}

static void a_file_that_only_looks_like_a_node_is_refused(void **state)
{
	struct ccid_usb_found f = file_with(device, sizeof device);
	int before = open_fds(), err = open_file(&f);

	(void)state;
	unlink(f.node);
	assert_true(err == CCID_E_IO || err == CCID_E_UNSUPPORTED);
	assert_int_equal(open_fds(), before);
}

static void no_device_is_behind_a_descriptor_of_something_else(void **state)
{
	struct ccid_transport *t;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), ends[2];

	(void)state;
	assert_true(null >= 0);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(ccid_transport_open_usb_fd(&t, null, -1, &env), CCID_E_NOTFOUND);
	assert_int_equal(ccid_transport_open_usb_fd(&t, ends[0], -1, &env), CCID_E_NOTFOUND);
	assert_int_equal(ccid_transport_open_usb_fd(&t, ends[1], -1, &env), CCID_E_NOTFOUND);
	close(ends[0]);
	close(ends[1]);
	close(null); /* nor behind a closed one */
	assert_int_equal(ccid_transport_open_usb_fd(&t, null, -1, &env), CCID_E_NOTFOUND);
	assert_null(t);
}

static void configurations_are_found_by_their_value(void **state)
{
	struct ccid_usb_raw raw = {.configs = {9, 2, 11, 0, 0, 1, 0, 0, 0, 2, 0x30, /* value 1 */
	                                       9, 2, 9,  0, 0, 5, 0, 0, 0,          /* value 5 */
	                                       9, 2, 99, 0, 0, 7, 0, 0, 0}};        /* cut short */
	const uint8_t *cfg = NULL;

	(void)state;
	raw.configs_len = 29;
	assert_int_equal(ccid_usb_raw_config(&raw, 0, &cfg), 11);
	assert_ptr_equal(cfg, raw.configs);
	assert_int_equal(ccid_usb_raw_config(&raw, 5, &cfg), 9);
	assert_ptr_equal(cfg, raw.configs + 11);
	assert_int_equal(ccid_usb_raw_config(&raw, 7, &cfg), 9);
	assert_int_equal(ccid_usb_raw_config(&raw, 2, &cfg), 0);
	raw.configs_len = 8;
	assert_int_equal(ccid_usb_raw_config(&raw, 0, &cfg), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_node_that_is_not_there_is_gone),
		cmocka_unit_test(a_node_without_permission_says_so),
		cmocka_unit_test(what_is_no_device_descriptor_is_refused),
		cmocka_unit_test(another_device_in_the_node_means_that_ours_is_gone),
		cmocka_unit_test(a_file_that_only_looks_like_a_node_is_refused),
		cmocka_unit_test(no_device_is_behind_a_descriptor_of_something_else),
		cmocka_unit_test(configurations_are_found_by_their_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
