/* SPDX-License-Identifier: MIT */
#ifndef EMU_FILES_PRIV_H
#define EMU_FILES_PRIV_H

#include "emu_files.h"

#define EMU_RECORDS_MAX 254
#define EMU_RECORD_MAX  255
#define EMU_PINS        3
#define EMU_NONE        (-1)

enum emu_access {
	EMU_ALWAYS,
	EMU_PIN_GLOBAL,
	EMU_PIN_LOCAL,
	EMU_AUTHENTICATED
};

/* Descriptor bytes, ISO/IEC 7816-4, table 14. */
enum emu_descriptor {
	EMU_DF = 0x38,
	EMU_TRANSPARENT = 0x01,
	EMU_FIXED = 0x02,
	EMU_VARIABLE = 0x04,
	EMU_CYCLIC = 0x06
};

struct emu_node {
	uint16_t id;
	int parent; /* index; the master file is its own */
	uint8_t descriptor, coding, sfi;
	uint16_t size;   /* bytes, or of a record */
	uint8_t records; /* at first */
	enum emu_access read, write;
	const char *name;
	uint8_t name_len;
};

#define EMU_NODES 15
extern const struct emu_node emu_nodes[EMU_NODES];

struct emu_record {
	uint8_t len;
	uint8_t bytes[EMU_RECORD_MAX];
};

struct emu_content {
	uint8_t *bytes; /* of a transparent file */
	struct emu_record *record;
	unsigned count;
	bool deactivated;
};

struct emu_pin {
	uint8_t code[8];
	size_t len;
	unsigned tries, puk_tries;
	bool verified, not_needed;
};

struct emu_files {
	unsigned flags;
	struct emu_content content[EMU_NODES];
	int df, ef; /* current; ef EMU_NONE */
	struct emu_pin pin[EMU_PINS];
	uint8_t challenge[256], counter;
	size_t challenge_len;
	bool authenticated;
};

bool emu_allowed(const struct emu_files *f, enum emu_access access);

/* The EF that a short identifier names (0: the current one), made the current one; or EMU_NONE. */
int emu_files_by_sfi(struct emu_files *f, unsigned sfi);

/* emu_files_data.c: these take no other instructions than theirs */
bool emu_files_data(struct emu_files *f, const struct emu_command *m, uint8_t *out, size_t *n,
                    uint16_t *sw);
/* emu_files_records.c */
bool emu_files_records(struct emu_files *f, const struct emu_command *m, uint8_t *out, size_t *n,
                       uint16_t *sw);
/* emu_files_auth.c */
void emu_files_auth_init(struct emu_files *f);
void emu_files_auth_reset(struct emu_files *f);
bool emu_files_auth(struct emu_files *f, const struct emu_command *m, uint8_t *out, size_t *n,
                    uint16_t *sw);

#endif
