/* SPDX-License-Identifier: MIT */
#include "rules.h"

#include "blob.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Of several * only the last one is ever extended: no more than pattern times text steps. */
bool ccid_glob(const char *pattern, const char *text)
{
	const char *star = NULL, *from = text;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = ++pattern;
			from = text;
		} else if (*pattern != '\0' && same(*pattern, *text)) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool fits(const struct ccid_rule *r, const char *name, const struct ccid_identity *id)
{
	char product[sizeof "usb:FFFF:FFFF"];

	snprintf(product, sizeof product, "usb:%04x:%04x", id->vid, id->pid);
	return ccid_glob(r->pattern, name) || ccid_glob(r->pattern, id->address) ||
	       ccid_glob(r->pattern, product);
}

bool ccid_rule_mechanics(iscard_context *c, const char *name, const struct ccid_identity *id,
                         struct iscard_mechanics *out, char label[ISCARD_MECHANICS_SOURCE])
{
	const struct ccid_rule *r;

	pthread_mutex_lock(&c->lock);
	for (r = c->rules; r != NULL && !(r->mechanic && fits(r, name, id)); r = r->next)
		;
	if (r != NULL) {
		*out = r->mechanics;
		out->name = NULL;
		snprintf(label, ISCARD_MECHANICS_SOURCE, "external: %s", r->label);
	}
	pthread_mutex_unlock(&c->lock);
	return r != NULL;
}

bool ccid_rule_policy(iscard_context *c, const char *name, const struct ccid_identity *id,
                      struct iscard_card_policy *out)
{
	const struct ccid_rule *r;

	pthread_mutex_lock(&c->lock);
	for (r = c->rules; r != NULL && !(r->political && fits(r, name, id)); r = r->next)
		;
	if (r != NULL)
		*out = r->policy;
	pthread_mutex_unlock(&c->lock);
	return r != NULL;
}

bool ccid_rule_mouth(iscard_context *c, const char *name, const struct ccid_identity *id)
{
	const struct ccid_rule *r;

	pthread_mutex_lock(&c->lock);
	for (r = c->rules; r != NULL && !(r->mouth && fits(r, name, id)); r = r->next)
		;
	pthread_mutex_unlock(&c->lock);
	return r != NULL;
}

static void rule_free(struct ccid_rule *r)
{
	if (r != NULL)
		free(r->pattern);
	free(r);
}

void ccid_rules_free(iscard_context *c)
{
	while (c->rules != NULL) {
		struct ccid_rule *r = c->rules;

		c->rules = r->next;
		rule_free(r);
	}
}

static struct ccid_rule *rule_new(const char *pattern)
{
	struct ccid_rule *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	r->pattern = ccid_text_copy(pattern, strlen(pattern));
	if (r->pattern != NULL)
		return r;
	free(r);
	return NULL;
}

/* Take the rule of this very pattern out of the list. c->lock held. */
static struct ccid_rule *take(iscard_context *c, const char *pattern)
{
	struct ccid_rule **at = &c->rules, *r;

	while (*at != NULL && strcmp((*at)->pattern, pattern) != 0)
		at = &(*at)->next;
	r = *at;
	if (r != NULL)
		*at = r->next;
	return r;
}

static void put(iscard_context *c, struct ccid_rule *r)
{
	r->next = c->rules;
	c->rules = r;
}

/* One half of a rule; NULL takes it away. */
typedef void set_half(struct ccid_rule *r, const void *to);

static void set_mechanics(struct ccid_rule *r, const void *to)
{
	const struct iscard_mechanics *m = to;

	r->mechanic = m != NULL;
	if (m == NULL)
		return;
	r->mechanics = *m;
	r->mechanics.name = NULL;
	snprintf(r->label, sizeof r->label, "%s", m->name != NULL ? m->name : "?");
}

static void set_policy(struct ccid_rule *r, const void *to)
{
	r->political = to != NULL;
	if (to != NULL)
		r->policy = *(const struct iscard_card_policy *)to;
}

static void set_mouth(struct ccid_rule *r, const void *to)
{
	r->mouth = to != NULL;
}

/* spare takes the place of a rule that was not there; what is not needed is handed back. */
static struct ccid_rule *change(iscard_context *c, const char *pattern, struct ccid_rule *spare,
                                set_half *set, const void *to)
{
	struct ccid_rule *r;

	pthread_mutex_lock(&c->lock);
	r = take(c, pattern);
	if (r == NULL) {
		r = spare;
		spare = NULL;
	}
	set(r, to);
	if (r->mechanic || r->political || r->mouth) {
		put(c, r);
		r = NULL;
	}
	pthread_mutex_unlock(&c->lock);
	rule_free(r);
	return spare;
}

static HRESULT set_rule(iscard_context *context, const char *pattern, set_half *set, const void *to)
{
	struct ccid_rule *spare;
	iscard_context *c;
	HRESULT hr = ccid_context_get(context, &c);

	if (FAILED(hr))
		return hr;
	spare = rule_new(pattern);
	if (spare != NULL)
		rule_free(change(c, pattern, spare, set, to));
	else
		hr = E_OUTOFMEMORY;
	iscard_context_unref(c);
	return hr;
}

HRESULT iscard_context_set_mechanics(iscard_context *context, const char *pattern,
                                     const struct iscard_mechanics *mechanics)
{
	if (pattern == NULL)
		return E_POINTER;
	if (pattern[0] == '\0' || (mechanics != NULL && mechanics->size != sizeof *mechanics))
		return E_INVALIDARG;
	return set_rule(context, pattern, set_mechanics, mechanics);
}

static bool is_fate(iscard_fate fate)
{
	return (unsigned)fate <= ISCARD_FATE_LOCK;
}

HRESULT iscard_context_set_policy(iscard_context *context, const char *pattern,
                                  const struct iscard_card_policy *policy)
{
	if (pattern == NULL)
		return E_POINTER;
	if (pattern[0] == '\0')
		return E_INVALIDARG;
	if (policy != NULL &&
	    (policy->size != sizeof *policy || !is_fate(policy->at_end) ||
	     !is_fate(policy->at_start) || !is_fate(policy->at_return) || policy->motion_ms < 0))
		return E_INVALIDARG;
	return set_rule(context, pattern, set_policy, policy);
}

HRESULT iscard_context_set_mouth(iscard_context *context, const char *pattern, int seen)
{
	if (pattern == NULL)
		return E_POINTER;
	if (pattern[0] == '\0')
		return E_INVALIDARG;
	return set_rule(context, pattern, set_mouth, seen ? pattern : NULL);
}

HRESULT ccid_rules_mouths(iscard_context *c, const char *text)
{
	HRESULT hr = S_OK;

	while (SUCCEEDED(hr) && text[strspn(text, " ")] != '\0') {
		size_t len;
		char *pattern;

		text += strspn(text, " ");
		len = strcspn(text, " ");
		pattern = ccid_text_copy(text, len);
		hr = pattern != NULL ? set_rule(c, pattern, set_mouth, pattern) : E_OUTOFMEMORY;
		free(pattern);
		text += len;
	}
	return hr;
}
