/* SPDX-License-Identifier: MIT */
#include "cli_batch.h"

#include "cli.h"
#include "cli_hex.h"
#include "cli_lines.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX   200
#define PROBLEM_MAX 96

struct sink {
	cli_show_fn *show;
	void *arg;
};

/* Keeps the final NUL at the new end: text may be read again. */
static size_t strip_separators(char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (text[i] != ' ' && text[i] != '\t' && text[i] != ':')
			text[n++] = text[i];
	text[n] = '\0';
	return n;
}

static void read_item(struct cli_item *item, char *text, size_t len, uint8_t *bytes,
                      char problem[PROBLEM_MAX])
{
	long n = cli_hex_read(text, len, bytes, len / 2, problem, PROBLEM_MAX);

	if (n < 0) {
		item->problem = problem;
		return;
	}
	item->count = (size_t)n;
	item->len = strip_separators(text, len);
}

/* Show one text; cut: it is longer than is taken. *good tells whether it is hexadecimal. */
static bool show_text(char *text, size_t len, bool cut, const struct sink *sink, bool *good)
{
	uint8_t *bytes = malloc(len / 2 + 1);
	struct cli_item item = {.text = text, .len = len, .bytes = bytes};
	char problem[PROBLEM_MAX];
	bool more;

	if (bytes == NULL)
		item.problem = "out of memory";
	else if (cut)
		item.problem = "the line is too long";
	else
		read_item(&item, text, len, bytes, problem);
	item.bytes = bytes == NULL ? (const uint8_t *)"" : bytes;
	more = sink->show(sink->arg, &item);
	free(bytes);
	*good = item.problem == NULL;
	return more;
}

static bool is_one_byte(const char *arg)
{
	return isxdigit((unsigned char)arg[0]) && isxdigit((unsigned char)arg[1]) && arg[2] == '\0';
}

static bool all_single_bytes(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (!is_one_byte(argv[i]))
			return false;
	return argc > 1;
}

static int show_joined(int argc, char **argv, const struct sink *sink)
{
	char *text = malloc((size_t)argc * 2 + 1);
	size_t n = 0;
	bool good;

	if (text == NULL) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	for (int i = 0; i < argc; i++, n += 2)
		memcpy(text + n, argv[i], 2);
	text[n] = '\0';
	(void)show_text(text, n, false, sink, &good);
	free(text);
	return good ? CLI_OK : CLI_FAILED;
}

int cli_batch_args(int argc, char **argv, cli_show_fn *show, void *arg)
{
	const struct sink sink = {show, arg};
	int code = CLI_OK;
	bool good, more = true;

	if (all_single_bytes(argc, argv))
		return show_joined(argc, argv, &sink);
	for (int i = 0; i < argc && more; i++) {
		more = show_text(argv[i], strlen(argv[i]), false, &sink, &good);
		if (!good)
			code = CLI_FAILED;
	}
	return code;
}

int cli_batch_stdin(cli_show_fn *show, void *arg)
{
	const struct sink sink = {show, arg};
	struct cli_lines lines;
	bool failed, good, more = true;

	if (!cli_lines_open(&lines, stdin))
		return CLI_FAILED;
	while (more && !ferror(stdout) && cli_lines_next(&lines)) {
		more = show_text(lines.text, lines.len, lines.cut, &sink, &good);
		fflush(stdout);
	}
	failed = cli_lines_failed(&lines);
	cli_lines_close(&lines);
	return failed ? CLI_FAILED : CLI_OK;
}

void cli_item_print(const struct cli_item *item)
{
	for (size_t i = 0; i < item->len && i < SHOWN_MAX; i++)
		putchar(isprint((unsigned char)item->text[i]) ? item->text[i] : '?');
	puts(item->len > SHOWN_MAX ? "..." : "");
}
