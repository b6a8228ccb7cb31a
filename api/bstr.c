/* SPDX-License-Identifier: MIT */
#include <iscard/bstr.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT 0xfffdu
#define PREFIX      sizeof(uint32_t)

/* Text of some encoding, read one code point at a time. */
struct reader {
	const void *text;
	size_t pos, len; /* in units */
};

typedef uint32_t next_fn(struct reader *r);

static uint32_t next_utf16(struct reader *r)
{
	const OLECHAR *t = r->text;
	uint32_t c = t[r->pos++];

	if (c < 0xd800 || c > 0xdfff)
		return c;
	if (c > 0xdbff || r->pos >= r->len || t[r->pos] < 0xdc00 || t[r->pos] > 0xdfff)
		return REPLACEMENT;
	return 0x10000u + ((c - 0xd800u) << 10) + (t[r->pos++] - 0xdc00u);
}

static uint32_t next_wide(struct reader *r)
{
	uint32_t c = (uint32_t)((const wchar_t *)r->text)[r->pos++];

	return c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ? REPLACEMENT : c;
}

/* Unicode 15, table 3-7: the first byte decides the length and the range of the second. */
static uint32_t next_utf8(struct reader *r)
{
	const unsigned char *t = r->text;
	uint32_t c = t[r->pos++];
	unsigned more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
	unsigned low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	unsigned high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;

	if (c < 0x80)
		return c;
	if (c < 0xc2 || c > 0xf4)
		return REPLACEMENT;
	c &= 0x3fu >> more;
	for (; more > 0; more--) {
		if (r->pos >= r->len || t[r->pos] < low || t[r->pos] > high)
			return REPLACEMENT;
		c = c << 6 | (t[r->pos++] & 0x3fu);
		low = 0x80;
		high = 0xbf;
	}
	return c;
}

static size_t put_utf16(OLECHAR *out, uint32_t c)
{
	if (c < 0x10000) {
		if (out != NULL)
			out[0] = (OLECHAR)c;
		return 1;
	}
	if (out != NULL) {
		out[0] = (OLECHAR)(0xd800u + ((c - 0x10000u) >> 10));
		out[1] = (OLECHAR)(0xdc00u + (c & 0x3ffu));
	}
	return 2;
}

static size_t put_utf8(char *out, uint32_t c)
{
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (out == NULL)
		return n;
	for (size_t i = n; i-- > 1; c >>= 6)
		out[i] = (char)(0x80u | (c & 0x3fu));
	out[0] = (char)(lead[n == 1 ? 0 : n] | c);
	return n;
}

static BSTR alloc_units(size_t n)
{
	unsigned char *block;
	uint32_t bytes;
	BSTR text;

	if (n > (UINT32_MAX - PREFIX) / sizeof(OLECHAR) - 1)
		return NULL;
	block = calloc(1, PREFIX + (n + 1) * sizeof(OLECHAR));
	if (block == NULL)
		return NULL;
	bytes = (uint32_t)(n * sizeof(OLECHAR));
	memcpy(block, &bytes, PREFIX);
	text = (BSTR)(void *)(block + PREFIX);
	return text;
}

static BSTR convert(const void *text, size_t len, next_fn *next)
{
	struct reader r = {text, 0, len};
	size_t n = 0;
	BSTR out;

	while (r.pos < len)
		n += put_utf16(NULL, next(&r));
	out = alloc_units(n);
	if (out == NULL)
		return NULL;
	r.pos = 0;
	n = 0;
	while (r.pos < len)
		n += put_utf16(out + n, next(&r));
	return out;
}

BSTR iscard_bstr_alloc(const OLECHAR *text)
{
	size_t n = 0;

	if (text == NULL)
		return NULL;
	while (n < UINT_MAX && text[n] != 0)
		n++;
	return iscard_bstr_alloc_len(text, (UINT)n);
}

BSTR iscard_bstr_alloc_len(const OLECHAR *text, UINT n)
{
	BSTR out = alloc_units(n);

	if (out != NULL && text != NULL)
		memcpy(out, text, n * sizeof *out);
	return out;
}

BSTR iscard_bstr_alloc_wide(const wchar_t *text)
{
	return text == NULL ? NULL : convert(text, wcslen(text), next_wide);
}

BSTR iscard_bstr_alloc_wide_len(const wchar_t *text, UINT n)
{
	return text == NULL ? alloc_units(n) : convert(text, n, next_wide);
}

BSTR iscard_bstr_from_utf8(const char *text)
{
	return text == NULL ? NULL : convert(text, strlen(text), next_utf8);
}

char *iscard_bstr_to_utf8(const OLECHAR *bstr)
{
	struct reader r = {bstr, 0, iscard_bstr_len(bstr)};
	size_t n = 0;
	char *out;

	while (r.pos < r.len)
		n += put_utf8(NULL, next_utf16(&r));
	out = malloc(n + 1);
	if (out == NULL)
		return NULL;
	r.pos = 0;
	n = 0;
	while (r.pos < r.len)
		n += put_utf8(out + n, next_utf16(&r));
	out[n] = '\0';
	return out;
}

void iscard_bstr_free(BSTR bstr)
{
	if (bstr != NULL)
		free((unsigned char *)bstr - PREFIX);
}

UINT iscard_bstr_byte_len(const OLECHAR *bstr)
{
	uint32_t bytes = 0;

	if (bstr != NULL)
		memcpy(&bytes, (const unsigned char *)bstr - PREFIX, PREFIX);
	return bytes;
}

UINT iscard_bstr_len(const OLECHAR *bstr)
{
	return iscard_bstr_byte_len(bstr) / (UINT)sizeof(OLECHAR);
}

void *iscard_alloc(size_t size)
{
	return malloc(size > 0 ? size : 1);
}

void iscard_free(void *memory)
{
	free(memory);
}
