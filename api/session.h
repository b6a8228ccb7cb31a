/* SPDX-License-Identifier: MIT */
/* A connection: what a handle stands for. Objects attached to the same handle share one.
 *
 * All functions return result codes as the methods of scardmgr.h with the same purpose, after the
 * arguments were checked. No mutex is held while one waits for another's lock. */
#ifndef CCID_SESSION_H
#define CCID_SESSION_H

#include "cause.h"
#include "cmd.h"
#include "pool.h"
#include "port.h"
#include "process.h"

#include <iscard/scardmgr.h>

/* Driver's set of protocols: bit 0 T=0, bit 1 T=1. */
struct ccid_session {
	atomic_ulong refs; /* of this memory */
	atomic_uint pins;  /* operations under way, and 1 while attached; the last gives up open */
	atomic_bool reached; /* open and port are there: set once */
	atomic_bool closed;
	unsigned epoch;
	unsigned objects; /* process mutex */
	HSCARD handle;
	iscard_context *context;
	struct ccid_open *open;
	struct ccid_port *port;
	pthread_mutex_t telling; /* cause; nothing else is locked meanwhile */
	struct ccid_cause cause;
	atomic_bool told;          /* cause says something */
	struct ccid_member member; /* port mutex, and all below */
	bool busy;                 /* with one command, or one run of them */
	pthread_cond_t idle;       /* not busy any more, or a reason to wait no longer */
	uint32_t run_insertions;   /* busy; the card that a run began with */
	unsigned mark;             /* the reader's last fault when the card was taken in use */
	unsigned calls, cancels;   /* under way, beside those with a use; ccid_session_cancel() */
	unsigned run_since;        /* busy: cancels as that command, or run, began */
	unsigned use_since;        /* the same of the latest that uses the card */
	struct ccid_session_wait *waiting;
	unsigned wanted;
	unsigned protocol;
	uint8_t atr[CCID_ATR_MAX];
	size_t atr_len;
	char name[CCID_NAME_MAX]; /* of reader and slot, in the context; set once */
};

/* A wait for something that is no command, which ccid_session_cancel() ends. */
struct ccid_session_wait {
	struct ccid_session_wait *next;
	int fd; /* readable when cancelled */
};

/* How a connection shares, and what it speaks. */
struct ccid_terms {
	bool exclusive;
	bool direct;     /* to the reader: no card is needed, and none is given power */
	unsigned wanted; /* protocols; of no account when direct */
};

/* A connection to be, with one reference and one object. E_OUTOFMEMORY. */
HRESULT ccid_session_new(struct ccid_session **out, iscard_context *c, unsigned wanted);

/* Make it one, once. Meanwhile it may be cancelled from elsewhere. *cause tells about a failure, after
 * which it is only to be let go of with ccid_session_unref(). */
HRESULT ccid_session_attach(struct ccid_session *s, const char *name,
                            const struct ccid_terms *terms, struct ccid_cause *cause);

/* Both. */
HRESULT ccid_session_connect(struct ccid_session **out, iscard_context *c, const char *name,
                             const struct ccid_terms *terms, struct ccid_cause *cause);

/* The reader of that name, open and no more: not a member of its port, no card is looked at, no
 * handle. One reference; ends with ccid_session_go(). */
HRESULT ccid_session_visit(struct ccid_session **out, iscard_context *c, const char *name);
void ccid_session_go(struct ccid_session *s);

/* The one behind a handle, with a reference and an object more. E_INVALIDARG. */
HRESULT ccid_session_by_handle(struct ccid_session **out, HSCARD handle);

/* An object lets go; the last one on an open connection closes it, with LEAVE, or RESET when it
 * holds the lock. Sends nothing after a fork. */
void ccid_session_drop(struct ccid_session *s);

struct ccid_session *ccid_session_ref(struct ccid_session *s);
void ccid_session_unref(struct ccid_session *s);

/* Whether it still stands; what else may be asked of a closed one is its end. */
bool ccid_session_is_open(const struct ccid_session *s);

HRESULT ccid_session_detach(struct ccid_session *s, SCARD_DISPOSITIONS disposition,
                            iscard_disposition_result *result);
HRESULT ccid_session_reattach(struct ccid_session *s, SCARD_SHARE_MODES mode,
                              SCARD_DISPOSITIONS disposition, iscard_disposition_result *result);
/* The same on other terms. SCARD_E_PROTO_MISMATCH: the card speaks another protocol, and the disposition
 * leaves it as it is. Terms are changed on success only. */
HRESULT ccid_session_reconnect(struct ccid_session *s, const struct ccid_terms *terms,
                               SCARD_DISPOSITIONS disposition, iscard_disposition_result *result);
HRESULT ccid_session_lock(struct ccid_session *s);
HRESULT ccid_session_unlock(struct ccid_session *s, SCARD_DISPOSITIONS disposition,
                            iscard_disposition_result *result);
/* The same as PC/SC has it: what is asked for is done at each level, not at the last alone. */
HRESULT ccid_session_end_transaction(struct ccid_session *s, SCARD_DISPOSITIONS disposition,
                                     iscard_disposition_result *result);
HRESULT ccid_session_status(struct ccid_session *s, SCARD_STATES *state);
HRESULT ccid_session_share_mode(struct ccid_session *s, SCARD_SHARE_MODES *mode);

/* Protocol (0 or 1) and ATR of the card in use. atr has room for CCID_ATR_MAX. */
HRESULT ccid_session_card(struct ccid_session *s, unsigned *protocol, uint8_t *atr, size_t *len);

/* The slot as it is; fails with what is pending. */
HRESULT ccid_session_look(struct ccid_session *s, struct ccid_slot_info *info);

/* As if the card had been reset since it was taken in use. */
void ccid_session_missed_reset(struct ccid_session *s);

/* Give the card power, if it has none, so that there is an ATR; no protocol is agreed upon. For a
 * visit. SCARD_E_SHARING_VIOLATION, at once, when another holds the lock or has the card alone;
 * SCARD_E_NO_SMARTCARD; otherwise as AttachByReader about cards. */
HRESULT ccid_session_power(struct ccid_session *s);

/* What is known about the last failure. Also of a connection that has ended. */
void ccid_session_cause(struct ccid_session *s, struct ccid_cause *out);

/* session_send.c */

/* Send the APDU; returns its answer in rapdu, *n bytes with SW1 SW2. flags: CCID_XFR_*. */
HRESULT ccid_session_transmit(struct ccid_session *s, const struct ccid_blob *apdu, unsigned flags,
                              int class_get_response, struct ccid_blob *rapdu, size_t *n);

/* PIN entry on the reader's pad; the card's answer, or 6400 and 6401, as above. cap: at least 2. */
struct ccid_pin;
HRESULT ccid_session_secure(struct ccid_session *s, const struct ccid_pin *pin, uint8_t *rapdu,
                            size_t cap, size_t *n);

/* Vendor bytes to the reader and back, card or no card. SCARD_W_SECURITY_VIOLATION unless the
 * connection's context allows it. SCARD_E_INSUFFICIENT_BUFFER: the answer is lost. */
HRESULT ccid_session_escape(struct ccid_session *s, const uint8_t *out, size_t len, uint8_t *in,
                            size_t cap, size_t *n);

/* session_run.c: several commands that nobody comes between. */

/* How to tell whether the card is still as one's last command has left it. */
struct ccid_session_mark {
	uint32_t generation;
	uint64_t
		moves; /* commands on this slot, by whomever, that may have selected another file */
};

/* Take the card's lock, and keep other threads of the same connection from sending. On success to be
 * ended by ccid_session_end(). */
HRESULT ccid_session_begin(struct ccid_session *s);
void ccid_session_end(struct ccid_session *s);

/* As ccid_session_transmit(), following 61xx and 6Cxx, between the two. */
HRESULT ccid_session_send(struct ccid_session *s, const struct ccid_blob *apdu,
                          struct ccid_blob *rapdu, size_t *n);

/* Nothing is sent; pending events are reported. */
HRESULT ccid_session_mark(struct ccid_session *s, struct ccid_session_mark *mark);

/* Make every call that is under way, however many commands it is made of and whichever it is at, end
 * with SCARD_E_CANCELLED, unless it has nothing left to do. S_FALSE when there is none: then nothing is
 * changed. */
HRESULT ccid_session_cancel(struct ccid_session *s);

/* session_use.c: what the functions above are made of */

/* Keep the reader open for an operation. SCARD_E_INVALID_HANDLE, SCARD_E_SERVICE_STOPPED. */
HRESULT ccid_session_pin(struct ccid_session *s);
void ccid_session_unpin(struct ccid_session *s);

enum ccid_need {
	CCID_NEED_OPEN,         /* the connection stands */
	CCID_NEED_READER,       /* and the reader is there */
	CCID_NEED_CARD,         /* and nothing is pending */
	CCID_NEED_CARD_AS_HEARD /* the same without listening: the driver will, before it sends */
};

/* What stands in the way, S_OK if nothing, after listening. Port mutex held. */
HRESULT ccid_session_check(struct ccid_session *s, enum ccid_need need,
                           struct ccid_slot_info *info);

/* Get the card to oneself for an operation, after others' locks; port mutex held before and after.
 * On success to be ended by ccid_session_done(). */
HRESULT ccid_session_use(struct ccid_session *s, enum ccid_need need);
void ccid_session_done(struct ccid_session *s);
/* The same for a call that is counted already and began when cancels was since; with a limit of its own
 * for the wait, in the context's time. */
HRESULT ccid_session_use_until(struct ccid_session *s, enum ccid_need need, unsigned since,
                               int64_t deadline);

/* limits.lock_ms from now. */
int64_t ccid_session_lock_limit(const struct ccid_session *s);

/* LockSCard of a call that began then. */
HRESULT ccid_session_lock_since(struct ccid_session *s, unsigned since);

/* A use becomes a level of the lock, and a level a use. Port mutex held. */
void ccid_session_keep(struct ccid_session *s);
void ccid_session_use_level(struct ccid_session *s);

/* fd is open between the two, and readable when somebody cancels, or has since. CCID_E_NOMEM. Port mutex
 * not held. */
CCID_MUST_USE
int ccid_session_wait_begin(struct ccid_session *s, struct ccid_session_wait *w, unsigned since);
void ccid_session_wake(const struct ccid_session_wait *w);
void ccid_session_wait_end(struct ccid_session *s, struct ccid_session_wait *w);

/* One thread of the connection at a time, among those that send commands; port mutex not held. What
 * keeps the others waiting has its own limit; a cancel and the end of the connection end the wait.
 * SCARD_E_CANCELLED, SCARD_E_INVALID_HANDLE. */
HRESULT ccid_session_enter(struct ccid_session *s);
void ccid_session_leave(struct ccid_session *s);
/* The same with the port mutex held. */
HRESULT ccid_session_turn(struct ccid_session *s);
void ccid_session_over(struct ccid_session *s);

/* Take the card as it is for the connection's own. Port mutex held. */
HRESULT ccid_session_adopt(struct ccid_session *s);
/* The same right behind a power-up: a card that was reset since, or left and came back, is powered once more
 * for these protocols. The mutex is let go meanwhile; the slot is in use. deadline: env time. */
HRESULT ccid_session_adopt_powered(struct ccid_session *s, unsigned protocols, int64_t deadline);

/* Note what stopped an operation; text is static. */
void ccid_session_tell(struct ccid_session *s, const char *text);

/* Absolute, in the reader's time. */
int64_t ccid_session_deadline(const struct ccid_session *s, int64_t limit_ms);

/* It did not become one. */
void ccid_session_give_up(struct ccid_session *s);

/* End the connection; other threads' operations run out. False when it had ended already. */
bool ccid_session_close(struct ccid_session *s);

/* dispose.c: with a use of the card, port mutex not held. What they did stands in *result. */

/* For good, as Detach does it. 0, or CCID_E_REFUSED when it could not be done. */
int ccid_dispose(struct ccid_session *s, SCARD_DISPOSITIONS disposition,
                 iscard_disposition_result *result);

/* The card stays in use, as for ReAttach and UnlockSCard: RESET and UNPOWER leave it powered, with
 * one of the protocols (0: none yet). */
HRESULT ccid_redispose(struct ccid_session *s, SCARD_DISPOSITIONS disposition, unsigned protocols,
                       iscard_disposition_result *result);
bool ccid_can_eject(const struct ccid_session *s);

#endif
