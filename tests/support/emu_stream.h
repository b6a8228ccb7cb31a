/* SPDX-License-Identifier: MIT */
/* An emulated reader at the other end of a memory stream, in virtual time: whatever waits makes
 * the clock jump to the next thing that happens. */
#ifndef EMU_STREAM_H
#define EMU_STREAM_H

#include "emu_config.h"
#include "fake_clock.h"
#include "reader.h"
#include "stream.h"

#include <pthread.h>

struct emu_redir;

struct emu_stream {
	struct emu_config cfg; /* what the device was made from */
	struct emu_device *device;
	struct fake_clock clock;
	struct emu_redir *redir; /* while a stream is open */
	pthread_mutex_t lock;    /* over the device, for tests with several threads */
	/* Called once, when a wait takes the clock to hook_at. */
	void (*hook)(void *ctx);
	void *hook_ctx;
	int64_t hook_at;
	unsigned waits; /* times the clock was moved */
	/* Instead of moving the clock: wait until then (0), or until the descriptor is readable
	 * (CCID_E_CANCELLED). */
	int (*pass)(int64_t at, int cancel_fd);
};

/* s lives as long as everything that uses it. The device is made from cfg, the clock starts.
 * Fails the running test when memory is short. */
void emu_stream_init(struct emu_stream *s, const struct emu_config *cfg);
void emu_stream_free(struct emu_stream *s);

/* A new usbredir connection to the device; the one before must be closed. */
struct ccid_stream *emu_stream_open(struct emu_stream *s);

/* The driver over such a connection, with ms of time for it; the result of whatever failed. */
int emu_stream_try(struct emu_stream *s, struct ccid_reader **out, int64_t ms);

/* The same; the running test fails when it does. */
struct ccid_reader *emu_stream_reader(struct emu_stream *s);

#endif
