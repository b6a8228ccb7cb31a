/* SPDX-License-Identifier: MIT */
#include "profile.h"

#include "apdu.h"
#include "ccid_msg.h"

#define SHORT_APDU_MAX 261

struct teller {
	ccid_profile_note *note;
	void *arg;
};

struct ccid_wiring ccid_wiring_of(const struct ccid_interface *iface)
{
	return (struct ccid_wiring){.protocol = iface->protocol,
	                            .bulk = iface->bulk_in.address != 0 &&
	                                    iface->bulk_out.address != 0,
	                            .interrupt = iface->intr_in.address != 0};
}

static void tell_quirk(void *arg, const struct ccid_quirk *q)
{
	const struct teller *t = arg;

	if (t->note != NULL)
		t->note(t->arg, "quirk", q->why);
}

static void describe(struct ccid_profile *p, const struct ccid_identity *id, struct teller *t)
{
	unsigned warnings;

	p->desc = p->claims;
	ccid_quirk_apply(&p->tuning, &p->desc, id->vid, id->pid, id->bcd_device, tell_quirk, t);
	warnings = ccid_class_desc_clamp(&p->desc);
	for (unsigned bit = 0; t->note != NULL && bit < CCID_DESC_W_COUNT; bit++)
		if (warnings & 1u << bit)
			t->note(t->arg, "descriptor", ccid_desc_warning_text(1u << bit));
	p->level = ccid_class_desc_level(&p->desc);
	p->nslots = p->desc.max_slot_index + 1u;
}

/* Bulk endpoints decide, whatever bInterfaceProtocol says: some readers announce 1 and are bulk. */
static int frame(struct ccid_profile *p)
{
	if (p->wiring.bulk)
		return CCID_OK;
	if (p->wiring.protocol == 1) {
		p->iccd = CCID_ICCD_A;
		p->level = CCID_LEVEL_TPDU; /* a header and its data are one exchange */
		p->desc.protocols = 1;
	} else if (p->wiring.protocol == 2 && p->level != CCID_LEVEL_CHARACTER) {
		p->iccd = CCID_ICCD_B;
	} else {
		return CCID_E_UNSUPPORTED;
	}
	p->nslots = 1;
	p->tuning.flags |= CCID_QUIRK_OFF_FIRST;
	return CCID_OK;
}

int ccid_profile_make(struct ccid_profile *out, const struct ccid_class_desc *claims,
                      const struct ccid_wiring *wiring, const struct ccid_identity *id,
                      ccid_profile_note *note, void *arg)
{
	struct teller t = {note, arg};

	*out = (struct ccid_profile){.claims = *claims, .wiring = *wiring};
	describe(out, id, &t);
	return frame(out);
}

size_t ccid_profile_max_apdu(const struct ccid_profile *p)
{
	size_t room = p->desc.max_message_len - CCID_HEADER_LEN;

	if (p->level != CCID_LEVEL_SHORT_APDU)
		return CCID_APDU_MAX;
	return room < SHORT_APDU_MAX && p->iccd == CCID_ICCD_NONE ? room : SHORT_APDU_MAX;
}
