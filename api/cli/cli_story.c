/* SPDX-License-Identifier: MIT */
#include "cli_story.h"

#include "cli.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#define BIG (16u << 20) /* bytes of a file whose reading takes a while */

struct reading {
	int (*take)(void *arg, const struct ccid_story_event *event);
	void *arg;
	uint64_t size; /* 0: no progress is shown */
	unsigned shown;
};

static int take(void *arg, const struct ccid_story_event *event)
{
	const struct reading *r = arg;

	return ferror(stdout) ? 1 : r->take(r->arg, event);
}

static void progress(void *arg, uint64_t offset)
{
	struct reading *r = arg;
	unsigned percent = r->size == 0 ? 0 : (unsigned)(offset * 100 / r->size);

	if (r->size == 0 || percent == r->shown || percent > 100)
		return;
	r->shown = percent;
	fprintf(stderr, "\r%3u %%", percent);
	fflush(stderr);
}

static uint64_t size_to_show(const char *path)
{
	struct stat st;

	if (!isatty(STDERR_FILENO) || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	return (uint64_t)st.st_size > BIG ? (uint64_t)st.st_size : 0;
}

int cli_story_read(const char *path, int (*to)(void *arg, const struct ccid_story_event *event),
                   void *arg, struct ccid_explain_device *device, bool show_progress)
{
	struct reading r = {.take = to, .arg = arg, .size = show_progress ? size_to_show(path) : 0};
	struct ccid_story_sink sink = {.take = take, .progress = progress, .arg = &r};
	char problem[CCID_TRACE_PROBLEM_MAX] = "";
	int err = ccid_story_file(path, &sink, device, problem, sizeof problem);

	if (r.shown > 0)
		fputs("\r     \r", stderr);
	if (err >= 0)
		return CLI_OK;
	fflush(stdout);
	cli_error("%s: %s", path, problem[0] != '\0' ? problem : ccid_err_text(err));
	return err == CCID_E_SHORT || err == CCID_E_FORMAT ? CLI_DAMAGED : CLI_FAILED;
}

/* Control characters of ASCII, and those that UTF-8 writes as C2 80 to C2 9F. */
void cli_story_clean(FILE *f, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	for (; *at != '\0'; at++) {
		bool wide = at[0] == 0xC2 && at[1] >= 0x80 && at[1] < 0xA0;

		fputc(*at < ' ' || *at == 0x7F || wide ? '?' : *at, f);
		at += wide ? 1 : 0;
	}
}

void cli_story_duration(char out[32], uint64_t ns)
{
	uint64_t s = ns / 1000000000u;

	if (ns < 1000000u)
		snprintf(out, 32, "%" PRIu64 " us", ns / 1000);
	else if (s == 0)
		snprintf(out, 32, "%" PRIu64 ".%" PRIu64 " ms", ns / 1000000, ns / 100000 % 10);
	else if (s < 100)
		snprintf(out, 32, "%" PRIu64 ".%02" PRIu64 " s", s, ns / 10000000 % 100);
	else if (s < 6000)
		snprintf(out, 32, "%" PRIu64 " min %02" PRIu64 " s", s / 60, s % 60);
	else
		snprintf(out, 32, "%" PRIu64 " h %02" PRIu64 " min", s / 3600, s / 60 % 60);
}
