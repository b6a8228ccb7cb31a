/* SPDX-License-Identifier: MIT */
/* ISCardCmd objects, as a transaction uses them. */
#ifndef CCID_CMD_H
#define CCID_CMD_H

#include "blob.h"

#include <iscard/scarddat.h>

HRESULT ccid_cmd_new(ISCardCmd **out);

/* What a transaction needs to know of a command. */
struct ccid_cmd_request {
	int class_get_response; /* -1: the command's own */
	BYTE nad;
};

/* The APDU of anybody's ISCardCmd into apdu (no allocation for ours once apdu has room).
 * E_INVALIDARG when it is empty or too long. */
HRESULT ccid_cmd_request(ISCardCmd *cmd, struct ccid_blob *apdu, struct ccid_cmd_request *out);

/* Store the reply, data without status, and forget the reply's node address. */
HRESULT ccid_cmd_reply(ISCardCmd *cmd, const uint8_t *data, size_t n, WORD status);

/* No reply, status 0. */
void ccid_cmd_no_reply(ISCardCmd *cmd);

#endif
