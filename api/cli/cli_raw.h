/* SPDX-License-Identifier: MIT */
/* A reader opened below ISCard: by the driver itself. */
#ifndef CLI_RAW_H
#define CLI_RAW_H

#include "reader.h"

/* Open the transport behind a reader address. problem (cap bytes) says in one line what failed. A
 * negative enum ccid_err on failure. */
int cli_transport_open(struct ccid_transport **out, const char *address, const struct ccid_env *env,
                       char *problem, size_t cap);

struct cli_raw {
	struct ccid_env env;
	struct ccid_reader *reader;
	unsigned slot;
	char *address;
	uint8_t *reply;
};

/* Open the reader that text names and, if that is wanted, power its card, T=0 or T=1. Returns an exit
 * code, after a message. s stays in place until cli_raw_close(). */
int cli_raw_open(struct cli_raw *s, const char *text, bool power_on);

/* Eject the card, whatever it is: 0, 1 when it is seen to be gone, or a negative enum ccid_err;
 * CCID_E_UNSUPPORTED when the reader cannot, which then powers it off. */
int cli_raw_eject(struct cli_raw *s);

/* Send an APDU; 61xx and 6Cxx are left to the caller: a cli_transmit_fn on a struct cli_raw. */
int cli_raw_transmit(void *raw, const uint8_t *apdu, size_t len, const uint8_t **reply,
                     size_t *reply_len);

/* Send a vendor command (PC_to_RDR_Escape) to the reader; the answer is valid until the next. Returns
 * an exit code, after a message. */
int cli_raw_escape(struct cli_raw *s, const uint8_t *out, size_t len, const uint8_t **in,
                   size_t *in_len);

void cli_raw_close(struct cli_raw *s);

#endif
