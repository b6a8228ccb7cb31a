/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include "blob.h"
#include "find.h"
#include "policy.h"
#include "port.h"
#include "process.h"
#ifdef ISCARD_USBREDIR
#include "recorder.h"
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRACES_MAX 1000 /* FILE, FILE.1 ... */

enum state {
	OPENING,
	OPEN,
	CLOSING
};

struct ccid_open {
	struct ccid_open *next;
	enum state state;
	unsigned refs, epoch;
	char *key;
	char *base;  /* of its name as the scan makes it; NULL: not on USB */
	uint8_t dev; /* its number on the bus, another each time it is plugged in; 0: not on USB */
	iscard_context *owner; /* whose log, clock and trace it uses */
	struct ccid_reader *reader;
	unsigned nports;
	struct ccid_port *ports;
};

static void entry_free(struct ccid_open *o)
{
	if (o->epoch == ccid_process_epoch())
		for (unsigned i = 0; i < o->nports; i++)
			ccid_port_fini(&o->ports[i]);
	free(o->ports);
	free(o->base);
	free(o->key);
	ccid_context_drop(o->owner);
	free(o);
}

/* False when memory is out. */
static bool take_target(struct ccid_open *o, const struct ccid_target *target)
{
	char base[CCID_NAME_MAX];

	o->key = ccid_text_copy(target->key, strlen(target->key));
	if (o->key == NULL || !target->usb)
		return o->key != NULL;
	ccid_name_base(base, sizeof base, &target->found.id);
	o->base = ccid_text_copy(base, strlen(base));
	o->dev = target->found.dev;
	return o->base != NULL;
}

static struct ccid_open *entry_new(iscard_context *c, const struct ccid_target *target)
{
	struct ccid_open *o = calloc(1, sizeof *o);

	if (o == NULL)
		return NULL;
	if (!take_target(o, target)) {
		free(o->key);
		free(o);
		return NULL;
	}
	o->refs = 1;
	o->epoch = ccid_process_epoch();
	o->owner = c;
	ccid_context_keep(c);
	return o;
}

/* A reader that has left stays until its connections have ended; its successor is another entry. */
static struct ccid_open *find_entry(const struct ccid_process *p, const char *key)
{
	struct ccid_open *o = p->readers;

	while (o != NULL &&
	       (strcmp(o->key, key) != 0 || (o->state == OPEN && ccid_reader_gone(o->reader))))
		o = o->next;
	return o;
}

/* The same, when nobody has heard of the departure yet, but another device is where it was. */
static struct ccid_open *find_target(const struct ccid_process *p, const struct ccid_target *t)
{
	struct ccid_open *o = p->readers;

	while (o != NULL && (strcmp(o->key, t->key) != 0 ||
	                     (o->state == OPEN &&
	                      (ccid_reader_gone(o->reader) || (t->usb && o->dev != t->found.dev)))))
		o = o->next;
	return o;
}

static void remove_entry(struct ccid_process *p, struct ccid_open *o)
{
	struct ccid_open **at = &p->readers;

	while (*at != NULL && *at != o)
		at = &(*at)->next;
	if (*at == o)
		*at = o->next;
	pthread_cond_broadcast(&p->opened);
}

#ifdef ISCARD_USBREDIR
/* A trace that cannot be written must not keep a card from being used. */
static void record(struct ccid_transport **t, const iscard_context *c, const char *file)
{
	struct ccid_transport *recorder;
	char path[4096];
	int err = CCID_E_BUSY;

	for (unsigned i = 0; i < TRACES_MAX && err == CCID_E_BUSY; i++) {
		if (i == 0)
			snprintf(path, sizeof path, "%s", file);
		else
			snprintf(path, sizeof path, "%s.%u", file, i);
		err = ccid_transport_open_recorder(&recorder, *t, path, &c->env);
	}
	if (err == 0)
		*t = recorder;
	else
		ccid_log(&c->env, CCID_LOG_ERROR, NULL, "%s: cannot record: %s", path,
		         ccid_err_text(err));
}
#else
static void record(struct ccid_transport **t, const iscard_context *c, const char *file)
{
	(void)t;
	(void)file;
	ccid_log(&c->env, CCID_LOG_ERROR, NULL, "built without usbredir, cannot record");
}
#endif

static void record_if_wanted(struct ccid_transport **t, iscard_context *c)
{
	char *file = NULL;

	pthread_mutex_lock(&c->lock);
	if (c->trace != NULL)
		file = ccid_text_copy(c->trace, strlen(c->trace));
	pthread_mutex_unlock(&c->lock);
	if (file != NULL)
		record(t, c, file);
	free(file);
}

static int open_once(struct ccid_open *o, struct ccid_target *target, bool *kept, int64_t deadline)
{
	iscard_context *c = o->owner;
	const struct ccid_limits limits = {.power_on_ms = c->limits.power_on_ms,
	                                   .command_ms = ccid_limits_default.command_ms,
	                                   .motion_ms = c->limits.motion_ms,
	                                   .escape_ms = c->limits.escape_ms};
	struct ccid_transport *t;
	int err = ccid_target_open(target, c, &t, kept, deadline);

	if (err < 0)
		return err;
	record_if_wanted(&t, c);
	err = ccid_reader_open(&o->reader, t, &limits, &c->env, deadline);
	if (err < 0)
		t->ops->close(t);
	return err;
}

static int open_reader(struct ccid_open *o, struct ccid_target *target, bool back)
{
	int64_t deadline = ccid_env_now(&o->owner->env) + o->owner->limits.open_ms;
	bool kept;
	int err = open_once(o, target, &kept, deadline);

	if (err == CCID_E_GONE && kept) /* the peer left while nobody looked */
		err = open_once(o, target, &kept, deadline);
	if (err < 0)
		return err;
	o->nports = ccid_reader_slots(o->reader);
	o->ports = calloc(o->nports, sizeof *o->ports);
	if (o->ports == NULL) {
		o->nports = 0;
		ccid_reader_close(o->reader);
		return CCID_E_NOMEM;
	}
	for (unsigned i = 0; i < o->nports; i++)
		ccid_port_init(&o->ports[i], o, i);
	ccid_policy_opened(o->owner, o, o->key, back);
	return 0;
}

/* Whether it has left under the hands of connections that still stand. */
static bool left_before(const struct ccid_process *p, const char *key)
{
	const struct ccid_open *o = p->readers;

	while (o != NULL && strcmp(o->key, key) != 0)
		o = o->next;
	return o != NULL;
}

static int open_new(struct ccid_open **out, iscard_context *c, struct ccid_target *target)
{
	struct ccid_process *p = ccid_process();
	struct ccid_open *o = entry_new(c, target);
	bool back = left_before(p, target->key);
	int err;

	if (o == NULL)
		return CCID_E_NOMEM;
	o->next = p->readers;
	p->readers = o;
	ccid_process_leave();
	err = open_reader(o, target, back);
	p = ccid_process_enter();
	if (err < 0) {
		remove_entry(p, o);
		entry_free(o);
		return err;
	}
	o->state = OPEN;
	pthread_cond_broadcast(&p->opened);
	*out = o;
	return 0;
}

static int get(struct ccid_open **out, iscard_context *c, struct ccid_target *target)
{
	struct ccid_process *p = ccid_process_enter();
	struct ccid_open *o = find_target(p, target);
	int err = 0;

	while (o != NULL && o->state != OPEN) {
		pthread_cond_wait(&p->opened, &p->lock);
		o = find_target(p, target);
	}
	if (o != NULL) {
		o->refs++;
		*out = o;
	} else {
		err = open_new(out, c, target);
	}
	ccid_process_leave();
	return err;
}

int ccid_pool_get(struct ccid_open **out, unsigned *slot, iscard_context *c, const char *name)
{
	struct ccid_target target;
	int err = ccid_find(c, name, &target);

	if (err == 0)
		err = get(out, c, &target);
	if (err == 0 && target.slot >= (*out)->nports) {
		ccid_pool_put(*out);
		err = CCID_E_NO_SLOT;
	}
	*slot = target.slot;
	ccid_target_fini(&target);
	return err;
}

static void give_back(struct ccid_open *o)
{
	if (o->epoch != ccid_process_epoch()) {
		ccid_reader_abandon(o->reader);
		return;
	}
	if (ccid_reader_gone(o->reader))
		ccid_policy_lost(o->owner, o->key);
	ccid_reader_close(o->reader);
}

void ccid_pool_put(struct ccid_open *o)
{
	struct ccid_process *p = ccid_process_enter();

	if (--o->refs > 0) {
		ccid_process_leave();
		return;
	}
	o->state = CLOSING;
	ccid_process_leave();
	give_back(o);
	p = ccid_process_enter();
	remove_entry(p, o);
	entry_free(o);
	ccid_process_leave();
}

struct ccid_reader *ccid_open_reader(const struct ccid_open *o)
{
	return o->reader;
}

struct ccid_port *ccid_open_port(struct ccid_open *o, unsigned slot)
{
	return &o->ports[slot];
}

bool ccid_open_is_alone(const struct ccid_open *o)
{
	bool alone;

	ccid_process_enter();
	alone = o->refs == 1;
	ccid_process_leave();
	return alone;
}

/* Of the context's own addresses the name is what they were listed by. */
static const struct ccid_source *listed(const iscard_context *c, const char *key)
{
	for (size_t i = 0; i < c->nsources; i++)
		if (!c->sources[i].usb && c->sources[i].known &&
		    strcmp(c->sources[i].text, key) == 0)
			return &c->sources[i];
	return NULL;
}

/* Context's mutex held. */
static void base_of(char *out, size_t cap, const struct ccid_open *o, const iscard_context *c)
{
	const struct ccid_source *source = listed(c, o->key);

	if (o->base != NULL)
		snprintf(out, cap, "%s", o->base);
	else if (source != NULL)
		snprintf(out, cap, "%s", source->base);
	else
		ccid_name_base(out, cap, &ccid_reader_transport(o->reader)->id);
}

int ccid_open_name(const struct ccid_open *o, unsigned slot, iscard_context *c, char *out,
                   size_t cap)
{
	char base[CCID_NAME_MAX];
	int number;

	pthread_mutex_lock(&c->lock);
	base_of(base, sizeof base, o, c);
	number = ccid_names_number(&c->names, base, o->key);
	pthread_mutex_unlock(&c->lock);
	if (number < 0)
		return number;
	ccid_name_full(out, cap, base, (unsigned)number, slot);
	return 0;
}

const struct ccid_env *ccid_open_env(const struct ccid_open *o)
{
	return &o->owner->env;
}

bool ccid_pool_identity(const char *key, struct ccid_identity *id, struct ccid_class_desc *desc)
{
	const struct ccid_open *o = find_entry(ccid_process_enter(), key);
	bool found = o != NULL && o->state == OPEN;

	if (found) {
		*id = ccid_reader_transport(o->reader)->id;
		*desc = *ccid_reader_desc(o->reader);
	}
	ccid_process_leave();
	return found;
}
