/* SPDX-License-Identifier: MIT */
/* A connection of the tool to the card in one reader, through ISCard. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "atr.h"
#include "cli_reader.h"

struct cli_session {
	struct cli_reader reader;
	ISCard *card;
	ISCardCmd *cmd;
	uint8_t *reply; /* of the last command */
};

/* Find the reader, SHARED and with T=0 or T=1 attach to its card. trace: record to this file, or
 * NULL. Returns an exit code, after a message. On success end with cli_session_close(). */
int cli_session_open(struct cli_session *s, const char *reader, const char *trace);

/* The same in two steps: without the card; then with it. */
int cli_session_start(struct cli_session *s, const char *reader, const char *trace);
int cli_session_attach(struct cli_session *s);

/* As cli_session_attach(), without a message. */
HRESULT cli_session_try_attach(struct cli_session *s);

/* The ATR of the card. Returns an exit code, after a message. */
int cli_session_atr(struct cli_session *s, struct ccid_atr *atr);

/* T=0 or T=1, as 0 or 1; -1 when it cannot be known. */
int cli_session_protocol(struct cli_session *s);

/* Send one command APDU: a cli_transmit_fn on a struct cli_session. */
int cli_session_transmit(void *session, const uint8_t *apdu, size_t len, const uint8_t **reply,
                         size_t *reply_len);

/* Detach. The result goes to *hr without a message; iscard_last_disposition(s->card) tells more. */
void cli_session_detach(struct cli_session *s, SCARD_DISPOSITIONS disposition, HRESULT *hr);

/* Detach with LEAVE if attached, and free everything. */
void cli_session_close(struct cli_session *s);

#endif
