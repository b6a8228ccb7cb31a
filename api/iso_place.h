/* SPDX-License-Identifier: MIT */
/* Where a file is on a card, and how callers write that (provider.h, REFTYPE). No card needed. */
#ifndef CCID_ISO_PLACE_H
#define CCID_ISO_PLACE_H

#include "fcp.h"

#include <iscard/provider.h>
#include <stdbool.h>

#define CCID_PLACE_DEPTH_MAX 8
#define CCID_PLACE_TEXT_MAX  (2 + 2 * CCID_AID_MAX + 5 * CCID_PLACE_DEPTH_MAX + 1)

/* Identifiers below the master file, or below a DF with a name; the last may be that of an EF, or an
 * EF follows that has a short identifier. */
struct ccid_place {
	uint8_t aid[CCID_AID_MAX];
	uint8_t aid_len; /* 0: the master file */
	uint16_t id[CCID_PLACE_DEPTH_MAX];
	uint8_t depth;
	uint8_t sfi; /* 0: none */
};

/* What text names, seen from here; here NULL: whether it can name anything. E_INVALIDARG; *out is
 * written on success only. text ends with a 0 and is not trusted to be a BSTR. */
HRESULT ccid_place_parse(struct ccid_place *out, const struct ccid_place *here, REFTYPE type,
                         const OLECHAR *text);

/* As GetCurrentDir gives it, which parses to the same place: SC_TYPE_BY_ID from the master file,
 * else SC_TYPE_BY_NAME. */
void ccid_place_text(const struct ccid_place *p, char out[CCID_PLACE_TEXT_MAX]);

bool ccid_place_same(const struct ccid_place *a, const struct ccid_place *b);

/* Whether p is dir, or below it by identifiers. */
bool ccid_place_below(const struct ccid_place *p, const struct ccid_place *dir);

/* The DF that p, below the master file or a name, stands in. */
struct ccid_place ccid_place_parent(const struct ccid_place *p);

#endif
