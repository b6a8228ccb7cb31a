/* SPDX-License-Identifier: MIT */
/* What the parts of the recorder share: what is said at the start (recorder_open.c), the traffic
 * (recorder.c). */
#ifndef CCID_RECORDER_PRIV_H
#define CCID_RECORDER_PRIV_H

#include "recorder.h"
#include "redact.h"

#include <pthread.h>
#include <sys/types.h>

#define RECORDER_COPY (1u << 17) /* more than any transfer carries */

struct recorder {
	struct ccid_transport base;
	struct ccid_transport *inner;
	struct ccid_trace_writer *file; /* NULL once recording has stopped */
	pthread_mutex_t lock;           /* file, failed, ids: interrupt_in() may run beside */
	int failed;
	uint64_t id, interrupt_id;

	uint64_t in_id; /* of the posted IN request, 0 when none is */
	const uint8_t *in_buf;
	uint8_t *copy; /* RECORDER_COPY; lock */
	struct ccid_redactor *redactor;
	bool unplugged;
	pid_t owner; /* the child of a fork writes nothing */
};

/* Write one packet. p->data and p->data_len are the payload (for small types: all after the
 * header). comment may be NULL. */
void ccid_recorder_put(struct recorder *r, enum ccid_trace_dir dir,
                       const struct ccid_redir_packet *p, const char *comment);
uint64_t ccid_recorder_id(struct recorder *r);

/* Hellos, device, descriptor reads, configuration, interrupt stream. */
void ccid_recorder_introduce(struct recorder *r);
/* Start or stop the interrupt stream, with its answer; nothing without such an endpoint. */
void ccid_recorder_interrupts(struct recorder *r, bool start);

#endif
