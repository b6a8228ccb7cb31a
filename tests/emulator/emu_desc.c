/* SPDX-License-Identifier: MIT */
/* Descriptors of the emulated reader (USB 2.0, 9.6; USB CCID 1.1, 5). */
#include "emu_priv.h"

#include <string.h>

static const uint8_t template[54] = {
	0x36, 0x21, 0x10, 0x01, 0x00, 0x07, 0x03, 0x00, 0x00, 0x00, /* both protocols */
	0xA0, 0x0F, 0x00, 0x00, 0xA0, 0x0F, 0x00, 0x00, 0x00,       /* 4 MHz */
	0x00, 0x2A, 0x00, 0x00, 0x00, 0x50, 0x0A, 0x00, 0x00,       /* 10752 to 676000 bps */
	0xFE, 0x00, 0x00, 0x00, 0,    0,    0,    0,    0,    0,
	0,    0,                                        /* IFSD, synchronous, mechanical */
	0xBE, 0x00, 0x04, 0x00, 0x0F, 0x01, 0x00, 0x00, /* features, 271 bytes */
	0xFF, 0xFF, 0x00, 0x00, 0x00, 0x01,
};

void emu_config_init(struct emu_config *cfg)
{
	*cfg = (struct emu_config){.vid = 0x1209,
	                           .pid = 0xCC1D,
	                           .bcd_device = 0x0100,
	                           .speed = 1,
	                           .manufacturer = "Emulated",
	                           .product = "Reader",
	                           .serial = "0001",
	                           .if_class = 0x0B,
	                           .ep_in = 0x82,
	                           .ep_out = 0x02,
	                           .ep_int = 0x83,
	                           .mps = 64,
	                           .mps_int = 8};
	memcpy(cfg->class_desc, template, sizeof template);
}

void emu_config_level(struct emu_config *cfg, unsigned level, uint32_t max_message)
{
	cfg->class_desc[42] = (uint8_t)(level == 0 ? 0 : 1u << (level - 1));
	emu_put32(cfg->class_desc + 44, max_message);
}

void emu_config_busy(struct emu_config *cfg, unsigned slots)
{
	cfg->class_desc[53] = (uint8_t)slots;
}

void emu_config_slots(struct emu_config *cfg, unsigned slots)
{
	cfg->class_desc[4] = (uint8_t)(slots - 1);
}

void emu_config_mechanical(struct emu_config *cfg, uint32_t mechanical)
{
	emu_put32(cfg->class_desc + 36, mechanical);
}

void emu_config_descriptor(struct emu_config *cfg, const uint8_t desc[54])
{
	memcpy(cfg->class_desc, desc, sizeof cfg->class_desc);
}

static void build_device(struct emu_device *d)
{
	const struct emu_config *c = &d->cfg;
	uint8_t *p = d->device_desc;

	memset(p, 0, sizeof d->device_desc);
	p[0] = 18;
	p[1] = 1;
	p[3] = 2;
	p[7] = 64;
	p[8] = (uint8_t)c->vid;
	p[9] = (uint8_t)(c->vid >> 8);
	p[10] = (uint8_t)c->pid;
	p[11] = (uint8_t)(c->pid >> 8);
	p[12] = (uint8_t)c->bcd_device;
	p[13] = (uint8_t)(c->bcd_device >> 8);
	p[14] = d->texts[0][0] != '\0' ? 1 : 0;
	p[15] = d->texts[1][0] != '\0' ? 2 : 0;
	p[16] = d->texts[2][0] != '\0' ? 3 : 0;
	p[17] = 1;
}

static size_t put_endpoint(uint8_t *p, uint8_t address, uint8_t type, uint16_t mps)
{
	if (address == 0)
		return 0;
	p[0] = 7;
	p[1] = 5;
	p[2] = address;
	p[3] = type;
	p[4] = (uint8_t)mps;
	p[5] = (uint8_t)(mps >> 8);
	p[6] = type == 3 ? 16 : 0;
	return 7;
}

static size_t put_interface(const struct emu_device *d, uint8_t *p)
{
	const struct emu_config *c = &d->cfg;

	p[0] = 9;
	p[1] = 4;
	p[2] = c->if_number;
	p[4] = (uint8_t)((c->ep_in != 0) + (c->ep_out != 0) + (c->ep_int != 0));
	p[5] = c->if_class;
	p[6] = c->if_subclass;
	p[7] = c->if_protocol;
	p[8] = d->texts[3][0] != '\0' ? 4 : 0;
	return 9;
}

static void build_config(struct emu_device *d)
{
	const struct emu_config *c = &d->cfg;
	uint8_t *p = d->config_desc;
	size_t n = 9;

	memset(p, 0, sizeof d->config_desc);
	n += put_interface(d, p + n);
	if (c->place == EMU_AFTER_INTERFACE) {
		memcpy(p + n, c->class_desc, sizeof c->class_desc);
		n += sizeof c->class_desc;
	}
	n += put_endpoint(p + n, c->ep_out, 2, c->mps);
	n += put_endpoint(p + n, c->ep_in, 2, c->mps);
	n += put_endpoint(p + n, c->ep_int, 3, c->mps_int);
	if (c->place == EMU_AFTER_ENDPOINTS) {
		memcpy(p + n, c->class_desc, sizeof c->class_desc);
		n += sizeof c->class_desc;
	}
	p[0] = 9;
	p[1] = 2;
	p[2] = (uint8_t)n;
	p[3] = (uint8_t)(n >> 8);
	p[4] = 1;
	p[5] = 1;
	p[7] = 0x80;
	p[8] = 50;
	d->config_len = n;
}

void emu_build_descriptors(struct emu_device *d)
{
	build_device(d);
	if (d->cfg.raw_config == NULL) {
		build_config(d);
		return;
	}
	d->config_len =
		d->cfg.raw_len < sizeof d->config_desc ? d->cfg.raw_len : sizeof d->config_desc;
	memcpy(d->config_desc, d->cfg.raw_config, d->config_len);
	d->cfg.raw_config = NULL;
}

/* Plain ASCII to UTF-16LE. */
int emu_string_descriptor(const struct emu_device *d, unsigned index, uint8_t *out)
{
	const char *text;
	size_t n;

	if (index == 0) {
		memcpy(out, (const uint8_t[]){4, 3, 0x09, 0x04}, 4);
		return 4;
	}
	if (index > 4 || d->texts[index - 1][0] == '\0')
		return EMU_STALL;
	text = d->texts[index - 1];
	n = strlen(text);
	out[0] = (uint8_t)(2 + 2 * n);
	out[1] = 3;
	for (size_t i = 0; i < n; i++) {
		out[2 + 2 * i] = (uint8_t)text[i];
		out[3 + 2 * i] = 0;
	}
	return (int)(2 + 2 * n);
}
