/* SPDX-License-Identifier: MIT */
/* What a harness is: LLVMFuzzerTestOneInput() and checks that hold for every input. libFuzzer
 * calls it with bytes of its own; replay.c with the files of corpus/NAME, as a plain test. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stop with the place when a fact does not hold. */
#define FUZZ_CHECK(fact)                                                                           \
	do {                                                                                       \
		if (!(fact)) {                                                                     \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #fact);   \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#endif
