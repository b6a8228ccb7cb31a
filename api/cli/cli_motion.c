/* SPDX-License-Identifier: MIT */
#include "cli_motion.h"

#include "cli.h"
#include "cli_json.h"
#include "cli_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_MAX 86400

static bool parse_seconds(const char *text, int64_t *ms)
{
	char *end;
	double seconds;

	errno = 0;
	seconds = strtod(text, &end);
	if (end == text || *end != '\0' || errno != 0 || !(seconds >= 0 && seconds <= SECONDS_MAX))
		return false;
	*ms = (int64_t)(seconds * 1000);
	*ms += *ms == 0; /* 0 would be no limit */
	return true;
}

static void drop(int *argc, char **argv, int at, int n)
{
	memmove(argv + at, argv + at + n, (size_t)(*argc - at - n) * sizeof *argv);
	*argc -= n;
}

bool cli_motion_wait(struct cli_motion *m, int *argc, char **argv)
{
	bool reader = false;

	for (int i = 1; i < *argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--wait") == 0) {
			bool number =
				reader && i + 1 < *argc && parse_seconds(argv[i + 1], &m->wait_ms);

			m->wait = true;
			drop(argc, argv, i, number ? 2 : 1);
			i--;
		} else if (strncmp(argv[i], "--wait=", 7) == 0) {
			m->wait = true;
			if (!parse_seconds(argv[i] + 7, &m->wait_ms))
				return false;
			drop(argc, argv, i, 1);
			i--;
		} else {
			reader = reader || argv[i][0] != '-';
		}
	}
	return true;
}

int cli_motion_usage(const struct cli_command *c, const struct cli_motion *m)
{
	return cli_usage(c, "%s: one reader is needed%s", c->name,
	                 m->wait ? "; the seconds of --wait, up to a day, stand behind it" : "");
}

static int exit_code(HRESULT hr, const struct iscard_motion_report *r, bool wait)
{
	if (hr == S_FALSE)
		return wait ? CLI_UNSEEN : CLI_OK;
	if (SUCCEEDED(hr))
		return CLI_OK;
	switch (hr) {
	case SCARD_E_UNSUPPORTED_FEATURE: return CLI_NOT_EJECTED;
	case SCARD_E_NO_SMARTCARD: return CLI_NO_CARD;
	case SCARD_E_TIMEOUT: return SUCCEEDED(r->commanded) ? CLI_NOT_TAKEN : CLI_FAILED;
	default: return CLI_FAILED;
	}
}

static const char *done(iscard_motion what, const struct iscard_motion_report *r)
{
	if (r->commanded == S_FALSE)
		return "a card is in position: nothing was to be done";
	switch (what) {
	case ISCARD_MOTION_LOCK: return "locked";
	case ISCARD_MOTION_UNLOCK: return "unlocked";
	case ISCARD_MOTION_ACCEPT: return r->finished == S_OK ? "a card is in position" : NULL;
	case ISCARD_MOTION_EJECT: return r->finished == S_OK ? "the card was taken" : NULL;
	case ISCARD_MOTION_CAPTURE: return r->finished == S_OK ? "the card was captured" : NULL;
	}
	return NULL;
}

static void tell(const struct cli_motion *m, const char *reader,
                 const struct iscard_motion_report *r, HRESULT hr)
{
	const char *name = iscard_motion_name(m->what), *text = done(m->what, r);

	if (hr == SCARD_E_UNSUPPORTED_FEATURE)
		printf("%s: the reader cannot %s; nothing was moved\n", reader, name);
	else if (hr == SCARD_E_NO_SMARTCARD)
		cli_error("%s: %s: there is no card", reader, name);
	else if (hr == SCARD_E_TIMEOUT && SUCCEEDED(r->commanded))
		printf("%s: %s commanded; the card is %s when the time is over\n", reader, name,
		       iscard_place_name(r->after));
	else if (FAILED(hr))
		cli_error("%s: %s: %s; the card is %s", reader, name, iscard_strerror(hr),
		          iscard_place_name(r->after));
	else if (text != NULL)
		printf("%s: %s\n", reader, text);
	else if (hr == S_FALSE)
		printf("%s: %s commanded; the card has left the contacts, and nobody knows whether "
		       "it was taken\n",
		       reader, name);
	else
		printf("%s: %s commanded; the reader accepted it\n", reader, name);
}

static void tell_json(const struct cli_motion *m, const char *reader,
                      const struct iscard_motion_report *r, HRESULT hr)
{
	struct cli_json j = cli_json(stdout);

	cli_json_object(&j, NULL);
	cli_json_string(&j, "reader", reader);
	cli_json_string(&j, "motion", iscard_motion_name(m->what));
	cli_json_string(&j, "result", iscard_result_name(hr));
	cli_json_string(&j, "commanded", iscard_result_name(r->commanded));
	cli_json_string(&j, "finished", iscard_result_name(r->finished));
	cli_json_string(&j, "before", iscard_place_name(r->before));
	cli_json_string(&j, "after", iscard_place_name(r->after));
	cli_json_end_object(&j);
}

int cli_motion_run(const struct cli_motion *m, const char *text)
{
	const struct iscard_motion_options options = {.size = sizeof options,
	                                              .flags = m->wait ? ISCARD_MOTION_WAIT : 0,
	                                              .taken_ms = m->wait_ms};
	struct iscard_motion_report report = {.size = sizeof report};
	struct cli_reader r;
	int code = cli_reader_find(&r, text, NULL);
	HRESULT hr;

	if (code != CLI_OK)
		return code;
	if (m->sees_mouth)
		(void)!iscard_context_set_mouth(r.context, r.found->name, 1);
	if (m->left && m->what != ISCARD_MOTION_LOCK)
		(void)!iscard_card_unlock(r.context, r.found->name, NULL, NULL);
	hr = iscard_card_move(r.context, r.found->name, m->what, &options, &report);
	if (hr == SCARD_E_SHARING_VIOLATION || hr == SCARD_W_SECURITY_VIOLATION ||
	    hr == SCARD_E_UNKNOWN_READER || hr == ISCARD_E_DIVERGED) {
		code = cli_report(r.found, iscard_motion_name(m->what), hr);
	} else {
		(m->json ? tell_json : tell)(m, r.found->name, &report, hr);
		code = exit_code(hr, &report, m->wait);
	}
	cli_reader_close(&r);
	return code;
}
