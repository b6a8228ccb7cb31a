/* SPDX-License-Identifier: MIT */
/* ISCardLocate: what is looked for, and the connection that was found. The lock guards these two and
 * is not held while a search is under way. */
#include "attachment.h"
#include "bytebuffer.h"
#include "cards.h"
#include "extended.h"
#include "guid.h"
#include "object.h"
#include "safearray.h"

#include <stdlib.h>
#include <string.h>

/* Shared with the searches under way, and not changed any more. */
struct search {
	atomic_ulong refs;
	char **names;
	size_t nnames;
	GUID *interfaces;
	size_t ninterfaces;
	bool nowhere; /* only groups that have no reader */
};

struct locate {
	ISCardLocate iface;
	atomic_ulong refs;
	iscard_context *context;
	pthread_mutex_t lock;
	struct search *search; /* NULL: any card */
	ISCard *found;         /* or NULL */
};

static void search_unref(struct search *s)
{
	if (s == NULL || ccid_object_unref(&s->refs) > 0)
		return;
	for (size_t i = 0; i < s->nnames; i++)
		free(s->names[i]);
	free(s->names);
	free(s->interfaces);
	free(s);
}

/* Put card in the place of the connection found before, which ends unless others share it. */
static void keep(struct locate *l, ISCard *card)
{
	ISCard *old;

	pthread_mutex_lock(&l->lock);
	old = l->found;
	l->found = card;
	pthread_mutex_unlock(&l->lock);
	if (old != NULL)
		ISCard_Release(old);
}

static void locate_free(struct locate *l)
{
	if (l->found != NULL)
		ISCard_Release(l->found);
	search_unref(l->search);
	iscard_context_unref(l->context);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

CCID_OBJECT_METHODS(ISCardLocate, struct locate, &IID_ISCardLocate, locate_free)

static HRESULT check_flags(LONG flags)
{
	if (flags == SC_DLG_MINIMAL_UI || flags == SC_DLG_NO_UI)
		return S_OK;
	return flags == SC_DLG_FORCE_UI ? SCARD_E_UNSUPPORTED_FEATURE : E_INVALIDARG;
}

static HRESULT set_names(struct search *s, const SAFEARRAY *array)
{
	const BSTR *texts;
	size_t n;

	if (!ccid_safearray_holds(array, VT_BSTR))
		return E_INVALIDARG;
	texts = array->pvData;
	n = array->rgsabound[0].cElements;
	s->names = calloc(n + 1, sizeof *s->names);
	if (s->names == NULL)
		return E_OUTOFMEMORY;
	for (; s->nnames < n; s->nnames++) {
		s->names[s->nnames] = iscard_bstr_to_utf8(texts[s->nnames]);
		if (s->names[s->nnames] == NULL)
			return E_OUTOFMEMORY;
	}
	return S_OK;
}

static HRESULT set_groups(struct search *s, const SAFEARRAY *array)
{
	static const OLECHAR all[] = u"SCard$AllReaders";
	const BSTR *texts;
	size_t n;

	if (array == NULL)
		return S_OK;
	if (!ccid_safearray_holds(array, VT_BSTR))
		return E_INVALIDARG;
	texts = array->pvData;
	n = array->rgsabound[0].cElements;
	s->nowhere = n > 0;
	for (size_t i = 0; i < n; i++)
		if (iscard_bstr_byte_len(texts[i]) == sizeof all - sizeof *all &&
		    memcmp(texts[i], all, sizeof all) == 0)
			s->nowhere = false;
	return S_OK;
}

/* One of names and guids is given. */
static HRESULT configure(ISCardLocate *self, const SAFEARRAY *names, const SAFEARRAY *guids,
                         const SAFEARRAY *groups, LONG flags)
{
	struct locate *l = (struct locate *)self;
	struct search *old, *s;
	HRESULT hr = check_flags(flags);

	if (names == NULL && guids == NULL)
		return E_POINTER;
	if (FAILED(hr))
		return hr;
	s = calloc(1, sizeof *s);
	if (s == NULL)
		return E_OUTOFMEMORY;
	atomic_init(&s->refs, 1);
	hr = names != NULL ? set_names(s, names)
	                   : ccid_guids_of_array(guids, &s->interfaces, &s->ninterfaces);
	if (SUCCEEDED(hr))
		hr = set_groups(s, groups);
	if (FAILED(hr)) {
		search_unref(s);
		return hr;
	}
	pthread_mutex_lock(&l->lock);
	old = l->search;
	l->search = s;
	pthread_mutex_unlock(&l->lock);
	search_unref(old);
	return S_OK;
}

static HRESULT configure_guids(ISCardLocate *self, LPSAFEARRAY guids, LPSAFEARRAY groups,
                               BSTR title, LONG flags)
{
	(void)title;
	return configure(self, NULL, guids, groups, flags);
}

static HRESULT configure_names(ISCardLocate *self, LPSAFEARRAY names, LPSAFEARRAY groups,
                               BSTR title, LONG flags)
{
	(void)title;
	return configure(self, names, NULL, groups, flags);
}

/* One FindCard. */
struct hunt {
	iscard_context *context;
	const struct search *search; /* or NULL */
	SCARD_SHARE_MODES mode;
	SCARD_PROTOCOLS protocols;
};

static struct ccid_card_wish wish_of(const struct search *s)
{
	if (s == NULL)
		return (struct ccid_card_wish){.names = NULL};
	return (struct ccid_card_wish){.names = s->names,
	                               .nnames = s->nnames,
	                               .interfaces = s->interfaces,
	                               .ninterfaces = s->ninterfaces};
}

static bool wants_any(const struct ccid_card_wish *wish)
{
	return wish->nnames == 0 && wish->ninterfaces == 0;
}

/* Whether the attached card is one that is looked for. */
static HRESULT compare(const struct hunt *h, ISCard *card)
{
	struct ccid_card_wish wish = wish_of(h->search);
	struct ccid_blob atr = {0};
	IByteBuffer *buffer;
	bool fits = false;
	HRESULT hr;

	if (wants_any(&wish))
		return S_OK;
	hr = ISCard_get_Atr(card, &buffer);
	if (FAILED(hr))
		return hr;
	hr = ccid_bytebuffer_content(buffer, CCID_ATR_MAX, &atr);
	IByteBuffer_Release(buffer);
	if (SUCCEEDED(hr)) {
		wish.atr = atr.p;
		wish.atr_len = atr.len;
		fits = ccid_cards_fit(h->context, &wish);
	}
	ccid_blob_free(&atr);
	return SUCCEEDED(hr) && !fits ? SCARD_E_NO_SMARTCARD : hr;
}

static HRESULT attach(const struct hunt *h, const char *name, ISCard *card)
{
	BSTR text = iscard_bstr_from_utf8(name);
	HRESULT hr = E_OUTOFMEMORY;

	if (text != NULL)
		hr = ISCard_AttachByReader(card, text, h->mode, h->protocols);
	iscard_bstr_free(text);
	return FAILED(hr) ? hr : compare(h, card);
}

/* The card in that reader, if it is one that is looked for, or why not. */
static HRESULT try_reader(const struct hunt *h, const struct iscard_reader *r, ISCard **out)
{
	ISCard *card;
	HRESULT hr = r->result;

	if (SUCCEEDED(hr))
		hr = ccid_card_new(&card, h->context);
	if (FAILED(hr))
		return hr;
	hr = attach(h, r->name, card);
	if (SUCCEEDED(hr))
		*out = card;
	else
		ISCard_Release(card);
	return hr;
}

static HRESULT try_all(const struct hunt *h, const struct iscard_reader_list *list, ISCard **out)
{
	HRESULT why = SCARD_E_NO_SMARTCARD;

	if (list->count == 0)
		return SCARD_E_NO_READERS_AVAILABLE;
	for (size_t i = 0; i < list->count; i++) {
		HRESULT hr = try_reader(h, &list->readers[i], out);

		if (SUCCEEDED(hr) || hr == E_OUTOFMEMORY)
			return hr;
		if (why == SCARD_E_NO_SMARTCARD)
			why = hr;
	}
	return why;
}

static HRESULT search_readers(const struct hunt *h, ISCard **out)
{
	struct ccid_card_wish wish = wish_of(h->search);
	struct iscard_reader_list *list;
	HRESULT hr;

	if (!wants_any(&wish) && !ccid_cards_fit(h->context, &wish))
		return SCARD_E_UNKNOWN_CARD;
	if (h->search != NULL && h->search->nowhere)
		return SCARD_E_NO_READERS_AVAILABLE;
	hr = iscard_context_list(h->context, &list);
	if (FAILED(hr))
		return hr;
	hr = try_all(h, list, out);
	iscard_reader_list_free(list);
	return hr;
}

static HRESULT describe(ISCard *card, SCARD_SHARE_MODES mode, LPSCARDINFO *out)
{
	SCARDINFO *info = iscard_alloc(sizeof *info);
	HRESULT hr;

	if (info == NULL)
		return E_OUTOFMEMORY;
	*info = (SCARDINFO){.ShareMode = mode};
	hr = ISCard_get_CardHandle(card, &info->hCard);
	if (SUCCEEDED(hr))
		hr = ISCard_get_Context(card, &info->hContext);
	if (SUCCEEDED(hr))
		hr = ISCard_get_Protocol(card, &info->ActiveProtocol);
	if (SUCCEEDED(hr))
		*out = info;
	else
		iscard_free(info);
	return hr;
}

static HRESULT find(struct locate *l, const struct hunt *h, LPSCARDINFO *out)
{
	ISCard *card = NULL;
	HRESULT hr = search_readers(h, &card);

	if (FAILED(hr))
		return hr;
	hr = describe(card, h->mode, out);
	if (SUCCEEDED(hr))
		keep(l, card);
	else
		ISCard_Release(card);
	return hr;
}

static bool is_attachable(SCARD_SHARE_MODES mode, SCARD_PROTOCOLS protocols)
{
	if (mode != ISCARD_EXCLUSIVE && mode != ISCARD_SHARED)
		return false;
	return (unsigned)protocols - 1u < 3u || protocols == ISCARD_RAW;
}

static HRESULT find_card(ISCardLocate *self, SCARD_SHARE_MODES mode, SCARD_PROTOCOLS protocols,
                         LONG flags, LPSCARDINFO *out)
{
	struct locate *l = (struct locate *)self;
	struct hunt h = {.mode = mode, .protocols = protocols};
	struct search *s;
	HRESULT hr = check_flags(flags);

	if (out == NULL)
		return E_POINTER;
	*out = NULL;
	if (SUCCEEDED(hr) && !is_attachable(mode, protocols))
		hr = E_INVALIDARG;
	if (SUCCEEDED(hr))
		hr = ccid_context_get(l->context, &h.context);
	if (FAILED(hr))
		return hr;
	keep(l, NULL);
	pthread_mutex_lock(&l->lock);
	s = l->search;
	if (s != NULL)
		ccid_object_ref(&s->refs);
	pthread_mutex_unlock(&l->lock);
	h.search = s;
	hr = find(l, &h, out);
	search_unref(s);
	iscard_context_unref(h.context);
	return hr;
}

static const ISCardLocateVtbl vtbl = {
	CCID_OBJECT_VTBL,
	.ConfigureCardGuidSearch = configure_guids,
	.ConfigureCardNameSearch = configure_names,
	.FindCard = find_card,
};

HRESULT ccid_locate_new(ISCardLocate **out, iscard_context *c)
{
	struct locate *l = calloc(1, sizeof *l);

	*out = NULL;
	if (l == NULL)
		return E_OUTOFMEMORY;
	l->iface.lpVtbl = &vtbl;
	atomic_init(&l->refs, 1);
	l->context = iscard_context_ref(c);
	pthread_mutex_init(&l->lock, NULL);
	*out = &l->iface;
	return S_OK;
}
