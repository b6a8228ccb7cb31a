/* SPDX-License-Identifier: MIT */
/* "replay:FILE?strict=exact&speed=real": a recorded reader as an address. */
#ifndef CCID_REPLAY_ADDRESS_H
#define CCID_REPLAY_ADDRESS_H

#include "player.h"

#define CCID_REPLAY_PREFIX "replay:"

struct ccid_replay_address {
	char *path; /* free() it */
	struct ccid_player_options options;
};

bool ccid_is_replay_address(const char *text);

/* What the address says: percent-encoding undone (a percent sign that begins no such thing stays),
 * and options behind a ?, which in a file's name is written %3F:
 *   strict=exact|message|lenient
 *   speed=none|real|N   N times the recorded pace, from 0.001 to 1000, with up to three decimals
 * CCID_E_FORMAT with *why (static; may be NULL), CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_replay_address_parse(struct ccid_replay_address *out, const char *text, const char **why);

/* The value of speed alone: 0, or CCID_E_FORMAT. */
CCID_MUST_USE
int ccid_replay_speed_parse(uint32_t *out, const char *text);
CCID_MUST_USE
int ccid_replay_strict_parse(enum ccid_strictness *out, const char *text);

#endif
