/* SPDX-License-Identifier: MIT */
/* What reader, slot, exchange, recover, power, xfr and mechanics share. Nobody else includes it.
 *
 * A slot is entered (turn.c) for whole procedures; that guards all of it without a note. As many slots
 * can be entered at once as the reader says may be busy (bMaxCCIDBusySlots): each has a lane. The
 * transport takes one thread at a time: the owner of the wire. Who waits for an answer and finds the
 * wire free reads for all, hands answers over by slot and sequence number, and gives the wire up when
 * another wants to send. With one lane the wire is the entered slot's and nothing is locked.
 *
 * A turn and a lane are waited for in the order of asking, until the deadline or a cancel. A cancel is
 * counted in the slot, and the transport only woken: whoever wakes up looks whose it was.
 *
 * Lock order: slot's turn -> lane -> wire -> state. state guards the fields that say so and is never
 * held across a wait. */
#ifndef CCID_READER_PRIV_H
#define CCID_READER_PRIV_H

#include "profile.h"
#include "reader.h"
#include "t1.h"

#include <pthread.h>
#include <stdatomic.h>

#define CCID_RATES_MAX    255
#define CCID_ABORT_MS     2000 /* the whole abort procedure (CCID 5.3.1; field practice) */
#define CCID_STATUS_MS    3000 /* first GetSlotStatus and IccPowerOff */
#define CCID_RETRY_MS     1000 /* later GetSlotStatus; the rest of a message cut in two */
#define CCID_CONTROL_MS   1000
#define CCID_LOOK_MS      1000 /* between looks at the notifications while a command runs */
#define CCID_BUSY_MS      5000 /* how long F2 is waited out */
#define CCID_BUSY_STEP_MS 100
#define CCID_OFF_ON_MS    10 /* ISO 7816-3 6.2.2: between deactivation and activation */
#define CCID_STALE_MAX    16 /* answers dropped, empty transfers taken, in one exchange */

/* Who waits at a gate. Guarded by wire. */
struct ccid_turn {
	struct ccid_turn *next;
	unsigned slot;
	unsigned cancels; /* of the slot, when it came */
	int64_t deadline;
	bool deaf; /* no cancel ends it */
	bool mine;
};

/* So many at once; the others wait, first come, first served. Guarded by wire. */
struct ccid_gate {
	unsigned room, taken;
	struct ccid_turn *first;
};

/* A command under way, or a wait for time alone. Guarded by wire. */
struct ccid_call {
	bool open;
	bool deaf;    /* no cancel ends it: recovery */
	uint8_t type; /* bMessageType; 0: no answer is to come */
	uint8_t seq;
	unsigned slot;
	int64_t silence_ms, unit_ms, deadline, limit;
	unsigned stale, extensions;
	unsigned overtaken; /* what came for others when its time was over */
	bool watches;       /* the card's removal ends it, too */
	bool left;          /* the card did; the reader has one more second to answer */
	uint32_t generation, insertions; /* when it began */
	int result;
	struct ccid_rsp *rsp;
};

/* What a slot needs while it is entered. */
struct ccid_lane {
	bool taken;    /* wire */
	uint8_t *in;   /* wire; its latest answer; NULL with one lane */
	size_t in_len; /* wire */
	struct ccid_call call;
};

/* What is atomic is changed with state locked, and may be read without. */
struct ccid_slot {
	_Atomic(enum ccid_slot_state) state;
	atomic_uint generation;
	atomic_uint insertions;
	unsigned protocol;          /* state */
	bool unannounced;           /* state: no notification of this insertion has come yet */
	atomic_bool suspect;        /* ask before the next command */
	bool agreed;                /* state: protocol and parameters stand */
	bool active_unknown;        /* state: the reader says active, we hold no ATR */
	bool activates;             /* state: cards here get power from the reader by itself */
	bool half_way;              /* in a command of T=0, which only a reset ends */
	bool ours;                  /* state: we gave it power and have not taken it back */
	uint32_t session;           /* the generation that XfrBlock and Secure are meant for */
	uint8_t power;              /* bPowerSelect that worked last */
	int64_t wait_ms;            /* unit of a time extension: WWT or BWT */
	int64_t silence_ms;         /* longest silence in an XfrBlock */
	struct ccid_gate gate;      /* whose turn it is, with several lanes */
	struct ccid_lane *lane;     /* while it is entered */
	atomic_uint users;          /* who has entered it or waits for that */
	atomic_uint cancels;        /* asked for so far */
	unsigned cancels_seen;      /* while it is entered: those that are not for its command */
	atomic_bool expected;       /* somebody is at several commands */
	atomic_uint expected_since; /* cancels before these commands, or told to one of them */
	atomic_bool clock_stopped;
	bool recovering;
	bool looks;            /* entered for a look: no part of what is expected */
	uint8_t owed[256 / 8]; /* wire: sequence numbers given up, whose answer may still come */
	struct ccid_atr atr;   /* state; len 0 when there is none */
	struct ccid_t1 t1;     /* T=1 at TPDU level */
};

struct ccid_reader {
	struct ccid_transport *t;
	const struct ccid_env *env;
	enum ccid_level level;
	uint32_t mechanical;
	enum ccid_iccd iccd;
	struct ccid_tuning tuning;
	unsigned nrates;
	bool rates_known;
	unsigned nslots;

	pthread_mutex_t wire, state;
	pthread_cond_t
		turned; /* with wire: a turn, the wire, an answer or a cancel may have come */
	struct ccid_gate gate;  /* whose turn it is, with one lane */
	struct ccid_gate lanes; /* who gets a lane, with several */
	struct ccid_lane *lane;
	unsigned nlanes, lanes_made;
	bool owned;               /* wire: somebody uses the transport */
	unsigned wanted;          /* wire: how many want it, but to read */
	bool waiting;             /* wire: the owner waits and can be kicked */
	bool kicked;              /* wire: a cancel() of our own may be left in the transport */
	struct ccid_call *sender; /* wire: whose command was sent last; in its lane */

	/* the owner of the wire */
	uint8_t seq;
	uint8_t *out, *in; /* one message each; the second lane's OUT may follow one under way: */
	uint8_t *out_before;
	size_t out_cap, in_cap, out_len, out_before_len;
	bool posted;       /* an IN transfer over in is out */
	bool halted;       /* an endpoint may be halted: clear both before the next command */
	size_t in_len;     /* of a message that has come in part */
	unsigned in_parts; /* transfers of it */
	int64_t in_until;  /* when the rest must have come */
	int64_t look_at;   /* when notifications and transfer are looked at; 0: not set */
	unsigned looks;    /* since the last transfer */
	unsigned unasked;  /* cancels in a row that nobody seems to have asked for */

	atomic_bool gone, woken; /* woken: a cancel() of the transport was for somebody */
	atomic_uint faults;
	struct ccid_fault fault;         /* state */
	int64_t slept;                   /* state: as last looked */
	atomic_ulong sleep_looked;       /* state to change; when that was, its low bits */
	struct ccid_listener *listeners; /* state */

	/* Last what is big: near the start an offset is a byte of code, not four. */
	struct ccid_limits limits;
	struct ccid_class_desc claims, desc;
	uint32_t rates[CCID_RATES_MAX]; /* GET_DATA_RATES, asked for when first needed */
	struct ccid_slot slot[];
};

/* A command and the limits of its answer. */
struct ccid_wait {
	int64_t silence_ms; /* without a word from the reader */
	int64_t unit_ms;    /* times bError is the silence allowed by a time extension */
	int64_t deadline;   /* of the whole */
};

/* turn.c */

/* Wait for the slot's turn and a lane, and take in what the notifications say. CCID_E_NO_SLOT,
 * CCID_E_TIMEOUT, CCID_E_CANCELLED, CCID_E_GONE: not entered. ccid_slot_leave() hands result back. */
CCID_MUST_USE
int ccid_slot_enter(struct ccid_reader *r, unsigned slot, int64_t deadline);
int ccid_slot_leave(struct ccid_reader *r, unsigned slot, int result);
/* The same without waiting: CCID_E_SLOT_BUSY. */
CCID_MUST_USE
int ccid_slot_try_enter(struct ccid_reader *r, unsigned slot);
/* The same without a look at the notifications, however long it takes; cannot fail. */
void ccid_slot_occupy(struct ccid_reader *r, unsigned slot);
/* Whether a cancel means the command of the slot, which is entered; it is used up. Recovery does not
 * hear it: it is for what comes after. */
CCID_MUST_USE
bool ccid_slot_take_cancel(struct ccid_reader *r, unsigned slot);

/* exchange.c; slot entered */

/* One command, one final answer. 0; or what failed, CCID_E_STALE when an XfrBlock or Secure was
 * meant for an earlier card. rsp is filled (its data a view into a buffer of the slot's lane, valid
 * until its next exchange) whenever the reader answered; rsp->type is 0 when it did not. A slot whose
 * command was given up is DESYNCED; the next exchange recovers first. */
CCID_MUST_USE
int ccid_exchange(struct ccid_reader *r, unsigned slot, const struct ccid_cmd *cmd,
                  const struct ccid_wait *wait, struct ccid_rsp *rsp);

/* recover.c; slot entered */

/* Bring a DESYNCED slot back: clear halts, two-part abort, then the ladder. 0, or the slot stays
 * DESYNCED or the reader is gone. */
CCID_MUST_USE
int ccid_recover(struct ccid_reader *r, unsigned slot);
/* The same before a command. What was cancelled meanwhile need not be sent to be cancelled. */
CCID_MUST_USE
int ccid_in_step(struct ccid_reader *r, unsigned slot);

/* slot.c */

/* Change state; a change that the table does not allow is refused and logged. state lock held. */
void ccid_slot_set(struct ccid_reader *r, unsigned slot, enum ccid_slot_state to);
/* The card is gone, unpowered or reset: sessions end. state lock held. */
void ccid_slot_lose(struct ccid_reader *r, unsigned slot, enum ccid_slot_state to);
/* Tell those who listen. state lock held. */
void ccid_reader_tell(struct ccid_reader *r);
/* Take in a bmICCStatus. */
void ccid_slot_saw(struct ccid_reader *r, unsigned slot, enum ccid_icc icc);
/* GetSlotStatus; slot entered. */
CCID_MUST_USE
int ccid_slot_status(struct ccid_reader *r, unsigned slot, int64_t silence_ms, int64_t deadline);
/* A command was given up. */
void ccid_slot_desync(struct ccid_reader *r, unsigned slot);
/* GetSlotStatus when ask, or when a notification left a doubt, which stays until it is answered. A
 * reader that activates by itself cannot settle it: a new card would look like the old one, so the
 * session ends. slot entered. */
CCID_MUST_USE
int ccid_slot_settle(struct ccid_reader *r, unsigned slot, bool ask, int64_t deadline);
/* Only an IccPowerOn tells whether this slot has a card: what else the reader says does not count. */
bool ccid_slot_blind(const struct ccid_reader *r, unsigned slot);
/* Whether the card may still have the power that we gave it. */
bool ccid_slot_ours(struct ccid_reader *r, unsigned slot);
bool ccid_slot_has_atr(struct ccid_reader *r, unsigned slot);

static inline enum ccid_slot_state ccid_slot_now(const struct ccid_reader *r, unsigned slot)
{
	return atomic_load(&r->slot[slot].state);
}

static inline bool ccid_slot_suspect(const struct ccid_reader *r, unsigned slot)
{
	return atomic_load(&r->slot[slot].suspect);
}

/* settings.c; slot entered */
CCID_MUST_USE
int ccid_clock_restart(struct ccid_reader *r, unsigned slot, int64_t deadline);

/* xfr.c; slot entered: the card is the one the session means, and READY; its clock runs, too. */
CCID_MUST_USE
int ccid_same_session(struct ccid_reader *r, unsigned slot, uint32_t generation, int64_t deadline);
CCID_MUST_USE
int ccid_same_card(struct ccid_reader *r, unsigned slot, uint32_t generation, int64_t deadline);

/* power.c; slot entered */
CCID_MUST_USE
int ccid_power_off(struct ccid_reader *r, unsigned slot, int64_t deadline);

/* The card was to be reset or to leave, and waiting for the slot has ended so: no session goes on as if
 * that had not been asked for, and the next activation resets the card. err. Slot not entered. */
int ccid_kept_out(struct ccid_reader *r, unsigned slot, int err);

/* params.c; slot entered: the slot is NEGOTIABLE; agree on a protocol out of wanted and make it READY.
 * CCID_E_PPS asks for a cold reset and plain parameters (fast false); it and CCID_E_PROTOCOL for a warm
 * reset first when ccid_may_change_mode(). */
CCID_MUST_USE
int ccid_agree(struct ccid_reader *r, unsigned slot, unsigned wanted, bool fast, int64_t deadline);
/* Whether a warm reset may bring the card out of its specific mode (ISO/IEC 7816-3, 8.3, TA2). */
bool ccid_may_change_mode(const struct ccid_reader *r, unsigned slot);

/* rates.c; slot entered */

/* The TA1 to ask a card for whose ATR has this one: 0x11 when no more than the default is to be had. */
uint8_t ccid_rate_choose(struct ccid_reader *r, unsigned slot, uint8_t ta1);
/* Whether the reader can follow a card that works at this TA1 whatever the reader does. */
bool ccid_rate_fits(struct ccid_reader *r, unsigned slot, uint8_t ta1);
#define CCID_GET_CLOCK_FREQUENCIES 0x02
#define CCID_GET_DATA_RATES        0x03
/* Ask for one of the two lists; wire owned. Entries of 0 are left out. The number, at most announced;
 * CCID_E_UNSUPPORTED when it is refused, CCID_E_FORMAT when it is no list. */
CCID_MUST_USE
int ccid_rate_list(struct ccid_reader *r, unsigned slot, uint8_t request, uint8_t announced,
                   uint32_t out[CCID_RATES_MAX], int64_t deadline);
/* Bits per second at the reader's default clock. */
uint64_t ccid_rate_of(const struct ccid_reader *r, uint8_t ta1);
/* Tell a reader that does not follow the parameters by itself. CCID_E_PPS when it cannot. */
CCID_MUST_USE
int ccid_rate_set(struct ccid_reader *r, unsigned slot, uint8_t ta1, int64_t deadline);

/* t1_link.c; slot entered */

/* Run the engine to its end: the length of the response, or what failed. A card that does not
 * follow any more loses its power. */
CCID_MUST_USE
int ccid_t1_run(struct ccid_reader *r, unsigned slot, enum ccid_t1_act act, int64_t deadline);
/* The first exchange after activation: S(IFS request), unless the reader does it itself. */
CCID_MUST_USE
int ccid_t1_begin(struct ccid_reader *r, unsigned slot, bool ifs, int64_t deadline);
/* Longest block that fits a message of this reader. */
size_t ccid_t1_max_block(const struct ccid_reader *r);

/* reader.c */
void ccid_reader_lost(struct ccid_reader *r);
/* As ccid_reader_dispatch(), but a look that the transport had a moment ago will do. */
CCID_MUST_USE
int ccid_reader_heard(struct ccid_reader *r);
/* Note a failure (logged here, once) and hand its code back. */
int ccid_fail(struct ccid_reader *r, unsigned slot, const char *where, int err,
              const struct ccid_rsp *rsp);
const char *ccid_reader_label(const struct ccid_reader *r);

#endif
