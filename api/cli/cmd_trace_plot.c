/* SPDX-License-Identifier: MIT */
#include "cli_story.h"
#include "cli_trace.h"
#include "plot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"Draw a session as a picture (SVG) that any browser shows: the driver on the left, reader\n"
	"and card on the right, time from top to bottom with long pauses marked, an arrow for "
	"each\n"
	"command and answer, failures in red, and the state of each slot as a coloured band.\n"
	"PINs are not shown. Of a long session the beginning and the end are drawn.\n"
	"\n"
	"  -o FILE, --output FILE   where to write it; standard output without, or with -\n"
	"  --force                  write over a file that is there\n"
	"  --rows N                 draw at most N exchanges and events (180; 12 to 4000)\n"
	"  --title TEXT             instead of the name of the file\n";

struct wish {
	const char *output, *rows, *title;
	bool force;
};

/* A document appears whole or not at all: it is written beside the file and then renamed. */
static int open_beside(char *name, size_t cap, const char *path)
{
	int n = snprintf(name, cap, "%s.XXXXXX", path);

	if (n < 0 || (size_t)n >= cap) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return mkstemp(name);
}

static bool finish(FILE *f, const char *from, const char *to, bool force)
{
	bool good = ferror(f) == 0;

	good = fclose(f) == 0 && good;
	if (good && force)
		good = rename(from, to) == 0;
	else if (good)
		good = link(from, to) == 0 && unlink(from) == 0;
	return good;
}

static int write_file(struct ccid_plot *p, const struct wish *w, const char *title,
                      const struct ccid_explain_device *device)
{
	char name[4096];
	int fd = open_beside(name, sizeof name, w->output), err;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (f == NULL) {
		cli_error("%s: %s", w->output, strerror(errno));
		return CLI_FAILED;
	}
	err = ccid_plot_write(p, f, title, device);
	if (finish(f, name, w->output, w->force) && err == 0)
		return CLI_OK;
	cli_error("%s: %s", w->output, err != 0 ? ccid_err_text(err) : strerror(errno));
	unlink(name);
	return CLI_FAILED;
}

static int write_plot(struct ccid_plot *p, const struct wish *w, const char *path,
                      const struct ccid_explain_device *device)
{
	const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
	const char *title = w->title != NULL ? w->title : name;
	int err;

	if (w->output != NULL && strcmp(w->output, "-") != 0)
		return write_file(p, w, title, device);
	err = ccid_plot_write(p, stdout, title, device);
	if (err != 0)
		cli_error("%s", ccid_err_text(err));
	return err != 0 ? CLI_FAILED : CLI_OK;
}

static int plot_file(const char *path, const struct wish *w)
{
	struct ccid_explain_device device = {0};
	struct ccid_plot *p;
	size_t rows = w->rows != NULL ? (size_t)strtoul(w->rows, NULL, 10) : CCID_PLOT_ROWS;
	int code, wrote;

	if (ccid_plot_new(&p, rows) != 0) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	code = cli_story_read(path, ccid_plot_take, p, &device, true);
	if (code == CLI_FAILED) {
		ccid_plot_free(p);
		return code;
	}
	wrote = write_plot(p, w, path, &device);
	ccid_plot_free(p);
	return wrote != CLI_OK ? wrote : code;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct wish w = {0};
	const struct cli_option options[] = {
		{"-o", NULL, &w.output},     {"--output", NULL, &w.output},
		{"--force", &w.force, NULL}, {"--rows", NULL, &w.rows},
		{"--title", NULL, &w.title}, {NULL, NULL, NULL}};
	int code = cli_parse(self, options, &argc, argv);

	if (code >= 0)
		return code;
	if (argc != 1)
		return cli_usage(self, argc == 0 ? "a file is needed" : "one file at a time");
	if (w.rows != NULL && (w.rows[0] == '\0' || strspn(w.rows, "0123456789") != strlen(w.rows)))
		return cli_usage(self, "--rows %s: not a number", w.rows);
	if (w.output != NULL && !w.force && strcmp(w.output, "-") != 0 &&
	    access(w.output, F_OK) == 0) {
		cli_error("%s: is there already; --force writes over it", w.output);
		return CLI_FAILED;
	}
	return plot_file(argv[0], &w);
}

const struct cli_command cli_trace_plot = {
	.name = "trace plot",
	.args = "FILE [-o FILE.svg] [--force] [--rows N] [--title TEXT]",
	.summary = "draw a trace as a picture (SVG)",
	.help = help,
	.run = run,
};
