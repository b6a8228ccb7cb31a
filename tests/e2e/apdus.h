/* SPDX-License-Identifier: MIT */
/* The conversation that drivers have with the same emulated card, one line each way, to be compared as
 * text. */
#ifndef APDUS_H
#define APDUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Send an APDU: length of the answer, or negative. */
typedef long (*apdus_send)(const uint8_t *apdu, size_t len, uint8_t *out, size_t cap);

/* Send them, print questions and answers. set: "short", "extended" (with extended APDUs), "tpdu"
 * (without case 4, for which a T=0 TPDU has no room); false for any other. */
bool apdus_run(apdus_send send, const char *set);

#endif
