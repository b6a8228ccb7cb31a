/* SPDX-License-Identifier: MIT */
/* make_rules udev|mdev: the rules of udev/, on standard output, with the readers of class FF that
 * the quirk table knows. */
#include "quirks.h"

#include <stdio.h>
#include <string.h>

static const char udev_head[] =
	"# SPDX-License-Identifier: MIT\n"
	"# Written by make_rules (tests/meta) from driver/quirks.c.\n"
	"# USB smart card readers belong to group plugdev and to whoever sits at the machine.\n"
	"# The number is below 73, where the tag uaccess takes effect, and above 50, where the "
	"list of\n"
	"# interfaces is made. Where there is no group plugdev, make one: groupadd -r plugdev.\n"
	"\n"
	"ACTION==\"remove\", GOTO=\"iscard_end\"\n"
	"SUBSYSTEM!=\"usb\", GOTO=\"iscard_end\"\n"
	"ENV{DEVTYPE}!=\"usb_device\", GOTO=\"iscard_end\"\n"
	"\n"
	"# An interface of class 0B: smart card.\n"
	"ENV{ID_USB_INTERFACES}==\"\", IMPORT{builtin}=\"usb_id\"\n"
	"ENV{ID_USB_INTERFACES}==\"*:0b????:*\", ENV{ISCARD_READER}=\"1\"\n"
	"\n"
	"# Readers whose interface is of class FF.\n";

static const char udev_tail[] = "\n"
				"ENV{ISCARD_READER}==\"1\", MODE=\"0660\", GROUP=\"plugdev\", "
				"TAG+=\"uaccess\"\n"
				"\n"
				"LABEL=\"iscard_end\"\n";

static const char mdev_head[] =
	"# SPDX-License-Identifier: MIT\n"
	"# Written by make_rules (tests/meta) from driver/quirks.c.\n"
	"# For busybox mdev: put these lines at the top of /etc/mdev.conf, where the first\n"
	"# that fits wins. The reader's node goes to group plugdev. \"mdev -s\" sees nodes, not\n"
	"# what they are: for readers that are plugged in at boot, let the kernel tell of them\n"
	"# again afterwards:\n"
	"#   for f in /sys/bus/usb/devices/*/uevent; do echo add >$f; done\n"
	"\n"
	"# The kernel names the class with the interface, which has no node of its own; the "
	"device\n"
	"# above it has.\n"
	"$MODALIAS=usb:.*ic0Bisc.* root:plugdev 0660 "
	"@f=/dev/bus/usb/$(printf %03d/%03d "
	"$(cat /sys$DEVPATH/../busnum /sys$DEVPATH/../devnum)); "
	"chgrp plugdev $f; chmod 0660 $f\n"
	"\n"
	"# Readers whose interface is of class FF.\n";

static void udev_vendor(unsigned vid)
{
	printf("ATTR{idVendor}==\"%04x\", ATTR{idProduct}==\"", vid);
}

static void udev_product(unsigned pid)
{
	printf("%04x", pid);
}

static void mdev_vendor(unsigned vid)
{
	printf("$PRODUCT=%x/(", vid);
}

static void mdev_product(unsigned pid)
{
	printf("%x", pid);
}

static const struct format {
	const char *name, *head, *tail;
	void (*vendor)(unsigned vid);
	void (*product)(unsigned pid);
	const char *end; /* of a vendor's line */
} formats[] = {
	{"udev", udev_head, udev_tail, udev_vendor, udev_product, "\", ENV{ISCARD_READER}=\"1\"\n"},
	{"mdev", mdev_head, "", mdev_vendor, mdev_product, ")/.* root:plugdev 0660\n"},
};

/* The next row of class FF from *i on, NULL at the end. */
static const struct ccid_quirk *next_row(size_t *i)
{
	const struct ccid_quirk *q;

	while ((q = ccid_quirk_row((*i)++)) != NULL)
		if (q->flags & CCID_QUIRK_CLASS_FF)
			return q;
	return NULL;
}

static bool is_first_of_vendor(const struct ccid_quirk *row)
{
	const struct ccid_quirk *q;
	size_t i = 0;

	while ((q = next_row(&i)) != NULL && q != row)
		if (q->vid == row->vid)
			return false;
	return true;
}

static void print_vendor(const struct format *f, unsigned vid)
{
	const struct ccid_quirk *q;
	const char *between = "";
	size_t i = 0;

	f->vendor(vid);
	while ((q = next_row(&i)) != NULL) {
		if (q->vid != vid)
			continue;
		fputs(between, stdout);
		f->product(q->pid);
		between = "|";
	}
	fputs(f->end, stdout);
}

int main(int argc, char **argv)
{
	const struct format *f = formats;
	const struct ccid_quirk *q;
	size_t i = 0;

	if (argc == 2 && strcmp(argv[1], "mdev") == 0)
		f = &formats[1];
	else if (argc != 2 || strcmp(argv[1], "udev") != 0)
		return 2;
	fputs(f->head, stdout);
	while ((q = next_row(&i)) != NULL)
		if (is_first_of_vendor(q))
			print_vendor(f, q->vid);
	fputs(f->tail, stdout);
	return fflush(stdout) != 0;
}
