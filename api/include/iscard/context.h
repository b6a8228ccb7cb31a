/* SPDX-License-Identifier: MIT */
/* Contexts: where readers are looked for, under which names, within which limits, and who hears of
 * it.
 *
 * NULL, wherever a context is taken, means the process-wide default context, made on first use from
 * the environment (which is ignored in set-user-ID programs):
 *   ISCARD_READERS  reader addresses, separated by spaces; "usb:" when unset
 *   ISCARD_TRACE    record what goes over the wire to this file
 *   ISCARD_LOG      none, error (the default), warning, info, debug or wire; to standard error,
 *                   where another word is told to be none of them
 *   ISCARD_ESCAPE   1: escape commands are allowed (easy.h)
 *   ISCARD_MOUTH    readers that see a card in their mouth: patterns of iscard_context_set_mouth()
 *                   (kiosk.h), separated by spaces; for a space in a name stands *
 *   ISCARD_TURNS    1: programs of PC/SC, on libpcsclite.so.1 of this library, give a reader back
 *                   between transactions, so that another process may use it; the card is reset
 *
 * Readers and handles belong to the process: two contexts can share a reader. Every function may be
 * called from any thread. After a fork the child may make new contexts, and release objects of the
 * old ones, which then sends nothing; anything else on those is SCARD_E_SERVICE_STOPPED.
 *
 * Functions and objects that a program hands in have to return: no C++ exception, and no longjmp(), may
 * pass through the library.
 *
 * Reader addresses
 *   usb:                        every CCID interface on this machine
 *   usb:BUS-PORT.PORT[#N]       on this USB port; N: interface N of a device that is two readers
 *   usb:VID:PID[:SERIAL]        the ones of this product
 *   fd:N                        an open usbfs node
 *   usbredir:HOST:PORT          a usbredir server; usbredir:/PATH is a unix socket
 *   usbredir-listen:[ADDR]:PORT wait for a usbredir server to call
 *   replay:FILE[?OPTIONS]       a recorded trace
 * Without #N a port stands for all readers that the device is, and opens the first.
 * Behind usbredir-listen: the port is open while a try lasts (open_ms), and a watch tries again after
 * a pause that grows to a minute; who calls in between is refused and has to call again.
 * IPv6 addresses stand in brackets; a space is written %20, in replay:FILE also ? as %3F. OPTIONS,
 * joined by &, are strict=exact, message (the default) or lenient, and speed=none (the default), real
 * or a factor such as 2.5 (see replay.h).
 *
 * Reader names look like "Vendor Product [Interface] (SERIAL) 00 00": at the end the number of the
 * reader among equal ones and the slot, in hexadecimal. A number stays bound to its USB port as long
 * as the context lives; of readers that left, some 250 are remembered. Where sysfs does not tell the
 * port it is free again when the reader has left. */
#ifndef ISCARD_CONTEXT_H
#define ISCARD_CONTEXT_H

#include <iscard/unknown.h>

ISCARD_C_BEGIN

typedef struct iscard_context iscard_context;

#define ISCARD_NAME_SIZE    544  /* room for any reader name in UTF-8, with its 0 */
#define ISCARD_ADDRESS_SIZE 1024 /* and for the address of any reader that was reached */

typedef ISCARD_ENUM(iscard_log_level) {
	ISCARD_LOG_NONE,
	ISCARD_LOG_ERROR,
	ISCARD_LOG_WARNING,
	ISCARD_LOG_INFO,
	ISCARD_LOG_DEBUG,
	ISCARD_LOG_WIRE, /* names and lengths of messages */
} iscard_log_level;

/* Time limits in milliseconds; 0 takes the default. */
struct iscard_limits {
	int64_t open_ms;        /* finding and opening a reader: 10 s */
	int64_t power_on_ms;    /* from power-on to the protocol: 60 s */
	int64_t transaction_ms; /* one Transaction, all follow-ups included: 5 min */
	int64_t motion_ms;      /* one motion of the card: 30 s */
	int64_t lock_ms;        /* waiting for another connection's lock: no limit */
	int64_t pin_ms;         /* PIN entry on the reader's pad, all of it: 30 min */
	int64_t escape_ms;      /* one escape command: 30 s */
};

/* All zero but size is a good start. Everything is copied. */
struct iscard_options {
	size_t size;         /* sizeof(struct iscard_options), so that it may grow */
	const char *readers; /* addresses, separated by spaces; NULL: "usb:" */
	const char *trace;   /* record to this file; NULL: do not. A file that exists is not
	                      * touched: ".1", ".2" ... is appended */
	struct iscard_limits limits;

	/* One finished line without newline. reader is its name, or NULL. May be called from any
	 * thread that calls this library, and must not call back into it. NULL: standard error. */
	void (*log)(void *arg, iscard_log_level level, const char *reader, const char *text);
	void *log_arg;
	iscard_log_level log_level;
	int log_payload; /* not 0: APDU bytes too, at level wire. Bytes that may hold a PIN never */

	/* Milliseconds of a clock that never goes back. As log, from any thread, and without calling
	 * back. NULL: CLOCK_MONOTONIC. */
	int64_t (*now_ms)(void *arg);
	void *now_arg;

	int escapes; /* not 0: iscard_escape() may send vendor commands; see there */
};

/* Make a context, with one reference. options NULL: as the default context, from the environment.
 * E_POINTER; E_INVALIDARG: size, a malformed address, a negative limit; E_OUTOFMEMORY. No reader is
 * opened. */
ISCARD_API HRESULT iscard_context_create(const struct iscard_options *options,
                                         iscard_context **context);

/* One reference more or less; NULL is allowed. Objects keep their context alive. */
ISCARD_API iscard_context *iscard_context_ref(iscard_context *context);
ISCARD_API void iscard_context_unref(iscard_context *context);

/* As iscard_create_instance(), in this context. SCARD_E_SERVICE_STOPPED after a fork. */
ISCARD_API HRESULT iscard_context_create_instance(iscard_context *context, REFCLSID clsid,
                                                  REFIID iid, void **object);

/* One slot of one reader. */
struct iscard_reader {
	const char *name;    /* for AttachByReader; the address when the reader cannot be reached */
	const char *address; /* opens slot 0 of it, in any context */
	HRESULT result;      /* S_OK, or why it cannot be reached; then the fields below are 0 */
	unsigned slot;
	uint16_t vid, pid;
	uint32_t mechanical; /* dwMechanical: 1 accept, 2 eject, 4 capture, 8 lock and unlock */
};

/* A snapshot. */
struct iscard_reader_list {
	size_t count;
	const struct iscard_reader *readers;
	unsigned denied; /* USB readers, or folders, that this user has no permission for */
};

/* What the context's addresses name now: USB readers first by bus and port, each address in its
 * place. USB readers are not opened for it; those behind other addresses are connected to and, as
 * long as the context lives, kept. S_OK with count 0 when there is no reader. The caller frees the
 * list. E_POINTER, E_OUTOFMEMORY, SCARD_E_SERVICE_STOPPED. */
ISCARD_API HRESULT iscard_context_list(iscard_context *context, struct iscard_reader_list **list);
ISCARD_API void iscard_reader_list_free(struct iscard_reader_list *list);

/* Keep a reader (name in UTF-8, or address) open, and its card powered, after its last connection
 * has ended: until iscard_context_release(), or the context goes. Errors as AttachByReader's about
 * readers. Holding twice is one hold. SCARD_E_UNKNOWN_READER from release: not held. */
ISCARD_API HRESULT iscard_context_hold(iscard_context *context, const char *reader);
ISCARD_API HRESULT iscard_context_release(iscard_context *context, const char *reader);

/* Record readers that are opened in this context from now on to file (.1, .2 ... as for options->trace),
 * or with NULL or "" no longer. A recording that is under way goes on until its reader is closed.
 * E_OUTOFMEMORY, SCARD_E_SERVICE_STOPPED. */
ISCARD_API HRESULT iscard_context_record(iscard_context *context, const char *file);

ISCARD_C_END

#endif
