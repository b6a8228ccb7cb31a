/* SPDX-License-Identifier: MIT */
#include "cli_batch.h"

#include "cli.h"
#include "cli_hex.h"
#include "cli_lines.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 200

static size_t strip_separators(char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (text[i] != ' ' && text[i] != '\t' && text[i] != ':')
			text[n++] = text[i];
	return n;
}

/* Read text as hexadecimal, unless problem says that something else is wrong already; show it. */
static bool show_text(char *text, size_t len, const char *problem, cli_show_fn *show, void *arg)
{
	uint8_t bytes[CLI_ITEM_BYTES];
	struct cli_item item = {.text = text, .len = len, .problem = problem, .bytes = bytes};
	char why[96];
	long n;

	if (problem == NULL) {
		n = cli_hex_read(text, len, bytes, sizeof bytes, why, sizeof why);
		item.problem = n < 0 ? why : NULL;
		item.count = n < 0 ? 0 : (size_t)n;
		item.len = n < 0 ? len : strip_separators(text, len);
	}
	show(arg, &item);
	return item.problem == NULL;
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

static int show_joined(int argc, char **argv, cli_show_fn *show, void *arg)
{
	char *text = malloc((size_t)argc * 2 + 1);
	size_t n = 0;

	if (text == NULL) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	for (int i = 0; i < argc; i++, n += 2)
		memcpy(text + n, argv[i], 2);
	text[n] = '\0';
	(void)show_text(text, n, NULL, show, arg);
	free(text);
	return CLI_OK;
}

int cli_batch_args(int argc, char **argv, cli_show_fn *show, void *arg)
{
	int code = CLI_OK;

	if (all_single_bytes(argc, argv))
		return show_joined(argc, argv, show, arg);
	for (int i = 0; i < argc; i++)
		if (!show_text(argv[i], strlen(argv[i]), NULL, show, arg))
			code = CLI_FAILED;
	return code;
}

int cli_batch_stdin(cli_show_fn *show, void *arg)
{
	struct cli_lines lines;
	bool failed;

	if (!cli_lines_open(&lines, stdin))
		return CLI_FAILED;
	while (!ferror(stdout) && cli_lines_next(&lines)) {
		(void)show_text(lines.text, lines.len, lines.cut ? "the line is too long" : NULL,
		                show, arg);
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
