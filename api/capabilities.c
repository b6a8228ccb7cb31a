/* SPDX-License-Identifier: MIT */
/* <iscard/reader.h>. */
#include "attachment.h"
#include "facts.h"
#include "result.h"

#include <iscard/reader.h>
#include <stdio.h>

#define FIRST_SIZE sizeof(struct iscard_capabilities) /* of the first version */

_Static_assert(ISCARD_CAPABILITY_TEXT == CCID_TEXT_MAX, "one length");
_Static_assert((int)ISCARD_LEVEL_EXTENDED_APDU == (int)CCID_LEVEL_EXTENDED_APDU, "same order");
_Static_assert((int)ISCARD_FRAMING_TOKEN_B == (int)CCID_ICCD_B, "same order");

static void add_quirk(void *arg, const char *kind, const char *text)
{
	struct iscard_capabilities *c = arg;
	size_t n = strlen(c->quirks);

	snprintf(c->quirks + n, sizeof c->quirks - n, "%s%s: %s", n > 0 ? "\n" : "", kind, text);
}

static iscard_source source_of(uint32_t claimed, uint32_t used)
{
	if (claimed == 0)
		return ISCARD_SOURCE_NONE;
	return claimed == used ? ISCARD_SOURCE_DESCRIPTOR : ISCARD_SOURCE_REFUSED;
}

static void put_identity(struct iscard_capabilities *c, const struct ccid_identity *id)
{
	c->vid = id->vid;
	c->pid = id->pid;
	c->release = id->bcd_device;
	memcpy(c->manufacturer, id->manufacturer, CCID_TEXT_MAX);
	memcpy(c->product, id->product, CCID_TEXT_MAX);
	memcpy(c->interface_name, id->interface_name, CCID_TEXT_MAX);
	memcpy(c->serial, id->serial, CCID_TEXT_MAX);
	memcpy(c->address, id->address, CCID_TEXT_MAX);
}

static void put_numbers(struct iscard_capabilities *c, const struct ccid_class_desc *d)
{
	c->busy_slots = d->max_busy_slots;
	c->protocols = (SCARD_PROTOCOLS)d->protocols;
	c->voltages = d->voltage_support;
	c->display_lines = d->lcd_layout >> 8;
	c->display_columns = d->lcd_layout & 0xFFu;
	c->features = d->features;
	c->max_message = d->max_message_len;
	c->max_ifsd = d->max_ifsd;
	c->clock_khz = d->default_clock_khz;
	c->max_clock_khz = d->max_clock_khz;
	c->rate_bps = d->data_rate_bps;
	c->max_rate_bps = d->max_data_rate_bps;
	c->ccid = d->bcd_ccid;
}

static void put_abilities(struct iscard_capabilities *c, const struct ccid_profile *p)
{
	bool pad = p->level != CCID_LEVEL_CHARACTER;

	c->mechanical = p->desc.mechanical;
	c->mechanical_claimed = p->claims.mechanical;
	c->mechanical_source = source_of(p->claims.mechanical, p->desc.mechanical);
	c->pin_pad = pad ? p->desc.pin_support : 0;
	c->pin_pad_source = source_of(p->claims.pin_support, c->pin_pad);
}

static int fill(struct iscard_capabilities *c, const struct ccid_facts *f)
{
	struct ccid_profile p;
	int err = ccid_profile_make(&p, &f->claims, &f->wiring, &f->id, add_quirk, c);

	if (err < 0)
		return err;
	put_identity(c, &f->id);
	put_numbers(c, &p.desc);
	put_abilities(c, &p);
	c->framing = (iscard_framing)p.iccd;
	c->level = (iscard_exchange_level)p.level;
	c->slots = f->nslots != 0 ? f->nslots : p.nslots;
	c->interrupt = f->wiring.interrupt;
	c->max_apdu = (uint32_t)ccid_profile_max_apdu(&p);
	return 0;
}

static HRESULT answer(struct iscard_capabilities *out, const struct ccid_facts *f)
{
	struct iscard_capabilities c = {.size = sizeof c};
	int err = fill(&c, f);

	if (err == 0)
		memcpy(out, &c, out->size < sizeof c ? out->size : sizeof c);
	return ccid_result(err, CCID_ATTACHING);
}

HRESULT iscard_reader_capabilities(iscard_context *context, const char *reader,
                                   struct iscard_capabilities *caps)
{
	struct ccid_facts facts;
	iscard_context *c;
	HRESULT hr;
	int err;

	if (reader == NULL || caps == NULL)
		return E_POINTER;
	if (reader[0] == '\0' || caps->size < FIRST_SIZE)
		return E_INVALIDARG;
	hr = ccid_context_get(context, &c);
	if (FAILED(hr))
		return hr;
	err = ccid_facts_of(&facts, c, reader);
	iscard_context_unref(c);
	return err < 0 ? ccid_result(err, CCID_ATTACHING) : answer(caps, &facts);
}

HRESULT iscard_attached_capabilities(void *object, struct iscard_capabilities *caps)
{
	struct ccid_attachment *a = ccid_attachment_of(object);
	struct ccid_session *s = NULL;
	struct ccid_facts facts;
	HRESULT hr;

	if (object == NULL || caps == NULL)
		return E_POINTER;
	if (a == NULL || caps->size < FIRST_SIZE)
		return E_INVALIDARG;
	hr = ccid_attachment_session(a, &s);
	if (SUCCEEDED(hr))
		hr = ccid_session_pin(s);
	if (SUCCEEDED(hr)) {
		ccid_facts_of_reader(&facts, s->port->reader);
		ccid_session_unpin(s);
		hr = answer(caps, &facts);
	}
	return ccid_attachment_end(a, s, hr);
}
