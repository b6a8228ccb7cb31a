/* SPDX-License-Identifier: MIT */
#include "redact_file.h"

#include "bytes.h"
#include "ccid_msg.h"
#include "trace_masked.h"
#include "whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct job {
	const struct ccid_rewrite *rewrite;
	struct ccid_rewrite_result result;
	struct ccid_redactor *redactor;
	struct ccid_trace_reader *r;
	struct ccid_whole_file whole;
	struct ccid_trace_writer *w;
	uint8_t *copy; /* CCID_TRACE_PACKET_MAX */
	char problem[CCID_TRACE_PROBLEM_MAX];
};

static bool only_marks(const struct ccid_rewrite *w)
{
	return w->rules.challenges || w->count > 0;
}

static int open_reader(struct job *j, const char *path)
{
	ccid_trace_reader_close(j->r);
	j->r = NULL;
	return ccid_trace_open(&j->r, path, j->problem, sizeof j->problem);
}

static int fail(struct job *j, int err)
{
	if (j->problem[0] == '\0')
		snprintf(j->problem, sizeof j->problem, "%s", ccid_trace_problem(j->r));
	return err;
}

static int survey(struct job *j)
{
	struct ccid_trace_packet from;
	int got;

	while ((got = ccid_trace_next(j->r, &from)) == 1) {
		const struct ccid_redir_packet p = ccid_trace_payload(&from);

		memcpy(j->copy, p.data, p.data_len);
		got = ccid_redactor_survey(j->redactor, from.dir, &p, j->copy);
		if (got != 0)
			return got;
	}
	ccid_redactor_surveyed(j->redactor);
	return got == CCID_E_SHORT || got == CCID_E_FORMAT ? 0 : got;
}

/* The marks of this packet, within its payload. */
static int add_marks(struct job *j, const struct ccid_redir_packet *p, struct ccid_mask_list *spans)
{
	const struct ccid_rewrite *w = j->rewrite;
	size_t skip = p->type == CCID_REDIR_BULK ? CCID_HEADER_LEN : 0;

	for (size_t i = 0; i < w->count; i++) {
		const struct ccid_mark *m = &w->marks[i];

		if (m->packet != j->result.packets)
			continue;
		if (p->data_len < skip || m->off > p->data_len - skip || m->len == 0 ||
		    m->len > p->data_len - skip - m->off) {
			snprintf(j->problem, sizeof j->problem,
			         "packet %" PRIu64 " has no data bytes %zu to %zu", m->packet,
			         m->off, m->off + m->len - 1);
			return CCID_E_ARG;
		}
		ccid_mask_add(spans, skip + m->off, m->len);
	}
	return 0;
}

static void make_comment(const struct job *j, char *out, size_t cap, struct ccid_mask_list *spans,
                         const char *before)
{
	const char *word = only_marks(j->rewrite) ? "any" : "masked", *pos = NULL;
	struct ccid_mask_span span;

	if (before != NULL && ccid_redactor_names(j->redactor, before)) {
		while (ccid_mask_next(before, &pos, &span))
			ccid_mask_add(spans, span.off, span.len);
		before = NULL;
	}
	ccid_trace_drop_listed(spans, before);
	ccid_mask_comment(out, cap, word, spans, before);
}

static int copy_packet(struct job *j, const struct ccid_trace_packet *from)
{
	struct ccid_redir_packet p = ccid_trace_payload(from);
	size_t before = from->len - p.data_len;
	char comment[CCID_TRACE_COMMENT_MAX + 1];
	struct ccid_mask_list spans;
	int err;

	memcpy(j->copy, from->data, from->len);
	j->result.packets++;
	err = ccid_redactor_packet(j->redactor, from->dir, &p, j->copy + before, &spans);
	if (err == CCID_E_UNSUPPORTED)
		snprintf(j->problem, sizeof j->problem,
		         "packet %" PRIu64 ": at character level answers cannot be told from "
		         "procedure bytes",
		         j->result.packets);
	if (err == 0)
		err = add_marks(j, &p, &spans);
	if (err != 0)
		return err;
	j->result.spans += spans.count;
	for (unsigned i = 0; i < spans.count; i++)
		spans.span[i].off += before;
	make_comment(j, comment, sizeof comment, &spans, from->comment);
	return ccid_trace_write(j->w, from->dir, from->time_ns, j->copy, from->len, comment);
}

static int check_marks(struct job *j)
{
	for (size_t i = 0; i < j->rewrite->count; i++) {
		uint64_t n = j->rewrite->marks[i].packet;

		if (n >= 1 && n <= j->result.packets)
			continue;
		snprintf(j->problem, sizeof j->problem, "there is no packet %" PRIu64, n);
		return CCID_E_ARG;
	}
	return 0;
}

static int copy_packets(struct job *j)
{
	struct ccid_trace_packet from;
	int got = 0;

	while (got == 0 && (got = ccid_trace_next(j->r, &from)) == 1)
		got = copy_packet(j, &from);
	return got != 0 ? got : check_marks(j);
}

static int begin_output(struct job *j, const char *out)
{
	int fd, err;

	if (ccid_whole_file_begin(&j->whole, out, j->rewrite->overwrite)) {
		fd = fcntl(j->whole.fd, F_DUPFD_CLOEXEC, 0);
		err = fd < 0 ? CCID_E_IO : ccid_trace_create_buffered(&j->w, fd, NULL);
		if (err != 0)
			ccid_whole_file_abandon(&j->whole);
		return err;
	}
	snprintf(j->problem, sizeof j->problem, "%s: %s", out,
	         errno == EEXIST ? "is there already" : strerror(errno));
	return errno == EEXIST ? CCID_E_BUSY : errno == EACCES ? CCID_E_ACCESS : CCID_E_IO;
}

/* What comes before damage is kept. */
static int end_output(struct job *j, const char *out, int err)
{
	int end = ccid_trace_close(j->w), why = errno;
	bool keep = end == 0 && (err == 0 || err == CCID_E_SHORT || err == CCID_E_FORMAT);

	if (!keep)
		ccid_whole_file_abandon(&j->whole);
	else if (!ccid_whole_file_commit(&j->whole)) {
		why = errno;
		end = why == EEXIST ? CCID_E_BUSY : CCID_E_IO;
	}
	if (end != 0)
		snprintf(j->problem, sizeof j->problem, "%s: %s", out, strerror(why));
	return end != 0 ? end : err;
}

static int rewrite_to(struct job *j, const char *out)
{
	int err = begin_output(j, out);

	return err != 0 ? err : end_output(j, out, copy_packets(j));
}

static int run(struct job *j, const char *in, const char *out)
{
	struct ccid_redact_rules rules = j->rewrite->rules;
	int err;

	rules.late = !only_marks(j->rewrite);
	err = ccid_redactor_new(&j->redactor, &rules);
	j->copy = malloc(CCID_TRACE_PACKET_MAX);
	if (err == 0 && j->copy == NULL)
		err = CCID_E_NOMEM;
	if (err == 0)
		err = open_reader(j, in);
	if (err == 0 && (j->rewrite->rules.serials || j->rewrite->rules.responses)) {
		err = survey(j);
		if (err == 0)
			err = open_reader(j, in);
	}
	if (err == 0)
		err = rewrite_to(j, out);
	return err != 0 && j->r != NULL ? fail(j, err) : err;
}

int ccid_rewrite_file(const char *in, const char *out, const struct ccid_rewrite *rewrite,
                      struct ccid_rewrite_result *result, char *problem, size_t cap)
{
	struct job j = {.rewrite = rewrite};
	int err = run(&j, in, out);

	ccid_trace_reader_close(j.r);
	ccid_redactor_free(j.redactor);
	if (j.copy != NULL)
		ccid_wipe(j.copy, CCID_TRACE_PACKET_MAX);
	free(j.copy);
	*result = j.result;
	if (problem != NULL && cap > 0)
		snprintf(problem, cap, "%s",
		         err != 0 && j.problem[0] == '\0' ? ccid_err_text(err) : j.problem);
	return err;
}
