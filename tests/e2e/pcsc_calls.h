/* SPDX-License-Identifier: MIT */
/* The calls that are made through both libraries, a group a function; each leaves things as it found
 * them: a card in the reader, nothing connected. */
#ifndef PCSC_CALLS_H
#define PCSC_CALLS_H

#include "pcsc_lib.h"

struct calls {
	long context;
	char reader[256];
	dword protocol; /* of the card: 1 or 2 */
};

/* pcsc_calls_plain.c */
void calls_contexts(struct calls *c);
void calls_lists(struct calls *c);
void calls_connect(struct calls *c);
void calls_status(struct calls *c);
void calls_transmit(struct calls *c);
void calls_attributes(struct calls *c);
void calls_control(struct calls *c);

/* pcsc_calls_shared.c */
void calls_reconnect(struct calls *c);
void calls_transactions(struct calls *c);
void calls_two(struct calls *c);
void calls_dispositions(struct calls *c);

/* pcsc_calls_change.c */
void calls_change(struct calls *c);
void calls_cancel(struct calls *c);
void calls_cards(struct calls *c);
void calls_fork(struct calls *c);

/* pcsc_calls_pulled.c */
void calls_pulled(struct calls *c);

/* Shared, both protocols; dies when that fails. */
long open_card(const struct calls *c);
/* Send, and say what came. */
void send_apdu(const struct calls *c, long card, const char *what, const uint8_t *apdu, dword len,
               dword cap);
/* Ask for the status of a connection, and say what came. */
void say_status(long card, const char *whose);

#endif
