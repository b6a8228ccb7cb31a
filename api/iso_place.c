/* SPDX-License-Identifier: MIT */
#include "iso_place.h"

#include <stdio.h>
#include <string.h>

#define MF       0x3F00
#define SFI_MAX  30
#define NAME_HEX 10 /* digits from which on a name needs no 0x */

/* ASCII, or false. */
static bool narrow(const OLECHAR *text, char out[CCID_PLACE_TEXT_MAX])
{
	size_t n = 0;

	while (text[n] != 0) {
		if (n + 1 >= CCID_PLACE_TEXT_MAX || text[n] < 0x20 || text[n] > 0x7E)
			return false;
		out[n] = (char)text[n];
		n++;
	}
	out[n] = '\0';
	return n > 0;
}

static int digit(char c)
{
	static const char digits[] = "0123456789ABCDEFabcdef";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	if (at == NULL)
		return -1;
	return (int)(at - digits) - (at - digits > 15 ? 6 : 0);
}

static size_t digits(const char *text)
{
	size_t n = 0;

	while (digit(text[n]) >= 0)
		n++;
	return n;
}

static bool up(struct ccid_place *p, bool anywhere)
{
	if (p->depth == 0)
		return anywhere;
	p->depth--;
	return true;
}

static bool down(struct ccid_place *p, uint16_t id)
{
	if (p->depth == CCID_PLACE_DEPTH_MAX)
		return false;
	p->id[p->depth++] = id;
	return true;
}

static bool element(struct ccid_place *p, const char **text, bool first, bool anywhere)
{
	uint16_t id = 0;

	if (strncmp(*text, "..", 2) == 0) {
		*text += 2;
		return up(p, anywhere);
	}
	for (unsigned i = 0; i < 4; i++) {
		int d = digit((*text)[0]);

		if (d < 0)
			return false;
		id = (uint16_t)(id << 4 | d);
		(*text)++;
	}
	if (id != MF)
		return down(p, id);
	*p = (struct ccid_place){0};
	return first;
}

static bool path(struct ccid_place *p, const char *text, bool anywhere)
{
	bool first = true;

	if (*text == '/') {
		*p = (struct ccid_place){0};
		text++;
	}
	while (*text != '\0') {
		if (!element(p, &text, first, anywhere))
			return false;
		first = false;
		if (*text == '/' && *++text == '\0')
			return false;
	}
	return true;
}

static bool name_bytes(struct ccid_place *p, const char *hex, size_t n)
{
	if (n == 0 || n % 2 != 0 || n > 2 * (size_t)CCID_AID_MAX)
		return false;
	for (size_t i = 0; i < n; i += 2)
		p->aid[i / 2] = (uint8_t)(digit(hex[i]) << 4 | digit(hex[i + 1]));
	p->aid_len = (uint8_t)(n / 2);
	return true;
}

static bool name_text(struct ccid_place *p, const char *text)
{
	size_t n = strlen(text);

	if (n > CCID_AID_MAX)
		return false;
	memcpy(p->aid, text, n);
	p->aid_len = (uint8_t)n;
	return true;
}

static bool name(struct ccid_place *p, const char *text)
{
	bool marked = strncmp(text, "0x", 2) == 0 || strncmp(text, "0X", 2) == 0;
	const char *hex = marked ? text + 2 : text;
	size_t n = digits(hex);

	*p = (struct ccid_place){0};
	if (!marked && (n < NAME_HEX || n % 2 != 0 || (hex[n] != '\0' && hex[n] != '/')))
		return name_text(p, text);
	if (!name_bytes(p, hex, n))
		return false;
	if (hex[n] == '\0')
		return true;
	return hex[n] == '/' && digit(hex[n + 1]) >= 0 && path(p, hex + n + 1, false) &&
	       p->aid_len > 0;
}

static bool short_id(struct ccid_place *p, const char *text)
{
	size_t n = strlen(text);
	unsigned value = 0;

	for (size_t i = 0; i < n; i++) {
		if (n > 2 || text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (unsigned)(text[i] - '0');
	}
	p->sfi = (uint8_t)value;
	return value >= 1 && value <= SFI_MAX;
}

HRESULT ccid_place_parse(struct ccid_place *out, const struct ccid_place *here, REFTYPE type,
                         const OLECHAR *text)
{
	struct ccid_place p = here != NULL ? *here : (struct ccid_place){0};
	char ascii[CCID_PLACE_TEXT_MAX];
	bool good = false;

	if (text == NULL || !narrow(text, ascii))
		return E_INVALIDARG;
	switch (type) {
	case SC_TYPE_BY_NAME: good = name(&p, ascii); break;
	case SC_TYPE_BY_ID: good = path(&p, ascii, here == NULL); break;
	case SC_TYPE_BY_SHORT_ID: good = short_id(&p, ascii); break;
	}
	if (!good)
		return E_INVALIDARG;
	*out = p;
	return S_OK;
}

void ccid_place_text(const struct ccid_place *p, char out[CCID_PLACE_TEXT_MAX])
{
	size_t n = 0;

	if (p->aid_len == 0)
		n += (size_t)snprintf(out, CCID_PLACE_TEXT_MAX, "3F00");
	else if (2 * p->aid_len < NAME_HEX)
		n += (size_t)snprintf(out, CCID_PLACE_TEXT_MAX, "0x");
	for (unsigned i = 0; i < p->aid_len; i++)
		n += (size_t)snprintf(out + n, CCID_PLACE_TEXT_MAX - n, "%02X", p->aid[i]);
	for (unsigned i = 0; i < p->depth; i++)
		n += (size_t)snprintf(out + n, CCID_PLACE_TEXT_MAX - n, "/%04X", p->id[i]);
}

bool ccid_place_below(const struct ccid_place *p, const struct ccid_place *dir)
{
	return p->aid_len == dir->aid_len && memcmp(p->aid, dir->aid, p->aid_len) == 0 &&
	       p->depth >= dir->depth && memcmp(p->id, dir->id, dir->depth * sizeof *p->id) == 0 &&
	       dir->sfi == 0;
}

bool ccid_place_same(const struct ccid_place *a, const struct ccid_place *b)
{
	struct ccid_place dir = *b;

	dir.sfi = 0;
	return a->sfi == b->sfi && a->depth == b->depth && ccid_place_below(a, &dir);
}

struct ccid_place ccid_place_parent(const struct ccid_place *p)
{
	struct ccid_place parent = *p;

	parent.sfi = 0;
	if (p->sfi == 0 && p->depth > 0)
		parent.depth--;
	return parent;
}
