/* SPDX-License-Identifier: MIT */
/* Netlink messages of the kernel and of udev about devices (NETLINK_KOBJECT_UEVENT). Anybody on the
 * machine may send something that looks like one: all of it is checked. */
#ifndef CCID_UEVENT_H
#define CCID_UEVENT_H

#include "env.h"

#include <sys/types.h>

enum ccid_uevent_group {
	CCID_UEVENT_KERNEL = 1,
	CCID_UEVENT_UDEV = 2
};

#define CCID_UEVENT_MAX 8192 /* longer ones are not read, only noticed */

/* A datagram as it came. */
struct ccid_uevent {
	const uint8_t *bytes;
	size_t len;
	uint32_t groups, pid; /* of the sender's address; pid 0 is the kernel */
	bool has_uid;
	uid_t uid; /* of the sender */
	bool cut;  /* longer than the buffer */
	bool lost; /* nothing in it, but others before it were lost */
};

/* A non-blocking socket that listens to a group; CCID_E_UNSUPPORTED when there is none to be had. */
CCID_MUST_USE
int ccid_uevent_socket(enum ccid_uevent_group group);

/* Receive one, into buf: 1; 0 when there is none; CCID_E_IO when the socket is of no use any more. */
CCID_MUST_USE
int ccid_uevent_receive(int fd, struct ccid_uevent *out, uint8_t *buf, size_t cap);

/* Whether it is whole, from whom it must be (the kernel; root for udev), and about a USB device. */
bool ccid_uevent_is_usb(const struct ccid_uevent *e, enum ccid_uevent_group group);

#endif
