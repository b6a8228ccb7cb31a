/* SPDX-License-Identifier: MIT */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_LEN   192
#define CALLED_LEN 96
#define USERS      "/etc/passwd"
#define GROUPS     "/etc/group"

/* Name and number of a user or group, from the lines of such a file ("name:x:number:"). What else may
 * know names is not asked: it cannot be linked statically. */
static bool name_in(const char *file, unsigned id, char *out, size_t cap)
{
	FILE *f = fopen(file, "re");
	char line[512];
	bool found = false;

	while (f != NULL && !found && fgets(line, sizeof line, f) != NULL) {
		const char *password = strchr(line, ':');
		const char *number = password != NULL ? strchr(password + 1, ':') : NULL;

		found = number != NULL && number[1] >= '0' && number[1] <= '9' &&
		        strtoul(number + 1, NULL, 10) == id;
		if (found)
			snprintf(out, cap, "%.*s", (int)(password - line), line);
	}
	if (f != NULL)
		fclose(f);
	return found;
}

/* A small system need not have the files. */
static const char *called(char out[CALLED_LEN], const char *what, const char *file, unsigned id)
{
	char name[CALLED_LEN / 2];

	if (id == 0)
		return "root";
	if (name_in(file, id, name, sizeof name))
		snprintf(out, CALLED_LEN, "%s %s (%u)", what, name, id);
	else
		snprintf(out, CALLED_LEN, "%s %u", what, id);
	return out;
}

static void say_denied(struct doctor *d, const char *node)
{
	char owner[CALLED_LEN], group[CALLED_LEN], user[CALLED_LEN];
	const char *me = called(user, "user", USERS, geteuid());
	struct stat st;

	if (stat(node, &st) != 0)
		doctor_say(d, DOCTOR_CLOSED, "%s may not look at %s", me, node);
	else
		doctor_say(d, DOCTOR_DENIED, "%s may not open %s: it belongs to %s, %s, mode %04o",
		           me, node, called(owner, "user", USERS, st.st_uid),
		           st.st_gid == 0 ? "group root"
		                          : called(group, "group", GROUPS, st.st_gid),
		           (unsigned)st.st_mode & 07777u);
}

/* 0, ENOENT, or EACCES. */
static int may_open(const char *node)
{
	if (faccessat(AT_FDCWD, node, R_OK | W_OK, AT_EACCESS) == 0)
		return 0;
	return errno == ENOENT ? ENOENT : EACCES;
}

static bool is_reader(const struct ccid_usb_raw *raw)
{
	uint16_t vid = (uint16_t)(raw->device[8] | raw->device[9] << 8);
	uint16_t pid = (uint16_t)(raw->device[10] | raw->device[11] << 8);
	struct ccid_interface iface;
	const uint8_t *cfg = NULL;
	size_t len = ccid_usb_raw_config(raw, 0, &cfg);

	return len > 0 && ccid_transport_choose(&iface, cfg, len, -1, vid, pid) == 0;
}

/* A reader that sysfs shows, and whose node is not there or not ours to open. */
static void look_at(struct doctor *d, const struct ccid_usb_sysdev *dev)
{
	char node[PATH_LEN], address[48], name[CCID_TEXT_MAX];
	int err;

	snprintf(node, sizeof node, "%.120s/%03u/%03u", d->roots->dev, dev->bus, dev->dev);
	err = may_open(node);
	if (err == 0)
		return;
	snprintf(address, sizeof address, "usb:%s", dev->name);
	ccid_usb_sysfs_text(name, sizeof name, d->roots->sys, dev->name, "product");
	d->reader = name;
	d->address = address;
	if (err == ENOENT)
		doctor_say(d, DOCTOR_NO_NODE, "the kernel has a reader there, but %s is missing",
		           node);
	else
		say_denied(d, node);
	d->reader = d->address = NULL;
}

static size_t look_at_all(struct doctor *d)
{
	struct ccid_usb_raw *raw = malloc(sizeof *raw);
	struct ccid_usb_sysdev *list = NULL;
	int n = raw == NULL ? 0 : ccid_usb_sysfs_list(&list, d->roots->sys);

	for (int i = 0; i < n; i++)
		if (ccid_usb_sysfs_raw(raw, d->roots->sys, list[i].name) == 0 && is_reader(raw))
			look_at(d, &list[i]);
	free(list);
	free(raw);
	return n > 0 ? (size_t)n : 0;
}

static int nothing(void *arg, const struct ccid_usb_found *found)
{
	(void)arg;
	(void)found;
	return 0;
}

/* Without sysfs a device says what it is only to those who may open it. */
static void count_unreadable(struct doctor *d)
{
	const struct ccid_env env = {0};
	unsigned denied = 0;

	if (ccid_usb_scan_at(d->roots, &env, NULL, nothing, NULL, &denied) == 0 && denied > 0)
		doctor_say(d, DOCTOR_UNREADABLE,
		           "%u USB devices under %s may not be looked at by this user", denied,
		           d->roots->dev);
}

/* Not there and not to be looked into are two things. */
static bool is_closed(const char *folder)
{
	return faccessat(AT_FDCWD, folder, R_OK | X_OK, AT_EACCESS) != 0 && errno == EACCES;
}

void doctor_surroundings(struct doctor *d)
{
	bool closed = is_closed(d->roots->dev);
	char user[CALLED_LEN];

	if (!closed && access(d->roots->dev, F_OK) != 0)
		doctor_say(d, DOCTOR_NO_USB, "there is no %s", d->roots->dev);
	if (access(d->roots->sys, F_OK) != 0)
		doctor_say(d, DOCTOR_NO_SYSFS, "there is no %s", d->roots->sys);
	if (look_at_all(d) > 0)
		return;
	if (closed)
		doctor_say(d, DOCTOR_CLOSED, "%s may not look into %s",
		           called(user, "user", USERS, geteuid()), d->roots->dev);
	else
		count_unreadable(d);
}

/* Port and interface as sysfs calls them; "" where it does not tell. */
struct place {
	char port[40], interface[56];
};

static struct place place_of(const struct doctor *d, const struct ccid_usb_found *f)
{
	const char *port = strchr(f->id.address, ':');
	struct place p = {"", ""};

	if (port == NULL || strchr(port, '/') != NULL)
		return p;
	snprintf(p.port, sizeof p.port, "%.*s", (int)strcspn(port + 1, "#"), port + 1);
	snprintf(p.interface, sizeof p.interface, "%s:%d.%u", p.port,
	         ccid_usb_sysfs_number(d->roots->sys, p.port, "bConfigurationValue"), f->interface);
	return p;
}

/* The driver that is bound to the interface, "" for none. "usbfs" is a program that has claimed it. */
static void bound_driver(const struct doctor *d, const struct place *p, char out[64])
{
	char path[PATH_LEN], target[256];
	const char *name;
	ssize_t n;

	snprintf(path, sizeof path, "%.120s/%s/driver", d->roots->sys, p->interface);
	n = readlink(path, target, sizeof target - 1);
	target[n > 0 ? n : 0] = '\0';
	name = strrchr(target, '/');
	snprintf(out, 64, "%.60s", name != NULL ? name + 1 : target);
}

/* A device, or one interface of it, that the kernel was told not to trust. */
static bool is_locked_out(struct doctor *d, const struct place *p)
{
	const char *const names[] = {p->port, p->interface};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (names[i][0] == '\0' ||
		    ccid_usb_sysfs_number(d->roots->sys, names[i], "authorized") != 0)
			continue;
		doctor_say(d, DOCTOR_LOCKED_OUT,
		           "the kernel was told not to let it in: %s/%s/%s is 0", d->roots->sys,
		           names[i], "authorized");
		return true;
	}
	return false;
}

static bool sysfs_has(const struct doctor *d, const struct place *p)
{
	char path[PATH_LEN];

	snprintf(path, sizeof path, "%.120s/%s", d->roots->sys, p->interface);
	return p->interface[0] != '\0' && access(path, F_OK) == 0;
}

/* A program that has the node open need not use this interface; sysfs knows whether one does. */
static bool is_held(struct doctor *d, const char *node, const struct place *p, const char *driver)
{
	bool claimed = strcmp(driver, "usbfs") == 0;
	bool held = claimed || !sysfs_has(d, p);
	char holder[80];

	ccid_usb_holder_at(d->roots, holder, sizeof holder, node);
	if (holder[0] == '\0' && claimed)
		doctor_say(d, DOCTOR_HELD,
		           "%s is claimed by a program that cannot be seen from here: another "
		           "user's, or outside of this container",
		           node);
	else if (holder[0] != '\0' && held)
		doctor_say(d, DOCTOR_HELD, "%s is open in another program: %s", node, holder);
	else if (holder[0] != '\0')
		doctor_say(d, DOCTOR_OPEN, "%s is open in a program that has not claimed it: %s",
		           node, holder);
	return claimed || (held && holder[0] != '\0');
}

/* Whether the kernel lets it be opened is more than what its mode says. */
static bool is_refused(struct doctor *d, const char *node)
{
	int fd = open(node, O_RDWR | O_CLOEXEC | O_NOCTTY);
	bool refused = fd < 0 && (errno == EPERM || errno == EACCES);

	if (fd >= 0)
		close(fd);
	if (refused)
		doctor_say(d, DOCTOR_REFUSED, "%s may not be opened, though its mode allows it",
		           node);
	return refused;
}

bool doctor_node(struct doctor *d, const struct ccid_usb_found *f)
{
	struct place p = place_of(d, f);
	char driver[64];

	if (may_open(f->node) != 0) {
		say_denied(d, f->node);
		return false;
	}
	bound_driver(d, &p, driver);
	if (is_locked_out(d, &p) || is_held(d, f->node, &p, driver))
		return false;
	if (driver[0] != '\0') {
		doctor_say(d, DOCTOR_DRIVER, "the kernel driver %s is bound to it", driver);
		return false;
	}
	return !is_refused(d, f->node);
}
