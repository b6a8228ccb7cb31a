/* SPDX-License-Identifier: MIT */
#include "pcapng_read.h"
#include "redir_frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct ccid_trace_reader {
	struct ccid_pcapng file;
	struct ccid_redir_frame frame;
	struct ccid_pcapng_block block;
	int ended; /* 1 while there may be more, else the result that stays */
};

int ccid_trace_open(struct ccid_trace_reader **out, const char *path, char *problem, size_t cap)
{
	struct ccid_trace_reader *r = calloc(1, sizeof *r);
	int err;

	if (r == NULL)
		return CCID_E_NOMEM;
	err = ccid_pcapng_open(&r->file, path);
	if (err != 0) {
		if (problem != NULL && cap > 0)
			snprintf(problem, cap, "%s", r->file.problem);
		free(r);
		return err;
	}
	r->ended = 1;
	*out = r;
	return 0;
}

void ccid_trace_reader_close(struct ccid_trace_reader *r)
{
	if (r == NULL)
		return;
	ccid_pcapng_close(&r->file);
	ccid_redir_frame_free(&r->frame);
	free(r);
}

const char *ccid_trace_problem(const struct ccid_trace_reader *r)
{
	return r->file.problem;
}

uint64_t ccid_trace_size(const struct ccid_trace_reader *r)
{
	return ccid_input_size(&r->file.in);
}

/* What the framing found wrong, with the place in the file. */
static int fail(struct ccid_trace_reader *r, int err)
{
	return ccid_pcapng_fail(&r->file, err, "%s", r->frame.problem);
}

static int feed(struct ccid_trace_reader *r)
{
	int got = ccid_redir_frame_keep(&r->frame), err;

	r->block.comment[0] = '\0';
	if (got != 0)
		return fail(r, got);
	got = ccid_pcapng_next(&r->file, &r->block);
	if (got <= 0)
		return got;
	err = ccid_redir_frame_feed(&r->frame, r->block.dir, r->block.time_ns, r->block.data,
	                            r->block.len);
	return err != 0 ? fail(r, err) : 1;
}

static int finish(struct ccid_trace_reader *r)
{
	if (ccid_redir_frame_waiting(&r->frame))
		return ccid_pcapng_fail(&r->file, CCID_E_SHORT,
		                        "the file is cut off inside a usbredir packet");
	if (r->frame.packets == 0 && r->file.foreign > 0)
		return ccid_pcapng_fail(&r->file, CCID_E_FORMAT,
		                        "packets of link type %" PRIu32 ", none of usbredir (147): "
		                        "not a trace; \"iscard trace import\" may make one of it",
		                        r->file.foreign_link);
	return 0;
}

static int next(struct ccid_trace_reader *r, struct ccid_trace_packet *out)
{
	int got;

	while ((got = ccid_redir_frame_next(&r->frame, out)) == 0) {
		got = feed(r);
		if (got < 0)
			return got;
		if (got == 0)
			return finish(r);
	}
	if (got < 0)
		return fail(r, got);
	out->offset = r->file.block;
	if (out->dir == r->block.dir && r->block.comment[0] != '\0')
		out->comment = r->block.comment;
	return 1;
}

int ccid_trace_next(struct ccid_trace_reader *r, struct ccid_trace_packet *out)
{
	if (r->ended == 1) {
		int got = next(r, out);

		if (got == 1)
			return 1;
		r->ended = got;
	}
	return r->ended;
}
