/* SPDX-License-Identifier: MIT */
/* Card types: names for cards, by their ATR. This system has no database of them; what an
 * application introduces here is what ISCardDatabase and ISCardLocate (scardmgr.h) know, in this
 * context and as long as it lives. Any thread. context NULL: the default context. */
#ifndef ISCARD_CARDS_H
#define ISCARD_CARDS_H

#include <iscard/context.h>

ISCARD_C_BEGIN

struct iscard_card_type {
	size_t size;      /* sizeof(struct iscard_card_type), so that it may grow */
	const char *name; /* UTF-8, not empty */
	const BYTE *atr;  /* 2 to 33 bytes; an ATR of another length is not of this type */
	size_t atr_len;
	const BYTE *mask;       /* atr_len bytes, 1 for each bit to compare; NULL: all of them */
	const GUID *provider;   /* primary provider; NULL: none */
	const GUID *interfaces; /* what the card can do, in terms of the application */
	size_t interface_count;
};

/* Introduce a card type; everything is copied. It takes the place of one with the same name.
 * E_POINTER: type, its name or its atr is NULL, or interfaces while there are some. E_INVALIDARG:
 * size, an empty name, or the length of the ATR. E_OUTOFMEMORY. SCARD_E_SERVICE_STOPPED.
 * Source: SCardIntroduceCardType. */
ISCARD_API HRESULT iscard_context_introduce_card(iscard_context *context,
                                                 const struct iscard_card_type *type);

/* Forget it. E_POINTER. SCARD_E_UNKNOWN_CARD: no card type has this name. SCARD_E_SERVICE_STOPPED.
 * Source: SCardForgetCardType. */
ISCARD_API HRESULT iscard_context_forget_card(iscard_context *context, const char *name);

ISCARD_C_END

#endif
