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
	}
	return "?";
}

static void show_json(const char *reader, SCARD_DISPOSITIONS d, iscard_disposition_result result)
{
	struct cli_json j = cli_json(stdout);

	cli_json_object(&j, NULL);
	cli_json_string(&j, "reader", reader);
	cli_json_string(&j, "disposition", names[d]);
	cli_json_string(&j, "result", result_name(result));
	cli_json_bool(&j, "ok", result != ISCARD_DISPOSITION_FAILED);
	cli_json_end_object(&j);
}

static const char *eject_text(iscard_disposition_result result)
{
	switch (result) {
	case ISCARD_DISPOSITION_POWERED_OFF:
		return "the reader cannot eject; the card was powered off";
	case ISCARD_DISPOSITION_COMMANDED: return "ejection commanded; the reader accepted it";
	case ISCARD_DISPOSITION_CONFIRMED:
		return "ejected; the reader reports that the card is gone";
	case ISCARD_DISPOSITION_NONE: return "there was no card to eject";
	default: return "ejection failed";
	}
}

static const char *text(SCARD_DISPOSITIONS d, iscard_disposition_result result)
{
	switch (d) {
	case EJECT: return eject_text(result);
	case UNPOWER: return "the card was powered off";
	case RESET: return "the card was reset";
	default: return "the card was left as it is";
	}
}

int cli_disposition_show(const char *reader, SCARD_DISPOSITIONS disposition,
                         iscard_disposition_result result, bool json)
{
	if (json)
		show_json(reader, disposition, result);
	else if (result != ISCARD_DISPOSITION_FAILED)
		printf("%s: %s\n", reader, text(disposition, result));
	if (result == ISCARD_DISPOSITION_FAILED)
		return CLI_FAILED;
	if (disposition == EJECT && result == ISCARD_DISPOSITION_POWERED_OFF)
		return CLI_NOT_EJECTED;
	return CLI_OK;
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
