/* SPDX-License-Identifier: MIT */
#include "cli_disposition.h"

#include "cli.h"
#include "cli_json.h"

#include <stdio.h>

static const char *const names[] = {"leave", "reset", "unpower", "eject"};

bool cli_disposition_choose(const struct cli_disposition_flags *flags, SCARD_DISPOSITIONS *out)
{
	*out = flags->eject ? EJECT : flags->unpower ? UNPOWER : flags->reset ? RESET : LEAVE;
	return flags->leave + flags->reset + flags->unpower + flags->eject <= 1;
}

static const char *result_name(iscard_disposition_result result)
{
	switch (result) {
	case ISCARD_DISPOSITION_NONE: return "none";
	case ISCARD_DISPOSITION_POWERED_OFF: return "powered off";
	case ISCARD_DISPOSITION_COMMANDED: return "commanded";
	case ISCARD_DISPOSITION_CONFIRMED: return "confirmed";
	case ISCARD_DISPOSITION_FAILED: return "failed";
	case ISCARD_DISPOSITION_RESET: return "reset";
	}
	return "?";
}

/* What was asked for and is not done is no success, whatever ISCard makes of it. */
static int exit_code(SCARD_DISPOSITIONS d, iscard_disposition_result result)
{
	switch (result) {
	case ISCARD_DISPOSITION_FAILED: return CLI_FAILED;
	case ISCARD_DISPOSITION_NONE: return d == LEAVE ? CLI_OK : CLI_NO_CARD;
	case ISCARD_DISPOSITION_POWERED_OFF:
		return d == EJECT ? CLI_NOT_EJECTED : d == RESET ? CLI_NO_CARD : CLI_OK;
	default: return CLI_OK;
	}
}

static void show_json(const char *reader, SCARD_DISPOSITIONS d, iscard_disposition_result result)
{
	int code = exit_code(d, result);
	struct cli_json j = cli_json(stdout);

	cli_json_object(&j, NULL);
	cli_json_string(&j, "reader", reader);
	cli_json_string(&j, "disposition", names[d]);
	cli_json_string(&j, "result", result_name(result));
	cli_json_bool(&j, "ok", code == CLI_OK);
	cli_json_end_object(&j);
}

static const char nothing_done[] = "nothing was done: the card, or the reader, left before";

static const char *eject_text(iscard_disposition_result result)
{
	switch (result) {
	case ISCARD_DISPOSITION_POWERED_OFF:
		return "the reader cannot eject; the card was powered off";
	case ISCARD_DISPOSITION_COMMANDED: return "ejection commanded; the reader accepted it";
	case ISCARD_DISPOSITION_CONFIRMED:
		return "ejected; the card has left the contacts, and may be in the mouth";
	case ISCARD_DISPOSITION_NONE: return nothing_done;
	default: return "ejection failed";
	}
}

static const char *reset_text(iscard_disposition_result result)
{
	switch (result) {
	case ISCARD_DISPOSITION_RESET: return "the card was reset";
	case ISCARD_DISPOSITION_NONE: return nothing_done;
	case ISCARD_DISPOSITION_POWERED_OFF:
		return "the card did not answer the reset and was powered off";
	default: return "the reset failed, and so did the power off";
	}
}

static const char *text(SCARD_DISPOSITIONS d, iscard_disposition_result result)
{
	switch (d) {
	case EJECT: return eject_text(result);
	case UNPOWER:
		return result == ISCARD_DISPOSITION_NONE ? nothing_done
		                                         : "the card was powered off";
	case RESET: return reset_text(result);
	default: return "the card was left as it is";
	}
}

int cli_disposition_show(const char *reader, SCARD_DISPOSITIONS disposition,
                         iscard_disposition_result result, bool json)
{
	if (json)
		show_json(reader, disposition, result);
	else if (result != ISCARD_DISPOSITION_FAILED || disposition == RESET)
		printf("%s: %s\n", reader, text(disposition, result));
	return exit_code(disposition, result);
}

int cli_disposition_apply(struct cli_session *s, SCARD_DISPOSITIONS disposition, bool json)
{
	iscard_disposition_result result;
	HRESULT hr;
	int code;

	cli_session_detach(s, disposition, &hr);
	result = FAILED(hr) ? ISCARD_DISPOSITION_FAILED : iscard_last_disposition(s->card);
	code = cli_disposition_show(s->reader.found->name, disposition, result, json);
	return FAILED(hr) ? cli_report(s->reader.found, names[disposition], hr) : code;
}
