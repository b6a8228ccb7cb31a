/* SPDX-License-Identifier: MIT */
/* Two processes and one reader, through whichever libpcsclite.so.1 is found.
 *
 *	pcsc_turns hold      connect, say "connected", wait until standard input ends
 *	pcsc_turns try       connect, and say how that ended
 *	pcsc_turns take N    N transactions, reconnecting whenever the card was reset; says how many
 *	                     times it was
 */
#include "pcsc_lib.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RESET   0x80100068L
#define SHARING 0x8010000BL
#define TRIES   400

static const uint8_t read_binary[] = {0x00, 0xB0, 0, 0, 3}; /* 00 07 0E */

static void moment(void)
{
	const struct timespec t = {.tv_nsec = 10000000};

	nanosleep(&t, NULL);
}

/* Whether the card answered as it should, or what PC/SC said. */
static long talk(long card)
{
	uint8_t out[258];
	dword n = sizeof out;
	long err = pcsc.transmit(card, pcsc.t0, read_binary, sizeof read_binary, NULL, out, &n);

	return err != 0 ? err : n == 5 && memcmp(out, "\x00\x07\x0E\x90", 4) == 0 ? 0 : -1;
}

static long once(long card, unsigned *resets)
{
	dword protocol;
	long err = pcsc.begin(card);

	while (err == RESET) {
		++*resets;
		err = pcsc.reconnect(card, 2, 3, 0, &protocol);
		if (err == 0)
			err = pcsc.begin(card);
	}
	if (err == 0)
		err = talk(card);
	return err == 0 ? pcsc.end(card, 0) : err;
}

static long take(long card, unsigned rounds)
{
	unsigned resets = 0;
	long err = 0;

	for (unsigned i = 0; i < rounds && err == 0; i++) {
		err = once(card, &resets);
		moment(); /* something else to do */
	}
	printf("%s after %u rounds, %u resets\n", code_name(err), rounds, resets);
	return err;
}

static long connect(long context, const char *reader, bool patient, long *card)
{
	long err = SHARING;
	dword protocol;

	for (int i = 0; i < TRIES && err == SHARING; i++) {
		err = pcsc.connect(context, reader, 2, 3, card, &protocol);
		if (!patient)
			break;
		moment();
	}
	return err;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	char reader[256], c;
	long context, card, err;

	if (!pcsc_load() || !pcsc_start(&context, reader, sizeof reader))
		return 1;
	err = connect(context, reader, strcmp(how, "take") == 0, &card);
	if (strcmp(how, "hold") == 0 && err == 0) {
		puts("connected");
		fflush(stdout);
		while (read(0, &c, 1) > 0)
			;
	} else if (strcmp(how, "take") == 0 && argc > 2 && err == 0) {
		err = take(card, (unsigned)atoi(argv[2]));
	} else {
		puts(code_name(err));
	}
	pcsc.release(context);
	return err == 0 ? 0 : 3;
}
