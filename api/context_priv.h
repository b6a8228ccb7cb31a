/* SPDX-License-Identifier: MIT */
/* What context, source, find and pool share of a context. */
#ifndef CCID_CONTEXT_PRIV_H
#define CCID_CONTEXT_PRIV_H

#include "address.h"
#include "hotplug.h"
#include "names.h"
#include "usb_scan.h"

#include <iscard/context.h>
#include <pthread.h>
#include <stdatomic.h>

/* Opens addresses of a scheme that neither the driver nor this layer knows: for tests. */
struct ccid_scheme {
	const char *prefix; /* "test:" */
	int (*open)(void *arg, struct ccid_transport **out, const char *address,
	            const struct ccid_env *env, int64_t deadline);
	void *arg;
};

/* Takes the place of the USB of this machine: for tests. */
struct ccid_usb_stand_in {
	const struct ccid_usb_roots *roots;
	const struct ccid_hotplug_config *hotplug;
	int (*open)(void *arg, struct ccid_transport **out, const struct ccid_usb_found *found,
	            const struct ccid_env *env);
	void *arg;
};

/* One address of a context. What is not USB is identified once, and its transport then kept for the
 * first who opens the reader. */
struct ccid_source {
	char *text;
	struct ccid_address address;
	bool usb;
	bool known;
	struct ccid_transport *parked;
	char base[CCID_NAME_MAX];
	unsigned nslots;
	uint16_t vid, pid;
	uint32_t mechanical;
	int64_t retry_at; /* not to be asked for its identity before, by a watch */
	unsigned failures;
	int64_t silent_until; /* nor by anybody: it has just failed, and took its time */
	int error;            /* how */
};

/* The replays of a context, by address (replays.c). */
struct ccid_replays {
	pthread_mutex_t lock; /* innermost */
	unsigned epoch;
	struct ccid_replay *first;
};

struct ccid_hold {
	struct ccid_hold *next;
	struct ccid_open *open;
	char *name;
};

struct iscard_context {
	atomic_ulong refs;   /* users and objects */
	atomic_ulong memory; /* one for all of refs, one for each reader opened here */
	unsigned epoch;
	ULONG_PTR number;
	struct ccid_env env;
	struct iscard_limits limits; /* defaults filled in; lock_ms 0 is none */
	struct ccid_replays replays;
	const struct ccid_scheme *scheme;    /* outlives the context; NULL outside tests */
	const struct ccid_usb_stand_in *usb; /* the same */
	atomic_uint cancels;                 /* ever asked for */
	struct ccid_watch *_Atomic watch;    /* watch.h; NULL until it is needed */

	pthread_mutex_t lock; /* what follows; held while readers are looked for */
	char *trace;
	struct ccid_source *sources;
	size_t nsources;
	struct ccid_names names;
	struct ccid_hold *holds;
	struct ccid_card_type *cards;
	struct ccid_rule *rules; /* rules.h */

	pthread_mutex_t meeting; /* innermost: a reader may end with lock held */
	struct ccid_met *met;    /* policy.h */

	struct iscard_options options; /* set once */
};

/* As iscard_context_create(), with one more scheme. */
HRESULT ccid_context_create(const struct iscard_options *options, const struct ccid_scheme *scheme,
                            iscard_context **out);

/* The context itself, or the default one for NULL, with a reference. SCARD_E_SERVICE_STOPPED. */
HRESULT ccid_context_get(iscard_context *context, iscard_context **out);

const struct ccid_usb_roots *ccid_context_roots(const iscard_context *c);

/* Keep env and memory alive beyond the last user. */
void ccid_context_keep(iscard_context *c);
void ccid_context_drop(iscard_context *c);

/* source.c */

/* Parse an address. CCID_E_FORMAT with *why when malformed or of no known scheme; CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_source_init(struct ccid_source *s, const char *text, size_t len,
                     const struct ccid_scheme *scheme, const char **why);
void ccid_source_fini(struct ccid_source *s);

/* Whether what is behind it can come back after it has left: a recording plays once, and a descriptor
 * is of one device. */
bool ccid_source_returns(const struct ccid_source *s);

/* Whether a text is an address and no name. */
bool ccid_is_address(const char *text, const struct ccid_scheme *scheme);

/* A new transport to a source that is not USB. */
CCID_MUST_USE
int ccid_source_open(const struct ccid_source *s, iscard_context *c, struct ccid_transport **out,
                     int64_t deadline);

/* Identify a source that is not USB, if that was not done. */
CCID_MUST_USE
int ccid_source_identify(struct ccid_source *s, iscard_context *c);

#endif
