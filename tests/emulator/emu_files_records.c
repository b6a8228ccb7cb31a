/* SPDX-License-Identifier: MIT */
/* READ, UPDATE, APPEND and ERASE RECORD (ISO/IEC 7816-4, 7.3). */
#include "emu_files_priv.h"

#include <string.h>

enum ins {
	INS_ERASE = 0x0C,
	INS_READ = 0xB2,
	INS_UPDATE = 0xDC,
	INS_APPEND = 0xE2,
};

#define BY_NUMBER 4
#define PREVIOUS  3

static uint16_t store(const struct emu_node *node, struct emu_record *to,
                      const struct emu_command *m)
{
	bool variable = node->descriptor == EMU_VARIABLE;

	if (m->lc == 0 || m->lc > EMU_RECORD_MAX || (!variable && m->lc != node->size))
		return 0x6700;
	to->len = (uint8_t)m->lc;
	memcpy(to->bytes, m->data, m->lc);
	return 0x9000;
}

/* A cyclic file keeps its number of records: the oldest makes room, the new one is the first. */
static uint16_t add(const struct emu_node *node, struct emu_content *c, const struct emu_command *m)
{
	bool cyclic = node->descriptor == EMU_CYCLIC;
	struct emu_record fresh = {0};
	uint16_t sw = store(node, &fresh, m);

	if (sw != 0x9000)
		return sw;
	if (!cyclic && (c->count == EMU_RECORDS_MAX || node->descriptor == EMU_FIXED))
		return 0x6A84;
	if (cyclic) {
		memmove(c->record + 1, c->record, (c->count - 1) * sizeof *c->record);
		c->record[0] = fresh;
	} else {
		c->record[c->count++] = fresh;
	}
	return 0x9000;
}

static uint16_t on_record(struct emu_files *f, const struct emu_node *node,
                          struct emu_record *record, const struct emu_command *m, uint8_t *out,
                          size_t *n)
{
	if (m->ins == INS_READ) {
		if (!emu_allowed(f, node->read))
			return 0x6982;
		if (m->le == 0)
			return 0x6700;
		*n = record->len;
		memcpy(out, record->bytes, *n);
		return 0x9000;
	}
	if (!emu_allowed(f, node->write))
		return 0x6982;
	if (m->ins == INS_UPDATE)
		return store(node, record, m);
	if (f->flags & EMU_FILES_NO_ERASE)
		return 0x6D00;
	memset(record->bytes, 0, record->len);
	return 0x9000;
}

static bool mine(uint8_t ins)
{
	return ins == INS_READ || ins == INS_UPDATE || ins == INS_APPEND || ins == INS_ERASE;
}

bool emu_files_records(struct emu_files *f, const struct emu_command *m, uint8_t *out, size_t *n,
                       uint16_t *sw)
{
	const struct emu_node *node;
	struct emu_content *c;
	int ef;

	if (!mine(m->ins))
		return false;
	ef = emu_files_by_sfi(f, m->p2 >> 3);
	*sw = m->p2 >> 3 ? 0x6A82 : 0x6986;
	if (ef == EMU_NONE)
		return true;
	node = &emu_nodes[ef];
	c = &f->content[ef];
	if (node->descriptor == EMU_TRANSPARENT)
		*sw = 0x6981;
	else if (c->deactivated)
		*sw = 0x6985;
	else if (m->ins == INS_APPEND)
		*sw = f->flags & EMU_FILES_NO_APPEND ? 0x6D00 : add(node, c, m);
	else if (m->ins == INS_UPDATE && (m->p2 & 7) == PREVIOUS && node->descriptor == EMU_CYCLIC)
		*sw = add(node, c, m);
	else if ((m->p2 & 7) != BY_NUMBER)
		*sw = 0x6A86;
	else if (m->p1 == 0 || m->p1 > c->count)
		*sw = 0x6A83;
	else
		*sw = on_record(f, node, &c->record[m->p1 - 1], m, out, n);
	return true;
}
