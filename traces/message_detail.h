/* SPDX-License-Identifier: MIT */
/* What a person wants to know of a message beyond its text: parameters, PPS, ATR, PIN structures, T=1
 * blocks, applications, status words. */
#ifndef CCID_MESSAGE_DETAIL_H
#define CCID_MESSAGE_DETAIL_H

#include "message_text.h"
#include "words.h"

/* Append to the text of a whole message, or add nothing. ctx as ccid_message_text() left it. Returns
 * whether it tells of a failure that the text does not know: a status word in a T=1 block. PINs are
 * not shown. */
bool ccid_message_detail(struct ccid_words *w, const struct ccid_message_context *ctx,
                         const uint8_t *msg, size_t len);

#endif
