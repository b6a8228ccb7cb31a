/* SPDX-License-Identifier: MIT */
/* Readers that move cards: in, out, into a bin; and that hold them.
 *
 *	struct iscard_motion_options wait = {.size = sizeof wait, .flags = ISCARD_MOTION_WAIT,
 *	                                     .taken_ms = 20000};
 *
 *	if (iscard_card_eject(NULL, reader, &wait, NULL) == SCARD_E_TIMEOUT)
 *		iscard_card_capture(NULL, reader, NULL, NULL); // forgotten
 *
 * Nothing moves unless the program asks for it, by a call of this header, the disposition EJECT, or
 * a policy that it has set: not when a reader is opened, and not because its descriptor claims a
 * motor. dwMechanical (USB CCID Rev 1.1, 5.1) is a permission to try: consumer devices without one
 * set its lowest bit. What is not claimed is never sent.
 *
 * Order of motion. A card is taken out of use before it moves: the call waits until no operation and
 * no lock of another connection is on it (so it is not busy), undoes a mechanical lock that was
 * commanded before, powers it off, then moves it. When one of these fails nothing moves. Afterwards
 * every connection to the card sees SCARD_W_RESET_CARD, or SCARD_W_REMOVED_CARD once it has left.
 *
 * What is true. "Commanded" means that the reader answered PC_to_RDR_Mechanical (6.1.12) with
 * success: it accepts the command, which proves no movement. "Taken" means that the mouth was seen to
 * be empty. The standard knows only "present" and "absent", and a reader may well mean its contacts: it
 * says "absent" once the motor has drawn the card out of them, before or after it answers the command;
 * neither "absent" at once nor "present, then absent" tells whether a person has the card. Nor does
 * the time that the answer takes. So an eject that ends in "absent" is S_FALSE, commanded and gone
 * from the contacts, unless somebody vouches for the mouth:
 *   - a back end with a sensor: position() in struct iscard_mechanics;
 *   - the integrator, who has tried it: iscard_context_set_mouth(), ISCARD_MOUTH (context.h), "iscard
 *     eject --sees-mouth". A card that was still reported behind the command, and then no more, has
 *     been taken then.
 * No document of any reader that is known here says so; hence no row of driver/quirks.c does.
 * "Captured" means that a card which was reported, or sensed, or jammed, as the command was sent is no more
 * behind it. When only a mouth that nobody sees may have held one, a capture is S_FALSE, too: the motor may
 * have found what a hand had taken.
 *
 * Every function may be called from any thread; a context that is NULL is the default one; reader is
 * a name or an address in UTF-8, as in context.h. What a slot has been through is remembered as long
 * as the reader is open (a connection, a watch, iscard_context_hold()): a kiosk holds it open. */
#ifndef ISCARD_KIOSK_H
#define ISCARD_KIOSK_H

#include <iscard/reader.h>

ISCARD_C_BEGIN

/* The numbers of bFunction. */
typedef ISCARD_ENUM(iscard_motion) {
	ISCARD_MOTION_ACCEPT = 1,  /* open the mouth, draw a card in; also one that was ejected */
	ISCARD_MOTION_EJECT = 2,   /* out, to be taken */
	ISCARD_MOTION_CAPTURE = 3, /* into the bin; also from the mouth */
	ISCARD_MOTION_LOCK = 4,    /* hold the card; it stays powered, and no card is moved */
	ISCARD_MOTION_UNLOCK = 5,
} iscard_motion;

/* Where the card of a slot is. api/card_place.c holds the table of what may follow what. */
typedef ISCARD_ENUM(iscard_place) {
	ISCARD_PLACE_UNKNOWN = 0,   /* not asked yet, or a motion whose end nobody knows */
	ISCARD_PLACE_ABSENT = 1,    /* the reader reports no card; an ejected one may be in the mouth */
	ISCARD_PLACE_INSERTED = 2,  /* in the mouth, not in position: a sensor says so */
	ISCARD_PLACE_SWALLOWED = 3, /* in position, not powered */
	ISCARD_PLACE_POWERED = 4,   /* in position, powered */
	ISCARD_PLACE_LOCKED = 5,    /* in position, powered or not, and held */
	ISCARD_PLACE_EJECTING = 6,  /* an eject was commanded, and the card is still there */
	ISCARD_PLACE_TAKEN = 7,     /* ... and was seen to leave the mouth */
	ISCARD_PLACE_CAPTURED = 8,  /* in the bin */
	ISCARD_PLACE_JAMMED = 9,    /* the motor failed, and the card is still there */
} iscard_place;

/* "swallowed", "eject"; "unknown". Static. */
ISCARD_API const char *iscard_place_name(iscard_place place);
ISCARD_API const char *iscard_motion_name(iscard_motion motion);

#define ISCARD_MECHANICS_SOURCE 80

/* What a slot can do, and where its card is. */
struct iscard_kiosk_status {
	size_t size;        /* set by the caller: sizeof(struct iscard_kiosk_status) */
	uint32_t abilities; /* ISCARD_MECHANICAL_* */
	char source[ISCARD_MECHANICS_SOURCE]; /* who says so: "dwMechanical", "external: NAME",
	                                       * "none" */
	iscard_place place;
	SCARD_STATES state; /* as ISCard::get_Status; 0: not known */
	int sees_mouth;     /* not 0: TAKEN can be known, by a sensor or the integrator's word */
	int locked;         /* not 0: a lock was commanded and not undone */
	uint32_t ejected, taken, captured, jammed; /* times since the reader was opened */
};

/* Of the reader of that name, which is opened for it, or of the one that an ISCard or ISCardManage
 * object is attached to. GetSlotStatus is sent unless a command is under way, and a back end is
 * asked for its sensor. Waits for nobody. E_POINTER; E_INVALIDARG: size, an empty name, not an
 * object of this library; as AttachByReader about readers; SCARD_E_INVALID_HANDLE,
 * SCARD_E_READER_UNAVAILABLE, SCARD_E_SERVICE_STOPPED. */
ISCARD_API HRESULT iscard_card_place(iscard_context *context, const char *reader,
                                     struct iscard_kiosk_status *status);
ISCARD_API HRESULT iscard_attached_place(void *object, struct iscard_kiosk_status *status);

#define ISCARD_MOTION_WAIT 1u /* for the end: taken, captured, or with ACCEPT a card in position */
#define ISCARD_MOTION_TRY  2u /* do not wait for others' operations and locks */

/* All zero but size is a good start; NULL stands for that. */
struct iscard_motion_options {
	size_t size;          /* sizeof(struct iscard_motion_options) */
	unsigned flags;       /* ISCARD_MOTION_* */
	int64_t commanded_ms; /* until the reader has accepted: others' locks, power off and motor. 0: a
	                       * motor as limits.motion_ms, a lock as limits.lock_ms (context.h) */
	int64_t taken_ms;     /* with WAIT: from then until the end. 0: no limit */
};

/* What was done, whatever the result. */
struct iscard_motion_report {
	size_t size;       /* set by the caller: sizeof(struct iscard_motion_report) */
	HRESULT commanded; /* S_OK: the reader accepted. S_FALSE: nothing was sent. Else why not */
	HRESULT finished;  /* S_OK: the end was seen. S_FALSE: it was not waited for, or cannot be
	                    * seen. SCARD_E_TIMEOUT: not yet. Else why it was not reached */
	iscard_place before, after;
	int64_t commanded_after_ms, finished_after_ms; /* from the call */
};

/* Move the card. Pending events do not matter. options and report may be NULL.
 *   S_OK                         accepted, and the end was seen or (without WAIT, LOCK, UNLOCK) not
 *                                asked for; ACCEPT with a card in position: nothing was to be done
 *   S_FALSE                      accepted, and the end cannot be seen: see above
 *   SCARD_E_TIMEOUT              taken_ms is over, the card is still there or, with ACCEPT, none has
 *                                come (report.commanded is S_OK); or the reader did not answer, or
 *                                another's lock outlasted commanded_ms (report.commanded is this)
 *   SCARD_E_UNSUPPORTED_FEATURE  no such ability, and nothing was sent; or the reader claims it and
 *                                does not know the command: a card to be moved has no power any more
 *   SCARD_E_NO_SMARTCARD         EJECT, CAPTURE, LOCK: no card, and none that is known to be in the
 *                                mouth; nothing was sent, or the reader found none to move or hold
 *   SCARD_E_CANT_DISPOSE         the reader refused or failed, whatever it says of it (the log has
 *                                that); a jam if the place says so
 *   SCARD_F_COMM_ERROR           USB failed, or the reader answered nonsense: it may have moved
 *   SCARD_E_NOT_READY            the slot stays busy, or another thread moves by the same object
 *   SCARD_E_SHARING_VIOLATION    another connection is exclusive; with TRY: the card is in use; or
 *                                another program has the reader
 *   SCARD_E_CANCELLED            iscard_cancel() on the object, or, within a second and while the end
 *                                is waited for, iscard_context_cancel(); one that comes while the
 *                                motor runs ends the wait behind it. What was commanded stays so
 *   E_POINTER, E_INVALIDARG      reader or object; motion, flags, sizes, a negative limit
 * and as AttachByReader about readers, SCARD_E_READER_UNAVAILABLE, SCARD_E_INVALID_HANDLE,
 * SCARD_E_SERVICE_STOPPED. A card that a hand was faster with has been taken, or has left the contacts,
 * as behind any eject. The second form works under the object's own lock, and keeps it. */
ISCARD_API HRESULT iscard_card_move(iscard_context *context, const char *reader,
                                    iscard_motion motion,
                                    const struct iscard_motion_options *options,
                                    struct iscard_motion_report *report);
ISCARD_API HRESULT iscard_attached_move(void *object, iscard_motion motion,
                                        const struct iscard_motion_options *options,
                                        struct iscard_motion_report *report);

static inline HRESULT iscard_card_accept(iscard_context *context, const char *reader,
                                         const struct iscard_motion_options *options,
                                         struct iscard_motion_report *report)
{
	return iscard_card_move(context, reader, ISCARD_MOTION_ACCEPT, options, report);
}

static inline HRESULT iscard_card_eject(iscard_context *context, const char *reader,
                                        const struct iscard_motion_options *options,
                                        struct iscard_motion_report *report)
{
	return iscard_card_move(context, reader, ISCARD_MOTION_EJECT, options, report);
}

static inline HRESULT iscard_card_capture(iscard_context *context, const char *reader,
                                          const struct iscard_motion_options *options,
                                          struct iscard_motion_report *report)
{
	return iscard_card_move(context, reader, ISCARD_MOTION_CAPTURE, options, report);
}

static inline HRESULT iscard_card_lock(iscard_context *context, const char *reader,
                                       const struct iscard_motion_options *options,
                                       struct iscard_motion_report *report)
{
	return iscard_card_move(context, reader, ISCARD_MOTION_LOCK, options, report);
}

static inline HRESULT iscard_card_unlock(iscard_context *context, const char *reader,
                                         const struct iscard_motion_options *options,
                                         struct iscard_motion_report *report)
{
	return iscard_card_move(context, reader, ISCARD_MOTION_UNLOCK, options, report);
}

/* A motion under way, as a back end sees it. Valid during the call. */
struct iscard_job {
	iscard_motion motion;
	const char *reader; /* name of reader and slot */
	unsigned slot;
	int cancel_fd;      /* readable when the motion is to be given up */
	void *internal;
};

/* Milliseconds left; 0: give up. By the context's clock. */
ISCARD_API int64_t iscard_job_left(const struct iscard_job *job);

/* Send a vendor command to the reader whose card is moved, as iscard_escape() does, though no
 * permission is needed: writing a back end is one. */
ISCARD_API HRESULT iscard_job_escape(const struct iscard_job *job, const uint8_t *out,
                                     size_t out_len, uint8_t *in, size_t *in_len);

/* Mechanics that are no PC_to_RDR_Mechanical: a vendor's escape commands, a serial line, a
 * solenoid. What is NULL cannot be done.
 *
 * The five motions run in the thread that asked, after the order of motion above: no other
 * connection uses the card, it is not powered (LOCK and UNLOCK: as it was), and no mutex of this
 * library is held. They may take long: until iscard_job_left() is 0, or cancel_fd is readable; a back
 * end that stays longer holds up its caller and nobody else but those who want this card. They
 * return S_OK when the mechanism accepted; SCARD_E_CANT_DISPOSE when it jammed;
 * SCARD_E_NO_SMARTCARD; SCARD_E_TIMEOUT or SCARD_E_CANCELLED when the end is not known; else a
 * refusal. For one slot one motion runs at a time; slots are moved side by side.
 *
 * They may call iscard_job_*() and anything that does not wait for the same card. A motion of a policy
 * (below) runs inside the call that opens the reader, often iscard_context_next_event(), or that ends
 * the context; in the first case other threads go on with that watch, and hear of this reader, and can
 * connect to it, when the motion is over; in the second the last reference to the context is given
 * away already, so the motion calls nothing with that context. */
struct iscard_mechanics {
	size_t size;      /* sizeof(struct iscard_mechanics) */
	const char *name; /* for "external: NAME"; copied, cut to fit; NULL: "?" */
	void *arg;        /* outlives the context and all connections made in it */

	/* ISCARD_MECHANICAL_* in force now, of those that have a function below; NULL: all. Must not
	 * wait. */
	uint32_t (*abilities)(void *arg, const char *reader);

	HRESULT (*accept)(void *arg, const struct iscard_job *job);
	HRESULT (*eject)(void *arg, const struct iscard_job *job);
	HRESULT (*capture)(void *arg, const struct iscard_job *job);
	HRESULT (*lock)(void *arg, const struct iscard_job *job);
	HRESULT (*unlock)(void *arg, const struct iscard_job *job);

	/* The sensor: ISCARD_PLACE_ABSENT (not even in the mouth), INSERTED (in the mouth), SWALLOWED
	 * (in position), CAPTURED, JAMMED, or UNKNOWN. NULL: there is none, and the reader's own word
	 * counts. Is asked some four times a second while somebody waits; milliseconds, please. In any
	 * thread, also beside a motion; a watch may be locked: it and abilities() call nothing of this
	 * library. */
	iscard_place (*position)(void *arg, const char *reader);
};

/* Use these mechanics for the slots whose name, address or "usb:VID:PID" the pattern fits: a text in
 * which * stands for any characters. The latest fitting one counts, and instead of dwMechanical. NULL
 * takes the one of this very pattern away. What runs goes on with what it began with. Only for this
 * context's calls and connections. E_POINTER: pattern; E_INVALIDARG: size, an empty pattern;
 * E_OUTOFMEMORY, SCARD_E_SERVICE_STOPPED. */
ISCARD_API HRESULT iscard_context_set_mechanics(iscard_context *context, const char *pattern,
                                                const struct iscard_mechanics *mechanics);

/* seen not 0: readers that the pattern fits (as above) report a card as present as long as it is in
 * their mouth, so that "absent" after "present" means that an ejected card was taken. 0: takes this
 * very pattern away. Try it with each model before it is said: eject a card, leave it, wait until the
 * motor stands still and some seconds more; iscard_card_place() must still say "ejecting".
 * Counts from the next motion on. E_POINTER: pattern; E_INVALIDARG: an empty pattern; E_OUTOFMEMORY,
 * SCARD_E_SERVICE_STOPPED. */
ISCARD_API HRESULT iscard_context_set_mouth(iscard_context *context, const char *pattern, int seen);

/* What the disposition EJECT comes to (scardmgr.h): result, iscard_last_disposition(), and place of the
 * card afterwards. tests/flow/test_kiosk_dispositions.c holds every row, and those of the other
 * dispositions, which move nothing, undo no mechanical lock, and are as scardmgr.h says.
 *
 *   reader can eject ...                       Detach          ReAttach         UnlockSCard
 *   and still reports the card                 S_OK            W_REMOVED_CARD   S_OK
 *                                              COMMANDED       COMMANDED        COMMANDED
 *                                              ejecting        ejecting         ejecting
 *   and its contacts are empty at once         S_OK            W_REMOVED_CARD   S_OK
 *                                              CONFIRMED       CONFIRMED        CONFIRMED
 *                                              absent          absent           absent
 *   and jams, or does not answer               E_CANT_DISPOSE  E_CANT_DISPOSE   E_CANT_DISPOSE
 *                                              FAILED          FAILED           FAILED
 *                                              jammed/unknown  jammed/unknown   jammed/unknown
 *   not: the card is powered off and stays     S_OK            S_OK             S_OK
 *                                              POWERED_OFF     POWERED_OFF      POWERED_OFF
 *                                              swallowed       powered          swallowed
 *   whatever it can ...
 *   the card is gone already                   S_OK            E_NO_SMARTCARD   W_REMOVED_CARD
 *                                              NONE            NONE             NONE
 *   the reader is gone                         S_OK            E_READER_UN-     E_READER_UN-
 *                                              NONE            AVAILABLE, NONE  AVAILABLE, NONE
 *   another's reset is pending                 as above        as above         W_RESET_CARD
 *                                                                               NONE
 *   another holds the lock (limits.lock_ms)    E_TIMEOUT       E_TIMEOUT        E_SHARING_VIO-
 *                                              NONE            NONE             LATION, NONE
 *   another's command is under way             waits for it    waits for it     (has the lock)
 *   a mechanical lock holds the card           undone first, then as above
 *
 * CONFIRMED is said of the contacts. From "ejecting" a card goes on to "taken" when it is gone and the
 * mouth is vouched for, else to "absent".
 *
 * ISCard::get_Status tells ABSENT, PRESENT (in the mouth, jammed, or nobody knows), SWALLOWED (in
 * position, not powered, also locked), POWERED (out of step with the reader), NEGOTIABLEMODE and
 * SPECIFICMODE. */

/* What becomes of a card on a bad day, when nobody asks for it. */
typedef ISCARD_ENUM(iscard_fate) {
	ISCARD_FATE_LEAVE = 0,
	ISCARD_FATE_EJECT = 1,
	ISCARD_FATE_CAPTURE = 2,
	ISCARD_FATE_LOCK = 3, /* held until somebody unlocks it */
} iscard_fate;

/* All zero but size leaves every card where it is, as without a policy. The order of motion holds as
 * ever. What cannot be done (no ability, a jam) leaves the card, powered off, with a line in the log;
 * what was done shows in iscard_card_place(). */
struct iscard_card_policy {
	size_t size; /* sizeof(struct iscard_card_policy) */

	/* The context ends in good order (its last reference goes) and has the reader open: held
	 * (iscard_context_hold()), or watched for cards. Not after a fork, and not for a card that a
	 * connection of another context uses. */
	iscard_fate at_end;

	/* A card is found in the reader when this context opens it for the first time: a program
	 * that crashed, or a machine that lost its power, has left it; or a person has put it in
	 * while nobody looked. EJECT and CAPTURE unlock first, here and in at_return: the reader does
	 * not say whether the lock of that program still holds the card. */
	iscard_fate at_start;

	/* A card is found in a reader that comes back after it had left while this context used it:
	 * loss of power, an unplugged cable. */
	iscard_fate at_return;

	int64_t motion_ms; /* for the motion; 0: as limits.motion_ms. Opening the reader takes so much
	                    * longer: at_start and at_return move the card before anybody gets it */
};

/* Use the policy for the slots that the pattern fits: as iscard_context_set_mechanics(). Set it before
 * the reader is opened first. E_INVALIDARG: also a fate that is none, or a negative motion_ms. */
ISCARD_API HRESULT iscard_context_set_policy(iscard_context *context, const char *pattern,
                                             const struct iscard_card_policy *policy);

ISCARD_C_END

#endif
