/* SPDX-License-Identifier: MIT */
#include "sample_play.h"

#include "pin.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RESPONSE 4096

struct play {
	struct ccid_reader *r;
	struct ccid_player *player;
	const struct sample_options *options;
	unsigned slot, line;
	uint8_t rsp[RESPONSE];
	int got; /* length of rsp, or an error */
};

char *sample_load(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *text = malloc(1u << 20);
	size_t n;

	if (f == NULL)
		fail_msg("%s cannot be read", path);
	assert_non_null(text);
	n = fread(text, 1, (1u << 20) - 1, f);
	text[n] = '\0';
	fclose(f);
	if (len != NULL)
		*len = n;
	return text;
}

static size_t hex(const struct play *p, const char *s, uint8_t *out, size_t cap)
{
	size_t n = 0;
	unsigned v;

	for (; *s != '\0'; s += 2) {
		while (*s == ' ')
			s++;
		if (*s == '\0')
			break;
		if (n == cap || !isxdigit((unsigned char)s[0]) || sscanf(s, "%2x", &v) != 1)
			fail_msg("line %u: not hex: %s", p->line, s);
		out[n++] = (uint8_t)v;
	}
	return n;
}

static void diverged(const struct play *p)
{
	if (p->player != NULL && ccid_player_divergence(p->player)[0] != '\0')
		fail_msg("line %u: %s", p->line, ccid_player_divergence(p->player));
}

static void expect_result(const struct play *p, int got, const char *want)
{
	const char *name = want[0] == '!' ? want + 1 : "OK";

	if (want[0] != '!')
		diverged(p);
	if (strcmp(ccid_err_name(got < 0 ? got : 0), name) != 0)
		fail_msg("line %u: %s expected, got %s", p->line, name,
		         ccid_err_name(got < 0 ? got : 0));
}

static struct ccid_slot_info info(const struct play *p)
{
	struct ccid_slot_info i;

	assert_int_equal(ccid_slot_get_info(p->r, p->slot, &i), 0);
	return i;
}

static void expect_bytes(const struct play *p, const uint8_t *got, size_t len, const char *want)
{
	uint8_t b[RESPONSE];
	char text[300] = "";
	size_t n = hex(p, want, b, sizeof b);

	for (size_t i = 0; i < len && 3 * i + 4 <= sizeof text; i++)
		snprintf(text + 3 * i, 4, " %02X", got[i]);
	if (n != len || memcmp(b, got, n) != 0)
		fail_msg("line %u: %s expected, got%s", p->line, want, text);
}

static void transmit(struct play *p, const char *arg, unsigned flags)
{
	uint8_t cmd[RESPONSE];
	size_t n = hex(p, arg, cmd, sizeof cmd);

	p->got = ccid_slot_transmit(p->r, p->slot, info(p).generation, cmd, n, p->rsp,
	                            sizeof p->rsp, flags, -1, CCID_NEVER);
}

static void respond(struct play *p, const char *want)
{
	if (want[0] == '!') {
		expect_result(p, p->got, want);
		return;
	}
	expect_result(p, p->got, "");
	expect_bytes(p, p->rsp, (size_t)p->got, want);
}

static void verify(struct play *p, const char *arg)
{
	uint8_t template[32];
	const struct ccid_pin pin = {
		.format = 0x82,
		.block = 0x08,
		.min_digits = 4,
		.max_digits = 8,
		.validation = 2,
		.messages = 1,
		.language = 0x0409,
		.apdu = template,
		.apdu_len = hex(p, arg, template, sizeof template),
	};

	p->got = ccid_slot_secure(p->r, p->slot, info(p).generation, &pin, p->rsp, sizeof p->rsp,
	                          CCID_NEVER);
}

static void escape(struct play *p, const char *arg)
{
	uint8_t cmd[RESPONSE];
	size_t n = hex(p, arg, cmd, sizeof cmd);

	p->got = ccid_reader_escape(p->r, p->slot, cmd, n, p->rsp, sizeof p->rsp, CCID_NEVER);
}

static void activate(struct play *p, const char *arg)
{
	enum ccid_reset_kind kind = strcmp(arg, "cold") == 0   ? CCID_RESET_COLD
	                            : strcmp(arg, "warm") == 0 ? CCID_RESET_WARM
	                                                       : CCID_RESET_NONE;

	expect_result(p, ccid_slot_activate(p->r, p->slot, 3, kind, CCID_NEVER),
	              arg[0] == '!' ? arg : "");
}

static void expect_state(const struct play *p, const char *arg)
{
	expect_result(p, ccid_slot_poll(p->r, p->slot, CCID_NEVER), "");
	if (strcmp(ccid_slot_state_name(info(p).state), arg) != 0)
		fail_msg("line %u: state %s", p->line, ccid_slot_state_name(info(p).state));
}

static bool mechanical(const struct play *p, const char *verb, const char *arg)
{
	static const char *const names[] = {"accept", "eject", "capture", "lock", "unlock"};

	for (int i = 0; i < 5; i++)
		if (strcmp(verb, names[i]) == 0) {
			enum ccid_mechanical f = (enum ccid_mechanical)(i + 1);

			expect_result(p, ccid_slot_mechanical(p->r, p->slot, f, CCID_NEVER), arg);
			return true;
		}
	return false;
}

static void expect_left(const struct play *p, const char *arg)
{
	if (p->player != NULL && ccid_player_left(p->player) != (size_t)atoi(arg))
		fail_msg("line %u: %zu commands are left", p->line, ccid_player_left(p->player));
}

static void person(const struct play *p, const char *arg)
{
	if (p->options->person != NULL)
		p->options->person(p->options->ctx, arg, p->slot);
}

static void do_line(struct play *p, const char *verb, const char *arg)
{
	struct ccid_slot_info i = info(p);

	if (strcmp(verb, "slot") == 0)
		p->slot = (unsigned)atoi(arg);
	else if (strcmp(verb, "activate") == 0)
		activate(p, arg);
	else if (strcmp(verb, "atr") == 0)
		expect_bytes(p, i.atr, i.atr_len, arg);
	else if (strcmp(verb, "protocol") == 0)
		assert_int_equal(i.protocol, atoi(arg));
	else if (strcmp(verb, "state") == 0)
		expect_state(p, arg);
	else if (strcmp(verb, ">") == 0)
		transmit(p, arg, CCID_XFR_FOLLOW);
	else if (strcmp(verb, "raw") == 0 && arg[0] == '>')
		transmit(p, arg + 1, 0);
	else if (strcmp(verb, "<") == 0)
		respond(p, arg);
	else if (strcmp(verb, "verify") == 0)
		verify(p, arg);
	else if (strcmp(verb, "escape") == 0)
		escape(p, arg);
	else if (strcmp(verb, "off") == 0)
		expect_result(p, ccid_slot_power_off(p->r, p->slot, CCID_NEVER), "");
	else if (strcmp(verb, "notified") == 0)
		assert_true(ccid_reader_dispatch(p->r) > 0);
	else if (strcmp(verb, "left") == 0)
		expect_left(p, arg);
	else if (strcmp(verb, "person") == 0)
		person(p, arg);
	else if (!mechanical(p, verb, arg))
		fail_msg("line %u: what is \"%s\"?", p->line, verb);
}

/* "verb rest" in place; false for a line without content. */
static bool split(char *line, char **verb, char **arg)
{
	size_t n = strlen(line);

	while (n > 0 && isspace((unsigned char)line[n - 1]))
		line[--n] = '\0';
	*verb = line + strspn(line, " \t");
	if (**verb == '\0' || **verb == '#')
		return false;
	*arg = *verb + strcspn(*verb, " \t");
	if (**arg != '\0')
		*(*arg)++ = '\0';
	*arg += strspn(*arg, " \t");
	return true;
}

static void poll_often(const struct play *p, unsigned polls)
{
	for (unsigned i = 0; i < polls; i++) {
		int rc = ccid_slot_poll(p->r, p->slot, CCID_NEVER);

		if (rc != CCID_E_GONE)
			expect_result(p, rc, "");
	}
}

void sample_run(struct ccid_reader *r, struct ccid_player *player, const char *expect,
                const struct sample_options *options)
{
	struct play p = {.r = r, .player = player, .options = options};
	char *text = strdup(expect), *line = text, *verb, *arg;

	assert_non_null(text);
	while (line != NULL) {
		char *end = strchr(line, '\n');

		if (end != NULL)
			*end++ = '\0';
		p.line++;
		if (split(line, &verb, &arg)) {
			poll_often(&p, options->polls);
			do_line(&p, verb, arg);
		}
		line = end;
	}
	free(text);
}
