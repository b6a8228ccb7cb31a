/* SPDX-License-Identifier: MIT */
/* VERIFY, CHANGE REFERENCE DATA, ENABLE and DISABLE VERIFICATION REQUIREMENT, RESET RETRY COUNTER,
 * GET CHALLENGE, INTERNAL and EXTERNAL AUTHENTICATE (ISO/IEC 7816-4, 7.5). */
#include "emu_files_priv.h"

#include <string.h>

#define TRIES   3
#define PUK     "12345678"
#define PUK_LEN 8

enum ins {
	INS_VERIFY = 0x20,
	INS_CHANGE = 0x24,
	INS_DISABLE = 0x26,
	INS_ENABLE = 0x28,
	INS_UNBLOCK = 0x2C,
	INS_EXTERNAL = 0x82,
	INS_CHALLENGE = 0x84,
	INS_INTERNAL = 0x88,
};

void emu_files_auth_init(struct emu_files *f)
{
	static const char *const codes[EMU_PINS] = {"1234", "9999", "5555"};

	for (unsigned i = 0; i < EMU_PINS; i++) {
		struct emu_pin *p = &f->pin[i];

		memcpy(p->code, codes[i], 4);
		p->len = 4;
		p->tries = p->puk_tries = TRIES;
	}
}

void emu_files_auth_reset(struct emu_files *f)
{
	for (unsigned i = 0; i < EMU_PINS; i++)
		f->pin[i].verified = false;
	f->authenticated = false;
	f->challenge_len = 0;
}

static struct emu_pin *pin_of(struct emu_files *f, uint8_t ref)
{
	static const uint8_t refs[EMU_PINS] = {0x01, 0x81, 0x02};

	for (unsigned i = 0; i < EMU_PINS; i++)
		if (refs[i] == ref)
			return &f->pin[i];
	return NULL;
}

static uint16_t present(struct emu_pin *p, const uint8_t *code, size_t len)
{
	if (p->tries == 0)
		return 0x6983;
	p->verified = len == p->len && memcmp(code, p->code, len) == 0;
	if (!p->verified)
		return (uint16_t)(0x63C0 + --p->tries);
	p->tries = TRIES;
	return 0x9000;
}

static uint16_t verify(struct emu_pin *p, const struct emu_command *m)
{
	if (m->lc > 0)
		return present(p, m->data, m->lc);
	if (p->verified || p->not_needed)
		return 0x9000;
	return p->tries == 0 ? 0x6983 : (uint16_t)(0x63C0 + p->tries);
}

static uint16_t set_code(struct emu_pin *p, const uint8_t *code, size_t len)
{
	if (len < 4 || len > sizeof p->code)
		return 0x6A80;
	memcpy(p->code, code, len);
	p->len = len;
	return 0x9000;
}

/* P1 00: old and new; 01: new, for whom the user is known already. */
static uint16_t change(struct emu_pin *p, const struct emu_command *m)
{
	uint16_t sw;

	if (m->p1 == 1)
		return p->verified ? set_code(p, m->data, m->lc) : 0x6982;
	if (m->lc <= p->len)
		return 0x6700;
	sw = present(p, m->data, p->len);
	return sw == 0x9000 ? set_code(p, m->data + p->len, m->lc - p->len) : sw;
}

/* P1 00: PUK and new code, 01: PUK, 02: new code, 03: nothing; the last two for PIN 02 only. */
static uint16_t unblock(struct emu_pin *p, const struct emu_command *m, bool without)
{
	size_t puk = m->p1 < 2 ? PUK_LEN : 0;

	if (m->p1 > 3 || m->lc < puk)
		return 0x6A86;
	if (puk == 0 && !without)
		return 0x6982;
	if (p->puk_tries == 0)
		return 0x6983;
	if (puk > 0 && memcmp(m->data, PUK, PUK_LEN) != 0)
		return (uint16_t)(0x63C0 + --p->puk_tries);
	p->tries = TRIES;
	return m->lc > puk ? set_code(p, m->data + puk, m->lc - puk) : 0x9000;
}

static uint16_t on_pin(struct emu_files *f, const struct emu_command *m)
{
	struct emu_pin *p = pin_of(f, m->p2);
	uint16_t sw;

	if (p == NULL)
		return 0x6A88;
	switch (m->ins) {
	case INS_VERIFY: return verify(p, m);
	case INS_CHANGE: return change(p, m);
	case INS_UNBLOCK: return unblock(p, m, p == &f->pin[2]);
	default: break;
	}
	sw = present(p, m->data, m->lc);
	if (sw == 0x9000)
		p->not_needed = m->ins == INS_DISABLE;
	return sw;
}

static uint16_t challenge(struct emu_files *f, const struct emu_command *m, uint8_t *out, size_t *n)
{
	if (m->le == 0 || m->le > sizeof f->challenge)
		return 0x6700;
	*n = m->le == 256 || (m->le > 8 && f->flags & EMU_FILES_BRIEF) ? 8 : m->le;
	for (size_t i = 0; i < *n; i++)
		out[i] = f->challenge[i] = f->counter++;
	f->challenge_len = *n;
	return 0x9000;
}

static uint16_t internal(const struct emu_command *m, uint8_t *out, size_t *n)
{
	if (m->p2 > 2)
		return 0x6A88;
	if (m->lc == 0)
		return 0x6700;
	*n = m->lc < m->le ? m->lc : m->le;
	for (size_t i = 0; i < *n; i++)
		out[i] = (uint8_t)(m->data[i] ^ (0x5A + m->p2));
	return 0x9000;
}

static uint16_t external(struct emu_files *f, const struct emu_command *m)
{
	bool same = m->lc == f->challenge_len;

	if (m->p2 > 2)
		return 0x6A88;
	if (f->challenge_len == 0)
		return 0x6985;
	for (size_t i = 0; same && i < m->lc; i++)
		same = m->data[i] == (f->challenge[i] ^ 0xA5);
	f->challenge_len = 0;
	f->authenticated = same;
	return same ? 0x9000 : 0x6300;
}

bool emu_files_auth(struct emu_files *f, const struct emu_command *m, uint8_t *out, size_t *n,
                    uint16_t *sw)
{
	switch (m->ins) {
	case INS_VERIFY:
	case INS_CHANGE:
	case INS_DISABLE:
	case INS_ENABLE:
	case INS_UNBLOCK: *sw = on_pin(f, m); return true;
	case INS_CHALLENGE: *sw = challenge(f, m, out, n); return true;
	case INS_INTERNAL: *sw = internal(m, out, n); return true;
	case INS_EXTERNAL: *sw = external(f, m); return true;
	default: return false;
	}
}
