/* SPDX-License-Identifier: MIT */
#include "trace_masked.h"

#include "bytes.h"

#include <stdlib.h>

struct ccid_trace_masked {
	struct ccid_redactor *redactor;
	size_t high; /* the most of copy that was ever used */
	char comment[CCID_TRACE_COMMENT_MAX + 1];
	uint8_t copy[CCID_TRACE_PACKET_MAX];
};

struct ccid_redir_packet ccid_trace_payload(const struct ccid_trace_packet *from)
{
	struct ccid_redir_packet p;
	size_t header = ccid_redir_header_len(from->caps);

	if (ccid_redir_decode(&p, from->data, from->len, from->caps) == 0)
		return p;
	header = header < from->len ? header : from->len;
	return (struct ccid_redir_packet){
		.type = UINT32_MAX, .data = from->data + header, .data_len = from->len - header};
}

static bool is_listed(const char *comment, const struct ccid_mask_span *span)
{
	struct ccid_mask_span old;
	const char *pos = NULL;

	while (ccid_mask_next(comment, &pos, &old))
		if (span->off >= old.off && span->off + span->len <= old.off + old.len)
			return true;
	return false;
}

void ccid_trace_drop_listed(struct ccid_mask_list *spans, const char *comment)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < spans->count; i++)
		if (!is_listed(comment, &spans->span[i]))
			spans->span[kept++] = spans->span[i];
	spans->count = kept;
}

int ccid_trace_masked_new(struct ccid_trace_masked **out)
{
	/* a trace may begin late, too */
	static const struct ccid_redact_rules rules = {.late = true};
	struct ccid_trace_masked *m = malloc(sizeof *m);

	if (m == NULL)
		return CCID_E_NOMEM;
	m->high = 0;
	if (ccid_redactor_new(&m->redactor, &rules) != 0) {
		free(m);
		return CCID_E_NOMEM;
	}
	*out = m;
	return 0;
}

void ccid_trace_masked_free(struct ccid_trace_masked *m)
{
	if (m == NULL)
		return;
	ccid_redactor_free(m->redactor);
	ccid_wipe(m->copy, m->high);
	free(m);
}

int ccid_trace_masked_next(struct ccid_trace_masked *m, struct ccid_trace_reader *r,
                           struct ccid_trace_packet *out)
{
	int got = ccid_trace_next(r, out), err;
	struct ccid_redir_packet p;
	struct ccid_mask_list spans;
	size_t before;

	if (got != 1)
		return got;
	p = ccid_trace_payload(out);
	before = out->len - p.data_len;
	memcpy(m->copy, out->data, out->len);
	m->high = out->len > m->high ? out->len : m->high;
	err = ccid_redactor_packet(m->redactor, out->dir, &p, m->copy + before, &spans);
	if (err != 0)
		return err;
	for (unsigned i = 0; i < spans.count; i++)
		spans.span[i].off += before;
	ccid_trace_drop_listed(&spans, out->comment);
	if (spans.count == 0)
		return 1; /* nothing, or what is masked in the file already */
	out->data = m->copy;
	ccid_mask_comment(m->comment, sizeof m->comment, "masked", &spans, out->comment);
	out->comment = m->comment;
	return 1;
}
