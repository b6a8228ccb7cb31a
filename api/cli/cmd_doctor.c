/* SPDX-License-Identifier: MIT */
#include "cli.h"
#include "cli_json.h"
#include "cli_reader.h"
#include "doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"Tell in plain words why a reader or card does not work, and what to do about it.\n"
	"Without an argument all readers are looked at, and what may keep one from being seen:\n"
	"missing nodes, permissions, other programs, kernel drivers. Then what is known about\n"
	"each reader, its firmware and its descriptor; at last its card gets power and is asked\n"
	"for its ATR. A reader that another program uses is left alone, and so is one that a\n"
	"kernel driver is bound to.\n"
	"\n"
	"  --json   one JSON object a line: finding, level (good, note, odd, problem), reader\n"
	"           and address (\"\" when it is not about one), text, advice (may be null)\n"
	"\n"
	"Exit code: 0 without a problem; else of the first one: 4 no reader, 5 no card or one\n"
	"that does not answer, 6 no permission or in use, 1 anything else.\n";

#define COLUMNS 78

struct printer {
	bool json, begun;
	char last[ISCARD_NAME_SIZE]; /* what the last finding was about */
};

static void print_json(const struct doctor_finding *f)
{
	struct cli_json j = cli_json(stdout);

	cli_json_object(&j, NULL);
	cli_json_string(&j, "finding", f->name);
	cli_json_string(&j, "level", doctor_level_name(f->level));
	cli_json_string(&j, "reader", f->reader);
	cli_json_string(&j, "address", f->address);
	cli_json_string(&j, "text", f->text);
	cli_json_string(&j, "advice", f->advice);
	cli_json_end_object(&j);
}

/* Words after the label, broken where a line is full, each line indented. */
static void print_words(const char *label, int indent, const char *text)
{
	int at = printf("%*s%s", indent, "", label);

	while (*text != '\0') {
		int n = (int)strcspn(text, " ");

		if (at > indent && at + 1 + n > COLUMNS)
			at = printf("\n%*s", indent + 2, "") - 1;
		else if (at > indent)
			at += printf(" ");
		at += printf("%.*s", n, text);
		text += n;
		text += strspn(text, " ");
	}
	printf("\n");
}

static void print_text(struct printer *p, const struct doctor_finding *f)
{
	char about[ISCARD_NAME_SIZE], label[16];

	snprintf(about, sizeof about, "%.300s%s%.200s", f->reader,
	         f->reader[0] != '\0' && f->address[0] != '\0' ? ", " : "", f->address);
	if (!p->begun || strcmp(about, p->last) != 0)
		printf("%s\n", about[0] != '\0' ? about : "this machine");
	memcpy(p->last, about, sizeof about);
	p->begun = true;
	snprintf(label, sizeof label, "%s:", doctor_level_name(f->level));
	print_words(label, 2, f->text);
	if (f->advice != NULL)
		print_words("", 4, f->advice);
}

static void print(void *arg, const struct doctor_finding *f)
{
	struct printer *p = arg;

	if (p->json)
		print_json(f);
	else
		print_text(p, f);
}

/* Quirks and descriptor are the reader's, and told with its first slot. */
static bool examine_reader(struct doctor *d, iscard_context *context, const struct iscard_reader *r)
{
	struct iscard_capabilities caps = {.size = sizeof caps};
	HRESULT hr = iscard_reader_capabilities(context, r->name, &caps);

	if (hr == SCARD_E_UNSUPPORTED_FEATURE) {
		doctor_say(d, DOCTOR_UNSUPPORTED,
		           "it is neither a CCID reader with bulk endpoints nor a USB ICCD token");
		return false;
	}
	return FAILED(hr) || r->slot > 0 || doctor_nature(d, &caps);
}

static bool begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* There is a peer, or may be, and what it says is not what a reader says. */
static bool is_peers_fault(const struct iscard_reader *r)
{
	return begins(r->address, "usbredir") &&
	       (r->result == SCARD_E_TIMEOUT || r->result == SCARD_E_READER_UNAVAILABLE ||
	        r->result == SCARD_F_COMM_ERROR);
}

static void examine(struct doctor *d, iscard_context *context, const struct iscard_reader *r)
{
	struct ccid_usb_found usb;

	d->reader = r->name;
	d->address = strcmp(r->name, r->address) == 0 ? NULL : r->address;
	if (r->result == SCARD_E_UNKNOWN_READER)
		doctor_say(d, DOCTOR_UNREACHABLE, "%s",
		           begins(r->address, "fd:") ? "no device is open under this number"
		                                     : "nothing answers at this address");
	else if (is_peers_fault(r))
		doctor_say(d, DOCTOR_PEER, "no reader comes from this address: %s",
		           iscard_strerror(r->result));
	else if (FAILED(r->result))
		doctor_say(d, DOCTOR_FAILS, "%s", iscard_strerror(r->result));
	else if (examine_reader(d, context, r) &&
	         (!cli_usb_find(&usb, r->address) || doctor_node(d, &usb)))
		doctor_card(d, context);
	d->reader = d->address = NULL;
}

/* What is not looked for on this machine's buses does not suffer from them. */
static bool looks_on_usb(void)
{
	const char *at = getenv("ISCARD_READERS");
	bool usb = at == NULL;

	while (!usb && at != NULL && *at != '\0') {
		at += strspn(at, " \t\n");
		usb = begins(at, "usb:");
		at += strcspn(at, " \t\n");
	}
	return usb;
}

static int examine_all(struct doctor *d)
{
	struct iscard_reader_list *list;
	iscard_context *context;
	int code = cli_context_open(&context, NULL, NULL);
	HRESULT hr;

	if (code != CLI_OK)
		return code;
	if (looks_on_usb())
		doctor_surroundings(d);
	hr = iscard_context_list(context, &list);
	if (FAILED(hr)) {
		doctor_say(d, DOCTOR_FAILS, "readers cannot be listed: %s", iscard_strerror(hr));
	} else {
		for (size_t i = 0; i < list->count; i++)
			examine(d, context, &list->readers[i]);
		if (list->count == 0 && d->code == CLI_OK)
			doctor_say(d, DOCTOR_NO_READER, "no reader is to be seen");
		iscard_reader_list_free(list);
	}
	iscard_context_unref(context);
	return d->code;
}

static int examine_one(struct doctor *d, const char *text)
{
	struct cli_reader r;
	bool elsewhere = cli_is_address(text) && !begins(text, "usb:");
	int code = cli_reader_look(&r, text, NULL);

	if ((code == CLI_NO_READER || code == CLI_NO_ACCESS) && !elsewhere && looks_on_usb())
		doctor_surroundings(d);
	if (code != CLI_OK)
		return code;
	examine(d, r.context, r.found);
	cli_reader_close(&r);
	return d->code;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct printer p = {0};
	const struct cli_option options[] = {{"--json", &p.json, NULL}, {NULL, NULL, NULL}};
	struct doctor d = {.roots = &ccid_usb_roots, .tell = print, .arg = &p};
	int code = cli_parse(self, options, &argc, argv);

	if (code >= 0)
		return code;
	if (argc > 1)
		return cli_usage(self, "doctor: one reader, or none for all");
	return argc == 1 ? examine_one(&d, argv[0]) : examine_all(&d);
}

const struct cli_command cli_cmd_doctor = {
	.name = "doctor",
	.args = "[READER] [--json]",
	.summary = "tell why a reader or card does not work",
	.help = help,
	.run = run,
};
