/* SPDX-License-Identifier: MIT */
/* From the addresses of a context to slots of readers, and from a name to one of them. */
#ifndef CCID_FIND_H
#define CCID_FIND_H

#include "context_priv.h"
#include "transport_usb.h"

/* A slot that was found. Texts and pointers are valid during the visit. */
struct ccid_seen {
	const char *name, *address;
	int err; /* why it cannot be reached; then what follows is 0 */
	unsigned slot;
	uint16_t vid, pid;
	uint32_t mechanical;
	const struct ccid_usb_found *found; /* USB */
	struct ccid_source *source;         /* not USB */
};

/* fn for every slot, in the order of iscard_context_list(), until it returns other than 0, which is
 * then returned; else 0 or CCID_E_NOMEM. c->lock is held. *denied as ccid_usb_scan(). */
CCID_MUST_USE
int ccid_find_all(iscard_context *c, int (*fn)(void *arg, const struct ccid_seen *seen), void *arg,
                  unsigned *denied);

/* The other process that has the USB reader that a name or an address means, as ccid_usb_holder();
 * "" when that cannot be seen. */
void ccid_find_holder(iscard_context *c, const char *name, char *out, size_t cap);

/* The same without connecting to anybody, so without what is not USB and not known, and without a
 * word in the log. */
CCID_MUST_USE
int ccid_find_present(iscard_context *c, int (*fn)(void *arg, const struct ccid_seen *seen),
                      void *arg);

/* What an attach needs to open a reader. */
struct ccid_target {
	char *key; /* the same for the same reader, in any context; owned */
	unsigned slot;
	bool usb;
	struct ccid_usb_found found; /* USB */
	struct ccid_source source;   /* not USB; owned */
};

/* The reader that a name or an address means. CCID_E_NOTFOUND, also for a malformed address,
 * CCID_E_ACCESS when it may be one that we may not look at, or why it cannot be reached. On success to
 * be given to ccid_target_fini(). */
CCID_MUST_USE
int ccid_find(iscard_context *c, const char *name, struct ccid_target *out);
void ccid_target_fini(struct ccid_target *t);

/* A transport to it: the one the context has kept since it identified the reader (*kept), or a new
 * one. */
CCID_MUST_USE
int ccid_target_open(struct ccid_target *t, iscard_context *c, struct ccid_transport **out,
                     bool *kept, int64_t deadline);

#endif
