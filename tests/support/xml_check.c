/* SPDX-License-Identifier: MIT */
#include "xml_check.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define DEPTH 16

struct parser {
	const char *at;
	const char *open[DEPTH]; /* names of elements */
	size_t depth, roots;
};

static size_t name_len(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == ':' || s[n] == '-')
		n++;
	return n;
}

static bool entity(const char **at)
{
	static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;"};

	for (unsigned i = 0; i < 4; i++) {
		if (strncmp(*at, known[i], strlen(known[i])) != 0)
			continue;
		*at += strlen(known[i]);
		return true;
	}
	return false;
}

/* Characters up to the end mark; false at what may not stand there. */
static bool text_until(const char **at, char end)
{
	while (**at != end && **at != '\0') {
		if (**at == '&') {
			if (!entity(at))
				return false;
			continue;
		}
		if (**at == '<' || ((unsigned char)**at < ' ' && **at != '\n'))
			return false;
		++*at;
	}
	return **at == end || end == '<';
}

static bool attributes(struct parser *p)
{
	while (*p->at == ' ') {
		size_t n = name_len(++p->at);

		p->at += n;
		if (n == 0 || strncmp(p->at, "=\"", 2) != 0)
			return false;
		p->at += 2;
		if (!text_until(&p->at, '"'))
			return false;
		p->at++;
	}
	return true;
}

static bool close_tag(struct parser *p)
{
	size_t n = name_len(p->at);

	if (p->depth == 0 || name_len(p->open[p->depth - 1]) != n ||
	    strncmp(p->open[p->depth - 1], p->at, n) != 0 || p->at[n] != '>')
		return false;
	p->depth--;
	p->at += n + 1;
	return true;
}

static bool tag(struct parser *p)
{
	const char *name = ++p->at;
	size_t n;

	if (*name == '/') {
		p->at++;
		return close_tag(p);
	}
	n = name_len(name);
	p->at += n;
	p->roots += p->depth == 0;
	if (n == 0 || p->depth == DEPTH || !attributes(p))
		return false;
	if (*p->at == '>')
		p->open[p->depth++] = name;
	else if (*p->at++ != '/' || *p->at != '>')
		return false;
	p->at++;
	return true;
}

const char *xml_check(const char *text)
{
	struct parser p = {.at = text};

	while (*p.at != '\0') {
		if (*p.at == '<' ? !tag(&p) : !text_until(&p.at, '<'))
			return p.at;
	}
	return p.depth == 0 && p.roots == 1 ? NULL : p.at;
}

size_t xml_count(const char *text, const char *name)
{
	size_t n = 0, len = strlen(name);

	for (; (text = strchr(text, '<')) != NULL; text++)
		n += strncmp(text + 1, name, len) == 0 && name_len(text + 1) == len;
	return n;
}
