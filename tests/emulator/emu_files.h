/* SPDX-License-Identifier: MIT */
/* An emulated card with a file system, as ISO/IEC 7816-4 has it: what emu_card.h becomes with
 * emu_card_config.files. Class 00 only.
 *
 *   3F00            master file
 *     2F00          EF.DIR, linear variable, two applications
 *     0101 (SFI 1)  transparent, 40000 bytes of emu_card_pattern()
 *     0102 (SFI 2)  linear fixed, 5 records of 16 bytes
 *     0103 (SFI 3)  linear variable, 3 records, room for more
 *     0104 (SFI 4)  cyclic, 4 records of 8 bytes
 *     0105 (SFI 5)  transparent, 64 bytes; reading takes PIN 01
 *     0106          transparent, 32 bytes of 0F; WRITE is OR
 *     0107          transparent, 32 bytes of FC; WRITE is AND; updating takes authentication
 *     0108          linear fixed, 254 records of 4 bytes
 *     5015          DF, name A0 00 00 00 63 50 4B 43 53 2D 31 35 ("\xA0..cPKCS-15")
 *       4401        transparent, 10 bytes; reading takes the DF's PIN 81
 *       5016        DF without a name
 *         4402      transparent, 300 bytes
 *     7F01          DF, name "1PAY.SYS.DDF01"
 * Record k (from 1) of a file begins with k and goes on with k + 10h, k + 11h, ...
 *
 * PIN 01 is "1234", 3 tries, PUK "12345678"; PIN 81, of DF 5015, is "9999", 3 tries, and its state ends
 * when a DF is selected by name, the same one included. PIN 02 needs no PUK to be unblocked.
 * INTERNAL AUTHENTICATE answers each byte xor (5A + key); EXTERNAL AUTHENTICATE takes the last
 * challenge, each byte xor A5, once. Keys 00 to 02. */
#ifndef EMU_FILES_H
#define EMU_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the card does not do, or does wrong. */
#define EMU_FILES_NO_FCP    0x0001u /* SELECT with P2 04: 6A86 */
#define EMU_FILES_SILENT    0x0002u /* SELECT with any P2 but 0C: 6A86 */
#define EMU_FILES_NO_PATHS  0x0004u /* SELECT with P1 08, 09: 6A86 */
#define EMU_FILES_FCP_LIES  0x0008u /* the template is shorter than its length */
#define EMU_FILES_NO_APPEND 0x0010u /* APPEND RECORD: 6D00 */
#define EMU_FILES_PIECEMEAL 0x0020u /* READ BINARY gives 100 bytes at most */
#define EMU_FILES_TOO_MUCH  0x0040u /* READ BINARY gives one byte more than Le */
#define EMU_FILES_ALWAYS_61 0x0080u /* READ BINARY, GET RESPONSE: 6110 without data */
#define EMU_FILES_ALWAYS_6C 0x0100u /* READ BINARY: 6C10 whatever Le is */
#define EMU_FILES_53_LIES   0x0200u /* the data object behind an offset is shorter than it says */
#define EMU_FILES_DIR_LIES  0x0400u /* the same in EF.DIR */
#define EMU_FILES_NO_ERASE  0x0800u /* ERASE: 6D00 */
#define EMU_FILES_BRIEF     0x1000u /* a challenge has 8 bytes at most */
#define EMU_FILES_ENDLESS   0x2000u /* READ BINARY gives one byte at any offset, without end */
#define EMU_FILES_NO_DIR    0x4000u /* there is no EF.DIR */
#define EMU_FILES_NO_STATES 0x8000u /* DEACTIVATE, ACTIVATE FILE: 6D00 */

struct emu_command {
	uint8_t cla, ins, p1, p2;
	const uint8_t *data;
	size_t lc;
	size_t le; /* 0: none wanted */
};

struct emu_files;

struct emu_files *emu_files_new(unsigned flags);
void emu_files_free(struct emu_files *f);
void emu_files_reset(struct emu_files *f);

/* Data of the response into out, its length into *n; the status bytes are returned. */
uint16_t emu_files_run(struct emu_files *f, const struct emu_command *m, uint8_t *out, size_t *n);

/* T=0: which way the data of an instruction goes. */
bool emu_files_gives(uint8_t ins);
bool emu_files_takes(uint8_t ins);

#endif
