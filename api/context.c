/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* secure_getenv */
#include "blob.h"
#include "cards.h"
#include "context_priv.h"
#include "policy.h"
#include "pool.h"
#include "process.h"
#include "replays.h"
#include "rules.h"
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LIMIT_MAX (INT64_MAX / 4) /* beyond any end; sums of some are numbers still */

static const struct iscard_limits defaults = {.open_ms = 10000,
                                              .power_on_ms = 60000,
                                              .transaction_ms = 300000,
                                              .motion_ms = 30000,
                                              .lock_ms = 0,
                                              .pin_ms = 1800000,
                                              .escape_ms = 30000};

static const char *const level_names[] = {"none", "error", "warning", "info", "debug", "wire"};

static void log_to_stderr(void *arg, iscard_log_level level, const char *reader, const char *text)
{
	(void)arg;
	fprintf(stderr, "iscard: %s: %s%s%s\n", level_names[level], reader != NULL ? reader : "",
	        reader != NULL ? ": " : "", text);
}

static void log_line(void *ctx, enum ccid_log_level level, const char *reader, const char *text)
{
	const iscard_context *c = ctx;

	c->options.log(c->options.log_arg, (iscard_log_level)level, reader, text);
}

static int64_t now_ms(void *ctx)
{
	const iscard_context *c = ctx;

	return c->options.now_ms(c->options.now_arg);
}

/* False when there is no such level. */
static bool find_level(const char *name, iscard_log_level *level)
{
	*level = ISCARD_LOG_ERROR;
	if (name == NULL || name[0] == '\0')
		return true;
	for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++) {
		if (strcasecmp(name, level_names[i]) == 0) {
			*level = (iscard_log_level)i;
			return true;
		}
	}
	return false;
}

static iscard_log_level level_of(const char *name)
{
	iscard_log_level level;

	(void)find_level(name, &level);
	return level;
}

static void complain_of_level(const iscard_context *c)
{
	const char *name = secure_getenv("ISCARD_LOG");
	iscard_log_level level;

	if (!find_level(name, &level))
		ccid_log(&c->env, CCID_LOG_ERROR, NULL,
		         "ISCARD_LOG: \"%s\" is not none, error, warning, info, debug or wire",
		         name);
}

static int allowed(const char *text)
{
	return text != NULL && strcmp(text, "1") == 0;
}

static struct iscard_options options_of_environment(void)
{
	return (struct iscard_options){.size = sizeof(struct iscard_options),
	                               .readers = secure_getenv("ISCARD_READERS"),
	                               .trace = secure_getenv("ISCARD_TRACE"),
	                               .log_level = level_of(secure_getenv("ISCARD_LOG")),
	                               .escapes = allowed(secure_getenv("ISCARD_ESCAPE"))};
}

static int set_limit(int64_t *to, int64_t from)
{
	if (from > 0)
		*to = from < LIMIT_MAX ? from : LIMIT_MAX;
	return from < 0 ? CCID_E_ARG : 0;
}

static int set_limits(struct iscard_limits *to, const struct iscard_limits *from)
{
	int bad = 0;

	*to = defaults;
	bad |= set_limit(&to->open_ms, from->open_ms);
	bad |= set_limit(&to->power_on_ms, from->power_on_ms);
	bad |= set_limit(&to->transaction_ms, from->transaction_ms);
	bad |= set_limit(&to->motion_ms, from->motion_ms);
	bad |= set_limit(&to->lock_ms, from->lock_ms);
	bad |= set_limit(&to->pin_ms, from->pin_ms);
	bad |= set_limit(&to->escape_ms, from->escape_ms);
	return bad;
}

static int add_source(iscard_context *c, const char *text, size_t len)
{
	struct ccid_source *grown = realloc(c->sources, (c->nsources + 1) * sizeof *grown);
	const char *why = "";
	int err;

	if (grown == NULL)
		return CCID_E_NOMEM;
	c->sources = grown;
	err = ccid_source_init(&c->sources[c->nsources], text, len, c->scheme, &why);
	if (err == 0)
		c->nsources++;
	else if (err != CCID_E_NOMEM)
		ccid_log(&c->env, CCID_LOG_ERROR, NULL, "address \"%.*s\": %s", (int)len, text,
		         why);
	return err;
}

static int set_sources(iscard_context *c, const char *addresses)
{
	const char *at = addresses != NULL ? addresses : "usb:";
	int err = 0;

	for (at += strspn(at, " \t\n"); *at != '\0' && err == 0; at += strspn(at, " \t\n")) {
		size_t len = strcspn(at, " \t\n");

		err = add_source(c, at, len);
		at += len;
	}
	return err;
}

static void context_free(iscard_context *c)
{
	free(c->trace);
	ccid_replays_fini(&c->replays);
	pthread_mutex_destroy(&c->lock);
	pthread_mutex_destroy(&c->meeting);
	free(c);
}

/* Readers go, the memory may stay for those that other contexts still use. */
static void close_all(iscard_context *c)
{
	bool ours = c->epoch == ccid_process_epoch();

	ccid_watch_free(atomic_exchange(&c->watch, NULL), ours);
	while (c->holds != NULL) {
		struct ccid_hold *h = c->holds;

		c->holds = h->next;
		ccid_pool_put(h->open);
		free(h->name);
		free(h);
	}
	for (size_t i = 0; i < c->nsources; i++) {
		if (!ours)
			c->sources[i].parked = NULL;
		ccid_source_fini(&c->sources[i]);
	}
	free(c->sources);
	c->sources = NULL;
	c->nsources = 0;
	ccid_names_free(&c->names);
	ccid_cards_free(c);
	ccid_policy_free(c);
	ccid_rules_free(c);
}

/* Under c->lock, unless nobody knows c yet. */
static int set_trace(iscard_context *c, const char *file)
{
	char *copy = NULL;

	if (file != NULL && file[0] != '\0') {
		copy = ccid_text_copy(file, strlen(file));
		if (copy == NULL)
			return CCID_E_NOMEM;
	}
	free(c->trace);
	c->trace = copy;
	return 0;
}

static int configure(iscard_context *c, const struct iscard_options *o)
{
	int err;

	c->options = *o;
	c->options.readers = c->options.trace = NULL;
	if (o->log == NULL)
		c->options.log = log_to_stderr;
	c->env = (struct ccid_env){.ctx = c,
	                           .now_ms = o->now_ms != NULL ? now_ms : NULL,
	                           .log = log_line,
	                           .log_level = (enum ccid_log_level)o->log_level,
	                           .log_payload = o->log_payload != 0};
	err = set_limits(&c->limits, &o->limits);
	if (err == 0)
		err = set_sources(c, o->readers);
	return err == 0 ? set_trace(c, o->trace) : err;
}

static int mouths_of_environment(iscard_context *c)
{
	const char *text = secure_getenv("ISCARD_MOUTH");

	return text == NULL || SUCCEEDED(ccid_rules_mouths(c, text)) ? 0 : CCID_E_NOMEM;
}

HRESULT ccid_context_create(const struct iscard_options *options, const struct ccid_scheme *scheme,
                            iscard_context **out)
{
	struct iscard_options o;
	iscard_context *c;
	int err;

	if (out == NULL)
		return E_POINTER;
	*out = NULL;
	if (options != NULL && options->size != sizeof o)
		return E_INVALIDARG;
	o = options != NULL ? *options : options_of_environment();
	if ((unsigned)o.log_level > ISCARD_LOG_WIRE)
		return E_INVALIDARG;
	c = calloc(1, sizeof *c);
	if (c == NULL)
		return E_OUTOFMEMORY;
	atomic_init(&c->refs, 1);
	atomic_init(&c->memory, 1);
	atomic_init(&c->cancels, 0);
	atomic_init(&c->watch, NULL);
	pthread_mutex_init(&c->lock, NULL);
	pthread_mutex_init(&c->meeting, NULL);
	ccid_replays_init(&c->replays);
	c->epoch = c->replays.epoch = ccid_process_epoch();
	c->number = ccid_process_number();
	c->scheme = scheme;
	err = configure(c, &o);
	if (err == 0 && options == NULL) {
		complain_of_level(c);
		err = mouths_of_environment(c);
	}
	if (err == 0) {
		*out = c;
		return S_OK;
	}
	close_all(c);
	context_free(c);
	return err == CCID_E_NOMEM ? E_OUTOFMEMORY : E_INVALIDARG;
}

HRESULT iscard_context_create(const struct iscard_options *options, iscard_context **context)
{
	return ccid_context_create(options, NULL, context);
}

HRESULT iscard_context_record(iscard_context *context, const char *file)
{
	iscard_context *c;
	HRESULT hr = ccid_context_get(context, &c);
	int err;

	if (FAILED(hr))
		return hr;
	pthread_mutex_lock(&c->lock);
	err = set_trace(c, file);
	pthread_mutex_unlock(&c->lock);
	iscard_context_unref(c);
	return err == 0 ? S_OK : E_OUTOFMEMORY;
}

iscard_context *iscard_context_ref(iscard_context *context)
{
	if (context != NULL)
		atomic_fetch_add(&context->refs, 1);
	return context;
}

/* Nobody knows the context any more but whoever moves its last cards. */
static void settle_cards(iscard_context *c)
{
	if (c->epoch != ccid_process_epoch())
		return;
	iscard_context_ref(c);
	ccid_policy_end(c);
	atomic_fetch_sub(&c->refs, 1);
}

void iscard_context_unref(iscard_context *context)
{
	if (context == NULL || atomic_fetch_sub(&context->refs, 1) > 1)
		return;
	settle_cards(context);
	close_all(context);
	ccid_context_drop(context);
}

const struct ccid_usb_roots *ccid_context_roots(const iscard_context *c)
{
	return c->usb != NULL ? c->usb->roots : &ccid_usb_roots;
}

void ccid_context_keep(iscard_context *c)
{
	atomic_fetch_add(&c->memory, 1);
}

void ccid_context_drop(iscard_context *c)
{
	if (atomic_fetch_sub(&c->memory, 1) == 1)
		context_free(c);
}

/* The default context lives until the process ends. */
static HRESULT get_default(iscard_context **out)
{
	struct ccid_process *p = ccid_process_enter();
	iscard_context *made = NULL;
	HRESULT hr = S_OK;

	if (p->context == NULL) {
		ccid_process_leave();
		hr = ccid_context_create(NULL, NULL, &made);
		p = ccid_process_enter();
		if (p->context == NULL) {
			p->context = made;
			made = NULL;
		}
	}
	*out = iscard_context_ref(p->context);
	ccid_process_leave();
	iscard_context_unref(made);
	return *out != NULL ? S_OK : hr;
}

HRESULT ccid_context_get(iscard_context *context, iscard_context **out)
{
	*out = NULL;
	if (context == NULL)
		return get_default(out);
	if (context->epoch != ccid_process_epoch())
		return SCARD_E_SERVICE_STOPPED;
	*out = iscard_context_ref(context);
	return S_OK;
}
