/* SPDX-License-Identifier: MIT */
#include "cli_color.h"
#include "cli_story.h"
#include "cli_trace.h"
#include "compare.h"

#include <inttypes.h>

#define CONTEXT 3

/* As diff(1) has them. */
enum diff_exit {
	DIFF_SAME = 0,
	DIFF_DIFFERENT = 1,
	DIFF_TROUBLE = 2
};

static const char help[] =
	"Compare two sessions by what they mean: APDUs and the other commands with their answers,\n"
	"cards that come and go, resets, slot by slot. Sequence numbers, status polls, time, the\n"
	"way things are cut into transfers, blocks and parts, and masked bytes do not count.\n"
	"\n"
	"What differs is shown with three lines around it: - only in the first, + only in the\n"
	"second; where a command is the same, only its answers have the marks.\n"
	"\n"
	"  -q, --quiet    show nothing\n"
	"  --color WHEN   auto, always or never; auto heeds NO_COLOR\n"
	"\n"
	"The exit code is 0 when they are the same, 1 when they differ, 2 when a file cannot be\n"
	"read to its end.\n";

struct printer {
	bool quiet, color;
	int slot;                                 /* of the last hunk, -2 before the first */
	struct ccid_compare_item before[CONTEXT]; /* texts only */
	unsigned kept;                            /* of before */
	unsigned after;                           /* lines of context still to print */
	bool gap;                                 /* something was left out since the last line */
};

static void put_item(const struct printer *p, char mark, const struct ccid_compare_item *x)
{
	cli_color(p->color, mark == '-' ? CLI_RED : mark == '+' ? CLI_GREEN : "");
	printf("%c > ", mark);
	cli_story_clean(stdout, x->asked);
	if (x->answer[0] != '\0') {
		printf("\n%c < ", mark);
		cli_story_clean(stdout, x->answer);
	}
	cli_color(p->color, mark == ' ' ? "" : CLI_PLAIN);
	putchar('\n');
}

static void put_answer(const struct printer *p, char mark, const struct ccid_compare_item *x)
{
	cli_color(p->color, mark == '-' ? CLI_RED : CLI_GREEN);
	printf("%c < ", mark);
	cli_story_clean(stdout, x->answer);
	cli_color(p->color, CLI_PLAIN);
	putchar('\n');
}

static void put_changed(const struct printer *p, const struct ccid_compare_item *a,
                        const struct ccid_compare_item *b)
{
	long where = ccid_compare_where(a, b);

	fputs("  > ", stdout);
	cli_story_clean(stdout, a->asked);
	putchar('\n');
	put_answer(p, '-', a);
	put_answer(p, '+', b);
	if (where >= 16)
		printf("    the answers differ from byte %ld on\n", where);
}

static void put_head(struct printer *p, const struct ccid_compare_item *a,
                     const struct ccid_compare_item *b)
{
	const struct ccid_compare_item *x = a != NULL ? a : b;

	if (!p->gap && p->slot == x->slot)
		return;
	if (x->slot < 0)
		fputs("@@ the reader", stdout);
	else
		printf("@@ slot %d", x->slot);
	if (a != NULL)
		printf(", packet %" PRIu64 " of the first", a->packet);
	if (b != NULL)
		printf(", packet %" PRIu64 " of the second", b->packet);
	puts(" @@");
	for (unsigned i = 0; p->slot == x->slot && i < p->kept; i++)
		put_item(p, ' ', &p->before[i]);
	p->slot = x->slot;
}

static void keep(struct printer *p, const struct ccid_compare_item *x)
{
	if (p->slot != x->slot)
		p->kept = 0;
	p->slot = x->slot;
	if (p->kept == CONTEXT) {
		for (unsigned i = 1; i < CONTEXT; i++)
			p->before[i - 1] = p->before[i];
		p->kept--;
	}
	p->before[p->kept++] = *x;
	p->gap = true;
}

static int take(void *arg, const struct ccid_compare_item *a, const struct ccid_compare_item *b,
                bool changed)
{
	struct printer *p = arg;
	bool same = a != NULL && b != NULL && !changed;

	if (p->quiet)
		return same ? 0 : 1;
	if (same && p->after > 0 && p->slot == a->slot) {
		p->after--;
		put_item(p, ' ', a);
	} else if (same) {
		keep(p, a);
		p->after = 0;
	}
	if (same)
		return ferror(stdout) ? 1 : 0;
	put_head(p, a, b);
	if (changed)
		put_changed(p, a, b);
	else
		put_item(p, a != NULL ? '-' : '+', a != NULL ? a : b);
	p->kept = 0;
	p->after = CONTEXT;
	p->gap = false;
	return ferror(stdout) ? 1 : 0;
}

static int compare(struct printer *p, char **path)
{
	struct ccid_compare_sink sink = {.take = take, .arg = p};
	struct ccid_compare_result r;
	int stop = ccid_compare_files(path[0], path[1], &sink, &r);

	fflush(stdout);
	if (stop < 0) {
		cli_error("%s", ccid_err_text(stop));
		return DIFF_TROUBLE;
	}
	for (unsigned i = 0; i < 2; i++)
		if (r.err[i] != 0)
			cli_error("%s: %s", path[i], r.problem[i]);
	if (r.err[0] != 0 || r.err[1] != 0)
		return DIFF_TROUBLE;
	return r.differ == 0 ? DIFF_SAME : DIFF_DIFFERENT;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct printer p = {.slot = -2};
	const char *color = NULL;
	const struct cli_option options[] = {{"-q", &p.quiet, NULL},
	                                     {"--quiet", &p.quiet, NULL},
	                                     {"--color", NULL, &color},
	                                     {NULL, NULL, NULL}};
	int code = cli_parse(self, options, &argc, argv);

	if (code >= 0)
		return code;
	if (argc != 2)
		return cli_usage(self, "two files are needed");
	if (!cli_color_wanted(&p.color, color))
		return cli_usage(self, "--color %s: not understood", color);
	return compare(&p, argv);
}

const struct cli_command cli_trace_diff = {
	.name = "trace diff",
	.args = "FILE FILE [-q] [--color WHEN]",
	.summary = "compare two traces by meaning",
	.help = help,
	.run = run,
};
