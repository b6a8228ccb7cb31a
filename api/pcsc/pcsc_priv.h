/* SPDX-License-Identifier: MIT */
/* What the parts of the PC/SC layer share. */
#ifndef CCID_PCSC_PRIV_H
#define CCID_PCSC_PRIV_H

#include "pcsc.h"
#include "session.h"

#include <iscard/events.h>

/* A PC/SC context. All but the constant ones under the process mutex. */
struct ccid_pcsc_context {
	struct ccid_pcsc_context *next;
	long number;
	unsigned epoch;
	unsigned refs;
	iscard_context *context; /* all have the same */
	struct ccid_pcsc_card *cards;
	unsigned waits, cancels; /* GetStatusChange under way, and calls of Cancel that met one */
	bool released;
	uint32_t list_seen; /* of the list of readers, as last told; 0: never */
};

/* A connection of a context. */
struct ccid_pcsc_card {
	struct ccid_pcsc_card *next;
	struct ccid_pcsc_context *context;
	long number; /* what the program has: the first session's handle */
	struct ccid_session
		*session; /* one of its objects; NULL while another process has its turn */
	struct ccid_terms terms;
	char name[CCID_NAME_MAX];
};

/* Result code as PC/SC has it. */
long ccid_pcsc_code(HRESULT hr);

/* What went wrong between driver, reader and card, and a vendor command that is not allowed, are one
 * code to PC/SC's clients. */
HRESULT ccid_pcsc_not_transacted(HRESULT hr);

/* table.c */

/* Of a number, with a reference. SCARD_E_INVALID_HANDLE. */
HRESULT ccid_pcsc_context_get(struct ccid_pcsc_context **out, long number);
void ccid_pcsc_context_put(struct ccid_pcsc_context *c);

/* Of a handle, with a reference to its memory; ISCard objects' handles too. SCARD_E_INVALID_HANDLE;
 * SCARD_W_RESET_CARD: the reader was given back. */
HRESULT ccid_pcsc_session_get(struct ccid_session **out, long card);

/* The context becomes an owner of the connection, which ends with it. On failure it is not. */
HRESULT ccid_pcsc_adopt(struct ccid_pcsc_context *c, struct ccid_session *s, const char *name,
                        const struct ccid_terms *terms);
/* The terms are others now. */
void ccid_pcsc_agreed(long card, const struct ccid_terms *terms);
/* The end of that: the connection has ended or will. False when there was none. */
bool ccid_pcsc_disown(long card);

/* Process mutex held; NULL when there is none. */
struct ccid_pcsc_card *ccid_pcsc_find_card(long card);
struct ccid_pcsc_card *ccid_pcsc_card_of(const struct ccid_session *s);

/* turns.c: readers that are given back between transactions, if the user wants that */

bool ccid_pcsc_keeps_readers(void);
/* After a transaction, or a call outside of one that has taken the reader for itself. */
void ccid_pcsc_end_turn(struct ccid_session *s);
/* As ccid_pcsc_session_get(), but have the reader again, after another process, if it was given back:
 * *taken. Errors of Connect, SCARD_W_REMOVED_CARD. */
HRESULT ccid_pcsc_session_take(struct ccid_session **out, long card, bool *taken);

/* The next context is made by this function instead of from the environment: for tests. */
void ccid_pcsc_stand_in(HRESULT (*make)(iscard_context **out));

/* known.c: what is remembered of the cards that were met, so that none is given power only to hear its
 * ATR again */

struct ccid_pcsc_card_facts {
	uint32_t arrivals, insertions; /* which card: of struct iscard_slot_status */
	size_t atr_len;                /* 0: mute */
	uint8_t atr[CCID_ATR_MAX];
};

void ccid_pcsc_learn(const char *reader, const struct ccid_pcsc_card_facts *facts);
/* Of the card that arrivals and insertions of *facts mean. False when nothing is known of it. */
bool ccid_pcsc_recall(const char *reader, struct ccid_pcsc_card_facts *facts);
/* Process mutex held. */
void ccid_pcsc_forget(void);

/* names.c: names as PC/SC's clients have room for, below PCSC_READER_NAME_MAX */

void ccid_pcsc_name(char out[PCSC_READER_NAME_MAX], const char *name);
/* The name in the context that a client's name stands for; itself when there is none. */
HRESULT ccid_pcsc_full_name(iscard_context *c, const char *name, char out[CCID_NAME_MAX]);

/* Whether the reader is one to list: GetStatusChange would know it. Behind other addresses than USB's the
 * context's list keeps those that have left; a wait, for the list at least, comes before. */
bool ccid_pcsc_is_there(const iscard_context *c, const struct iscard_reader *r);

/* Hand out len bytes as PC/SC does: allocated when *cap is PCSC_AUTOALLOCATE, only their number when
 * out is NULL. SCARD_E_INSUFFICIENT_BUFFER, SCARD_E_NO_MEMORY, SCARD_E_INVALID_PARAMETER. */
HRESULT ccid_pcsc_give(void *out, unsigned long *cap, const void *from, size_t len);

/* Keep the reader open for as long as there are PC/SC contexts. */
void ccid_pcsc_keep_open(const struct ccid_pcsc_context *c, const char *name);

/* Insertions and removals, 16 bits, of what GetStatusChange and Status tell. */
unsigned long ccid_pcsc_counter(uint32_t insertions, bool present);

/* features.c: SCardControl, below the edge. *n bytes in out, or as many as there would be. */

/* SCARD_E_UNSUPPORTED_FEATURE */
HRESULT ccid_pcsc_has_pad(struct ccid_session *s, bool modify);
HRESULT ccid_pcsc_features(struct ccid_session *s, uint8_t *out, size_t cap, size_t *n);
HRESULT ccid_pcsc_pin_properties(struct ccid_session *s, uint8_t *out, size_t cap, size_t *n);
HRESULT ccid_pcsc_tlv_properties(struct ccid_session *s, uint8_t *out, size_t cap, size_t *n);

#endif
