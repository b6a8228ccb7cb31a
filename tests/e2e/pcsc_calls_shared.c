/* SPDX-License-Identifier: MIT */
/* Calls that one connection feels and another causes. */
#include "pcsc_calls.h"

#include <string.h>

#define SELECT (const uint8_t[]){0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00}, 7

void calls_reconnect(struct calls *c)
{
	static const dword protocols[] = {0, 1, 2, 3, 4, 8};
	dword protocol;
	long card;

	for (dword how = 0; how <= 3; how++) {
		for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
			long err;

			card = open_card(c);
			protocol = 77;
			err = pcsc.reconnect(card, 2, protocols[i], how, &protocol);
			say(err, "reconnect %lu protocols %lX", how, protocols[i]);
			if (err == 0) {
				also("protocol %lu", protocol);
				send_apdu(c, card, "select", SELECT, 258);
			}
			pcsc.disconnect(card, 1);
		}
	}
	card = open_card(c);
	for (dword share = 0; share <= 4; share++) {
		say(pcsc.reconnect(card, share, 3, 0, &protocol), "reconnect share %lu", share);
		say_status(card, "it");
	}
	say(pcsc.reconnect(card, 2, 3, 0, NULL), "reconnect no protocol");
	say(pcsc.reconnect(0, 2, 3, 0, &protocol), "reconnect 0");
	pcsc.disconnect(card, 0);
	say(pcsc.reconnect(card, 2, 3, 0, &protocol), "reconnect closed");
	say(pcsc.connect(c->context, c->reader, 3, 0, &card, &protocol), "connect direct");
	say_status(card, "direct");
	send_apdu(c, card, "direct", SELECT, 258);
	say(pcsc.reconnect(card, 2, 3, 0, &protocol), "reconnect shared");
	also("protocol %lu", protocol);
	say_status(card, "shared");
	send_apdu(c, card, "select", SELECT, 258);
	say(pcsc.disconnect(card, 0), "disconnect");
}

void calls_transactions(struct calls *c)
{
	long card = open_card(c);
	dword protocol;

	say(pcsc.begin(0), "begin 0");
	say(pcsc.end(0, 0), "end 0");
	say(pcsc.end(card, 0), "end without begin");
	say(pcsc.begin(card), "begin");
	say(pcsc.begin(card), "begin again");
	send_apdu(c, card, "select", SELECT, 258);
	say(pcsc.end(card, 0), "end inner");
	say(pcsc.end(card, 0), "end outer");
	say(pcsc.end(card, 0), "end once more");
	say(pcsc.begin(card), "begin");
	say(pcsc.end(card, 4), "end as 4");
	say(pcsc.end(card, 99), "end as 99");
	say(pcsc.end(card, 0), "end");
	for (dword how = 1; how <= 2; how++) {
		say(pcsc.begin(card), "begin");
		say(pcsc.end(card, how), "end %lu", how);
		say_status(card, "it");
		send_apdu(c, card, "select", SELECT, 258);
		say(pcsc.reconnect(card, 2, 3, 0, &protocol), "reconnect");
		send_apdu(c, card, "select", SELECT, 258);
	}
	say(pcsc.begin(card), "begin");
	say(pcsc.begin(card), "begin again");
	say(pcsc.end(card, 1), "end inner 1");
	say_status(card, "it");
	say(pcsc.end(card, 0), "end outer");
	say(pcsc.disconnect(card, 0), "disconnect");
	card = open_card(c);
	say(pcsc.begin(card), "begin");
	say(pcsc.disconnect(card, 0), "disconnect in transaction");
	say(pcsc.begin(card), "begin closed");
	say(pcsc.end(card, 0), "end closed");
}

/* What is no business of the card's. */
static void ask_reader(long card)
{
	static const dword ids[] = {0x00010100, 0x00090300, 0x00090303};
	uint8_t value[300];

	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		dword n = sizeof value - 36;

		say(pcsc.get(card, ids[i], value, &n), "get %08lX after a reset", ids[i]);
	}
	dword n = 0;
	say(pcsc.control(card, 0x42000D48, NULL, 0, value, 300, &n), "features after a reset");
}

void calls_two(struct calls *c)
{
	long one = open_card(c), two, err;
	dword protocol = 0;

	err = pcsc.connect(c->context, c->reader, 1, 3, &two, &protocol);
	say(err, "connect exclusive beside shared");
	err = pcsc.connect(c->context, c->reader, 3, 0, &two, &protocol);
	say(err, "connect direct beside shared");
	also("protocol %lu", protocol);
	say_status(two, "direct");
	send_apdu(c, two, "direct", SELECT, 258);
	pcsc.disconnect(two, 0);
	err = pcsc.connect(c->context, c->reader, 2, 3 - c->protocol, &two, &protocol);
	say(err, "connect with the other protocol");
	two = open_card(c);
	/* To reconnect exclusively waits for ever in pcsc-lite 1.9.9. */
	say(pcsc.end(two, 0), "end without begin");
	say(pcsc.begin(one), "begin one");
	say(pcsc.end(two, 0), "end of another's");
	say(pcsc.end(one, 0), "end one");
	for (dword how = 1; how <= 2; how++) {
		say(pcsc.reconnect(one, 2, 3, how, &protocol), "reconnect one %lu", how);
		say_status(two, "two");
		ask_reader(two);
		say(pcsc.begin(two), "begin two");
		say(pcsc.end(two, 0), "end two");
		send_apdu(c, two, "two", SELECT, 258);
		say(pcsc.reconnect(two, 2, 3, 0, &protocol), "reconnect two");
		send_apdu(c, two, "two", SELECT, 258);
		say_status(one, "one");
	}
	for (dword how = 1; how <= 3; how++) {
		say(pcsc.disconnect(one, how), "disconnect one %lu", how);
		say_status(two, "two");
		send_apdu(c, two, "two", SELECT, 258);
		say(pcsc.reconnect(two, 2, 3, 0, &protocol), "reconnect two");
		say_status(two, "two");
		one = open_card(c);
	}
	pcsc.disconnect(one, 0);
	pcsc.disconnect(two, 0);
	say(pcsc.connect(c->context, c->reader, 1, 3, &one, &protocol), "connect exclusive");
	say(pcsc.connect(c->context, c->reader, 2, 3, &two, &protocol), "connect beside exclusive");
	say(pcsc.connect(c->context, c->reader, 1, 3, &two, &protocol),
	    "connect exclusive beside it");
	say(pcsc.connect(c->context, c->reader, 3, 0, &two, &protocol), "connect direct beside it");
	say(pcsc.begin(one), "begin exclusive");
	say(pcsc.end(one, 0), "end exclusive");
	/* pcscd 1.9.9 never answers a connect after this one was made shared again. */
	pcsc.disconnect(one, 0);
}

/* What a handle, left open, does to others when its context ends. */
static void release_open(struct calls *c, bool locked)
{
	long other, card, two = open_card(c);
	dword protocol;

	say(pcsc.establish(2, NULL, NULL, &other), "establish");
	say(pcsc.connect(other, c->reader, 2, 3, &card, &protocol), "connect");
	if (locked)
		say(pcsc.begin(card), "begin");
	say(pcsc.release(other), "release, locked %d", locked);
	say_status(card, "released");
	say_status(two, "two");
	pcsc.disconnect(two, 0);
}

void calls_dispositions(struct calls *c)
{
	for (dword how = 0; how <= 3; how++) {
		long card = open_card(c);
		uint8_t atr[64];
		dword n = sizeof atr;

		say(pcsc.disconnect(card, how), "disconnect %lu", how);
		card = open_card(c);
		say(pcsc.status(card, NULL, NULL, NULL, NULL, atr, &n), "status");
		also_bytes("atr", atr, n);
		send_apdu(c, card, "select", SELECT, 258);
		pcsc.disconnect(card, 0);
	}
	release_open(c, false);
	release_open(c, true);
}
