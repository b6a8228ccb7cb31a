/* SPDX-License-Identifier: MIT */
#include "cli_raw.h"

#include "address.h"
#include "apdu.h"
#include "cli.h"
#include "cli_check.h"
#include "cli_reader.h"
#include "replay_address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANY_PROTOCOL   3u
#define OPEN_MS        10000
#define POWER_ON_MS    60000
#define MOTION_MS      60000
#define ESCAPE_MS      30000
#define TRANSACTION_MS 300000

static int open_replay(struct ccid_transport **out, const char *address, const struct ccid_env *env,
                       char *problem, size_t cap)
{
#ifdef ISCARD_USBREDIR
	struct ccid_replay_address a;
	int err = ccid_replay_address_parse(&a, address, NULL);

	if (err != 0)
		return err;
	err = ccid_transport_open_replay(out, a.path, &a.options, env, problem, cap);
	free(a.path);
	return err;
#else
	(void)out;
	(void)address;
	(void)env;
	(void)problem;
	(void)cap;
	return CCID_E_UNSUPPORTED;
#endif
}

static int open_address(struct ccid_transport **out, const char *address,
                        const struct ccid_env *env)
{
	const char *why = NULL;
	struct ccid_address a;
	int err = ccid_address_parse(&a, address, &why);

	if (err < 0)
		return err;
	return ccid_address_open(out, &a, address, env, ccid_env_now(env) + OPEN_MS);
}

int cli_transport_open(struct ccid_transport **out, const char *address, const struct ccid_env *env,
                       char *problem, size_t cap)
{
	int err;

	problem[0] = '\0';
	if (ccid_is_replay_address(address))
		err = open_replay(out, address, env, problem, cap);
	else
		err = open_address(out, address, env);
	if (err < 0 && problem[0] == '\0')
		snprintf(problem, cap, "%s", ccid_err_text(err));
	return err;
}

static void print_log(void *ctx, enum ccid_log_level level, const char *reader, const char *text)
{
	(void)ctx;
	(void)level;
	cli_error("%s%s%s", reader == NULL ? "" : reader, reader == NULL ? "" : ": ", text);
}

static int exit_code(int err)
{
	switch (err) {
	case CCID_E_NOTFOUND:
	case CCID_E_GONE: return CLI_NO_READER;
	case CCID_E_NOCARD:
	case CCID_E_MUTE:
	case CCID_E_BAD_ATR: return CLI_NO_CARD;
	case CCID_E_ACCESS:
	case CCID_E_BUSY: return CLI_NO_ACCESS;
	case CCID_E_DIVERGED: return CLI_DAMAGED;
	default: return CLI_FAILED;
	}
}

static int report(const struct cli_raw *s, const char *what, int err)
{
	const struct iscard_reader reader = {.name = s->address, .address = s->address};

	if (err == CCID_E_BUSY)
		return cli_report(&reader, what, SCARD_E_SHARING_VIOLATION);
	if (err == CCID_E_ACCESS)
		return cli_report(&reader, what, SCARD_W_SECURITY_VIOLATION);
	cli_error("%s: %s: %s", s->address, what, ccid_err_text(err));
	return exit_code(err);
}

static int activate(struct cli_raw *s, bool power_on)
{
	char problem[256];
	struct ccid_transport *t;
	int err = cli_transport_open(&t, s->address, &s->env, problem, sizeof problem);

	if (err < 0)
		return report(s, "open", err);
	err = ccid_reader_open(&s->reader, t, NULL, &s->env, ccid_env_now(&s->env) + OPEN_MS);
	if (err < 0) {
		t->ops->close(t);
		return report(s, "open", err);
	}
	if (!power_on)
		return CLI_OK;
	err = ccid_slot_activate(s->reader, s->slot, ANY_PROTOCOL, CCID_RESET_NONE,
	                         ccid_env_now(&s->env) + POWER_ON_MS);
	return err < 0 ? report(s, "power on", err) : CLI_OK;
}

int cli_raw_open(struct cli_raw *s, const char *text, bool power_on)
{
	struct cli_reader found;
	int code;

	*s = (struct cli_raw){0};
	code = cli_reader_find(&found, text, NULL);
	if (code != CLI_OK)
		return code;
	s->slot = found.found->slot;
	s->address = strdup(found.found->address);
	cli_reader_close(&found);
	s->reply = malloc(CCID_RAPDU_MAX);
	if (s->address == NULL || s->reply == NULL) {
		cli_error("out of memory");
		code = CLI_FAILED;
	} else {
		if (ccid_is_replay_address(s->address)) /* how it diverges comes by the log */
			s->env = (struct ccid_env){.log = print_log, .log_level = CCID_LOG_ERROR};
		code = activate(s, power_on);
	}
	if (code != CLI_OK)
		cli_raw_close(s);
	return code;
}

int cli_raw_eject(struct cli_raw *s)
{
	int64_t deadline = ccid_env_now(&s->env) + MOTION_MS;
	int err = ccid_slot_mechanical(s->reader, s->slot, CCID_MECHANICAL_EJECT, deadline);
	struct ccid_slot_info info;

	if (err == CCID_E_UNSUPPORTED) {
		int off = ccid_slot_power_off(s->reader, s->slot, deadline);

		return off < 0 ? off : err;
	}
	if (err < 0 || ccid_slot_poll(s->reader, s->slot, deadline) < 0 ||
	    ccid_slot_get_info(s->reader, s->slot, &info) < 0)
		return err;
	return info.state == CCID_SLOT_EMPTY;
}

int cli_raw_transmit(void *raw, const uint8_t *apdu, size_t len, const uint8_t **reply,
                     size_t *reply_len)
{
	struct cli_raw *s = raw;
	struct ccid_slot_info info;
	int n = ccid_slot_get_info(s->reader, s->slot, &info);

	if (n >= 0)
		n = ccid_slot_transmit(s->reader, s->slot, info.generation, apdu, len, s->reply,
		                       CCID_RAPDU_MAX, 0, -1,
		                       ccid_env_now(&s->env) + TRANSACTION_MS);
	if (n < 0)
		return report(s, "command", n);
	*reply = s->reply;
	*reply_len = (size_t)n;
	return CLI_OK;
}

int cli_raw_escape(struct cli_raw *s, const uint8_t *out, size_t len, const uint8_t **in,
                   size_t *in_len)
{
	int n = ccid_reader_escape(s->reader, s->slot, out, len, s->reply, CCID_RAPDU_MAX,
	                           ccid_env_now(&s->env) + ESCAPE_MS);

	if (n == CCID_E_ARG) {
		cli_error("%s: %zu bytes are more than the reader takes", s->address, len);
		return CLI_FAILED;
	}
	if (n < 0)
		return report(s, "escape", n);
	*in = s->reply;
	*in_len = (size_t)n;
	return CLI_OK;
}

void cli_raw_close(struct cli_raw *s)
{
	ccid_reader_close(s->reader);
	if (s->reply != NULL)
		ccid_wipe(s->reply, CCID_RAPDU_MAX);
	free(s->reply);
	free(s->address);
	*s = (struct cli_raw){0};
}
