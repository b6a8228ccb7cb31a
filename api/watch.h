/* SPDX-License-Identifier: MIT */
/* What a context watches: its descriptors, who asked for what, and a seat for each slot of each
 * reader that was ever seen.
 *
 * Truth is what a scan and the readers say now. A seat compares it with the last picture and counts;
 * what the program has been told is kept beside it, and events are the difference.
 *
 * The watch mutex is the outermost (process.h). It is held while readers are asked and given back, never
 * while one waits for news, or opens a reader, which may take the time of a policy's motor: that seat is
 * "opening" then, and stays as it was for everybody else. */
#ifndef CCID_WATCH_H
#define CCID_WATCH_H

#include "card_place.h"
#include "context_priv.h"
#include "find.h"
#include "hotplug.h"
#include "pool.h"

#include <iscard/events.h>

#define CCID_WATCH_POLL_MS      1000 /* between looks at a reader that tells nothing by itself */
#define CCID_WATCH_STINT_MS     2000 /* after which a call takes no other reader in hand */
#define CCID_WATCH_ANSWER_MS    3000 /* for the answer to such a look */
#define CCID_WATCH_FRUITLESS_MS 100  /* how long a descriptor that is readable without news rests */
#define CCID_WATCH_BACKOFF_MS   1000 /* first; doubles up to the last */
#define CCID_WATCH_BACKOFF_MAX  60000
#define CCID_WATCH_ABSENT_MAX   64 /* seats of readers that have left and nobody asks for by name */

enum ccid_want {
	CCID_WANT_NOTHING,
	CCID_WANT_READER,
	CCID_WANT_CARDS
};

/* Somebody asked for a reader: a watch, or a wait as long as it takes. */
struct ccid_request {
	struct ccid_request *next;
	const char *reader; /* NULL: all */
	char *text;         /* owned, or NULL */
	bool is_address;
	struct ccid_address address;
	enum ccid_want want;
	bool told; /* events are told: a watch */
};

/* As far as iscard_context_next_event() has told. */
struct ccid_told {
	bool present, card;
	uint32_t arrivals, insertions;
	uint32_t ejected, taken, captured, jammed;
	bool locked;
	HRESULT result;
};

struct ccid_watch;

struct ccid_seat {
	struct ccid_seat *next;
	struct ccid_watch *watch;
	char *name, *address;
	unsigned slot;
	uint8_t bus, dev;           /* the device of the last scan, 0 when it was not there */
	struct ccid_source *source; /* not USB: the context's */

	enum ccid_want want;
	bool watched; /* by one that is told */
	bool seen;    /* in the scan under way */
	bool present;
	int64_t gone_until; /* the same device is not believed in before: it had left */
	unsigned losses;

	struct ccid_open *open;
	bool opening; /* by a thread that has let go of the lock: */
	pthread_t opener;
	unsigned lap; /* the last in which it was tended */
	int64_t opened_at;
	struct ccid_listener listener;
	int fd;         /* duplicate of the reader's, -1 */
	bool listening; /* fd is in the set */
	bool ready;
	int64_t hear_at, poll_at, ask_at; /* CCID_NEVER */
	int err;                          /* why it is not open */
	unsigned failures;
	int64_t retry_at;

	bool card;     /* as last seen */
	uint32_t base; /* insertions before the reader was opened, less its own */
	uint32_t ejected, taken, captured, jammed; /* the same of these */
	int64_t sense_at;                          /* CCID_NEVER: no sensor */
	struct iscard_slot_status now;
	struct iscard_slot_status counted; /* the last one that made a change */
	struct ccid_told told;
	struct ccid_usb_found found; /* USB; as the last scan that saw it */
};

struct ccid_waiter {
	struct ccid_waiter *next;
	int fd; /* eventfd */
};

struct ccid_watch {
	iscard_context *context;
	pthread_mutex_t lock; /* all below but the descriptors */
	pthread_cond_t opened;
	int event_fd; /* what is given out: sources, pending_fd */
	int sources;  /* readers, hot-plug, timer_fd, changed_fd */
	int pending_fd, changed_fd, timer_fd, cancel_fd;
	struct ccid_hotplug *hotplug; /* from the first request for USB on */
	struct ccid_request *requests;
	struct ccid_seat *seats; /* in order of appearance */
	struct ccid_waiter *waiters;
	uint32_t list_changes;
	unsigned
		lap; /* over all seats; one that is slow ends a call, and the next goes on behind it */
	unsigned cancels; /* seen by a wait */
	bool follows;     /* hotplug is in sources */
	bool look;        /* a scan is due */
	bool pending;     /* pending_fd is readable */
	bool changed;     /* something is other than those who wait have seen */
	int64_t look_at;  /* a scan that failed is repeated; CCID_NEVER */
	int64_t peers_at; /* who did not answer is asked again; CCID_NEVER */
	int64_t armed;    /* timer_fd; CCID_NEVER */
};

/* watch.c */

/* The context's, made on first use. E_OUTOFMEMORY. */
HRESULT ccid_watch_of(iscard_context *c, struct ccid_watch **out);
/* NULL is allowed. ours: this process made it. */
void ccid_watch_free(struct ccid_watch *w, bool ours);

/* Take in all news, bounded; wake who waits. lock held. */
void ccid_watch_take(struct ccid_watch *w);
/* The same, but no further when CCID_WATCH_STINT_MS are over: the rest stays to be taken. */
void ccid_watch_take_some(struct ccid_watch *w);

/* Between the two the lock is not held; what has come before is told. */
void ccid_watch_let_go(struct ccid_watch *w);
void ccid_watch_resume(struct ccid_watch *w);

/* Whether the reader of s is being opened, by way of any of its slots. lock held. */
bool ccid_seat_is_opening(const struct ccid_seat *s);
/* The same, by another thread: in a motion of a policy nobody can wait for its own end. */
bool ccid_seat_is_opening_elsewhere(const struct ccid_seat *s);

/* fn for each slot of each reader that the watch has open. lock not held: the last reference to the
 * context has gone, so nobody else is here, and fn may take as long as a motor. */
void ccid_watch_visit(struct ccid_watch *w,
                      void (*fn)(iscard_context *c, struct ccid_open *o, unsigned slot));

/* Set or clear the mark that there are events to tell. lock held. */
void ccid_watch_mark(struct ccid_watch *w);

/* text is copied when copy, else it outlives the request. CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_request_init(struct ccid_request *r, const iscard_context *c, const char *text, bool copy);
bool ccid_request_fits(const struct ccid_request *r, const struct ccid_seat *s);
/* lock held. Asked: what one of them wants has changed. */
void ccid_watch_asked(struct ccid_watch *w);
void ccid_watch_add(struct ccid_watch *w, struct ccid_request *r);
void ccid_watch_remove(struct ccid_watch *w, struct ccid_request *r);
void ccid_watch_wake(struct ccid_watch *w);

/* wait.c */

/* iscard_context_wait() that every cancel ends which came after c->cancels was since, whoever else has
 * seen it. lock not held. */
HRESULT ccid_watch_wait(iscard_context *c, struct iscard_reader_state *states, size_t count,
                        int64_t timeout_ms, unsigned since);

/* look.c; lock held: scan, and find seats for what is there */
void ccid_watch_look(struct ccid_watch *w, int64_t now);
/* What is wanted of s, by all requests. */
void ccid_watch_ask(struct ccid_watch *w, struct ccid_seat *s);
/* Whether that reader, known and not on USB, was not there when it was last looked for. lock not held. */
bool ccid_watch_misses(struct ccid_watch *w, const char *name);

/* seat.c; lock held */

/* NULL when memory is short. */
struct ccid_seat *ccid_seat_new(struct ccid_watch *w, const char *name);
void ccid_seat_free(struct ccid_seat *s, bool ours);

/* Where it is now; false when memory is short. */
bool ccid_seat_at(struct ccid_seat *s, const char *address);

/* The reader is there, has left. */
void ccid_seat_arrive(struct ccid_seat *s);
void ccid_seat_depart(struct ccid_seat *s, int64_t now);

/* What somebody wants of it: from now on. */
void ccid_seat_want(struct ccid_seat *s, enum ccid_want want, bool watched);

/* Open, listen, poll, close, as is due; bring now up to date. */
void ccid_seat_tend(struct ccid_seat *s, int64_t now);
int64_t ccid_seat_due(const struct ccid_seat *s);

/* The next thing to tell, 0 for none; and that it was told. */
iscard_event_type ccid_seat_event(const struct ccid_seat *s);
void ccid_seat_tell(struct ccid_seat *s, iscard_event_type type);

/* seat_moves.c; lock held: cards that are moved */

/* The reader has been opened, or found open. */
void ccid_moves_begin(struct ccid_seat *s, int64_t now);
/* Ask the sensor when that is due. */
void ccid_moves_tend(struct ccid_seat *s, int64_t now);
void ccid_moves_see(const struct ccid_seat *s, const struct ccid_card_place *place,
                    struct iscard_slot_status *now);
bool ccid_moves_same(const struct iscard_slot_status *a, const struct iscard_slot_status *b);
/* What comes before a card is removed, and behind that; 0 for nothing. */
iscard_event_type ccid_moves_before(const struct ccid_seat *s);
iscard_event_type ccid_moves_after(const struct ccid_seat *s);
void ccid_moves_tell(struct ccid_told *t, const struct iscard_slot_status *now,
                     iscard_event_type type);

/* Back-off after so many failures. */
int64_t ccid_backoff(unsigned failures);

#endif
