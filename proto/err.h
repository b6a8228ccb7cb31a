/* SPDX-License-Identifier: MIT */
/* The one list of failures below the API.
 *
 * Every fallible function below api/ returns int: zero or a count on success, one of these on
 * failure. There is one code for each thing that a caller, or the result table of the API, tells
 * apart. Detail for people travels beside it in struct ccid_fault (driver/env.h). */
#ifndef CCID_ERR_H
#define CCID_ERR_H

#if defined(__GNUC__)
#define CCID_MUST_USE __attribute__((warn_unused_result))
#else
#define CCID_MUST_USE
#endif

enum ccid_err {
	CCID_OK = 0,
	CCID_E_ARG = -1, /* the caller broke the contract */
	CCID_E_NOMEM = -2,
	CCID_E_SPACE = -3,      /* the caller's buffer is too small */
	CCID_E_SHORT = -4,      /* input ended before the message did */
	CCID_E_FORMAT = -5,     /* input is complete and wrong */
	CCID_E_TIMEOUT = -6,    /* the deadline passed */
	CCID_E_CANCELLED = -7,  /* ccid_reader_cancel() */
	CCID_E_IO = -8,         /* USB or link failure that no other code names */
	CCID_E_STALL = -9,      /* endpoint halted, or request refused on endpoint 0 */
	CCID_E_BABBLE = -10,    /* the device sent more than was asked for */
	CCID_E_GONE = -11,      /* reader unplugged, or the link to it lost */
	CCID_E_ACCESS = -12,    /* no permission on the device node */
	CCID_E_BUSY = -13,      /* the interface is claimed by somebody else */
	CCID_E_NOTFOUND = -14,  /* no such device, file, host or reader */
	CCID_E_NOCARD = -15,    /* bmICCStatus 2 */
	CCID_E_STALE = -16,     /* not the card the caller means: the generation differs */
	CCID_E_INACTIVE = -17,  /* card present and not powered */
	CCID_E_MUTE = -18,      /* FE with a card present */
	CCID_E_BAD_ATR = -19,   /* F7, F8, or an ATR that cannot be used */
	CCID_E_PROTOCOL = -20,  /* F6, F3, or no protocol in common */
	CCID_E_PPS = -21,       /* PPS refused or failed */
	CCID_E_COMM = -22,      /* FC, FD, F4: data to or from the card was lost */
	CCID_E_HARDWARE = -23,  /* FB */
	CCID_E_CLASS = -24,     /* F5: voltage class not supported */
	CCID_E_SLOT_BUSY = -25, /* E0 or F2, still after the retries */
	CCID_E_NO_SLOT = -26,   /* 05: the reader has no such slot */
	CCID_E_UNSUPPORTED =
		-27,          /* 00: the reader does not know the command; or we do not do this */
	CCID_E_REFUSED = -28, /* any other failure the reader reported */
	CCID_E_ABORTED = -29, /* FF */
	CCID_E_PIN_CANCELLED = -30, /* EF */
	CCID_E_PIN_TIMEOUT = -31,   /* F0 */
	CCID_E_DIVERGED = -32,      /* a replayed trace and the driver no longer agree */
	CCID_E_LAST = CCID_E_DIVERGED,
};

/* The code's name without its prefix ("TIMEOUT"), or "?" for a number that is none. Static. */
const char *ccid_err_name(int err);

/* One plain sentence about the code, lower case, no full stop. Static. */
const char *ccid_err_text(int err);

#endif
