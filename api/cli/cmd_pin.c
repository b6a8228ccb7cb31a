/* SPDX-License-Identifier: MIT */
#include "cli.h"
#include "cli_commands.h"
#include "cli_hex.h"
#include "cli_json.h"
#include "cli_session.h"

#include <stdlib.h>
#include <string.h>

#define STRUCTURE_MAX 320

static const char help[] =
	"Have a PIN typed on the reader's own pad: verify it, or modify it. No digit reaches\n"
	"this computer. \"iscard info\" tells whether a reader has such a pad.\n"
	"\n"
	"  iscard pin verify 0                      VERIFY, reference 00, four to eight digits\n"
	"  iscard pin modify 0 --reference 81       CHANGE REFERENCE DATA: old PIN, new PIN\n"
	"                                           twice\n"
	"  iscard pin verify 0 --structure HEX      PIN_VERIFY_STRUCTURE of PC/SC part 10\n"
	"\n"
	"  --reference HEX   P2 of the command: which PIN (00)\n"
	"  --coding CODING   ascii (the default), bcd or binary\n"
	"  --min N, --max N  digits (4, 8)\n"
	"  --block N         bytes of a padded PIN block, 1 to 15 (0: as long as the PIN)\n"
	"  --fill HEX        what it is padded with (FF)\n"
	"  --timeout N       seconds for a PIN (the reader's own)\n"
	"  --structure HEX   instead of all these\n"
	"  --json            one JSON object: reader, sw, meaning, ok\n"
	"\n"
	"A block of modify is followed by the one of the new PIN. The exit code is 0 when the\n"
	"card says 9000, else 1. 6400: nobody typed in time; 6401: cancelled at the pad.\n";

struct wanted {
	const char *reference, *coding, *min, *max, *block, *fill, *timeout, *structure;
	bool json;
};

/* A number from 0 to most in this base; text NULL: otherwise. */
static bool number(uint8_t *out, const char *text, int base, long most, uint8_t otherwise)
{
	char *end;
	long n;

	*out = otherwise;
	if (text == NULL)
		return true;
	n = strtol(text, &end, base);
	if (end == text || *end != '\0' || n < 0 || n > most)
		return false;
	*out = (uint8_t)n;
	return true;
}

static bool coding(iscard_pin_coding *out, const char *text)
{
	static const char *const names[] = {"binary", "bcd", "ascii"};

	*out = ISCARD_PIN_ASCII;
	for (int i = 0; text != NULL && i < 3; i++)
		if (strcmp(text, names[i]) == 0) {
			*out = (iscard_pin_coding)i;
			return true;
		}
	return text == NULL;
}

/* NULL, or the option that is wrong. */
static const char *read_options(struct iscard_pin_request *q, const struct wanted *w)
{
	if (!number(&q->p2, w->reference, 16, 0xFF, 0))
		return "--reference";
	if (!coding(&q->coding, w->coding))
		return "--coding";
	if (!number(&q->min_digits, w->min, 10, 255, 4) || q->min_digits == 0)
		return "--min";
	if (!number(&q->max_digits, w->max, 10, 255, 8) || q->max_digits < q->min_digits)
		return "--max";
	if (!number(&q->block_bytes, w->block, 10, 15, 0))
		return "--block";
	if (!number(&q->fill, w->fill, 16, 0xFF, 0xFF))
		return "--fill";
	return number(&q->timeout_s, w->timeout, 10, 255, 0) ? NULL : "--timeout";
}

static void set_command(struct iscard_pin_request *q, bool modify)
{
	q->ins = modify ? 0x24 : 0x20;
	q->messages = ISCARD_PIN_MESSAGES_DEFAULT;
	q->message[1] = 1;
	q->message[2] = 2;
	q->ask_old = q->confirm_new = modify;
	q->new_offset = modify ? q->block_bytes : 0;
}

static HRESULT by_structure(ISCard *card, bool modify, const char *hex, uint16_t *sw)
{
	uint8_t bytes[STRUCTURE_MAX];
	char problem[96];
	long n = cli_hex_read(hex, strlen(hex), bytes, sizeof bytes, problem, sizeof problem);

	if (n < 0 || (size_t)n > sizeof bytes)
		return E_INVALIDARG;
	return modify ? iscard_pin_modify_structure(card, bytes, (size_t)n, sw)
	              : iscard_pin_verify_structure(card, bytes, (size_t)n, sw);
}

static const char *meaning(uint16_t sw)
{
	if (sw == 0x6400)
		return "nobody typed in time";
	if (sw == 0x6401)
		return "cancelled at the pad";
	return cli_sw_text((uint8_t)(sw >> 8), (uint8_t)sw);
}

static void show(const char *reader, uint16_t sw, bool json)
{
	const uint8_t bytes[] = {(uint8_t)(sw >> 8), (uint8_t)sw};
	struct cli_json j = cli_json(stdout);

	if (!json) {
		printf("%04X%s%s\n", sw, *meaning(sw) != '\0' ? "  " : "", meaning(sw));
		return;
	}
	cli_json_object(&j, NULL);
	cli_json_string(&j, "reader", reader);
	cli_json_hex(&j, "sw", bytes, sizeof bytes);
	cli_json_string(&j, "meaning", meaning(sw));
	cli_json_bool(&j, "ok", sw == 0x9000);
	cli_json_end_object(&j);
}

static int report(ISCard *card)
{
	char why[400];

	iscard_last_error(card, why, sizeof why);
	cli_error("%s", why);
	return CLI_FAILED;
}

/* Nobody is asked to type where nothing can be typed on. */
static void prompt(ISCard *card, bool modify)
{
	struct iscard_capabilities caps = {.size = sizeof caps};
	unsigned wanted = modify ? ISCARD_PAD_MODIFY : ISCARD_PAD_VERIFY;

	if (SUCCEEDED(iscard_attached_capabilities(card, &caps)) && (caps.pin_pad & wanted) != 0)
		fprintf(stderr, "type on the reader: the PIN%s\n",
		        modify ? ", then the new one" : "");
}

static int enter(const char *reader, bool modify, const struct iscard_pin_request *q,
                 const struct wanted *w)
{
	struct cli_session s;
	int code = cli_session_open(&s, reader, NULL);
	uint16_t sw = 0;
	HRESULT hr;

	if (code != CLI_OK)
		return code;
	prompt(s.card, modify);
	if (w->structure != NULL)
		hr = by_structure(s.card, modify, w->structure, &sw);
	else
		hr = modify ? iscard_pin_modify(s.card, q, &sw) : iscard_pin_verify(s.card, q, &sw);
	if (FAILED(hr)) {
		code = report(s.card);
	} else {
		show(s.reader.found->name, sw, w->json);
		code = sw == 0x9000 ? CLI_OK : CLI_FAILED;
	}
	cli_session_close(&s);
	return code;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct wanted w = {.json = false};
	struct iscard_pin_request q = {.size = sizeof q};
	const struct cli_option options[] = {{"--reference", NULL, &w.reference},
	                                     {"--coding", NULL, &w.coding},
	                                     {"--min", NULL, &w.min},
	                                     {"--max", NULL, &w.max},
	                                     {"--block", NULL, &w.block},
	                                     {"--fill", NULL, &w.fill},
	                                     {"--timeout", NULL, &w.timeout},
	                                     {"--structure", NULL, &w.structure},
	                                     {"--json", &w.json, NULL},
	                                     {NULL, NULL, NULL}};
	int code = cli_parse(self, options, &argc, argv);
	const char *wrong;
	bool modify;

	if (code >= 0)
		return code;
	modify = argc > 0 && strcmp(argv[0], "modify") == 0;
	if (argc != 2 || (!modify && strcmp(argv[0], "verify") != 0))
		return cli_usage(self, "pin: verify or modify, and a reader, are needed");
	wrong = read_options(&q, &w);
	if (wrong != NULL)
		return cli_usage(self, "pin: %s: no such value", wrong);
	set_command(&q, modify);
	return enter(argv[1], modify, &q, &w);
}

const struct cli_command cli_cmd_pin = {
	.name = "pin",
	.args = "verify|modify READER [OPTION...]",
	.summary = "have a PIN typed on the pad of a reader",
	.help = help,
	.run = run,
};
