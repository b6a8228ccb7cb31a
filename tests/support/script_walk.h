/* SPDX-License-Identifier: MIT */
/* The way through a script: which step the driver's operation meets, and whether it fits. Shared by
 * the files of the scripted transport. */
#ifndef SCRIPT_WALK_H
#define SCRIPT_WALK_H

#include "transport_script.h"

static inline struct script *script_of(struct ccid_transport *t)
{
	return (struct script *)t;
}

/* Note the first departure from the script; always CCID_E_DIVERGED. */
__attribute__((format(printf, 2, 3))) int script_depart(struct script *s, const char *fmt, ...);

/* Bytes as text, cut to fit. Returns out. */
const char *script_hex(char *out, size_t cap, const uint8_t *bytes, size_t len);

/* Do what happens by itself, up to the next step that needs the driver. */
void script_settle(struct script *s);

/* The present step is used up. */
void script_advance(struct script *s);

/* The step that the driver's operation meets, NULL at the end; steps that last until the driver
 * does something else are over. */
const struct script_step *script_meet(struct script *s);

/* Its name, for messages. */
const char *script_expected(const struct script *s);

/* Checks at the head of every operation. 0, or what it must return at once. */
int script_enter(struct script *s, const char *what, int64_t deadline);

/* How many bytes agree with the parsed text of want bytes; and 0, or a departure when not all. */
size_t script_matches(const struct script *s, const uint8_t *buf, size_t len, size_t want);
int script_compare(struct script *s, const uint8_t *buf, size_t len, size_t want);

/* Whether cancel() was called since the last wait. */
bool script_take_cancel(struct script *s);

/* script_bulk.c */
int script_post_in(struct ccid_transport *t, uint8_t *buf, size_t cap);
int script_bulk_out(struct ccid_transport *t, const uint8_t *buf, size_t len, int64_t deadline);
int script_wait_in(struct ccid_transport *t, int64_t deadline);
void script_drop_in(struct ccid_transport *t);

#endif
