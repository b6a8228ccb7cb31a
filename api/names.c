/* SPDX-License-Identifier: MIT */
#include "names.h"

#include "blob.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ccid_name {
	struct ccid_name *next;
	unsigned number, look;
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

static struct ccid_name *name_new(const char *base, const char *place)
{
	struct ccid_name *n = calloc(1, sizeof *n);

	if (n == NULL)
		return NULL;
	n->base = ccid_text_copy(base, strlen(base));
	n->place = ccid_text_copy(place, strlen(place));
	if (n->base == NULL || n->place == NULL) {
		name_free(n);
		return NULL;
	}
	return n;
}

/* What was asked for in this look is there. */
static void forget_oldest(struct ccid_names *names)
{
	struct ccid_name **at = &names->first;

	while ((*at)->next != NULL)
		at = &(*at)->next;
	if ((*at)->look == names->look)
		return;
	name_free(*at);
	*at = NULL;
	names->count--;
}

static struct ccid_name *name_add(struct ccid_names *names, const char *base, const char *place)
{
	struct ccid_name *n = name_new(base, place);

	if (n == NULL)
		return NULL;
	if (names->count >= CCID_NAMES_MAX)
		forget_oldest(names);
	while (taken(names, base, n->number))
		n->number++;
	names->count++;
	return n;
}

/* Out of the list. */
static struct ccid_name *name_take(struct ccid_names *names, const char *base, const char *place)
{
	struct ccid_name **at = &names->first, *n;

	while (*at != NULL && (strcmp((*at)->base, base) != 0 || strcmp((*at)->place, place) != 0))
		at = &(*at)->next;
	n = *at;
	if (n != NULL)
		*at = n->next;
	return n;
}

void ccid_names_look(struct ccid_names *names)
{
	names->look++;
}

int ccid_names_number(struct ccid_names *names, const char *base, const char *place)
{
	struct ccid_name *n = name_take(names, base, place);

	if (n == NULL)
		n = name_add(names, base, place);
	if (n == NULL)
		return CCID_E_NOMEM;
	n->look = names->look;
	n->next = names->first;
	names->first = n;
	return (int)n->number;
}

static bool has_port(const struct ccid_name *n)
{
	return strncmp(n->place, "usb:", 4) != 0 || strchr(n->place, '/') == NULL;
}

void ccid_names_looked(struct ccid_names *names)
{
	for (struct ccid_name **at = &names->first; *at != NULL;) {
		struct ccid_name *n = *at;

		if (n->look == names->look || has_port(n)) {
			at = &n->next;
			continue;
		}
		*at = n->next;
		name_free(n);
		names->count--;
	}
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
