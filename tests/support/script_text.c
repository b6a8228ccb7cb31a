/* SPDX-License-Identifier: MIT */
#include "script_text.h"

#include "transport_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int digit(char c)
{
	const char *digits = "0123456789abcdef", *at;

	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	at = c != '\0' ? strchr(digits, c) : NULL;
	return at != NULL ? (int)(at - digits) : -1;
}

static void parse_token(uint8_t *byte, uint8_t *kind, const char *p, uint8_t before)
{
	*kind = SCRIPT_KIND_BYTE;
	*byte = 0;
	if (strncmp(p, "??", 2) == 0)
		*kind = SCRIPT_KIND_ANY;
	else if (strncmp(p, "nn", 2) == 0)
		*kind = SCRIPT_KIND_LENGTH;
	else if (strncmp(p, "++", 2) == 0)
		*byte = (uint8_t)(before + 1);
	else if (strncmp(p, "ss", 2) == 0)
		*kind = SCRIPT_KIND_SEQ;
	else if (p[0] == 's' && digit(p[1]) >= 0) {
		*kind = SCRIPT_KIND_SEQ;
		*byte = (uint8_t)digit(p[1]);
	} else if (digit(p[0]) >= 0 && digit(p[1]) >= 0)
		*byte = (uint8_t)(digit(p[0]) << 4 | digit(p[1]));
	else
		fail_msg("script text not understood at \"%.20s\"", p);
}

static void fill_length(uint8_t *bytes, uint8_t *kinds, size_t n)
{
	size_t data = n >= 10 ? n - 10 : 0;

	for (size_t i = 1; i < 5 && i < n; i++) {
		if (kinds[i] != SCRIPT_KIND_LENGTH)
			continue;
		bytes[i] = (uint8_t)(data >> (8 * (i - 1)));
		kinds[i] = SCRIPT_KIND_BYTE;
	}
}

size_t script_parse(uint8_t *bytes, uint8_t *kinds, size_t cap, const char *text)
{
	size_t n = 0;

	for (const char *p = text; *p != '\0';) {
		unsigned long times = 1;
		const char *token = p;

		if (*p == ' ') {
			p++;
			continue;
		}
		p += p[1] != '\0' ? 2 : 1;
		if (*p == '*')
			times = strtoul(p + 1, (char **)(uintptr_t)&p, 10);
		for (; times > 0; times--, n++) {
			if (n >= cap)
				fail_msg("script text too long: \"%.30s...\"", text);
			parse_token(&bytes[n], &kinds[n], token, n > 0 ? bytes[n - 1] : 0xFF);
		}
	}
	fill_length(bytes, kinds, n);
	return n;
}

size_t script_bytes(uint8_t *buf, size_t cap, const char *text)
{
	uint8_t *kinds = malloc(cap);
	size_t n;

	assert_non_null(kinds);
	n = script_parse(buf, kinds, cap, text);
	for (size_t i = 0; i < n; i++)
		if (kinds[i] != SCRIPT_KIND_BYTE)
			fail_msg("only plain bytes here: \"%.30s\"", text);
	free(kinds);
	return n;
}
