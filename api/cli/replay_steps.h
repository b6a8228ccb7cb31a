/* SPDX-License-Identifier: MIT */
/* What a recorded session asked of the reader, message by message put together: what the driver has
 * to do to send the same. */
#ifndef CLI_REPLAY_STEPS_H
#define CLI_REPLAY_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cli_step_kind {
	CLI_STEP_STATUS,   /* GetSlotStatus */
	CLI_STEP_POWER_ON, /* and what belongs to it: PPS, parameters */
	CLI_STEP_RESET,    /* the same while the card is powered */
	CLI_STEP_TRY,      /* a power-on that failed */
	CLI_STEP_POWER_OFF,
	CLI_STEP_APDU,      /* data: as sent, without follow-ups */
	CLI_STEP_ESCAPE,    /* data */
	CLI_STEP_SECURE,    /* data: of PC_to_RDR_Secure */
	CLI_STEP_MECHANICAL /* function: bFunction */
};

struct cli_step {
	enum cli_step_kind kind;
	unsigned slot;
	uint8_t function;
	uint8_t *data;
	size_t len;
	size_t nth; /* command of the recording, from 1; 0 for a token's */
};

struct cli_steps {
	struct cli_step *step;
	size_t count;
	unsigned left_out; /* XfrBlock commands that are no APDU */
};

/* Read the steps from a trace. Returns an exit code, after a message. On success free with
 * cli_steps_free(). */
int cli_steps_load(struct cli_steps *out, const char *path);
void cli_steps_free(struct cli_steps *steps);

/* Let the driver take the steps against the same trace, played so, and show them. Returns an exit
 * code, after a message. */
struct ccid_player_options;
int cli_steps_play(const struct cli_steps *steps, const char *path,
                   const struct ccid_player_options *options, bool json);

#endif
