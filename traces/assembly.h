/* SPDX-License-Identifier: MIT */
/* APDUs put together from what a reader is sent and answers: parts of extended APDUs, T=0 TPDUs, T=1
 * blocks, characters, the requests of ICCD tokens. */
#ifndef CCID_ASSEMBLY_H
#define CCID_ASSEMBLY_H

#include "story.h"

#define CCID_ASSEMBLY_MAX 65544u /* bytes of a command or response that are kept */

enum ccid_assembly_form {
	CCID_ASSEMBLY_APDU,  /* whole ones; at extended APDU level in parts */
	CCID_ASSEMBLY_T0,    /* T=0 TPDUs */
	CCID_ASSEMBLY_CHARS, /* T=0 by the character, also tokens of version A */
	CCID_ASSEMBLY_T1,
};

/* A piece that came or went. */
struct ccid_assembly_piece {
	enum ccid_assembly_form form;
	const uint8_t *data;
	size_t len;
	uint8_t chain;                      /* enum ccid_chain; 0 where there are no parts */
	const struct ccid_mask_span *masks; /* of data */
	size_t mask_count;
	uint64_t time_ns, packet;
};

/* One for each slot. Zero-initialise. */
struct ccid_assembly {
	struct ccid_story_apdu apdu;
	bool open;          /* there is something in apdu */
	bool done;          /* its response is there, though with T=0 more may follow */
	bool more;          /* of the command is to come, or (T=0 characters) of its data */
	bool second;        /* SW1 has come, SW2 not */
	uint8_t from_card;  /* PCB of the last I-block of the card */
	bool from_card_was; /* there was one */
	uint8_t to_card;    /* the same of ours */
	bool to_card_was;
	uint8_t ins;        /* T=0 characters: of the TPDU under way */
	size_t data_all;    /* its data still to move */
	size_t data_left;   /* of that, before the next procedure byte */
	uint8_t block[260]; /* T=1 characters: a block that is not whole yet */
	size_t block_len;
};

/* Whether the piece goes on with the APDU that is open. If not, what is open is over, to be told and
 * then cleared with ccid_assembly_clear(), before the piece is given. */
bool ccid_assembly_continues(const struct ccid_assembly *a,
                             const struct ccid_assembly_piece *piece);
/* 0, or CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_assembly_command(struct ccid_assembly *a, const struct ccid_assembly_piece *piece);
/* Sets done. 0, or CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_assembly_answer(struct ccid_assembly *a, const struct ccid_assembly_piece *piece);
/* Whether it is done and nothing can follow: it may be told at once. */
bool ccid_assembly_over(const struct ccid_assembly *a, enum ccid_assembly_form form);
/* Mark what may be a PIN as unknown. Call before it is told. */
void ccid_assembly_hide(struct ccid_assembly *a);
/* Forget the APDU; the numbering of T=1 blocks goes on. */
void ccid_assembly_clear(struct ccid_assembly *a);
/* The card was reset. */
void ccid_assembly_reset(struct ccid_assembly *a);
void ccid_assembly_free(struct ccid_assembly *a);

#endif
