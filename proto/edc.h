/* SPDX-License-Identifier: MIT */
/* Error detection codes of T=1 (ISO/IEC 7816-3:2006, section 11.3.4). */
#ifndef CCID_EDC_H
#define CCID_EDC_H

#include <stddef.h>
#include <stdint.h>

/* Exclusive or of all bytes. */
uint8_t ccid_lrc(const uint8_t *p, size_t n);

/* ISO/IEC 13239: x16+x12+x5+1 reflected, start FFFF, no final inversion. Sent high byte first. */
uint16_t ccid_crc(const uint8_t *p, size_t n);

#endif
