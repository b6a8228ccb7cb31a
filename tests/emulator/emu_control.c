/* SPDX-License-Identifier: MIT */
/* Endpoint 0: the standard requests (USB 2.0, 9.4) and those of the class (USB CCID 1.1, 5.3). */
#include "emu_priv.h"

#include <string.h>

struct setup {
	uint8_t type, request;
	uint16_t value, index, length;
};

static bool *halt_flag(struct emu_device *d, unsigned ep)
{
	if (ep != 0 && ep == d->cfg.ep_in)
		return &d->halted_in;
	if (ep != 0 && ep == d->cfg.ep_out)
		return &d->halted_out;
	if (ep != 0 && ep == d->cfg.ep_int)
		return &d->halted_int;
	return NULL;
}

static int give(const struct setup *s, uint8_t *data, const uint8_t *src, size_t len)
{
	size_t n = len < s->length ? len : s->length;

	memcpy(data, src, n);
	return (int)n;
}

static int get_descriptor(struct emu_device *d, const struct setup *s, uint8_t *data)
{
	uint8_t text[2 + 2 * sizeof d->texts[0]];
	int n;

	switch (s->value >> 8) {
	case 1: return give(s, data, d->device_desc, sizeof d->device_desc);
	case 2:
		if ((s->value & 0xFF) != 0)
			return EMU_STALL;
		return give(s, data, d->config_desc, d->config_len);
	case 3:
		n = emu_string_descriptor(d, s->value & 0xFF, text);
		return n < 0 ? n : give(s, data, text, (size_t)n);
	default: return EMU_STALL;
	}
}

static int set_configuration(struct emu_device *d, const struct setup *s)
{
	if (s->value > 1)
		return EMU_STALL;
	emu_restart(d);
	d->configuration = (uint8_t)s->value;
	for (unsigned i = 0; i < d->slots; i++)
		d->slot[i].changed =
			emu_sees_card(d, &d->slot[i]) && (d->cfg.flags & EMU_NO_FIRST_NOTIFY) == 0;
	return 0;
}

static int set_interface(struct emu_device *d, const struct setup *s)
{
	if (d->configuration == 0 || s->index != d->cfg.if_number || s->value != 0)
		return EMU_STALL;
	d->halted_in = d->halted_out = d->halted_int = false;
	return 0;
}

static int get_status(struct emu_device *d, const struct setup *s, uint8_t *data)
{
	uint8_t answer[2] = {0, 0};
	const bool *halt;

	if ((s->type & 0x1F) == 2 && (s->index & 0x7F) != 0) {
		halt = halt_flag(d, s->index);
		if (halt == NULL)
			return EMU_STALL;
		answer[0] = *halt;
	}
	return give(s, data, answer, sizeof answer);
}

static int endpoint_feature(struct emu_device *d, const struct setup *s)
{
	bool *halt = halt_flag(d, s->index);

	if (s->value != 0 || ((s->index & 0x7F) != 0 && halt == NULL))
		return EMU_STALL;
	if (halt != NULL)
		*halt = s->request == 3;
	return 0;
}

static int standard(struct emu_device *d, const struct setup *s, uint8_t *data)
{
	switch (s->type << 8 | s->request) {
	case 0x8000:
	case 0x8100:
	case 0x8200: return get_status(d, s, data);
	case 0x0201:
	case 0x0203: return endpoint_feature(d, s);
	case 0x0005: return 0;
	case 0x8006: return get_descriptor(d, s, data);
	case 0x8008: return give(s, data, &d->configuration, 1);
	case 0x0009: return set_configuration(d, s);
	case 0x810A:
		if (d->configuration == 0 || s->index != d->cfg.if_number)
			return EMU_STALL;
		return give(s, data, &d->alt, 1);
	case 0x010B: return set_interface(d, s);
	default: return EMU_STALL;
	}
}

static int list(const struct emu_device *d, const struct setup *s, uint8_t *data,
                const uint32_t *values, unsigned count)
{
	uint8_t bytes[4 * EMU_RATES_MAX];

	if ((d->cfg.flags & EMU_LISTS_STALL) != 0 || count == 0)
		return EMU_STALL;
	for (unsigned i = 0; i < count; i++)
		emu_put32(bytes + 4 * i, values[i]);
	return give(s, data, bytes, 4u * count);
}

static int class_request(struct emu_device *d, const struct setup *s, uint8_t *data)
{
	d->counts.class_controls++;
	if (d->configuration == 0 || s->index != d->cfg.if_number)
		return EMU_STALL;
	switch (s->type << 8 | s->request) {
	case 0x2101:
		if ((d->cfg.flags & EMU_ABORT_STALLS) != 0 || (s->value & 0xFF) >= d->slots)
			return EMU_STALL;
		emu_abort_control(d, s->value & 0xFF, (uint8_t)(s->value >> 8));
		return 0;
	case 0xA102: return list(d, s, data, d->cfg.clocks_khz, d->cfg.n_clocks);
	case 0xA103: return list(d, s, data, d->cfg.rates_bps, d->cfg.n_rates);
	default:
		return emu_iccd_request(d, (uint16_t)(s->type << 8 | s->request), s->value, data,
		                        s->length);
	}
}

int emu_control(struct emu_device *d, const uint8_t setup[8], uint8_t *data, int64_t now_ms)
{
	const struct setup s = {.type = setup[0],
	                        .request = setup[1],
	                        .value = (uint16_t)(setup[2] | setup[3] << 8),
	                        .index = (uint16_t)(setup[4] | setup[5] << 8),
	                        .length = (uint16_t)(setup[6] | setup[7] << 8)};
	int fault;

	emu_tick(d, now_ms);
	if (d->gone)
		return EMU_GONE;
	d->counts.controls++;
	if (emu_fault_operation(d, 0, &fault))
		return fault;
	return (s.type & 0x60) == 0 ? standard(d, &s, data) : class_request(d, &s, data);
}
