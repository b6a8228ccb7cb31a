/* SPDX-License-Identifier: MIT */
/* usbfs in user space: what the kernel's /dev/bus/usb/BBB/DDD does for a program, done by a FUSE
 * server for the emulated reader. Written from the kernel's interface (linux/usbdevice_fs.h); a
 * program under test is interposed by nothing. */
#ifndef USBFS_H
#define USBFS_H

#define FUSE_USE_VERSION 35

#include "emu.h"
#include "emu_config.h"

#include <fuse_lowlevel.h>
#include <linux/usbdevice_fs.h>
#include <sys/types.h>

#define USBFS_BUS        1
#define USBFS_INTERFACES 4

/* A transfer between a program and the device. */
struct usbfs_urb {
	struct usbfs_urb *next;
	struct usbfs_file *file;
	pid_t pid;
	uint64_t at; /* the program's struct usbdevfs_urb; 0 for a synchronous ioctl */
	uint8_t type, endpoint;
	uint64_t buffer; /* of the program */
	size_t length;
	uint8_t *data;      /* setup bytes included for a control transfer */
	int status, actual; /* when done */
	fuse_req_t req;     /* of a synchronous ioctl */
	int64_t deadline;   /* of a synchronous ioctl, ms */
};

/* One open of the node. */
struct usbfs_file {
	struct usbfs_file *next;
	struct usbfs *host;
	bool gone; /* the device it was opened on has left */
	unsigned claims;
	struct usbfs_urb *done, **done_tail;
	struct fuse_pollhandle *ph;
	fuse_req_t reaper; /* a blocked REAPURB */
	pid_t reaper_pid;
	uint64_t reaper_at;
};

enum usbfs_strike {
	USBFS_STRIKE_NONE,
	USBFS_STRIKE_ERROR,   /* an error on the wire: EPROTO */
	USBFS_STRIKE_BABBLE,  /* bulk IN: more than was asked for */
	USBFS_STRIKE_ZERO,    /* bulk IN: a zero-length packet in place of the data */
	USBFS_STRIKE_HALF,    /* bulk IN: the second half is lost */
	USBFS_STRIKE_SUSPEND, /* every transfer ends, and the device is still there */
	USBFS_STRIKE_RESET,   /* the same, and the port was reset */
	USBFS_STRIKE_PART,    /* pulled: errors on the wire until the hub is asked */
};

struct usbfs {
	struct usbfs *next; /* the reader on the second port, or NULL */
	const char *port;   /* "1-1" */
	struct emu_config config;
	struct emu_device *emu; /* NULL while unplugged */
	bool composite;         /* the device has another interface, a reader of its own: */
	struct emu_config other_config;
	struct emu_device *other; /* NULL unless composite, and while unplugged */
	unsigned devnum;
	bool unconfigured;            /* leave it so at plug-in */
	bool refused;                 /* open: EACCES */
	bool taken;                   /* claim: EBUSY */
	char kernel_driver[32];       /* that binds the interfaces, "" for none */
	bool bound[USBFS_INTERFACES]; /* to kernel_driver */
	struct usbfs_file *holder[USBFS_INTERFACES];
	struct usbfs_file *files;
	struct usbfs_urb *pending; /* in order of submission */
	unsigned opens;            /* files open now */
	unsigned connects;         /* times a driver was asked to bind */
	unsigned unclaimed;        /* transfers on an interface nobody claimed */
	unsigned setinterfaces, resets;
	unsigned bulks; /* transfers that moved */
	bool holds_out; /* bulk OUT is NAKed, so many wait: */
	unsigned held;
	enum usbfs_strike strike, struck; /* to come; whose rest is due */
	unsigned strike_at, strikes;
	int64_t parts_at;          /* the hub will be asked; 0: not pulled */
	struct usbfs_stand *stand; /* a program says what the device does; or NULL */
};

int64_t usbfs_now(void);

/* Plug the reader in, pull it out. */
bool usbfs_plug(struct usbfs *u);
void usbfs_unplug(struct usbfs *u);
/* Reset its port. */
void usbfs_reset(struct usbfs *u);

/* What of the device answers a control request, an endpoint. */
struct emu_device *usbfs_for_request(const struct usbfs *u, const uint8_t setup[8]);
struct emu_device *usbfs_for_endpoint(const struct usbfs *u, uint8_t endpoint);

/* Bytes of the node: device descriptor, configurations. Count copied. */
size_t usbfs_read(const struct usbfs *u, uint8_t *buf, size_t len, size_t at);

struct usbfs_file *usbfs_open(struct usbfs *u);
void usbfs_close(struct usbfs *u, struct usbfs_file *f);

/* Answers req, now or later. */
void usbfs_ioctl(struct usbfs *u, struct usbfs_file *f, fuse_req_t req, unsigned cmd, uint64_t arg);

unsigned usbfs_poll(const struct usbfs_file *f);

/* Move what can be moved, give up what is too late. */
void usbfs_run(struct usbfs *u);

/* When usbfs_run() may have something to do without anybody's call, ms; INT64_MAX for never. */
int64_t usbfs_next(const struct usbfs *u);

/* usbfs_urb.c */
int usbfs_submit(struct usbfs *u, struct usbfs_file *f, pid_t pid, uint64_t at);
int usbfs_discard(struct usbfs *u, struct usbfs_file *f, uint64_t at);
int usbfs_reap(struct usbfs_file *f, pid_t pid, uint64_t at);
void usbfs_kill(struct usbfs *u, const struct usbfs_file *f, int status);
/* Queue a synchronous transfer; buf is the program's data. */
int usbfs_sync(struct usbfs *u, struct usbfs_file *f, fuse_req_t req,
               const struct usbdevfs_urb *urb, const uint8_t *setup, unsigned timeout);

/* The first one pending on the endpoint, NULL for none; end it, data being what came in. */
struct usbfs_urb *usbfs_find(struct usbfs *u, uint8_t endpoint);
void usbfs_end(struct usbfs *u, struct usbfs_urb *urb, int status, const uint8_t *data, size_t len);
/* Fill in how it ends, without ending it. */
void usbfs_outcome(struct usbfs_urb *urb, int status, const uint8_t *data, size_t len);

/* Memory of the program. */
bool usbfs_peek(pid_t pid, uint64_t at, void *buf, size_t len);
bool usbfs_poke(pid_t pid, uint64_t at, const void *buf, size_t len);

/* usbfs_sysfs.c: the made-up /sys */
bool usbfs_sysfs_base(void);
bool usbfs_sysfs_add(const struct usbfs *u);
void usbfs_sysfs_remove(const struct usbfs *u);

/* usbfs_udev.c: what udev says, to those who listen in this name space of networks */
bool usbfs_udev_begin(void);
void usbfs_udev_say(const struct usbfs *u, const char *action);

/* usbfs_fuse.c */
extern const struct fuse_lowlevel_ops usbfs_ops;

/* usbfs_ctl.c: what a test asks the host for, a line of text each way. */
#define USBFS_CTL "/dev/usbfs.ctl"
int usbfs_ctl_listen(void);
void usbfs_ctl_serve(struct usbfs *u, int fd);

/* usbfs_strike.c */
bool usbfs_strike_set(struct usbfs *u, const char *name, unsigned at);
/* To a transfer that has moved. */
void usbfs_strike_at(struct usbfs *u, struct usbfs_urb *urb);
/* Whether the device is pulled, and the transfer has failed. */
bool usbfs_parting(const struct usbfs *u, struct usbfs_urb *urb);
/* What is left to do when no list of transfers is walked. */
void usbfs_strike_rest(struct usbfs *u);

/* usbfs_stand.c: a device that a test plays (stand_wire.h) */
bool usbfs_stand_listen(struct usbfs *u);
int usbfs_stand_fd(const struct usbfs *u); /* to be polled; -1: none */
void usbfs_stand_serve(struct usbfs *u);
/* An error number, or 0. */
int usbfs_stand_refusal(struct usbfs *u, unsigned cmd);
/* Whether the transfer, on an interrupt endpoint or a request that is no standard one, ends now. */
bool usbfs_stand_moves(struct usbfs *u, struct usbfs_urb *urb);

#endif
