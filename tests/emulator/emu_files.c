/* SPDX-License-Identifier: MIT */
#include "emu_files_priv.h"

#include "emu_card.h"

#include <stdlib.h>
#include <string.h>

#define NAME_PKCS15 "\xA0\x00\x00\x00\x63PKCS-15"
#define NAME_PAY    "1PAY.SYS.DDF01"

enum ins {
	INS_DEACTIVATE = 0x04,
	INS_ACTIVATE = 0x44,
	INS_SELECT = 0xA4,
	INS_GET_RESPONSE = 0xC0
};

enum {
	MF,
	EF_DIR,
	DF_PKCS15 = 10,
	DF_INNER = 12
};

const struct emu_node emu_nodes[EMU_NODES] = {
	[MF] = {.id = 0x3F00, .descriptor = EMU_DF},
	[EF_DIR] = {.id = 0x2F00, .descriptor = EMU_VARIABLE, .size = 64, .records = 2},
	{.id = 0x0101, .descriptor = EMU_TRANSPARENT, .sfi = 1, .size = 40000},
	{.id = 0x0102, .descriptor = EMU_FIXED, .sfi = 2, .size = 16, .records = 5},
	{.id = 0x0103, .descriptor = EMU_VARIABLE, .sfi = 3, .size = 255, .records = 3},
	{.id = 0x0104, .descriptor = EMU_CYCLIC, .sfi = 4, .size = 8, .records = 4},
	{.id = 0x0105, .descriptor = EMU_TRANSPARENT, .sfi = 5, .size = 64, .read = EMU_PIN_GLOBAL},
	{.id = 0x0106, .descriptor = EMU_TRANSPARENT, .coding = 0x41, .size = 32},
	{.id = 0x0107,
         .descriptor = EMU_TRANSPARENT,
         .coding = 0x61,
         .size = 32,
         .write = EMU_AUTHENTICATED},
	{.id = 0x0108, .descriptor = EMU_FIXED, .size = 4, .records = 254},
	[DF_PKCS15] = {.id = 0x5015,
                       .descriptor = EMU_DF,
                       .name = NAME_PKCS15,
                       .name_len = sizeof NAME_PKCS15 - 1},
	{.id = 0x4401,
         .parent = DF_PKCS15,
         .descriptor = EMU_TRANSPARENT,
         .size = 10,
         .read = EMU_PIN_LOCAL},
	[DF_INNER] = {.id = 0x5016, .parent = DF_PKCS15, .descriptor = EMU_DF},
	{.id = 0x4402, .parent = DF_INNER, .descriptor = EMU_TRANSPARENT, .size = 300},
	{.id = 0x7F01, .descriptor = EMU_DF, .name = NAME_PAY, .name_len = sizeof NAME_PAY - 1},
};

static bool fill_records(struct emu_content *c, const struct emu_node *node)
{
	c->record = calloc(EMU_RECORDS_MAX + 1, sizeof *c->record);
	if (c->record == NULL)
		return false;
	for (unsigned k = 1; k <= node->records; k++) {
		struct emu_record *r = &c->record[k - 1];

		r->len = node->descriptor == EMU_VARIABLE ? (uint8_t)(k * 5) : (uint8_t)node->size;
		r->bytes[0] = (uint8_t)k;
		for (unsigned i = 1; i < r->len; i++)
			r->bytes[i] = (uint8_t)(k + 0x0F + i);
	}
	c->count = node->records;
	return true;
}

static bool fill_bytes(struct emu_content *c, const struct emu_node *node)
{
	c->bytes = malloc(node->size);
	if (c->bytes == NULL)
		return false;
	for (size_t i = 0; i < node->size; i++)
		c->bytes[i] = emu_card_pattern(i);
	if (node->coding == 0x41)
		memset(c->bytes, 0x0F, node->size);
	if (node->coding == 0x61)
		memset(c->bytes, 0xFC, node->size);
	return true;
}

/* Two templates, an erased byte behind the second. */
static void fill_dir(struct emu_content *c, unsigned flags)
{
	static const uint8_t first[] = {0x61, 0x12, 0x50, 0x02, 'I',  'D', 0x4F,
	                                0x0C, 0xA0, 0x00, 0x00, 0x00, 0x63};
	static const uint8_t second[] = {0x61, 0x10, 0x4F, 0x0E};
	struct emu_record *r = c->record;

	memcpy(r[0].bytes, first, sizeof first);
	memcpy(r[0].bytes + sizeof first, "PKCS-15", 7);
	r[0].len = sizeof first + 7;
	memcpy(r[1].bytes, second, sizeof second);
	memcpy(r[1].bytes + sizeof second, NAME_PAY, 14);
	r[1].bytes[sizeof second + 14] = 0xFF;
	r[1].len = sizeof second + 15;
	if (flags & EMU_FILES_DIR_LIES)
		r[0].bytes[7] = 0x40;
}

struct emu_files *emu_files_new(unsigned flags)
{
	struct emu_files *f = calloc(1, sizeof *f);
	bool good = f != NULL;

	for (unsigned i = 0; good && i < EMU_NODES; i++) {
		const struct emu_node *node = &emu_nodes[i];

		if (node->descriptor == EMU_TRANSPARENT)
			good = fill_bytes(&f->content[i], node);
		else if (node->descriptor != EMU_DF)
			good = fill_records(&f->content[i], node);
	}
	if (!good) {
		emu_files_free(f);
		return NULL;
	}
	fill_dir(&f->content[EF_DIR], flags);
	f->flags = flags;
	emu_files_auth_init(f);
	emu_files_reset(f);
	return f;
}

void emu_files_free(struct emu_files *f)
{
	if (f == NULL)
		return;
	for (unsigned i = 0; i < EMU_NODES; i++) {
		free(f->content[i].bytes);
		free(f->content[i].record);
	}
	free(f);
}

void emu_files_reset(struct emu_files *f)
{
	f->df = MF;
	f->ef = EMU_NONE;
	emu_files_auth_reset(f);
}

bool emu_allowed(const struct emu_files *f, enum emu_access access)
{
	switch (access) {
	case EMU_PIN_GLOBAL: return f->pin[0].verified || f->pin[0].not_needed;
	case EMU_PIN_LOCAL: return f->pin[1].verified;
	case EMU_AUTHENTICATED: return f->authenticated;
	case EMU_ALWAYS: break;
	}
	return true;
}

static int child(int df, uint16_t id)
{
	for (int i = 1; i < EMU_NODES; i++)
		if (emu_nodes[i].parent == df && emu_nodes[i].id == id)
			return i;
	return EMU_NONE;
}

/* 7.1.1: the children of the current DF, its parent, the children of that. */
static int by_id(const struct emu_files *f, uint16_t id)
{
	int parent = emu_nodes[f->df].parent, found = child(f->df, id);

	if (id == 0x3F00)
		return MF;
	if (found == EMU_NONE && emu_nodes[parent].id == id)
		return parent;
	return found == EMU_NONE ? child(parent, id) : found;
}

static int by_path(int df, const uint8_t *path, size_t len)
{
	for (size_t i = 0; i + 1 < len && df != EMU_NONE; i += 2)
		df = child(df, (uint16_t)(path[i] << 8 | path[i + 1]));
	return df;
}

static int by_name(const uint8_t *name, size_t len)
{
	for (int i = 0; i < EMU_NODES; i++)
		if (emu_nodes[i].name_len == len && memcmp(emu_nodes[i].name, name, len) == 0)
			return i;
	return EMU_NONE;
}

static int find_any(const struct emu_files *f, const struct emu_command *m)
{
	if (m->p1 == 0x04)
		return m->lc > 0 ? by_name(m->data, m->lc) : EMU_NONE;
	if (m->p1 == 0x03)
		return emu_nodes[f->df].parent;
	if (m->lc == 0)
		return m->p1 == 0 ? MF : EMU_NONE;
	if (m->p1 == 0x00)
		return m->lc == 2 ? by_id(f, (uint16_t)(m->data[0] << 8 | m->data[1])) : EMU_NONE;
	return m->lc % 2 == 0 ? by_path(m->p1 == 0x08 ? MF : f->df, m->data, m->lc) : EMU_NONE;
}

static int find(const struct emu_files *f, const struct emu_command *m)
{
	int node = find_any(f, m);

	return node == EF_DIR && (f->flags & EMU_FILES_NO_DIR) ? EMU_NONE : node;
}

static size_t put(uint8_t *out, uint8_t tag, const void *value, size_t len)
{
	out[0] = tag;
	out[1] = (uint8_t)len;
	memcpy(out + 2, value, len);
	return 2 + len;
}

/* 5.3.3: size, descriptor, identifier, name, short identifier, life cycle status. */
static size_t parameters(const struct emu_files *f, int node, uint8_t *out)
{
	const struct emu_node *e = &emu_nodes[node];
	uint8_t coding = e->coding == 0 ? 0x21 : e->coding;
	uint8_t size[2] = {(uint8_t)(e->size >> 8), (uint8_t)e->size};
	uint8_t descriptor[] = {e->descriptor, coding, size[0], size[1], e->records};
	uint8_t id[2] = {(uint8_t)(e->id >> 8), (uint8_t)e->id};
	uint8_t sfi = (uint8_t)(e->sfi << 3), life = f->content[node].deactivated ? 4 : 5;
	bool records = e->descriptor != EMU_DF && e->descriptor != EMU_TRANSPARENT;
	size_t n = 0;

	if (e->descriptor == EMU_TRANSPARENT)
		n += put(out + n, 0x80, size, 2);
	n += put(out + n, 0x82, descriptor, records ? 5 : 2);
	n += put(out + n, 0x83, id, 2);
	if (e->name_len > 0)
		n += put(out + n, 0x84, e->name, e->name_len);
	if (e->sfi > 0)
		n += put(out + n, 0x88, &sfi, 1);
	return n + put(out + n, 0x8A, &life, 1);
}

static bool refuses(const struct emu_files *f, const struct emu_command *m)
{
	uint8_t answer = m->p2 & 0x0C;

	if ((m->p1 == 0x08 || m->p1 == 0x09) && (f->flags & EMU_FILES_NO_PATHS))
		return true;
	if (m->p1 > 0x09 || (m->p1 < 0x08 && m->p1 != 0x00 && m->p1 != 0x03 && m->p1 != 0x04))
		return true;
	if (answer != 0x0C && (f->flags & EMU_FILES_SILENT))
		return true;
	return (answer == 0x04 && (f->flags & EMU_FILES_NO_FCP)) || answer == 0x08;
}

static uint16_t do_select(struct emu_files *f, const struct emu_command *m, uint8_t *out, size_t *n)
{
	int node = refuses(f, m) ? EMU_NONE : find(f, m);

	if (refuses(f, m))
		return 0x6A86;
	if (node == EMU_NONE)
		return 0x6A82;
	if (emu_nodes[node].descriptor == EMU_DF) {
		f->df = node;
		f->ef = EMU_NONE;
		if (m->p1 == 0x04)
			f->pin[1].verified = false;
	} else {
		f->df = emu_nodes[node].parent;
		f->ef = node;
	}
	if (m->le > 0 && (m->p2 & 0x0C) != 0x0C) {
		out[0] = (m->p2 & 0x0C) == 0x04 ? 0x62 : 0x6F;
		*n = 2 + parameters(f, node, out + 2);
		out[1] = (uint8_t)(*n - 2 + (f->flags & EMU_FILES_FCP_LIES ? 9 : 0));
	}
	return f->content[node].deactivated ? 0x6283 : 0x9000;
}

int emu_files_by_sfi(struct emu_files *f, unsigned sfi)
{
	for (int i = 1; sfi > 0 && i < EMU_NODES; i++)
		if (emu_nodes[i].parent == f->df && emu_nodes[i].sfi == sfi)
			return f->ef = i;
	return sfi > 0 ? EMU_NONE : f->ef;
}

static uint16_t set_active(struct emu_files *f, bool active)
{
	int node = f->ef != EMU_NONE ? f->ef : f->df;

	if (f->flags & EMU_FILES_NO_STATES)
		return 0x6D00;
	f->content[node].deactivated = !active;
	return 0x9000;
}

bool emu_files_gives(uint8_t ins)
{
	return ins == 0xB0 || ins == 0xB2 || ins == 0x84;
}

bool emu_files_takes(uint8_t ins)
{
	static const uint8_t taking[] = {0x0E, 0x0F, 0x20, 0x24, 0x26, 0x28, 0x2C, 0x82, 0x88,
	                                 0xA4, 0xB1, 0xD0, 0xD1, 0xD2, 0xD6, 0xD7, 0xDC, 0xE2};

	return memchr(taking, ins, sizeof taking) != NULL;
}

uint16_t emu_files_run(struct emu_files *f, const struct emu_command *m, uint8_t *out, size_t *n)
{
	uint16_t sw = 0x6D00;

	*n = 0;
	if (m->cla != 0x00)
		return 0x6E00;
	if (m->ins == INS_SELECT)
		return do_select(f, m, out, n);
	if (m->ins == INS_GET_RESPONSE && (f->flags & EMU_FILES_ALWAYS_61))
		return 0x6110;
	if (m->ins == INS_ACTIVATE || m->ins == INS_DEACTIVATE)
		return set_active(f, m->ins == INS_ACTIVATE);
	if (!emu_files_data(f, m, out, n, &sw) && !emu_files_records(f, m, out, n, &sw))
		emu_files_auth(f, m, out, n, &sw);
	return sw;
}
