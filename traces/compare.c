/* SPDX-License-Identifier: MIT */
#include "compare_priv.h"

#include <stdio.h>
#include <stdlib.h>

#define W CCID_COMPARE_WINDOW

struct compare {
	const struct ccid_compare_sink *sink;
	struct ccid_compare_result *result;
	struct ccid_compare_side side[2];
	/* longest common part of the windows from (i, j) on */
	uint16_t best[W + 1][W + 1];
	int stop; /* above 0: what take() said; below: an error */
};

static void tell(struct compare *c, const struct ccid_compare_item *a,
                 const struct ccid_compare_item *b, bool changed)
{
	if (c->stop != 0)
		return;
	if (a != NULL && b != NULL && !changed)
		c->result->same++;
	else
		c->result->differ++;
	c->stop = c->sink->take(c->sink->arg, a, b, changed);
}

/* What differs, na and nb items from i and j on: like commands with other answers go together. */
static void tell_run(struct compare *c, size_t i, size_t na, size_t j, size_t nb)
{
	struct ccid_compare_item **a = c->side[0].item + i, **b = c->side[1].item + j;

	while (na > 0 && nb > 0 && (*a)->kind == (*b)->kind && (*a)->answer[0] != '\0' &&
	       (*b)->answer[0] != '\0' && ccid_compare_bytes(&(*a)->command, &(*b)->command)) {
		tell(c, *a++, *b++, true);
		na--;
		nb--;
	}
	while (na-- > 0)
		tell(c, *a++, NULL, false);
	while (nb-- > 0)
		tell(c, NULL, *b++, false);
}

static bool equal(const struct compare *c, size_t i, size_t j)
{
	return ccid_compare_equal(c->side[0].item[i], c->side[1].item[j]);
}

static void measure(struct compare *c, size_t na, size_t nb)
{
	for (size_t i = 0; i <= na; i++)
		c->best[i][nb] = 0;
	for (size_t j = 0; j <= nb; j++)
		c->best[na][j] = 0;
	for (size_t i = na; i-- > 0;)
		for (size_t j = nb; j-- > 0;) {
			uint16_t skip = c->best[i + 1][j] > c->best[i][j + 1] ? c->best[i + 1][j]
			                                                      : c->best[i][j + 1];

			c->best[i][j] =
				equal(c, i, j) ? (uint16_t)(c->best[i + 1][j + 1] + 1) : skip;
		}
}

/* Walk the windows as measured. All of them is told when both traces have ended, or when the last
 * common item comes so early that nothing is won by waiting. */
static void walk(struct compare *c, size_t na, size_t nb, bool all)
{
	size_t i = 0, j = 0, from_i = 0, from_j = 0, enough = W / 2;

	while (i < na && j < nb && c->best[i][j] > 0) {
		if (equal(c, i, j)) {
			tell_run(c, from_i, i - from_i, from_j, j - from_j);
			tell(c, c->side[0].item[i++], c->side[1].item[j++], false);
			from_i = i;
			from_j = j;
		} else if (c->best[i + 1][j] >= c->best[i][j + 1]) {
			i++;
		} else {
			j++;
		}
	}
	if (all || (from_i < enough && from_j < enough)) {
		tell_run(c, from_i, na - from_i, from_j, nb - from_j);
		from_i = na;
		from_j = nb;
	}
	ccid_compare_drop(&c->side[0], from_i);
	ccid_compare_drop(&c->side[1], from_j);
}

static void fill(struct compare *c, size_t items)
{
	for (unsigned i = 0; i < 2 && c->stop == 0; i++)
		if (ccid_compare_fill(&c->side[i], items) != 0)
			c->stop = CCID_E_NOMEM;
}

static void align(struct compare *c)
{
	struct ccid_compare_side *a = &c->side[0], *b = &c->side[1];
	size_t na, nb;

	for (fill(c, 1); c->stop == 0 && a->items + b->items > 0; fill(c, 1)) {
		if (a->items > 0 && b->items > 0 && equal(c, 0, 0)) {
			tell(c, a->item[0], b->item[0], false);
			ccid_compare_drop(a, 1);
			ccid_compare_drop(b, 1);
			continue;
		}
		fill(c, W);
		if (c->stop != 0)
			break;
		na = a->items < W ? a->items : W;
		nb = b->items < W ? b->items : W;
		measure(c, na, nb);
		walk(c, na, nb, a->ended && b->ended && na == a->items && nb == b->items);
	}
}

static void note_problems(struct compare *c)
{
	for (unsigned i = 0; i < 2; i++) {
		c->result->err[i] = c->side[i].err;
		snprintf(c->result->problem[i], sizeof c->result->problem[i], "%s",
		         c->side[i].problem[0] != '\0' || c->side[i].err == 0
		                 ? c->side[i].problem
		                 : ccid_err_text(c->side[i].err));
	}
}

static void pass(struct compare *c, const char *const path[2], int slot, bool slots[256])
{
	for (unsigned i = 0; i < 2; i++)
		ccid_compare_open(&c->side[i], path[i], slot);
	align(c);
	note_problems(c);
	for (unsigned i = 0; i < 256 && slots != NULL; i++)
		slots[i] = c->side[0].slots[i] || c->side[1].slots[i];
	for (unsigned i = 0; i < 2; i++)
		ccid_compare_close(&c->side[i]);
}

static bool readable(const struct ccid_compare_result *r)
{
	for (unsigned i = 0; i < 2; i++)
		if (r->err[i] != 0 && r->err[i] != CCID_E_SHORT && r->err[i] != CCID_E_FORMAT)
			return false;
	return true;
}

int ccid_compare_files(const char *a, const char *b, const struct ccid_compare_sink *sink,
                       struct ccid_compare_result *result)
{
	const char *const path[2] = {a, b};
	struct compare *c = calloc(1, sizeof *c);
	bool slots[256] = {false};
	int stop;

	*result = (struct ccid_compare_result){0};
	if (c == NULL)
		return CCID_E_NOMEM;
	c->sink = sink;
	c->result = result;
	pass(c, path, -1, slots);
	for (int i = 0; i < 256 && c->stop == 0 && readable(result); i++)
		if (slots[i])
			pass(c, path, i, NULL);
	stop = c->stop;
	free(c);
	return stop;
}
