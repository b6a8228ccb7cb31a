/* SPDX-License-Identifier: MIT */
/* scdaemon as gpg-agent uses it: over a pair of pipes, by lines of text. The mode is the program. */
#include "bench.h"
#include "scd.h"

static bool run(const struct bench_work *w)
{
	uint8_t answer[2048];
	char line[64] = "APDU ";
	double from;

	if (w->answer > 258)
		strcat(line, "--exlen=1002 ");
	for (size_t i = 0; i < w->len; i++)
		snprintf(line + strlen(line), 3, "%02X", w->apdu[i]);
	from = bench_us();
	for (unsigned long i = 0; i < w->n; i++) {
		long n = scd_ask(line, answer, sizeof answer);

		if (n < 2 || !bench_answered(w, answer, (size_t)n))
			return false;
	}
	bench_tell(w, from);
	return true;
}

int main(int argc, char **argv)
{
	char server[] = "--server", homedir[] = "--homedir", tmp[] = "/tmp";
	char *program[] = {NULL, server, homedir, tmp, NULL};
	uint8_t none[16];
	struct bench_work w;
	bool ok;

	if (!bench_work(&w, argc, argv))
		return 2;
	program[0] = argv[1];
	ok = scd_start(program) && scd_ask("SERIALNO undefined", none, sizeof none) >= 0 && run(&w);
	bench_rest(&w);
	scd_end();
	return ok ? 0 : 1;
}
