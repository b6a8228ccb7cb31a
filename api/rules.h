/* SPDX-License-Identifier: MIT */
/* What a context was told about readers whose name or address fits a pattern: mechanics, policies. */
#ifndef CCID_RULES_H
#define CCID_RULES_H

#include "context_priv.h"

#include <iscard/kiosk.h>

struct ccid_rule {
	struct ccid_rule *next; /* the latest first */
	char *pattern;
	bool mouth;                        /* the reader sees its mouth */
	bool mechanic, political;          /* what of the two holds */
	struct iscard_mechanics mechanics; /* name points to label */
	char label[ISCARD_MECHANICS_SOURCE - 10];
	struct iscard_card_policy policy;
};

/* Whether text fits a pattern with *; letters are equal in either case. */
bool ccid_glob(const char *pattern, const char *text);

/* The mechanics for a slot of that name, a copy. */
bool ccid_rule_mechanics(iscard_context *c, const char *name, const struct ccid_identity *id,
                         struct iscard_mechanics *out, char label[ISCARD_MECHANICS_SOURCE]);

bool ccid_rule_policy(iscard_context *c, const char *name, const struct ccid_identity *id,
                      struct iscard_card_policy *out);

bool ccid_rule_mouth(iscard_context *c, const char *name, const struct ccid_identity *id);
/* iscard_context_set_mouth() for each of the patterns in text, between which stand spaces. */
HRESULT ccid_rules_mouths(iscard_context *c, const char *text);

void ccid_rules_free(iscard_context *c);

#endif
