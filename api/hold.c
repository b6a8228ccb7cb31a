/* SPDX-License-Identifier: MIT */
/* Readers that a context keeps open. */
#include "blob.h"
#include "pool.h"
#include "result.h"

#include <stdlib.h>
#include <string.h>

static struct ccid_hold **find(iscard_context *c, const char *name)
{
	struct ccid_hold **at = &c->holds;

	while (*at != NULL && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

static bool held(iscard_context *c, const char *name)
{
	bool is;

	pthread_mutex_lock(&c->lock);
	is = *find(c, name) != NULL;
	pthread_mutex_unlock(&c->lock);
	return is;
}

static bool insert(iscard_context *c, struct ccid_hold *h)
{
	bool first;

	pthread_mutex_lock(&c->lock);
	first = *find(c, h->name) == NULL;
	if (first) {
		h->next = c->holds;
		c->holds = h;
	}
	pthread_mutex_unlock(&c->lock);
	return first;
}

static int hold(iscard_context *c, const char *name)
{
	struct ccid_hold *h = calloc(1, sizeof *h);
	unsigned slot;
	int err = CCID_E_NOMEM;

	if (h != NULL)
		h->name = ccid_text_copy(name, strlen(name));
	if (h != NULL && h->name != NULL)
		err = ccid_pool_get(&h->open, &slot, c, name);
	if (err < 0) {
		if (h != NULL)
			free(h->name);
		free(h);
		return err;
	}
	if (!insert(c, h)) { /* another thread was faster */
		ccid_pool_put(h->open);
		free(h->name);
		free(h);
	}
	return 0;
}

HRESULT iscard_context_hold(iscard_context *context, const char *reader)
{
	iscard_context *c;
	HRESULT hr;

	if (reader == NULL)
		return E_POINTER;
	hr = ccid_context_get(context, &c);
	if (FAILED(hr))
		return hr;
	if (!held(c, reader))
		hr = ccid_result(hold(c, reader), CCID_ATTACHING);
	iscard_context_unref(c);
	return hr;
}

HRESULT iscard_context_release(iscard_context *context, const char *reader)
{
	struct ccid_hold **at, *h;
	iscard_context *c;
	HRESULT hr;

	if (reader == NULL)
		return E_POINTER;
	hr = ccid_context_get(context, &c);
	if (FAILED(hr))
		return hr;
	pthread_mutex_lock(&c->lock);
	at = find(c, reader);
	h = *at;
	if (h != NULL)
		*at = h->next;
	pthread_mutex_unlock(&c->lock);
	if (h != NULL) {
		ccid_pool_put(h->open);
		free(h->name);
		free(h);
	}
	iscard_context_unref(c);
	return h != NULL ? S_OK : SCARD_E_UNKNOWN_READER;
}
