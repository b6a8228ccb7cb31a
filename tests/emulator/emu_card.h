/* SPDX-License-Identifier: MIT */
/* An emulated ISO/IEC 7816-4 card. It knows nothing of readers: it is reset, and it is given APDUs
 * (as a T=1 card or an APDU level reader hands them over) or T=0 TPDUs (as they go over the
 * contacts).
 *
 * Commands, CLA 00 or 80 (any other: 6E00; any other INS: 6D00):
 *   00 A4 P1 P2 [3F00] SELECT the master file; FCI when asked for, none with P2 = 0C; else 6A82
 *   00 84 00 00 Le     GET CHALLENGE: a counter, one step a byte, that survives resets
 *   00 B0 P1 P2 Le     READ BINARY from a file of 64 KiB that wraps (emu_card_pattern)
 *   00 D6 P1 P2 data   UPDATE BINARY of the same file
 *   00 20 00 80 data   VERIFY, the PIN being 31 32 33 34, three tries: 9000, 63Cx, 6983
 *   80 10 00 00 data   ECHO: gives back what was sent
 *   80 12 n  t         SLOW: asks for n time extensions, t * 100 ms apart, then 9000
 *   80 14 00 00        MUTE: never answers
 *   80 18 S1 S2        answers with the status bytes S1 S2
 *   80 1A n  00 Le     FIXED: n bytes (0: 256); at T=0 any other Le is refused with 6Cnn
 *   80 1C nH nL Le     LONG: n bytes of the pattern; at T=0 offered by 61xx
 *   00 C0 00 00 Le     GET RESPONSE (T=0 TPDUs)
 *   00 C2 00 00 data   ENVELOPE (T=0 TPDUs): pieces of an extended APDU
 */
#ifndef EMU_CARD_H
#define EMU_CARD_H

#include "emu_files.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EMU_ATR_MAX      33
#define EMU_RESPONSE_MAX 65538
#define EMU_COMMAND_MAX  65544

/* Supply classes, ISO/IEC 7816-3, 5.1.3. */
#define EMU_CLASS_5V  1u
#define EMU_CLASS_3V  2u
#define EMU_CLASS_1V8 4u

struct emu_card_config {
	uint8_t atr[EMU_ATR_MAX];
	size_t atr_len; /* 0: a T=0 card, 3B 65 00 00 'E' 'M' 'U' '0' '1' */
	uint8_t warm_atr[EMU_ATR_MAX];
	size_t warm_len;                 /* 0: the same */
	unsigned classes;                /* EMU_CLASS_*; mute at any other; 0: all */
	bool mute;                       /* never answers a reset */
	bool no_pps;                     /* mute to PPS */
	bool byte_acks;                  /* T=0: acknowledges one byte at a time (INS xor FF) */
	unsigned nulls;                  /* T=0: NULL procedure bytes before each answer */
	bool no_envelope;                /* ENVELOPE is answered 6D00 */
	uint8_t challenge;               /* first byte of the first challenge */
	bool files;                      /* the card of emu_files.h instead of the commands above */
	unsigned files_flags;            /* EMU_FILES_* */
	const struct emu_script *script; /* or the card of emu_script.h; outlives the card */
};

/* What came back: data is valid until the next call. */
struct emu_card_answer {
	const uint8_t *data; /* with SW1 SW2 */
	size_t len;
	unsigned extensions; /* times the card asked for more time first */
	unsigned step_ms;    /* between those */
	bool mute;
};

/* Give it the ATR of a card that knows T=1 alone. */
void emu_card_t1(struct emu_card_config *cfg, uint8_t ifsc, bool crc);

struct emu_card;

struct emu_card *emu_card_new(const struct emu_card_config *cfg);
void emu_card_free(struct emu_card *c);

/* What it was made from. */
const struct emu_card_config *emu_card_made(const struct emu_card *c);

/* Whether a T=0 command of this INS and P3 has data for the card. */
bool emu_card_takes_data(const struct emu_card *c, uint8_t ins, uint8_t p3);

/* Answer to reset in *atr (valid as long as the card); 0 when it is mute at this supply. */
size_t emu_card_reset(struct emu_card *c, unsigned supply, bool warm, const uint8_t **atr);

/* One command APDU, ISO/IEC 7816-4 cases 1 to 4E. */
void emu_card_apdu(struct emu_card *c, const uint8_t *apdu, size_t len,
                   struct emu_card_answer *out);

/* One T=0 TPDU of 4, 5 or 5 + P3 bytes, ISO/IEC 7816-3, 10.3. */
void emu_card_tpdu(struct emu_card *c, const uint8_t *tpdu, size_t len,
                   struct emu_card_answer *out);

/* The byte that READ BINARY finds at an offset nobody has written to. */
uint8_t emu_card_pattern(size_t offset);

#endif
