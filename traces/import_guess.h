/* SPDX-License-Identifier: MIT */
/* What CCID traffic tells of a reader whose descriptors were not captured. */
#ifndef CCID_IMPORT_GUESS_H
#define CCID_IMPORT_GUESS_H

#include "ccid_desc.h"

/* What was seen. Zero-initialise. */
struct ccid_guess {
	uint32_t blocks; /* XfrBlocks that carried data */
	uint32_t t1_blocks, tpdus, apdus;
	bool pps, extended, chained, set_parameters, set_rates, ifs;
	bool t0, t1;       /* protocols named by an ATR or by parameters */
	uint8_t voltages;  /* CCID_VOLT_* that a power-on named */
	bool auto_voltage; /* a power-on left it to the reader */
	uint32_t asked;    /* bit n: slot n got a command */
	uint32_t refused;  /* bit n: the reader said that it has no slot n */
	uint8_t mechanical, pin, ifsd;
	uint32_t longest; /* message, header included */
};

/* The beginning of a message (the first transfer of it, header included; len at least 10). */
void ccid_guess_command(struct ccid_guess *g, const uint8_t *msg, size_t len);
void ccid_guess_answer(struct ccid_guess *g, const uint8_t *msg, size_t len);

/* The exchange level that agrees with the traffic; where two do, the one whose driver sends the
 * same bytes. */
enum ccid_level ccid_guess_level(const struct ccid_guess *g);

#define CCID_GUESS_CONFIG_MAX 93u

/* A configuration descriptor of one CCID interface that would explain the traffic: endpoints as
 * given (interrupt 0: none), packets of 64 bytes. Returns its length. */
size_t ccid_guess_config(const struct ccid_guess *g, uint8_t bulk_out, uint8_t bulk_in,
                         uint8_t interrupt, uint8_t out[CCID_GUESS_CONFIG_MAX]);

#endif
