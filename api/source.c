/* SPDX-License-Identifier: MIT */
/* Addresses of a context, and the transports behind those that are not USB. */
#include "blob.h"
#include "context_priv.h"
#include "pool.h"
#ifdef ISCARD_USBREDIR
#include "player.h"
#endif

#include <stdlib.h>
#include <string.h>

#define REPLAY "replay:"

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool ccid_is_address(const char *text, const struct ccid_scheme *scheme)
{
	static const char *const prefix[] = {
		"usb:", "fd:", "usbredir:", "usbredir-listen:", REPLAY};

	for (size_t i = 0; i < sizeof prefix / sizeof *prefix; i++)
		if (starts(text, prefix[i]))
			return true;
	return scheme != NULL && starts(text, scheme->prefix);
}

static bool is_usb(enum ccid_address_kind kind)
{
	return kind == CCID_ADDRESS_USB_ALL || kind == CCID_ADDRESS_USB_PORT ||
	       kind == CCID_ADDRESS_USB_ID;
}

static int check(struct ccid_source *s, const struct ccid_scheme *scheme, const char **why)
{
	int err;

	*why = "no reader address";
	if (!ccid_is_address(s->text, scheme))
		return CCID_E_FORMAT;
	if (starts(s->text, REPLAY) || (scheme != NULL && starts(s->text, scheme->prefix))) {
		*why = "no file is named";
		s->address.kind = CCID_ADDRESS_OTHER;
		return strchr(s->text, ':')[1] == '\0' ? CCID_E_FORMAT : 0;
	}
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

#ifdef ISCARD_USBREDIR
static int hex(char c)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits) % 16;
}

/* %20 and the like; a percent sign that begins no such thing stays. */
static void decode(char *text)
{
	char *to = text;

	for (; *text != '\0'; to++) {
		if (text[0] == '%' && hex(text[1]) >= 0 && hex(text[2]) >= 0) {
			*to = (char)(hex(text[1]) * 16 + hex(text[2]));
			text += 3;
		} else {
			*to = *text++;
		}
	}
	*to = '\0';
}

static int open_replay(struct ccid_transport **out, const char *path, const struct ccid_env *env)
{
	char problem[256] = "", *decoded = ccid_text_copy(path, strlen(path));
	int err;

	if (decoded == NULL)
		return CCID_E_NOMEM;
	decode(decoded);
	err = ccid_transport_open_replay(out, decoded, NULL, env, problem, sizeof problem);
	if (err < 0)
		ccid_log(env, CCID_LOG_ERROR, NULL, "%s: %s", decoded,
		         problem[0] != '\0' ? problem : ccid_err_text(err));
	free(decoded);
	return err;
}
#else
static int open_replay(struct ccid_transport **out, const char *path, const struct ccid_env *env)
{
	(void)out;
	ccid_log(env, CCID_LOG_ERROR, NULL, "%s: built without usbredir, no trace can be played",
	         path);
	return CCID_E_UNSUPPORTED;
}
#endif

int ccid_source_open(const struct ccid_source *s, const iscard_context *c,
                     struct ccid_transport **out, int64_t deadline)
{
	if (s->address.kind != CCID_ADDRESS_OTHER)
		return ccid_address_open(out, &s->address, s->text, &c->env, deadline);
	if (starts(s->text, REPLAY))
		return open_replay(out, s->text + strlen(REPLAY), &c->env);
	return c->scheme->open(c->scheme->arg, out, s->text, &c->env, deadline);
}

/* Connect, to learn who is there; the transport is kept. */
static int meet(struct ccid_source *s, const iscard_context *c, struct ccid_identity *id,
                struct ccid_class_desc *desc)
{
	struct ccid_transport *t;
	int err = ccid_source_open(s, c, &t, ccid_env_now(&c->env) + c->limits.open_ms);

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
	int err = 0, number;

	if (s->known)
		return 0;
	if (!ccid_pool_identity(s->text, &id, &desc))
		err = meet(s, c, &id, &desc);
	if (err < 0)
		return err;
	ccid_name_base(s->base, sizeof s->base, &id);
	number = ccid_names_number(&c->names, s->base, s->text);
	if (number < 0)
		return number;
	s->number = (unsigned)number;
	s->nslots = desc.max_slot_index + 1u;
	s->mechanical = desc.mechanical;
	s->vid = id.vid;
	s->pid = id.pid;
	s->known = true;
	return 0;
}
