/* SPDX-License-Identifier: MIT */
/* Readers and cards that come and go.
 *
 *	int fd;
 *	iscard_context_watch(ctx, NULL, ISCARD_WATCH_CARDS);
 *	iscard_context_event_fd(ctx, &fd);
 *	for (;;) {
 *		poll(fd, POLLIN) ... with whatever else the program waits for
 *		while (iscard_context_next_event(ctx, &event) == S_OK)
 *			...
 *	}
 *
 * Nothing happens behind the program's back: there is no thread and no callback. What came is taken
 * by iscard_context_next_event() and iscard_context_wait(), in the thread that calls them.
 *
 * Events are differences, not messages: each call compares what is with what it has told, so that
 * memory is bounded and nothing true is lost, however late the program looks. A card that was taken
 * out and put back meanwhile is told as removed and inserted; one that came and left several times
 * as one time, and `insertions` has gone on by the number of times.
 *
 * A reader must be open for its cards to be seen. A watch (and a wait, while it lasts) opens it,
 * without giving power to any card, and gives it back when the last watch and the last connection
 * have ended. When it cannot be opened (another process holds it, permission is missing) its
 * `result` says so and it is tried again, after 1 s at first and 60 s at last; permission that udev
 * grants late is noticed at once. Opening exchanges a few messages with the reader, milliseconds as
 * a rule and limits.open_ms at most, as does connecting to a usbredir server; to give back a reader
 * whose card has power, and to ask one without interrupt endpoint, takes three seconds when it does
 * not answer. Nothing else here waits, except for iscard_context_wait().
 *
 * USB readers are found again on the port where they were and get their names back, and go on
 * counting; of those that nobody watches by name the last 64 that left are remembered. Behind a
 * usbredir address the connection is made anew, after the same times. A reader behind fd:N or
 * replay: that has left does not come back by itself.
 *
 * While nothing happens nothing runs: no time-out is set, unless
 *   - a watched reader has no interrupt endpoint: GetSlotStatus once a second for each slot;
 *   - the peer has no descriptor to wait on (replay:): a look once a second;
 *   - a back end with a sensor (kiosk.h) was set before the reader was opened: it is asked once a
 *     second, and must not call a function of this header then;
 *   - a reader could not be opened: see above;
 *   - the system has slept: then each slot with a card is asked, until it answers, once a second;
 *   - there is no source of hot-plug news, see iscard_context_hotplug(): a look every two seconds.
 *
 * Contexts: NULL is the default one. Every function may be called from any thread. After a fork the
 * child gets SCARD_E_SERVICE_STOPPED; all descriptors are close-on-exec. */
#ifndef ISCARD_EVENTS_H
#define ISCARD_EVENTS_H

#include <iscard/kiosk.h>

ISCARD_C_BEGIN

#define ISCARD_WATCH_READERS 0u /* readers come and go; USB readers are not opened for it */
#define ISCARD_WATCH_CARDS   1u /* and cards in them */

/* Watch a reader: by name (UTF-8), by an address (as in context.h: whichever of the context's readers
 * fit it), or all of the context with NULL. It need not be there yet. What is there already comes as
 * events too. Watching again what is watched replaces the flags. A watch ends with
 * iscard_context_unwatch() or with the context. E_INVALIDARG: flags; E_OUTOFMEMORY,
 * SCARD_E_SERVICE_STOPPED. */
ISCARD_API HRESULT iscard_context_watch(iscard_context *context, const char *reader,
                                        unsigned flags);

/* End a watch, named as it was begun. Its readers are told no more. SCARD_E_UNKNOWN_READER: nothing
 * is watched under this name. */
ISCARD_API HRESULT iscard_context_unwatch(iscard_context *context, const char *reader);

/* One slot of one reader, as it is now. */
struct iscard_slot_status {
	HRESULT result;   /* S_OK: open, and what follows is true. S_FALSE: there, and only watched
	                   * for arrival. Else why it cannot be used: SCARD_E_UNKNOWN_READER it is not
	                   * there, SCARD_E_SHARING_VIOLATION another process holds it,
	                   * SCARD_W_SECURITY_VIOLATION no permission, or as AttachByReader */
	uint32_t changes; /* rises with each change of what stands here; never 0; wraps to 1 */
	uint32_t arrivals;   /* times the reader was seen to come; over its whole life here */
	uint32_t insertions; /* times a card was seen to come; over the reader's whole life here */
	SCARD_STATES state;  /* ABSENT: no card. SWALLOWED, POWERED, NEGOTIABLEMODE, SPECIFICMODE: as
	                      * ISCard::get_Status. PRESENT: a card that gives no sign yet, or in the
	                      * mouth. 0 unless result is S_OK */
	uint8_t atr[33];     /* of a powered card */
	size_t atr_len;      /* 0: not powered */
	unsigned connections; /* of this process, to the card in it */
	int exclusive;        /* not 0: the only one, and it shares with nobody */
	iscard_place place;   /* as iscard_card_place(); UNKNOWN unless result is S_OK */
	int locked;           /* mechanically; not 0: it was commanded and not undone */
	uint32_t ejected, taken, captured, jammed; /* times; over the reader's whole life here */
};

/* Numbers may be added behind the last one: a program passes over what it does not know. */
typedef ISCARD_ENUM(iscard_event_type) {
	ISCARD_EVENT_READER_ARRIVED = 1,
	ISCARD_EVENT_READER_LEFT = 2,   /* after CARD_REMOVED, if there was a card */
	ISCARD_EVENT_READER_STATUS = 3, /* result has changed: lost to another process, open at last */
	ISCARD_EVENT_CARD_INSERTED = 4,
	ISCARD_EVENT_CARD_REMOVED = 5,

	/* Of readers that move cards (kiosk.h). An eject has two events: the command, and the taking,
	 * which follows CARD_REMOVED and is told only when it was seen. */
	ISCARD_EVENT_CARD_EJECTING = 6, /* the reader has accepted the command */
	ISCARD_EVENT_CARD_TAKEN = 7,
	ISCARD_EVENT_CARD_CAPTURED = 8,
	ISCARD_EVENT_CARD_JAMMED = 9, /* a motion failed, and the card is still there */
	ISCARD_EVENT_CARD_LOCKED = 10,
	ISCARD_EVENT_CARD_UNLOCKED = 11,
} iscard_event_type;

struct iscard_event {
	iscard_event_type type;
	char reader[ISCARD_NAME_SIZE];     /* its name, for AttachByReader */
	char address[ISCARD_ADDRESS_SIZE]; /* opens slot 0 of it */
	unsigned slot;
	struct iscard_slot_status now; /* as it is now, perhaps more than the event says */
};

/* What the event is called: "reader-arrived", "card-removed"; "unknown". Static. */
ISCARD_API const char *iscard_event_name(iscard_event_type type);

/* The descriptor to poll for reading; the context's own, never to be read or closed. It stays
 * readable until iscard_context_next_event() has returned S_FALSE; whoever polls with EPOLLET calls
 * that until it does. It may stand in an epoll set, and that in another, but not in a third: the
 * kernel's limit; news then comes by looking, once a second. Another limit of the kernel's: where
 * more than fifty contexts watch one reader, epoll_ctl() refuses the descriptors of the rest
 * (EINVAL); poll() takes them. E_POINTER, E_OUTOFMEMORY (of descriptors too),
 * SCARD_E_SERVICE_STOPPED. */
ISCARD_API HRESULT iscard_context_event_fd(iscard_context *context, int *fd);

/* Take in what has come, and the next event of a watched reader: S_OK, or S_FALSE when there is
 * none; *event is then unchanged. Each event is told once for the context: whoever wants all of
 * them besides another makes a context of his own. E_POINTER, SCARD_E_SERVICE_STOPPED. */
ISCARD_API HRESULT iscard_context_next_event(iscard_context *context, struct iscard_event *event);

/* A reader that a wait is about, and the caller's knowledge of it. */
struct iscard_reader_state {
	const char *reader; /* in: name or address, or NULL: the list of readers itself, whose only
	                     * field is now.changes */
	uint32_t seen;      /* in: now.changes of the time before; 0: nothing is known */
	struct iscard_slot_status now; /* out */
};

#define ISCARD_INFINITE (-1)

/* Wait until now.changes of one of the readers is another than the caller has seen. S_OK, with now
 * of all of them filled in: at once when there is a difference already, so that nothing is lost
 * between two waits. The readers are watched for cards as long as this takes; keep them watched
 * with iscard_context_watch() if what happens between two waits must be counted. timeout_ms: 0 only
 * looks, ISCARD_INFINITE has no limit; when it is over SCARD_E_TIMEOUT, with now filled in.
 * SCARD_E_CANCELLED: see below; now is filled in. E_POINTER: states with count above 0;
 * E_INVALIDARG: another negative timeout; E_OUTOFMEMORY, SCARD_E_SERVICE_STOPPED. */
ISCARD_API HRESULT iscard_context_wait(iscard_context *context, struct iscard_reader_state *states,
                                       size_t count, int64_t timeout_ms);

/* End every wait under way in this context, or else the next one that would have to wait, with
 * SCARD_E_CANCELLED. So a cancel is never too early; several before one wait are one. Also from a
 * signal handler, with a context other than NULL; errno is kept. SCARD_E_SERVICE_STOPPED. */
ISCARD_API HRESULT iscard_context_cancel(iscard_context *context);

/* Where news of USB readers comes from: "udev", "kernel" (its own messages, without udev), "inotify"
 * (the device nodes only, as in most containers), "rescan" (none of these: a look every two
 * seconds), or "none" while nothing on USB is watched, and while there is no descriptor left for it (a
 * look every second). With "+rescan" behind it the source has not proven yet that it speaks here, and
 * looks are taken too until it does. Static. E_POINTER, SCARD_E_SERVICE_STOPPED. */
ISCARD_API HRESULT iscard_context_hotplug(iscard_context *context, const char **source);

ISCARD_C_END

#endif
