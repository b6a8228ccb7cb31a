/* SPDX-License-Identifier: MIT */
#include "atr_view.h"
#include "cli.h"
#include "cli_batch.h"
#include "cli_hex.h"
#include "cli_session.h"

#include <string.h>

static const char help[] =
	"Explain ATRs (ISO/IEC 7816-3): of the card in a reader, or given as bytes.\n"
	"\n"
	"  iscard atr 0                     the card in the first reader\n"
	"  iscard atr 3B021450 3B:00        two ATRs\n"
	"  iscard atr 3B 02 14 50           one, byte by byte\n"
	"  iscard atr --json - < atrs.txt   a batch: an ATR a line, an object a line\n"
	"\n"
	"Digits may be in either case, with blanks or colons between bytes. In a batch,\n"
	"blank lines and lines that start with # are passed over; a line that is not\n"
	"hexadecimal is reported in its place and the batch goes on.\n"
	"\n"
	"  --json   one JSON object a line: atr, valid, errors, interface_bytes (rows of\n"
	"           TA, TB, TC, TD), historical_bytes, protocols, fi, di (null: reserved),\n"
	"           tck_ok (null: there is none), guard, wi, specific, ifsc, bwi, cwi, edc,\n"
	"           clock_stop, classes, used_length, and more; of a card also reader and\n"
	"           protocol, the one in use\n"
	"\n"
	"Exit code 0 also when an ATR is malformed: that is what the output says. 1 when an\n"
	"argument is not hexadecimal.\n";

static void show_json(const struct cli_item *item, const struct ccid_atr *atr)
{
	struct cli_json j = cli_json(stdout);

	cli_json_object(&j, NULL);
	cli_json_text(&j, "atr", item->text, item->len);
	if (item->problem != NULL)
		cli_atr_json_nothing(&j, item->problem);
	else
		cli_atr_json(&j, atr);
	cli_json_end_object(&j);
}

static void show_text(const struct cli_item *item, const struct ccid_atr *atr)
{
	if (item->problem == NULL) {
		cli_atr_print(stdout, atr);
		return;
	}
	cli_item_print(item);
	printf("  ! %s\n", item->problem);
}

static bool show(void *arg, const struct cli_item *item)
{
	const bool *json = arg;
	struct ccid_atr atr;

	if (ccid_atr_decode(&atr, item->bytes, item->count) == CCID_E_ARG)
		return false;
	if (*json)
		show_json(item, &atr);
	else
		show_text(item, &atr);
	return true;
}

static void show_card(struct cli_session *s, const struct ccid_atr *atr, bool json)
{
	struct cli_json j = cli_json(stdout);

	if (!json) {
		printf("%s, T=%d\n", s->reader.found->name, cli_session_protocol(s));
		cli_atr_print(stdout, atr);
		return;
	}
	cli_json_object(&j, NULL);
	cli_json_hex(&j, "atr", atr->bytes, atr->len);
	cli_json_string(&j, "reader", s->reader.found->name);
	cli_json_number(&j, "protocol", cli_session_protocol(s));
	cli_atr_json(&j, atr);
	cli_json_end_object(&j);
}

static int ask_reader(const char *reader, bool json)
{
	struct cli_session s;
	struct ccid_atr atr;
	int code = cli_session_open(&s, reader, NULL);

	if (code != CLI_OK)
		return code;
	code = cli_session_atr(&s, &atr);
	if (code == CLI_OK)
		show_card(&s, &atr, json);
	cli_session_close(&s);
	return code;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	bool json = false;
	const struct cli_option options[] = {{"--json", &json, NULL}, {NULL, NULL, NULL}};
	int code = cli_parse(self, options, &argc, argv);

	if (code >= 0)
		return code;
	if (argc == 0)
		return cli_usage(self, "atr: a reader, an ATR, or - for standard input is needed");
	if (argc == 1 && strcmp(argv[0], "-") == 0)
		return cli_batch_stdin(show, &json);
	if (argc == 1 && !cli_hex_meant(argv[0]))
		return ask_reader(argv[0], json);
	return cli_batch_args(argc, argv, show, &json);
}

const struct cli_command cli_cmd_atr = {
	.name = "atr",
	.args = "READER | HEX... | - [--json]",
	.summary = "explain the ATR of a card, or given ones",
	.help = help,
	.run = run,
};
