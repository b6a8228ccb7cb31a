/* SPDX-License-Identifier: MIT */
#include "cli_rewrite.h"

#include "cli.h"

#include <inttypes.h>
#include <stdio.h>

int cli_rewrite(const char *in, const char *out, const struct ccid_rewrite *rewrite,
                const char *what)
{
	char problem[CCID_TRACE_PROBLEM_MAX] = "";
	struct ccid_rewrite_result result;
	int err = ccid_rewrite_file(in, out, rewrite, &result, problem, sizeof problem);
	bool written = err == 0 || err == CCID_E_SHORT || err == CCID_E_FORMAT;

	if (err != 0)
		cli_error("%s: %s", in, problem);
	if (err == CCID_E_BUSY)
		cli_error("--force replaces it");
	if (written && result.packets > 0)
		fprintf(stderr, "iscard: %s: %" PRIu64 " packets, %" PRIu64 " spans %s\n", out,
		        result.packets, result.spans, what);
	if (err == CCID_E_SHORT || err == CCID_E_FORMAT)
		return CLI_DAMAGED;
	return err == CCID_E_ARG ? CLI_USAGE : err != 0 ? CLI_FAILED : CLI_OK;
}
