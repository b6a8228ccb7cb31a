/* SPDX-License-Identifier: MIT */
/* The card types of a context. */
#ifndef CCID_CARDS_H
#define CCID_CARDS_H

#include "context_priv.h"

#include <iscard/cards.h>

#define CCID_ATR_MAX 33

struct ccid_card_type {
	struct ccid_card_type *next;
	char *name;
	uint8_t atr[CCID_ATR_MAX], mask[CCID_ATR_MAX];
	size_t atr_len;
	bool has_provider;
	GUID provider;
	size_t ninterfaces;
	GUID interfaces[];
};

/* What makes a card type one that is looked for; 0 stands for any. */
struct ccid_card_wish {
	char *const *names; /* one of them */
	size_t nnames;
	const GUID *interfaces; /* all of them */
	size_t ninterfaces;
	const uint8_t *atr;
	size_t atr_len;
};

/* The lock of the context is held for these. NULL: no such type. */
const struct ccid_card_type *ccid_cards_find(const iscard_context *c, const char *name);
bool ccid_card_type_fits(const struct ccid_card_type *t, const struct ccid_card_wish *wish);

/* Whether any type fits. */
bool ccid_cards_fit(iscard_context *c, const struct ccid_card_wish *wish);

void ccid_cards_free(iscard_context *c);

#endif
