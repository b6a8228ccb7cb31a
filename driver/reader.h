/* SPDX-License-Identifier: MIT */
/* A reader: one claimed CCID interface, its slots, buffers and sequence counter.
 *
 * Any thread may call any function here. Commands to one slot queue; commands to several slots run
 * side by side as far as the reader claims (bMaxCCIDBusySlots), the others wait in the order of asking,
 * until their deadline: CCID_E_TIMEOUT, and nothing was sent.
 * What ends the conversation of one slot at the level of USB (a halted endpoint, a port reset) ends
 * the command under way of each other, with CCID_E_IO. State can be read (ccid_slot_get_info,
 * ccid_reader_dispatch) while a long command runs. The log sink must not call back in. */
#ifndef CCID_READER_H
#define CCID_READER_H

#include "atr.h"
#include "ccid_msg.h"
#include "transport.h"

struct ccid_reader;

/* Time limits in milliseconds. */
struct ccid_limits {
	int64_t power_on_ms; /* default 60000 */
	int64_t command_ms;  /* floor of the silence limit for an XfrBlock, default 10000 */
	int64_t motion_ms;   /* Mechanical, default 30000 */
	int64_t escape_ms;   /* default 30000 */
};
extern const struct ccid_limits ccid_limits_default;

/* Take over the transport (when and only when 0 is returned), bring the reader into step and ask
 * each slot for its state. limits may be NULL. env outlives the reader. */
CCID_MUST_USE
int ccid_reader_open(struct ccid_reader **out, struct ccid_transport *t,
                     const struct ccid_limits *limits, const struct ccid_env *env,
                     int64_t deadline);

/* Power off what is powered (bounded), close the transport. NULL is allowed. Cannot fail. */
void ccid_reader_close(struct ccid_reader *r);

/* Forget without a word on the wire, for the child of a fork: the transport, whose claim belongs to
 * the parent, is left alone, and what it holds goes when the process ends or calls exec. */
void ccid_reader_abandon(struct ccid_reader *r);

const struct ccid_transport *ccid_reader_transport(const struct ccid_reader *r);
const struct ccid_class_desc *
ccid_reader_claims(const struct ccid_reader *r); /* as the device says */
const struct ccid_class_desc *ccid_reader_desc(const struct ccid_reader *r); /* clamped, quirks */
unsigned ccid_reader_slots(const struct ccid_reader *r);
enum ccid_level ccid_reader_level(const struct ccid_reader *r);

/* Mechanical functions the reader advertises, CCID_MECH_*; junk values are already 0. */
uint32_t ccid_reader_mechanical(const struct ccid_reader *r);

/* Readable when ccid_reader_dispatch() has work; CCID_E_UNSUPPORTED when the reader must be
 * polled. */
int ccid_reader_event_fd(const struct ccid_reader *r);

/* Let time pass until then, or the reader is cancelled, where it passes in waits of the transport alone
 * (a peer in this very thread). CCID_E_UNSUPPORTED, at once, where there are descriptors and a clock to
 * wait for instead. */
CCID_MUST_USE
int ccid_reader_pause(struct ccid_reader *r, unsigned slot, int64_t until);

/* Take the notifications that have come and update the slots; never waits. Number of slots that
 * changed, or CCID_E_GONE. A system that has slept has reset all cards: their sessions end. */
CCID_MUST_USE
int ccid_reader_dispatch(struct ccid_reader *r);

/* Somebody who wants to know when the state of a slot has changed or the reader has left, whichever
 * thread found out. changed() is called with the reader locked: it must neither call back nor
 * wait. */
struct ccid_listener {
	struct ccid_listener *next;
	void (*changed)(struct ccid_listener *l);
};

/* Between the two calls l belongs to the reader. */
void ccid_reader_listen(struct ccid_reader *r, struct ccid_listener *l);
void ccid_reader_unlisten(struct ccid_reader *r, struct ccid_listener *l);
/* Tell them that something above the driver has changed. */
void ccid_reader_announce(struct ccid_reader *r);

/* Make the commands of the slot, of each slot, return CCID_E_CANCELLED: the one that runs, and those that
 * wait for their turn, of which nothing is sent. Any thread, any signal handler. False when there is
 * none. ccid_slot_poll() ends so, too, unless somebody is at several commands (ccid_slot_expect()), whom
 * it leaves the cancel. */
bool ccid_slot_cancel(struct ccid_reader *r, unsigned slot);
/* Several commands that are one to the caller: from now on, until expected is false, a cancel that
 * comes before the first or between two of them ends the next one. Told once, it lets the rest pass. */
void ccid_slot_expect(struct ccid_reader *r, unsigned slot, bool expected);
bool ccid_reader_cancel(struct ccid_reader *r);

/* True once the device has left; it never comes back in this object. */
bool ccid_reader_gone(const struct ccid_reader *r);

/* The latest fault of any slot, and the number of faults so far, which is its serial. */
void ccid_reader_last_fault(struct ccid_reader *r, struct ccid_fault *out);
unsigned ccid_reader_faults(const struct ccid_reader *r);

enum ccid_slot_state {
	CCID_SLOT_UNKNOWN,    /* not asked yet, or lost track: ask before use */
	CCID_SLOT_EMPTY,      /* no card */
	CCID_SLOT_INACTIVE,   /* card present, not powered */
	CCID_SLOT_NEGOTIABLE, /* powered, ATR held, parameters not yet agreed */
	CCID_SLOT_READY,      /* protocol agreed, APDUs accepted */
	CCID_SLOT_DESYNCED,   /* a command was given up: an abort must succeed first */
	CCID_SLOT_STATES
};
const char *ccid_slot_state_name(enum ccid_slot_state state);

/* A snapshot. */
struct ccid_slot_info {
	enum ccid_slot_state state;
	uint32_t generation; /* rises at each removal, power loss and reset */
	uint32_t insertions; /* rises each time a card is seen to have come */
	uint8_t atr[CCID_ATR_MAX];
	size_t atr_len;    /* 0 unless NEGOTIABLE or READY */
	unsigned protocol; /* 0 or 1, meaningful when READY */
	bool gone;         /* the reader has left */
};

CCID_MUST_USE
int ccid_slot_get_info(struct ccid_reader *r, unsigned slot, struct ccid_slot_info *out);

/* Whether a snapshot of the slot would be the same again. Locks nothing. */
bool ccid_slot_still(const struct ccid_reader *r, unsigned slot, const struct ccid_slot_info *is);

/* GetSlotStatus. 0, with the slot's state brought up to date. Does nothing, and returns
 * CCID_E_SLOT_BUSY, when a command is under way. */
CCID_MUST_USE
int ccid_slot_poll(struct ccid_reader *r, unsigned slot, int64_t deadline);

enum ccid_reset_kind {
	CCID_RESET_NONE, /* power on only if the card is not powered */
	CCID_RESET_WARM, /* IccPowerOn as it is; cold when that fails */
	CCID_RESET_COLD, /* IccPowerOff first */
};

/* Make the slot READY with one of the protocols wanted (bit 0 T=0, bit 1 T=1): the card's first
 * offered one when it is among them, T=1 for a contactless ATR. protocols 0: power on or reset and
 * hold the ATR, agree on nothing; the slot is then NEGOTIABLE. CCID_E_NOCARD, CCID_E_MUTE,
 * CCID_E_BAD_ATR, CCID_E_PROTOCOL (the card is powered off again unless it was on before),
 * CCID_E_PPS, CCID_E_HARDWARE, CCID_E_CLASS, ... */
CCID_MUST_USE
int ccid_slot_activate(struct ccid_reader *r, unsigned slot, unsigned protocols,
                       enum ccid_reset_kind reset, int64_t deadline);

/* IccPowerOff. Here as in a reset, an eject or a capture: when the deadline or a cancel comes before the
 * turn, nothing is sent, but the card's sessions end, and the next activation resets it. */
CCID_MUST_USE
int ccid_slot_power_off(struct ccid_reader *r, unsigned slot, int64_t deadline);

#define CCID_XFR_FOLLOW 1u /* act on 61xx and 6Cxx of T=0, where the reader has not */

/* Send one command APDU, store the response with SW1 SW2. generation: as the session last saw it,
 * else CCID_E_STALE and nothing is sent; when the session ends on the way, no more is sent.
 * class_get_response: CLA for an automatic GET RESPONSE, or -1 for the command's own. Returns the
 * length of the response. rapdu must not overlap capdu.
 * CCID_E_SPACE: cap is too small, the response is lost. CCID_E_UNSUPPORTED: longer than the
 * reader's level takes. What has come of a response that fails is wiped. */
CCID_MUST_USE
int ccid_slot_transmit(struct ccid_reader *r, unsigned slot, uint32_t generation,
                       const uint8_t *capdu, size_t len, uint8_t *rapdu, size_t cap, unsigned flags,
                       int class_get_response, int64_t deadline);

/* PC_to_RDR_Mechanical. Nothing is sent (CCID_E_UNSUPPORTED) unless the reader advertises it.
 * Success means that the reader accepted the command. Eject and capture power the card off
 * first. */
CCID_MUST_USE
int ccid_slot_mechanical(struct ccid_reader *r, unsigned slot, enum ccid_mechanical function,
                         int64_t deadline);
/* The same; *tried: whether it was sent. What failed before that has moved nothing. */
CCID_MUST_USE
int ccid_slot_motion(struct ccid_reader *r, unsigned slot, enum ccid_mechanical function,
                     int64_t deadline, bool *tried);

/* The card was moved, by whatever means: no session outlives that, whatever bmICCStatus still says. */
void ccid_slot_moved(struct ccid_reader *r, unsigned slot);

/* PIN entry on the reader's own pad (PC_to_RDR_Secure). pin's prologue is filled in here. Returns the
 * length of the card's answer; a time-out or a cancel at the pad is an answer too, 6400 or 6401.
 * CCID_E_UNSUPPORTED, with nothing sent, when the reader has no pad for it or its pad is known to
 * leak the PIN. cap: at least 2. */
struct ccid_pin;
CCID_MUST_USE
int ccid_slot_secure(struct ccid_reader *r, unsigned slot, uint32_t generation,
                     const struct ccid_pin *pin, uint8_t *rapdu, size_t cap, int64_t deadline);

/* Settings of a reader that APDUs do not need. CCID_E_UNSUPPORTED: the reader does not know the
 * command, its descriptor rules it out (then nothing is sent), or it is a token without bulk endpoints;
 * any other failure means that it knows the command and could not carry it out. */

/* The protocol data structure (CCID 6.2.3): 5 bytes of T=0, 7 of T=1; len 0 when the reader does not
 * say. */
struct ccid_parameters {
	unsigned protocol;
	size_t len;
	uint8_t bytes[7];
};

/* PC_to_RDR_GetParameters, what is in force. PC_to_RDR_ResetParameters, the reader's defaults: the card
 * no longer agrees with them, so its session ends and the next activation resets it. */
CCID_MUST_USE
int ccid_slot_get_parameters(struct ccid_reader *r, unsigned slot, struct ccid_parameters *out,
                             int64_t deadline);
CCID_MUST_USE
int ccid_slot_reset_parameters(struct ccid_reader *r, unsigned slot, struct ccid_parameters *out,
                               int64_t deadline);

/* PC_to_RDR_IccClock: stop the clock of a card that is READY, or let it run again. Stopping is
 * CCID_E_UNSUPPORTED, with nothing sent, unless reader (dwFeatures) and card (ATR, first TA for T=15)
 * allow it. A stopped clock is restarted before the next APDU. */
CCID_MUST_USE
int ccid_slot_clock(struct ccid_reader *r, unsigned slot, uint32_t generation, bool stop,
                    int64_t deadline);

/* PC_to_RDR_T0APDU: the CLA that a reader of an APDU level uses for GET RESPONSE and ENVELOPE of T=0,
 * until the next card: FF for the command's own, -1 for what the descriptor says. */
CCID_MUST_USE
int ccid_slot_t0_classes(struct ccid_reader *r, unsigned slot, int get_response, int envelope,
                         int64_t deadline);

/* GET_CLOCK_FREQUENCIES (kHz) and GET_DATA_RATES (bit/s), as the reader tells them: the number stored.
 * 0: it announces no list, and does the default and the maximum clock, any rate between those of the
 * descriptor. At most 255. CCID_E_SPACE: more than cap. CCID_E_FORMAT: junk. */
CCID_MUST_USE
int ccid_reader_clocks(struct ccid_reader *r, uint32_t *khz, size_t cap, int64_t deadline);
CCID_MUST_USE
int ccid_reader_rates(struct ccid_reader *r, uint32_t *bps, size_t cap, int64_t deadline);

/* PC_to_RDR_Escape: vendor bytes out and in. Returns the length of the answer. */
CCID_MUST_USE
int ccid_reader_escape(struct ccid_reader *r, unsigned slot, const uint8_t *out, size_t len,
                       uint8_t *in, size_t cap, int64_t deadline);

#endif
