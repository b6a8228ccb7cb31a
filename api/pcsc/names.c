/* SPDX-License-Identifier: MIT */
/* Names of readers, and texts and bytes that are handed out. */
#include "pcsc_priv.h"
#include "watch.h"

#include <stdlib.h>
#include <string.h>

#define NUMBERS 6 /* " 00 00" */

static const char groups[] = "SCard$DefaultReaders\0";

/* Long ones lose the end of the text, between characters, and keep their numbers. */
void ccid_pcsc_name(char out[PCSC_READER_NAME_MAX], const char *name)
{
	size_t len = strlen(name), keep = PCSC_READER_NAME_MAX - 1 - NUMBERS;

	if (len < PCSC_READER_NAME_MAX) {
		memcpy(out, name, len + 1);
		return;
	}
	while (keep > 0 && ((unsigned char)name[keep] & 0xC0) == 0x80)
		keep--;
	memcpy(out, name, keep);
	memcpy(out + keep, name + len - NUMBERS, NUMBERS + 1);
}

static const char *match(const struct iscard_reader_list *list, const char *name)
{
	char shown[PCSC_READER_NAME_MAX];

	for (size_t i = 0; i < list->count; i++) {
		ccid_pcsc_name(shown, list->readers[i].name);
		if (strcmp(shown, name) == 0)
			return list->readers[i].name;
	}
	return name;
}

HRESULT ccid_pcsc_full_name(iscard_context *c, const char *name, char out[CCID_NAME_MAX])
{
	struct iscard_reader_list *list = NULL;
	HRESULT hr = S_OK;

	if (strlen(name) >= PCSC_READER_NAME_MAX)
		return SCARD_E_UNKNOWN_READER;
	if (strlen(name) >= PCSC_READER_NAME_MAX - 4) { /* the shortest that was cut */
		hr = iscard_context_list(c, &list);
		name = SUCCEEDED(hr) ? match(list, name) : name;
	}
	if (SUCCEEDED(hr))
		memcpy(out, name, strlen(name) + 1);
	iscard_reader_list_free(list);
	return hr;
}

HRESULT ccid_pcsc_give(void *out, unsigned long *cap, const void *from, size_t len)
{
	bool fits = *cap >= len;
	void *copy;

	if (*cap != PCSC_AUTOALLOCATE) {
		*cap = len;
		if (out != NULL && fits && len > 0)
			memcpy(out, from, len);
		return out == NULL || fits ? S_OK : SCARD_E_INSUFFICIENT_BUFFER;
	}
	if (out == NULL)
		return SCARD_E_INVALID_PARAMETER;
	copy = malloc(len > 0 ? len : 1);
	if (copy == NULL)
		return SCARD_E_NO_MEMORY;
	if (len > 0)
		memcpy(copy, from, len);
	memcpy(out, &copy, sizeof copy);
	*cap = len;
	return S_OK;
}

bool ccid_pcsc_is_there(const iscard_context *c, const struct iscard_reader *r)
{
	struct ccid_watch *w = atomic_load(&c->watch);

	return SUCCEEDED(r->result) && (w == NULL || !ccid_watch_misses(w, r->name));
}

/* Readers that can be reached, as a multi-string. NULL when memory is out. */
static char *multi_string(const iscard_context *c, const struct iscard_reader_list *list,
                          size_t *len)
{
	char *all = calloc(list->count + 1, PCSC_READER_NAME_MAX), *at = all;

	for (size_t i = 0; all != NULL && i < list->count; i++) {
		if (!ccid_pcsc_is_there(c, &list->readers[i]))
			continue;
		ccid_pcsc_name(at, list->readers[i].name);
		at += strlen(at) + 1;
	}
	*len = all == NULL || at == all ? 0 : (size_t)(at - all) + 1;
	return all;
}

/* Nor is it kept open: then it is looked for each time, not when that is due. */
static void let_go_of_missed(iscard_context *c, const struct iscard_reader_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (SUCCEEDED(list->readers[i].result) && !ccid_pcsc_is_there(c, &list->readers[i]))
			iscard_context_unwatch(c, list->readers[i].name);
}

/* The state of the list that the client now knows. */
static void note_list(struct ccid_pcsc_context *c)
{
	struct iscard_reader_state list = {.reader = NULL};

	if (FAILED(iscard_context_wait(c->context, &list, 1, 0)))
		return;
	ccid_process_enter();
	c->list_seen = list.now.changes;
	ccid_process_leave();
}

static HRESULT list_readers(struct ccid_pcsc_context *c, char *readers, unsigned long *len)
{
	struct iscard_reader_list *list;
	HRESULT hr;
	char *all;
	size_t n;

	note_list(c);
	hr = iscard_context_list(c->context, &list);
	if (FAILED(hr))
		return hr;
	all = multi_string(c->context, list, &n);
	let_go_of_missed(c->context, list);
	iscard_reader_list_free(list);
	if (all == NULL)
		return SCARD_E_NO_MEMORY;
	if (n > 0) {
		hr = ccid_pcsc_give(readers, len, all, n);
	} else {
		hr = SCARD_E_NO_READERS_AVAILABLE;
		*len = 1;
	}
	free(all);
	return hr;
}

long iscard_pcsc_list_readers(long context, char *readers, unsigned long *len)
{
	struct ccid_pcsc_context *c;
	HRESULT hr;

	if (len == NULL)
		return ccid_pcsc_code(SCARD_E_INVALID_PARAMETER);
	hr = ccid_pcsc_context_get(&c, context);
	if (FAILED(hr))
		return ccid_pcsc_code(hr);
	hr = list_readers(c, readers, len);
	ccid_pcsc_context_put(c);
	return ccid_pcsc_code(hr);
}

long iscard_pcsc_list_reader_groups(long context, char *out, unsigned long *len)
{
	struct ccid_pcsc_context *c;
	HRESULT hr;

	if (len == NULL)
		return ccid_pcsc_code(SCARD_E_INVALID_PARAMETER);
	hr = ccid_pcsc_context_get(&c, context);
	if (FAILED(hr))
		return ccid_pcsc_code(hr);
	ccid_pcsc_context_put(c);
	return ccid_pcsc_code(ccid_pcsc_give(out, len, groups, sizeof groups));
}

long iscard_pcsc_free_memory(long context, const void *mem)
{
	struct ccid_pcsc_context *c;
	HRESULT hr = ccid_pcsc_context_get(&c, context);

	if (FAILED(hr))
		return ccid_pcsc_code(hr);
	free((void *)(uintptr_t)mem);
	ccid_pcsc_context_put(c);
	return 0;
}
