/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include "apdus.h"
#include "usbfs_client.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_MS 20

bool peer_until(bool (*what)(unsigned n), unsigned n)
{
	const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000};

	for (unsigned i = 0; i < PEER_WAIT_S * 1000 / PAUSE_MS; i++) {
		if (what(n))
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

static void give_up(int signal)
{
	static const char text[] = " no end\n";

	(void)signal;
	_exit(write(STDOUT_FILENO, text, sizeof text - 1) > 0 ? 0 : 1);
}

static void print(const uint8_t *bytes, long len)
{
	if (len < 0)
		printf(" failed");
	for (long i = 0; i < len; i++)
		printf(" %02X", bytes[i]);
	printf("\n");
}

static void send_hex(const struct peer *p, const char *hex)
{
	uint8_t apdu[64], out[258];
	size_t n = 0;

	for (unsigned byte; n < sizeof apdu && sscanf(hex + 2 * n, "%2x", &byte) == 1; n++)
		apdu[n] = (uint8_t)byte;
	print(out, p->apdu(apdu, n, out, sizeof out));
}

static void tell_atr(const struct peer *p)
{
	uint8_t atr[33];
	size_t len = sizeof atr;

	print(atr, p->atr(atr, &len) ? (long)len : -1);
}

static void tell(bool done)
{
	printf(" %s\n", done ? "ok" : "no");
}

static bool take(const struct peer *p, const char *step, const char *arg)
{
	if (strcmp(step, "atr") == 0)
		tell_atr(p);
	else if (strcmp(step, "apdu") == 0)
		send_hex(p, arg);
	else if (strcmp(step, "conversation") == 0)
		return apdus_run(p->apdu, arg);
	else if (strcmp(step, "readers") == 0)
		tell(p->readers((unsigned)atoi(arg)));
	else if (strcmp(step, "card") == 0)
		tell(p->card(strcmp(arg, "in") == 0));
	else if (strcmp(step, "slot") == 0)
		tell(p->slot((unsigned)atoi(arg)));
	else if (strcmp(step, "verify") == 0 || strcmp(step, "modify") == 0)
		tell(p->pin(step[0] == 'm'));
	else if (strcmp(step, "within") == 0)
		alarm((unsigned)atoi(arg));
	else if (strcmp(step, "host") == 0)
		printf(" %s\n", usbfs_ask(arg));
	else
		return false;
	return true;
}

int peer_run(const struct peer *p)
{
	char line[128];

	signal(SIGALRM, give_up);
	if (!p->start()) {
		printf(" refused\n");
		return 0;
	}
	while (fgets(line, sizeof line, stdin) != NULL) {
		char *arg;

		line[strcspn(line, "\n")] = '\0';
		puts(line);
		fflush(stdout);
		arg = strchr(line, ' ');
		if (arg != NULL)
			*arg++ = '\0';
		if (!take(p, line, arg != NULL ? arg : ""))
			return 2;
		fflush(stdout);
	}
	return 0;
}
