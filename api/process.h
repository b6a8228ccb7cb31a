/* SPDX-License-Identifier: MIT */
/* What the process has one of: the mutex over open readers and handles, and the count of forks.
 *
 * Lock order: object -> process -> port (port.h) -> the driver's own. Nothing waits for I/O with
 * the process mutex held. */
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

/* A number that no other call has given. Entered or not. */
ULONG_PTR ccid_process_number(void);

/* Handles, with the process entered. Add gives *handle; CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_handle_add(struct ccid_session *s, HSCARD *handle);
struct ccid_session *ccid_handle_find(HSCARD handle);
void ccid_handle_remove(HSCARD handle);

#endif
