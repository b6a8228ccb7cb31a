/* SPDX-License-Identifier: MIT */
#include "udev_rules.h"

#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum op {
	OP_EQUAL,
	OP_DIFFERENT,
	OP_ASSIGN,
	OP_ADD
};

struct token {
	char key[32], value[160];
	enum op op;
};

/* What may stand on the left, and with which operators. */
static const struct {
	const char *key;
	bool match, assign;
} keys[] = {
	{"ACTION", true, false}, {"SUBSYSTEM", true, false},
	{"ENV{*}", true, true},  {"ATTR{*}", true, false},
	{"GOTO", false, true},   {"LABEL", false, true},
	{"MODE", false, true},   {"GROUP", false, true},
	{"TAG", true, true},     {"IMPORT{builtin}", false, true},
};

void udev_set(struct udev_event *e, const char *key, const char *value)
{
	size_t i = 0;

	while (i < e->n && strcmp(e->of[i].key, key) != 0)
		i++;
	assert_true(i < sizeof e->of / sizeof e->of[0]);
	assert_true(strlen(key) < sizeof e->of[i].key && strlen(value) < sizeof e->of[i].value);
	strcpy(e->of[i].key, key);
	strcpy(e->of[i].value, value);
	e->n += i == e->n;
}

const char *udev_get(const struct udev_event *e, const char *key)
{
	for (size_t i = 0; i < e->n; i++)
		if (strcmp(e->of[i].key, key) == 0)
			return e->of[i].value;
	return "";
}

bool udev_match(const char *patterns, const char *value)
{
	char one[160];
	size_t n;

	do {
		n = strcspn(patterns, "|");
		assert_true(n < sizeof one);
		memcpy(one, patterns, n);
		one[n] = '\0';
		if (fnmatch(one, value, 0) == 0)
			return true;
		patterns += n;
	} while (*patterns++ == '|');
	return false;
}

static void check_key(const struct token *t)
{
	bool match = t->op == OP_EQUAL || t->op == OP_DIFFERENT;

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (fnmatch(keys[i].key, t->key, 0) == 0 &&
		    (match ? keys[i].match : keys[i].assign))
			return;
	fail_msg("udev does not know %s here", t->key);
}

static const char *copy(char *out, size_t cap, const char *from, size_t n)
{
	assert_true(n > 0 && n < cap);
	memcpy(out, from, n);
	out[n] = '\0';
	return from + n;
}

static const char *take_op(const char *p, enum op *op)
{
	static const char *const texts[] = {
		[OP_EQUAL] = "==", [OP_DIFFERENT] = "!=", [OP_ADD] = "+=", [OP_ASSIGN] = "="};

	for (enum op i = OP_EQUAL; i <= OP_ADD; i++) {
		size_t n = strlen(texts[i]);

		if (strncmp(p, texts[i], n) != 0 || (i == OP_ASSIGN && p[1] == '='))
			continue;
		*op = i;
		return p + n;
	}
	fail_msg("no operator at %.20s", p);
	return p;
}

/* KEY{attribute}OP"value"; returns what follows. */
static const char *take_token(const char *p, struct token *t)
{
	const char *quote;

	p = copy(t->key, sizeof t->key, p, strcspn(p, "=!+ \n"));
	p = take_op(p, &t->op);
	quote = *p == '"' ? strpbrk(p + 1, "\"\n") : NULL;
	if (quote == NULL || *quote != '"') {
		fail_msg("no quoted value at %.20s", p);
		return p;
	}
	assert_true((size_t)(quote - p) < sizeof t->value);
	memcpy(t->value, p + 1, (size_t)(quote - p - 1));
	t->value[quote - p - 1] = '\0';
	check_key(t);
	return quote + 1;
}

static const char *find_label(const char *text, const char *label)
{
	char line[200];
	const char *at;

	snprintf(line, sizeof line, "\nLABEL=\"%s\"\n", label);
	at = strstr(text, line);
	if (at == NULL)
		fail_msg("no label %s", label);
	return at + 1;
}

static bool holds(const struct token *t, const struct udev_event *e)
{
	return udev_match(t->value, udev_get(e, t->key)) == (t->op == OP_EQUAL);
}

static void act(const char *text, const struct token *t, struct udev_event *e, const char **next)
{
	if (strcmp(t->key, "GOTO") == 0)
		*next = find_label(text, t->value);
	else if (strcmp(t->key, "LABEL") != 0)
		udev_set(e, t->key, t->value);
}

/* One line; returns where to go on. The whole line is read even where it does not apply. */
static const char *apply_line(const char *text, const char *p, struct udev_event *e)
{
	const char *end = p + strcspn(p, "\n"), *next = *end != '\0' ? end + 1 : end;
	bool applies = true;
	struct token t;

	while (*p != '\n' && *p != '\0' && *p != '#') {
		p = take_token(p, &t);
		if (t.op == OP_EQUAL || t.op == OP_DIFFERENT)
			applies = applies && holds(&t, e);
		else if (applies)
			act(text, &t, e, &next);
		if (*p == ',')
			p += 1 + strspn(p + 1, " ");
		else if (*p != '\n')
			fail_msg("no comma at %.20s", p);
	}
	return next;
}

void udev_apply(const char *text, struct udev_event *e)
{
	unsigned lines = 0;

	for (const char *p = text; *p != '\0'; p = apply_line(text, p, e))
		assert_true(++lines < 1000);
}
