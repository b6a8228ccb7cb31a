/* SPDX-License-Identifier: MIT */
/* APDUs in words: ISO/IEC 7816-4, GlobalPlatform, EMV, PIV, OpenPGP, GSM, and the pseudo APDUs of
 * PC/SC part 3. */
#ifndef CCID_APDU_TEXT_H
#define CCID_APDU_TEXT_H

#include "story.h"
#include "words.h"

/* "SELECT by name A0 00 00 03 08 .. (PIV)", "READ BINARY at 0, wants 256 bytes", "80 10 00 00, 4
 * bytes: DE AD BE EF". Unknown bytes are not shown. */
void ccid_apdu_command_text(struct ccid_words *w, const struct ccid_story_bytes *command);
/* "90 00 success", "90 00 success, 8 bytes: 01 02 ..", "63 C2 verification failed, 2 tries left". */
void ccid_apdu_response_text(struct ccid_words *w, const struct ccid_story_bytes *response);
/* "00 A4 04 00 07", with "**" for each byte that is not known. */
void ccid_apdu_hex(struct ccid_words *w, const struct ccid_story_bytes *bytes, size_t most);

/* Name of an instruction of that class, NULL when unknown. Static. */
const char *ccid_apdu_name(uint8_t cla, uint8_t ins);
/* Whose AID begins, or is the beginning of, these bytes; NULL when unknown. Static. */
const char *ccid_aid_name(const uint8_t *aid, size_t len);

#endif
