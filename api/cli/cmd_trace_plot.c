/* SPDX-License-Identifier: MIT */
#include "cli_output.h"
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

/* 0 or an enum ccid_err, with errno. */
static int write_to(struct ccid_plot *p, int fd, const char *title,
                    const struct ccid_explain_device *device)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0), err;
	FILE *f = own >= 0 ? fdopen(own, "w") : NULL;

	if (f == NULL)
		return CCID_E_IO;
	err = ccid_plot_write(p, f, title, device);
	if (err == 0 && (fflush(f) != 0 || ferror(f) != 0))
		err = CCID_E_IO;
	fclose(f);
	return err;
}

/* The file is begun first: nobody waits for a picture that cannot be had. */
static int plot_file(const char *path, const struct wish *w, struct ccid_plot *p)
{
	const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
	const char *out = w->output != NULL ? w->output : "-";
	struct ccid_explain_device device = {0};
	struct ccid_whole_file file;
	int code, wrote, err;

	if (!cli_output_begin(&file, out, w->force))
		return CLI_FAILED;
	code = cli_story_read(path, ccid_plot_take, p, &device, true);
	if (code == CLI_FAILED) {
		ccid_whole_file_abandon(&file);
		return code;
	}
	err = write_to(p, file.fd, w->title != NULL ? w->title : name, &device);
	if (err != 0)
		cli_error("%s: %s", out, err == CCID_E_IO ? strerror(errno) : ccid_err_text(err));
	wrote = cli_output_end(&file, err, true);
	return wrote != CLI_OK ? wrote : code;
}

static int plot(const char *path, const struct wish *w)
{
	size_t rows = w->rows != NULL ? (size_t)strtoul(w->rows, NULL, 10) : CCID_PLOT_ROWS;
	struct ccid_plot *p;
	int code;

	if (ccid_plot_new(&p, rows) != 0) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	code = plot_file(path, w, p);
	ccid_plot_free(p);
	return code;
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
	return plot(argv[0], &w);
}

const struct cli_command cli_trace_plot = {
	.name = "trace plot",
	.args = "FILE [-o FILE.svg] [--force] [--rows N] [--title TEXT]",
	.summary = "draw a trace as a picture (SVG)",
	.help = help,
	.run = run,
};
