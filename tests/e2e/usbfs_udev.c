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

/* prefix, magic, sizes in the machine's order, hashes that nobody here filters by */
static size_t make(char *out, size_t cap, const struct usbfs *u, const char *action)
{
	uint32_t head[8] = {htonl(0xfeedcafe), 40, 40};
	int n = snprintf(out + 40, cap - 40,
	                 "ACTION=%s%cDEVPATH=/devices/host/usb1/%s%cSUBSYSTEM=usb%c"
	                 "DEVTYPE=usb_device%cBUSNUM=%03d%cDEVNUM=%03u",
	                 action, 0, u->port, 0, 0, 0, USBFS_BUS, 0, u->devnum);

	head[3] = (uint32_t)n + 1;
	memcpy(out, "libudev", 8);
	memcpy(out + 8, head, sizeof head);
	return 40 + (size_t)n + 1;
}

void usbfs_udev_say(const struct usbfs *u, const char *action)
{
	struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_groups = UDEV_GROUP};
	char message[512];
	size_t len;

	if (netlink < 0)
		return;
	len = make(message, sizeof message, u, action);
	(void)!sendto(netlink, message, len, 0, (const struct sockaddr *)&to, sizeof to);
}
