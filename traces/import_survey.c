/* SPDX-License-Identifier: MIT */
#include "import_survey.h"

#include "bytes.h"
#include "ccid_msg.h"
#include "token_text.h"
#include "words.h"

#include <inttypes.h>
#include <stdlib.h>

#define GET_DESCRIPTOR    6
#define SET_ADDRESS       5
#define SET_CONFIGURATION 9
#define DT_DEVICE         1
#define DT_CONFIG         2
#define PACKET_MIN        8 /* the smallest wMaxPacketSize: not even a header fits */

static struct ccid_survey_device *find(struct ccid_survey *s, uint16_t bus, uint8_t device)
{
	struct ccid_survey_device *d;

	for (size_t i = 0; i < s->devices; i++)
		if (s->device[i]->bus == bus && s->device[i]->device == device)
			return s->device[i];
	s->full = s->devices == CCID_SURVEY_DEVICES;
	if (s->full)
		return NULL;
	d = calloc(1, sizeof *d);
	if (d == NULL)
		return NULL;
	d->bus = bus;
	d->device = device;
	s->device[s->devices++] = d;
	return d;
}

void ccid_survey_free(struct ccid_survey *s)
{
	for (size_t i = 0; i < s->devices; i++) {
		free(s->device[i]->config);
		free(s->device[i]);
	}
	s->devices = 0;
}

/* What was said to device 0 was said to the one that gets this address. */
static int take_address(struct ccid_survey *s, struct ccid_survey_device *zero,
                        const struct ccid_usb_event *e)
{
	struct ccid_survey_device *d = find(s, e->bus, e->setup[2] & 0x7F);

	if (d == NULL)
		return s->full ? 0 : CCID_E_NOMEM;
	if (d->first_bulk == 0 && zero->zero_from != 0 && d != zero) {
		d->zero_from = zero->zero_from;
		d->zero_to = e->frame;
	}
	zero->zero_from = 0;
	return 0;
}

static int take_config(struct ccid_survey_device *d, const struct ccid_usb_event *e)
{
	size_t total = e->len >= 4 ? e->data[2] | (size_t)e->data[3] << 8 : 0;

	if (total < 9 || e->len < total || d->config != NULL)
		return 0;
	d->config = malloc(total);
	if (d->config == NULL)
		return CCID_E_NOMEM;
	memcpy(d->config, e->data, total);
	d->config_len = total;
	d->config_frame = e->frame;
	return 0;
}

static int take_answer(struct ccid_survey_device *d, const uint8_t setup[8],
                       const struct ccid_usb_event *e)
{
	if (e->status != CCID_REDIR_OK || setup[0] != 0x80 || setup[1] != GET_DESCRIPTOR)
		return 0;
	if (setup[3] == DT_DEVICE && e->len >= 18) {
		memcpy(d->device_desc, e->data, 18);
		d->has_device = true;
	}
	return setup[3] == DT_CONFIG && setup[2] == 0 ? take_config(d, e) : 0;
}

static bool is_token_request(const uint8_t setup[8])
{
	const struct ccid_redir_packet q = {.request_type = setup[0], .request = setup[1]};

	return ccid_token_request_name(&q) != NULL;
}

static int take_control(struct ccid_survey *s, struct ccid_survey_device *d,
                        const struct ccid_usb_event *e)
{
	const struct ccid_usb_request *r;

	if (!e->submit) {
		r = ccid_usb_pending_take(&s->pending, e);
		return r != NULL ? take_answer(d, r->setup, e) : 0;
	}
	if (!e->has_setup)
		return 0;
	ccid_usb_pending_add(&s->pending, e);
	if (e->setup[0] == 0 && e->setup[1] == SET_ADDRESS)
		return take_address(s, d, e);
	if (e->setup[0] == 0 && e->setup[1] == SET_CONFIGURATION)
		d->configured = true;
	d->commands += is_token_request(e->setup);
	return 0;
}

static uint64_t message_length(const struct ccid_usb_event *e)
{
	struct ccid_rd r = ccid_rd(e->data + 1, 4);

	return UINT64_C(10) + ccid_rd_le32(&r);
}

/* Whether a transfer begins a message: a known type, and a length that this transfer has or that
 * whole packets, or a header by itself, lead to. */
static bool begins(const struct ccid_usb_event *e, bool command)
{
	uint64_t whole;
	bool known;

	if (e->len < CCID_HEADER_LEN && e->len != PACKET_MIN)
		return false;
	whole = message_length(e);
	known = command ? e->data[0] >= CCID_SET_PARAMETERS &&
	                          e->data[0] <= CCID_SET_DATA_RATE_AND_CLOCK
	                : e->data[0] >= CCID_DATA_BLOCK && e->data[0] <= CCID_DATA_RATE_AND_CLOCK;
	if (!known || whole > CCID_TRACE_PACKET_MAX)
		return false;
	return whole <= e->length || e->length % 8 == 0 || e->length == CCID_HEADER_LEN;
}

static void take_out(struct ccid_survey_device *d, const struct ccid_usb_event *e)
{
	uint64_t whole;

	if (d->out_left > 0 && e->endpoint == d->bulk_out) {
		d->out_left -= e->length < d->out_left ? e->length : d->out_left;
		return;
	}
	if ((d->bulk_out != 0 && d->bulk_out != e->endpoint) || !begins(e, true))
		return;
	whole = message_length(e);
	d->bulk_out = e->endpoint;
	d->commands++;
	d->out_left = whole > e->length ? (size_t)(whole - e->length) : 0;
	d->in_left = 0;
	if (e->len >= CCID_HEADER_LEN)
		ccid_guess_command(&d->guess, e->data, e->len);
}

static void take_in(struct ccid_survey_device *d, const struct ccid_usb_event *e)
{
	uint64_t whole;

	if (d->in_left > 0 && e->endpoint == d->bulk_in) {
		d->in_left -= e->length < d->in_left ? e->length : d->in_left;
		return;
	}
	if ((d->bulk_in != 0 && d->bulk_in != e->endpoint) || !begins(e, false))
		return;
	whole = message_length(e);
	d->bulk_in = e->endpoint;
	d->in_left = whole > e->length ? (size_t)(whole - e->length) : 0;
	if (e->len >= CCID_HEADER_LEN)
		ccid_guess_answer(&d->guess, e->data, e->len);
}

static void take_interrupt(struct ccid_survey_device *d, const struct ccid_usb_event *e)
{
	bool message = e->len >= 2 &&
	               (e->data[0] == CCID_NOTIFY_SLOT_CHANGE || e->data[0] == CCID_HARDWARE_ERROR);

	if (d->intr == 0 && message && (e->endpoint & 0x80) != 0)
		d->intr = e->endpoint;
}

static void take_data(struct ccid_survey_device *d, const struct ccid_usb_event *e)
{
	if (d->first_bulk == 0)
		d->first_bulk = e->frame;
	if (e->len == 0)
		return;
	if (e->kind == CCID_USB_INTERRUPT)
		take_interrupt(d, e);
	else if ((e->endpoint & 0x80) != 0)
		take_in(d, e);
	else
		take_out(d, e);
}

int ccid_survey_event(struct ccid_survey *s, const struct ccid_usb_event *e)
{
	struct ccid_survey_device *d = find(s, e->bus, e->device);

	s->events++;
	if (d == NULL)
		return s->full ? 0 : CCID_E_NOMEM;
	if (d->device == 0 && d->zero_from == 0)
		d->zero_from = e->frame;
	if (e->kind == CCID_USB_CONTROL)
		return take_control(s, d, e);
	take_data(d, e);
	return 0;
}

bool ccid_survey_interface(const struct ccid_survey_device *d, struct ccid_interface *out)
{
	struct ccid_interface f;
	bool found = false;
	size_t pos = 0;

	while (d->config != NULL && ccid_config_next(d->config, d->config_len, &pos, &f) == 1) {
		bool used = d->bulk_out != 0 && f.bulk_out.address == d->bulk_out;

		if (!found || used)
			*out = f;
		found = true;
		if (used)
			break;
	}
	return found;
}

/* Its messages look right, and no descriptor says that it is something else. */
static bool is_candidate(const struct ccid_survey_device *d)
{
	struct ccid_interface f;

	if (d->commands == 0)
		return false;
	if (d->config != NULL)
		return ccid_survey_interface(d, &f) && (d->bulk_out != 0 || ccid_is_token(&f));
	return d->bulk_out != 0;
}

static void name_device(struct ccid_words *w, const struct ccid_survey_device *d)
{
	ccid_words_add(w, "%u.%u", (unsigned)d->bus, (unsigned)d->device);
	if (d->has_device)
		ccid_words_add(w, " (%02x%02x:%02x%02x)", d->device_desc[9], d->device_desc[8],
		               d->device_desc[11], d->device_desc[10]);
	ccid_words_add(w, " with %" PRIu64 " commands", d->commands);
}

static struct ccid_survey_device *choose_given(const struct ccid_survey *s, unsigned bus,
                                               unsigned device, struct ccid_words *w)
{
	for (size_t i = 0; i < s->devices; i++) {
		struct ccid_survey_device *d = s->device[i];
		struct ccid_interface f;

		if (d->bus != bus || d->device != device)
			continue;
		if (d->bulk_out != 0 || ccid_survey_interface(d, &f))
			return d;
		ccid_words_add(w, "device %u.%u is no smart card reader", bus, device);
		return NULL;
	}
	ccid_words_add(w, "no device %u.%u in this file", bus, device);
	return NULL;
}

struct ccid_survey_device *ccid_survey_choose(const struct ccid_survey *s, bool given, unsigned bus,
                                              unsigned device, char *problem, size_t cap)
{
	struct ccid_words w = ccid_words(problem, cap);
	struct ccid_survey_device *chosen = NULL;
	unsigned n = 0;

	if (given)
		return choose_given(s, bus, device, &w);
	for (size_t i = 0; i < s->devices; i++) {
		if (!is_candidate(s->device[i]))
			continue;
		chosen = s->device[i];
		ccid_words_add(&w, "%s", n++ > 0 ? ", " : "several readers, choose one: ");
		name_device(&w, chosen);
	}
	if (n == 1)
		return chosen;
	if (n == 0)
		ccid_words_add(&w, "no CCID traffic (%" PRIu64 " events of %zu devices)", s->events,
		               s->devices);
	return NULL;
}
