/* SPDX-License-Identifier: MIT */
/* Addresses of a context, and the transports behind those that are not USB. */
#include "blob.h"
#include "context_priv.h"
#include "pool.h"
#include "replay_address.h"
#include "replays.h"

#include <stdlib.h>
#include <string.h>

#define SILENT_MS 1000 /* a failure that took so long counts for as long */

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool ccid_is_address(const char *text, const struct ccid_scheme *scheme)
{
	static const char *const prefix[] = {
		"usb:", "fd:", "usbredir:", "usbredir-listen:", CCID_REPLAY_PREFIX};

	for (size_t i = 0; i < sizeof prefix / sizeof *prefix; i++)
		if (starts(text, prefix[i]))
			return true;
	return scheme != NULL && starts(text, scheme->prefix);
}

bool ccid_source_returns(const struct ccid_source *s)
{
	return s->address.kind != CCID_ADDRESS_FD && !ccid_is_replay_address(s->text);
}

static bool is_usb(enum ccid_address_kind kind)
{
	return kind == CCID_ADDRESS_USB_ALL || kind == CCID_ADDRESS_USB_PORT ||
	       kind == CCID_ADDRESS_USB_ID;
}

static int check_replay(const char *text, const char **why)
{
	struct ccid_replay_address a;
	int err = ccid_replay_address_parse(&a, text, why);

	if (err == 0)
		free(a.path);
	return err;
}

static int check(struct ccid_source *s, const struct ccid_scheme *scheme, const char **why)
{
	int err;

	*why = "no reader address";
	if (!ccid_is_address(s->text, scheme))
		return CCID_E_FORMAT;
	s->address.kind = CCID_ADDRESS_OTHER;
	if (ccid_is_replay_address(s->text))
		return check_replay(s->text, why);
	if (scheme != NULL && starts(s->text, scheme->prefix))
		return 0;
	err = ccid_address_parse(&s->address, s->text, why);
	s->usb = is_usb(s->address.kind);
	return err;
}

int ccid_source_init(struct ccid_source *s, const char *text, size_t len,
                     const struct ccid_scheme *scheme, const char **why)
{
	int err;

	*s = (struct ccid_source){.text = ccid_text_copy(text, len)};
	if (s->text == NULL)
		return CCID_E_NOMEM;
	err = check(s, scheme, why);
	if (err != 0)
		ccid_source_fini(s);
	return err;
}

void ccid_source_fini(struct ccid_source *s)
{
	if (s->parked != NULL)
		s->parked->ops->close(s->parked);
	free(s->text);
	*s = (struct ccid_source){0};
}

int ccid_source_open(const struct ccid_source *s, iscard_context *c, struct ccid_transport **out,
                     int64_t deadline)
{
	if (s->address.kind != CCID_ADDRESS_OTHER)
		return ccid_address_open(out, &s->address, s->text, &c->env, deadline);
	if (ccid_is_replay_address(s->text))
		return ccid_replays_open(out, c, s->text);
	return c->scheme->open(c->scheme->arg, out, s->text, &c->env, deadline);
}

/* Who does not answer is not waited for again by the next step of the same call. */
static int reach(struct ccid_source *s, iscard_context *c, struct ccid_transport **t)
{
	int64_t start = ccid_env_now(&c->env), end;
	int err = s->error;

	if (start < s->silent_until)
		return err;
	err = ccid_source_open(s, c, t, start + c->limits.open_ms);
	end = ccid_env_now(&c->env);
	if (err < 0 && end - start >= SILENT_MS) {
		s->error = err;
		s->silent_until = end + SILENT_MS;
	}
	return err;
}

/* Connect, to learn who is there; the transport is kept. */
static int meet(struct ccid_source *s, iscard_context *c, struct ccid_identity *id,
                struct ccid_class_desc *desc)
{
	struct ccid_transport *t;
	int err = reach(s, c, &t);

	if (err < 0)
		return err;
	s->parked = t;
	*id = t->id;
	if (t->iface.desc == NULL || ccid_class_desc_decode(desc, t->iface.desc, 54) != 0)
		*desc = (struct ccid_class_desc){0};
	ccid_class_desc_clamp(desc);
	return 0;
}

int ccid_source_identify(struct ccid_source *s, iscard_context *c)
{
	struct ccid_class_desc desc;
	struct ccid_identity id;
	int err = 0;

	if (s->known)
		return 0;
	if (!ccid_pool_identity(s->text, &id, &desc))
		err = meet(s, c, &id, &desc);
	if (err < 0)
		return err;
	ccid_name_base(s->base, sizeof s->base, &id);
	s->nslots = desc.max_slot_index + 1u;
	s->mechanical = desc.mechanical;
	s->vid = id.vid;
	s->pid = id.pid;
	s->known = true;
	return 0;
}
