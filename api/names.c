/* SPDX-License-Identifier: MIT */
#include "names.h"

#include "blob.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ccid_name {
	struct ccid_name *next;
	unsigned number;
	char *base, *place;
};

static void append(char *out, size_t cap, const char *open, const char *text, const char *close)
{
	size_t len = strlen(out);

	if (text[0] != '\0')
		snprintf(out + len, cap - len, "%s%s%s%s", len > 0 ? " " : "", open, text, close);
}

void ccid_name_base(char *out, size_t cap, const struct ccid_identity *id)
{
	out[0] = '\0';
	append(out, cap, "", id->manufacturer, "");
	append(out, cap, "", id->product, "");
	if (out[0] == '\0')
		snprintf(out, cap, "Reader %04X:%04X", id->vid, id->pid);
	append(out, cap, "[", id->interface_name, "]");
	append(out, cap, "(", id->serial, ")");
}

static void name_free(struct ccid_name *n)
{
	free(n->base);
	free(n->place);
	free(n);
}

static bool taken(const struct ccid_names *names, const char *base, unsigned number)
{
	for (const struct ccid_name *n = names->first; n != NULL; n = n->next)
		if (n->number == number && strcmp(n->base, base) == 0)
			return true;
	return false;
}

int ccid_names_number(struct ccid_names *names, const char *base, const char *place)
{
	struct ccid_name *n;

	for (n = names->first; n != NULL; n = n->next)
		if (strcmp(n->base, base) == 0 && strcmp(n->place, place) == 0)
			return (int)n->number;
	n = calloc(1, sizeof *n);
	if (n == NULL)
		return CCID_E_NOMEM;
	n->base = ccid_text_copy(base, strlen(base));
	n->place = ccid_text_copy(place, strlen(place));
	if (n->base == NULL || n->place == NULL) {
		name_free(n);
		return CCID_E_NOMEM;
	}
	while (taken(names, base, n->number))
		n->number++;
	n->next = names->first;
	names->first = n;
	return (int)n->number;
}

void ccid_name_full(char *out, size_t cap, const char *base, unsigned number, unsigned slot)
{
	snprintf(out, cap, "%.*s %02X %02X", (int)(CCID_NAME_MAX - sizeof " FFFFFFFF FF"), base,
	         number, slot & 0xffu);
}

void ccid_names_free(struct ccid_names *names)
{
	while (names->first != NULL) {
		struct ccid_name *n = names->first;

		names->first = n->next;
		name_free(n);
	}
}
