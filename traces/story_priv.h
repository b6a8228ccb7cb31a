/* SPDX-License-Identifier: MIT */
/* The two halves of the story: the events (story.c), and what messages mean to them (story_slot.c). */
#ifndef CCID_STORY_PRIV_H
#define CCID_STORY_PRIV_H

#include "apdu_text.h"
#include "assembly.h"
#include "ccid_msg.h"

#define STORY_SLOTS   256
#define STORY_FAILURE 160

struct ccid_story_slot {
	enum ccid_story_state state;
	bool asked; /* a command is under way */
	uint8_t type;
	int seq;
	uint64_t asked_ns;
	bool atr;                     /* tokens: the next data block is the ATR */
	uint8_t token_status;         /* tokens of version A: what GET_ICC_STATUS said last */
	enum ccid_assembly_form form; /* of the APDU that is open */
	struct ccid_assembly assembly;
	char failure[STORY_FAILURE];
};

struct ccid_story {
	struct ccid_story_sink sink;
	struct ccid_explain *explain;
	struct ccid_story_slot *slot[STORY_SLOTS];
	int result; /* 0 while events are told */
};

/* NULL when memory is short: the story ends. */
struct ccid_story_slot *ccid_story_slot(struct ccid_story *s, int number);
void ccid_story_tell(struct ccid_story *s, struct ccid_story_event *event);
/* Tell the APDU that is open, if there is one. */
void ccid_story_tell_apdu(struct ccid_story *s, int number, struct ccid_story_slot *slot);
/* A card was seen in the slot, or seen to be missing: tell it if that is news. */
void ccid_story_see(struct ccid_story *s, int number, const struct ccid_explain_line *line,
                    bool present);

/* What a command does, before its line is told. */
void ccid_story_before(struct ccid_story *s, const struct ccid_explain_line *line,
                       struct ccid_story_slot *slot);
/* Whether it is a command that the APDU it belongs to tells: PIN entry, and XfrBlock but for PPS and for
 * S-blocks that ask for no time. */
bool ccid_story_is_part(const struct ccid_explain_line *line);
/* Whether the answer only asks for more time. */
bool ccid_story_extends(const struct ccid_explain_line *line);
/* The state of the slot after an answer (to a command of type of, 0 when not known). */
void ccid_story_move(struct ccid_story *s, const struct ccid_explain_line *line,
                     struct ccid_story_slot *slot, uint8_t of);
/* What an answer adds to the APDU, after its line is told. */
void ccid_story_after(struct ccid_story *s, const struct ccid_explain_line *line,
                      struct ccid_story_slot *slot, uint8_t of);

#endif
