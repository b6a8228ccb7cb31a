/* SPDX-License-Identifier: MIT */
/* What ISCard and ISCardManage objects have in common: a context, and perhaps a connection. All
 * functions are those of scardmgr.h, arguments checked here. */
#ifndef CCID_ATTACHMENT_H
#define CCID_ATTACHMENT_H

#include "session.h"

#define CCID_WORDS_MAX 768

struct ccid_attachment {
	iscard_context *context;
	unsigned epoch;
	atomic_int disposition; /* iscard_disposition_result */
	pthread_mutex_t lock;   /* all below; never held while anything waits */
	struct ccid_session *session;
	struct ccid_session *coming; /* of the attach under way, once there is one */
	bool attaching;
	HRESULT failure;              /* of the last call that failed */
	struct ccid_blob apdu, rapdu; /* for the next who sends; empty while one does */
	char words[CCID_WORDS_MAX];   /* about the last failure */
};

void ccid_attachment_init(struct ccid_attachment *a, iscard_context *c);
void ccid_attachment_fini(struct ccid_attachment *a);

HRESULT ccid_attachment_by_handle(struct ccid_attachment *a, HSCARD handle);
HRESULT ccid_attachment_by_name(struct ccid_attachment *a, const OLECHAR *name,
                                SCARD_SHARE_MODES mode, SCARD_PROTOCOLS protocols);
HRESULT ccid_attachment_by_utf8(struct ccid_attachment *a, const char *name, SCARD_SHARE_MODES mode,
                                SCARD_PROTOCOLS protocols);
HRESULT ccid_attachment_detach(struct ccid_attachment *a, SCARD_DISPOSITIONS disposition);
HRESULT ccid_attachment_reattach(struct ccid_attachment *a, SCARD_SHARE_MODES mode,
                                 SCARD_DISPOSITIONS disposition);
/* With the share mode in use, and LEAVE. */
HRESULT ccid_attachment_reconnect(struct ccid_attachment *a);
HRESULT ccid_attachment_lock(struct ccid_attachment *a);
HRESULT ccid_attachment_unlock(struct ccid_attachment *a, SCARD_DISPOSITIONS disposition);
HRESULT ccid_attachment_transaction(struct ccid_attachment *a, ISCardCmd **cmd);
HRESULT ccid_attachment_handle(struct ccid_attachment *a, HSCARD *handle);
HRESULT ccid_attachment_context(struct ccid_attachment *a, HSCARDCONTEXT *context);
HRESULT ccid_attachment_status(struct ccid_attachment *a, SCARD_STATES *state);
/* Each may be NULL. */
HRESULT ccid_attachment_card(struct ccid_attachment *a, SCARD_PROTOCOLS *protocol,
                             IByteBuffer **atr);

/* A command APDU as bytes; flags as ccid_session_transmit(). *len as in <iscard/easy.h>. */
HRESULT ccid_attachment_send(struct ccid_attachment *a, const uint8_t *capdu, size_t capdu_len,
                             unsigned flags, uint8_t *rapdu, size_t *len);

/* Vendor bytes to the reader; likewise. */
HRESULT ccid_attachment_escape(struct ccid_attachment *a, const uint8_t *out, size_t out_len,
                               uint8_t *in, size_t *in_len);

/* As iscard_cancel(). */
HRESULT ccid_attachment_cancel(struct ccid_attachment *a);

/* The connection, with a reference. SCARD_E_INVALID_HANDLE, SCARD_E_SERVICE_STOPPED. */
HRESULT ccid_attachment_session(struct ccid_attachment *a, struct ccid_session **out);

/* The same in two steps: with lock held, of which the connection, or NULL; and after it. */
struct ccid_session *ccid_attachment_take(struct ccid_attachment *a, struct ccid_session **closed);
void ccid_attachment_taken(struct ccid_session *taken, struct ccid_session *closed);

/* Let go of what take() gave; a failure is kept for iscard_last_error(). Returns hr. s may be
 * NULL. */
HRESULT ccid_attachment_end(struct ccid_attachment *a, struct ccid_session *s, HRESULT hr);

/* Hand out n bytes by the buffer rule of <iscard/easy.h>. */
HRESULT ccid_hand_over(uint8_t *out, size_t *len, const uint8_t *bytes, size_t n);

/* card.c, manage.c */
HRESULT ccid_card_new(ISCard **out, iscard_context *c);
HRESULT ccid_manage_new(ISCardManage **out, iscard_context *c);

/* The attachment of an object of ours, else NULL. */
struct ccid_attachment *ccid_card_attachment(const void *object);
struct ccid_attachment *ccid_manage_attachment(const void *object);
/* Of either, also for NULL. */
struct ccid_attachment *ccid_attachment_of(const void *object);

#endif
