/* SPDX-License-Identifier: MIT */
/* pcscd + libccid by libpcsclite, which is loaded at run time from the folder it was unpacked in; its few
 * declarations are written out here, as the PC/SC specification has them. */
#include "bench.h"

#include <dlfcn.h>

#define SCOPE_SYSTEM    2ul
#define SHARE_EXCLUSIVE 1ul
#define T0_OR_T1        3ul
#define LEAVE_CARD      0ul
#define WAIT_MS         15000

struct io_request {
	unsigned long protocol, length;
};

static struct {
	long (*establish)(unsigned long, const void *, const void *, long *);
	long (*list)(long, const char *, char *, unsigned long *);
	long (*connect)(long, const char *, unsigned long, unsigned long, long *, unsigned long *);
	long (*disconnect)(long, unsigned long);
	long (*transmit)(long, const struct io_request *, const uint8_t *, unsigned long,
	                 struct io_request *, uint8_t *, unsigned long *);
} pcsc;

static bool load(void)
{
	void *lib = dlopen("libpcsclite.so.1", RTLD_NOW);
	const struct {
		const char *name;
		void *into;
	} all[] = {
		{"SCardEstablishContext", &pcsc.establish},
		{"SCardListReaders", &pcsc.list},
		{"SCardConnect", &pcsc.connect},
		{"SCardDisconnect", &pcsc.disconnect},
		{"SCardTransmit", &pcsc.transmit},
	};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		void *f = lib != NULL ? dlsym(lib, all[i].name) : NULL;

		if (f == NULL)
			return false;
		memcpy(all[i].into, &f, sizeof f);
	}
	return true;
}

static void a_moment(void)
{
	const struct timespec moment = {.tv_nsec = 1000000};

	nanosleep(&moment, NULL);
}

/* The daemon needs a moment to start and to find the reader. */
static bool connect_first(long *card, unsigned long *protocol)
{
	char name[512];
	long context, err = -1;

	for (int i = 0; i < WAIT_MS && err != 0; i++) {
		err = pcsc.establish(SCOPE_SYSTEM, NULL, NULL, &context);
		if (err != 0)
			a_moment();
	}
	for (int i = 0; i < WAIT_MS && err == 0; i++) {
		unsigned long len = sizeof name;

		if (pcsc.list(context, NULL, name, &len) == 0 &&
		    pcsc.connect(context, name, SHARE_EXCLUSIVE, T0_OR_T1, card, protocol) == 0)
			return true;
		a_moment();
	}
	return false;
}

static bool run(long card, unsigned long protocol, const struct bench_work *w)
{
	const struct io_request io = {protocol, sizeof io};
	double start = bench_us();
	uint8_t answer[1024];

	for (unsigned long i = 0; i < w->n; i++) {
		unsigned long n = sizeof answer;

		if (pcsc.transmit(card, &io, w->apdu, w->len, NULL, answer, &n) != 0 ||
		    !bench_answered(w, answer, n))
			return false;
	}
	bench_tell(w, start);
	return true;
}

int main(int argc, char **argv)
{
	unsigned long protocol;
	struct bench_work w;
	long card;
	bool ok;

	if (!bench_work(&w, argc, argv))
		return 2;
	if (!load() || !connect_first(&card, &protocol))
		return 1;
	ok = run(card, protocol, &w);
	bench_rest(&w);
	pcsc.disconnect(card, LEAVE_CARD);
	return ok ? 0 : 1;
}
