/* SPDX-License-Identifier: MIT */
#include "corpus.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static bool required(void)
{
	const char *v = getenv("ISCARD_TEST_REQUIRE_DATA");

	return v != NULL && strcmp(v, "1") == 0;
}

const char *corpus_dir(const char *variable)
{
	const char *dir = getenv(variable);

	if (dir != NULL && dir[0] != '\0')
		return dir;
	print_message("%s is not set\n", variable);
	if (required())
		fail_msg("this run requires the corpora");
	skip();
	return NULL;
}

static char *slurp(FILE *f, size_t *len)
{
	size_t cap = 1 << 16, got;
	char *text = malloc(cap + 1);

	*len = 0;
	assert_non_null(text);
	while ((got = fread(text + *len, 1, cap - *len, f)) > 0) {
		*len += got;
		if (*len < cap)
			continue;
		cap *= 2;
		text = realloc(text, cap + 1);
		assert_non_null(text);
	}
	text[*len] = '\0';
	return text;
}

char *corpus_load(const char *variable, const char *name, size_t *len)
{
	const char *dir = corpus_dir(variable);
	char path[4096];
	size_t size;
	char *text;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (f == NULL)
		fail_msg("cannot open %s", path);
	text = slurp(f, &size);
	fclose(f);
	if (len != NULL)
		*len = size;
	return text;
}

char *corpus_line(char **text)
{
	char *line = *text;
	size_t n = strcspn(line, "\n");

	if (*line == '\0')
		return NULL;
	*text = line + n + (line[n] == '\n');
	if (n > 0 && line[n - 1] == '\r')
		line[n - 1] = '\0';
	line[n] = '\0';
	return line;
}

/* Undo the quotes of the field at *from; leaves *from behind the closing one. */
static void unquote(char **from, char *to)
{
	char *p = *from + 1;

	while (*p != '\0' && (*p != '"' || p[1] == '"')) {
		if (*p == '"')
			p++;
		*to++ = *p++;
	}
	*from = *p == '"' ? p + 1 : p;
	*to = '\0';
}

/* The next field of a row, its quotes undone; *last tells that the row ends with it. */
static char *take_field(char **text, bool *last)
{
	char *field = *text, *p = field;
	char end;

	if (*p == '\0')
		return NULL;
	if (*p == '"')
		unquote(&p, field);
	p += strcspn(p, ",\r\n");
	end = *p;
	*last = end != ',';
	if (end != '\0')
		*p++ = '\0';
	if (end == '\r' && *p == '\n')
		p++;
	*text = p;
	return field;
}

static size_t take_row(char **text, char *field[CORPUS_COLUMNS])
{
	size_t n = 0;
	bool last = false;

	while (!last && n < CORPUS_COLUMNS && (field[n] = take_field(text, &last)) != NULL)
		n++;
	return n;
}

void corpus_table_open(struct corpus_table *t, const char *variable, const char *name)
{
	t->text = corpus_load(variable, name, NULL);
	t->rest = t->text;
	t->columns = take_row(&t->rest, t->head);
}

bool corpus_table_next(struct corpus_table *t)
{
	size_t n = take_row(&t->rest, t->row);

	if (n > 0)
		assert_int_equal(n, t->columns);
	return n > 0;
}

const char *corpus_cell(const struct corpus_table *t, const char *column)
{
	for (size_t i = 0; i < t->columns; i++)
		if (strcmp(t->head[i], column) == 0)
			return t->row[i];
	fail_msg("no column %s", column);
	return "";
}

unsigned long corpus_number(const struct corpus_table *t, const char *column, int base)
{
	const char *text = corpus_cell(t, column);
	unsigned long v;
	char *end;

	v = strtoul(text, &end, base);
	assert_true(end != text && *end == '\0');
	return v;
}

bool corpus_json_string(const char *line, const char *key, char *out, size_t cap)
{
	char quoted[64];
	const char *p;
	size_t n;

	snprintf(quoted, sizeof quoted, "\"%s\"", key);
	p = strstr(line, quoted);
	if (p == NULL)
		return false;
	p += strlen(quoted);
	p += strspn(p, ": ");
	if (*p++ != '"')
		return false;
	n = strcspn(p, "\"");
	if (n >= cap)
		return false;
	memcpy(out, p, n);
	out[n] = '\0';
	return true;
}

static unsigned digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	if (at == NULL)
		fail_msg("'%c' is not a hex digit", c);
	return (unsigned)(at - digits) & 15u;
}

size_t corpus_hex(const char *hex, uint8_t *out, size_t cap)
{
	size_t n = 0;

	for (hex += strspn(hex, " "); *hex != '\0'; hex += strspn(hex, " ")) {
		assert_true(n < cap);
		out[n++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
		hex += 2;
	}
	return n;
}
