/* SPDX-License-Identifier: MIT */
/* The conversation of apdus.h by pcsc-lite: libpcsclite is loaded at run time from the folder it was
 * unpacked in; its few declarations are written out here, as the PC/SC specification has them. */
#include "apdus.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SCOPE_SYSTEM    2ul
#define SHARE_EXCLUSIVE 1ul
#define T0_OR_T1        3ul
#define UNPOWER_CARD    2ul
#define WAIT_S          15

struct io_request {
	unsigned long protocol, length;
};

static struct {
	long (*establish)(unsigned long, const void *, const void *, long *);
	long (*release)(long);
	long (*list)(long, const char *, char *, unsigned long *);
	long (*connect)(long, const char *, unsigned long, unsigned long, long *, unsigned long *);
	long (*disconnect)(long, unsigned long);
	long (*status)(long, char *, unsigned long *, unsigned long *, unsigned long *, uint8_t *,
	               unsigned long *);
	long (*transmit)(long, const struct io_request *, const uint8_t *, unsigned long,
	                 struct io_request *, uint8_t *, unsigned long *);
} pcsc;

struct card {
	long handle;
	unsigned long protocol;
};

static int load(void *lib)
{
	const struct {
		const char *name;
		void *into;
	} all[] = {
		{"SCardEstablishContext", &pcsc.establish}, {"SCardReleaseContext", &pcsc.release},
		{"SCardListReaders", &pcsc.list},           {"SCardConnect", &pcsc.connect},
		{"SCardDisconnect", &pcsc.disconnect},      {"SCardStatus", &pcsc.status},
		{"SCardTransmit", &pcsc.transmit},
	};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		void *f = dlsym(lib, all[i].name);

		if (f == NULL)
			return -1;
		memcpy(all[i].into, &f, sizeof f);
	}
	return 0;
}

/* The daemon needs a moment to start and to find the reader. */
static long first_reader(long *context, char *name, unsigned long cap)
{
	const struct timespec moment = {.tv_nsec = 50000000};
	long err = -1;

	for (int i = 0; i < WAIT_S * 20; i++) {
		unsigned long len = cap;

		err = pcsc.establish(SCOPE_SYSTEM, NULL, NULL, context);
		if (err == 0) {
			err = pcsc.list(*context, NULL, name, &len);
			if (err == 0 && name[0] != '\0')
				return 0;
			pcsc.release(*context);
		}
		nanosleep(&moment, NULL);
	}
	return err;
}

static long send_apdu(void *arg, const uint8_t *apdu, size_t len, uint8_t *out, size_t cap)
{
	const struct card *c = arg;
	struct io_request io = {c->protocol, sizeof io};
	unsigned long n = cap;
	long err = pcsc.transmit(c->handle, &io, apdu, len, NULL, out, &n);

	return err != 0 ? -(err & 0xFFFF) : (long)n;
}

static int converse(long context, const char *name, enum apdus_set set)
{
	struct card c;
	uint8_t atr[33];
	char names[256];
	unsigned long atr_len = sizeof atr, names_len = sizeof names, state, protocol;
	long err = pcsc.connect(context, name, SHARE_EXCLUSIVE, T0_OR_T1, &c.handle, &c.protocol);
	int result;

	if (err == 0)
		err = pcsc.status(c.handle, names, &names_len, &state, &protocol, atr, &atr_len);
	if (err != 0) {
		fprintf(stderr, "connect: %08lX\n", (unsigned long)err & 0xFFFFFFFF);
		return 1;
	}
	fprintf(stderr, "reader: %s\n", names);
	apdus_print("ATR", atr, atr_len);
	printf("T=%lu\n", c.protocol - 1);
	result = apdus_run(send_apdu, &c, set);
	pcsc.disconnect(c.handle, UNPOWER_CARD);
	return result;
}

int main(int argc, char **argv)
{
	void *lib = dlopen("libpcsclite.so.1", RTLD_NOW);
	char name[512];
	long context, err;
	int result;

	if (lib == NULL || load(lib) != 0) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	err = first_reader(&context, name, sizeof name);
	if (err != 0) {
		fprintf(stderr, "no reader: %08lX\n", (unsigned long)err & 0xFFFFFFFF);
		return 1;
	}
	result = converse(context, name, apdus_choose(argc, argv));
	pcsc.release(context);
	return result;
}
