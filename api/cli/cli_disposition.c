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

static void show_json(const struct cli_session *s, SCARD_DISPOSITIONS d, HRESULT hr)
{
	struct cli_json j = cli_json(stdout);

	cli_json_object(&j, NULL);
	cli_json_string(&j, "reader", s->reader.found->name);
	cli_json_string(&j, "disposition", names[d]);
	cli_json_string(&j, "result", result_name(iscard_last_disposition(s->card)));
	cli_json_bool(&j, "ok", SUCCEEDED(hr));
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

int cli_disposition_apply(struct cli_session *s, SCARD_DISPOSITIONS disposition, bool json)
{
	iscard_disposition_result result;
	HRESULT hr;

	cli_session_detach(s, disposition, &hr);
	result = iscard_last_disposition(s->card);
	if (json)
		show_json(s, disposition, hr);
	if (FAILED(hr))
		return cli_report(s->reader.found, names[disposition], hr);
	if (!json)
		printf("%s: %s\n", s->reader.found->name, text(disposition, result));
	if (disposition == EJECT && result == ISCARD_DISPOSITION_POWERED_OFF)
		return CLI_NOT_EJECTED;
	return CLI_OK;
}
