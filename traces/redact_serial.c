/* SPDX-License-Identifier: MIT */
/* Serial numbers: the string descriptor that the device names as its own, and the same text wherever
 * it comes again, in UTF-16 of either order and in ASCII. */
#include "redact_priv.h"

#include <string.h>

#define LETTER 'X'
#define LEAST  8u /* bytes of UTF-16; a shorter text would be found everywhere */

void ccid_redact_learn_string(struct ccid_redactor *r, uint16_t value, const uint8_t *data,
                              size_t len)
{
	struct redact_serial *s = &r->serial[r->serials < REDACT_SERIALS ? r->serials : 0];
	size_t n = len < 2 ? 0 : data[0] < len ? data[0] : len;

	if (r->serial_index == 0 || (value & 0xFF) != r->serial_index || n <= 2)
		return;
	s->len = (n - 2) & ~(size_t)1;
	memcpy(s->text, data + 2, s->len);
	for (unsigned i = 0; i < r->serials; i++)
		if (r->serial[i].len == s->len && memcmp(r->serial[i].text, s->text, s->len) == 0)
			return;
	if (r->serials < REDACT_SERIALS)
		r->serials++;
}

/* The serial number as other bytes: step 1 is ASCII, 2 UTF-16; swap is the other byte order. Returns
 * its length, 0 when it has no such form. */
static size_t form_of(const struct redact_serial *s, unsigned step, bool swap,
                      uint8_t out[CCID_REDACT_TEXT * 2])
{
	size_t n = 0;

	for (size_t i = 0; i + 1 < s->len; i += 2) {
		if (step == 1 && (s->text[i + 1] != 0 || s->text[i] >= 0x80))
			return 0;
		out[n++] = s->text[swap ? i + 1 : i];
		if (step == 2)
			out[n++] = s->text[swap ? i : i + 1];
	}
	return n;
}

static void overwrite(uint8_t *at, size_t len, unsigned step, bool swap)
{
	for (size_t i = 0; i < len; i++)
		at[i] = step == 1 || (i % 2 == 1) == swap ? LETTER : 0;
}

static void hide_form(uint8_t *data, size_t len, const uint8_t *form, size_t n, unsigned step,
                      bool swap, struct ccid_mask_list *spans)
{
	for (size_t i = 0; n > 0 && i + n <= len; i++) {
		if (memcmp(data + i, form, n) != 0)
			continue;
		overwrite(data + i, n, step, swap);
		ccid_mask_add(spans, i, n);
	}
}

/* The string descriptor itself, however short; other places only when they can be no accident. */
static bool is_string(const struct redact_serial *s, const uint8_t *data, size_t len)
{
	return len == s->len + 2 && data[1] == 3;
}

void ccid_redact_hide_serials(const struct ccid_redactor *r, uint8_t *data, size_t len,
                              struct ccid_mask_list *spans)
{
	static const struct {
		unsigned step;
		bool swap;
	} forms[] = {{2, false}, {2, true}, {1, false}};
	uint8_t text[CCID_REDACT_TEXT * 2];

	for (unsigned k = 0; k < r->serials; k++) {
		const struct redact_serial *s = &r->serial[k];

		if (s->len < LEAST && !is_string(s, data, len))
			continue;
		for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
			size_t n = form_of(s, forms[i].step, forms[i].swap, text);

			hide_form(data, len, text, n, forms[i].step, forms[i].swap, spans);
		}
	}
}

bool ccid_redactor_names(const struct ccid_redactor *r, const char *text)
{
	uint8_t form[CCID_REDACT_TEXT * 2 + 1];

	for (unsigned k = 0; k < r->serials; k++) {
		size_t n = form_of(&r->serial[k], 1, false, form);

		form[n] = '\0';
		if (n > 0 && strstr(text, (const char *)form) != NULL)
			return true;
	}
	return false;
}
