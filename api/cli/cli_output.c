/* SPDX-License-Identifier: MIT */
#include "cli_output.h"

#include "cli.h"
#include "err.h"

#include <errno.h>
#include <string.h>

static int exit_code(int err)
{
	switch (err) {
	case 0: return CLI_OK;
	case CCID_E_SHORT:
	case CCID_E_FORMAT: return CLI_DAMAGED;
	case CCID_E_ACCESS: return CLI_NO_ACCESS;
	default: return CLI_FAILED;
	}
}

bool cli_output_begin(struct ccid_whole_file *w, const char *path, bool force)
{
	if (ccid_whole_file_begin(w, path, force))
		return true;
	if (errno == EBADF)
		cli_error("standard output is closed");
	else
		cli_error("%s: %s", path,
		          errno == EEXIST ? "is there already (--force replaces it)"
		                          : strerror(errno));
	return false;
}

bool cli_output_keeps(int err)
{
	return err == 0 || err == CCID_E_SHORT || err == CCID_E_FORMAT;
}

int cli_output_end(struct ccid_whole_file *w, int err, bool some)
{
	int code = exit_code(err);

	if (!some || !cli_output_keeps(err)) {
		ccid_whole_file_abandon(w);
		return code == CLI_OK ? CLI_FAILED : code;
	}
	if (ccid_whole_file_commit(w))
		return code;
	cli_error("%s: %s", w->path, strerror(errno));
	return CLI_FAILED;
}
