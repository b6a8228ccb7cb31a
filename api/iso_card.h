/* SPDX-License-Identifier: MIT */
/* A card that speaks ISO/IEC 7816-4, behind one ISCardManage object: what its three service
 * interfaces share. Knows which file the card has selected, and when that cannot be known any more
 * because somebody else has used the card. */
#ifndef CCID_ISO_CARD_H
#define CCID_ISO_CARD_H

#include "attachment.h"
#include "iso_cmd.h"
#include "iso_place.h"

struct ccid_iso {
	struct ccid_attachment *attachment; /* outlives this */
	pthread_mutex_t lock;               /* all below; a port's is taken after it */
	struct ccid_session *session;       /* of the operation under way */
	bool running;                       /* with exchanges */
	struct ccid_blob apdu, rapdu;
	struct ccid_blob reply; /* data of the last answer, */
	unsigned sw;            /* and its status bytes */
	unsigned life;          /* another number when the card was reset, or is another */
	HSCARD handle;
	struct ccid_session_mark mark; /* as the last operation left it */
	bool known;                    /* what follows holds */
	struct ccid_place at;          /* the current DF */
	bool has_ef;
	struct ccid_place ef;
	uint8_t answers; /* which answer to SELECT the card gives: see select_as_told() */
	bool no_paths;   /* it does not select by path */
};

struct ccid_iso *ccid_iso_new(struct ccid_attachment *a);
void ccid_iso_free(struct ccid_iso *iso);

/* An operation, with the card's lock from the first exchange to the last. On success, and only then,
 * to be ended by ccid_iso_end(). All functions below are for its inside, where no object of others is
 * called: it might use the card too. */
HRESULT ccid_iso_begin(struct ccid_iso *iso);
/* One without exchanges, which does not wait for others' locks. */
HRESULT ccid_iso_look(struct ccid_iso *iso);
/* Returns hr; a failure, as one of the two above, is kept for iscard_last_error(). */
HRESULT ccid_iso_end(struct ccid_iso *iso, HRESULT hr);

/* Where commands are built, CCID_ISO_ROOM bytes and more if asked for. E_OUTOFMEMORY. */
#define CCID_ISO_ROOM 300
HRESULT ccid_iso_room(struct ccid_iso *iso, size_t n);

/* Send the n bytes built there (a negative n: what the building returned) and take all of the
 * answer, at most limit bytes: 61xx and 6Cxx are followed. Status bytes are no failure; an answer
 * that makes no sense is SCARD_E_UNEXPECTED. What was sent is wiped. */
HRESULT ccid_iso_send(struct ccid_iso *iso, int n, uint32_t limit);

/* A command without state of its own; then the result of its status bytes. */
HRESULT ccid_iso_call(struct ccid_iso *iso, enum ccid_ins ins, unsigned p1, unsigned p2,
                      const struct ccid_blob *data, uint32_t le);

/* iso_select.c */

/* Make the DF the current one, if it is not. */
HRESULT ccid_iso_enter(struct ccid_iso *iso, const struct ccid_place *dir);

/* Select a file, even if it is already; what the card says of it (kind CCID_FILE_UNKNOWN when it says
 * nothing), with views into reply. as_df: what to take it for then. */
HRESULT ccid_iso_select(struct ccid_iso *iso, const struct ccid_place *to, bool as_df,
                        struct ccid_fcp *fcp);

#endif
