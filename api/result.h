/* SPDX-License-Identifier: MIT */
/* The one table from failures below the API to result codes. */
#ifndef CCID_RESULT_H
#define CCID_RESULT_H

#include "err.h"

#include <iscard/errors.h>

enum ccid_phase {
	CCID_ATTACHING, /* no card in use yet: attach, ReAttach, a disposition */
	CCID_ATTACHED
};

/* err: zero or more is S_OK; any other number than an enum ccid_err is SCARD_F_UNKNOWN_ERROR. PIN
 * entry that was cancelled or timed out is S_OK while attached: the caller makes the status words
 * 6401 and 6400 of it. */
HRESULT ccid_result(int err, enum ccid_phase phase);

#endif
