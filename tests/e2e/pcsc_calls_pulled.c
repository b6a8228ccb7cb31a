/* SPDX-License-Identifier: MIT */
/* A reader that is pulled: when nobody speaks to it, in the middle of a command, in a transaction, and
 * while it is waited for without limit. It comes back each time. */
#include "pcsc_calls.h"
#include "usbfs_client.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PNP            "\\\\?PnP?\\Notification"
#define INFINITE       0xFFFFFFFFul
#define CHANGED        0x02ul
#define UNKNOWN        0x04ul
#define WAIT_MS        10000
#define UNKNOWN_READER 0x80100009l
#define SELECT         (const uint8_t[]){0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00}, 7

static long now(const struct calls *c, struct reader_state *s)
{
	*s = (struct reader_state){.reader = c->reader};
	return pcsc.change(c->context, 0, s, 1);
}

static dword event_now(const struct calls *c)
{
	struct reader_state s;

	now(c, &s);
	return s.event & ~CHANGED;
}

/* Whether the reader, with its card, comes or goes; a daemon learns of it a little later. */
static bool becomes(const struct calls *c, bool there)
{
	const struct timespec moment = {.tv_nsec = 20000000};
	struct reader_state s;

	for (int i = 0; i < WAIT_MS / 20; i++) {
		long err = now(c, &s);

		if (there ? err == 0 && s.atr_len > 0 : err == UNKNOWN_READER)
			return true;
		nanosleep(&moment, NULL);
	}
	return false;
}

static void gone(const struct calls *c)
{
	say(becomes(c, false) ? 0 : -1, "pulled");
}

/* That it was away must show in the counter. */
static void back(struct calls *c, dword before)
{
	struct reader_state s;

	say(becomes(c, true) ? 0 : -1, "put back");
	say(now(c, &s), "the reader again");
	also("[%lX] counted %d", s.event & 0xFFFF, s.event >> 16 != before >> 16);
	also_bytes("atr", s.atr, s.atr_len);
}

static void pull(const struct calls *c)
{
	say(usbfs_do("unplug") ? 0 : -1, "unplug");
	gone(c);
}

static void put_back(struct calls *c, dword before)
{
	say(usbfs_do("plug") ? 0 : -1, "plug");
	back(c, before);
}

static void ask(const struct calls *c, const char *what, const char *reader, dword current,
                dword timeout)
{
	struct reader_state s = {.reader = reader, .current = current, .event = 0x7777};
	long err = pcsc.change(c->context, timeout, &s, 1);

	say(err, "change %s, current %lX", what, current & 0xFFFF);
	also("[%lX]", s.event & 0xFFFF);
}

/* All that can be asked of a connection whose reader is not there. */
static void use_it(struct calls *c, long card, const char *when)
{
	uint8_t value[64];
	dword n = sizeof value, protocol = 9;

	say_status(card, when);
	send_apdu(c, card, when, SELECT, 258);
	say(pcsc.begin(card), "begin, %s", when);
	say(pcsc.end(card, 0), "end, %s", when);
	say(pcsc.end(card, 0), "end again, %s", when);
	say(pcsc.get(card, 0x00090303, value, &n), "get atr, %s", when);
	n = sizeof value;
	say(pcsc.get(card, 0x00090300, value, &n), "get presence, %s", when);
	say(pcsc.control(card, 0x42000D48, NULL, 0, value, sizeof value, &n), "control, %s", when);
	for (dword how = 0; how <= 2; how++)
		say(pcsc.reconnect(card, 2, 3, how, &protocol), "reconnect %lu, %s", how, when);
}

static void ask_without(struct calls *c)
{
	static const dword currents[] = {0, 1, 0x04, 0x0C, 0x10, 0x20, 0x22, 0x120};
	dword n = 0, protocol;
	long card;

	for (size_t i = 0; i < sizeof currents / sizeof currents[0]; i++)
		ask(c, "no reader", c->reader, currents[i], 0);
	say(pcsc.list(c->context, NULL, NULL, &n), "list, no reader");
	for (dword share = 1; share <= 3; share++)
		say(pcsc.connect(c->context, c->reader, share, 3, &card, &protocol),
		    "connect %lu, no reader", share);
	ask(c, "no reader a while", c->reader, UNKNOWN, 60);
}

static void idle(struct calls *c)
{
	long card = open_card(c), other = open_card(c);
	dword before = event_now(c);

	pull(c);
	ask(c, "as it was", c->reader, before, 0);
	ask_without(c);
	use_it(c, card, "reader pulled");
	say(pcsc.disconnect(card, 2), "disconnect, reader pulled");
	say(pcsc.disconnect(card, 0), "disconnect again, reader pulled");
	put_back(c, before);
	use_it(c, other, "reader back");
	say(pcsc.disconnect(other, 0), "disconnect, reader back");
}

static void in_transmit(struct calls *c)
{
	dword before = event_now(c);
	long card = open_card(c);

	say(usbfs_do("unplug-after 1") ? 0 : -1, "to be pulled");
	send_apdu(c, card, "reader pulled meanwhile", SELECT, 258);
	gone(c);
	say_status(card, "it");
	put_back(c, before);
	send_apdu(c, card, "after it", SELECT, 258);
	say(pcsc.disconnect(card, 0), "disconnect");
	card = open_card(c);
	send_apdu(c, card, "anew", SELECT, 258);
	say(pcsc.disconnect(card, 0), "disconnect");
}

static void *soon(void *command)
{
	const struct timespec t = {.tv_nsec = 100000000};

	nanosleep(&t, NULL);
	usbfs_do(command);
	return NULL;
}

static void wait_for(struct calls *c, const char *what, const char *reader, dword current,
                     char *command)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, soon, command) != 0)
		return;
	ask(c, what, reader, current, INFINITE);
	pthread_join(thread, NULL);
}

struct waiting {
	long card, err;
};

static void *wait_for_turn(void *arg)
{
	struct waiting *w = arg;

	w->err = pcsc.begin(w->card);
	return NULL;
}

static void in_transaction(struct calls *c)
{
	dword before = event_now(c);
	long card = open_card(c);
	struct waiting w = {open_card(c), -1};
	pthread_t thread;

	say(pcsc.begin(card), "begin");
	send_apdu(c, card, "select", SELECT, 258);
	if (pthread_create(&thread, NULL, wait_for_turn, &w) != 0)
		return;
	pull(c);
	pthread_join(thread, NULL);
	say(w.err, "another's begin, reader pulled");
	say(pcsc.disconnect(w.card, 0), "another's disconnect");
	send_apdu(c, card, "in transaction, reader pulled", SELECT, 258);
	say_status(card, "it");
	say(pcsc.begin(card), "begin within, reader pulled");
	say(pcsc.end(card, 1), "end, reader pulled");
	say(pcsc.end(card, 0), "end, reader pulled");
	put_back(c, before);
	say(pcsc.end(card, 0), "end, reader back");
	say(pcsc.disconnect(card, 0), "disconnect");
	/* Nobody is kept out by who was in there. */
	card = open_card(c);
	say(pcsc.begin(card), "begin");
	send_apdu(c, card, "select", SELECT, 258);
	say(pcsc.end(card, 0), "end");
	say(pcsc.disconnect(card, 0), "disconnect");
}

static void in_wait(struct calls *c)
{
	char unplug[] = "unplug", plug[] = "plug";
	dword before = event_now(c), n = 0;

	wait_for(c, "until pulled", c->reader, before, unplug);
	gone(c);
	put_back(c, before);
	pcsc.list(c->context, NULL, NULL, &n);
	wait_for(c, "list, until pulled", PNP, 0, unplug);
	gone(c);
	pcsc.list(c->context, NULL, NULL, &n);
	wait_for(c, "list, until it is back", PNP, 0, plug);
	back(c, before);
}

void calls_pulled(struct calls *c)
{
	idle(c);
	in_transmit(c);
	in_transaction(c);
	in_wait(c);
	say(pcsc.valid(c->context), "valid after all");
}
