/* SPDX-License-Identifier: MIT */
/* peer_scd PROGRAM ARGUMENT...: the steps of peer.h by GnuPG's scdaemon and its own CCID driver. */
#include "peer.h"
#include "scd.h"

#include <stdio.h>
#include <string.h>

#define EXTENDED_AT 7 /* an extended APDU without data is as long */

static char **program;
static bool nowhere; /* a slot was chosen that it does not know */

static bool done(const char *line)
{
	uint8_t data[64];

	fprintf(stderr, "> %s\n", line);
	return scd_ask(line, data, sizeof data) >= 0;
}

static bool there_is_a_card(unsigned wanted)
{
	return done("SERIALNO undefined") == (wanted != 0);
}

static bool start(void)
{
	return scd_start(program) && there_is_a_card(1);
}

static bool atr(uint8_t out[33], size_t *len)
{
	if (!done("APDU --atr"))
		return false;
	memcpy(out, scd_atr(len), 33);
	return true;
}

static long apdu(const uint8_t *command, size_t len, uint8_t *out, size_t cap)
{
	bool extended = len >= EXTENDED_AT && command[4] == 0;
	char line[1024] = "APDU ";
	long n;

	if (nowhere)
		return -1;
	if (extended)
		strcat(line, "--exlen=2000 ");
	for (size_t i = 0, at = strlen(line); i < len && at + 3 < sizeof line; i++, at += 2)
		snprintf(line + at, 3, "%02X", command[i]);
	fprintf(stderr, "> %s\n", line);
	n = scd_ask(line, out, cap);
	return n >= 2 ? n : -1;
}

static bool readers(unsigned n)
{
	return peer_until(there_is_a_card, n);
}

static bool card(bool present)
{
	return peer_until(there_is_a_card, present);
}

static bool slot(unsigned n)
{
	nowhere = n != 0;
	return !nowhere;
}

/* The application that is in use does not change but after a reset. */
static bool pin(bool modify)
{
	return done("RESET") && done("SERIALNO openpgp") &&
	       done(modify ? "PASSWD 1" : "CHECKPIN D276000124010304FFFE000000010000");
}

int main(int argc, char **argv)
{
	static const struct peer peer = {start, atr, apdu, readers, card, slot, pin};
	int result;

	if (argc < 2)
		return 2;
	program = argv + 1;
	result = peer_run(&peer);
	scd_end();
	return result;
}
