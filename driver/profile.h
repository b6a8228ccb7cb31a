/* SPDX-License-Identifier: MIT */
/* What a reader is, before a word is said to it: its claims, what the quirk table makes of them, and
 * what is driven. */
#ifndef CCID_PROFILE_H
#define CCID_PROFILE_H

#include "quirks.h"
#include "transport.h"

enum ccid_iccd {
	CCID_ICCD_NONE,
	CCID_ICCD_A,
	CCID_ICCD_B
};

/* What an interface has beside its class descriptor. */
struct ccid_wiring {
	uint8_t protocol; /* bInterfaceProtocol */
	bool bulk;        /* both bulk endpoints */
	bool interrupt;
};

struct ccid_profile {
	struct ccid_class_desc claims; /* as the device says */
	struct ccid_class_desc desc;   /* clamped, quirks applied */
	struct ccid_tuning tuning;
	struct ccid_wiring wiring;
	enum ccid_level level;
	enum ccid_iccd iccd;
	unsigned nslots;
};

struct ccid_wiring ccid_wiring_of(const struct ccid_interface *iface);

/* kind "quirk" or "descriptor", with what was found. */
typedef void ccid_profile_note(void *arg, const char *kind, const char *text);

/* note may be NULL. CCID_E_UNSUPPORTED: neither bulk endpoints nor a token that is known. */
CCID_MUST_USE
int ccid_profile_make(struct ccid_profile *out, const struct ccid_class_desc *claims,
                      const struct ccid_wiring *wiring, const struct ccid_identity *id,
                      ccid_profile_note *note, void *arg);

/* Longest command APDU that the driver gets through such a reader. */
size_t ccid_profile_max_apdu(const struct ccid_profile *p);

#endif
