/* SPDX-License-Identifier: MIT */
/* Makes some hundred PC/SC calls, good and bad, and prints what each of them came to: to be run with
 * one libpcsclite.so.1 and with another (pcsc_compare.sh). */
#include "pcsc_calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* A daemon may be behind what has happened to the card. */
long open_card(const struct calls *c)
{
	const struct timespec moment = {.tv_nsec = 50000000};
	long card, err = -1;
	dword protocol;

	for (int i = 0; i < 100; i++) {
		err = pcsc.connect(c->context, c->reader, 2, 3, &card, &protocol);
		if (err == 0)
			return card;
		nanosleep(&moment, NULL);
	}
	finish();
	fprintf(stderr, "connect: %s\n", code_name(err));
	exit(1);
}

void send_apdu(const struct calls *c, long card, const char *what, const uint8_t *apdu, dword len,
               dword cap)
{
	static uint8_t answer[66000];
	dword n = cap;
	long err = pcsc.transmit(card, c->protocol == 1 ? pcsc.t0 : pcsc.t1, apdu, len, NULL,
	                         answer, &n);

	say(err, "transmit %s cap %lu", what, cap);
	if (err == 0)
		also_bytes("answer", answer, n);
}

void say_status(long card, const char *whose)
{
	dword state = 0, protocol = 9, n = 0, a = 0;
	long err = pcsc.status(card, NULL, &n, &state, &protocol, NULL, &a);

	say(err, "status of %s", whose);
	if (err == 0)
		also("state %lX protocol %lu atr %lu", state & 0xFFFF, protocol, a);
}

static bool find_protocol(struct calls *c)
{
	long card, err = pcsc.connect(c->context, c->reader, 2, 3, &card, &c->protocol);

	if (err == 0)
		err = pcsc.disconnect(card, 0);
	if (err != 0)
		fprintf(stderr, "connect: %s\n", code_name(err));
	return err == 0;
}

int main(void)
{
	static void (*const groups[])(struct calls *) = {
		calls_contexts,     calls_lists,      calls_connect,      calls_status,
		calls_transmit,     calls_attributes, calls_control,      calls_reconnect,
		calls_transactions, calls_two,        calls_dispositions, calls_change,
		calls_cancel,       calls_cards,      calls_pulled,       calls_fork,
	};
	struct calls c;

	if (!pcsc_load() || !pcsc_start(&c.context, c.reader, sizeof c.reader) ||
	    !find_protocol(&c))
		return 1;
	for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
		groups[i](&c);
	finish();
	return 0;
}
