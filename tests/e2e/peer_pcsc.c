/* SPDX-License-Identifier: MIT */
/* The steps of peer.h by whichever libpcsclite.so.1 is found: pcscd and libccid, or our drop-in. */
#include "pcsc_lib.h"
#include "peer.h"

#include <stdio.h>
#include <string.h>

#define SCOPE_SYSTEM 2ul
#define SHARED       2ul
#define T0_OR_T1     3ul
#define UNPOWER      2ul
#define EMPTY        0x10ul
#define PRESENT      0x20ul
#define FEATURES     0x42000D48ul /* CM_IOCTL_GET_FEATURE_REQUEST */
#define PIN_VERIFY   0x06
#define PIN_MODIFY   0x07
#define READERS      8

static long context, card;
static bool connected, broken;
static struct io_request pci = {0, sizeof pci};
static char names[READERS][128];
static unsigned slot;
static long seen = -1; /* count of events that the daemon's watch had told of; none yet */

static bool established(unsigned n)
{
	(void)n;
	return pcsc.establish(SCOPE_SYSTEM, NULL, NULL, &context) == 0;
}

static bool readers_are(unsigned wanted)
{
	char text[READERS * 128];
	dword len = sizeof text;
	unsigned n = 0;

	if (pcsc.list(context, NULL, text, &len) != 0)
		return wanted == 0;
	for (const char *p = text; *p != '\0' && n < READERS; p += strlen(p) + 1)
		snprintf(names[n++], sizeof names[0], "%.127s", p);
	return n == wanted;
}

static bool any_reader(unsigned n)
{
	(void)n;
	return !readers_are(0);
}

static dword reader_event(void)
{
	struct reader_state s = {.reader = names[slot]};

	return pcsc.change(context, 0, &s, 1) == 0 ? s.event : 0;
}

/* ... and an event has been counted since. In pcscd 1.9.9 SCardTransmit and SCardDisconnect note that a card
 * is absent, too, without a count; when the next one is in before the daemon's watch has looked, that sees no
 * change, and pcscd knows of no card for as long as this one is in. */
static bool card_is(unsigned wanted)
{
	dword is = reader_event();

	if ((is & wanted) == 0 || (long)(is >> 16) == seen)
		return false;
	seen = (long)(is >> 16);
	return true;
}

static bool start(void)
{
	return pcsc_load() && peer_until(established, 0) && peer_until(any_reader, 0) &&
	       peer_until(card_is, PRESENT);
}

static void let_go(void)
{
	if (connected)
		pcsc.disconnect(card, UNPOWER);
	connected = broken = false;
}

static bool done(const char *what, long err)
{
	if (err != 0)
		fprintf(stderr, "%s: %s\n", what, code_name(err));
	return err == 0;
}

static bool take_hold(void)
{
	dword protocol = 0;

	if (broken)
		let_go();
	if (connected)
		return true;
	connected = done("connect",
	                 pcsc.connect(context, names[slot], SHARED, T0_OR_T1, &card, &protocol));
	pci.protocol = protocol;
	seen = (long)(reader_event() >> 16);
	return connected;
}

static bool atr(uint8_t out[33], size_t *len)
{
	dword state, protocol, n = *len;

	if (!take_hold() ||
	    !done("status", pcsc.status(card, NULL, NULL, &state, &protocol, out, &n)))
		return false;
	*len = n;
	return true;
}

/* After one that has failed the next takes another connection. */
static long apdu(const uint8_t *command, size_t len, uint8_t *out, size_t cap)
{
	dword n = cap;

	if (take_hold() && done("transmit", pcsc.transmit(card, &pci, command, len, NULL, out, &n)))
		return (long)n;
	broken = true;
	return -1;
}

/* The connection is given up when the daemon has seen the change, not before: card_is(). */
static bool wait_readers(unsigned n)
{
	bool right = peer_until(readers_are, n);

	let_go();
	slot = 0;
	seen = -1;
	return right;
}

static bool wait_card(bool present)
{
	bool right = peer_until(card_is, present ? PRESENT : EMPTY);

	let_go();
	return right;
}

static bool choose(unsigned n)
{
	let_go();
	slot = n < READERS ? n : 0;
	seen = -1;
	return names[slot][0] != '\0' && peer_until(card_is, PRESENT);
}

/* The control code of a feature of PC/SC part 10; 0 when the reader has none. */
static dword code_of(uint8_t feature)
{
	uint8_t tlv[256];
	dword n = 0;

	if (pcsc.control(card, FEATURES, NULL, 0, tlv, sizeof tlv, &n) != 0)
		return 0;
	for (dword i = 0; i + 6 <= n; i += 6)
		if (tlv[i] == feature)
			return (dword)tlv[i + 2] << 24 | (dword)tlv[i + 3] << 16 |
			       (dword)tlv[i + 4] << 8 | tlv[i + 5];
	return 0;
}

/* ASCII, as long as it is typed, 6 to 8 digits, ended by the enter key. */
static bool pin(bool modify)
{
	static const uint8_t by_verify[] = {0x1E, 0x1E, 0x82, 0x00, 0x00, 0x08, 0x06, 0x02,
	                                    0x01, 0x09, 0x04, 0x00, 0x00, 0x00, 0x00, 0x04,
	                                    0x00, 0x00, 0x00, 0x00, 0x20, 0x00, 0x81};
	static const uint8_t by_modify[] = {
		0x1E, 0x1E, 0x82, 0x00, 0x00, 0x00, 0x00, 0x08, 0x06, 0x03, 0x02, 0x03, 0x09, 0x04,
		0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x24, 0x00, 0x81};
	uint8_t out[258];
	dword n = 0, code;

	if (!take_hold())
		return false;
	code = code_of(modify ? PIN_MODIFY : PIN_VERIFY);
	if (code == 0 || !done("pin", pcsc.control(card, code, modify ? by_modify : by_verify,
	                                           modify ? sizeof by_modify : sizeof by_verify,
	                                           out, sizeof out, &n)))
		return false;
	return n == 2 && out[0] == 0x90 && out[1] == 0x00;
}

int main(void)
{
	static const struct peer peer = {start, atr, apdu, wait_readers, wait_card, choose, pin};
	int result = peer_run(&peer);

	let_go();
	return result;
}
