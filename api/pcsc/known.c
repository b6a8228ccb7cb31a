/* SPDX-License-Identifier: MIT */
/* One card for each reader, the last that was met there. */
#include "pcsc_priv.h"

#include <stdlib.h>
#include <string.h>

struct known {
	struct known *next;
	struct ccid_pcsc_card_facts facts;
	char reader[];
};

static struct known *first; /* process mutex */

static struct known *find(const char *reader)
{
	struct known *k = first;

	while (k != NULL && strcmp(k->reader, reader) != 0)
		k = k->next;
	return k;
}

static struct known *find_or_make(const char *reader)
{
	struct known *k = find(reader);
	size_t len = strlen(reader) + 1;

	if (k != NULL)
		return k;
	k = calloc(1, sizeof *k + len);
	if (k == NULL)
		return NULL;
	memcpy(k->reader, reader, len);
	k->next = first;
	first = k;
	return k;
}

void ccid_pcsc_learn(const char *reader, const struct ccid_pcsc_card_facts *facts)
{
	struct known *k;

	ccid_process_enter();
	k = find_or_make(reader);
	if (k != NULL)
		k->facts = *facts;
	ccid_process_leave();
}

bool ccid_pcsc_recall(const char *reader, struct ccid_pcsc_card_facts *facts)
{
	const struct known *k;
	bool known;

	ccid_process_enter();
	k = find(reader);
	known = k != NULL && k->facts.arrivals == facts->arrivals &&
	        k->facts.insertions == facts->insertions;
	if (known)
		*facts = k->facts;
	ccid_process_leave();
	return known;
}

void ccid_pcsc_forget(void)
{
	while (first != NULL) {
		struct known *k = first;

		first = k->next;
		free(k);
	}
}
