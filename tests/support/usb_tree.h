/* SPDX-License-Identifier: MIT */
/* A made-up /dev/bus/usb and /sys/bus/usb/devices below /tmp, and a made-up netlink. */
#ifndef USB_TREE_H
#define USB_TREE_H

#include "fake_reader.h"
#include "hotplug.h"
#include "usb_scan.h"

struct usb_tree {
	char top[32], dev[48], sys[48], proc[48], udev_control[64];
	struct ccid_usb_roots roots;
	struct ccid_hotplug_config hotplug; /* to be passed on; may be changed first */
	int netlink[2];                     /* [0] is handed out once; [1] speaks */
	bool kernel_sender;                 /* what comes is from the kernel */
	unsigned sockets;                   /* handed out */
};

/* Nothing is plugged in, /dev/bus/usb exists, there is no udev. Fails the running test when it cannot
 * be made. */
void usb_tree_make(struct usb_tree *t);
void usb_tree_remove(struct usb_tree *t);

/* A reader on bus 1 at a port ("1-2"), as a device of this number. mode: of the node. */
void usb_tree_plug(struct usb_tree *t, const char *port, unsigned dev,
                   const struct fake_reader *reader, unsigned mode);
void usb_tree_unplug(struct usb_tree *t, const char *port, unsigned dev);
void usb_tree_chmod(struct usb_tree *t, unsigned dev, unsigned mode);

/* Send a message of the kernel about a device of this subsystem. */
void usb_tree_uevent(struct usb_tree *t, const char *subsystem);
void usb_tree_say(struct usb_tree *t, const void *bytes, size_t len);

#endif
