/* SPDX-License-Identifier: MIT */
/* Waits, and what they are for: cards and readers that come and go. */
#include "pcsc_calls.h"
#include "usbfs_client.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PNP      "\\\\?PnP?\\Notification"
#define INFINITE 0xFFFFFFFFul
#define EMPTY    0x10ul
#define PRESENT  0x20ul
#define WAIT_MS  10000
#define SELECT   (const uint8_t[]){0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00}, 7

static void pause_ms(long ms)
{
	const struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

static void ask(struct calls *c, const char *what, struct reader_state *states, dword count,
                dword timeout)
{
	long err = pcsc.change(c->context, timeout, states, count);

	say(err, "change %s", what);
	for (dword i = 0; i < count && states != NULL; i++) {
		also("[%lX]", states[i].event & 0xFFFF);
		if (states[i].atr_len > 0)
			also_bytes("atr", states[i].atr, states[i].atr_len);
	}
}

/* One reader, asked with this idea of it. */
static dword one(struct calls *c, const char *what, const char *reader, dword current,
                 dword timeout)
{
	struct reader_state s = {.reader = reader, .current = current, .event = 0x7777};

	ask(c, what, &s, 1, timeout);
	return s.event;
}

static dword event_now(const struct calls *c)
{
	struct reader_state s = {.reader = c->reader};

	pcsc.change(c->context, 0, &s, 1);
	return s.event;
}

static bool reaches(struct calls *c, dword bits)
{
	struct reader_state s = {.reader = c->reader};

	for (int i = 0; i < 20; i++) {
		pcsc.change(c->context, 500, &s, 1);
		if ((s.event & bits) == bits && (bits != PRESENT || s.atr_len > 0))
			return true;
		s.current = s.event & ~2ul;
	}
	return false;
}

static void with_current(struct calls *c)
{
	static const dword all[] = {0x00, 0x01, 0x02, 0x04,  0x08,  0x10,  0x20,  0x22,
	                            0x40, 0x80, 0xA0, 0x100, 0x120, 0x122, 0x200, 0x220};
	char what[32] = "current 0000";

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		for (int d = 0; d < 4; d++)
			what[8 + d] = "0123456789ABCDEF"[all[i] >> (12 - 4 * d) & 15];
		one(c, what, c->reader, all[i], 0);
	}
}

void calls_change(struct calls *c)
{
	struct reader_state s[17];
	dword event, protocol;
	long card;

	with_current(c);
	event = event_now(c);
	one(c, "fed back", c->reader, event & ~2ul, 0);
	one(c, "fed back as changed", c->reader, event, 0);
	one(c, "other counter", c->reader, (event & ~2ul) + 0x50000, 0);
	one(c, "a while", c->reader, event & ~2ul, 60);
	one(c, "unknown", "No Such 00 00", 0, 0);
	one(c, "unknown known", "No Such 00 00", 0x0C, 0);
	one(c, "unknown ignored", "No Such 00 00", 1, 0);
	one(c, "empty name", "", 0, 0);
	one(c, "no name", NULL, 0, 0);
	one(c, "pnp", PNP, 0, 0);
	one(c, "pnp a while", PNP, 0, 60);
	memset(s, 0, sizeof s);
	for (int i = 0; i < 17; i++)
		s[i].reader = c->reader;
	s[1].reader = "No Such 00 00";
	s[2].reader = PNP;
	s[3].current = 1;
	ask(c, "four", s, 4, 0);
	ask(c, "sixteen", s, 16, 0);
	say(pcsc.change(c->context, 0, s, 17), "change seventeen");
	say(pcsc.change(c->context, 0, NULL, 1), "change NULL");
	say(pcsc.change(c->context, 0, NULL, 0), "change none");
	say(pcsc.change(c->context, 60, NULL, 0), "change none a while");
	say(pcsc.change(c->context, 0, s, 0), "change none of some");
	say(pcsc.change(c->context + 1000000, 0, s, 1), "change stranger");
	say(pcsc.connect(c->context, c->reader, 2, 3, &card, &protocol), "connect shared");
	one(c, "in use", c->reader, 0, 0);
	with_current(c);
	pcsc.disconnect(card, 0);
	one(c, "in no use", c->reader, 0, 0);
	say(pcsc.connect(c->context, c->reader, 1, 3, &card, &protocol), "connect exclusive");
	one(c, "exclusive", c->reader, 0, 0);
	with_current(c);
	pcsc.disconnect(card, 0);
	say(pcsc.connect(c->context, c->reader, 3, 0, &card, &protocol), "connect direct");
	one(c, "direct", c->reader, 0, 0);
	pcsc.disconnect(card, 2);
	one(c, "unpowered", c->reader, 0, 0);
}

static void *cancel_soon(void *arg)
{
	pause_ms(100);
	return (void *)(intptr_t)pcsc.cancel(*(long *)arg);
}

void calls_cancel(struct calls *c)
{
	dword current = event_now(c) & ~2ul;
	pthread_t thread;
	void *result;

	if (pthread_create(&thread, NULL, cancel_soon, &c->context) != 0)
		return;
	one(c, "cancelled", c->reader, current, INFINITE);
	pthread_join(thread, &result);
	say((long)(intptr_t)result, "cancel");
	one(c, "after it", c->reader, current, 60);
	say(pcsc.cancel(c->context), "cancel nothing");
	one(c, "after that", c->reader, current, 60);
	if (pthread_create(&thread, NULL, cancel_soon, &c->context) != 0)
		return;
	one(c, "list cancelled", PNP, 0, INFINITE);
	pthread_join(thread, &result);
	say((long)(intptr_t)result, "cancel");
}

static void *remove_soon(void *arg)
{
	(void)arg;
	pause_ms(100);
	usbfs_do("remove 0");
	return NULL;
}

static void without_card(struct calls *c, long card)
{
	dword protocol = 9, state = 0, n = 0, a = 0;
	uint8_t value[64] = {0};
	long other;

	say(pcsc.status(card, NULL, &n, &state, &protocol, NULL, &a), "status, card removed");
	send_apdu(c, card, "card removed", SELECT, 258);
	say(pcsc.begin(card), "begin, card removed");
	say(pcsc.end(card, 0), "end, card removed");
	n = sizeof value;
	say(pcsc.get(card, 0x00090300, value, &n), "get presence");
	also_bytes("value", value, n);
	n = sizeof value;
	say(pcsc.get(card, 0x00090303, value, &n), "get atr");
	say(pcsc.control(card, 0x42000D48, NULL, 0, value, 64, &n), "control, card removed");
	say(pcsc.reconnect(card, 2, 3, 0, &protocol), "reconnect, card removed");
	say(pcsc.reconnect(card, 2, 3, 1, &protocol), "reset, card removed");
	say(pcsc.connect(c->context, c->reader, 2, 3, &other, &protocol), "connect, no card");
	say(pcsc.connect(c->context, c->reader, 1, 3, &other, &protocol),
	    "connect exclusive, no card");
	say(pcsc.connect(c->context, c->reader, 3, 0, &other, &protocol),
	    "connect direct, no card");
	also("protocol %lu", protocol);
	n = a = 0;
	say(pcsc.status(other, NULL, &n, &state, &protocol, NULL, &a), "status direct");
	also("state %lX protocol %lu atr %lu", state & 0xFFFF, protocol, a);
	say(pcsc.control(other, 0x42000D48, NULL, 0, value, 64, &n), "control direct");
	also("n %lu", n);
	send_apdu(c, other, "direct, no card", SELECT, 258);
	say(pcsc.begin(other), "begin direct");
	say(pcsc.end(other, 0), "end direct");
	say(pcsc.reconnect(other, 2, 3, 0, &protocol), "reconnect direct as shared");
	say(pcsc.disconnect(other, 2), "disconnect direct");
	say(pcsc.disconnect(card, 1), "disconnect, card removed");
}

void calls_cards(struct calls *c)
{
	long card = open_card(c);
	dword before = event_now(c) & ~2ul, empty;
	pthread_t thread;

	if (pthread_create(&thread, NULL, remove_soon, NULL) != 0)
		return;
	one(c, "until removed", c->reader, before, WAIT_MS);
	pthread_join(thread, NULL);
	empty = event_now(c) & ~2ul;
	say(0, "counter went up %d", (empty >> 16) > (before >> 16));
	with_current(c);
	without_card(c, card);
	usbfs_do("insert 0");
	say(reaches(c, PRESENT) ? 0 : -1, "inserted");
	one(c, "inserted", c->reader, empty, WAIT_MS);
	say(0, "counter went up %d", (event_now(c) >> 16) > (empty >> 16));
	card = open_card(c);
	usbfs_do("remove 0");
	usbfs_do("insert 0");
	pause_ms(1500); /* a daemon that polls */
	say(reaches(c, PRESENT) ? 0 : -1, "swapped");
	send_apdu(c, card, "card swapped", SELECT, 258);
	say(pcsc.reconnect(card, 2, 3, 0, &before), "reconnect, card swapped");
	send_apdu(c, card, "select", SELECT, 258);
	pcsc.disconnect(card, 0);
}

/* A child may not use what its parent made, but make its own. Nothing comes after it: through
 * pcsc-lite 1.9.9 the child breaks what its parent has. */
void calls_fork(struct calls *c)
{
	long card = open_card(c), other;
	pid_t pid;
	int status;

	finish();
	pid = fork();
	if (pid == 0) {
		dword n = 0;

		say(pcsc.valid(c->context), "child: valid");
		say(pcsc.list(c->context, NULL, NULL, &n), "child: list");
		say(pcsc.begin(card), "child: begin");
		say(pcsc.disconnect(card, 0), "child: disconnect");
		say(pcsc.release(c->context), "child: release");
		say(pcsc.establish(2, NULL, NULL, &other), "child: establish");
		say(pcsc.list(other, NULL, NULL, &n), "child: list its own");
		say(pcsc.release(other), "child: release its own");
		finish();
		_exit(0);
	}
	waitpid(pid, &status, 0);
}
