/* SPDX-License-Identifier: MIT */
#include "cli_json.h"

#include <assert.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD"

struct cli_json cli_json(FILE *f)
{
	return (struct cli_json){.f = f, .first = {true}};
}

/* Bytes of the UTF-8 sequence at s (RFC 3629: no surrogate, nothing overlong, up to U+10FFFF), 0
 * when there is none. */
static size_t utf8_length(const unsigned char *s, size_t left)
{
	static const uint32_t lowest[5] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xC0 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
	uint32_t c;

	if (n < 2)
		return n;
	if (n > left || s[0] > 0xF4)
		return 0;
	c = s[0] & (0xFFu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3F);
	}
	return c < lowest[n] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF) ? 0 : n;
}

static void put_char(FILE *f, unsigned char c)
{
	if (c == '"' || c == '\\')
		fprintf(f, "\\%c", c);
	else if (c < 0x20 || c == 0x7F)
		fprintf(f, "\\u%04x", c);
	else
		putc(c, f);
}

static void put_string(FILE *f, const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t n;

	putc('"', f);
	for (size_t i = 0; i < len; i += n == 0 ? 1 : n) {
		n = utf8_length(p + i, len - i);
		if (n == 0)
			fputs(REPLACEMENT, f);
		else if (n == 1)
			put_char(f, p[i]);
		else
			fwrite(p + i, 1, n, f);
	}
	putc('"', f);
}

static void start_value(struct cli_json *j, const char *key)
{
	if (!j->first[j->depth])
		putc(',', j->f);
	j->first[j->depth] = false;
	if (key == NULL)
		return;
	put_string(j->f, key, strlen(key));
	putc(':', j->f);
}

static void end_value(struct cli_json *j)
{
	if (j->depth > 0)
		return;
	putc('\n', j->f);
	j->first[0] = true;
}

static void open_list(struct cli_json *j, const char *key, char bracket)
{
	start_value(j, key);
	putc(bracket, j->f);
	assert(j->depth < CLI_JSON_DEPTH);
	j->first[++j->depth] = true;
}

static void close_list(struct cli_json *j, char bracket)
{
	assert(j->depth > 0);
	putc(bracket, j->f);
	j->depth--;
	end_value(j);
}

void cli_json_object(struct cli_json *j, const char *key)
{
	open_list(j, key, '{');
}

void cli_json_array(struct cli_json *j, const char *key)
{
	open_list(j, key, '[');
}

void cli_json_end_object(struct cli_json *j)
{
	close_list(j, '}');
}

void cli_json_end_array(struct cli_json *j)
{
	close_list(j, ']');
}

void cli_json_text(struct cli_json *j, const char *key, const char *s, size_t len)
{
	start_value(j, key);
	put_string(j->f, s, len);
	end_value(j);
}

void cli_json_string(struct cli_json *j, const char *key, const char *s)
{
	if (s == NULL)
		cli_json_null(j, key);
	else
		cli_json_text(j, key, s, strlen(s));
}

void cli_json_hex(struct cli_json *j, const char *key, const uint8_t *bytes, size_t len)
{
	start_value(j, key);
	putc('"', j->f);
	for (size_t i = 0; i < len; i++)
		fprintf(j->f, "%02x", bytes[i]);
	putc('"', j->f);
	end_value(j);
}

void cli_json_number(struct cli_json *j, const char *key, long long n)
{
	start_value(j, key);
	fprintf(j->f, "%lld", n);
	end_value(j);
}

void cli_json_bool(struct cli_json *j, const char *key, bool b)
{
	start_value(j, key);
	fputs(b ? "true" : "false", j->f);
	end_value(j);
}

void cli_json_null(struct cli_json *j, const char *key)
{
	start_value(j, key);
	fputs("null", j->f);
	end_value(j);
}
