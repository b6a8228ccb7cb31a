/* SPDX-License-Identifier: MIT */
#include "blob.h"
#include "find.h"
#include "result.h"

#include <stdlib.h>
#include <string.h>

/* The list as the caller sees it, with room for growth. */
struct list {
	struct iscard_reader_list shown; /* first */
	struct iscard_reader *readers;
};

static void free_reader(const struct iscard_reader *r)
{
	free((char *)(uintptr_t)r->name);
	free((char *)(uintptr_t)r->address);
}

void iscard_reader_list_free(struct iscard_reader_list *list)
{
	struct list *l = (struct list *)list;

	if (l == NULL)
		return;
	for (size_t i = 0; i < l->shown.count; i++)
		free_reader(&l->readers[i]);
	free(l->readers);
	free(l);
}

static int add(void *arg, const struct ccid_seen *seen)
{
	struct list *l = arg;
	size_t n = l->shown.count;
	struct iscard_reader r = {.name = ccid_text_copy(seen->name, strlen(seen->name)),
	                          .address = ccid_text_copy(seen->address, strlen(seen->address)),
	                          .result = ccid_result(seen->err, CCID_ATTACHING),
	                          .slot = seen->slot,
	                          .vid = seen->vid,
	                          .pid = seen->pid,
	                          .mechanical = seen->mechanical};
	struct iscard_reader *grown = realloc(l->readers, (n + 1) * sizeof *grown);

	if (grown != NULL)
		l->readers = grown;
	if (grown == NULL || r.name == NULL || r.address == NULL) {
		free_reader(&r);
		return CCID_E_NOMEM;
	}
	l->readers[n] = r;
	l->shown.count = n + 1;
	l->shown.readers = l->readers;
	return 0;
}

HRESULT iscard_context_list(iscard_context *context, struct iscard_reader_list **list)
{
	iscard_context *c;
	struct list *l;
	HRESULT hr;
	int err;

	if (list == NULL)
		return E_POINTER;
	*list = NULL;
	hr = ccid_context_get(context, &c);
	if (FAILED(hr))
		return hr;
	l = calloc(1, sizeof *l);
	if (l == NULL) {
		iscard_context_unref(c);
		return E_OUTOFMEMORY;
	}
	pthread_mutex_lock(&c->lock);
	err = ccid_find_all(c, add, l, &l->shown.denied);
	pthread_mutex_unlock(&c->lock);
	iscard_context_unref(c);
	if (err == 0)
		*list = &l->shown;
	else
		iscard_reader_list_free(&l->shown);
	return ccid_result(err, CCID_ATTACHING);
}
