/* SPDX-License-Identifier: MIT */
/* A context for one recording. */
#include "blob.h"
#include "context_priv.h"
#include "replay_address.h"

#include <iscard/bstr.h>
#include <iscard/replay.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPEED_MAX   1000000u
#define OPTIONS_MAX 64

/* What has a meaning of its own in an address, or in a list of them. */
static bool is_special(unsigned char c)
{
	return c <= ' ' || c == '%' || c == '?' || c == 0x7F;
}

static char *address_of(const char *file, const struct iscard_replay_options *o)
{
	static const char *const strict[] = {"message", "exact", "lenient"};
	size_t cap = sizeof CCID_REPLAY_PREFIX + 3 * strlen(file) + OPTIONS_MAX, n;
	char *address = malloc(cap);

	if (address == NULL)
		return NULL;
	n = (size_t)snprintf(address, cap, "%s", CCID_REPLAY_PREFIX);
	for (; *file != '\0'; file++)
		n += (size_t)snprintf(address + n, cap - n,
		                      is_special((unsigned char)*file) ? "%%%02X" : "%c",
		                      (unsigned char)*file);
	n += (size_t)snprintf(address + n, cap - n, "?strict=%s", strict[o->match]);
	if (o->speed != 0)
		snprintf(address + n, cap - n, "&speed=%u.%03u", (unsigned)(o->speed / 1000),
		         (unsigned)(o->speed % 1000));
	return address;
}

static bool is_valid(const struct iscard_replay_options *o)
{
	return (unsigned)o->match <= ISCARD_REPLAY_LENIENT && o->speed <= SPEED_MAX;
}

/* The name of the first slot, and whether the file is a trace at all. */
static HRESULT look(iscard_context *c, BSTR *reader)
{
	struct iscard_reader_list *list;
	HRESULT hr = iscard_context_list(c, &list);

	if (FAILED(hr))
		return hr;
	hr = list->count > 0 ? list->readers[0].result : SCARD_E_UNKNOWN_READER;
	if (SUCCEEDED(hr) && reader != NULL) {
		*reader = iscard_bstr_from_utf8(list->readers[0].name);
		hr = *reader != NULL ? S_OK : E_OUTOFMEMORY;
	}
	iscard_reader_list_free(list);
	return hr;
}

static HRESULT open_context(const char *address, const struct iscard_options *base,
                            iscard_context **context, BSTR *reader)
{
	struct iscard_options o = {.size = sizeof o, .log_level = ISCARD_LOG_ERROR};
	HRESULT hr;

	if (base != NULL)
		o = *base;
	o.readers = address;
	hr = iscard_context_create(&o, context);
	if (FAILED(hr))
		return hr;
	hr = look(*context, reader);
	if (FAILED(hr)) {
		iscard_context_unref(*context);
		*context = NULL;
	}
	return hr;
}

HRESULT iscard_replay_open(const char *file, const struct iscard_replay_options *options,
                           iscard_context **context, BSTR *reader)
{
	struct iscard_replay_options o = {.size = sizeof o};
	char *address;
	HRESULT hr;

	if (reader != NULL)
		*reader = NULL;
	if (file == NULL || context == NULL)
		return E_POINTER;
	*context = NULL;
	if (options != NULL && options->size != sizeof o)
		return E_INVALIDARG;
	if (options != NULL)
		o = *options;
	if (!is_valid(&o) || file[0] == '\0')
		return E_INVALIDARG;
	address = address_of(file, &o);
	if (address == NULL)
		return E_OUTOFMEMORY;
	hr = open_context(address, o.context, context, reader);
	free(address);
	return hr;
}
