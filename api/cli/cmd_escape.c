/* SPDX-License-Identifier: MIT */
#include "cli.h"
#include "cli_batch.h"
#include "cli_hex.h"
#include "cli_json.h"
#include "cli_raw.h"

static const char help[] =
	"Send vendor commands (PC_to_RDR_Escape) to a reader and show its answers. There need\n"
	"not be a card.\n"
	"\n"
	"  iscard escape 0 02 --allow         one command\n"
	"  iscard escape 0 0102 0304 --allow  one after the other\n"
	"\n"
	"  --allow   really do it: such a command may switch a reader to another mode, rewrite\n"
	"            its firmware or change its display, and only its vendor knows which does\n"
	"  --json    one JSON object a line: command, answer\n"
	"\n"
	"The first that fails ends it. No answer in 30 s is a failure.\n";

struct job {
	struct cli_raw *reader; /* NULL: check only */
	bool json;
	int code;
};

static void show(const struct job *job, const struct cli_item *item, const uint8_t *in, size_t n)
{
	struct cli_json j = cli_json(stdout);

	if (job->json) {
		cli_json_object(&j, NULL);
		cli_json_hex(&j, "command", item->bytes, item->count);
		cli_json_hex(&j, "answer", in, n);
		cli_json_end_object(&j);
		return;
	}
	fputs("> ", stdout);
	cli_hex_print(stdout, item->bytes, item->count);
	fputs("\n< ", stdout);
	cli_hex_print(stdout, in, n);
	putchar('\n');
}

static bool send(void *arg, const struct cli_item *item)
{
	struct job *job = arg;
	const uint8_t *in;
	size_t n;

	if (item->problem != NULL) {
		cli_error("%.*s: %s", item->len > 80 ? 80 : (int)item->len, item->text,
		          item->problem);
		job->code = CLI_FAILED;
	} else if (job->reader != NULL) {
		job->code = cli_raw_escape(job->reader, item->bytes, item->count, &in, &n);
		if (job->code == CLI_OK)
			show(job, item, in, n);
	}
	return job->code == CLI_OK;
}

/* All are looked at before the first is sent. */
static int escape(const char *reader, int argc, char **argv, bool json)
{
	struct cli_raw raw;
	struct job job = {.json = json};

	(void)cli_batch_args(argc, argv, send, &job);
	if (job.code != CLI_OK)
		return job.code;
	job.code = cli_raw_open(&raw, reader, false);
	if (job.code != CLI_OK)
		return job.code;
	job.reader = &raw;
	(void)cli_batch_args(argc, argv, send, &job);
	cli_raw_close(&raw);
	return job.code;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	bool json = false, allow = false;
	const struct cli_option options[] = {
		{"--json", &json, NULL}, {"--allow", &allow, NULL}, {NULL, NULL, NULL}};
	int code = cli_parse(self, options, &argc, argv);

	if (code >= 0)
		return code;
	if (argc < 2)
		return cli_usage(self, "escape: a reader and bytes are needed");
	if (!allow)
		return cli_usage(self, "escape: nothing is sent without --allow");
	return escape(argv[0], argc - 1, argv + 1, json);
}

const struct cli_command cli_cmd_escape = {
	.name = "escape",
	.args = "READER HEX... --allow [--json]",
	.summary = "send vendor commands to a reader",
	.help = help,
	.run = run,
};
