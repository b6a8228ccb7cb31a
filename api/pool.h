/* SPDX-License-Identifier: MIT */
/* Readers that this process has open, counted: the first user opens, the last one gives back. */
#ifndef CCID_POOL_H
#define CCID_POOL_H

#include "context_priv.h"
#include "reader.h"

struct ccid_port;
struct ccid_open;

/* Open what a name or address means, or share it if it is open. out gets a reference, *slot the
 * slot meant. As ccid_find(), and whatever opening returns. */
CCID_MUST_USE
int ccid_pool_get(struct ccid_open **out, unsigned *slot, iscard_context *c, const char *name);

/* One reference less; with the last the cards are powered off and the reader is closed. In the
 * child of a fork it is only forgotten. */
void ccid_pool_put(struct ccid_open *o);

struct ccid_reader *ccid_open_reader(const struct ccid_open *o);
struct ccid_port *ccid_open_port(struct ccid_open *o, unsigned slot);

/* Whether there is but one reference. */
bool ccid_open_is_alone(const struct ccid_open *o);

/* The name of a slot of it in a context, which need not be the one that opened it: the one by which
 * ccid_find() finds it, whatever else the reader has told since. CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_open_name(const struct ccid_open *o, unsigned slot, iscard_context *c, char *out,
                   size_t cap);

/* The reader's time: deadlines of its commands are made of it. */
const struct ccid_env *ccid_open_env(const struct ccid_open *o);

/* Who the reader open under this key is, and what it claims. False when none is. */
bool ccid_pool_identity(const char *key, struct ccid_identity *id, struct ccid_class_desc *desc);

#endif
