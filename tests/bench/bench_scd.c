/* SPDX-License-Identifier: MIT */
/* scdaemon as gpg-agent uses it: over a pair of pipes, by lines of text. The mode is the program. */
#include "bench.h"

#include <sys/wait.h>
#include <unistd.h>

static struct {
	FILE *to, *from;
	pid_t pid;
} scd;

static bool start(const char *program)
{
	int in[2], out[2];

	if (pipe(in) != 0 || pipe(out) != 0)
		return false;
	scd.pid = fork();
	if (scd.pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		execl(program, program, "--server", "--homedir", "/tmp", (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	scd.to = fdopen(in[1], "w");
	scd.from = fdopen(out[0], "r");
	return scd.pid > 0 && scd.to != NULL && scd.from != NULL;
}

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

/* Read to OK: the bytes of all data lines; -1 after ERR or the end. */
static int reply(uint8_t *out, size_t cap)
{
	static char *line;
	static size_t size;
	size_t n = 0;
	ssize_t len;

	while ((len = getline(&line, &size, scd.from)) > 0) {
		if (strncmp(line, "OK", 2) == 0)
			return (int)n;
		if (strncmp(line, "ERR", 3) == 0) {
			fputs(line, stderr);
			return -1;
		}
		if (strncmp(line, "D ", 2) == 0)
			n += unescape(out + n, cap - n, line + 2, (size_t)len - 3);
	}
	return -1;
}

static int say(const char *line, uint8_t *out, size_t cap)
{
	fputs(line, scd.to);
	fflush(scd.to);
	return reply(out, cap);
}

static bool run(const struct bench_work *w)
{
	uint8_t answer[2048];
	char line[64] = "APDU ";
	double from;

	if (w->answer > 258)
		strcat(line, "--exlen=1000 ");
	for (size_t i = 0; i < w->len; i++)
		snprintf(line + strlen(line), 3, "%02X", w->apdu[i]);
	strcat(line, "\n");
	from = bench_us();
	for (unsigned long i = 0; i < w->n; i++) {
		int n = say(line, answer, sizeof answer);

		if (n < 2 || !bench_answered(w, answer, (size_t)n))
			return false;
	}
	bench_tell(w, from);
	return true;
}

int main(int argc, char **argv)
{
	uint8_t none[16];
	struct bench_work w;
	bool ok;

	if (!bench_work(&w, argc, argv))
		return 2;
	ok = start(w.mode) && reply(none, sizeof none) >= 0 &&
	     say("SERIALNO undefined\n", none, sizeof none) >= 0 && run(&w);
	bench_rest(&w);
	if (scd.to != NULL)
		fclose(scd.to);
	if (scd.pid > 0)
		waitpid(scd.pid, NULL, 0);
	return ok ? 0 : 1;
}
