/* SPDX-License-Identifier: MIT */
/* Scripts for the T=1 engine. A script is text: ">PCB[ INF]" is what the engine must send, "<PCB[ INF]"
 * what the card answers, "<x" an answer with a wrong EDC, "<-" silence, "<p" a parity error; "= DATA" is
 * the response, "! NAME" the failure. Blocks are built here, not by the code under test. */
#ifndef T1_SCRIPT_H
#define T1_SCRIPT_H

#include "t1.h"

extern uint8_t t1_rapdu[CCID_T1_BLOCK_MAX * 8];
extern const uint8_t t1_capdu[8];

/* PCB and INF with NAD, LEN and LRC. */
size_t t1_lrc_block(uint8_t *out, const char *text);
enum ccid_t1_act t1_feed(struct ccid_t1 *t, const char *what);
void t1_check_sent(struct ccid_t1 *t, const char *what);
/* From act on. */
void t1_follow(struct ccid_t1 *t, enum ccid_t1_act act, const char *const *step);

/* One APDU of 4 bytes with IFSC 32 (one block), or of 8 bytes with IFSC 4 (two blocks). */
void t1_play_on(struct ccid_t1 *t, bool chained, const char *const *step);

#define PLAY(chained, ...)                                                                         \
	do {                                                                                       \
		struct ccid_t1 t_;                                                                 \
		ccid_t1_init(&t_, (chained) ? 4 : 32, false, 0);                                   \
		t1_play_on(&t_, chained, (const char *const[]){__VA_ARGS__, NULL});                \
	} while (0)

#define I0                  ">00 00 B0 00 00"
#define I1                  ">40 00 B0 00 00"
#define C0                  ">20 00 B0 00 00"
#define C1                  ">40 02 10 11 12"
#define ON(t, chained, ...) t1_play_on(t, chained, (const char *const[]){__VA_ARGS__, NULL})

#endif
