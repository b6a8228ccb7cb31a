/* SPDX-License-Identifier: MIT */
#include "cli_commands.h"

#include "apdu.h"
#include "cli.h"
#include "cli_hex.h"
#include "cli_json.h"

#include <stdio.h>
#include <string.h>

struct job {
	bool json;
	cli_transmit_fn *transmit;
	void *ctx;
	int code;
};

/* Why an item is no command APDU; NULL when it is one. */
static const char *wrong(const struct cli_item *item)
{
	struct ccid_apdu apdu;

	if (item->problem != NULL)
		return item->problem;
	switch (ccid_apdu_decode(&apdu, item->bytes, item->count)) {
	case CCID_OK: return NULL;
	case CCID_E_SHORT: return "a command APDU has at least four bytes";
	default: return "no command APDU: its lengths do not fit its bytes";
	}
}

static bool check(void *arg, const struct cli_item *item)
{
	const char *why = wrong(item);
	bool *good = arg;

	if (why != NULL)
		cli_error("%.*s: %s", item->len > 80 ? 80 : (int)item->len, item->text, why);
	*good = *good && why == NULL;
	return why == NULL;
}

bool cli_commands_check(int argc, char **argv)
{
	bool good = true;

	if (argc == 1 && strcmp(argv[0], "-") == 0)
		return true;
	(void)cli_batch_args(argc, argv, check, &good);
	return good;
}

static bool send(void *arg, const struct cli_item *item)
{
	struct job *job = arg;
	const uint8_t *reply;
	size_t reply_len;
	bool good = true;

	if (!check(&good, item)) {
		job->code = CLI_FAILED;
		return false;
	}
	job->code = job->transmit(job->ctx, item->bytes, item->count, &reply, &reply_len);
	if (job->code != CLI_OK)
		return false;
	cli_commands_show(job->json, item->bytes, item->count, reply, reply_len);
	return true;
}

int cli_commands_run(int argc, char **argv, bool json, cli_transmit_fn *transmit, void *ctx)
{
	struct job job = {.json = json, .transmit = transmit, .ctx = ctx};
	int code;

	if (argc == 1 && strcmp(argv[0], "-") == 0)
		code = cli_batch_stdin(send, &job);
	else
		code = cli_batch_args(argc, argv, send, &job);
	return job.code != CLI_OK ? job.code : code;
}

static void show_json(const uint8_t *apdu, size_t len, const uint8_t *reply, size_t reply_len)
{
	struct cli_json j = cli_json(stdout);

	cli_json_object(&j, NULL);
	cli_json_hex(&j, "apdu", apdu, len);
	cli_json_hex(&j, "data", reply, reply_len - 2);
	cli_json_hex(&j, "sw", reply + reply_len - 2, 2);
	cli_json_end_object(&j);
}

void cli_commands_show(bool json, const uint8_t *apdu, size_t len, const uint8_t *reply,
                       size_t reply_len)
{
	const uint8_t *sw = reply + reply_len - 2;
	const char *text = cli_sw_text(sw[0], sw[1]);

	if (json) {
		show_json(apdu, len, reply, reply_len);
		return;
	}
	fputs("> ", stdout);
	cli_hex_print(stdout, apdu, len);
	fputs("\n< ", stdout);
	cli_hex_print(stdout, reply, reply_len);
	printf("%s%s\n", text[0] != '\0' ? "  " : "", text);
}

const char *cli_sw_text(uint8_t sw1, uint8_t sw2)
{
	static const struct {
		uint16_t value, mask;
		const char *text;
	} words[] = {
		{0x9000, 0xFFFF, "done"},
		{0x6100, 0xFF00, "more to fetch with GET RESPONSE"},
		{0x6282, 0xFFFF, "end of file before Le bytes"},
		{0x6283, 0xFFFF, "selected file deactivated"},
		{0x63C0, 0xFFF0, "not verified; the last digit counts the tries left"},
		{0x6700, 0xFFFF, "wrong length"},
		{0x6881, 0xFFFF, "logical channel not supported"},
		{0x6882, 0xFFFF, "secure messaging not supported"},
		{0x6982, 0xFFFF, "security status not satisfied"},
		{0x6983, 0xFFFF, "authentication method blocked"},
		{0x6985, 0xFFFF, "conditions of use not satisfied"},
		{0x6986, 0xFFFF, "command not allowed: no file is selected"},
		{0x6A80, 0xFFFF, "wrong data"},
		{0x6A81, 0xFFFF, "function not supported"},
		{0x6A82, 0xFFFF, "file or application not found"},
		{0x6A83, 0xFFFF, "record not found"},
		{0x6A86, 0xFFFF, "wrong P1 or P2"},
		{0x6A88, 0xFFFF, "referenced data not found"},
		{0x6B00, 0xFFFF, "wrong P1 or P2"},
		{0x6C00, 0xFF00, "wrong Le; SW2 is the right one"},
		{0x6D00, 0xFFFF, "instruction not supported"},
		{0x6E00, 0xFFFF, "class not supported"},
		{0x6F00, 0xFFFF, "no precise diagnosis"},
	};
	unsigned sw = (unsigned)sw1 << 8 | sw2;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if ((sw & words[i].mask) == words[i].value)
			return words[i].text;
	return "";
}
