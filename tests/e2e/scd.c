/* SPDX-License-Identifier: MIT */
#include "scd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static FILE *to, *from;
static pid_t pid;
static uint8_t atr[33];
static size_t atr_len;

/* Bytes in a data line, in which % and line ends are escaped as %25, %0A, %0D. */
static size_t unescape(uint8_t *out, size_t cap, const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n < cap; n++) {
		char hex[3] = "";

		if (text[i] == '%' && i + 2 < len) {
			memcpy(hex, text + i + 1, 2);
			out[n] = (uint8_t)strtoul(hex, NULL, 16);
			i += 3;
		} else {
			out[n] = (uint8_t)text[i++];
		}
	}
	return n;
}

static void keep_atr(const char *hex)
{
	unsigned byte;

	for (atr_len = 0; atr_len < sizeof atr && sscanf(hex, "%2x", &byte) == 1; hex += 2)
		atr[atr_len++] = (uint8_t)byte;
}

/* It may ask that the user be told of the pad, and of no more. */
static void answer(const char *line)
{
	if (strncmp(line, "INQUIRE ", 8) != 0)
		return;
	fputs("END\n", to);
	fflush(to);
}

static long reply(uint8_t *out, size_t cap)
{
	static char *line;
	static size_t size;
	size_t n = 0;
	ssize_t len;

	while ((len = getline(&line, &size, from)) > 0) {
		if (strncmp(line, "OK", 2) == 0)
			return (long)n;
		if (strncmp(line, "ERR", 3) == 0) {
			fputs(line, stderr);
			return -1;
		}
		if (strncmp(line, "D ", 2) == 0)
			n += unescape(out + n, cap - n, line + 2, (size_t)len - 3);
		else if (strncmp(line, "S CARD-ATR ", 11) == 0)
			keep_atr(line + 11);
		else
			answer(line);
	}
	return -1;
}

bool scd_start(char *const argv[])
{
	int in[2], out[2];
	uint8_t none[1];

	if (pipe(in) != 0 || pipe(out) != 0)
		return false;
	pid = fork();
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		execv(argv[0], argv);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	to = fdopen(in[1], "w");
	from = fdopen(out[0], "r");
	return pid > 0 && to != NULL && from != NULL && reply(none, sizeof none) >= 0;
}

long scd_ask(const char *line, uint8_t *out, size_t cap)
{
	fprintf(to, "%s\n", line);
	fflush(to);
	return reply(out, cap);
}

const uint8_t *scd_atr(size_t *len)
{
	*len = atr_len;
	return atr;
}

void scd_end(void)
{
	if (to != NULL)
		fclose(to);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}
