/* SPDX-License-Identifier: MIT */
#include "cli_lines.h"

#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool cli_lines_open(struct cli_lines *l, FILE *f)
{
	*l = (struct cli_lines){.f = f, .buf = malloc(CLI_LINE_MAX + 1)};
	if (l->buf == NULL)
		cli_error("out of memory");
	return l->buf != NULL;
}

void cli_lines_close(struct cli_lines *l)
{
	free(l->buf);
	l->buf = NULL;
}

/* One line as it stands. False at the end of the input. */
static bool read_raw(struct cli_lines *l)
{
	int c = getc(l->f);

	l->len = 0;
	l->cut = false;
	if (c == EOF)
		return false;
	for (; c != EOF && c != '\n'; c = getc(l->f)) {
		if (l->len < CLI_LINE_MAX)
			l->buf[l->len++] = (char)c;
		else
			l->cut = true;
	}
	return true;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static void trim(struct cli_lines *l)
{
	l->text = l->buf;
	while (l->len > 0 && blank(l->text[l->len - 1]))
		l->len--;
	while (l->len > 0 && blank(l->text[0])) {
		l->text++;
		l->len--;
	}
	l->text[l->len] = '\0';
}

bool cli_lines_next(struct cli_lines *l)
{
	while (read_raw(l)) {
		trim(l);
		if (l->len > 0 && l->text[0] != '#')
			return true;
	}
	return false;
}

bool cli_lines_failed(const struct cli_lines *l)
{
	if (!ferror(l->f))
		return false;
	cli_error("cannot read standard input: %s", strerror(errno));
	return true;
}
