/* SPDX-License-Identifier: MIT */
/* Write a capture of usbredir bytes anew as a trace: one block a packet, times and directions kept.
 * usage: rewrite_trace CAPTURE TRACE COMMENT; the comment goes to the first packet. */
#include "trace_file.h"

#include <stdio.h>

static int copy(struct ccid_trace_reader *r, struct ccid_trace_writer *w, const char *comment)
{
	struct ccid_trace_packet p;
	int got;

	while ((got = ccid_trace_next(r, &p)) == 1) {
		const char *text = comment != NULL ? comment : p.comment;
		int err = ccid_trace_write(w, p.dir, p.time_ns, p.data, p.len, text);

		if (err != 0)
			return err;
		comment = NULL;
	}
	return got;
}

int main(int argc, char **argv)
{
	char problem[CCID_TRACE_PROBLEM_MAX] = "";
	struct ccid_trace_reader *r = NULL;
	struct ccid_trace_writer *w = NULL;
	int err, end;

	if (argc != 4) {
		fprintf(stderr, "usage: %s CAPTURE TRACE COMMENT\n", argv[0]);
		return 2;
	}
	err = ccid_trace_open(&r, argv[1], problem, sizeof problem);
	if (err == 0)
		err = ccid_trace_create(&w, argv[2], false);
	if (err == 0)
		err = copy(r, w, argv[3]);
	if (r != NULL && problem[0] == '\0')
		snprintf(problem, sizeof problem, "%s", ccid_trace_problem(r));
	end = ccid_trace_close(w);
	ccid_trace_reader_close(r);
	if (err == 0)
		err = end;
	if (err != 0)
		fprintf(stderr, "%s: %s (%s)\n", argv[0], ccid_err_text(err), problem);
	return err != 0;
}
