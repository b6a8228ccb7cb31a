/* SPDX-License-Identifier: MIT */
#include "redact_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const struct fake_reader rig_apdu = {.features = FAKE_SHORT};
const struct fake_reader rig_extended = {.features = FAKE_EXTENDED};
const struct fake_reader rig_tpdu = {.features = FAKE_TPDU};
const struct fake_reader rig_chars = {.features = 0};

size_t rig_hex(uint8_t *out, const char *s)
{
	size_t n = 0;
	unsigned v;

	for (; *s != '\0'; s += 2) {
		s += strspn(s, " ");
		if (*s == '\0')
			break;
		assert_true(n < RIG_MAX && sscanf(s, "%2x", &v) == 1);
		out[n++] = (uint8_t)v;
	}
	return n;
}

void rig_pass(struct rig *g, enum ccid_trace_dir dir, struct ccid_redir_packet *p, uint8_t *data)
{
	struct ccid_mask_list spans;
	int err;

	p->data = data;
	err = ccid_redactor_packet(g->r, dir, p, data, &spans);
	g->err = err != 0 ? err : g->err;
	for (unsigned i = 0; i < spans.count; i++) {
		assert_true(spans.span[i].off + spans.span[i].len <= p->data_len);
		memset(g->masked + g->len + spans.span[i].off, true, spans.span[i].len);
	}
	memcpy(g->got + g->len, data, p->data_len);
	g->len += p->data_len;
}

void rig_say(struct rig *g, const char *text)
{
	uint8_t b[RIG_MAX] = {0}, msg[RIG_MAX + 4] = {0};
	size_t n = rig_hex(b, text), payload;

	assert_true(n >= 6 && n < RIG_MAX - 4);
	payload = n - 6;
	msg[0] = b[0];
	msg[1] = (uint8_t)payload;
	msg[2] = (uint8_t)(payload >> 8);
	memcpy(msg + 5, b + 1, n - 1);
	n = payload + 10;
	memset(g->masked, false, sizeof g->masked);
	g->len = 0;
	g->err = 0;
	for (size_t at = 0; at < n; at += g->chunk) {
		bool in = msg[0] >= 0x80;
		struct ccid_redir_packet p = {.type = CCID_REDIR_BULK,
		                              .endpoint = in ? 0x81 : 0x02,
		                              .id = ++g->id,
		                              .data_len = n - at < g->chunk ? n - at : g->chunk};

		rig_pass(g, in ? CCID_TRACE_FROM_HOST : CCID_TRACE_FROM_GUEST, &p, msg + at);
	}
}

void rig_expect(const struct rig *g, const char *want)
{
	char text[RIG_MAX * 6] = "";
	size_t at = 0;

	for (size_t i = 10; i < g->len; i++)
		at += (size_t)snprintf(text + at, sizeof text - at,
		                       !g->masked[i]       ? " %02X"
		                       : g->got[i] == 0xFF ? " .."
		                                           : " (%02X)",
		                       g->got[i]);
	assert_string_equal(text + 1, want);
}

void rig_expect_gone(const struct rig *g, const char *bytes)
{
	uint8_t b[RIG_MAX];
	size_t n = rig_hex(b, bytes);

	for (size_t i = 10; i + n <= g->len; i++)
		assert_memory_not_equal(g->got + i, b, n);
	assert_true(g->len > 10 && g->masked[g->len - 1]);
}

void rig_ask(struct rig *g, struct ccid_redir_packet *q, const uint8_t *data, size_t len)
{
	uint8_t copy[RIG_MAX];

	q->type = CCID_REDIR_CONTROL;
	q->id = ++g->id;
	rig_pass(g, CCID_TRACE_FROM_GUEST, q, copy);
	memcpy(copy, data, len);
	q->data_len = len;
	g->len = 0;
	memset(g->masked, false, sizeof g->masked);
	rig_pass(g, CCID_TRACE_FROM_HOST, q, copy);
}

void rig_begin_blind(struct rig *g, const struct ccid_redact_rules *rules, size_t chunk)
{
	*g = (struct rig){.chunk = chunk};
	assert_int_equal(ccid_redactor_new(&g->r, rules), 0);
}

void rig_connect_to(struct rig *g, const struct fake_reader *reader,
                    const struct ccid_redact_rules *rules, size_t chunk)
{
	struct fake_descriptors d;
	struct ccid_transport t;
	struct ccid_redir_packet q = {.request_type = 0x80, .request = 6, .value = 0x0200};

	*g = (struct rig){.chunk = chunk};
	fake_reader_describe(&t, &d, reader);
	assert_int_equal(ccid_redactor_new(&g->r, rules), 0);
	rig_ask(g, &q, d.config, d.config_len);
}

void rig_in_any_pieces(const struct fake_reader *reader, const struct ccid_redact_rules *rules,
                       void (*check)(struct rig *g))
{
	struct rig g;

	for (size_t chunk = 1; chunk <= 80; chunk++) {
		rig_connect_to(&g, reader, rules, chunk);
		check(&g);
		ccid_redactor_free(g.r);
	}
}
