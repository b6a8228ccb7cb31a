/* SPDX-License-Identifier: MIT */
#include "cli.h"
#include "cli_disposition.h"
#include "cli_raw.h"

static const char help[] =
	"Attach to the card in a reader and detach again, with one of the dispositions:\n"
	"\n"
	"  --leave     leave the card as it is (the default)\n"
	"  --reset     warm reset\n"
	"  --unpower   power the card off\n"
	"  --eject     power the card off and move it out of the reader\n"
	"  --json      one JSON object: reader, disposition, result (none, powered off,\n"
	"              commanded, confirmed: off the contacts, failed), ok: exit code 0\n"
	"\n"
	"Ejecting needs a reader with a motor that says so (\"iscard info\": can eject). Another\n"
	"one powers the card off, says so, and the exit code is 3. A card that does not answer is\n"
	"ejected all the same.\n";

static iscard_disposition_result as_result(int err)
{
	if (err == CCID_E_UNSUPPORTED)
		return ISCARD_DISPOSITION_POWERED_OFF;
	if (err < 0)
		return ISCARD_DISPOSITION_FAILED;
	return err == 1 ? ISCARD_DISPOSITION_CONFIRMED : ISCARD_DISPOSITION_COMMANDED;
}

/* A card that does not answer cannot be attached to, but must not stay in the reader for that. */
static int eject_mute(const char *reader, bool json)
{
	struct cli_raw s;
	int code = cli_raw_open(&s, reader, false);
	int err;

	if (code != CLI_OK)
		return code;
	err = cli_raw_eject(&s);
	code = cli_disposition_show(s.address, EJECT, as_result(err), json);
	if (code == CLI_FAILED)
		cli_error("%s: eject: %s", s.address, ccid_err_text(err));
	if (err == CCID_E_DIVERGED)
		code = CLI_DAMAGED;
	cli_raw_close(&s);
	return code;
}

static int detach(const char *reader, SCARD_DISPOSITIONS disposition, bool json)
{
	struct cli_session s;
	int code = cli_session_start(&s, reader, NULL);
	HRESULT hr;

	if (code != CLI_OK)
		return code;
	hr = cli_session_try_attach(&s);
	if (disposition == EJECT &&
	    (hr == SCARD_W_UNRESPONSIVE_CARD || hr == SCARD_W_UNSUPPORTED_CARD)) {
		cli_session_close(&s);
		return eject_mute(reader, json);
	}
	code = FAILED(hr) ? cli_report(s.reader.found, "attach", hr)
	                  : cli_disposition_apply(&s, disposition, json);
	cli_session_close(&s);
	return code;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct cli_disposition_flags flags = {0};
	bool json = false;
	const struct cli_option options[] = {
		CLI_DISPOSITION_OPTIONS(&flags), {"--json", &json, NULL}, {NULL, NULL, NULL}};
	int code = cli_parse(self, options, &argc, argv);
	SCARD_DISPOSITIONS disposition;

	if (code >= 0)
		return code;
	if (argc != 1)
		return cli_usage(self, "detach: one reader is needed");
	if (!cli_disposition_choose(&flags, &disposition))
		return cli_usage(self, "detach: only one of --leave, --reset, --unpower, --eject");
	return detach(argv[0], disposition, json);
}

const struct cli_command cli_cmd_detach = {
	.name = "detach",
	.args = "READER [--leave | --reset | --unpower | --eject] [--json]",
	.summary = "leave, reset, power off or eject a card",
	.help = help,
	.run = run,
};
