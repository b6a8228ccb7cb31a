/* SPDX-License-Identifier: MIT */
/* Hand-written CCID messages to an emulated reader: hex out, hex in; blanks mean nothing, ".." is
 * any byte. Every function fails the running cmocka test when the reader does something else. */
#ifndef EMU_TALK_H
#define EMU_TALK_H

#include "emu_config.h"

/* Created, and configured as an operating system would. */
struct emu_device *talk_new(const struct emu_config *cfg);
/* ... with the card in slot 0 powered, whatever its ATR. */
struct emu_device *talk_powered(const struct emu_config *cfg);

/* The clock of the functions below, milliseconds; they never move it. */
extern int64_t talk_now;

void talk_send(struct emu_device *d, const char *hex);
void talk_expect(struct emu_device *d, const char *hex); /* the next bulk IN transfer */
void talk(struct emu_device *d, const char *out, const char *in);
void talk_silent(struct emu_device *d);                    /* nothing on bulk IN */
void talk_notified(struct emu_device *d, const char *hex); /* the next interrupt; "": none */

/* A control transfer: setup and data in hex; the status or length, data in answer. */
int talk_control(struct emu_device *d, const char *setup, uint8_t *answer);

/* A message of the given header (10 bytes, hex; dwLength is filled in) and data. */
void talk_block(struct emu_device *d, const char *header, const uint8_t *data, size_t len);

size_t talk_bytes(uint8_t *out, size_t cap, const char *hex);

#endif
