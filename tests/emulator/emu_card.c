/* SPDX-License-Identifier: MIT */
#include "emu_card.h"
#include "emu_script.h"

#include <stdlib.h>
#include <string.h>

#define FILE_SIZE 65536u
#define PIN_TRIES 3

enum ins {
	INS_ECHO = 0x10,
	INS_SLOW = 0x12,
	INS_MUTE = 0x14,
	INS_STATUS = 0x18,
	INS_FIXED = 0x1A,
	INS_LONG = 0x1C,
	INS_VERIFY = 0x20,
	INS_CHALLENGE = 0x84,
	INS_SELECT = 0xA4,
	INS_READ = 0xB0,
	INS_GET_RESPONSE = 0xC0,
	INS_ENVELOPE = 0xC2,
	INS_UPDATE = 0xD6,
};

struct emu_card {
	struct emu_card_config cfg;
	uint8_t file[FILE_SIZE];
	uint8_t out[EMU_RESPONSE_MAX];     /* what the caller sees */
	uint8_t pending[EMU_RESPONSE_MAX]; /* T=0: waits for GET RESPONSE */
	size_t pending_len, pending_off;
	uint16_t pending_sw;
	uint8_t envelope[EMU_COMMAND_MAX];
	size_t envelope_len;
	uint8_t challenge;
	int tries;
	struct emu_files *files; /* or NULL */
};

static const uint8_t default_atr[] = {0x3B, 0x65, 0x00, 0x00, 'E', 'M', 'U', '0', '1'};
static const uint8_t fci[] = {0x6F, 0x07, 0x82, 0x01, 0x38, 0x83, 0x02, 0x3F, 0x00};
static const uint8_t pin[] = {0x31, 0x32, 0x33, 0x34};

uint8_t emu_card_pattern(size_t offset)
{
	return (uint8_t)(offset * 7 + (offset >> 8));
}

void emu_card_t1(struct emu_card_config *cfg, uint8_t ifsc, bool crc)
{
	const uint8_t atr[] = {0x3B, 0x95, 0x11, 0x81, 0x71, ifsc, 0x45,
	                       crc,  'E',  'M',  'U',  '0',  '1',  0};

	memcpy(cfg->atr, atr, sizeof atr);
	cfg->atr_len = sizeof atr;
	for (size_t i = 1; i + 1 < sizeof atr; i++)
		cfg->atr[sizeof atr - 1] ^= atr[i];
}

struct emu_card *emu_card_new(const struct emu_card_config *cfg)
{
	struct emu_card *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->cfg = *cfg;
	if (c->cfg.atr_len == 0) {
		memcpy(c->cfg.atr, default_atr, sizeof default_atr);
		c->cfg.atr_len = sizeof default_atr;
	}
	for (size_t i = 0; i < FILE_SIZE; i++)
		c->file[i] = emu_card_pattern(i);
	c->challenge = cfg->challenge;
	c->tries = PIN_TRIES;
	if (cfg->files) {
		c->files = emu_files_new(cfg->files_flags);
		if (c->files == NULL) {
			free(c);
			return NULL;
		}
	}
	return c;
}

const struct emu_card_config *emu_card_made(const struct emu_card *c)
{
	return &c->cfg;
}

bool emu_card_takes_data(const struct emu_card *c, uint8_t ins, uint8_t p3)
{
	if (c->files != NULL)
		return p3 != 0 && emu_files_takes(ins);
	return p3 != 0 && (ins == INS_SELECT || ins == INS_UPDATE || ins == INS_VERIFY ||
	                   ins == INS_ECHO || ins == INS_ENVELOPE);
}

void emu_card_free(struct emu_card *c)
{
	if (c != NULL)
		emu_files_free(c->files);
	free(c);
}

size_t emu_card_reset(struct emu_card *c, unsigned supply, bool warm, const uint8_t **atr)
{
	c->pending_len = c->pending_off = c->envelope_len = 0;
	if (c->files != NULL)
		emu_files_reset(c->files);
	if (c->cfg.mute || (c->cfg.classes != 0 && (c->cfg.classes & supply) == 0))
		return 0;
	if (warm && c->cfg.warm_len > 0) {
		*atr = c->cfg.warm_atr;
		return c->cfg.warm_len;
	}
	*atr = c->cfg.atr;
	return c->cfg.atr_len;
}

static uint16_t do_select(const struct emu_command *m, uint8_t *out, size_t *n)
{
	bool mf = m->lc == 0 || (m->lc == 2 && m->data[0] == 0x3F && m->data[1] == 0x00);

	if (m->p1 != 0x00 || !mf)
		return 0x6A82;
	if (m->le == 0 || m->p2 == 0x0C)
		return 0x9000;
	*n = sizeof fci;
	memcpy(out, fci, *n);
	return 0x9000;
}

static uint16_t do_challenge(struct emu_card *c, const struct emu_command *m, uint8_t *out,
                             size_t *n)
{
	if (m->le == 0 || m->lc != 0)
		return 0x6700;
	for (*n = 0; *n < m->le; (*n)++)
		out[*n] = c->challenge++;
	return 0x9000;
}

static uint16_t do_read(struct emu_card *c, const struct emu_command *m, uint8_t *out, size_t *n)
{
	size_t at = (size_t)m->p1 << 8 | m->p2;

	if (m->le == 0 || m->lc != 0)
		return 0x6700;
	for (*n = 0; *n < m->le; (*n)++)
		out[*n] = c->file[(at + *n) % FILE_SIZE];
	return 0x9000;
}

static uint16_t do_update(struct emu_card *c, const struct emu_command *m)
{
	size_t at = (size_t)m->p1 << 8 | m->p2;

	if (m->lc == 0)
		return 0x6700;
	for (size_t i = 0; i < m->lc; i++)
		c->file[(at + i) % FILE_SIZE] = m->data[i];
	return 0x9000;
}

static uint16_t do_verify(struct emu_card *c, const struct emu_command *m)
{
	if (c->tries == 0)
		return 0x6983;
	if (m->lc == 0)
		return (uint16_t)(0x63C0 + c->tries);
	if (m->lc >= sizeof pin && memcmp(m->data, pin, sizeof pin) == 0 &&
	    (m->lc == sizeof pin || m->data[sizeof pin] == 0xFF)) {
		c->tries = PIN_TRIES;
		return 0x9000;
	}
	c->tries--;
	return (uint16_t)(0x63C0 + c->tries);
}

static uint16_t do_pattern(const struct emu_command *m, size_t have, uint8_t *out, size_t *n)
{
	if (m->le == 0 || m->lc != 0)
		return 0x6700;
	for (*n = 0; *n < m->le && *n < have; (*n)++)
		out[*n] = emu_card_pattern(*n);
	return 0x9000;
}

static uint16_t run_private(const struct emu_command *m, uint8_t *out, size_t *n,
                            struct emu_card_answer *a)
{
	switch (m->ins) {
	case INS_ECHO:
		if (m->le > 0 && m->lc > 0) {
			*n = m->lc < m->le ? m->lc : m->le;
			memcpy(out, m->data, *n);
		}
		return 0x9000;
	case INS_SLOW:
		a->extensions = m->p1;
		a->step_ms = m->p2 * 100u;
		return 0x9000;
	case INS_MUTE: a->mute = true; return 0x9000;
	case INS_STATUS: return (uint16_t)(m->p1 << 8 | m->p2);
	case INS_FIXED: return do_pattern(m, m->p1 == 0 ? 256 : m->p1, out, n);
	case INS_LONG: return do_pattern(m, (size_t)m->p1 << 8 | m->p2, out, n);
	default: return 0x6D00;
	}
}

/* Data of the response into out, its length into *n; the status bytes are returned. */
static uint16_t run(struct emu_card *c, const struct emu_command *m, uint8_t *out, size_t *n,
                    struct emu_card_answer *a)
{
	*n = 0;
	if (c->cfg.script != NULL)
		return emu_script_run(c->cfg.script, m, out, n);
	if (c->files != NULL)
		return emu_files_run(c->files, m, out, n);
	if (m->cla == 0x80)
		return run_private(m, out, n, a);
	if (m->cla != 0x00)
		return 0x6E00;
	switch (m->ins) {
	case INS_SELECT: return do_select(m, out, n);
	case INS_CHALLENGE: return do_challenge(c, m, out, n);
	case INS_READ: return do_read(c, m, out, n);
	case INS_UPDATE: return do_update(c, m);
	case INS_VERIFY: return do_verify(c, m);
	default: return 0x6D00;
	}
}

static void finish(struct emu_card *c, size_t n, uint16_t sw, struct emu_card_answer *a)
{
	c->out[n] = (uint8_t)(sw >> 8);
	c->out[n + 1] = (uint8_t)sw;
	a->data = c->out;
	a->len = n + 2;
}

static size_t be16(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

static bool parse_extended(struct emu_command *m, const uint8_t *a, size_t len)
{
	size_t le = 65536;

	if (len < 7)
		return false;
	if (len == 7) {
		m->le = be16(a + 5) == 0 ? le : be16(a + 5);
		return true;
	}
	m->lc = be16(a + 5);
	m->data = a + 7;
	if (m->lc == 0 || (len != 7 + m->lc && len != 9 + m->lc))
		return false;
	if (len == 9 + m->lc)
		m->le = be16(a + len - 2) == 0 ? le : be16(a + len - 2);
	return true;
}

static bool parse(struct emu_command *m, const uint8_t *a, size_t len)
{
	if (len < 4)
		return false;
	*m = (struct emu_command){.cla = a[0], .ins = a[1], .p1 = a[2], .p2 = a[3]};
	if (len == 4)
		return true;
	if (len == 5) {
		m->le = a[4] == 0 ? 256 : a[4];
		return true;
	}
	if (a[4] == 0)
		return parse_extended(m, a, len);
	m->lc = a[4];
	m->data = a + 5;
	if (len != 5 + m->lc && len != 6 + m->lc)
		return false;
	if (len == 6 + m->lc)
		m->le = a[len - 1] == 0 ? 256 : a[len - 1];
	return true;
}

void emu_card_apdu(struct emu_card *c, const uint8_t *apdu, size_t len, struct emu_card_answer *out)
{
	struct emu_command m;
	size_t n = 0;
	uint16_t sw = 0x6700;

	*out = (struct emu_card_answer){0};
	c->pending_len = c->pending_off = 0;
	if (parse(&m, apdu, len))
		sw = run(c, &m, c->out, &n, out);
	finish(c, n, sw, out);
}

static uint16_t more(const struct emu_card *c)
{
	size_t left = c->pending_len - c->pending_off;

	return left == 0 ? c->pending_sw : (uint16_t)(0x6100 | (left < 256 ? left : 0));
}

static uint16_t get_response(struct emu_card *c, uint8_t p3, size_t *n)
{
	size_t want = p3 == 0 ? 256 : p3, left = c->pending_len - c->pending_off;

	if (left == 0)
		return c->cfg.files_flags & EMU_FILES_ALWAYS_61 ? 0x6110 : 0x6985;
	if (want > left)
		return (uint16_t)(0x6C00 | left);
	memcpy(c->out, c->pending + c->pending_off, want);
	c->pending_off += want;
	*n = want;
	return more(c);
}

static uint16_t keep(struct emu_card *c, const struct emu_command *m, struct emu_card_answer *a)
{
	c->pending_off = 0;
	c->pending_sw = run(c, m, c->pending, &c->pending_len, a);
	return more(c);
}

static size_t extended_length(const uint8_t *a, size_t len)
{
	if (len < 7 || a[4] != 0)
		return 0;
	return 7 + be16(a + 5);
}

/* ISO/IEC 7816-3, 12.2.4: the pieces make up one extended APDU; an empty one marks the end of one
 * that has an Le field or none. */
static uint16_t envelope(struct emu_card *c, const uint8_t *data, size_t lc,
                         struct emu_card_answer *a)
{
	struct emu_command m;
	size_t need;
	bool ok;

	if (c->cfg.no_envelope)
		return 0x6D00;
	if (lc > sizeof c->envelope - c->envelope_len)
		return 0x6700;
	if (lc > 0)
		memcpy(c->envelope + c->envelope_len, data, lc);
	c->envelope_len += lc;
	need = extended_length(c->envelope, c->envelope_len);
	if (lc == 255 || (lc > 0 && (need == 0 || c->envelope_len < need)))
		return 0x9000;
	ok = parse(&m, c->envelope, c->envelope_len);
	c->envelope_len = 0;
	return ok ? keep(c, &m, a) : 0x6700;
}

static bool outgoing(const struct emu_card *c, const struct emu_command *m)
{
	if (c->files != NULL)
		return emu_files_gives(m->ins);
	return m->ins == INS_READ || m->ins == INS_CHALLENGE || m->ins == INS_FIXED;
}

static uint16_t run_tpdu(struct emu_card *c, struct emu_command *m, uint8_t p3, size_t *n,
                         struct emu_card_answer *a)
{
	uint16_t sw;

	if (c->files == NULL && m->ins == INS_LONG && m->lc == 0) {
		m->le = EMU_RESPONSE_MAX - 2;
		return keep(c, m, a);
	}
	if (!outgoing(c, m) || m->lc > 0) {
		m->le = 256;
		return keep(c, m, a);
	}
	if (m->ins == INS_FIXED && m->cla == 0x80 && p3 != m->p1)
		return (uint16_t)(0x6C00 | m->p1);
	m->le = p3 == 0 ? 256 : p3;
	sw = run(c, m, c->out, n, a);
	if (c->files == NULL || *n == 0 || *n >= m->le)
		return sw;
	sw = (uint16_t)(0x6C00 | (*n & 0xFF)); /* P3 must be what there is */
	*n = 0;
	return sw;
}

void emu_card_tpdu(struct emu_card *c, const uint8_t *tpdu, size_t len, struct emu_card_answer *out)
{
	uint8_t p3 = len > 4 ? tpdu[4] : 0;
	struct emu_command m = {0};
	uint16_t sw = 0x6700;
	size_t n = 0;

	*out = (struct emu_card_answer){.mute = len < 4};
	if (len >= 4)
		m = (struct emu_command){
			.cla = tpdu[0], .ins = tpdu[1], .p1 = tpdu[2], .p2 = tpdu[3]};
	if (len > 5) {
		m.data = tpdu + 5;
		m.lc = len - 5;
	}
	if (m.ins != INS_GET_RESPONSE)
		c->pending_len = c->pending_off = 0;
	if (len < 4 || (len > 5 && m.lc != p3))
		sw = 0x6700;
	else if (m.ins == INS_GET_RESPONSE)
		sw = get_response(c, p3, &n);
	else if (m.ins == INS_ENVELOPE)
		sw = envelope(c, m.data, m.lc, out);
	else
		sw = run_tpdu(c, &m, p3, &n, out);
	finish(c, n, sw, out);
}
