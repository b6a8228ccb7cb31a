/* SPDX-License-Identifier: MIT */
#include "err.h"

#include <stddef.h>

static const struct {
	const char *name, *text;
} errs[] = {
	[-CCID_OK] = {"OK", "no error"},
	[-CCID_E_ARG] = {"ARG", "an argument is not valid"},
	[-CCID_E_NOMEM] = {"NOMEM", "out of memory"},
	[-CCID_E_SPACE] = {"SPACE", "the buffer is too small"},
	[-CCID_E_SHORT] = {"SHORT", "the data ends too early"},
	[-CCID_E_FORMAT] = {"FORMAT", "the data is malformed"},
	[-CCID_E_TIMEOUT] = {"TIMEOUT", "no answer in time"},
	[-CCID_E_CANCELLED] = {"CANCELLED", "cancelled by the caller"},
	[-CCID_E_IO] = {"IO", "USB transfer failed"},
	[-CCID_E_STALL] = {"STALL", "the reader stalled the endpoint"},
	[-CCID_E_BABBLE] = {"BABBLE", "the reader sent more than was asked for"},
	[-CCID_E_GONE] = {"GONE", "the reader is gone"},
	[-CCID_E_ACCESS] = {"ACCESS", "no permission to open the reader"},
	[-CCID_E_BUSY] = {"BUSY", "the reader is in use by another program"},
	[-CCID_E_NOTFOUND] = {"NOTFOUND", "not found"},
	[-CCID_E_NOCARD] = {"NOCARD", "no card in the slot"},
	[-CCID_E_STALE] = {"STALE", "the card was replaced or reset"},
	[-CCID_E_INACTIVE] = {"INACTIVE", "the card is not powered"},
	[-CCID_E_MUTE] = {"MUTE", "the card does not answer"},
	[-CCID_E_BAD_ATR] = {"BAD_ATR", "the card's ATR cannot be used"},
	[-CCID_E_PROTOCOL] = {"PROTOCOL", "card and reader share no wanted protocol"},
	[-CCID_E_PPS] = {"PPS", "the card refused the protocol parameters"},
	[-CCID_E_COMM] = {"COMM", "data to or from the card was lost"},
	[-CCID_E_HARDWARE] = {"HARDWARE", "the reader reports a hardware fault"},
	[-CCID_E_CLASS] = {"CLASS", "the reader cannot supply the card's voltage"},
	[-CCID_E_SLOT_BUSY] = {"SLOT_BUSY", "the slot stays busy"},
	[-CCID_E_NO_SLOT] = {"NO_SLOT", "the reader has no such slot"},
	[-CCID_E_UNSUPPORTED] = {"UNSUPPORTED", "not supported"},
	[-CCID_E_REFUSED] = {"REFUSED", "the reader refused the command"},
	[-CCID_E_ABORTED] = {"ABORTED", "the command was aborted"},
	[-CCID_E_PIN_CANCELLED] = {"PIN_CANCELLED", "PIN entry was cancelled"},
	[-CCID_E_PIN_TIMEOUT] = {"PIN_TIMEOUT", "PIN entry took too long"},
	[-CCID_E_DIVERGED] = {"DIVERGED", "the replayed trace and the driver disagree"},
};

static int known(int err)
{
	return err <= 0 && err >= CCID_E_LAST && errs[-err].name != NULL;
}

const char *ccid_err_name(int err)
{
	return known(err) ? errs[-err].name : "?";
}

const char *ccid_err_text(int err)
{
	return known(err) ? errs[-err].text : "unknown error";
}
