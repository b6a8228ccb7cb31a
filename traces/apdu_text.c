/* SPDX-License-Identifier: MIT */
#include "apdu_text.h"

#include "apdu.h"

#include <inttypes.h>

#define SHOWN 16

static size_t count_unknown(const struct ccid_story_bytes *b, size_t off, size_t len)
{
	size_t n = 0;

	for (size_t i = off; i < off + len && i < b->len; i++)
		n += b->unknown[i];
	return n;
}

void ccid_apdu_hex(struct ccid_words *w, const struct ccid_story_bytes *b, size_t most)
{
	bool all = b->len <= most + 3;

	for (size_t i = 0; i < b->len; i++) {
		if (!all && i == most) {
			ccid_words_add(w, " ..");
			i = b->len - 2;
		}
		ccid_words_add(w, w->len == 0 || w->p[w->len - 1] == ' ' ? "" : " ");
		ccid_words_add(w, b->unknown[i] ? "**" : "%02X", b->p[i]);
	}
}

/* ", 4 bytes: DE AD BE EF" */
static void add_data(struct ccid_words *w, const struct ccid_story_bytes *all, size_t off,
                     size_t len)
{
	struct ccid_story_bytes part = {.len = len};

	if (len == 0)
		return;
	part.p = all->p + off;
	part.unknown = all->unknown + off;
	ccid_words_add(w, ", %zu byte%s", len, len == 1 ? "" : "s");
	if (count_unknown(all, off, len) == len) {
		ccid_words_add(w, " not shown");
		return;
	}
	ccid_words_add(w, ": ");
	ccid_apdu_hex(w, &part, SHOWN);
}

static void add_select(struct ccid_words *w, const struct ccid_story_bytes *c,
                       const struct ccid_apdu *a)
{
	static const char *const how[] = {
		"file", "child DF", "child EF", "parent DF", "by name",
		"?",    "?",        "?",        "by path",   "by path from here"};
	size_t off = a->lc > 0 ? (size_t)(a->data - c->p) : 0;
	struct ccid_story_bytes id = {.p = c->p + off, .unknown = c->unknown + off, .len = a->lc};
	const char *name = NULL;

	ccid_words_add(w, " %s ", a->p1 < 10 ? how[a->p1] : "?");
	ccid_apdu_hex(w, &id, SHOWN);
	if (count_unknown(c, off, a->lc) > 0)
		return;
	if (a->p1 == 4)
		name = ccid_aid_name(id.p, id.len);
	else if (a->lc == 2 && id.p[0] == 0x3F && id.p[1] == 0)
		name = "MF";
	if (name != NULL)
		ccid_words_add(w, " (%s)", name);
}

static void add_place(struct ccid_words *w, const struct ccid_apdu *a)
{
	switch (a->ins) {
	case 0x20: /* VERIFY and its like: which reference data */
	case 0x21:
	case 0x24:
	case 0x2C: ccid_words_add(w, " %02X", a->p2); return;
	case 0xB0:
	case 0xD0:
	case 0xD6:
		if ((a->p1 & 0x80) != 0)
			ccid_words_add(w, " of EF %u at %u", a->p1 & 0x1F, a->p2);
		else
			ccid_words_add(w, " at %u", (unsigned)a->p1 << 8 | a->p2);
		return;
	case 0xB2:
	case 0xDC:
		ccid_words_add(w, " %u", a->p1);
		if (a->p2 >> 3 != 0)
			ccid_words_add(w, " of EF %u", a->p2 >> 3);
		return;
	case 0x84:
	case 0xC0: return;
	default: ccid_words_add(w, " %02X %02X", a->p1, a->p2);
	}
}

void ccid_apdu_command_text(struct ccid_words *w, const struct ccid_story_bytes *c)
{
	const char *name = c->len >= 2 ? ccid_apdu_name(c->p[0], c->p[1]) : NULL;
	struct ccid_apdu a;

	if (ccid_apdu_decode(&a, c->p, c->len) != 0) {
		ccid_words_add(w, "%s%s", name != NULL ? name : "no APDU", c->len > 0 ? ": " : "");
		ccid_apdu_hex(w, c, SHOWN);
		return;
	}
	if (name == NULL)
		ccid_words_add(w, "%02X %02X %02X %02X", a.cla, a.ins, a.p1, a.p2);
	else
		ccid_words_add(w, "%s", name);
	if (name != NULL && a.ins == 0xA4 && a.cla != 0xFF)
		add_select(w, c, &a);
	else if (name != NULL)
		add_place(w, &a);
	if (a.lc > 0 && (name == NULL || a.ins != 0xA4))
		add_data(w, c, (size_t)(a.data - c->p), a.lc);
	if ((a.kind == 2 || a.kind == 4) && a.ins != 0xA4)
		ccid_words_add(w, ", wants %" PRIu32, a.le);
}

static void add_sw(struct ccid_words *w, unsigned sw)
{
	const char *text = ccid_sw_text(sw);

	ccid_words_add(w, "%02X %02X%s%s", sw >> 8, sw & 0xFF, text[0] != '\0' ? " " : "", text);
	if ((sw & 0xFFF0) == 0x63C0)
		ccid_words_add(w, ", %u tries left", sw & 0x0F);
	else if (sw >> 8 == 0x6C)
		ccid_words_add(w, ", %u is right", (sw & 0xFF) == 0 ? 256 : sw & 0xFF);
	else if (sw >> 8 == 0x61)
		ccid_words_add(w, ", %u bytes", (sw & 0xFF) == 0 ? 256 : sw & 0xFF);
}

void ccid_apdu_response_text(struct ccid_words *w, const struct ccid_story_bytes *r)
{
	if (r->len < 2) {
		ccid_words_add(w, "no status word");
		add_data(w, r, 0, r->len);
		return;
	}
	if (count_unknown(r, r->len - 2, 2) > 0)
		ccid_words_add(w, "** **");
	else
		add_sw(w, (unsigned)(r->p[r->len - 2] << 8 | r->p[r->len - 1]));
	add_data(w, r, 0, r->len - 2);
}
