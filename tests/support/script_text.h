/* SPDX-License-Identifier: MIT */
/* The notation of scripts; transport_script.h explains it. */
#ifndef SCRIPT_TEXT_H
#define SCRIPT_TEXT_H

#include <stddef.h>
#include <stdint.h>

enum script_kind {
	SCRIPT_KIND_BYTE,
	SCRIPT_KIND_ANY,
	SCRIPT_KIND_SEQ, /* the byte says how many to subtract */
	SCRIPT_KIND_LENGTH
};

/* Take a text apart. Returns the number of bytes; fails the test on a malformed text. */
size_t script_parse(uint8_t *bytes, uint8_t *kinds, size_t cap, const char *text);

#endif
