/* SPDX-License-Identifier: MIT */
/* Cards that are found, or left, by programs that are not at work: struct iscard_card_policy. */
#ifndef CCID_POLICY_H
#define CCID_POLICY_H

#include "pool.h"

/* A reader that a context has opened at some time. */
struct ccid_met {
	struct ccid_met *next;
	bool lost; /* it has left since */
	char key[];
};

/* c has opened the reader, which nobody else can use yet. back: another opening of it has just been
 * lost. */
void ccid_policy_opened(iscard_context *c, struct ccid_open *o, const char *key, bool back);

/* A reader that c had opened has left. */
void ccid_policy_lost(iscard_context *c, const char *key);

/* c is about to end; it still has its last reference. */
void ccid_policy_end(iscard_context *c);

void ccid_policy_free(iscard_context *c);

#endif
