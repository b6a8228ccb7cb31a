/* SPDX-License-Identifier: MIT */
/* Why a reader does not work, in plain words, and what to do about it. Nothing here opens a reader that
 * another program uses. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli.h"
#include "usb_scan.h"

#include <iscard/iscard.h>

enum doctor_id {
	DOCTOR_NO_USB,      /* no /dev/bus/usb */
	DOCTOR_NO_SYSFS,    /* readers go by bus and device number */
	DOCTOR_NO_NODE,     /* sysfs knows a reader that /dev does not */
	DOCTOR_DENIED,      /* no permission on a node */
	DOCTOR_CLOSED,      /* no permission to look into a folder */
	DOCTOR_UNREADABLE,  /* devices that may be readers */
	DOCTOR_NO_READER,   /* nothing that could be one */
	DOCTOR_UNREACHABLE, /* nothing answers at an address */
	DOCTOR_PEER,        /* no reader comes from an address */
	DOCTOR_HELD,        /* by another program */
	DOCTOR_OPEN,        /* in another program, which does not use it */
	DOCTOR_LOCKED_OUT,  /* not authorized, by USBGuard say */
	DOCTOR_REFUSED,     /* not opened, whatever its mode says */
	DOCTOR_DRIVER,      /* a kernel driver has it */
	DOCTOR_UNSUPPORTED, /* cannot be driven */
	DOCTOR_FIRMWARE,    /* known to be faulty */
	DOCTOR_QUIRK,       /* known to be peculiar */
	DOCTOR_DESCRIPTOR,  /* claims that are not believed */
	DOCTOR_NO_PIN,      /* a PIN pad that is not used */
	DOCTOR_NO_CARD,
	DOCTOR_MUTE,   /* a card that does not answer */
	DOCTOR_CARD,   /* one that cannot be used */
	DOCTOR_ATR,    /* one whose ATR breaks rules */
	DOCTOR_FAILS,  /* anything else */
	DOCTOR_ANSWERS /* a card that works */
};
#define DOCTOR_IDS (DOCTOR_ANSWERS + 1)

enum doctor_level {
	DOCTOR_GOOD,
	DOCTOR_NOTE,    /* worth knowing */
	DOCTOR_ODD,     /* works, but may explain trouble */
	DOCTOR_PROBLEM, /* keeps a reader or card from working */
};

struct doctor_finding {
	enum doctor_id id;
	enum doctor_level level;
	const char *name;    /* static: "no-permission" */
	const char *reader;  /* its name or "", when it is not about one */
	const char *address; /* or node, or "" */
	const char *text;    /* what is the matter */
	const char *advice;  /* what to do; NULL: nothing */
};

struct doctor {
	const struct ccid_usb_roots *roots;
	void (*tell)(void *arg, const struct doctor_finding *f);
	void *arg;
	const char *reader, *address; /* of what comes */
	int code;                     /* of the first problem, enum cli_exit */
};

/* "problem", ... Static. */
const char *doctor_level_name(enum doctor_level level);

void doctor_say(struct doctor *d, enum doctor_id id, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What keeps readers on this machine's buses from being seen at all. */
void doctor_surroundings(struct doctor *d);

/* Of the reader at this node: whether it can be opened without disturbing anybody. False after a finding
 * that says why not. */
bool doctor_node(struct doctor *d, const struct ccid_usb_found *found);

/* What is known about a reader without opening it. False: it cannot be driven. */
bool doctor_nature(struct doctor *d, const struct iscard_capabilities *caps);

/* Attach to the card, and tell how that goes. */
void doctor_card(struct doctor *d, iscard_context *context);

#endif
