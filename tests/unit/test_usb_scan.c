/* SPDX-License-Identifier: MIT */
/* Enumeration on made-up device and sysfs trees. */
#define _XOPEN_SOURCE 700 /* nftw() */
#include "address.h"
#include "usb_scan.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define FOUND_MAX 8
#define PATH_LEN  256

struct tree {
	char top[32], dev[48], sys[48], proc[48];
	struct ccid_usb_roots roots;
	struct ccid_usb_found found[FOUND_MAX];
	size_t nfound;
	int stop_with; /* returned by the visitor */
	const struct ccid_address *only;
	unsigned warnings;
	struct ccid_env env;
};

static void count_warning(void *ctx, enum ccid_log_level level, const char *reader,
                          const char *text)
{
	struct tree *t = ctx;

	(void)reader;
	assert_non_null(text);
	t->warnings += level == CCID_LOG_WARNING;
}

static void put_file(const char *dir, const char *name, const void *bytes, size_t len)
{
	char path[PATH_LEN];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	for (char *p = path + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		mkdir(path, 0755);
		*p = '/';
	}
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void put_text(const char *dir, const char *name, const char *text)
{
	put_file(dir, name, text, strlen(text));
}

static int setup(void **state)
{
	struct tree *t = calloc(1, sizeof *t);

	assert_non_null(t);
	strcpy(t->top, "/tmp/scan-XXXXXX");
	assert_non_null(mkdtemp(t->top));
	assert_int_equal(chmod(t->top, 0755), 0);
	snprintf(t->dev, sizeof t->dev, "%s/dev", t->top);
	snprintf(t->sys, sizeof t->sys, "%s/sys", t->top);
	snprintf(t->proc, sizeof t->proc, "%s/proc", t->top);
	t->roots = (struct ccid_usb_roots){t->dev, t->sys, t->proc};
	t->env = (struct ccid_env){.ctx = t, .log = count_warning, .log_level = CCID_LOG_WARNING};
	*state = t;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct tree *t = *state;

	nftw(t->top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(t);
	return 0;
}

static int collect(void *arg, const struct ccid_usb_found *f)
{
	struct tree *t = arg;

	assert_true(t->nfound < FOUND_MAX);
	t->found[t->nfound++] = *f;
	return t->stop_with;
}

static int scan(struct tree *t, unsigned *denied)
{
	t->nfound = 0;
	return ccid_usb_scan_at(&t->roots, &t->env, t->only, collect, t, denied);
}

struct bytes {
	uint8_t b[512];
	size_t len;
};

static void add(struct bytes *d, const void *p, size_t n)
{
	memcpy(d->b + d->len, p, n);
	d->len += n;
}

static void add_device(struct bytes *d, uint16_t vid, uint16_t pid)
{
	uint8_t dev[18] = {18, 1, 0x10, 0x01, 0, 0, 0, 64, (uint8_t)vid, (uint8_t)(vid >> 8),
	                   0,  0, 0x34, 0x12, 1, 2, 3, 1};

	dev[10] = (uint8_t)pid;
	dev[11] = (uint8_t)(pid >> 8);
	add(d, dev, sizeof dev);
}

static size_t add_config(struct bytes *d, uint8_t value, uint8_t interfaces)
{
	uint8_t cfg[9] = {9, 2, 0, 0, interfaces, value, 0, 0x80, 50};

	add(d, cfg, sizeof cfg);
	return d->len - sizeof cfg;
}

static void end_config(struct bytes *d, size_t at)
{
	d->b[at + 2] = (uint8_t)(d->len - at);
	d->b[at + 3] = (uint8_t)((d->len - at) >> 8);
}

static void add_ccid(struct bytes *d, uint8_t number, uint8_t max_slot)
{
	uint8_t iface[9] = {9, 4, number, 0, 3, 0x0B, 0, 0, 4};
	uint8_t ccid[54] = {54, 0x21, 0x10, 0x01, max_slot, 7, 3};
	uint8_t eps[21] = {7,  5, 0x01, 2, 64, 0,    0, 7, 5, 0x82, 2,
	                   64, 0, 0,    7, 5,  0x83, 3, 8, 0, 16};

	ccid[40] = 0x30; /* dwFeatures: short APDU */
	ccid[42] = 0x02;
	ccid[44] = 0x0F; /* dwMaxCCIDMessageLength 271 */
	ccid[45] = 0x01;
	eps[2] = (uint8_t)(eps[2] + 3 * number);
	eps[9] = (uint8_t)(eps[9] + 3 * number);
	eps[16] = (uint8_t)(eps[16] + 3 * number);
	add(d, iface, sizeof iface);
	add(d, ccid, sizeof ccid);
	add(d, eps, sizeof eps);
}

static void add_hid(struct bytes *d, uint8_t number)
{
	uint8_t iface[9] = {9, 4, number, 0, 1, 3, 1, 1, 0};
	uint8_t hid[9] = {9, 0x21, 0x11, 1, 0, 1, 0x22, 63, 0};
	uint8_t ep[7] = {7, 5, 0x8F, 3, 8, 0, 10};

	add(d, iface, sizeof iface);
	add(d, hid, sizeof hid);
	add(d, ep, sizeof ep);
}

static struct bytes reader(uint16_t vid, uint16_t pid)
{
	struct bytes d = {.len = 0};
	size_t cfg;

	add_device(&d, vid, pid);
	cfg = add_config(&d, 1, 1);
	add_ccid(&d, 0, 0);
	end_config(&d, cfg);
	return d;
}

static struct bytes keyboard(void)
{
	struct bytes d = {.len = 0};
	size_t cfg;

	add_device(&d, 0x046D, 0xC31C);
	cfg = add_config(&d, 1, 1);
	add_hid(&d, 0);
	end_config(&d, cfg);
	return d;
}

static void put_sysdev(struct tree *t, const char *name, int bus, int dev)
{
	char path[64], text[16];

	snprintf(path, sizeof path, "%s/busnum", name);
	snprintf(text, sizeof text, "%d\n", bus);
	put_text(t->sys, path, text);
	snprintf(path, sizeof path, "%s/devnum", name);
	snprintf(text, sizeof text, "%d\n", dev);
	put_text(t->sys, path, text);
}

static void a_node_alone_is_enough(void **state)
{
	struct tree *t = *state;
	struct bytes d = reader(0x072F, 0xB100);
	unsigned denied = 9;
	char node[64];

	put_file(t->dev, "003/007", d.b, d.len);
	assert_int_equal(scan(t, &denied), 0);
	assert_int_equal(t->nfound, 1);
	assert_int_equal(denied, 0);
	assert_int_equal(t->found[0].bus, 3);
	assert_int_equal(t->found[0].dev, 7);
	assert_int_equal(t->found[0].interface, 0);
	assert_int_equal(t->found[0].ninterfaces, 1);
	assert_int_equal(t->found[0].id.vid, 0x072F);
	assert_int_equal(t->found[0].id.pid, 0xB100);
	assert_int_equal(t->found[0].id.bcd_device, 0x1234);
	assert_int_equal(t->found[0].id.speed, 255);
	assert_string_equal(t->found[0].id.address, "usb:3/7");
	assert_string_equal(t->found[0].id.product, "");
	assert_int_equal(t->found[0].desc.max_message_len, 271);
	assert_int_equal(t->found[0].desc.features, 0x00020030);
	snprintf(node, sizeof node, "%s/003/007", t->dev);
	assert_string_equal(t->found[0].node, node);
}

static void sysfs_adds_port_path_texts_and_speed(void **state)
{
	struct tree *t = *state;
	struct bytes d = reader(0x072F, 0xB100);

	put_file(t->dev, "001/004", d.b, d.len);
	put_sysdev(t, "usb1", 1, 1);
	put_sysdev(t, "1-2.3", 1, 4);
	put_text(t->sys, "1-2.3/manufacturer", "ACS\n");
	put_text(t->sys, "1-2.3/product", "  CCID Reader \n");
	put_text(t->sys, "1-2.3/serial", "00A1\n");
	put_text(t->sys, "1-2.3/speed", "480\n");
	put_text(t->sys, "1-2.3:1.0/interface", "Contact\n");
	assert_int_equal(scan(t, NULL), 0);
	assert_int_equal(t->nfound, 1);
	assert_string_equal(t->found[0].id.address, "usb:1-2.3");
	assert_string_equal(t->found[0].id.manufacturer, "ACS");
	assert_string_equal(t->found[0].id.product, "CCID Reader");
	assert_string_equal(t->found[0].id.serial, "00A1");
	assert_string_equal(t->found[0].id.interface_name, "Contact");
	assert_int_equal(t->found[0].id.speed, 2);
}

static void sysfs_descriptors_spare_the_node(void **state)
{
	struct tree *t = *state;
	struct bytes d = reader(0x072F, 0xB100);

	put_text(t->dev, "001/004", "");
	put_sysdev(t, "1-1", 1, 4);
	put_file(t->sys, "1-1/descriptors", d.b, d.len);
	assert_int_equal(scan(t, NULL), 0);
	assert_int_equal(t->nfound, 1);
	assert_int_equal(t->found[0].id.pid, 0xB100);
}

static void results_are_sorted_by_bus_and_device(void **state)
{
	static const char *const nodes[] = {"010/002", "001/100", "002/001", "001/009"};
	static const uint8_t want[4][2] = {{1, 9}, {1, 100}, {2, 1}, {10, 2}};
	struct tree *t = *state;
	struct bytes d = reader(1, 2);

	for (size_t i = 0; i < 4; i++)
		put_file(t->dev, nodes[i], d.b, d.len);
	assert_int_equal(scan(t, NULL), 0);
	assert_int_equal(t->nfound, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(t->found[i].bus, want[i][0]);
		assert_int_equal(t->found[i].dev, want[i][1]);
	}
}

static void other_devices_and_other_names_are_passed_over(void **state)
{
	struct tree *t = *state;
	struct bytes d = reader(1, 2), k = keyboard();

	put_file(t->dev, "001/001", k.b, k.len);
	put_file(t->dev, "001/2", d.b, d.len);
	put_file(t->dev, "001/0003", d.b, d.len);
	put_file(t->dev, "001/abc", d.b, d.len);
	put_file(t->dev, "1/004", d.b, d.len);
	put_file(t->dev, "999/005", d.b, d.len);
	assert_int_equal(scan(t, NULL), 0);
	assert_int_equal(t->nfound, 0);
	assert_int_equal(t->warnings, 0);
}

static struct bytes composite(void)
{
	struct bytes d = {.len = 0};
	size_t cfg;

	add_device(&d, 0x072F, 0x2303);
	cfg = add_config(&d, 1, 3);
	add_ccid(&d, 0, 0);
	add_hid(&d, 1);
	add_ccid(&d, 2, 4);
	end_config(&d, cfg);
	return d;
}

static void each_interface_of_a_composite_device_is_visited(void **state)
{
	struct tree *t = *state;
	struct bytes d = composite();

	put_file(t->dev, "001/004", d.b, d.len);
	put_sysdev(t, "1-1", 1, 4);
	put_text(t->sys, "1-1:1.0/interface", "ICC\n");
	put_text(t->sys, "1-1:1.2/interface", "SAM\n");
	assert_int_equal(scan(t, NULL), 0);
	assert_int_equal(t->nfound, 2);
	assert_int_equal(t->found[0].interface, 0);
	assert_int_equal(t->found[1].interface, 2);
	assert_int_equal(t->found[0].ninterfaces, 2);
	assert_int_equal(t->found[1].ninterfaces, 2);
	assert_int_equal(t->found[1].desc.max_slot_index, 4);
	assert_string_equal(t->found[0].id.interface_name, "ICC");
	assert_string_equal(t->found[1].id.interface_name, "SAM");
}

static size_t found_at(struct tree *t, const char *address)
{
	struct ccid_address a;

	assert_int_equal(ccid_address_parse(&a, address, NULL), 0);
	t->only = &a;
	assert_int_equal(scan(t, NULL), 0);
	t->only = NULL;
	return t->nfound;
}

static void each_interface_has_an_address_of_its_own(void **state)
{
	struct tree *t = *state;
	struct bytes d = composite();

	put_file(t->dev, "001/004", d.b, d.len);
	put_file(t->dev, "001/005", d.b, d.len);
	put_sysdev(t, "1-1", 1, 4);
	assert_int_equal(scan(t, NULL), 0);
	assert_int_equal(t->nfound, 4);
	assert_string_equal(t->found[0].id.address, "usb:1-1");
	assert_string_equal(t->found[1].id.address, "usb:1-1#2");
	assert_string_equal(t->found[2].id.address, "usb:1/5");
	assert_string_equal(t->found[3].id.address, "usb:1/5#2");
	assert_int_equal(found_at(t, "usb:1-1#2"), 1);
	assert_int_equal(t->found[0].interface, 2);
	assert_int_equal(t->found[0].desc.max_slot_index, 4);
	assert_int_equal(found_at(t, "usb:1/5#2"), 1);
	assert_int_equal(t->found[0].dev, 5);
	assert_int_equal(found_at(t, "usb:1-1#0"), 1);
	assert_string_equal(t->found[0].id.address, "usb:1-1");
	assert_int_equal(found_at(t, "usb:1-1"), 2);
	assert_int_equal(t->found[0].interface, 0);
	assert_int_equal(found_at(t, "usb:1-1#1"), 0);
	assert_int_equal(found_at(t, "usb:72f:2303"), 4);
}

static void the_active_configuration_is_the_one_looked_at(void **state)
{
	struct tree *t = *state;
	struct bytes d = {.len = 0};
	size_t cfg;

	add_device(&d, 1, 2);
	cfg = add_config(&d, 1, 1);
	add_hid(&d, 0);
	end_config(&d, cfg);
	cfg = add_config(&d, 2, 1);
	add_ccid(&d, 0, 3);
	end_config(&d, cfg);
	put_file(t->dev, "001/004", d.b, d.len);
	put_sysdev(t, "1-1", 1, 4);
	put_text(t->sys, "1-1/bConfigurationValue", "1\n");
	assert_int_equal(scan(t, NULL), 0);
	assert_int_equal(t->nfound, 0);
	put_text(t->sys, "1-1/bConfigurationValue", "2\n");
	assert_int_equal(scan(t, NULL), 0);
	assert_int_equal(t->nfound, 1);
	assert_int_equal(t->found[0].desc.max_slot_index, 3);
}

static void the_visitor_ends_the_scan(void **state)
{
	struct tree *t = *state;
	struct bytes d = reader(1, 2);

	put_file(t->dev, "001/001", d.b, d.len);
	put_file(t->dev, "001/002", d.b, d.len);
	t->stop_with = 42;
	assert_int_equal(scan(t, NULL), 42);
	assert_int_equal(t->nfound, 1);
}

static void no_usb_at_all_is_an_empty_scan(void **state)
{
	struct tree *t = *state;
	unsigned denied = 9;

	assert_int_equal(scan(t, &denied), 0);
	assert_int_equal(t->nfound, 0);
	assert_int_equal(denied, 0);
}

static void a_damaged_device_does_not_hide_the_next(void **state)
{
	struct tree *t = *state;
	struct bytes d = reader(1, 2);

	put_file(t->dev, "001/001", d.b, 17);
	put_file(t->dev, "001/002", "not a device descriptor", 23);
	put_file(t->dev, "001/003", d.b, 40);
	put_file(t->dev, "001/004", d.b, d.len);
	assert_int_equal(scan(t, NULL), 0);
	assert_int_equal(t->nfound, 1);
	assert_int_equal(t->found[0].dev, 4);
	assert_int_equal(t->warnings, 2);
}

static void permission_refused_is_counted_for_readers_alone(void **state)
{
	struct tree *t = *state;
	struct bytes d = reader(1, 2), k = keyboard();
	unsigned denied = 0;
	char node[PATH_LEN];

	put_file(t->dev, "001/001", d.b, d.len);
	put_file(t->dev, "001/002", k.b, k.len);
	put_sysdev(t, "1-1", 1, 1);
	put_sysdev(t, "1-2", 1, 2);
	put_file(t->sys, "1-1/descriptors", d.b, d.len);
	put_file(t->sys, "1-2/descriptors", k.b, k.len);
	put_file(t->dev, "001/003", d.b, d.len);
	for (int i = 1; i <= 3; i++) {
		snprintf(node, sizeof node, "%s/001/%03d", t->dev, i);
		assert_int_equal(chmod(node, 0), 0);
	}
	if (geteuid() == 0 && seteuid(65534) != 0)
		skip();
	assert_int_equal(scan(t, &denied), 0);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(t->nfound, 0);
	assert_int_equal(denied, 2);
	assert_int_equal(t->warnings, 2);
}

static void a_folder_that_may_not_be_read_counts_as_one(void **state)
{
	struct tree *t = *state;
	struct bytes d = reader(1, 2);
	unsigned denied[2] = {0, 0};
	char bus[PATH_LEN];

	put_file(t->dev, "001/001", d.b, d.len);
	snprintf(bus, sizeof bus, "%s/001", t->dev);
	assert_int_equal(chmod(bus, 0), 0);
	if (geteuid() == 0 && seteuid(65534) != 0)
		skip();
	assert_int_equal(scan(t, &denied[0]), 0);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(t->dev, 0), 0);
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	assert_int_equal(scan(t, &denied[1]), 0);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(t->dev, 0755), 0);
	assert_int_equal(chmod(bus, 0755), 0);
	assert_int_equal(denied[0], 1);
	assert_int_equal(denied[1], 1);
	assert_int_equal(t->warnings, 2);
}

static struct rlimit leave_descriptors(rlim_t n)
{
	int lowest = dup(STDERR_FILENO);
	struct rlimit before, now;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	now = before;
	now.rlim_cur = (rlim_t)lowest + n;
	close(lowest);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
	return before;
}

static void without_descriptors_nothing_is_taken_for_gone(void **state)
{
	struct tree *t = *state;
	struct bytes d = reader(1, 2);

	put_file(t->dev, "001/001", d.b, d.len);
	put_file(t->dev, "001/002", d.b, d.len);
	put_sysdev(t, "1-1", 1, 1);
	for (rlim_t n = 0; n < 5; n++) {
		struct rlimit before = leave_descriptors(n);
		int rc;

		t->nfound = 0;
		rc = scan(t, NULL);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		assert_int_equal(rc, n < 2 ? CCID_E_NOMEM : 0);
		if (n >= 2)
			assert_int_equal(t->nfound, 2);
	}
}

static void text_is_made_safe_to_print(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{" \t plain \r\n", "plain"},
		{"a\x1B[31mb\x7F", "a?[31mb?"},
		{"caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80",
	         "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"},
		{"\xC0\x80 \xE0\x80\x80", "?? ???"},           /* overlong */
		{"\xED\xA0\x80 \xF4\x90\x80\x80", "??? ????"}, /* surrogate, beyond U+10FFFF */
		{"\xC2\x9B"
	         "31m \xFF \xE2\x82",
	         "??31m ? ??"}, /* C1 control, cut short */
		{"a\xE2\x80\xAE"
	         "b\xE2\x80\xA8"
	         "c\xE2\x81\xA6 \xEF\xBF\xBF",
	         "a???b???c??? ???"}, /* turns and breaks the line, no character */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[64];

		snprintf(text, sizeof text, "%s", cases[i].in);
		ccid_usb_text_clean(text);
		assert_string_equal(text, cases[i].out);
	}
}

static void put_holder(struct tree *t, long pid, const char *comm, const char *target)
{
	char name[64], path[PATH_LEN];

	snprintf(name, sizeof name, "%ld/comm", pid);
	put_text(t->proc, name, comm);
	snprintf(name, sizeof name, "%ld/fd/0", pid);
	put_text(t->proc, name, "");
	snprintf(path, sizeof path, "%s/%ld/fd/7", t->proc, pid);
	assert_int_equal(symlink(target, path), 0);
}

static void the_holder_of_a_node_is_named(void **state)
{
	struct tree *t = *state;
	char out[64] = "x";

	ccid_usb_holder_at(&t->roots, out, sizeof out, "/dev/bus/usb/001/002");
	assert_string_equal(out, "");
	put_holder(t, (long)getpid(), "ourselves\n", "/dev/bus/usb/001/002");
	put_holder(t, 12, "other\n", "/dev/bus/usb/001/003");
	ccid_usb_holder_at(&t->roots, out, sizeof out, "/dev/bus/usb/001/002");
	assert_string_equal(out, "");
	put_holder(t, 4711,
	           "pcs\x1B"
	           "cd\n",
	           "/dev/bus/usb/001/002");
	ccid_usb_holder_at(&t->roots, out, sizeof out, "/dev/bus/usb/001/002");
	assert_string_equal(out, "pid 4711 (pcs?cd)");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_node_alone_is_enough),
		T(sysfs_adds_port_path_texts_and_speed),
		T(sysfs_descriptors_spare_the_node),
		T(results_are_sorted_by_bus_and_device),
		T(other_devices_and_other_names_are_passed_over),
		T(each_interface_of_a_composite_device_is_visited),
		T(each_interface_has_an_address_of_its_own),
		T(the_active_configuration_is_the_one_looked_at),
		T(the_visitor_ends_the_scan),
		T(no_usb_at_all_is_an_empty_scan),
		T(a_damaged_device_does_not_hide_the_next),
		T(permission_refused_is_counted_for_readers_alone),
		T(a_folder_that_may_not_be_read_counts_as_one),
		T(without_descriptors_nothing_is_taken_for_gone),
		T(text_is_made_safe_to_print),
		T(the_holder_of_a_node_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
