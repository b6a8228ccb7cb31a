/* SPDX-License-Identifier: MIT */
/* The part of udevd that programs listen to: its control file, and its messages on netlink. */
#include "usbfs.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define UDEV_GROUP 2

static int netlink = -1;

bool usbfs_udev_begin(void)
{
	int fd;

	netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	if (netlink < 0 || (mkdir("/run/udev", 0755) != 0 && access("/run/udev", F_OK) != 0))
		return false;
	fd = open("/run/udev/control", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* MurmurHash2 with seed 0, by which libudev has the kernel filter. */
static uint32_t hash(const char *text)
{
	const uint32_t m = 0x5bd1e995;
	size_t len = strlen(text);
	uint32_t h = (uint32_t)len, tail = 0;

	for (; len >= 4; len -= 4, text += 4) {
		uint32_t k;

		memcpy(&k, text, 4);
		k *= m;
		k ^= k >> 24;
		h = h * m ^ k * m;
	}
	for (size_t i = len; i > 0; i--)
		tail = tail << 8 | (uint8_t)text[i - 1];
	if (len > 0)
		h = (h ^ tail) * m;
	h ^= h >> 13;
	h *= m;
	return h ^ h >> 15;
}

/* prefix, magic, sizes in the machine's order, hashes in that of networks */
static size_t make(char *out, size_t cap, const struct usbfs *u, const char *action, bool interface)
{
	const char *type = interface ? "usb_interface" : "usb_device";
	uint32_t head[8] = {htonl(0xfeedcafe), 40, 40, 0, htonl(hash("usb")), htonl(hash(type))};
	static unsigned sequence;
	char path[64];
	int n;

	snprintf(path, sizeof path, interface ? "%s/%s:1.%u" : "%s", u->port, u->port,
	         u->config.if_number);
	n = snprintf(out + 40, cap - 40,
	             "ACTION=%s%cDEVPATH=/devices/host/usb1/%s%cSUBSYSTEM=usb%c"
	             "SEQNUM=%u%cDEVTYPE=%s%cBUSNUM=%03d%cDEVNUM=%03u%c"
	             "DEVNAME=/dev/bus/usb/%03d/%03u",
	             action, 0, path, 0, 0, ++sequence, 0, type, 0, USBFS_BUS, 0, u->devnum, 0,
	             USBFS_BUS, u->devnum);
	head[3] = (uint32_t)n + 1;
	memcpy(out, "libudev", 8);
	memcpy(out + 8, head, sizeof head);
	return 40 + (size_t)n + 1;
}

static void tell(const struct usbfs *u, const char *action, bool interface)
{
	struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_groups = UDEV_GROUP};
	char message[512];
	size_t len;

	if (netlink < 0)
		return;
	len = make(message, sizeof message, u, action, interface);
	(void)!sendto(netlink, message, len, 0, (const struct sockaddr *)&to, sizeof to);
}

void usbfs_udev_say(const struct usbfs *u, const char *action)
{
	tell(u, action, false);
	tell(u, action, true);
}
