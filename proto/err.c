/* SPDX-License-Identifier: MIT */
#include "err.h"

#include "bytes.h"

/* Each code, from 0 down without a gap. */
#define ERRORS(X)                                                                                  \
	X(OK, "OK", "no error")                                                                    \
	X(E_ARG, "ARG", "an argument is not valid")                                                \
	X(E_NOMEM, "NOMEM", "out of memory")                                                       \
	X(E_SPACE, "SPACE", "the buffer is too small")                                             \
	X(E_SHORT, "SHORT", "the data ends too early")                                             \
	X(E_FORMAT, "FORMAT", "the data is malformed")                                             \
	X(E_TIMEOUT, "TIMEOUT", "no answer in time")                                               \
	X(E_CANCELLED, "CANCELLED", "cancelled by the caller")                                     \
	X(E_IO, "IO", "USB transfer failed")                                                       \
	X(E_STALL, "STALL", "the reader stalled the endpoint")                                     \
	X(E_BABBLE, "BABBLE", "the reader sent more than was asked for")                           \
	X(E_GONE, "GONE", "the reader is gone")                                                    \
	X(E_ACCESS, "ACCESS", "no permission to open the reader")                                  \
	X(E_BUSY, "BUSY", "the reader is in use by another program")                               \
	X(E_NOTFOUND, "NOTFOUND", "not found")                                                     \
	X(E_NOCARD, "NOCARD", "no card in the slot")                                               \
	X(E_STALE, "STALE", "the card was replaced or reset")                                      \
	X(E_INACTIVE, "INACTIVE", "the card is not powered")                                       \
	X(E_MUTE, "MUTE", "the card does not answer")                                              \
	X(E_BAD_ATR, "BAD_ATR", "the card's ATR cannot be used")                                   \
	X(E_PROTOCOL, "PROTOCOL", "card and reader share no wanted protocol")                      \
	X(E_PPS, "PPS", "the card refused the protocol parameters")                                \
	X(E_COMM, "COMM", "data to or from the card was lost")                                     \
	X(E_HARDWARE, "HARDWARE", "the reader reports a hardware fault")                           \
	X(E_CLASS, "CLASS", "the reader cannot supply the card's voltage")                         \
	X(E_SLOT_BUSY, "SLOT_BUSY", "the slot stays busy")                                         \
	X(E_NO_SLOT, "NO_SLOT", "the reader has no such slot")                                     \
	X(E_UNSUPPORTED, "UNSUPPORTED", "not supported")                                           \
	X(E_REFUSED, "REFUSED", "the reader refused the command")                                  \
	X(E_ABORTED, "ABORTED", "the command was aborted")                                         \
	X(E_PIN_CANCELLED, "PIN_CANCELLED", "PIN entry was cancelled")                             \
	X(E_PIN_TIMEOUT, "PIN_TIMEOUT", "PIN entry took too long")                                 \
	X(E_DIVERGED, "DIVERGED", "the replayed trace and the driver disagree")

#define IN_ORDER(code, name, text) +(-CCID_##code == PLACE_##code)
#define PLACE(code, name, text)    PLACE_##code,
#define NAME(code, name, text)     name "\0"
#define TEXT(code, name, text)     text "\0"

enum {
	ERRORS(PLACE) COUNT
};

_Static_assert(COUNT == 1 - CCID_E_LAST && (0 ERRORS(IN_ORDER)) == COUNT, "each code, in order");

static const char names[] = ERRORS(NAME);
static const char texts[] = ERRORS(TEXT);

static int known(int err)
{
	return err <= 0 && err >= CCID_E_LAST;
}

const char *ccid_err_name(int err)
{
	return known(err) ? ccid_nth_text(names, (size_t)-err) : "?";
}

const char *ccid_err_text(int err)
{
	return known(err) ? ccid_nth_text(texts, (size_t)-err) : "unknown error";
}
