/* SPDX-License-Identifier: MIT */
/* A status word that is cut in two: an answer in parts whose last part holds one of its bytes, or
 * none. Which answers those are shows only later, so they are looked for before. */
#include "redact_priv.h"

#include <stdlib.h>

#define SW_LEN 2u

static void note(struct ccid_redactor *r, uint64_t answer, size_t bytes)
{
	struct redact_split *grown;
	size_t cap = r->split_cap == 0 ? 16 : 2 * r->split_cap;

	if (r->splits == r->split_cap) {
		grown = realloc(r->split, cap * sizeof *grown);
		if (grown == NULL) {
			r->out_of_memory = true;
			return;
		}
		r->split = grown;
		r->split_cap = cap;
	}
	r->split[r->splits++] = (struct redact_split){answer, bytes};
}

size_t ccid_redact_status_len(struct ccid_redactor *r, struct redact_pipe *pipe, uint8_t slot,
                              bool more, size_t n)
{
	uint64_t answer = ++r->answers, before = pipe->part[slot];

	pipe->part[slot] = more ? answer : 0;
	if (!more && n < SW_LEN && before != 0 && r->surveying)
		note(r, before, SW_LEN - n);
	if (!more)
		return n < SW_LEN ? n : SW_LEN;
	while (r->next_split < r->splits && r->split[r->next_split].answer < answer)
		r->next_split++;
	if (r->next_split == r->splits || r->split[r->next_split].answer != answer)
		return 0;
	return r->split[r->next_split].bytes < n ? r->split[r->next_split].bytes : n;
}
