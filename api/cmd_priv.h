/* SPDX-License-Identifier: MIT */
#ifndef CCID_CMD_PRIV_H
#define CCID_CMD_PRIV_H

#include "blob.h"
#include "object.h"

#include <iscard/scarddat.h>
#include <pthread.h>
#include <stdbool.h>

struct ccid_cmd {
	ISCardCmd iface;
	atomic_ulong refs;
	pthread_mutex_t lock;
	struct ccid_blob apdu, reply;
	bool has_reply, has_reply_nad, has_alternate;
	WORD status;
	BYTE nad, reply_nad, alternate;
};

/* Every object with this table is a struct ccid_cmd. */
extern const ISCardCmdVtbl ccid_cmd_vtbl;

static inline struct ccid_cmd *ccid_cmd_enter(ISCardCmd *self)
{
	struct ccid_cmd *c = (struct ccid_cmd *)self;

	pthread_mutex_lock(&c->lock);
	return c;
}

static inline HRESULT ccid_cmd_leave(struct ccid_cmd *c, HRESULT hr)
{
	pthread_mutex_unlock(&c->lock);
	return hr;
}

static inline void ccid_cmd_forget_reply(struct ccid_cmd *c)
{
	ccid_blob_clear(&c->reply);
	c->has_reply = c->has_reply_nad = false;
	c->status = 0;
}

#endif
