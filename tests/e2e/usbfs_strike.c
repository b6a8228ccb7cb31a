/* SPDX-License-Identifier: MIT */
/* What befalls a transfer on the way, whatever the device does: the n-th that moves, counted from 0
 * from the moment it is set. */
#include "usbfs.h"

#include <errno.h>
#include <string.h>

#define PARTING_MS 250 /* a root hub of uhci is asked so often */

static const struct {
	const char *name;
	enum usbfs_strike kind;
} names[] = {
	{"error-after", USBFS_STRIKE_ERROR},     {"babble-after", USBFS_STRIKE_BABBLE},
	{"zero-after", USBFS_STRIKE_ZERO},       {"half-after", USBFS_STRIKE_HALF},
	{"suspend-after", USBFS_STRIKE_SUSPEND}, {"reset-after", USBFS_STRIKE_RESET},
	{"part-after", USBFS_STRIKE_PART},
};

bool usbfs_strike_set(struct usbfs *u, const char *name, unsigned at)
{
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(name, names[i].name) != 0)
			continue;
		u->strike = names[i].kind;
		u->strike_at = at;
		return true;
	}
	return false;
}

static bool suits(enum usbfs_strike kind, const struct usbfs_urb *urb)
{
	bool bulk_in = urb->type == USBDEVFS_URB_TYPE_BULK && (urb->endpoint & 0x80) != 0;

	return bulk_in || (kind != USBFS_STRIKE_BABBLE && kind != USBFS_STRIKE_ZERO &&
	                   kind != USBFS_STRIKE_HALF);
}

static void strike(struct usbfs *u, struct usbfs_urb *urb)
{
	switch (u->strike) {
	case USBFS_STRIKE_BABBLE: urb->status = -EOVERFLOW; break;
	case USBFS_STRIKE_ZERO: urb->actual = 0; return;
	case USBFS_STRIKE_HALF: urb->actual /= 2; return;
	case USBFS_STRIKE_SUSPEND:
	case USBFS_STRIKE_RESET: urb->status = -ESHUTDOWN; break;
	default: urb->status = -EPROTO; break;
	}
	urb->actual = 0;
}

bool usbfs_parting(const struct usbfs *u, struct usbfs_urb *urb)
{
	if (u->parts_at == 0)
		return false;
	urb->status = -EPROTO;
	urb->actual = 0;
	return true;
}

void usbfs_strike_at(struct usbfs *u, struct usbfs_urb *urb)
{
	if (u->strike == USBFS_STRIKE_NONE || urb->status != 0 || !suits(u->strike, urb))
		return;
	if (u->strike_at > 0) {
		u->strike_at--;
		return;
	}
	strike(u, urb);
	if (u->strike == USBFS_STRIKE_PART)
		u->parts_at = usbfs_now() + PARTING_MS;
	u->struck = u->strike;
	u->strike = USBFS_STRIKE_NONE;
	u->strikes++;
}

/* A reset that nobody asked for takes the claims of usbfs away, and a transfer claims again: so they
 * are left alone here. */
void usbfs_strike_rest(struct usbfs *u)
{
	if (u->struck == USBFS_STRIKE_SUSPEND)
		usbfs_kill(u, NULL, -ESHUTDOWN);
	if (u->struck == USBFS_STRIKE_RESET && u->emu != NULL)
		usbfs_reset(u);
	u->struck = USBFS_STRIKE_NONE;
	if (u->emu != NULL && u->parts_at != 0 && usbfs_now() >= u->parts_at)
		usbfs_unplug(u);
	if (u->emu == NULL)
		u->parts_at = 0;
}
