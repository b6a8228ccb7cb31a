/* SPDX-License-Identifier: MIT */
#include "apdu.h"
#include "bytes.h"
#include "cli.h"
#include "cli_commands.h"
#include "cli_hex.h"
#include "cli_json.h"
#include "player.h"
#include "reader.h"
#include "replay_pin.h"
#include "replay_steps.h"
#include "trace_file.h"

#include <stdio.h>
#include <stdlib.h>

#define ANY_PROTOCOL 3u

struct replay {
	struct ccid_reader *reader;
	struct ccid_player *player;
	size_t commands; /* in the recording */
	bool json, exact, over;
	uint8_t *reply;
};

static const char *motion_name(uint8_t function)
{
	static const char *const names[] = {"accept", "eject", "capture", "lock", "unlock"};

	return function >= 1 && function <= 5 ? names[function - 1] : "mechanical";
}

static void show_event(const struct replay *r, unsigned slot, const char *what)
{
	struct cli_json j = cli_json(stdout);

	if (!r->json) {
		printf("slot %u: %s\n", slot, what);
		return;
	}
	cli_json_object(&j, NULL);
	cli_json_number(&j, "slot", slot);
	cli_json_string(&j, "event", what);
	cli_json_end_object(&j);
}

static void show_card(const struct replay *r, unsigned slot, const char *what,
                      const struct ccid_slot_info *info)
{
	struct cli_json j = cli_json(stdout);

	if (!r->json) {
		printf("slot %u: %s, T=%u, ATR ", slot, what, info->protocol);
		cli_hex_print(stdout, info->atr, info->atr_len);
		putchar('\n');
		return;
	}
	cli_json_object(&j, NULL);
	cli_json_number(&j, "slot", slot);
	cli_json_string(&j, "event", what);
	cli_json_number(&j, "protocol", info->protocol);
	cli_json_hex(&j, "atr", info->atr, info->atr_len);
	cli_json_end_object(&j);
}

static int power_on(const struct replay *r, const struct cli_step *s)
{
	bool warm = s->kind == CLI_STEP_RESET;
	enum ccid_reset_kind kind = warm ? CCID_RESET_WARM : CCID_RESET_NONE;
	int err = ccid_slot_activate(r->reader, s->slot, ANY_PROTOCOL, kind, CCID_NEVER);
	struct ccid_slot_info info;

	if (err == 0)
		err = ccid_slot_get_info(r->reader, s->slot, &info);
	if (err == 0)
		show_card(r, s->slot, warm ? "reset" : "power on", &info);
	return err;
}

static int send_apdu(const struct replay *r, const struct cli_step *s)
{
	struct ccid_slot_info info;
	int n = ccid_slot_get_info(r->reader, s->slot, &info);

	if (n == 0)
		n = ccid_slot_transmit(r->reader, s->slot, info.generation, s->data, s->len,
		                       r->reply, CCID_RAPDU_MAX, 0, -1, CCID_NEVER);
	if (n >= 0)
		cli_commands_show(r->json, s->data, s->len, r->reply, (size_t)n);
	return n < 0 ? n : 0;
}

static int power_off(const struct replay *r, const struct cli_step *s)
{
	int err = ccid_slot_power_off(r->reader, s->slot, CCID_NEVER);

	if (err == 0)
		show_event(r, s->slot, "power off");
	return err;
}

static int move(const struct replay *r, const struct cli_step *s)
{
	int err = ccid_slot_mechanical(r->reader, s->slot, (enum ccid_mechanical)s->function,
	                               CCID_NEVER);

	if (err == 0)
		show_event(r, s->slot, motion_name(s->function));
	return err;
}

static int escape(const struct replay *r, const struct cli_step *s)
{
	int n = ccid_reader_escape(r->reader, s->slot, s->data, s->len, r->reply, CCID_RAPDU_MAX,
	                           CCID_NEVER);

	if (n >= 0)
		show_event(r, s->slot, "escape");
	return n < 0 ? n : 0;
}

static int enter_pin(const struct replay *r, const struct cli_step *s)
{
	struct ccid_slot_info info;
	struct ccid_pin pin;
	int n = cli_pin_read(&pin, s->data, s->len);

	if (n == 0)
		n = ccid_slot_get_info(r->reader, s->slot, &info);
	if (n == 0)
		n = ccid_slot_secure(r->reader, s->slot, info.generation, &pin, r->reply,
		                     CCID_RAPDU_MAX, CCID_NEVER);
	if (n >= 2)
		cli_commands_show(r->json, pin.apdu, pin.apdu_len, r->reply, (size_t)n);
	return n < 0 ? n : 0;
}

static int play_step(const struct replay *r, const struct cli_step *s)
{
	switch (s->kind) {
	case CLI_STEP_STATUS: return ccid_slot_poll(r->reader, s->slot, CCID_NEVER);
	case CLI_STEP_POWER_ON:
	case CLI_STEP_TRY:
	case CLI_STEP_RESET: return power_on(r, s);
	case CLI_STEP_POWER_OFF: return power_off(r, s);
	case CLI_STEP_APDU: return send_apdu(r, s);
	case CLI_STEP_ESCAPE: return escape(r, s);
	case CLI_STEP_SECURE: return enter_pin(r, s);
	case CLI_STEP_MECHANICAL: return move(r, s);
	}
	return CCID_E_ARG;
}

static bool is_motion(const struct cli_step *s)
{
	return s->kind == CLI_STEP_MECHANICAL &&
	       (s->function == CCID_MECHANICAL_EJECT || s->function == CCID_MECHANICAL_CAPTURE);
}

/* The driver asks for the state of a slot, tries one voltage after the other and powers a card off
 * before it is moved, all by itself. Where every command counts, the player knows how far it has come
 * by that; where they do not, only what succeeded need be done again. */
static bool is_done(const struct replay *r, const struct cli_steps *steps, size_t i)
{
	const struct cli_step *s = &steps->step[i], *next = i + 1 < steps->count ? s + 1 : NULL;

	if (!r->exact)
		return s->kind == CLI_STEP_TRY;
	if (s->kind == CLI_STEP_POWER_OFF && next != NULL && next->slot == s->slot &&
	    is_motion(next))
		return true;
	return s->nth > 0 && s->nth <= r->commands - ccid_player_left(r->player);
}

/* What the driver could not do because the recorded reader or card failed is part of the session. */
static bool goes_on(const struct replay *r, const struct cli_step *s, int err)
{
	if (err == CCID_E_DIVERGED || err == CCID_E_GONE || err == CCID_E_FORMAT ||
	    err == CCID_E_NOMEM)
		return false;
	show_event(r, s->slot, ccid_err_text(err));
	return true;
}

/* A reader that was unplugged while it was recorded leaves again; that is the end. */
static int play(const struct replay *r, const struct cli_steps *steps, const char *path)
{
	size_t left;
	int err = 0;

	for (size_t i = 0; i < steps->count && err == 0; i++) {
		if (is_done(r, steps, i))
			continue;
		err = play_step(r, &steps->step[i]);
		if (err < 0 && goes_on(r, &steps->step[i], err))
			err = 0;
	}
	left = ccid_player_left(r->player);
	if (err == 0 && left > 0) {
		cli_error("%s: %zu recorded commands could not be sent", path, left);
		return CLI_DAMAGED;
	}
	if (err == CCID_E_GONE && ccid_reader_gone(r->reader)) {
		show_event(r, 0, "the reader has left");
		return CLI_OK;
	}
	if (err < 0)
		cli_error("%s: %s", path, ccid_err_text(err));
	return err < 0 ? CLI_DAMAGED : CLI_OK;
}

/* What the driver leaves tidy when it closes the reader is no part of what was recorded. */
static void print_log(void *ctx, enum ccid_log_level level, const char *reader, const char *text)
{
	const struct replay *r = ctx;

	(void)level;
	(void)reader;
	if (!r->over)
		cli_error("%s", text);
}

static int open_and_play(const struct cli_steps *steps, const char *path,
                         const struct ccid_player_options *options, struct replay *r)
{
	const struct ccid_env env = {.ctx = r, .log = print_log, .log_level = CCID_LOG_ERROR};
	char problem[CCID_TRACE_PROBLEM_MAX] = "";
	struct ccid_transport *t;
	int code,
		err = ccid_transport_open_replay(&t, path, options, &env, problem, sizeof problem);

	if (err == 0) {
		r->player = ccid_transport_player(t);
		r->commands = ccid_player_left(r->player);
		r->exact = options->strict == CCID_STRICT_EXACT;
		err = ccid_reader_open(&r->reader, t, NULL, &env, CCID_NEVER);
		if (err < 0)
			t->ops->close(t);
	}
	if (err < 0) {
		cli_error("%s: %s", path, problem[0] != '\0' ? problem : ccid_err_text(err));
		return CLI_DAMAGED;
	}
	code = play(r, steps, path);
	r->over = true;
	ccid_reader_close(r->reader);
	return code;
}

int cli_steps_play(const struct cli_steps *steps, const char *path,
                   const struct ccid_player_options *options, bool json)
{
	struct replay r = {.json = json, .reply = malloc(CCID_RAPDU_MAX)};
	int code;

	if (r.reply == NULL) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	code = open_and_play(steps, path, options, &r);
	ccid_wipe(r.reply, CCID_RAPDU_MAX);
	free(r.reply);
	return code;
}
