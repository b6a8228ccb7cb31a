/* SPDX-License-Identifier: MIT */
/* The conversation that our driver and pcscd have with the same emulated card, one line each way, to
 * be compared as text. */
#ifndef APDUS_H
#define APDUS_H

#include <stddef.h>
#include <stdint.h>

/* Send an APDU: length of the answer, or negative. */
typedef long (*apdus_send)(void *arg, const uint8_t *apdu, size_t len, uint8_t *out, size_t cap);

void apdus_print(const char *what, const uint8_t *bytes, size_t len);

enum apdus_set {
	APDUS_SHORT,
	APDUS_TPDU,     /* without case 4, for which a T=0 TPDU has no room */
	APDUS_EXTENDED, /* with extended APDUs */
};

/* "--tpdu", "--extended", or nothing. */
enum apdus_set apdus_choose(int argc, char **argv);

/* Send them, print questions and answers. 0, or 1 when one could not be sent. */
int apdus_run(apdus_send send, void *arg, enum apdus_set set);

#endif
