/* SPDX-License-Identifier: MIT */
#include "find.h"

#include "blob.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct visit {
	iscard_context *c;
	int (*fn)(void *arg, const struct ccid_seen *seen);
	void *arg;
};

static int each_slot(const struct visit *v, struct ccid_seen *seen, const char *base,
                     unsigned number, unsigned nslots)
{
	char name[CCID_NAME_MAX];
	int rc = 0;

	seen->name = name;
	for (seen->slot = 0; seen->slot < nslots && rc == 0; seen->slot++) {
		ccid_name_full(name, sizeof name, base, number, seen->slot);
		rc = v->fn(v->arg, seen);
	}
	return rc;
}

static int see_usb(void *arg, const struct ccid_usb_found *found)
{
	struct visit *v = arg;
	struct ccid_class_desc desc = found->desc;
	struct ccid_seen seen = {.address = found->id.address,
	                         .vid = found->id.vid,
	                         .pid = found->id.pid,
	                         .found = found};
	char base[CCID_NAME_MAX];
	int number;

	ccid_class_desc_clamp(&desc);
	seen.mechanical = desc.mechanical;
	ccid_name_base(base, sizeof base, &found->id);
	number = ccid_names_number(&v->c->names, base, found->id.address);
	if (number < 0)
		return number;
	return each_slot(v, &seen, base, (unsigned)number, desc.max_slot_index + 1u);
}

static int see_other(struct visit *v, struct ccid_source *s)
{
	struct ccid_seen seen = {.name = s->text, .address = s->text, .source = s};
	int err = ccid_source_identify(s, v->c), number;

	if (err == CCID_E_NOMEM)
		return err;
	if (err < 0) {
		seen.err = err;
		return v->fn(v->arg, &seen);
	}
	number = ccid_names_number(&v->c->names, s->base, s->text);
	if (number < 0)
		return number;
	seen.vid = s->vid;
	seen.pid = s->pid;
	seen.mechanical = s->mechanical;
	return each_slot(v, &seen, s->base, (unsigned)number, s->nslots);
}

static int find_all(iscard_context *c, bool known_only, const struct ccid_env *log,
                    int (*fn)(void *arg, const struct ccid_seen *seen), void *arg, unsigned *denied)
{
	struct visit v = {c, fn, arg};
	int rc = 0;

	ccid_names_look(&c->names);
	for (size_t i = 0; i < c->nsources && rc == 0; i++) {
		struct ccid_source *s = &c->sources[i];
		unsigned refused = 0;

		if (s->usb)
			rc = ccid_usb_scan_at(ccid_context_roots(c), log, &s->address, see_usb, &v,
			                      &refused);
		else if (s->known || !known_only)
			rc = see_other(&v, s);
		if (rc == CCID_E_NOTFOUND) /* no USB on this machine */
			rc = 0;
		if (denied != NULL)
			*denied += refused;
	}
	if (rc == 0)
		ccid_names_looked(&c->names);
	return rc;
}

int ccid_find_all(iscard_context *c, int (*fn)(void *arg, const struct ccid_seen *seen), void *arg,
                  unsigned *denied)
{
	*denied = 0;
	return find_all(c, false, &c->env, fn, arg, denied);
}

int ccid_find_present(iscard_context *c, int (*fn)(void *arg, const struct ccid_seen *seen),
                      void *arg)
{
	struct ccid_env quiet = c->env;

	quiet.log = NULL;
	return find_all(c, true, &quiet, fn, arg, NULL);
}

static int target_usb(struct ccid_target *t, const struct ccid_usb_found *found)
{
	t->usb = true;
	t->found = *found;
	t->key = ccid_text_copy(found->id.address, strlen(found->id.address));
	return t->key != NULL ? 0 : CCID_E_NOMEM;
}

static int target_other(struct ccid_target *t, const char *text, const iscard_context *c)
{
	const char *why;
	int err = ccid_source_init(&t->source, text, strlen(text), c->scheme, &why);

	if (err < 0)
		return err;
	t->key = ccid_text_copy(text, strlen(text));
	if (t->key == NULL)
		ccid_source_fini(&t->source);
	return t->key != NULL ? 0 : CCID_E_NOMEM;
}

struct search {
	const char *name;
	iscard_context *c;
	struct ccid_target *out;
};

#define FOUND 1

static int compare(void *arg, const struct ccid_seen *seen)
{
	struct search *s = arg;
	int err = 0;

	if (strcmp(seen->name, s->name) != 0)
		return 0;
	if (seen->err < 0)
		return seen->err;
	s->out->slot = seen->slot;
	if (seen->found != NULL)
		err = target_usb(s->out, seen->found);
	else
		err = target_other(s->out, seen->source->text, s->c);
	return err < 0 ? err : FOUND;
}

/* A peer that does not answer must not delay who wants another reader: it is asked last. */
static int by_name(iscard_context *c, const char *name, struct ccid_target *out)
{
	struct search s = {name, c, out};
	unsigned denied = 0;
	int rc = find_all(c, true, &c->env, compare, &s, &denied);

	if (rc == 0) {
		denied = 0;
		rc = find_all(c, false, &c->env, compare, &s, &denied);
	}
	if (rc == 0)
		return denied > 0 ? CCID_E_ACCESS : CCID_E_NOTFOUND;
	return rc == FOUND ? 0 : rc;
}

static int take_first(void *arg, const struct ccid_usb_found *found)
{
	int err = target_usb(arg, found);

	return err < 0 ? err : FOUND;
}

static int by_usb_address(iscard_context *c, const struct ccid_address *a, struct ccid_target *out)
{
	unsigned denied = 0;
	int rc;

	ccid_names_look(&c->names);
	rc = ccid_usb_scan_at(ccid_context_roots(c), &c->env, a, take_first, out, &denied);
	if (rc == 0)
		return denied > 0 ? CCID_E_ACCESS : CCID_E_NOTFOUND;
	return rc == FOUND ? 0 : rc;
}

static struct ccid_source *own_source(iscard_context *c, const char *text)
{
	for (size_t i = 0; i < c->nsources; i++)
		if (!c->sources[i].usb && strcmp(c->sources[i].text, text) == 0)
			return &c->sources[i];
	return NULL;
}

/* The context's own addresses are identified first, so that there is one connection and no more,
 * whoever asks. */
static int by_address(iscard_context *c, const char *text, struct ccid_target *out)
{
	struct ccid_source fresh, *own = own_source(c, text);
	const char *why = "";
	int err;

	if (own != NULL) {
		err = ccid_source_identify(own, c);
		return err < 0 ? err : target_other(out, text, c);
	}
	err = ccid_source_init(&fresh, text, strlen(text), c->scheme, &why);
	if (err < 0) {
		ccid_log(&c->env, CCID_LOG_ERROR, NULL, "address \"%s\": %s", text, why);
		return err == CCID_E_FORMAT ? CCID_E_NOTFOUND : err;
	}
	err = fresh.usb ? by_usb_address(c, &fresh.address, out) : target_other(out, text, c);
	ccid_source_fini(&fresh);
	return err;
}

int ccid_find(iscard_context *c, const char *name, struct ccid_target *out)
{
	int err;

	*out = (struct ccid_target){.slot = 0};
	pthread_mutex_lock(&c->lock);
	err = ccid_is_address(name, c->scheme) ? by_address(c, name, out) : by_name(c, name, out);
	pthread_mutex_unlock(&c->lock);
	return err;
}

void ccid_find_holder(iscard_context *c, const char *name, char *out, size_t cap)
{
	struct ccid_target target;

	out[0] = '\0';
	if (ccid_find(c, name, &target) < 0)
		return;
	if (target.usb)
		ccid_usb_holder(out, cap, target.found.node);
	ccid_target_fini(&target);
}

void ccid_target_fini(struct ccid_target *t)
{
	free(t->key);
	if (!t->usb)
		ccid_source_fini(&t->source);
}

static int open_usb(const struct ccid_target *t, const iscard_context *c,
                    struct ccid_transport **out)
{
	char holder[128] = "";
	int err;

	if (c->usb != NULL)
		err = c->usb->open(c->usb->arg, out, &t->found, &c->env);
	else
		err = ccid_transport_open_usb(out, &t->found, &c->env);
	if (err == CCID_E_BUSY)
		ccid_usb_holder_at(ccid_context_roots(c), holder, sizeof holder, t->found.node);
	if (err < 0)
		ccid_log(&c->env, CCID_LOG_ERROR, t->found.id.address, "%s%s%s", ccid_err_text(err),
		         holder[0] != '\0' ? ": " : "", holder);
	return err;
}

static struct ccid_transport *take_kept(iscard_context *c, const char *text)
{
	struct ccid_transport *t = NULL;
	struct ccid_source *own;

	pthread_mutex_lock(&c->lock);
	own = own_source(c, text);
	if (own != NULL) {
		t = own->parked;
		own->parked = NULL;
	}
	pthread_mutex_unlock(&c->lock);
	return t;
}

int ccid_target_open(struct ccid_target *t, iscard_context *c, struct ccid_transport **out,
                     bool *kept, int64_t deadline)
{
	*kept = false;
	if (t->usb)
		return open_usb(t, c, out);
	*out = take_kept(c, t->source.text);
	*kept = *out != NULL;
	return *kept ? 0 : ccid_source_open(&t->source, c, out, deadline);
}
