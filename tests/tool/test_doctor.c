/* SPDX-License-Identifier: MIT */
/* What doctor finds on made-up device and sysfs trees, and in what is known of a reader. */
#include "doctor.h"
#include "usb_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define FINDINGS_MAX 16
#define PATH_LEN     160

struct ward {
	struct usb_tree tree;
	struct doctor d;
	unsigned count;
	struct {
		enum doctor_id id;
		char reader[64], address[64], text[256], advice[400];
	} found[FINDINGS_MAX];
};

static const struct fake_reader reader = {.features = FAKE_SHORT};

static void keep(void *arg, const struct doctor_finding *f)
{
	struct ward *w = arg;

	assert_true(w->count < FINDINGS_MAX);
	w->found[w->count].id = f->id;
	snprintf(w->found[w->count].reader, 64, "%s", f->reader);
	snprintf(w->found[w->count].address, 64, "%s", f->address);
	snprintf(w->found[w->count].text, 256, "%s", f->text);
	snprintf(w->found[w->count].advice, 400, "%s", f->advice != NULL ? f->advice : "");
	w->count++;
}

static int setup(void **state)
{
	struct ward *w = calloc(1, sizeof *w);

	assert_non_null(w);
	usb_tree_make(&w->tree);
	w->d = (struct doctor){.roots = &w->tree.roots, .tell = keep, .arg = w};
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct ward *w = *state;

	usb_tree_remove(&w->tree);
	free(w);
	return 0;
}

static void only(const struct ward *w, enum doctor_id id, enum cli_exit code, const char *part)
{
	if (w->count != 1 || w->found[0].id != id || strstr(w->found[0].text, part) == NULL)
		fail_msg("%u findings, the first: %s", w->count, w->found[0].text);
	assert_int_equal(w->d.code, code);
}

static void a_reader_that_can_be_opened_is_no_finding(void **state)
{
	struct ward *w = *state;

	usb_tree_plug(&w->tree, "1-2", 2, &reader, 0666);
	doctor_surroundings(&w->d);
	assert_int_equal(w->count, 0);
	assert_int_equal(w->d.code, CLI_OK);
}

static void a_missing_dev_is_told(void **state)
{
	struct ward *w = *state;

	assert_int_equal(rmdir(w->tree.dev), 0);
	doctor_surroundings(&w->d);
	only(w, DOCTOR_NO_USB, CLI_NO_READER, w->tree.dev);
	assert_non_null(strstr(w->found[0].advice, "--device /dev/bus/usb"));
}

static void a_missing_sysfs_is_no_problem(void **state)
{
	struct ward *w = *state;

	assert_int_equal(rmdir(w->tree.sys), 0);
	doctor_surroundings(&w->d);
	only(w, DOCTOR_NO_SYSFS, CLI_OK, w->tree.sys);
}

/* As in a container that sees the machine's /sys. */
static void a_reader_without_a_node_is_told(void **state)
{
	struct ward *w = *state;
	char node[PATH_LEN];

	usb_tree_plug(&w->tree, "1-2", 2, &reader, 0666);
	snprintf(node, sizeof node, "%s/001/002", w->tree.dev);
	assert_int_equal(unlink(node), 0);
	doctor_surroundings(&w->d);
	only(w, DOCTOR_NO_NODE, CLI_NO_READER, node);
	assert_string_equal(w->found[0].reader, "Reader");
	assert_string_equal(w->found[0].address, "usb:1-2");
}

static void look_as_nobody(struct ward *w)
{
	if (geteuid() == 0 && seteuid(65534) != 0)
		skip();
	doctor_surroundings(&w->d);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
}

static void a_node_that_may_not_be_opened_is_told_with_owner_and_mode(void **state)
{
	struct ward *w = *state;

	usb_tree_plug(&w->tree, "1-2", 2, &reader, 0400);
	if (geteuid() != 0)
		skip();
	look_as_nobody(w);
	only(w, DOCTOR_DENIED, CLI_NO_ACCESS, "001/002: it belongs to root, group root, mode 0400");
	assert_non_null(strstr(w->found[0].advice, "60-iscard.rules"));
	assert_string_equal(w->found[0].address, "usb:1-2");
}

/* What is called so, the number beside; or the number alone. */
static void named(char out[128], const char *what, const char *name, unsigned id)
{
	if (name != NULL)
		snprintf(out, 128, "%s %s (%u)", what, name, id);
	else
		snprintf(out, 128, "%s %u", what, id);
}

static void user_named(char out[128], unsigned id)
{
	const struct passwd *p = getpwuid(id);

	named(out, "user", p != NULL ? p->pw_name : NULL, id);
}

static void users_and_groups_have_names_where_they_are_known(void **state)
{
	struct ward *w = *state;
	const struct group *plugdev = getgrgid(46);
	char node[PATH_LEN], me[128], owner[128], group[128], want[600];

	usb_tree_plug(&w->tree, "1-2", 2, &reader, 0400);
	snprintf(node, sizeof node, "%s/001/002", w->tree.dev);
	if (geteuid() != 0 || chown(node, 1, 46) != 0)
		skip();
	look_as_nobody(w);
	user_named(me, 65534);
	user_named(owner, 1);
	named(group, "group", plugdev != NULL ? plugdev->gr_name : NULL, 46);
	snprintf(want, sizeof want, "%s may not open %s: it belongs to %s, %s, mode 0400", me, node,
	         owner, group);
	only(w, DOCTOR_DENIED, CLI_NO_ACCESS, want);
}

/* Reading alone is not enough to use it. */
static void a_node_that_may_only_be_read_is_denied(void **state)
{
	struct ward *w = *state;

	usb_tree_plug(&w->tree, "1-2", 2, &reader, 0444);
	look_as_nobody(w);
	only(w, DOCTOR_DENIED, CLI_NO_ACCESS, "mode 0444");
}

/* It is there, and no reader is missing: a folder is not to be looked into. */
static void a_folder_that_is_closed_is_not_called_missing(void **state)
{
	struct ward *w = *state;
	char node[PATH_LEN];

	usb_tree_plug(&w->tree, "1-2", 2, &reader, 0666);
	snprintf(node, sizeof node, "%s/001/002", w->tree.dev);
	assert_int_equal(chmod(w->tree.dev, 0), 0);
	look_as_nobody(w);
	only(w, DOCTOR_CLOSED, CLI_NO_ACCESS, node);
	assert_non_null(strstr(w->found[0].advice, "chmod"));
	w->count = 0;
	w->tree.roots.sys = "/nonexistent";
	look_as_nobody(w);
	assert_int_equal(chmod(w->tree.dev, 0700), 0);
	assert_int_equal(w->count, 2);
	assert_int_equal(w->found[0].id, DOCTOR_NO_SYSFS);
	assert_int_equal(w->found[1].id, DOCTOR_CLOSED);
}

static void without_sysfs_nodes_that_may_not_be_read_are_counted(void **state)
{
	struct ward *w = *state;

	usb_tree_plug(&w->tree, "1-2", 2, &reader, 0);
	usb_tree_plug(&w->tree, "1-3", 3, &reader, 0);
	w->tree.roots.sys = "/nonexistent";
	look_as_nobody(w);
	assert_int_equal(w->count, 2);
	assert_int_equal(w->found[0].id, DOCTOR_NO_SYSFS);
	assert_int_equal(w->found[1].id, DOCTOR_UNREADABLE);
	assert_true(strncmp(w->found[1].text, "2 USB devices", 13) == 0);
}

static struct ccid_usb_found plugged(struct ward *w)
{
	struct ccid_usb_found f = {.bus = 1, .dev = 2};

	usb_tree_plug(&w->tree, "1-2", 2, &reader, 0666);
	snprintf(f.node, sizeof f.node, "%s/001/002", w->tree.dev);
	strcpy(f.id.address, "usb:1-2");
	return f;
}

static void make_link(const char *folder, const char *name, const char *target)
{
	char path[PATH_LEN];

	snprintf(path, sizeof path, "%s%s", folder, name);
	for (char *p = path + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		mkdir(path, 0755);
		*p = '/';
	}
	assert_int_equal(symlink(target, path), 0);
}

static void a_free_reader_may_be_opened(void **state)
{
	struct ward *w = *state;
	struct ccid_usb_found f = plugged(w);

	assert_true(doctor_node(&w->d, &f));
	assert_int_equal(w->count, 0);
}

static void a_program_that_has_the_node_open_is_named(void **state)
{
	struct ward *w = *state;
	struct ccid_usb_found f = plugged(w);
	char comm[PATH_LEN];
	FILE *file;

	make_link(w->tree.proc, "/4711/fd/5", f.node);
	snprintf(comm, sizeof comm, "%s/4711/comm", w->tree.proc);
	file = fopen(comm, "w");
	assert_non_null(file);
	fputs("pcscd\n", file);
	fclose(file);
	assert_false(doctor_node(&w->d, &f));
	only(w, DOCTOR_HELD, CLI_NO_ACCESS, "another program: pid 4711 (pcscd)");
	assert_non_null(strstr(w->found[0].advice, "systemctl stop pcscd.socket"));
}

static void put_attribute(struct ward *w, const char *name, const char *value)
{
	char path[PATH_LEN];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", w->tree.sys, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "%s\n", value);
	fclose(file);
}

static void bind_driver(struct ward *w, const char *target)
{
	put_attribute(w, "1-2/bConfigurationValue", "1");
	make_link(w->tree.sys, "/1-2:1.0/driver", target);
}

static void a_kernel_driver_is_named_and_left_alone(void **state)
{
	struct ward *w = *state;
	struct ccid_usb_found f = plugged(w);

	bind_driver(w, "../../../bus/usb/drivers/pn533_usb");
	assert_false(doctor_node(&w->d, &f));
	only(w, DOCTOR_DRIVER, CLI_OK, "driver pn533_usb is bound");
}

/* The second reader of a device. */
static void the_interface_of_the_address_is_looked_at(void **state)
{
	struct ward *w = *state;
	struct ccid_usb_found f = plugged(w);

	put_attribute(w, "1-2/bConfigurationValue", "1");
	make_link(w->tree.sys, "/1-2:1.1/driver", "../../../bus/usb/drivers/pn533_usb");
	assert_true(doctor_node(&w->d, &f));
	strcpy(f.id.address, "usb:1-2#1");
	f.interface = 1;
	assert_false(doctor_node(&w->d, &f));
	only(w, DOCTOR_DRIVER, CLI_OK, "driver pn533_usb is bound");
}

static void a_claim_by_a_program_that_cannot_be_seen_is_told(void **state)
{
	struct ward *w = *state;
	struct ccid_usb_found f = plugged(w);

	bind_driver(w, "../../../bus/usb/drivers/usbfs");
	assert_false(doctor_node(&w->d, &f));
	only(w, DOCTOR_HELD, CLI_NO_ACCESS, "cannot be seen from here");
}

/* It has another interface of the device, say. */
static void a_program_that_has_not_claimed_the_reader_is_not_to_be_stopped(void **state)
{
	struct ward *w = *state;
	struct ccid_usb_found f = plugged(w);
	char folder[PATH_LEN];

	make_link(w->tree.proc, "/4711/fd/5", f.node);
	put_attribute(w, "1-2/bConfigurationValue", "1");
	snprintf(folder, sizeof folder, "%s/1-2:1.0", w->tree.sys);
	assert_int_equal(mkdir(folder, 0755), 0);
	assert_true(doctor_node(&w->d, &f));
	only(w, DOCTOR_OPEN, CLI_OK, "has not claimed it: pid 4711");
}

static void a_program_that_has_claimed_the_reader_is_named(void **state)
{
	struct ward *w = *state;
	struct ccid_usb_found f = plugged(w);

	make_link(w->tree.proc, "/4711/fd/5", f.node);
	bind_driver(w, "../../../bus/usb/drivers/usbfs");
	assert_false(doctor_node(&w->d, &f));
	only(w, DOCTOR_HELD, CLI_NO_ACCESS, "another program: pid 4711");
}

static void a_device_or_interface_that_is_not_authorized_is_told(void **state)
{
	struct ward *w = *state;
	struct ccid_usb_found f = plugged(w);
	char folder[PATH_LEN];

	put_attribute(w, "1-2/authorized", "0");
	assert_false(doctor_node(&w->d, &f));
	only(w, DOCTOR_LOCKED_OUT, CLI_NO_ACCESS, "/1-2/authorized is 0");
	put_attribute(w, "1-2/authorized", "1");
	put_attribute(w, "1-2/bConfigurationValue", "1");
	snprintf(folder, sizeof folder, "%s/1-2:1.0", w->tree.sys);
	assert_int_equal(mkdir(folder, 0755), 0);
	put_attribute(w, "1-2:1.0/authorized", "1");
	assert_true(doctor_node(&w->d, &f));
	put_attribute(w, "1-2:1.0/authorized", "0");
	w->count = 0;
	assert_false(doctor_node(&w->d, &f));
	only(w, DOCTOR_LOCKED_OUT, CLI_NO_ACCESS, "/1-2:1.0/authorized is 0");
}

/* As the device cgroup of a container does. */
static const char *refused;
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

int __wrap_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	if (refused == NULL || strcmp(path, refused) != 0)
		return __real_open(path, flags, mode);
	errno = EPERM;
	return -1;
}

static void a_node_that_is_refused_whatever_its_mode_is_told(void **state)
{
	struct ward *w = *state;
	struct ccid_usb_found f = plugged(w);

	refused = f.node;
	assert_false(doctor_node(&w->d, &f));
	refused = NULL;
	only(w, DOCTOR_REFUSED, CLI_NO_ACCESS, "though its mode allows it");
	assert_non_null(strstr(w->found[0].advice, "--device-cgroup-rule"));
}

static void what_is_known_of_a_reader_is_sorted(void **state)
{
	static const enum doctor_id want[] = {DOCTOR_FIRMWARE, DOCTOR_QUIRK, DOCTOR_DESCRIPTOR,
	                                      DOCTOR_NO_PIN};
	struct iscard_capabilities caps = {.protocols = T0,
	                                   .vid = 0x03F0,
	                                   .pid = 0x0036,
	                                   .release = 0x0100,
	                                   .pin_pad_source = ISCARD_SOURCE_REFUSED};
	struct ward *w = *state;

	strcpy(caps.quirks, "quirk: HP CCID keyboard: firmware below 1.24\n"
	                    "quirk: Somebody's: something else\n"
	                    "descriptor: bLength is not 54");
	assert_true(doctor_nature(&w->d, &caps));
	assert_int_equal(w->count, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(w->found[i].id, want[i]);
	assert_string_equal(w->found[0].text, "this firmware is known to be faulty: HP CCID "
	                                      "keyboard: firmware below 1.24");
	assert_string_equal(w->found[2].text,
	                    "its descriptor is not taken at its word: bLength is not 54");
	assert_int_equal(w->d.code, CLI_OK);
}

/* The same words on firmware that the row does not mean. */
static void later_firmware_is_not_called_faulty(void **state)
{
	struct iscard_capabilities caps = {
		.protocols = T0, .vid = 0x03F0, .pid = 0x0036, .release = 0x0124};
	struct ward *w = *state;

	strcpy(caps.quirks, "quirk: HP CCID keyboard: firmware below 1.24");
	assert_true(doctor_nature(&w->d, &caps));
	only(w, DOCTOR_QUIRK, CLI_OK, "HP CCID keyboard");
}

static void the_first_problem_makes_the_exit_code(void **state)
{
	struct ward *w = *state;

	doctor_say(&w->d, DOCTOR_DRIVER, "a");
	assert_int_equal(w->d.code, CLI_OK);
	doctor_say(&w->d, DOCTOR_MUTE, "b");
	doctor_say(&w->d, DOCTOR_HELD, "c");
	assert_int_equal(w->d.code, CLI_NO_CARD);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_reader_that_can_be_opened_is_no_finding),
		TEST(a_missing_dev_is_told),
		TEST(a_missing_sysfs_is_no_problem),
		TEST(a_reader_without_a_node_is_told),
		TEST(a_node_that_may_not_be_opened_is_told_with_owner_and_mode),
		TEST(users_and_groups_have_names_where_they_are_known),
		TEST(a_node_that_may_only_be_read_is_denied),
		TEST(a_folder_that_is_closed_is_not_called_missing),
		TEST(without_sysfs_nodes_that_may_not_be_read_are_counted),
		TEST(a_free_reader_may_be_opened),
		TEST(a_program_that_has_the_node_open_is_named),
		TEST(a_kernel_driver_is_named_and_left_alone),
		TEST(the_interface_of_the_address_is_looked_at),
		TEST(a_claim_by_a_program_that_cannot_be_seen_is_told),
		TEST(a_program_that_has_not_claimed_the_reader_is_not_to_be_stopped),
		TEST(a_program_that_has_claimed_the_reader_is_named),
		TEST(a_device_or_interface_that_is_not_authorized_is_told),
		TEST(a_node_that_is_refused_whatever_its_mode_is_told),
		TEST(what_is_known_of_a_reader_is_sorted),
		TEST(later_firmware_is_not_called_faulty),
		TEST(the_first_problem_makes_the_exit_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
