/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* struct ucred */
#include "uevent.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define UDEV_MAGIC      0xfeedcafeu
#define UDEV_HEADER_LEN 40
#define NOBODY          UINT32_MAX /* as pid: no netlink address */

/* In a user name space no such message is heard: not the kernel's, and root is somebody else. */
static bool deaf_here(void)
{
	char map[64] = "";
	unsigned inside = 0, outside = 0, count = UINT32_MAX;
	int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, map, sizeof map - 1) : -1;

	if (fd >= 0)
		close(fd);
	if (n > 0 && sscanf(map, "%u %u %u", &inside, &outside, &count) != 3)
		return false;
	return inside != 0 || outside != 0 || count != UINT32_MAX;
}

int ccid_uevent_socket(enum ccid_uevent_group group)
{
	struct sockaddr_nl at = {.nl_family = AF_NETLINK, .nl_groups = group};
	int fd, on = 1;

	if (deaf_here())
		return CCID_E_UNSUPPORTED;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	if (fd < 0)
		return CCID_E_UNSUPPORTED;
	if (bind(fd, (const struct sockaddr *)&at, sizeof at) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0)
		return fd;
	close(fd);
	return CCID_E_UNSUPPORTED;
}

static void sender_uid(struct ccid_uevent *e, struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		struct ucred who;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS ||
		    c->cmsg_len < CMSG_LEN(sizeof who))
			continue;
		memcpy(&who, CMSG_DATA(c), sizeof who);
		e->has_uid = true;
		e->uid = who.uid;
	}
}

int ccid_uevent_receive(int fd, struct ccid_uevent *out, uint8_t *buf, size_t cap)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct sockaddr_nl from = {.nl_family = AF_UNSPEC};
	struct iovec iov = {buf, cap};
	struct msghdr m = {.msg_name = &from,
	                   .msg_namelen = sizeof from,
	                   .msg_iov = &iov,
	                   .msg_iovlen = 1,
	                   .msg_control = control.bytes,
	                   .msg_controllen = sizeof control.bytes};
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);

	*out = (struct ccid_uevent){.bytes = buf, .pid = NOBODY};
	if (n < 0 && errno == ENOBUFS) {
		out->lost = true;
		return 1;
	}
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : CCID_E_IO;
	out->len = (size_t)n;
	out->cut = (m.msg_flags & MSG_TRUNC) != 0;
	if (m.msg_namelen == sizeof from && from.nl_family == AF_NETLINK) {
		out->groups = from.nl_groups;
		out->pid = from.nl_pid;
	}
	sender_uid(out, &m);
	return 1;
}

/* Among texts that end with NUL. */
static bool has_line(const uint8_t *at, size_t left, const char *line)
{
	size_t want = strlen(line) + 1;

	while (left > 0) {
		const uint8_t *end = memchr(at, 0, left);
		size_t n = end != NULL ? (size_t)(end - at) + 1 : left;

		if (end != NULL && n == want && memcmp(at, line, want) == 0)
			return true;
		at += n;
		left -= n;
	}
	return false;
}

static bool about_usb(const uint8_t *at, size_t len)
{
	return has_line(at, len, "SUBSYSTEM=usb");
}

static bool kernel_says_usb(const struct ccid_uevent *e)
{
	const uint8_t *end = memchr(e->bytes, 0, e->len);

	if (e->pid != 0 || end == NULL || memchr(e->bytes, '@', (size_t)(end - e->bytes)) == NULL)
		return false;
	return about_usb(end + 1, e->len - (size_t)(end + 1 - e->bytes));
}

/* "libudev", magic in network order; header size, offset and length of the properties as the machine
 * has its numbers. */
static bool udev_says_usb(const struct ccid_uevent *e)
{
	static const uint8_t magic[] = {UDEV_MAGIC >> 24, UDEV_MAGIC >> 16 & 0xff,
	                                UDEV_MAGIC >> 8 & 0xff, UDEV_MAGIC & 0xff};
	uint32_t number[3]; /* header size, offset, length */

	if (!e->has_uid || e->uid != 0 || e->len < UDEV_HEADER_LEN)
		return false;
	if (memcmp(e->bytes, "libudev", 8) != 0 || memcmp(e->bytes + 8, magic, 4) != 0)
		return false;
	memcpy(number, e->bytes + 12, sizeof number);
	if (number[1] < UDEV_HEADER_LEN || number[1] > e->len || number[2] > e->len - number[1])
		return false;
	return about_usb(e->bytes + number[1], number[2]);
}

bool ccid_uevent_is_usb(const struct ccid_uevent *e, enum ccid_uevent_group group)
{
	if (e->cut || e->lost || e->groups != (uint32_t)group)
		return false;
	return group == CCID_UEVENT_KERNEL ? kernel_says_usb(e) : udev_says_usb(e);
}
