/* SPDX-License-Identifier: MIT */
#include "cli.h"
#include "cli_batch.h"
#include "desc_view.h"

#include <string.h>

static const char help[] =
	"Show what a reader says of itself: the fields of its CCID class descriptor\n"
	"(USB CCID Rev 1.1, section 5.1), its exchange level and features, whether it can\n"
	"eject cards, and what a driver has to clamp or doubt.\n"
	"\n"
	"  iscard info 0                              the first reader\n"
	"  iscard info --descriptor 36210001...       the 54 bytes in hexadecimal\n"
	"  iscard info --json --descriptor - < FILE   a batch: a descriptor a line\n"
	"\n"
	"In a batch, blank lines and lines that start with # are passed over; a line that is\n"
	"no descriptor is reported in its place and the batch goes on.\n"
	"\n"
	"  --descriptor   the arguments are descriptors, not readers\n"
	"  --json         one JSON object a line: the fields by the names of the\n"
	"                 specification, as the device claims them; exchange_level (character,\n"
	"                 tpdu, short, extended), features, can_eject, warnings, errors\n"
	"\n"
	"Exit code 1 when an argument is no descriptor.\n";

struct job {
	bool json, bad;
};

/* Why an item is no descriptor, in why; NULL when it is one. */
static const char *decode(struct ccid_class_desc *d, const struct cli_item *item, char *why,
                          size_t cap)
{
	if (item->problem != NULL)
		return item->problem;
	if (item->count < CCID_CLASS_DESC_LEN) {
		snprintf(why, cap, "a class descriptor has %d bytes, these are %zu",
		         CCID_CLASS_DESC_LEN, item->count);
		return why;
	}
	if (ccid_class_desc_decode(d, item->bytes, item->count) < 0) {
		snprintf(why, cap, "bLength is %u, below %d", item->bytes[0], CCID_CLASS_DESC_LEN);
		return why;
	}
	return NULL;
}

static void show_json(const struct cli_item *item, const struct ccid_class_desc *d,
                      const char *problem)
{
	struct cli_json j = cli_json(stdout);

	cli_json_object(&j, NULL);
	cli_json_text(&j, "descriptor", item->text, item->len);
	cli_json_bool(&j, "valid", problem == NULL);
	cli_json_array(&j, "errors");
	if (problem != NULL)
		cli_json_string(&j, NULL, problem);
	cli_json_end_array(&j);
	if (problem != NULL)
		cli_desc_json_nothing(&j);
	else
		cli_desc_json(&j, d);
	cli_json_end_object(&j);
}

static void show(void *arg, const struct cli_item *item)
{
	struct ccid_class_desc d;
	struct job *job = arg;
	char why[80];
	const char *problem = decode(&d, item, why, sizeof why);

	job->bad = job->bad || problem != NULL;
	if (job->json) {
		show_json(item, &d, problem);
		return;
	}
	cli_item_print(item);
	if (problem != NULL)
		printf("  ! %s\n", problem);
	else
		cli_desc_print(stdout, &d);
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct job job = {0};
	bool descriptor = false;
	const struct cli_option options[] = {{"--json", &job.json, NULL},
	                                     {"--descriptor", &descriptor, NULL},
	                                     {NULL, NULL, NULL}};
	int code = cli_parse(self, options, &argc, argv);

	if (code >= 0)
		return code;
	if (argc == 0)
		return cli_usage(self, "info: a descriptor, or - for standard input is needed");
	if (!descriptor)
		return cli_usage(self, "info: --descriptor is needed");
	if (argc == 1 && strcmp(argv[0], "-") == 0)
		return cli_batch_stdin(show, &job);
	code = cli_batch_args(argc, argv, show, &job);
	return job.bad ? CLI_FAILED : code;
}

const struct cli_command cli_cmd_info = {
	.name = "info",
	.args = "READER | --descriptor HEX... | --descriptor - [--json]",
	.summary = "show what a reader says of itself, or explain a class descriptor",
	.help = help,
	.run = run,
};
