/* SPDX-License-Identifier: MIT */
/* Why something failed, in words. */
#ifndef CCID_CAUSE_H
#define CCID_CAUSE_H

#include "env.h"

#include <iscard/errors.h>

/* What helps against CCID_E_ACCESS on a reader of this machine. */
#define CCID_DENIED_ADVICE "install udev/60-iscard.rules and plug in again, or run as root"

struct ccid_cause {
	const char *text;        /* static, or NULL */
	char holder[96];         /* the process that has the reader, or "" */
	struct ccid_fault fault; /* serial 0: nothing was noted */
};

/* One line: the reader (may be NULL or ""), the result, and what is known beyond it. Cut to fit. */
void ccid_cause_print(char *out, size_t cap, const char *reader, HRESULT hr,
                      const struct ccid_cause *cause);

#endif
