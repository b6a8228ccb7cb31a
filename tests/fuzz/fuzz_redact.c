/* SPDX-License-Identifier: MIT */
/* A trace file through the redactor: what it lists lies inside, what it does not list stays. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create */
#endif
#include "fuzz.h"
#include "redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint8_t copy[CCID_TRACE_PACKET_MAX];

static void check(const uint8_t *was, const uint8_t *is, size_t len,
                  const struct ccid_mask_list *spans)
{
	static bool listed[CCID_TRACE_PACKET_MAX];

	memset(listed, false, len);
	for (unsigned i = 0; i < spans->count; i++) {
		const struct ccid_mask_span *s = &spans->span[i];

		FUZZ_CHECK(s->off <= len && s->len <= len - s->off);
		memset(listed + s->off, true, s->len);
	}
	for (size_t i = 0; i < len; i++)
		FUZZ_CHECK(listed[i] || was[i] == is[i]);
}

static void pass(struct ccid_redactor *r, const char *path, bool survey)
{
	struct ccid_trace_packet from;
	struct ccid_trace_reader *t;
	struct ccid_redir_packet p;
	struct ccid_mask_list spans;

	if (ccid_trace_open(&t, path, NULL, 0) != 0)
		return;
	while (ccid_trace_next(t, &from) == 1) {
		if (ccid_redir_decode(&p, from.data, from.len, from.caps) != 0)
			continue;
		memcpy(copy, p.data, p.data_len);
		if (survey) {
			FUZZ_CHECK(ccid_redactor_survey(r, from.dir, &p, copy) == 0);
		} else if (ccid_redactor_packet(r, from.dir, &p, copy, &spans) == 0) {
			check(p.data, copy, p.data_len, &spans);
		}
	}
	ccid_trace_reader_close(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ccid_redact_rules rules[] = {
		{.serials = true, .historical = true, .responses = true},
		{.serials = false},
		{.challenges = true},
	};
	int fd = memfd_create("trace", MFD_CLOEXEC);
	struct ccid_redactor *r;
	char path[64];

	FUZZ_CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		FUZZ_CHECK(ccid_redactor_new(&r, &rules[i]) == 0);
		pass(r, path, true);
		ccid_redactor_surveyed(r);
		pass(r, path, false);
		ccid_redactor_free(r);
	}
	close(fd);
	return 0;
}
