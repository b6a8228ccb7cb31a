/* SPDX-License-Identifier: MIT */
/* The udev and mdev rules are well formed and open the readers that we drive, and no others. */
#include "corpus.h"
#include "quirks.h"
#include "udev_rules.h"

#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KEYBOARD ":030101:"

static char rules[16384], mdev[16384];

static void load(const char *path, char *out, size_t cap)
{
	FILE *f = fopen(path, "rb");
	size_t len;

	assert_non_null(f);
	len = fread(out, 1, cap - 1, f);
	fclose(f);
	assert_in_range(len, 1, cap - 2);
	out[len] = '\0';
}

static int load_both(void **state)
{
	(void)state;
	load(RULES, rules, sizeof rules);
	load(MDEV, mdev, sizeof mdev);
	return 0;
}

static struct udev_event plugged(uint16_t vid, uint16_t pid, const char *interfaces)
{
	struct udev_event e = {.n = 0};
	char text[8];

	udev_set(&e, "ACTION", "add");
	udev_set(&e, "SUBSYSTEM", "usb");
	udev_set(&e, "ENV{DEVTYPE}", "usb_device");
	udev_set(&e, "ENV{ID_USB_INTERFACES}", interfaces);
	snprintf(text, sizeof text, "%04x", vid);
	udev_set(&e, "ATTR{idVendor}", text);
	snprintf(text, sizeof text, "%04x", pid);
	udev_set(&e, "ATTR{idProduct}", text);
	return e;
}

static bool opened(struct udev_event e)
{
	udev_apply(rules, &e);
	return strcmp(udev_get(&e, "MODE"), "0660") == 0 &&
	       strcmp(udev_get(&e, "GROUP"), "plugdev") == 0 &&
	       strcmp(udev_get(&e, "TAG"), "uaccess") == 0;
}

static bool untouched(struct udev_event e)
{
	udev_apply(rules, &e);
	return udev_get(&e, "MODE")[0] == '\0' && udev_get(&e, "GROUP")[0] == '\0' &&
	       udev_get(&e, "TAG")[0] == '\0';
}

static void class_0b_is_opened_wherever_it_stands(void **state)
{
	(void)state;
	assert_true(opened(plugged(0x1234, 0x5678, ":0b0000:")));
	assert_true(opened(plugged(0x1234, 0x5678, ":030101:0b0000:0e0100:")));
	assert_true(opened(plugged(0x1234, 0x5678, ":030101:0b0002:")));
}

static void other_devices_are_left_alone(void **state)
{
	(void)state;
	assert_true(untouched(plugged(0x1234, 0x5678, KEYBOARD)));
	assert_true(untouched(plugged(0x1234, 0x5678, "")));
	assert_true(untouched(plugged(0x1234, 0x5678, ":ff0000:")));
	assert_true(untouched(plugged(0x1234, 0x5678, ":000b00:")));
	assert_true(untouched(plugged(0x04E6, 0x5678, ":ff0000:")));
}

static void only_nodes_of_usb_devices_that_come_are_touched(void **state)
{
	struct udev_event e = plugged(0x1234, 0x5678, ":0b0000:");

	(void)state;
	udev_set(&e, "ACTION", "remove");
	assert_true(untouched(e));
	udev_set(&e, "ACTION", "change");
	assert_true(opened(e));
	udev_set(&e, "ENV{DEVTYPE}", "usb_interface");
	assert_true(untouched(e));
	udev_set(&e, "ENV{DEVTYPE}", "usb_device");
	udev_set(&e, "SUBSYSTEM", "hidraw");
	assert_true(untouched(e));
}

static void a_missing_interface_list_is_made(void **state)
{
	struct udev_event e = plugged(0x1234, 0x5678, "");

	(void)state;
	udev_apply(rules, &e);
	assert_string_equal(udev_get(&e, "IMPORT{builtin}"), "usb_id");
}

static void every_listed_reader_of_class_ff_is_opened(void **state)
{
	const struct ccid_quirk *q;
	unsigned seen = 0;

	(void)state;
	for (size_t i = 0; (q = ccid_quirk_row(i)) != NULL; i++) {
		if (!(q->flags & CCID_QUIRK_CLASS_FF))
			continue;
		if (!opened(plugged(q->vid, q->pid, ":ff0000:")))
			fail_msg("no udev rule for %s", q->why);
		seen++;
	}
	assert_true(seen >= 20);
}

/* Call see with each vendor and product number that the rules list. */
static unsigned listed(void (*see)(uint16_t vid, uint16_t pid))
{
	unsigned n = 0;

	for (const char *p = rules; (p = strstr(p, "ATTR{idVendor}==\"")) != NULL;) {
		uint16_t vid = (uint16_t)strtoul(p + 17, NULL, 16);

		p = strstr(p, "ATTR{idProduct}==\"");
		assert_non_null(p);
		for (p += 17; *p != '"' || p[1] != ','; p += 5, n++)
			see(vid, (uint16_t)strtoul(p + 1, NULL, 16));
	}
	return n;
}

static void has_row(uint16_t vid, uint16_t pid)
{
	if (!(ccid_quirk_flags(vid, pid, 0xFFFF) & CCID_QUIRK_CLASS_FF))
		fail_msg("%04x:%04x is in the rules and not in the quirk table", vid, pid);
}

static void the_rules_list_nothing_that_the_table_does_not(void **state)
{
	(void)state;
	assert_true(listed(has_row) >= 20);
}

static void every_reader_of_the_corpus_is_opened(void **state)
{
	struct corpus_table t;
	char interfaces[32];

	(void)state;
	corpus_table_open(&t, "ISCARD_TEST_DATA", "reader-descriptors.csv");
	while (corpus_table_next(&t)) {
		snprintf(interfaces, sizeof interfaces, ":%s%s%s:", corpus_cell(&t, "if_class"),
		         corpus_cell(&t, "if_subclass"), corpus_cell(&t, "if_protocol"));
		if (!opened(plugged((uint16_t)corpus_number(&t, "vid", 16),
		                    (uint16_t)corpus_number(&t, "pid", 16), interfaces)))
			fail_msg("no rule for %s", corpus_cell(&t, "source"));
	}
	free(t.text);
}

/* Whether a rule of mdev matches the whole value of that variable; checks each rule's form. */
static bool mdev_opens(const char *variable, const char *value)
{
	char text[sizeof mdev], *rest = text, *line;
	bool found = false;

	memcpy(text, mdev, sizeof mdev);
	while ((line = corpus_line(&rest)) != NULL) {
		char name[16], pattern[128], whole[160], owner[32], mode[8];
		regex_t re;

		if (line[0] == '#' || line[0] == '\0')
			continue;
		assert_int_equal(
			sscanf(line, "$%15[A-Z]=%127s %31s %7s", name, pattern, owner, mode), 4);
		assert_string_equal(owner, "root:plugdev");
		assert_string_equal(mode, "0660");
		snprintf(whole, sizeof whole, "^(%s)$", pattern);
		assert_int_equal(regcomp(&re, whole, REG_EXTENDED | REG_NOSUB), 0);
		found |= strcmp(name, variable) == 0 && regexec(&re, value, 0, NULL, 0) == 0;
		regfree(&re);
	}
	return found;
}

static void mdev_goes_by_the_interface_class(void **state)
{
	(void)state;
	assert_true(mdev_opens("MODALIAS", "usb:v08E6p3437d0200dc00dsc00dp00ic0Bisc00ip00in00"));
	assert_false(mdev_opens("MODALIAS", "usb:v08E6p3437d0200dc00dsc00dp00ic03isc01ip01in00"));
	assert_false(mdev_opens("PRODUCT", "8e6/3437/200"));
}

static void mdev_knows_every_listed_reader_of_class_ff(void **state)
{
	const struct ccid_quirk *q;
	char product[32];

	(void)state;
	for (size_t i = 0; (q = ccid_quirk_row(i)) != NULL; i++) {
		if (!(q->flags & CCID_QUIRK_CLASS_FF))
			continue;
		snprintf(product, sizeof product, "%x/%x/100", q->vid, q->pid);
		if (!mdev_opens("PRODUCT", product))
			fail_msg("no mdev rule for %s", q->why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(class_0b_is_opened_wherever_it_stands),
		cmocka_unit_test(other_devices_are_left_alone),
		cmocka_unit_test(only_nodes_of_usb_devices_that_come_are_touched),
		cmocka_unit_test(a_missing_interface_list_is_made),
		cmocka_unit_test(every_listed_reader_of_class_ff_is_opened),
		cmocka_unit_test(the_rules_list_nothing_that_the_table_does_not),
		cmocka_unit_test(every_reader_of_the_corpus_is_opened),
		cmocka_unit_test(mdev_goes_by_the_interface_class),
		cmocka_unit_test(mdev_knows_every_listed_reader_of_class_ff),
	};

	return cmocka_run_group_tests(tests, load_both, NULL);
}
