/* SPDX-License-Identifier: MIT */
/* Devices that may not be read, and for which addresses that is the reason of finding nothing. */
#include "address.h"
#include "usb_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PATH_LEN 160

static struct usb_tree tree;
static const struct fake_reader reader = {.features = FAKE_SHORT};

static void put(const char *folder, const char *name, const char *text)
{
	char path[PATH_LEN];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void change_mode(const char *name, mode_t mode)
{
	char path[PATH_LEN];

	snprintf(path, sizeof path, "%s/%s", tree.dev, name);
	assert_int_equal(chmod(path, mode), 0);
}

/* 1-1 is a reader of which sysfs tells, 1/3 a node alone; of bus 2 there is the folder. */
static int setup(void **state)
{
	char path[PATH_LEN];

	(void)state;
	usb_tree_make(&tree);
	usb_tree_plug(&tree, "1-1", 1, &reader, 0);
	put(tree.sys, "1-1/serial", "A\n");
	put(tree.dev, "001/003", "");
	change_mode("001/003", 0);
	snprintf(path, sizeof path, "%s/002", tree.dev);
	assert_int_equal(mkdir(path, 0), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	change_mode("002", 0755);
	usb_tree_remove(&tree);
	return 0;
}

static int refuse(void *arg, const struct ccid_usb_found *found)
{
	(void)arg;
	(void)found;
	return -1;
}

static unsigned denied_at(const char *address)
{
	static const struct ccid_env env;
	struct ccid_address a;
	unsigned denied = 9;

	assert_int_equal(ccid_address_parse(&a, address, NULL), 0);
	assert_int_equal(ccid_usb_scan_at(&tree.roots, &env, &a, refuse, NULL, &denied), 0);
	return denied;
}

static void a_refused_device_counts_where_it_may_be_meant(void **state)
{
	static const struct {
		const char *address;
		unsigned denied;
	} rows[] = {
		{"usb:", 3},         {"usb:9-9", 0},      {"usb:1-1", 1},
		{"usb:1/1", 1},      {"usb:1-1#1", 1},    {"usb:1-2", 0},
		{"usb:1/3", 1},      {"usb:1/2", 0},      {"usb:2-1", 1}, /* in the folder */
		{"usb:1209:1", 3},   {"usb:1:1", 2}, /* the node, or in the folder */
		{"usb:1209:1:A", 3}, {"usb:1209:1:B", 2},
	};
	unsigned denied[sizeof rows / sizeof *rows];

	(void)state;
	if (geteuid() == 0 && seteuid(65534) != 0)
		skip();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		denied[i] = denied_at(rows[i].address);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (denied[i] != rows[i].denied)
			fail_msg("%s: %u", rows[i].address, denied[i]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_refused_device_counts_where_it_may_be_meant,
	                                        setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
