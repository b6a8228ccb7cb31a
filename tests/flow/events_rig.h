/* SPDX-License-Identifier: MIT */
/* What the tests of events share: a context with "usb:" on a made-up tree, whose readers answer by
 * themselves, in a time that the test owns. */
#ifndef EVENTS_RIG_H
#define EVENTS_RIG_H

#include "transport_responder.h"
#include "usb_tree.h"
#include "watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define RIG_READERS 3

struct events_rig {
	struct usb_tree tree;
	struct fake_clock clock;
	struct responder unit[RIG_READERS][2]; /* by turns, each time one is plugged in */
	struct responder *device[RIG_READERS]; /* on ports 1-1, 1-2, 1-3 */
	unsigned number[RIG_READERS];          /* as devices of the bus, 0 when unplugged */
	unsigned last_number;
	unsigned opens;        /* tried */
	int open_error;        /* what opening returns instead, when not 0 */
	int64_t open_ms;       /* how long that takes */
	void (*opening)(void); /* called once while it lasts */
	const char *maker;     /* what a reader says itself when it is open, if not NULL */
	int descriptors;
	iscard_context *context;
	struct iscard_event event; /* the last one */
};
extern struct events_rig rig;

#define ARRIVED  ISCARD_EVENT_READER_ARRIVED
#define LEFT     ISCARD_EVENT_READER_LEFT
#define STATUS   ISCARD_EVENT_READER_STATUS
#define INSERTED ISCARD_EVENT_CARD_INSERTED
#define REMOVED  ISCARD_EVENT_CARD_REMOVED

/* Nothing is plugged in. readers: NULL for "usb:"; behind "test:..." is device 0, when it was made. */
void rig_begin(const char *readers);
/* The context goes: demand that every reader was closed and no descriptor is left. */
void rig_finish(void);

iscard_context *rig_another(void);

void rig_make(unsigned i, const struct fake_reader *kind); /* not on the bus */
void rig_plug(unsigned i);
void rig_plug_kind(unsigned i, const struct fake_reader *kind);
void rig_unplug(unsigned i);
/* Time passes; what the sources of news say has settled. */
void rig_settle(void);
void rig_pass(int64_t ms);

/* Take in what has come, and tell nothing. */
void rig_take(void);

void rig_watch(void); /* all, with cards */
const char *rig_name(unsigned i);

/* The next event is this one, about that reader; rig.event. */
#define EXPECT(event_type, i) rig_expect(event_type, i, __FILE__, __LINE__)
void rig_expect(iscard_event_type type, unsigned i, const char *file, int line);
/* There is none, and the descriptor says so. */
#define EXPECT_NOTHING() rig_expect_nothing(__FILE__, __LINE__)
void rig_expect_nothing(const char *file, int line);
bool rig_readable(void);
/* The timer that the context has set, ms; -1 for none. */
int64_t rig_timer(void);

int rig_count_entries(const char *dir);

#endif
