/* SPDX-License-Identifier: MIT */
/* What the tests of ISCard share: a context whose only reader, "test:reader", is a scripted
 * transport, and objects on it. */
#ifndef RIG_H
#define RIG_H

#include "context_priv.h"
#include "flow.h"

#include <iscard/iscard.h>

struct rig {
	struct fake_clock clock;
	struct script script;
	struct fake_reader reader;
	iscard_context *context;
	const char *product; /* "Reader" when NULL */
	unsigned opens;      /* times the reader was opened */
	int open_error;      /* what opening returns instead, when not 0 */
	int64_t tick;        /* each look at the clock takes so long */
};
extern struct rig rig;

/* A context and a script; the reader is opened by the first attach. The steps begin with OPENING. */
void rig_start(const struct fake_reader *reader, const struct script_step *steps, size_t count);
#define RIG_START(reader, steps) rig_start(reader, steps, sizeof(steps) / sizeof *(steps))
/* The same with a limit on waiting for locks. */
void rig_start_limited(const struct fake_reader *reader, const struct script_step *steps,
                       size_t count, int64_t lock_ms);

/* The same with limits, escapes, level and payload of these options. */
void rig_start_with(const struct fake_reader *reader, const struct script_step *steps, size_t count,
                    const struct iscard_options *options);
#define RIG_START_WITH(reader, steps, ...)                                                         \
	rig_start_with(reader, steps, sizeof(steps) / sizeof *(steps),                             \
	               &(struct iscard_options){__VA_ARGS__})

/* Everything released: demand that the reader was closed and the script used up. */
void rig_end(void);

ISCard *rig_card(void);
ISCardManage *rig_manage(void);
ISCardCmd *rig_cmd(const char *apdu);

HRESULT rig_attach(ISCard *card, const char *name, SCARD_SHARE_MODES mode,
                   SCARD_PROTOCOLS protocols);
/* A new object, attached SHARED with T0 | T1. */
ISCard *rig_attached(void);

/* SELECT of the master file through the object; the status word must be 9000 on S_OK. */
HRESULT rig_select(ISCard *card);
HSCARD rig_handle(ISCard *card);

/* An array of one or, unless second is NULL, two strings. */
SAFEARRAY *rig_texts(const OLECHAR *first, const OLECHAR *second);

/* The result's name in the message when it is another. */
#define assert_hr(call, want) rig_assert_hr(call, want, #call, __FILE__, __LINE__)
void rig_assert_hr(HRESULT hr, HRESULT want, const char *what, const char *file, int line);

#endif
