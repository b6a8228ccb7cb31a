/* SPDX-License-Identifier: MIT */
/* Calls of one connection. */
#include "pcsc_calls.h"

#include <stdlib.h>
#include <string.h>

#define AUTOALLOCATE ((dword)-1)
#define BYTES(...)   (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

void calls_contexts(struct calls *c)
{
	long other;

	for (dword scope = 0; scope <= 5; scope++) {
		long err = pcsc.establish(scope, NULL, NULL, &other);

		say(err, "establish scope %lu", scope);
		also("zero %d", other == 0);
		if (err == 0)
			say(pcsc.release(other), "release scope %lu", scope);
	}
	say(pcsc.establish(2, NULL, NULL, NULL), "establish NULL");
	say(pcsc.valid(c->context), "valid");
	say(pcsc.valid(0), "valid 0");
	say(pcsc.valid(c->context + 1000000), "valid stranger");
	say(pcsc.release(0), "release 0");
	say(pcsc.establish(2, NULL, NULL, &other), "establish other");
	say(pcsc.release(other), "release other");
	say(pcsc.release(other), "release again");
	say(pcsc.valid(other), "valid released");
	say(pcsc.cancel(c->context), "cancel nothing");
	say(pcsc.cancel(other), "cancel released");
	say(pcsc.free_memory(other, NULL), "free released");
	say(pcsc.free_memory(c->context, NULL), "free NULL");
	also("T=0 %lu %lu T=1 %lu %lu raw %lu %lu", pcsc.t0->protocol, pcsc.t0->length,
	     pcsc.t1->protocol, pcsc.t1->length, pcsc.raw->protocol, pcsc.raw->length);
}

typedef long list_function(long context, char *out, dword *len);

static long list_readers(long context, char *out, dword *len)
{
	return pcsc.list(context, NULL, out, len);
}

/* Lengths are said without that of a reader's name, which differs. */
static void list_with(struct calls *c, const char *what, list_function *list, dword name)
{
	char buffer[600], *made = NULL;
	dword len = 0, exact;

	say(list(c->context, NULL, &len), "%s size", what);
	also("len %lu", len - name);
	exact = len;
	say(list(c->context, buffer, &len), "%s exact", what);
	also("len %lu", len - name);
	also_bytes("end", buffer + len - 8, 8);
	len = exact - 1;
	say(list(c->context, buffer, &len), "%s short", what);
	also("len %lu", len - name);
	len = sizeof buffer;
	say(list(c->context, buffer, &len), "%s roomy", what);
	also("len %lu", len - name);
	len = 0;
	say(list(c->context, buffer, &len), "%s none", what);
	also("len %lu", len - name);
	len = AUTOALLOCATE;
	say(list(c->context, (char *)&made, &len), "%s allocate", what);
	also("len %lu equal %d", len - name, made != NULL && memcmp(made, buffer, exact) == 0);
	say(pcsc.free_memory(c->context, made), "free it");
	len = AUTOALLOCATE;
	say(list(c->context, NULL, &len), "%s allocate nowhere", what);
	len = sizeof buffer;
	say(list(c->context + 1000000, buffer, &len), "%s stranger", what);
}

void calls_lists(struct calls *c)
{
	char buffer[600];
	dword len = sizeof buffer, name = strlen(c->reader);

	list_with(c, "list", list_readers, name);
	list_with(c, "groups", pcsc.groups, 0);
	say(list_readers(c->context, NULL, NULL), "list no length");
	/* pcsc-lite 1.9.9 crashes without a length of groups */
	say(pcsc.list(c->context, "No$Such\0", buffer, &len), "list other group");
	also("len %lu", len - name);
}

void calls_connect(struct calls *c)
{
	static const dword protocols[] = {0, 1, 2, 3, 4, 5, 7, 8, 0x10, 0x1000, 0x10000, 0xFFFF};
	static char long_name[200];
	dword protocol;
	long card;

	for (dword share = 0; share <= 4; share++) {
		for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
			long err;

			card = 1;
			protocol = 77;
			err = pcsc.connect(c->context, c->reader, share, protocols[i], &card,
			                   &protocol);
			say(err, "connect share %lu protocols %lX", share, protocols[i]);
			also("zero %d", card == 0);
			if (err == 0) {
				also("protocol %lu", protocol);
				say(pcsc.disconnect(card, 2), "disconnect");
			}
		}
	}
	say(pcsc.connect(c->context, NULL, 2, 3, &card, &protocol), "connect no name");
	say(pcsc.connect(c->context, "", 2, 3, &card, &protocol), "connect empty");
	say(pcsc.connect(c->context, "No Such Reader 00 00", 2, 3, &card, &protocol),
	    "connect other");
	memset(long_name, 'x', sizeof long_name - 1);
	say(pcsc.connect(c->context, long_name, 2, 3, &card, &protocol), "connect 199 characters");
	say(pcsc.connect(c->context, c->reader, 2, 3, NULL, &protocol), "connect no card");
	say(pcsc.connect(c->context, c->reader, 2, 3, &card, NULL), "connect no protocol");
	say(pcsc.connect(c->context + 1000000, c->reader, 2, 3, &card, &protocol),
	    "connect stranger");
	say(pcsc.disconnect(0, 0), "disconnect 0");
	say(pcsc.disconnect(123456, 0), "disconnect stranger");
	card = open_card(c);
	say(pcsc.disconnect(card, 4), "disconnect as 4");
	say(pcsc.disconnect(card, 99), "disconnect as 99");
	say(pcsc.disconnect(card, 0), "disconnect leave");
	say(pcsc.disconnect(card, 0), "disconnect again");
}

static void status_with(struct calls *c, long card, const char *what, dword name_cap, dword atr_cap)
{
	char name[256];
	uint8_t atr[64];
	dword state = 9, protocol = 9;
	long err = pcsc.status(card, name, &name_cap, &state, &protocol, atr, &atr_cap);

	say(err, "status %s", what);
	name_cap = name_cap == 0 ? strlen(c->reader) : name_cap;
	also("name %ld state %lX protocol %lu atr %lu", (long)(name_cap - strlen(c->reader)),
	     state & 0xFFFF, protocol, atr_cap);
	if (err == 0) {
		also_bytes("atr", atr, atr_cap);
		also("same %d", strcmp(name, c->reader) == 0);
	}
}

void calls_status(struct calls *c)
{
	long card = open_card(c);
	char *name = NULL;
	uint8_t *atr = NULL;
	dword a = 0, b = 0, state, protocol;

	status_with(c, card, "plain", 256, 64);
	status_with(c, card, "short name", 5, 64);
	status_with(c, card, "short atr", 256, 3);
	status_with(c, card, "both short", 0, 0);
	status_with(c, card, "exact", strlen(c->reader) + 1, 33);
	say(pcsc.status(card, NULL, NULL, NULL, NULL, NULL, NULL), "status nothing");
	say(pcsc.status(card, NULL, &a, &state, &protocol, NULL, &b), "status sizes");
	also("name %ld atr %lu", (long)(a - strlen(c->reader)), b);
	a = b = AUTOALLOCATE;
	say(pcsc.status(card, (char *)&name, &a, &state, &protocol, (uint8_t *)&atr, &b),
	    "status allocate");
	also("name %ld atr %lu same %d", (long)(a - strlen(c->reader)), b,
	     name != NULL && strcmp(name, c->reader) == 0);
	say(pcsc.free_memory(c->context, name), "free name");
	say(pcsc.free_memory(c->context, atr), "free atr");
	pcsc.disconnect(card, 0);
	status_with(c, card, "closed", 256, 64);
	status_with(c, 0, "of 0", 256, 64);
}

static void transmit_bad(struct calls *c, long card)
{
	static uint8_t big[70000];
	const uint8_t *select = (const uint8_t[]){0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00};
	const struct io_request *pci = c->protocol == 1 ? pcsc.t0 : pcsc.t1;
	const struct io_request *other = c->protocol == 1 ? pcsc.t1 : pcsc.t0;
	const struct io_request any = {0x1000, sizeof any}, none = {0, 0}, odd = {c->protocol, 3};
	struct io_request back = {9, 9};
	uint8_t out[300];
	dword n = sizeof out;

	say(pcsc.transmit(card, NULL, select, 7, NULL, out, &n), "transmit no pci");
	say(pcsc.transmit(card, pci, NULL, 7, NULL, out, &n), "transmit no command");
	say(pcsc.transmit(card, pci, select, 7, NULL, NULL, &n), "transmit no buffer");
	say(pcsc.transmit(card, pci, select, 7, NULL, out, NULL), "transmit no length");
	say(pcsc.transmit(card, other, select, 7, NULL, out, &n), "transmit other protocol");
	n = sizeof out;
	say(pcsc.transmit(card, pcsc.raw, select, 7, NULL, out, &n), "transmit raw");
	n = sizeof out;
	say(pcsc.transmit(card, &none, select, 7, NULL, out, &n), "transmit protocol 0");
	n = sizeof out;
	say(pcsc.transmit(card, &any, select, 7, NULL, out, &n), "transmit any");
	also("n %lu", n);
	n = sizeof out;
	say(pcsc.transmit(card, &odd, select, 7, &back, out, &n), "transmit back");
	also("n %lu protocol %lu length %lu", n, back.protocol, back.length);
	n = sizeof out;
	say(pcsc.transmit(card, pci, big, 65549, NULL, out, &n), "transmit too long");
	n = 65549;
	say(pcsc.transmit(card, pci, select, 7, NULL, big, &n), "transmit too much room");
	n = sizeof out;
	say(pcsc.transmit(0, pci, select, 7, NULL, out, &n), "transmit to 0");
	also("n %lu", n);
}

void calls_transmit(struct calls *c)
{
	long card = open_card(c);
	uint8_t both[16] = {0x80, 0x10, 0x00, 0x00, 0x03, 1, 2, 3};
	dword n = sizeof both;
	long err;

	send_apdu(c, card, "select", BYTES(0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00), 258);
	send_apdu(c, card, "select exact", BYTES(0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00), 2);
	send_apdu(c, card, "select cap 1", BYTES(0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00), 1);
	send_apdu(c, card, "select cap 0", BYTES(0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00), 0);
	send_apdu(c, card, "case 1", BYTES(0x80, 0x18, 0x90, 0x00), 258);
	send_apdu(c, card, "case 2", BYTES(0x00, 0xB0, 0x00, 0x00, 0x10), 258);
	send_apdu(c, card, "case 2 no room", BYTES(0x00, 0xB0, 0x00, 0x00, 0x10), 10);
	send_apdu(c, card, "select", BYTES(0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00), 258);
	send_apdu(c, card, "case 2 of 256", BYTES(0x00, 0xB0, 0x00, 0x00, 0x00), 258);
	send_apdu(c, card, "case 3", BYTES(0x00, 0xD6, 0x00, 0x00, 0x02, 0xAB, 0xCD), 258);
	send_apdu(c, card, "case 4", BYTES(0x80, 0x10, 0x00, 0x00, 0x03, 1, 2, 3, 0x00), 258);
	send_apdu(c, card, "wrong Le", BYTES(0x80, 0x1A, 0x08, 0x00, 0x04), 258);
	send_apdu(c, card, "right Le", BYTES(0x80, 0x1A, 0x08, 0x00, 0x08), 258);
	send_apdu(c, card, "61xx", BYTES(0x80, 0x1C, 0x00, 0x20, 0x00), 258);
	send_apdu(c, card, "get response", BYTES(0x00, 0xC0, 0x00, 0x00, 0x20), 258);
	send_apdu(c, card, "unknown INS", BYTES(0x00, 0xEE, 0x00, 0x00), 258);
	send_apdu(c, card, "unknown CLA", BYTES(0x55, 0xA4, 0x00, 0x00), 258);
	send_apdu(c, card, "slow", BYTES(0x80, 0x12, 0x02, 0x01), 258);
	send_apdu(c, card, "verify wrong",
	          BYTES(0x00, 0x20, 0x00, 0x80, 0x04, 0x39, 0x39, 0x39, 0x39), 258);
	send_apdu(c, card, "verify", BYTES(0x00, 0x20, 0x00, 0x80, 0x04, 0x31, 0x32, 0x33, 0x34),
	          258);
	err = pcsc.transmit(card, c->protocol == 1 ? pcsc.t0 : pcsc.t1, both, 8, NULL, both, &n);
	say(err, "transmit in place");
	also_bytes("answer", both, err == 0 ? n : 0);
	transmit_bad(c, card);
	say(pcsc.disconnect(card, 1), "disconnect");
	card = open_card(c);
	send_apdu(c, card, "three bytes", BYTES(0x00, 0xA4, 0x00), 258);
	say(pcsc.disconnect(card, 1), "disconnect");
	card = open_card(c);
	send_apdu(c, card, "wrong Lc", BYTES(0x00, 0xA4, 0x00, 0x0C, 0x05, 0x3F), 258);
	say(pcsc.disconnect(card, 1), "disconnect");
}

void calls_attributes(struct calls *c)
{
	static const dword ids[] = {
		0x00010100, 0x00010101, 0x00010102, 0x00010103, 0x00020110, 0x00030120, 0x00030121,
		0x00030122, 0x00030123, 0x00030124, 0x00030125, 0x00030126, 0x00040131, 0x0005ABCD,
		0x00060150, 0x0007A003, 0x0007A005, 0x0007A007, 0x00080201, 0x00090300, 0x00090301,
		0x00090303, 0x00090304, 0x7FFF0001, 0x7FFF0002, 0x7FFF0003, 0x7FFF0004, 0x7FFF0005,
		0x7FFF0006, 0x7FFF0007, 0x00000FAE, 0x00000303, 0};
	long card = open_card(c);
	uint8_t value[300], *made = NULL;
	dword n;

	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		long err;

		n = sizeof value - 36;
		err = pcsc.get(card, ids[i], value, &n);
		say(err, "get %08lX", ids[i]);
		if (err == 0 && n == strlen(c->reader) + 1 && memcmp(value, c->reader, n) == 0)
			also("the name");
		else if (err == 0)
			also_bytes("value", value, n);
	}
	n = 0;
	say(pcsc.get(card, 0x00090303, NULL, &n), "get size");
	also("len %lu", n);
	n = 2;
	say(pcsc.get(card, 0x00090303, value, &n), "get short");
	also("len %lu", n);
	n = AUTOALLOCATE;
	say(pcsc.get(card, 0x00090303, (uint8_t *)&made, &n), "get allocate");
	also("len %lu", n);
	say(pcsc.free_memory(c->context, made), "free it");
	say(pcsc.get(card, 0x00090303, value, NULL), "get no length");
	n = 265;
	say(pcsc.get(card, 0x00090303, value, &n), "get 265");
	say(pcsc.set(card, 0x00090303, value, 1), "set");
	say(pcsc.set(card, 0x7FFF0001, value, 1), "set other");
	say(pcsc.set(card, 0x00090303, NULL, 1), "set NULL");
	say(pcsc.set(card, 0x00090303, value, 0), "set nothing");
	say(pcsc.set(card, 0x00090303, value, 265), "set 265");
	pcsc.disconnect(card, 0);
	say(pcsc.get(card, 0x00090303, value, &n), "get closed");
	say(pcsc.set(card, 0x00090303, value, 1), "set closed");
}

static void control(long card, dword code, const char *what, const uint8_t *send, dword len,
                    dword cap)
{
	uint8_t out[300];
	dword n = 77;
	long err = pcsc.control(card, code, send, len, out, cap, &n);

	say(err, "control %s", what);
	also("n %lu", n);
	if (err == 0)
		also_bytes("answer", out, n);
}

static void control_all(struct calls *c, long card)
{
	(void)c;
	control(card, 0x42000D48, "features", NULL, 0, 300);
	control(card, 0x42000D48, "features short", NULL, 0, 3);
	control(card, 0x42000D48, "features none", NULL, 0, 0);
	control(card, 0x42000D48, "features given", BYTES(1, 2), 300);
	control(card, 0x4233000A, "pin properties", NULL, 0, 300);
	control(card, 0x4233000A, "pin properties short", NULL, 0, 2);
	control(card, 0x42330012, "tlv properties", NULL, 0, 300);
	control(card, 0x42330012, "tlv properties short", NULL, 0, 2);
	control(card, 0x42000001, "escape", BYTES(0x10, 0x20), 300);
	control(card, 0x42000002, "code 2", BYTES(0x10), 300);
	control(card, 0x42000DAC, "code 3500", BYTES(0x10), 300);
	control(card, 0, "code 0", NULL, 0, 300);
	control(card, 0x42330020, "pace", BYTES(1, 0, 0), 300);
	control(card, 0x42330006, "verify empty", NULL, 0, 300);
	control(card, 0x42330006, "verify junk", BYTES(1, 2, 3), 300);
	control(card, 0x42330007, "modify junk", BYTES(1, 2, 3), 300);
}

void calls_control(struct calls *c)
{
	static uint8_t big[70000];
	long card = open_card(c);
	dword n, protocol = 9;

	control_all(c, card);
	say(pcsc.control(card, 0x42000D48, NULL, 0, big, 300, NULL), "control no length");
	say(pcsc.control(card, 0x42000D48, big, 65549, big, 300, &n), "control too long");
	say(pcsc.control(card, 0x42000D48, NULL, 0, big, 65549, &n), "control too much room");
	say(pcsc.control(0, 0x42000D48, NULL, 0, big, 300, &n), "control of 0");
	pcsc.disconnect(card, 0);
	say(pcsc.control(card, 0x42000D48, NULL, 0, big, 300, &n), "control closed");
	say(pcsc.connect(c->context, c->reader, 3, 0, &card, &protocol), "connect direct");
	control_all(c, card);
	pcsc.disconnect(card, 0);
}
