/* SPDX-License-Identifier: MIT */
/* As much of udev as the rules of this project need: read a rules file, strictly, and apply it to
 * a made-up event. */
#ifndef UDEV_RULES_H
#define UDEV_RULES_H

#include <stdbool.h>
#include <stddef.h>

/* Properties and attributes by the key that a rule writes: ACTION, SUBSYSTEM, ENV{DEVTYPE},
 * ATTR{idVendor}. Applying rules adds to them: MODE, GROUP, TAG. */
struct udev_event {
	struct {
		char key[32], value[96];
	} of[32];
	size_t n;
};

void udev_set(struct udev_event *e, const char *key, const char *value);

/* The value, "" when there is none. */
const char *udev_get(const struct udev_event *e, const char *key);

/* Apply the rules of text to e. Fails the test at whatever udev would not accept: an unknown key
 * or operator, a missing quote, a label that does not exist. */
void udev_apply(const char *text, struct udev_event *e);

/* Whether value matches one of the patterns, which '|' separates. */
bool udev_match(const char *patterns, const char *value);

#endif
