/* SPDX-License-Identifier: MIT */
#include "pcsc_lib.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define WAIT_S 15

struct pcsc_lib pcsc;
static bool open_line;

bool pcsc_load(void)
{
	const struct {
		const char *name;
		void *into;
	} all[] = {
		{"SCardEstablishContext", &pcsc.establish},
		{"SCardReleaseContext", &pcsc.release},
		{"SCardIsValidContext", &pcsc.valid},
		{"SCardCancel", &pcsc.cancel},
		{"SCardListReaders", &pcsc.list},
		{"SCardListReaderGroups", &pcsc.groups},
		{"SCardFreeMemory", &pcsc.free_memory},
		{"SCardGetStatusChange", &pcsc.change},
		{"SCardConnect", &pcsc.connect},
		{"SCardReconnect", &pcsc.reconnect},
		{"SCardDisconnect", &pcsc.disconnect},
		{"SCardBeginTransaction", &pcsc.begin},
		{"SCardEndTransaction", &pcsc.end},
		{"SCardTransmit", &pcsc.transmit},
		{"SCardStatus", &pcsc.status},
		{"SCardControl", &pcsc.control},
		{"SCardGetAttrib", &pcsc.get},
		{"SCardSetAttrib", &pcsc.set},
		{"pcsc_stringify_error", &pcsc.text},
		{"g_rgSCardT0Pci", &pcsc.t0},
		{"g_rgSCardT1Pci", &pcsc.t1},
		{"g_rgSCardRawPci", &pcsc.raw},
	};
	void *lib = dlopen("libpcsclite.so.1", RTLD_NOW);

	for (size_t i = 0; lib != NULL && i < sizeof all / sizeof all[0]; i++) {
		void *f = dlsym(lib, all[i].name);

		if (f == NULL)
			lib = NULL;
		else
			memcpy(all[i].into, &f, sizeof f);
	}
	if (lib == NULL)
		fprintf(stderr, "%s\n", dlerror());
	return lib != NULL;
}

bool pcsc_start(long *context, char *reader, size_t cap)
{
	const struct timespec moment = {.tv_nsec = 50000000};

	for (int i = 0; i < WAIT_S * 20; i++) {
		dword len = cap;

		if (pcsc.establish(2, NULL, NULL, context) == 0) {
			if (pcsc.list(*context, NULL, reader, &len) == 0 && reader[0] != '\0')
				return true;
			pcsc.release(*context);
		}
		nanosleep(&moment, NULL);
	}
	fprintf(stderr, "no reader\n");
	return false;
}

const char *code_name(long code)
{
	static const struct {
		uint32_t code;
		const char *name;
	} names[] = {
		{0x00000000, "ok"},
		{0x80100001, "internal"},
		{0x80100002, "cancelled"},
		{0x80100003, "invalid handle"},
		{0x80100004, "invalid parameter"},
		{0x80100006, "no memory"},
		{0x80100008, "insufficient buffer"},
		{0x80100009, "unknown reader"},
		{0x8010000A, "timeout"},
		{0x8010000B, "sharing violation"},
		{0x8010000C, "no smart card"},
		{0x8010000F, "protocol mismatch"},
		{0x80100011, "invalid value"},
		{0x80100013, "comm error"},
		{0x80100016, "not transacted"},
		{0x80100017, "reader unavailable"},
		{0x8010001D, "no service"},
		{0x8010001F, "unsupported feature"},
		{0x8010002E, "no readers available"},
		{0x80100066, "unresponsive card"},
		{0x80100067, "unpowered card"},
		{0x80100068, "reset card"},
		{0x80100069, "removed card"},
	};
	static char other[24];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (code == (long)names[i].code)
			return names[i].name;
	snprintf(other, sizeof other, "%lX", (unsigned long)code);
	return other;
}

void finish(void)
{
	if (open_line)
		putchar('\n');
	open_line = false;
	fflush(stdout);
}

void say(long code, const char *format, ...)
{
	va_list args;

	finish();
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(": %s", code_name(code));
	fflush(stdout);
	open_line = true;
}

void also(const char *format, ...)
{
	va_list args;

	putchar(' ');
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

void also_bytes(const char *what, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	printf(" %s=", what);
	for (size_t i = 0; i < len && i < 64; i++)
		printf("%02X", at[i]);
	if (len > 64)
		printf("...(%zu)", len);
}
