/* SPDX-License-Identifier: MIT */
/* events_pcsc pin|slots|plug|stall: what pcscd does with the emulated reader beside APDUs, one line
 * each: a PIN typed on the reader, several slots, cards and readers that come and go, a stall. Run
 * inside the name space of usbfs_run, whose host side is asked for the events. */
#include "pcsc_lib.h"
#include "usbfs_client.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SCOPE_SYSTEM  2ul
#define SHARED        2ul
#define T0_OR_T1      3ul
#define UNPOWER       2ul
#define EMPTY         0x10ul
#define PRESENT       0x20ul
#define FEATURES      0x42000D48ul /* CM_IOCTL_GET_FEATURE_REQUEST */
#define VERIFY_DIRECT 0x06
#define READERS       8
#define TURNS         200 /* of 50 ms */

static long context;
static char names[READERS][128];

static void moment(void)
{
	const struct timespec t = {.tv_nsec = 50000000};

	nanosleep(&t, NULL);
}

static unsigned list(void)
{
	char text[READERS * 128];
	unsigned long len = sizeof text;
	unsigned n = 0;

	if (pcsc.list(context, NULL, text, &len) != 0)
		return 0;
	for (const char *p = text; *p != '\0' && n < READERS; p += strlen(p) + 1)
		snprintf(names[n++], sizeof names[0], "%.127s", p);
	return n;
}

/* Until there are so many readers. */
static bool readers_are(unsigned n)
{
	for (unsigned i = 0; i < TURNS; i++) {
		if (list() == n)
			return true;
		moment();
	}
	printf("%u readers, not %u\n", list(), n);
	return false;
}

static bool start(void)
{
	for (unsigned i = 0; i < TURNS; i++) {
		if (pcsc.establish(SCOPE_SYSTEM, NULL, NULL, &context) == 0)
			return true;
		moment();
	}
	return false;
}

static void print(const char *what, const uint8_t *bytes, unsigned long len)
{
	printf("%s", what);
	for (unsigned long i = 0; i < len; i++)
		printf(" %02X", bytes[i]);
	printf("\n");
}

/* Eight bytes of the card's file. */
static int read_from(unsigned reader, uint8_t offset)
{
	const uint8_t apdu[] = {0x00, 0xB0, 0x00, offset, 0x08};
	uint8_t out[258];
	unsigned long n = sizeof out, protocol;
	struct io_request io = {0, sizeof io};
	long card, err = pcsc.connect(context, names[reader], SHARED, T0_OR_T1, &card, &protocol);

	if (err == 0) {
		io.protocol = protocol;
		err = pcsc.transmit(card, &io, apdu, sizeof apdu, NULL, out, &n);
		pcsc.disconnect(card, UNPOWER);
	}
	if (err == 0)
		print("<", out, n);
	else
		printf("failed\n");
	if (err != 0)
		fprintf(stderr, "%s: %s\n", names[reader], pcsc.text(err));
	return 0;
}

static int slots(void)
{
	if (!readers_are(4))
		return 1;
	for (unsigned i = 0; i < 4; i++)
		read_from(i, (uint8_t)(16 * i));
	return 0;
}

static bool card_is(unsigned long want)
{
	struct reader_state s = {.reader = names[0]};

	for (unsigned i = 0; i < TURNS; i++) {
		if (pcsc.change(context, 0, &s, 1) == 0 && (s.event & want) != 0)
			return true;
		moment();
	}
	return false;
}

static int plug(void)
{
	if (!readers_are(1) || !card_is(PRESENT))
		return 1;
	read_from(0, 0);
	printf("removed %d\n", usbfs_do("remove 0") && card_is(EMPTY));
	read_from(0, 0);
	printf("inserted %d\n", usbfs_do("insert 0") && card_is(PRESENT));
	read_from(0, 1);
	printf("unplugged %d\n", usbfs_do("unplug") && readers_are(0));
	printf("plugged %d\n", usbfs_do("plug") && readers_are(1) && card_is(PRESENT));
	return read_from(0, 2);
}

/* libccid leaves the endpoint halted, and the reader works again after it was plugged in anew. */
static int stall(void)
{
	if (!readers_are(1) || !card_is(PRESENT))
		return 1;
	read_from(0, 0);
	printf("stalls %d\n", usbfs_do("stall-after 1"));
	read_from(0, 0);
	printf("unplugged %d\n", usbfs_do("unplug") && readers_are(0));
	printf("plugged %d\n", usbfs_do("plug") && readers_are(1) && card_is(PRESENT));
	return read_from(0, 0);
}

static uint32_t code_of(long card, uint8_t feature)
{
	uint8_t tlv[256];
	unsigned long n = 0;

	if (pcsc.control(card, FEATURES, NULL, 0, tlv, sizeof tlv, &n) != 0)
		return 0;
	for (unsigned long i = 0; i + 6 <= n; i += 6)
		if (tlv[i] == feature)
			return (uint32_t)tlv[i + 2] << 24 | (uint32_t)tlv[i + 3] << 16 |
			       (uint32_t)tlv[i + 4] << 8 | tlv[i + 5];
	return 0;
}

/* PIN_VERIFY of PC/SC part 10: ASCII, 4 to 8 digits in a block of 8 bytes, ended by the enter key. */
static int pin(void)
{
	static const uint8_t verify[] = {0x1E, 0x1E, 0x82, 0x08, 0x00, 0x08, 0x04, 0x02,
	                                 0x01, 0x09, 0x04, 0x00, 0x00, 0x00, 0x00, 0x0D,
	                                 0x00, 0x00, 0x00, 0x00, 0x20, 0x00, 0x80, 0x08,
	                                 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
	uint8_t out[258];
	unsigned long n = 0, protocol;
	uint32_t code;
	long card, err;

	if (!readers_are(1) || !card_is(PRESENT))
		return 1;
	err = pcsc.connect(context, names[0], SHARED, T0_OR_T1, &card, &protocol);
	if (err != 0)
		return 1;
	code = code_of(card, VERIFY_DIRECT);
	printf("pad %d\n", code != 0);
	err = pcsc.control(card, code, verify, sizeof verify, out, sizeof out, &n);
	if (err == 0)
		print("<", out, n);
	else
		printf("failed\n");
	pcsc.disconnect(card, UNPOWER);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} all[] = {{"pin", pin}, {"slots", slots}, {"plug", plug}, {"stall", stall}};

	if (argc < 2 || !pcsc_load() || !start())
		return 1;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (strcmp(argv[1], all[i].name) == 0)
			return all[i].run();
	return 2;
}
