/* SPDX-License-Identifier: MIT */
/* Commands, one a connection; after "2 " for the reader on the second port: unplug, plug, suspend,
 * refuse, permit (to open), take, free (its interfaces), insert SLOT, remove SLOT, hold-out 1 (bulk OUT
 * is NAKed until hold-out 0); FAULT-after N, the first two by USB transfers from now, the others by
 * messages (of one type, in hexadecimal after N): stall, unplug, stall-lost, silent, lost, dead, short,
 * empty, garbage, seq, slot, length, long, zlp-before, zlp-after, flip, extensions, pull, pull-silent,
 * and those of usbfs_strike.c; driver, opens, connects, unclaimed, setinterfaces, resets, bulks, held
 * (OUT transfers), strikes, messages, violations, unconfigured, controls, other_messages,
 * other_violations (of the other interface), pad (the command that the PIN pad made). The answer is
 * "ok", "no", or what was asked for. */
#include "usbfs.h"

#include "emu_fault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int usbfs_ctl_listen(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = USBFS_CTL};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (bind(fd, (const struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 8) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool plug(struct usbfs *u)
{
	if (u->emu != NULL || !usbfs_plug(u) || !usbfs_sysfs_add(u))
		return false;
	usbfs_udev_say(u, "add");
	return true;
}

static bool permit(struct usbfs *u, bool permitted)
{
	u->refused = !permitted;
	usbfs_udev_say(u, "change");
	return true;
}

static bool fault(struct usbfs *u, const char *what, unsigned n, unsigned type)
{
	static const struct {
		const char *name;
		enum emu_fault_kind kind;
		bool transfer;
	} all[] = {
		{"unplug-after", EMU_FAULT_UNPLUG, true},
		{"stall-after", EMU_FAULT_STALL, true},
		{"silent-after", EMU_FAULT_SILENT, false},
		{"stall-lost-after", EMU_FAULT_STALL_LOST, false},
		{"lost-after", EMU_FAULT_LOST, false},
		{"dead-after", EMU_FAULT_DEAD, false},
		{"short-after", EMU_FAULT_SHORT, false},
		{"empty-after", EMU_FAULT_EMPTY, false},
		{"garbage-after", EMU_FAULT_GARBAGE, false},
		{"seq-after", EMU_FAULT_SEQ, false},
		{"slot-after", EMU_FAULT_SLOT, false},
		{"length-after", EMU_FAULT_LENGTH, false},
		{"long-after", EMU_FAULT_LONG, false},
		{"zlp-before-after", EMU_FAULT_ZLP_BEFORE, false},
		{"zlp-after-after", EMU_FAULT_ZLP_AFTER, false},
		{"flip-after", EMU_FAULT_FLIP, false},
		{"extensions-after", EMU_FAULT_EXTENSIONS, false},
		{"pull-after", EMU_FAULT_REMOVE, false},
		{"pull-silent-after", EMU_FAULT_REMOVE_SILENT, false},
	};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		const struct emu_fault f = {.kind = all[i].kind,
		                            .transfer = all[i].transfer,
		                            .type = (uint8_t)type,
		                            .at = n};

		if (strcmp(what, all[i].name) == 0)
			return emu_fault_add(u->emu, &f);
	}
	return false;
}

static bool act(struct usbfs *u, const char *what, unsigned n, unsigned type)
{
	if (strcmp(what, "plug") == 0)
		return plug(u);
	if (strcmp(what, "refuse") == 0 || strcmp(what, "permit") == 0)
		return permit(u, what[0] == 'p');
	if (strcmp(what, "take") == 0 || strcmp(what, "free") == 0) {
		u->taken = what[0] == 't';
		return true;
	}
	if (u->emu == NULL)
		return false;
	if (strcmp(what, "unplug") == 0) {
		emu_unplug(u->emu, usbfs_now());
		return true;
	}
	if (strcmp(what, "suspend") == 0) { /* all transfers end, and the device is still there */
		usbfs_kill(u, NULL, -ESHUTDOWN);
		return true;
	}
	if (strcmp(what, "hold-out") == 0) {
		u->holds_out = n != 0;
		return true;
	}
	if (fault(u, what, n, type) || usbfs_strike_set(u, what, n))
		return true;
	if (n >= EMU_SLOTS_MAX)
		return false;
	if (strcmp(what, "insert") == 0)
		return emu_insert(u->emu, n, &u->config.card[n], usbfs_now());
	return strcmp(what, "remove") == 0 && emu_remove(u->emu, n, usbfs_now());
}

static const char *driver(const struct usbfs *u)
{
	unsigned n = u->config.if_number;

	if (n < USBFS_INTERFACES && u->bound[n])
		return u->kernel_driver;
	return n < USBFS_INTERFACES && u->holder[n] != NULL ? "usbfs" : "none";
}

static bool count(const struct usbfs *u, const char *what, unsigned *n)
{
	static const struct emu_counts none;
	const struct emu_counts *c = u->emu != NULL ? emu_counts(u->emu) : &none;
	const struct emu_counts *other = u->other != NULL ? emu_counts(u->other) : &none;
	const struct {
		const char *name;
		unsigned value;
	} all[] = {
		{"opens", u->opens},
		{"connects", u->connects},
		{"unclaimed", u->unclaimed},
		{"setinterfaces", u->setinterfaces},
		{"resets", u->resets},
		{"bulks", u->bulks},
		{"held", u->held},
		{"strikes", u->strikes},
		{"messages", c->messages},
		{"controls", c->controls},
		{"violations", c->violations},
		{"unconfigured", c->unconfigured},
		{"other_messages", other->messages},
		{"other_violations", other->violations},
	};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		if (strcmp(what, all[i].name) != 0)
			continue;
		*n = all[i].value;
		return true;
	}
	return false;
}

/* What the pad of the first slot sent to the card, in hexadecimal. */
static void tell_pad(const struct usbfs *u, char *out, size_t cap)
{
	struct emu_slot_view v = emu_slot(u->emu, 0);

	snprintf(out, cap, "none");
	for (size_t i = 0; i < v.pad_len && 2 * i + 2 < cap; i++)
		snprintf(out + 2 * i, 3, "%02X", v.pad[i]);
}

static void obey(struct usbfs *u, const char *line, char *out, size_t cap)
{
	char what[32] = "";
	unsigned n = 0, type = 0;

	sscanf(line, "%31s %u %x", what, &n, &type);
	if (strcmp(what, "driver") == 0)
		snprintf(out, cap, "%s", driver(u));
	else if (strcmp(what, "pad") == 0 && u->emu != NULL)
		tell_pad(u, out, cap);
	else if (count(u, what, &n))
		snprintf(out, cap, "%u", n);
	else
		snprintf(out, cap, "%s", act(u, what, n, type) ? "ok" : "no");
}

void usbfs_ctl_serve(struct usbfs *u, int fd)
{
	char line[64], out[128];
	bool second;
	int c = accept(fd, NULL, NULL);
	ssize_t n;

	if (c < 0)
		return;
	n = recv(c, line, sizeof line - 1, 0);
	if (n > 0) {
		line[n] = '\0';
		second = line[0] == '2' && u->next != NULL;
		obey(second ? u->next : u, second ? line + 1 : line, out, sizeof out);
		usbfs_run(second ? u->next : u);
		if (send(c, out, strlen(out), MSG_NOSIGNAL) < 0)
			perror(USBFS_CTL);
	}
	close(c);
}
