/* SPDX-License-Identifier: MIT */
#include "cli_reader.h"

#include "address.h"
#include "cause.h"
#include "cli.h"
#include "cli_check.h"
#include "replay_address.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

bool cli_is_address(const char *text)
{
	static const char *const schemes[] = {
		"usb:", "fd:", "usbredir:", "usbredir-listen:", "replay:"};

	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (strncmp(text, schemes[i], strlen(schemes[i])) == 0)
			return true;
	return false;
}

/* The tool says itself, in one line, what failed. What it cannot know comes by the library's log: how
 * a replay diverged, and that recording ended. */
static bool log_is_wanted(const char *readers, const char *trace)
{
	if (readers == NULL)
		readers = getenv("ISCARD_READERS");
	return trace != NULL || getenv("ISCARD_TRACE") != NULL ||
	       (readers != NULL && strstr(readers, "replay:") != NULL);
}

/* What the library's log says, where it is not wanted. */
static void report_addresses(void)
{
	const char *at = getenv("ISCARD_READERS");
	struct ccid_address a;

	for (size_t len; at != NULL && *at != '\0'; at += len) {
		char *text;

		at += strspn(at, " \t\n");
		len = strcspn(at, " \t\n");
		text = strndup(at, len);
		if (len > 0 && text != NULL && !ccid_is_replay_address(text) &&
		    (ccid_address_parse(&a, text, NULL) != 0 || a.kind == CCID_ADDRESS_OTHER))
			cli_error("\"%s\" is no reader address; between addresses stand spaces, "
			          "and a space in one is written %%20",
			          text);
		free(text);
	}
}

int cli_context_open(iscard_context **context, const char *readers, const char *trace)
{
	HRESULT hr;

	if (!log_is_wanted(readers, trace))
		(void)setenv("ISCARD_LOG", "none", 0);
	if ((readers != NULL && setenv("ISCARD_READERS", readers, 1) != 0) ||
	    (trace != NULL && setenv("ISCARD_TRACE", trace, 1) != 0)) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	hr = iscard_context_create(NULL, context);
	if (hr == E_INVALIDARG) {
		if (!log_is_wanted(readers, trace))
			report_addresses();
		return CLI_NO_READER;
	}
	if (FAILED(hr)) {
		cli_error("cannot start: %s (%s)", iscard_strerror(hr), iscard_result_name(hr));
		return CLI_FAILED;
	}
	return CLI_OK;
}

void cli_warn_denied(unsigned denied)
{
	if (denied > 0)
		cli_error("%u USB reader%s left out: no permission; " CCID_DENIED_ADVICE, denied,
		          denied == 1 ? "" : "s");
}

static bool contains(const char *name, const char *part)
{
	size_t n = strlen(part);

	for (; strlen(name) >= n; name++)
		if (strncasecmp(name, part, n) == 0)
			return true;
	return false;
}

/* The number that text is, or -1. Three digits at most: more are a part of a serial number. */
static long as_number(const char *text)
{
	size_t n = strspn(text, "0123456789");

	return n > 0 && n <= 3 && text[n] == '\0' ? strtol(text, NULL, 10) : -1;
}

static void list_candidates(const struct iscard_reader_list *list, const char *part)
{
	for (size_t i = 0; i < list->count; i++)
		if (part == NULL || contains(list->readers[i].name, part))
			cli_error("  %zu  %s", i, list->readers[i].name);
}

static bool is_file(const char *text)
{
	struct stat st;

	return stat(text, &st) == 0 && S_ISREG(st.st_mode);
}

static const char *what_instead(const char *text)
{
	if (cli_is_address(text))
		return "no reader at this address; \"iscard list\" shows what is there";
	if (is_file(text))
		return "a file is no reader; the one that a trace holds is replay:FILE";
	return "there is no reader; plug one in, or give an address such as replay:FILE";
}

int cli_reader_missing(const struct iscard_reader_list *list, const char *text)
{
	if (list->count == 0 && list->denied > 0) {
		cli_warn_denied(list->denied);
		return CLI_NO_ACCESS;
	}
	if (list->count == 0 || (!cli_is_address(text) && is_file(text))) {
		cli_error("%s: %s", text, what_instead(text));
		return CLI_NO_READER;
	}
	cli_error("%s: no such reader; these are there:", text);
	list_candidates(list, NULL);
	return CLI_NO_READER;
}

/* Index of the one reader whose name contains text; -1 when none does, -2 when several do. */
static long by_part(const struct iscard_reader_list *list, const char *text)
{
	long found = -1;

	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->readers[i].name, text) == 0)
			return (long)i;
		if (contains(list->readers[i].name, text))
			found = found == -1 ? (long)i : -2;
	}
	return found;
}

/* The interfaces of one device differ behind the number sign. */
static bool same_device(const char *a, const char *b)
{
	size_t n = strcspn(a, "#");

	return strcmp(a, b) == 0 ||
	       (strncmp(a, "usb:", 4) == 0 && n == strcspn(b, "#") && strncmp(a, b, n) == 0);
}

/* Of the readers behind one address: the first slot, if it is one device. */
static long by_address(const struct iscard_reader_list *list)
{
	for (size_t i = 1; i < list->count; i++)
		if (!same_device(list->readers[i].address, list->readers[0].address))
			return -2;
	return list->count == 0 ? -1 : 0;
}

long cli_reader_choose(const struct iscard_reader_list *list, const char *text)
{
	long number = as_number(text);

	if (cli_is_address(text))
		return by_address(list);
	if (number >= 0)
		return number < (long)list->count ? number : -1;
	return text[0] == '\0' ? -1 : by_part(list, text);
}

int cli_reader_several(const struct iscard_reader_list *list, const char *text)
{
	cli_error("%s: several readers fit; choose one by its number:", text);
	list_candidates(list, cli_is_address(text) ? NULL : text);
	return CLI_NO_READER;
}

static int pick(struct cli_reader *r, const char *text)
{
	long i = cli_reader_choose(r->list, text);

	if (i == -1)
		return cli_reader_missing(r->list, text);
	if (i == -2)
		return cli_reader_several(r->list, text);
	r->found = &r->list->readers[i];
	return CLI_OK;
}

int cli_reader_look(struct cli_reader *r, const char *text, const char *trace)
{
	HRESULT hr;
	int code;

	*r = (struct cli_reader){0};
	code = cli_check_address(text);
	if (code == CLI_OK)
		code = cli_context_open(&r->context, cli_is_address(text) ? text : NULL, trace);
	if (code != CLI_OK)
		return code;
	hr = iscard_context_list(r->context, &r->list);
	if (FAILED(hr)) {
		cli_error("cannot list readers: %s", iscard_strerror(hr));
		code = CLI_FAILED;
	} else {
		code = pick(r, text);
	}
	if (code != CLI_OK)
		cli_reader_close(r);
	return code;
}

int cli_reader_find(struct cli_reader *r, const char *text, const char *trace)
{
	int code = cli_reader_look(r, text, trace);

	if (code == CLI_OK && FAILED(r->found->result)) {
		code = cli_report(r->found, "open", r->found->result);
		cli_reader_close(r);
	}
	return code;
}

void cli_reader_close(struct cli_reader *r)
{
	iscard_reader_list_free(r->list);
	iscard_context_unref(r->context);
	*r = (struct cli_reader){0};
}
