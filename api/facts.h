/* SPDX-License-Identifier: MIT */
/* What is known of a reader without asking it for more than USB tells. */
#ifndef CCID_FACTS_H
#define CCID_FACTS_H

#include "context_priv.h"
#include "profile.h"
#include "reader.h"

struct ccid_facts {
	struct ccid_identity id;
	struct ccid_class_desc claims;
	struct ccid_wiring wiring;
	unsigned nslots; /* found when it was opened; 0: it was not */
};

/* Of the reader that a name or an address means. As ccid_find(); what is not USB is connected to, and
 * opened when it is no address of the context. */
CCID_MUST_USE
int ccid_facts_of(struct ccid_facts *out, iscard_context *c, const char *name);

void ccid_facts_of_reader(struct ccid_facts *out, const struct ccid_reader *r);

#endif
