/* SPDX-License-Identifier: MIT */
/* What the process has one of: the mutex over open readers and handles, and the count of forks.
 *
 * Lock order of this layer, outermost first:
 *   a watch (watch.h)          held while readers are asked and given back
 *   a context (context_priv.h) held while readers are looked for, peers connected to, and a reader
 *                              given back in whose place another is found
 *   services (iso_card.h)      held while one operation on the card lasts
 *   the process                nothing waits for I/O with it held
 *   a port (port.h)            with all connections on it; given up while anything waits
 *   the driver's own (reader_priv.h)
 * An object's own lock, a connection's `telling`, a context's `meeting` and the lock of replays guard a
 * few fields each: with one of them held no other is taken and nobody else's code is called. To be at
 * one's turn on a connection (ccid_session_enter) is no lock but counts as one, before services. */
#ifndef CCID_PROCESS_H
#define CCID_PROCESS_H

#include "err.h"

#include <iscard/types.h>
#include <pthread.h>
#include <stdbool.h>

struct ccid_session;
struct ccid_open;

struct ccid_process {
	pthread_mutex_t lock;
	pthread_cond_t opened; /* an entry of readers has changed state */
	struct ccid_open *readers;
	struct ccid_session **sessions; /* by increasing handle */
	size_t nsessions, cap;
	struct iscard_context *context; /* the default one, or NULL */
};

/* The process of this side of the last fork. */
struct ccid_process *ccid_process_enter(void);
void ccid_process_leave(void);
/* The same, already entered. */
struct ccid_process *ccid_process(void);

/* Forks seen by this process. What was made under another number belongs to the parent. */
unsigned ccid_process_epoch(void);

/* A number that no other call has given, greater than those before; not 0. They begin at random.
 * Entered or not. */
ULONG_PTR ccid_process_number(void);

/* Handles, with the process entered. Add gives *handle; CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_handle_add(struct ccid_session *s, HSCARD *handle);
struct ccid_session *ccid_handle_find(HSCARD handle);
void ccid_handle_remove(HSCARD handle);

#endif
