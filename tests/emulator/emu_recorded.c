/* SPDX-License-Identifier: MIT */
/* A device from the bytes of its configuration descriptor (USB 2.0, 9.6.3 to 9.6.6). */
#include "emu_config.h"

#include <string.h>

#define BULK      2
#define INTERRUPT 3

static void start_interface(struct emu_config *c, const uint8_t *p)
{
	c->if_number = p[2];
	c->if_class = p[5];
	c->if_subclass = p[6];
	c->if_protocol = p[7];
	c->ep_in = c->ep_out = c->ep_int = 0;
	c->class_desc[0] = 0;
}

static void take_endpoint(struct emu_config *c, const uint8_t *p)
{
	uint16_t mps = (uint16_t)(p[4] | p[5] << 8);
	bool in = (p[2] & 0x80) != 0;

	if ((p[3] & 3) == INTERRUPT && in) {
		c->ep_int = p[2];
		c->mps_int = mps;
	} else if ((p[3] & 3) == BULK) {
		*(in ? &c->ep_in : &c->ep_out) = p[2];
		c->mps = mps;
	}
}

static bool complete(const struct emu_config *c)
{
	return c->class_desc[0] >= 54 && c->ep_in != 0 && c->ep_out != 0;
}

bool emu_config_recorded(struct emu_config *cfg, const uint8_t *config, size_t len)
{
	struct emu_config c = *cfg;

	c.class_desc[0] = 0;
	c.ep_in = c.ep_out = c.ep_int = 0;
	for (size_t at = 0; at + 2 <= len && config[at] >= 2 && at + config[at] <= len;
	     at += config[at]) {
		const uint8_t *p = config + at;

		if (p[1] == 4 && p[0] >= 9) {
			if (complete(&c))
				break;
			start_interface(&c, p);
		} else if (p[1] == 5 && p[0] >= 7) {
			take_endpoint(&c, p);
		} else if (p[0] >= 54 && (p[1] == 0x21 || p[1] == 0xFF)) {
			memcpy(c.class_desc, p, sizeof c.class_desc);
		}
	}
	if (!complete(&c) || len > 1024)
		return false;
	c.speed = c.mps > 64 ? 2 : 1;
	c.raw_config = config;
	c.raw_len = len;
	*cfg = c;
	return true;
}
