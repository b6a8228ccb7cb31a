/* SPDX-License-Identifier: MIT */
#include "cli_story.h"

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

int cli_story_run(const struct cli_command *self, int argc, char **argv,
                  int (*run)(const char *path, bool json))
{
	bool json = false;
	const struct cli_option options[] = {{"--json", &json, NULL}, {NULL, NULL, NULL}};
	int code = cli_parse(self, options, &argc, argv);

	if (code >= 0)
		return code;
	if (argc != 1)
		return cli_usage(self, argc == 0 ? "a file is needed" : "one file at a time");
	return run(argv[0], json);
}
