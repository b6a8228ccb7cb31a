/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 1, 0))) static void print_error(const char *format, va_list args)
{
	fputs("iscard: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

void cli_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_error(format, args);
	va_end(args);
}

int cli_usage(const struct cli_command *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_error(format, args);
	va_end(args);
	fprintf(stderr, "usage: iscard %s %s\n", c->name, c->args);
	fprintf(stderr, "\"iscard %s --help\" tells more\n", c->name);
	return CLI_USAGE;
}

void cli_print_help(const struct cli_command *c)
{
	printf("usage: iscard %s %s\n\n%s", c->name, c->args, c->help);
}

static const struct cli_option *find(const struct cli_option *options, const char *arg, size_t len)
{
	for (; options->name != NULL; options++)
		if (strlen(options->name) == len && strncmp(options->name, arg, len) == 0)
			return options;
	return NULL;
}

/* One option at argv[*i]; *i moves over its value. */
static int take_option(const struct cli_command *c, const struct cli_option *options, int argc,
                       char **argv, int *i)
{
	const char *arg = argv[*i];
	size_t len = strcspn(arg, "=");
	const struct cli_option *o = find(options, arg, len);

	if (o == NULL)
		return cli_usage(c, "%s: no such option", arg);
	if (o->flag != NULL) {
		if (arg[len] == '=')
			return cli_usage(c, "%s takes no value", o->name);
		*o->flag = true;
		return -1;
	}
	if (arg[len] == '=')
		*o->value = arg + len + 1;
	else if (*i + 1 < argc)
		*o->value = argv[++*i];
	else
		return cli_usage(c, "%s needs a value", o->name);
	return -1;
}

static bool is_option(const char *arg)
{
	return arg[0] == '-' && arg[1] != '\0';
}

int cli_parse(const struct cli_command *c, const struct cli_option *options, int *argc, char **argv)
{
	bool open = true;
	int n = 0, code;

	for (int i = 1; i < *argc; i++) {
		if (!open || !is_option(argv[i])) {
			argv[n++] = argv[i];
		} else if (strcmp(argv[i], "--") == 0) {
			open = false;
		} else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			cli_print_help(c);
			return CLI_OK;
		} else {
			code = take_option(c, options, *argc, argv, &i);
			if (code >= 0)
				return code;
		}
	}
	*argc = n;
	return -1;
}
