/* SPDX-License-Identifier: MIT */
/* A card that answers from a list: an application as far as some client asks for it. */
#ifndef EMU_SCRIPT_H
#define EMU_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

#define EMU_SCRIPT_LINES 64
#define EMU_SCRIPT_BYTES 512

struct emu_command;

struct emu_script_line {
	uint8_t command[64]; /* CLA INS P1 P2 and the data, without Lc and Le */
	size_t command_len;
	uint8_t answer[EMU_SCRIPT_BYTES]; /* with SW1 SW2 */
	size_t answer_len;
};

struct emu_script {
	struct emu_script_line line[EMU_SCRIPT_LINES];
	size_t count;
};

/* Lines of hexadecimal "COMMAND > ANSWER"; blanks do not count, # begins a remark. The number of the
 * line that is wrong, -1 when the file cannot be read, 0. */
int emu_script_read(struct emu_script *s, const char *path);

/* What the list says; for the rest 6A82 (SELECT, GET DATA) or 6D00. Returns SW1 SW2, data in out. */
uint16_t emu_script_run(const struct emu_script *s, const struct emu_command *m, uint8_t *out,
                        size_t *n);

#endif
