/* SPDX-License-Identifier: MIT */
#include "emu_script.h"

#include "emu_files.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define INS_SELECT   0xA4
#define INS_GET_DATA 0xCA
#define INS_GET_ODD  0xCB

static int digit(int c)
{
	const char *digits = "0123456789ABCDEF", *at = strchr(digits, toupper(c));

	return c == '\0' || at == NULL ? -1 : (int)(at - digits);
}

/* Bytes up to the end of text; false when it is no whole number of them, or too many. */
static bool bytes(uint8_t *out, size_t cap, size_t *len, const char *text)
{
	size_t digits = 0;

	for (; *text != '\0'; text++) {
		int d = digit(*text);

		if (isspace((unsigned char)*text))
			continue;
		if (d < 0 || digits / 2 == cap)
			return false;
		if (digits % 2 == 0)
			out[digits / 2] = (uint8_t)(d << 4);
		else
			out[digits / 2] |= (uint8_t)d;
		digits++;
	}
	*len = digits / 2;
	return digits % 2 == 0;
}

static bool take(struct emu_script *s, char *text)
{
	struct emu_script_line *l = &s->line[s->count];
	char *remark = strchr(text, '#'), *answer;

	if (remark != NULL)
		*remark = '\0';
	if (text[strspn(text, " \t\n")] == '\0')
		return true;
	answer = strchr(text, '>');
	if (answer == NULL || s->count == EMU_SCRIPT_LINES)
		return false;
	*answer++ = '\0';
	s->count++;
	return bytes(l->command, sizeof l->command, &l->command_len, text) && l->command_len >= 4 &&
	       bytes(l->answer, sizeof l->answer, &l->answer_len, answer) && l->answer_len >= 2;
}

int emu_script_read(struct emu_script *s, const char *path)
{
	char text[2048];
	int line = 0, wrong = 0;
	FILE *f = fopen(path, "r");

	s->count = 0;
	if (f == NULL)
		return -1;
	while (wrong == 0 && fgets(text, sizeof text, f) != NULL) {
		line++;
		if (!take(s, text))
			wrong = line;
	}
	fclose(f);
	return wrong;
}

static bool fits(const struct emu_script_line *l, const struct emu_command *m)
{
	const uint8_t header[] = {m->cla, m->ins, m->p1, m->p2};

	return l->command_len == 4 + m->lc && memcmp(l->command, header, 4) == 0 &&
	       (m->lc == 0 || memcmp(l->command + 4, m->data, m->lc) == 0);
}

uint16_t emu_script_run(const struct emu_script *s, const struct emu_command *m, uint8_t *out,
                        size_t *n)
{
	*n = 0;
	for (size_t i = 0; i < s->count; i++) {
		const struct emu_script_line *l = &s->line[i];

		if (!fits(l, m))
			continue;
		*n = l->answer_len - 2;
		memcpy(out, l->answer, *n);
		return (uint16_t)(l->answer[*n] << 8 | l->answer[*n + 1]);
	}
	return m->ins == INS_SELECT || m->ins == INS_GET_DATA || m->ins == INS_GET_ODD ? 0x6A82
	                                                                               : 0x6D00;
}
