/* SPDX-License-Identifier: MIT */
#include "json_read.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 32

static const char *skip_value(const char *p, unsigned depth);

static const char *skip_space(const char *p)
{
	return p == NULL ? NULL : p + strspn(p, " \t\r\n");
}

static const char *skip_escape(const char *p)
{
	if (*p != 'u')
		return *p != '\0' && strchr("\"\\/bfnrt", *p) != NULL ? p + 1 : NULL;
	for (int i = 1; i <= 4; i++)
		if (!isxdigit((unsigned char)p[i]))
			return NULL;
	return p + 5;
}

static const char *skip_string(const char *p)
{
	if (*p++ != '"')
		return NULL;
	while (p != NULL && *p != '"') {
		if ((unsigned char)*p < 0x20)
			return NULL;
		p = *p == '\\' ? skip_escape(p + 1) : p + 1;
	}
	return p == NULL ? NULL : p + 1;
}

static const char *skip_digits(const char *p)
{
	size_t n = p == NULL ? 0 : strspn(p, "0123456789");

	return n == 0 ? NULL : p + n;
}

static const char *skip_number(const char *p)
{
	p += *p == '-';
	if (*p == '0' && isdigit((unsigned char)p[1]))
		return NULL;
	p = skip_digits(p);
	if (p != NULL && *p == '.')
		p = skip_digits(p + 1);
	if (p != NULL && (*p == 'e' || *p == 'E'))
		p = skip_digits(p + 1 + (p[1] == '+' || p[1] == '-'));
	return p;
}

static const char *skip_member(const char *p, unsigned depth)
{
	p = skip_space(skip_string(p));
	if (p == NULL || *p != ':')
		return NULL;
	return skip_value(skip_space(p + 1), depth);
}

static const char *skip_list(const char *p, char end, unsigned depth)
{
	p = skip_space(p + 1);
	if (*p == end)
		return p + 1;
	for (;;) {
		p = end == '}' ? skip_member(p, depth) : skip_value(p, depth);
		p = skip_space(p);
		if (p == NULL || (*p != ',' && *p != end))
			return NULL;
		if (*p == end)
			return p + 1;
		p = skip_space(p + 1);
	}
}

static const char *skip_word(const char *p)
{
	static const char *const words[] = {"null", "true", "false"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strncmp(p, words[i], strlen(words[i])) == 0)
			return p + strlen(words[i]);
	return NULL;
}

static const char *skip_value(const char *p, unsigned depth)
{
	if (depth == 0)
		return NULL;
	switch (*p) {
	case '{': return skip_list(p, '}', depth - 1);
	case '[': return skip_list(p, ']', depth - 1);
	case '"': return skip_string(p);
	case '-': return skip_number(p);
	default: return isdigit((unsigned char)*p) ? skip_number(p) : skip_word(p);
	}
}

bool json_valid(const char *text)
{
	const char *p = skip_space(skip_value(skip_space(text), DEPTH_MAX));

	return p != NULL && *p == '\0';
}

const char *json_first(const char *v)
{
	if (v == NULL || *v != '[')
		return NULL;
	v = skip_space(v + 1);
	return *v == ']' ? NULL : v;
}

const char *json_next(const char *v)
{
	v = v == NULL ? NULL : skip_space(skip_value(v, DEPTH_MAX));
	return v != NULL && *v == ',' ? skip_space(v + 1) : NULL;
}

const char *json_get(const char *v, const char *key)
{
	const char *p = v == NULL || *v != '{' ? NULL : skip_space(v + 1);

	while (p != NULL && *p == '"') {
		bool found = json_is(p, key);

		p = skip_space(skip_string(p));
		if (p == NULL || *p != ':')
			return NULL;
		p = skip_space(p + 1);
		if (found)
			return p;
		p = json_next(p);
	}
	return NULL;
}

bool json_is_null(const char *v)
{
	return v != NULL && strncmp(v, "null", 4) == 0;
}

bool json_is_true(const char *v)
{
	return v != NULL && strncmp(v, "true", 4) == 0;
}

bool json_is_false(const char *v)
{
	return v != NULL && strncmp(v, "false", 5) == 0;
}

long json_int(const char *v, long other)
{
	return v != NULL && (*v == '-' || isdigit((unsigned char)*v)) ? strtol(v, NULL, 10) : other;
}

bool json_is(const char *v, const char *string)
{
	size_t n = strlen(string);

	return v != NULL && *v == '"' && strncmp(v + 1, string, n) == 0 && v[1 + n] == '"';
}

bool json_string(const char *v, char *out, size_t cap)
{
	const char *end = v == NULL ? NULL : skip_string(v);
	size_t n;

	if (end == NULL)
		return false;
	n = (size_t)(end - v) - 2;
	if (n >= cap)
		return false;
	memcpy(out, v + 1, n);
	out[n] = '\0';
	return true;
}
