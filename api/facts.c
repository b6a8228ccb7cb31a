/* SPDX-License-Identifier: MIT */
#include "facts.h"

#include "find.h"
#include "pool.h"

void ccid_facts_of_reader(struct ccid_facts *out, const struct ccid_reader *r)
{
	const struct ccid_transport *t = ccid_reader_transport(r);

	*out = (struct ccid_facts){.id = t->id,
	                           .claims = *ccid_reader_claims(r),
	                           .wiring = ccid_wiring_of(&t->iface),
	                           .nslots = ccid_reader_slots(r)};
}

static void of_usb(struct ccid_facts *out, const struct ccid_usb_found *found)
{
	*out = (struct ccid_facts){.id = found->id, .claims = found->desc, .wiring = found->wiring};
}

static int of_transport(struct ccid_facts *out, const struct ccid_transport *t)
{
	*out = (struct ccid_facts){.id = t->id, .wiring = ccid_wiring_of(&t->iface)};
	if (t->iface.desc == NULL ||
	    ccid_class_desc_decode(&out->claims, t->iface.desc, CCID_CLASS_DESC_LEN) != 0)
		return CCID_E_FORMAT;
	return 0;
}

/* Of a transport that the context keeps; CCID_E_NOTFOUND when somebody has taken it. */
static int of_kept(struct ccid_facts *out, iscard_context *c, const char *text)
{
	int err = CCID_E_NOTFOUND;

	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < c->nsources; i++)
		if (c->sources[i].parked != NULL && strcmp(c->sources[i].text, text) == 0)
			err = of_transport(out, c->sources[i].parked);
	pthread_mutex_unlock(&c->lock);
	return err;
}

static int of_open(struct ccid_facts *out, iscard_context *c, const char *name)
{
	struct ccid_open *open;
	unsigned slot;
	int err = ccid_pool_get(&open, &slot, c, name);

	if (err < 0)
		return err;
	ccid_facts_of_reader(out, ccid_open_reader(open));
	ccid_pool_put(open);
	return 0;
}

int ccid_facts_of(struct ccid_facts *out, iscard_context *c, const char *name)
{
	struct ccid_target target;
	int err = ccid_find(c, name, &target);

	if (err < 0)
		return err;
	if (target.usb)
		of_usb(out, &target.found);
	else
		err = of_kept(out, c, target.source.text);
	ccid_target_fini(&target);
	return err == CCID_E_NOTFOUND ? of_open(out, c, name) : err;
}
