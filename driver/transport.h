/* SPDX-License-Identifier: MIT */
/* Bytes to and from one claimed CCID interface: the seam between the driver and USB.
 *
 * Implementations: libusb and usbredir are live; recorder, fault injector and scripted transport
 * wrap or stand in for one. Counts are returned as >= 0, failures as enum ccid_err.
 *
 * Threads: one thread at a time, except that interrupt_in(), quiet(), event_fd() and cancel() may run
 * beside any other call; cancel() may also run in a signal handler.
 *
 * Deadlines are absolute, in env time (milliseconds); CCID_NEVER waits for ever. Every wait ends
 * early with CCID_E_CANCELLED after cancel(), once for each cancel(). */
#ifndef CCID_TRANSPORT_H
#define CCID_TRANSPORT_H

#include "ccid_desc.h"
#include "env.h"

struct ccid_transport;

enum ccid_pipe {
	CCID_PIPE_BULK_OUT,
	CCID_PIPE_BULK_IN,
	CCID_PIPE_INTERRUPT_IN
};

/* The eight setup bytes of a control transfer (USB 2.0, 9.3). */
struct ccid_setup {
	uint8_t request_type, request;
	uint16_t value, index, length;
};

#define CCID_TEXT_MAX     128
#define CCID_CANCELS_KEPT 16 /* that nobody has waited for yet */

/* Who the device is. Texts are UTF-8, printable, empty when unknown. */
struct ccid_identity {
	uint16_t vid, pid, bcd_device;
	char manufacturer[CCID_TEXT_MAX], product[CCID_TEXT_MAX], serial[CCID_TEXT_MAX];
	char interface_name[CCID_TEXT_MAX]; /* string of iInterface */
	char address[CCID_TEXT_MAX];        /* a reader address that opens it again: "usb:1-2.3" */
	uint8_t speed;                      /* 0 low 1 full 2 high 3 super 255 unknown */
};

struct ccid_transport_ops {
	const char *name; /* "libusb", "usbredir", ... */

	/* Give back everything: outstanding transfers, claim, kernel driver, descriptors. Cannot
	 * fail. The transport is freed. */
	void (*close)(struct ccid_transport *t);

	/* Post the bulk IN transfer: at most one at a time. buf stays the transport's until
	 * wait_in() has returned anything but CCID_E_TIMEOUT or CCID_E_CANCELLED, or drop_in().
	 * cap is a multiple of the endpoint's max_packet. Does not wait. */
	int (*post_in)(struct ccid_transport *t, uint8_t *buf, size_t cap);

	/* Start sending; may return before the device has taken the bytes. buf must stay untouched
	 * until wait_in() has returned what came, or a failure; what is still to be sent then was
	 * copied. Waits for an OUT transfer before it. A failure shows here, or in the next
	 * wait_in(), post_in() or bulk_out(). No zero-length packet is added. */
	int (*bulk_out)(struct ccid_transport *t, const uint8_t *buf, size_t len, int64_t deadline);

	/* Wait for the posted IN transfer; an OUT transfer that goes on does not keep it, and one that
	 * has failed does not take away what has come. Returns the bytes received, 0 for a zero-length
	 * transfer. CCID_E_TIMEOUT and CCID_E_CANCELLED leave the IN transfer posted; CCID_E_TIMEOUT
	 * before the deadline: the deadline of the last bulk_out() was over, and the device had not
	 * taken the bytes, which were taken back.
	 * CCID_E_STALL names either bulk endpoint: clear both. */
	int (*wait_in)(struct ccid_transport *t, int64_t deadline);

	/* Cancel what is posted on the bulk endpoints and wait, briefly and bounded, until it is
	 * over. Data that came in meanwhile is lost. Harmless when nothing is posted. */
	void (*drop_in)(struct ccid_transport *t);

	/* End the posted IN transfer early and hand over what has come in it: the bytes, 0 for none.
	 * For firmware that sends nothing after a message of whole packets, so that the transfer
	 * never ends by itself. CCID_E_TIMEOUT: nothing is posted, or it stays posted, as it must
	 * while an OUT transfer is under way. May be NULL: the transport cannot. */
	int (*cut_in)(struct ccid_transport *t);

	/* Take one interrupt transfer that has arrived: its length, or 0 when there is none. Never
	 * blocks. CCID_E_GONE after an unplug, CCID_E_UNSUPPORTED without such an endpoint. The
	 * transport keeps a transfer posted from open to close. */
	int (*interrupt_in)(struct ccid_transport *t, uint8_t *buf, size_t cap);

	/* Whether interrupt_in() would have nothing, as far as a look a moment ago tells: no longer ago
	 * than it takes to change a card. now is env time. Asks nobody. May be NULL: cannot tell. */
	bool (*quiet)(struct ccid_transport *t, int64_t now);

	/* One control transfer on endpoint 0; data is setup->length bytes, in or out by bit 7 of
	 * request_type. Returns the bytes moved; CCID_E_STALL when refused. Not while a bulk
	 * transfer waits in another thread. */
	int (*control)(struct ccid_transport *t, const struct ccid_setup *setup, uint8_t *data,
	               int64_t deadline);

	/* CLEAR_FEATURE(ENDPOINT_HALT), data toggle reset. Nothing may be posted on the pipe. */
	int (*clear_halt)(struct ccid_transport *t, enum ccid_pipe pipe, int64_t deadline);

	/* USB port reset. Afterwards the interface is claimed again or the result is CCID_E_GONE. */
	int (*reset)(struct ccid_transport *t, int64_t deadline);

	/* Wait until the time has come (0) or cancel() (CCID_E_CANCELLED); runs what must run. */
	int (*pause)(struct ccid_transport *t, int64_t until);

	/* Readable when interrupt_in() has something or the device left; CCID_E_UNSUPPORTED when
	 * there is no such descriptor. Owned by the transport. */
	int (*event_fd)(struct ccid_transport *t);

	/* Make the wait under way, or else the next one, return CCID_E_CANCELLED. Of many that nobody
	 * has waited for, no more than CCID_CANCELS_KEPT are kept. */
	void (*cancel)(struct ccid_transport *t);
};

/* A member of every implementation's own struct. */
struct ccid_transport {
	const struct ccid_transport_ops *ops;
	const struct ccid_env *env;  /* outlives the transport */
	struct ccid_interface iface; /* the claimed one; iface.desc points into config */
	const uint8_t *device_desc;  /* 18 bytes */
	const uint8_t *config;       /* the raw configuration descriptor */
	size_t config_len;           /* all three live as long as the transport */
	struct ccid_identity id;
};

/* From cfg choose the interface setting to drive: interface number wanted, or any when -1. Class
 * 0x0B with descriptor type 0x21; class 0xFF only with type 0x21 and both bulk endpoints; type
 * 0xFF only when the quirk table lists the device. Without bulk endpoints only an ICCD
 * token (class 0x0B, protocol 1 or 2) will do: otherwise CCID_E_UNSUPPORTED; CCID_E_NOTFOUND when none
 * fits at all. */
CCID_MUST_USE
int ccid_transport_choose(struct ccid_interface *out, const uint8_t *cfg, size_t len, int wanted,
                          uint16_t vid, uint16_t pid);

/* Decode a USB string descriptor (UTF-16LE) to clean UTF-8; control characters and malformed text
 * become '?'; leading and trailing blanks are cut, and what follows a NUL, with which some devices
 * pad. Empty when desc is no string descriptor; cut between characters to fit cap. */
void ccid_text_from_usb(char *out, size_t cap, const uint8_t *desc, size_t len);

/* Whether a character may be shown: it is one, no control, and neither turns a line around nor breaks
 * it. */
bool ccid_is_printable(uint32_t c);

#endif
