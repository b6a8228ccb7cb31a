/* SPDX-License-Identifier: MIT */
/* ISCard: the interface in front of an attachment. */
#include "attachment.h"
#include "object.h"

#include <stdlib.h>

struct card {
	ISCard iface;
	atomic_ulong refs;
	struct ccid_attachment attachment;
};

static void card_free(struct card *c)
{
	ccid_attachment_fini(&c->attachment);
	free(c);
}

CCID_OBJECT_METHODS(ISCard, struct card, &IID_ISCard, card_free)

static struct ccid_attachment *of(ISCard *self)
{
	return &((struct card *)self)->attachment;
}

static HRESULT get_atr(ISCard *self, LPBYTEBUFFER *atr)
{
	if (atr == NULL)
		return E_POINTER;
	*atr = NULL;
	return ccid_attachment_card(of(self), NULL, atr);
}

static HRESULT get_card_handle(ISCard *self, HSCARD *handle)
{
	return ccid_attachment_handle(of(self), handle);
}

static HRESULT get_context(ISCard *self, HSCARDCONTEXT *context)
{
	return ccid_attachment_context(of(self), context);
}

static HRESULT get_protocol(ISCard *self, SCARD_PROTOCOLS *protocol)
{
	if (protocol == NULL)
		return E_POINTER;
	*protocol = (SCARD_PROTOCOLS)0;
	return ccid_attachment_card(of(self), protocol, NULL);
}

static HRESULT get_status(ISCard *self, SCARD_STATES *state)
{
	return ccid_attachment_status(of(self), state);
}

static HRESULT attach_by_handle(ISCard *self, HSCARD handle)
{
	return ccid_attachment_by_handle(of(self), handle);
}

static HRESULT attach_by_reader(ISCard *self, BSTR name, SCARD_SHARE_MODES mode,
                                SCARD_PROTOCOLS protocols)
{
	return ccid_attachment_by_name(of(self), name, mode, protocols);
}

static HRESULT detach(ISCard *self, SCARD_DISPOSITIONS disposition)
{
	return ccid_attachment_detach(of(self), disposition);
}

static HRESULT lock_scard(ISCard *self)
{
	return ccid_attachment_lock(of(self));
}

static HRESULT reattach(ISCard *self, SCARD_SHARE_MODES mode, SCARD_DISPOSITIONS disposition)
{
	return ccid_attachment_reattach(of(self), mode, disposition);
}

static HRESULT transaction(ISCard *self, LPSCARDCMD *cmd)
{
	return ccid_attachment_transaction(of(self), cmd);
}

static HRESULT unlock_scard(ISCard *self, SCARD_DISPOSITIONS disposition)
{
	return ccid_attachment_unlock(of(self), disposition);
}

static const ISCardVtbl vtbl = {
	CCID_OBJECT_VTBL,
	.get_Atr = get_atr,
	.get_CardHandle = get_card_handle,
	.get_Context = get_context,
	.get_Protocol = get_protocol,
	.get_Status = get_status,
	.AttachByHandle = attach_by_handle,
	.AttachByReader = attach_by_reader,
	.Detach = detach,
	.LockSCard = lock_scard,
	.ReAttach = reattach,
	.Transaction = transaction,
	.UnlockSCard = unlock_scard,
};

HRESULT ccid_card_new(ISCard **out, iscard_context *c)
{
	struct card *card = calloc(1, sizeof *card);

	*out = NULL;
	if (card == NULL)
		return E_OUTOFMEMORY;
	card->iface.lpVtbl = &vtbl;
	atomic_init(&card->refs, 1);
	ccid_attachment_init(&card->attachment, c);
	*out = &card->iface;
	return S_OK;
}

struct ccid_attachment *ccid_card_attachment(const void *object)
{
	ISCard *card = (ISCard *)(uintptr_t)object;

	return card->lpVtbl == &vtbl ? of(card) : NULL;
}
