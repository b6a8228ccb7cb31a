/* SPDX-License-Identifier: MIT */
#include "explain_link.h"

#include "bytes.h"
#include "words.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define GET_DESCRIPTOR 6
#define TYPE_OF(q)     ((q)->request_type & 0x60)
#define STANDARD       0x00
#define CLASS          0x20

const char *ccid_explain_request_name(const struct ccid_redir_packet *q)
{
	static const char *const standard[] = {
		"GET_STATUS",
		"CLEAR_FEATURE",
		"?",
		"SET_FEATURE",
		"?",
		"SET_ADDRESS",
		"GET_DESCRIPTOR",
		"SET_DESCRIPTOR",
		"GET_CONFIGURATION",
		"SET_CONFIGURATION",
		"GET_INTERFACE",
		"SET_INTERFACE",
	};
	static const char *const ccid[] = {"?", "ABORT", "GET_CLOCK_FREQUENCIES", "GET_DATA_RATES"};

	if (TYPE_OF(q) == STANDARD && q->request < sizeof standard / sizeof standard[0])
		return standard[q->request];
	if (TYPE_OF(q) == CLASS && q->request < sizeof ccid / sizeof ccid[0])
		return ccid[q->request];
	return TYPE_OF(q) == CLASS ? "class request" : "vendor request";
}

bool ccid_explain_is_config(const struct ccid_redir_packet *q)
{
	return q->request_type == 0x80 && q->request == GET_DESCRIPTOR && q->value >> 8 == 2;
}

static void add_string(struct ccid_words *w, const struct ccid_redir_packet *a)
{
	for (size_t i = 2; i + 1 < a->data_len; i += 2) {
		unsigned c = (unsigned)(a->data[i] | a->data[i + 1] << 8);

		ccid_words_add(w, "%c", c >= 0x20 && c < 0x7F ? (int)c : '?');
	}
}

void ccid_explain_learn(struct ccid_explain_device *d, const struct ccid_redir_packet *q,
                        const struct ccid_redir_packet *a)
{
	unsigned type = q->value >> 8, index = q->value & 0xFF;

	if (q->request_type != 0x80 || q->request != GET_DESCRIPTOR)
		return;
	if (type == 1 && a->data_len >= 17)
		memcpy(d->index, a->data + 14, sizeof d->index);
	for (size_t i = 0; type == 3 && index != 0 && i < sizeof d->index; i++) {
		struct ccid_words w;

		if (d->index[i] != index)
			continue;
		w = ccid_words(d->string[i], sizeof d->string[i]);
		add_string(&w, a);
	}
}

static void add_quoted(struct ccid_words *w, const struct ccid_redir_packet *a)
{
	ccid_words_add(w, " \"");
	add_string(w, a);
	ccid_words_add(w, "\"");
}

static void add_request(struct ccid_words *w, const struct ccid_redir_packet *q,
                        const struct ccid_redir_packet *a)
{
	static const char *const descriptor[] = {"?", "device", "configuration", "string"};
	unsigned type = q->value >> 8, index = q->value & 0xFF;

	if (TYPE_OF(q) == STANDARD && q->request == GET_DESCRIPTOR && type >= 1 && type <= 3) {
		ccid_words_add(w, "%s", descriptor[type]);
		if (type == 3)
			ccid_words_add(w, " %u", index);
		if (type == 3 && index != 0 && a->data_len > 2)
			add_quoted(w, a);
	} else if (TYPE_OF(q) == STANDARD && q->request == 1 && q->request_type == 2) {
		ccid_words_add(w, "halt of endpoint %02X", q->index & 0xFF);
	} else if (TYPE_OF(q) == CLASS && q->request == 1) {
		ccid_words_add(w, "slot %u, bSeq %u", index, type);
	} else {
		ccid_words_add(w, "type %02X request %02X value %04X index %04X", q->request_type,
		               q->request, q->value, q->index);
	}
}

/* GET_CLOCK_FREQUENCIES, GET_DATA_RATES (USB CCID 5.3.2, 5.3.3). */
static void add_values(struct ccid_words *w, const struct ccid_redir_packet *q,
                       const struct ccid_redir_packet *a)
{
	struct ccid_rd r = ccid_rd(a->data, a->data_len);

	if (TYPE_OF(q) != CLASS || (q->request_type & 0x80) == 0 ||
	    (q->request != 2 && q->request != 3))
		return;
	ccid_words_add(w, ":");
	while (r.left >= 4)
		ccid_words_add(w, " %" PRIu32, ccid_rd_le32(&r));
	ccid_words_add(w, q->request == 2 ? " kHz" : " bit/s");
}

void ccid_explain_control(char *out, size_t cap, const struct ccid_redir_packet *q,
                          const struct ccid_redir_packet *a)
{
	struct ccid_words w = ccid_words(out, cap);

	add_request(&w, q, a);
	if (a->status != CCID_REDIR_OK)
		ccid_words_add(&w, ": %s", ccid_redir_status_name(a->status));
	else if (a->data_len > 0)
		ccid_words_add(&w, ", %zu of %" PRIu32 " bytes", a->data_len, q->length);
	if (a->status == CCID_REDIR_OK && a->data_len > 0)
		add_values(&w, q, a);
}

static void add_hello(struct ccid_words *w, const struct ccid_redir_packet *p)
{
	uint32_t caps = ccid_redir_hello_caps(p->data, p->data_len);
	const char *mark = "";

	for (size_t i = 0; i < CCID_REDIR_HELLO_LEN && i < p->data_len && p->data[i] != 0; i++)
		ccid_words_add(w, "%c", isprint(p->data[i]) ? p->data[i] : '?');
	ccid_words_add(w, ", capabilities ");
	for (unsigned i = 0; i < 32; i++) {
		if ((caps >> i & 1) == 0)
			continue;
		ccid_words_add(w, "%s%u", mark, i);
		mark = " ";
	}
	if (caps == 0)
		ccid_words_add(w, "none");
}

static void add_connect(struct ccid_words *w, const struct ccid_redir_packet *p)
{
	static const char *const speed[] = {"low", "full", "high", "super"};
	struct ccid_redir_connect c;

	if (ccid_redir_decode_connect(&c, p->data, p->data_len) != 0)
		return;
	ccid_words_add(w, "%04X:%04X, version %x.%02x, %s speed", c.vid, c.pid, c.bcd_device >> 8,
	               c.bcd_device & 0xFF, c.speed < 4 ? speed[c.speed] : "unknown");
}

static void add_interfaces(struct ccid_words *w, const struct ccid_redir_packet *p)
{
	struct ccid_redir_interface_info f;

	if (ccid_redir_decode_interfaces(&f, p->data, p->data_len) != 0)
		return;
	for (uint32_t i = 0; i < f.count; i++)
		ccid_words_add(w, "%sinterface %u: class %02X", i > 0 ? ", " : "", f.number[i],
		               f.cls[i]);
}

static void add_endpoints(struct ccid_words *w, const struct ccid_redir_packet *p)
{
	static const char *const type[] = {"control", "isochronous", "bulk", "interrupt"};
	struct ccid_redir_ep_info e;

	if (ccid_redir_decode_ep_info(&e, p->data, p->data_len) != 0)
		return;
	for (unsigned i = 1; i < CCID_REDIR_ENDPOINTS; i++) {
		if (e.type[i] > 3 || i == 16)
			continue;
		ccid_words_add(w, "%s%s %02X", w->len > 0 ? ", " : "", type[e.type[i]],
		               i < 16 ? i : (i - 16) | 0x80);
		if (e.max_packet[i] != 0)
			ccid_words_add(w, " (%u)", e.max_packet[i]);
	}
}

static void add_status(struct ccid_words *w, const struct ccid_redir_packet *p)
{
	ccid_words_add(w, "%s%s", w->len > 0 ? ": " : "", ccid_redir_status_name(p->status));
}

void ccid_explain_link(char *out, size_t cap, const struct ccid_redir_packet *p)
{
	struct ccid_words w = ccid_words(out, cap);

	switch (p->type) {
	case CCID_REDIR_HELLO: add_hello(&w, p); break;
	case CCID_REDIR_DEVICE_CONNECT: add_connect(&w, p); break;
	case CCID_REDIR_INTERFACE_INFO: add_interfaces(&w, p); break;
	case CCID_REDIR_EP_INFO: add_endpoints(&w, p); break;
	case CCID_REDIR_SET_CONFIGURATION:
	case CCID_REDIR_CONFIGURATION_STATUS: ccid_words_add(&w, "%u", p->config); break;
	case CCID_REDIR_SET_ALT_SETTING:
	case CCID_REDIR_ALT_SETTING_STATUS:
		ccid_words_add(&w, "interface %u, setting %u", p->interface, p->alt);
		break;
	case CCID_REDIR_START_INTERRUPT:
	case CCID_REDIR_STOP_INTERRUPT:
	case CCID_REDIR_INTERRUPT_STATUS: ccid_words_add(&w, "endpoint %02X", p->endpoint); break;
	case CCID_REDIR_CANCEL: ccid_words_add(&w, "request %" PRIu64, p->id); break;
	default: break;
	}
	if (p->type == CCID_REDIR_CONFIGURATION_STATUS ||
	    p->type == CCID_REDIR_ALT_SETTING_STATUS || p->type == CCID_REDIR_INTERRUPT_STATUS)
		add_status(&w, p);
}
