/* SPDX-License-Identifier: MIT */
#include "cards.h"

#include "blob.h"

#include <stdlib.h>
#include <string.h>

static void type_free(struct ccid_card_type *t)
{
	if (t == NULL)
		return;
	free(t->name);
	free(t);
}

void ccid_cards_free(iscard_context *c)
{
	while (c->cards != NULL) {
		struct ccid_card_type *t = c->cards;

		c->cards = t->next;
		type_free(t);
	}
}

static HRESULT check(const struct iscard_card_type *type)
{
	if (type == NULL)
		return E_POINTER;
	if (type->size != sizeof *type)
		return E_INVALIDARG;
	if (type->name == NULL || type->atr == NULL ||
	    (type->interface_count > 0 && type->interfaces == NULL))
		return E_POINTER;
	if (type->name[0] == '\0' || type->atr_len < 2 || type->atr_len > CCID_ATR_MAX)
		return E_INVALIDARG;
	return S_OK;
}

static struct ccid_card_type *type_new(const struct iscard_card_type *type)
{
	struct ccid_card_type *t;
	size_t n = type->interface_count;

	if (n > SIZE_MAX / 2 / sizeof *t->interfaces)
		return NULL;
	t = calloc(1, sizeof *t + n * sizeof *t->interfaces);
	if (t == NULL)
		return NULL;
	t->name = ccid_text_copy(type->name, strlen(type->name));
	if (t->name == NULL) {
		free(t);
		return NULL;
	}
	t->atr_len = type->atr_len;
	memcpy(t->atr, type->atr, type->atr_len);
	memset(t->mask, 0xff, sizeof t->mask);
	if (type->mask != NULL)
		memcpy(t->mask, type->mask, type->atr_len);
	t->has_provider = type->provider != NULL;
	if (type->provider != NULL)
		t->provider = *type->provider;
	t->ninterfaces = n;
	if (n > 0)
		memcpy(t->interfaces, type->interfaces, n * sizeof *t->interfaces);
	return t;
}

/* Where the pointer to the type of that name is, or to the end. */
static struct ccid_card_type **place_of(iscard_context *c, const char *name)
{
	struct ccid_card_type **at = &c->cards;

	while (*at != NULL && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

HRESULT iscard_context_introduce_card(iscard_context *context, const struct iscard_card_type *type)
{
	HRESULT hr = check(type);
	struct ccid_card_type *fresh, *old, **at;
	iscard_context *c;

	if (SUCCEEDED(hr))
		hr = ccid_context_get(context, &c);
	if (FAILED(hr))
		return hr;
	fresh = type_new(type);
	if (fresh == NULL) {
		iscard_context_unref(c);
		return E_OUTOFMEMORY;
	}
	pthread_mutex_lock(&c->lock);
	at = place_of(c, fresh->name);
	old = *at;
	fresh->next = old != NULL ? old->next : NULL;
	*at = fresh;
	pthread_mutex_unlock(&c->lock);
	type_free(old);
	iscard_context_unref(c);
	return S_OK;
}

HRESULT iscard_context_forget_card(iscard_context *context, const char *name)
{
	struct ccid_card_type *old, **at;
	iscard_context *c;
	HRESULT hr;

	if (name == NULL)
		return E_POINTER;
	hr = ccid_context_get(context, &c);
	if (FAILED(hr))
		return hr;
	pthread_mutex_lock(&c->lock);
	at = place_of(c, name);
	old = *at;
	if (old != NULL)
		*at = old->next;
	pthread_mutex_unlock(&c->lock);
	iscard_context_unref(c);
	type_free(old);
	return old != NULL ? S_OK : SCARD_E_UNKNOWN_CARD;
}

const struct ccid_card_type *ccid_cards_find(const iscard_context *c, const char *name)
{
	const struct ccid_card_type *t = c->cards;

	while (t != NULL && strcmp(t->name, name) != 0)
		t = t->next;
	return t;
}

static bool has_atr(const struct ccid_card_type *t, const uint8_t *atr, size_t len)
{
	if (t->atr_len != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (((t->atr[i] ^ atr[i]) & t->mask[i]) != 0)
			return false;
	return true;
}

static bool has_interface(const struct ccid_card_type *t, const GUID *iid)
{
	for (size_t i = 0; i < t->ninterfaces; i++)
		if (iscard_guid_equal(&t->interfaces[i], iid))
			return true;
	return false;
}

static bool is_named(const struct ccid_card_type *t, const struct ccid_card_wish *wish)
{
	for (size_t i = 0; i < wish->nnames; i++)
		if (strcmp(t->name, wish->names[i]) == 0)
			return true;
	return wish->nnames == 0;
}

bool ccid_card_type_fits(const struct ccid_card_type *t, const struct ccid_card_wish *wish)
{
	if (wish->atr != NULL && !has_atr(t, wish->atr, wish->atr_len))
		return false;
	for (size_t i = 0; i < wish->ninterfaces; i++)
		if (!has_interface(t, &wish->interfaces[i]))
			return false;
	return is_named(t, wish);
}

bool ccid_cards_fit(iscard_context *c, const struct ccid_card_wish *wish)
{
	const struct ccid_card_type *t;

	pthread_mutex_lock(&c->lock);
	t = c->cards;
	while (t != NULL && !ccid_card_type_fits(t, wish))
		t = t->next;
	pthread_mutex_unlock(&c->lock);
	return t != NULL;
}
