/* SPDX-License-Identifier: MIT */
#include "replay_address.h"

#include <stdlib.h>
#include <string.h>

#define SPEED_MAX 1000000u /* thousandths */

bool ccid_is_replay_address(const char *text)
{
	return strncmp(text, CCID_REPLAY_PREFIX, strlen(CCID_REPLAY_PREFIX)) == 0;
}

static int bad(const char **why, const char *reason)
{
	if (why != NULL)
		*why = reason;
	return CCID_E_FORMAT;
}

int ccid_replay_strict_parse(enum ccid_strictness *out, const char *text)
{
	static const char *const names[] = {
		[CCID_STRICT_MESSAGE] = "message",
		[CCID_STRICT_EXACT] = "exact",
		[CCID_STRICT_LENIENT] = "lenient",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(text, names[i]) == 0) {
			*out = (enum ccid_strictness)i;
			return 0;
		}
	return CCID_E_FORMAT;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Thousandths of a decimal number that has at least one digit before its point. */
static int parse_decimal(uint32_t *out, const char *p)
{
	uint32_t v = 0, scale = 1000;

	if (!is_digit(*p))
		return CCID_E_FORMAT;
	for (; is_digit(*p); p++) {
		v = v * 10 + (uint32_t)(*p - '0') * 1000;
		if (v > SPEED_MAX)
			return CCID_E_FORMAT;
	}
	if (*p == '.' && is_digit(p[1]))
		for (p++; is_digit(*p) && scale > 1; p++) {
			scale /= 10;
			v += (uint32_t)(*p - '0') * scale;
		}
	if (*p != '\0' || v == 0 || v > SPEED_MAX)
		return CCID_E_FORMAT;
	*out = v;
	return 0;
}

int ccid_replay_speed_parse(uint32_t *out, const char *text)
{
	if (strcmp(text, "none") == 0)
		*out = CCID_SPEED_NONE;
	else if (strcmp(text, "real") == 0)
		*out = CCID_SPEED_REAL;
	else
		return parse_decimal(out, text);
	return 0;
}

static int hex(char c)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits) % 16;
}

static void decode(char *text)
{
	char *to = text;

	for (; *text != '\0'; to++) {
		if (text[0] == '%' && hex(text[1]) >= 0 && hex(text[2]) >= 0) {
			*to = (char)(hex(text[1]) * 16 + hex(text[2]));
			text += 3;
		} else {
			*to = *text++;
		}
	}
	*to = '\0';
}

static int take_option(struct ccid_player_options *o, const char *name, const char *value,
                       const char **why)
{
	if (strcmp(name, "strict") == 0)
		return ccid_replay_strict_parse(&o->strict, value) == 0
		               ? 0
		               : bad(why, "strict is exact, message or lenient");
	if (strcmp(name, "speed") == 0)
		return ccid_replay_speed_parse(&o->speed, value) == 0
		               ? 0
		               : bad(why, "speed is none, real, or a factor from 0.001 to 1000");
	return bad(why, "behind the ? of a replay address stand strict= and speed= (a ? in the "
	                "name of a file is written %3F)");
}

static int take_options(struct ccid_player_options *o, char *text, const char **why)
{
	int err = 0;

	while (text != NULL && err == 0) {
		char *next = strchr(text, '&'), *value;

		if (next != NULL)
			*next++ = '\0';
		value = strchr(text, '=');
		if (value != NULL)
			*value++ = '\0';
		err = take_option(o, text, value != NULL ? value : "", why);
		text = next;
	}
	return err;
}

int ccid_replay_address_parse(struct ccid_replay_address *out, const char *text, const char **why)
{
	struct ccid_replay_address a = {.path = NULL};
	char *query;
	int err = 0;

	if (!ccid_is_replay_address(text))
		return bad(why, "no replay address");
	a.path = strdup(text + strlen(CCID_REPLAY_PREFIX));
	if (a.path == NULL)
		return CCID_E_NOMEM;
	query = strchr(a.path, '?');
	if (query != NULL) {
		*query++ = '\0';
		err = take_options(&a.options, query, why);
	}
	decode(a.path);
	if (err == 0 && a.path[0] == '\0')
		err = bad(why, "no file is named");
	if (err != 0)
		free(a.path);
	else
		*out = a;
	return err;
}
