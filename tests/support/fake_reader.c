/* SPDX-License-Identifier: MIT */
#include "fake_reader.h"

#include <stdio.h>
#include <string.h>

#define OR(value, fallback) ((value) != 0 ? (value) : (fallback))

static uint8_t *put(uint8_t *p, uint32_t v, unsigned n)
{
	while (n-- > 0) {
		*p++ = (uint8_t)v;
		v >>= 8;
	}
	return p;
}

/* USB CCID Rev 1.1, section 5.1 */
static uint8_t *put_class(uint8_t *p, const struct fake_reader *r)
{
	p = put(p, 54, 1);
	p = put(p, 0x21, 1);
	p = put(p, 0x0110, 2);
	p = put(p, OR(r->slots, 1u) - 1u, 1);
	p = put(p, OR(r->voltage, 7u), 1);
	p = put(p, OR(r->protocols, 3u), 4);
	p = put(p, 4000, 4); /* dwDefaultClock */
	p = put(p, 8000, 4);
	p = put(p, r->num_clocks, 1);
	p = put(p, 10753, 4); /* dwDataRate */
	p = put(p, 344086, 4);
	p = put(p, r->num_data_rates, 1);
	p = put(p, 254, 4); /* dwMaxIFSD */
	p = put(p, 0, 4);
	p = put(p, r->mechanical, 4);
	p = put(p, r->features, 4);
	p = put(p, OR(r->max_message, 271u), 4);
	p = put(p, OR(r->class_get_response, 0xFFu), 1);
	p = put(p, 0xFF, 1);
	p = put(p, 0, 2);
	p = put(p, r->pin_support, 1);
	return put(p, OR(r->busy_slots, 1u), 1);
}

static uint8_t *put_endpoint(uint8_t *p, struct ccid_endpoint *ep, uint8_t address, uint8_t type,
                             uint16_t max_packet)
{
	uint8_t interval = type == 3 ? 10 : 0;

	*ep = (struct ccid_endpoint){address, max_packet, interval};
	p = put(p, 0x0507, 2);
	p = put(p, address, 1);
	p = put(p, type, 1);
	p = put(p, max_packet, 2);
	return put(p, interval, 1);
}

static void describe_config(struct ccid_transport *t, struct fake_descriptors *d,
                            const struct fake_reader *r)
{
	uint16_t packet = OR(r->max_packet, (uint16_t)64);
	uint8_t *p = put(d->config, 0x0209, 2);

	d->config_len = sizeof d->config - (r->no_interrupt ? 7 : 0);
	p = put(p, (uint32_t)d->config_len, 2);
	p = put(p, 0x00000101u, 3);
	p = put(p, 0x3280, 2);
	p = put(p, 0x0409, 2);
	p = put(p, 0x0000, 2);
	p = put(p, r->no_interrupt ? 2 : 3, 1);
	p = put(p, 0x0000000Bu, 4);
	t->iface = (struct ccid_interface){
		.config_value = 1, .cls = 0x0B, .desc = p, .desc_type = 0x21};
	p = put_class(p, r);
	p = put_endpoint(p, &t->iface.bulk_out, 0x02, 2, packet);
	p = put_endpoint(p, &t->iface.bulk_in, 0x81, 2, packet);
	if (!r->no_interrupt)
		put_endpoint(p, &t->iface.intr_in, 0x83, 3, 8);
}

void fake_reader_describe(struct ccid_transport *t, struct fake_descriptors *d,
                          const struct fake_reader *r)
{
	uint8_t *p = put(d->device, 0x0112, 2);

	p = put(p, 0x0200, 2);
	p = put(p, 0, 3);
	p = put(p, 64, 1);
	p = put(p, OR(r->vid, 0x1209u), 2);
	p = put(p, OR(r->pid, 0x0001u), 2);
	p = put(p, OR(r->bcd_device, 0x0100u), 2);
	put(p, 0x01000000u, 4);
	describe_config(t, d, r);
	t->device_desc = d->device;
	t->config = d->config;
	t->config_len = d->config_len;
	memset(&t->id, 0, sizeof t->id);
	t->id.vid = OR(r->vid, (uint16_t)0x1209);
	t->id.pid = OR(r->pid, (uint16_t)0x0001);
	t->id.bcd_device = OR(r->bcd_device, (uint16_t)0x0100);
	t->id.speed = 1;
	snprintf(t->id.manufacturer, sizeof t->id.manufacturer, "Test");
	snprintf(t->id.product, sizeof t->id.product, "Reader");
	snprintf(t->id.address, sizeof t->id.address, "usb:1-1");
}
