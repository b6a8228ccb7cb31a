/* SPDX-License-Identifier: MIT */
#include "bytebuffer.h"
#include "cards.h"
#include "extended.h"
#include "guid.h"
#include "object.h"
#include "safearray.h"

#include <stdlib.h>

struct database {
	ISCardDatabase iface;
	atomic_ulong refs;
	iscard_context *context;
};

static void database_free(struct database *d)
{
	iscard_context_unref(d->context);
	free(d);
}

CCID_OBJECT_METHODS(ISCardDatabase, struct database, &IID_ISCardDatabase, database_free)

static iscard_context *of(ISCardDatabase *self)
{
	return ((struct database *)self)->context;
}

static const char *text_at(const void *arg, size_t i)
{
	return ((const char *const *)arg)[i];
}

/* The card type of that name, with the context locked. */
static HRESULT enter(ISCardDatabase *self, const OLECHAR *name, iscard_context **c,
                     const struct ccid_card_type **type)
{
	char *text;
	HRESULT hr;

	if (iscard_bstr_len(name) == 0)
		return E_INVALIDARG;
	hr = ccid_context_get(of(self), c);
	if (FAILED(hr))
		return hr;
	text = iscard_bstr_to_utf8(name);
	if (text == NULL) {
		iscard_context_unref(*c);
		return E_OUTOFMEMORY;
	}
	pthread_mutex_lock(&(*c)->lock);
	*type = ccid_cards_find(*c, text);
	free(text);
	return S_OK;
}

static HRESULT leave(iscard_context *c, HRESULT hr)
{
	pthread_mutex_unlock(&c->lock);
	iscard_context_unref(c);
	return hr;
}

static HRESULT copy_provider(const struct ccid_card_type *type, LPGUID *out)
{
	if (type == NULL || !type->has_provider)
		return SCARD_E_UNKNOWN_CARD;
	*out = iscard_alloc(sizeof **out);
	if (*out == NULL)
		return E_OUTOFMEMORY;
	**out = type->provider;
	return S_OK;
}

static HRESULT get_provider_card_id(ISCardDatabase *self, BSTR name, LPGUID *out)
{
	const struct ccid_card_type *type;
	iscard_context *c;
	HRESULT hr;

	if (out == NULL)
		return E_POINTER;
	*out = NULL;
	hr = enter(self, name, &c, &type);
	return FAILED(hr) ? hr : leave(c, copy_provider(type, out));
}

struct guid_texts {
	const GUID *guids;
	char *text;
};

static const char *guid_at(const void *arg, size_t i)
{
	const struct guid_texts *t = arg;

	ccid_guid_to_text(t->text, &t->guids[i]);
	return t->text;
}

static HRESULT copy_interfaces(const struct ccid_card_type *type, LPSAFEARRAY *out)
{
	char text[CCID_GUID_TEXT];

	if (type == NULL)
		return SCARD_E_UNKNOWN_CARD;
	return ccid_safearray_of_texts(guid_at, &(struct guid_texts){type->interfaces, text},
	                               type->ninterfaces, out);
}

static HRESULT list_card_interfaces(ISCardDatabase *self, BSTR name, LPSAFEARRAY *out)
{
	const struct ccid_card_type *type;
	iscard_context *c;
	HRESULT hr;

	if (out == NULL)
		return E_POINTER;
	*out = NULL;
	hr = enter(self, name, &c, &type);
	return FAILED(hr) ? hr : leave(c, copy_interfaces(type, out));
}

/* Names of the types that fit, all of them the context's own text. */
static size_t fitting(const iscard_context *c, const struct ccid_card_wish *wish,
                      const char **names)
{
	size_t n = 0;

	for (const struct ccid_card_type *t = c->cards; t != NULL; t = t->next) {
		if (!ccid_card_type_fits(t, wish))
			continue;
		if (names != NULL)
			names[n] = t->name;
		n++;
	}
	return n;
}

static HRESULT list_fitting(iscard_context *c, const struct ccid_card_wish *wish, LPSAFEARRAY *out)
{
	size_t n = fitting(c, wish, NULL);
	const char **names = calloc(n + 1, sizeof *names);
	HRESULT hr;

	if (names == NULL)
		return E_OUTOFMEMORY;
	fitting(c, wish, names);
	hr = ccid_safearray_of_texts(text_at, names, n, out);
	free(names);
	return hr;
}

static HRESULT read_atr(IByteBuffer *buffer, struct ccid_blob *atr)
{
	HRESULT hr = buffer != NULL ? ccid_bytebuffer_content(buffer, CCID_ATR_MAX, atr) : S_OK;

	return SUCCEEDED(hr) && buffer != NULL && atr->len < 2 ? E_INVALIDARG : hr;
}

static HRESULT list_wanted(ISCardDatabase *self, const struct ccid_card_wish *wish,
                           LPSAFEARRAY *out)
{
	iscard_context *c;
	HRESULT hr = ccid_context_get(of(self), &c);

	if (FAILED(hr))
		return hr;
	pthread_mutex_lock(&c->lock);
	return leave(c, list_fitting(c, wish, out));
}

static HRESULT list_cards(ISCardDatabase *self, LPBYTEBUFFER buffer, LPSAFEARRAY interfaces,
                          LONG locale, LPSAFEARRAY *out)
{
	struct ccid_card_wish wish = {0};
	struct ccid_blob atr = {0};
	GUID *guids = NULL;
	HRESULT hr;

	(void)locale;
	if (out == NULL)
		return E_POINTER;
	*out = NULL;
	hr = read_atr(buffer, &atr);
	if (SUCCEEDED(hr))
		hr = ccid_guids_of_array(interfaces, &guids, &wish.ninterfaces);
	if (SUCCEEDED(hr)) {
		wish.interfaces = guids;
		wish.atr = atr.p;
		wish.atr_len = atr.len;
		hr = list_wanted(self, &wish, out);
	}
	free(guids);
	ccid_blob_free(&atr);
	return hr;
}

static HRESULT list_reader_groups(ISCardDatabase *self, LONG locale, LPSAFEARRAY *out)
{
	static const char *const groups[] = {"SCard$AllReaders"};

	(void)self, (void)locale;
	return out != NULL ? ccid_safearray_of_texts(text_at, groups, 1, out) : E_POINTER;
}

static HRESULT list_names(const struct iscard_reader_list *list, LPSAFEARRAY *out)
{
	const char **names = calloc(list->count + 1, sizeof *names);
	size_t n = 0;
	HRESULT hr = SCARD_E_NO_READERS_AVAILABLE;

	if (names == NULL)
		return E_OUTOFMEMORY;
	for (size_t i = 0; i < list->count; i++)
		if (SUCCEEDED(list->readers[i].result))
			names[n++] = list->readers[i].name;
	if (n > 0)
		hr = ccid_safearray_of_texts(text_at, names, n, out);
	free(names);
	return hr;
}

static HRESULT list_readers(ISCardDatabase *self, LONG locale, LPSAFEARRAY *out)
{
	struct iscard_reader_list *list;
	HRESULT hr;

	(void)locale;
	if (out == NULL)
		return E_POINTER;
	*out = NULL;
	hr = iscard_context_list(of(self), &list);
	if (FAILED(hr))
		return hr;
	hr = list_names(list, out);
	iscard_reader_list_free(list);
	return hr;
}

static const ISCardDatabaseVtbl vtbl = {
	CCID_OBJECT_VTBL,
	.GetProviderCardId = get_provider_card_id,
	.ListCardInterfaces = list_card_interfaces,
	.ListCards = list_cards,
	.ListReaderGroups = list_reader_groups,
	.ListReaders = list_readers,
};

HRESULT ccid_database_new(ISCardDatabase **out, iscard_context *c)
{
	struct database *d = calloc(1, sizeof *d);

	*out = NULL;
	if (d == NULL)
		return E_OUTOFMEMORY;
	d->iface.lpVtbl = &vtbl;
	atomic_init(&d->refs, 1);
	d->context = iscard_context_ref(c);
	*out = &d->iface;
	return S_OK;
}
