/* SPDX-License-Identifier: MIT */
/* Inside of the libusb transport, shared by its files.
 *
 * Events. libusb handles events only for one thread at a time: in ccid_usb_pump(), with lock held,
 * or for the thread that waits. That one raises `waiting` and gives the lock up while it waits; as
 * long as it does, nobody else has events handled, so that no completion can be taken away between
 * its look at `flying` and its wait. Our callbacks only note what has `landed`; it is settled under
 * the lock. What a waiting thread reaps for others (interrupt messages) it leaves in the ring and
 * signals on ring_fd.
 *
 * Waits. For a transfer a thread waits inside libusb, which is one system call; else, and with a
 * libusb that nothing can wake (wake_fd), in a poll of its own. A cancel counts up `cancels`, then
 * writes to cancel_fd and to wake_fd, in this order. Whoever waits inside libusb looks at `cancels`
 * before and after: libusb takes a mark on wake_fd back only while it handles events, so that a look
 * follows, and one that is made after the look before ends the wait. (It takes one back before its poll
 * when its descriptors have changed; here they change at open, and when the device leaves, which ends
 * every transfer.)
 *
 * event_fd is an epoll set of ring_fd, retry_fd and the node, so it is also readable, for as long as it takes
 * to be reaped, when a bulk transfer alone has ended: interrupt_in() then has nothing. */
#ifndef CCID_USB_TRANSPORT_H
#define CCID_USB_TRANSPORT_H

#include "usb_scan.h"

#include <libusb.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/types.h>

#define CCID_USB_RING        16
#define CCID_USB_RING_BYTES  72 /* type, and two bits for each of 256 slots */
#define CCID_USB_POLLFDS_MAX 8
#define CCID_USB_SETTLE_MS   1000 /* for a cancelled transfer to come back */
#define CCID_USB_PARTING_MS  500  /* from a failure to the hub's word that the port is empty */
#define CCID_USB_QUIET_MS    10 /* no card is changed in less, and no interrupt endpoint is faster */

/* Transfers under way; a set. */
#define CCID_USB_IN      1u
#define CCID_USB_OUT     2u
#define CCID_USB_CONTROL 4u
#define CCID_USB_INTR    8u
#define CCID_USB_NEVER   16u /* never over: to wait for time alone */

struct ccid_usb;

struct ccid_usb_xfer {
	struct libusb_transfer *t;
	struct ccid_usb *u;
	unsigned bit; /* CCID_USB_* */
};

struct ccid_usb_msg {
	uint8_t len;
	uint8_t bytes[CCID_USB_RING_BYTES];
};

struct ccid_usb {
	libusb_context *ctx;
	libusb_device_handle *handle;
	pid_t owner; /* a child of fork must not touch the device at close */
	int fd;      /* the usbfs node */
	int cancel_fd, ring_fd, event_fd;
	int wake_fd;           /* libusb's; -1: nothing wakes a thread that waits inside */
	atomic_uint cancels;   /* not yet taken */
	unsigned landed;       /* CCID_USB_*: noted by callbacks, of whoever has events handled */
	int retry_fd;          /* timer: the interrupt transfer is due again */
	atomic_bool calm;      /* lock to change; the interrupt transfer is out, no message kept */
	atomic_ulong heard_at; /* lock to change; env time of the last look, its low bits */
	struct pollfd fds[CCID_USB_POLLFDS_MAX]; /* cancel_fd, then libusb's */
	nfds_t nfds;
	bool claimed, driver_detached;

	pthread_mutex_t lock; /* guards all below */
	unsigned flying;      /* CCID_USB_* */
	bool waiting, gone;
	bool posted; /* wait_in() has something to tell */
	struct ccid_usb_xfer in, out, control, intr;
	int out_err; /* of the last OUT, told by whatever bulk operation comes next */
	int64_t out_deadline;
	uint8_t *control_buf;
	size_t control_cap;

	uint8_t *intr_buf;
	bool intr_on, intr_halted;
	unsigned intr_errors;  /* in a row */
	int64_t intr_retry_at; /* env time */
	unsigned ring_first, ring_count;
	struct ccid_usb_msg ring[CCID_USB_RING];

	struct ccid_transport
		base; /* set at open; big, so not first: short offsets are short code */
	struct ccid_usb_raw raw;
};

static inline struct ccid_usb *ccid_usb_of(struct ccid_transport *t)
{
	return (struct ccid_usb *)(void *)((char *)t - offsetof(struct ccid_usb, base));
}

/* usb_io.c */

/* From a libusb error code, from a transfer's status. */
int ccid_usb_error(int libusb_error);
int ccid_usb_status(const struct ccid_usb *u, const struct libusb_transfer *t);

/* Whether the kernel says that the device has left. */
bool ccid_usb_left(const struct ccid_usb *u);

void ccid_usb_set_gone(struct ccid_usb *u); /* lock held */

/* Callback of all transfers. */
void LIBUSB_CALL ccid_usb_landed(struct libusb_transfer *t);

/* Submit x (lock held). 0 or an error. */
CCID_MUST_USE
int ccid_usb_submit(struct ccid_usb_xfer *x);

/* Handle what has happened (lock held). */
void ccid_usb_pump(struct ccid_usb *u);

/* Wait (lock held; given up while waiting) until none of set is under way: 0, CCID_E_TIMEOUT, and
 * CCID_E_CANCELLED when cancellable. */
CCID_MUST_USE
int ccid_usb_wait(struct ccid_usb *u, unsigned set, int64_t deadline, bool cancellable);

/* Cancel what of set is under way and wait, bounded, until it is over (lock held). */
void ccid_usb_drop(struct ccid_usb *u, unsigned set);

int ccid_usb_post_in(struct ccid_transport *t, uint8_t *buf, size_t cap);
int ccid_usb_bulk_out(struct ccid_transport *t, const uint8_t *buf, size_t len, int64_t deadline);
int ccid_usb_wait_in(struct ccid_transport *t, int64_t deadline);
void ccid_usb_drop_in(struct ccid_transport *t);
int ccid_usb_cut_in(struct ccid_transport *t);
int ccid_usb_control(struct ccid_transport *t, const struct ccid_setup *setup, uint8_t *data,
                     int64_t deadline);
int ccid_usb_pause(struct ccid_transport *t, int64_t until);

/* Make room for a control transfer of len bytes, setup included. */
CCID_MUST_USE
int ccid_usb_control_room(struct ccid_usb *u, size_t len);

/* usb_cancel.c */

void ccid_usb_cancel(struct ccid_transport *t);

/* Take one cancel (lock held): whether there was one. */
bool ccid_usb_cancelled(struct ccid_usb *u);

/* Find what wakes a thread that waits inside libusb, and prove it. */
void ccid_usb_find_wake(struct ccid_usb *u);

/* usb_event.c */

/* The interrupt transfer has ended (lock held). */
void ccid_usb_intr_done(struct ccid_usb *u);

/* Make ring, epoll set and transfer. Nothing without an interrupt endpoint. */
CCID_MUST_USE
int ccid_usb_intr_open(struct ccid_usb *u);

/* Post the transfer when it should be and is not (lock held). */
void ccid_usb_intr_service(struct ccid_usb *u);

/* Take the transfer back and keep it, until ccid_usb_intr_start() (lock held). */
void ccid_usb_intr_stop(struct ccid_usb *u);
void ccid_usb_intr_start(struct ccid_usb *u);

int ccid_usb_interrupt_in(struct ccid_transport *t, uint8_t *buf, size_t cap);
bool ccid_usb_quiet(struct ccid_transport *t, int64_t now);
int ccid_usb_event_fd(struct ccid_transport *t);

#endif
