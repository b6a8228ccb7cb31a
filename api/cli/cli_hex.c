/* SPDX-License-Identifier: MIT */
#include "cli_hex.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#define NO_NAME 8 /* bytes */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool separates(char c)
{
	return c == ' ' || c == '\t' || c == ':';
}

static long complain(const char *text, size_t len, size_t at, char *problem, size_t cap)
{
	unsigned char c = at < len ? (unsigned char)text[at] : 0;

	if (at >= len || (separates((char)c) && at > 0))
		snprintf(problem, cap, "not hexadecimal: a byte of one digit ends at character %zu",
		         at);
	else if (c > ' ' && c < 0x7F)
		snprintf(problem, cap, "not hexadecimal: '%c' is character %zu", c, at + 1);
	else
		snprintf(problem, cap, "not hexadecimal: code %02X is character %zu", c, at + 1);
	return -1;
}

long cli_hex_read(const char *text, size_t len, uint8_t *out, size_t cap, char *problem,
                  size_t problem_cap)
{
	long n = 0;

	for (size_t i = 0; i < len && n < LONG_MAX; i += 2, n++) {
		while (i < len && separates(text[i]))
			i++;
		if (i == len)
			break;
		if (digit(text[i]) < 0)
			return complain(text, len, i, problem, problem_cap);
		if (i + 1 == len || digit(text[i + 1]) < 0)
			return complain(text, len, i + 1, problem, problem_cap);
		if ((size_t)n < cap)
			out[n] = (uint8_t)(digit(text[i]) << 4 | digit(text[i + 1]));
	}
	if (n == 0)
		snprintf(problem, problem_cap, "no bytes");
	return n > 0 ? n : -1;
}

bool cli_hex_meant(const char *text)
{
	char problem[80];

	if (cli_hex_read(text, strlen(text), NULL, 0, problem, sizeof problem) >= NO_NAME)
		return true;
	return text[0] == '3' && strchr("BbFf", text[1]) != NULL && text[1] != '\0';
}

void cli_hex_print(FILE *f, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		fprintf(f, "%s%02X", i == 0 ? "" : " ", bytes[i]);
}

void cli_hex_store(char *out, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 0x0F];
	}
	out[2 * len] = '\0';
}
