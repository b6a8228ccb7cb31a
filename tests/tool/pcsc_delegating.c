/* SPDX-License-Identifier: MIT */
/* A libpcsclite.so.1 that does what the one of pcsc-lite 2.1 and newer is documented to do: it hands each
 * call to the library that LIBPCSCLITE_DELEGATE names. Both have the same soname. Data and texts are
 * its own; what is not in the other is told and answered with an error. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTERNAL_ERROR 0x80100001L

struct request {
	unsigned long protocol, length;
};

const struct request g_rgSCardT0Pci = {1, sizeof(struct request)};
const struct request g_rgSCardT1Pci = {2, sizeof(struct request)};
const struct request g_rgSCardRawPci = {4, sizeof(struct request)};

/* *function, a pointer to mine of that name, becomes theirs. */
static void become(const char *name, void *function)
{
	const char *path = getenv("LIBPCSCLITE_DELEGATE");
	void *lib = path != NULL ? dlopen(path, RTLD_LAZY) : NULL;
	void *theirs = lib != NULL ? dlsym(lib, name) : NULL;

	if (theirs != NULL && memcmp(&theirs, function, sizeof theirs) == 0) {
		fprintf(stderr, "%s: the delegate is this library\n", name);
		theirs = NULL;
	} else if (theirs == NULL) {
		fprintf(stderr, "%s: %s\n", name, path != NULL ? dlerror() : "no delegate");
	}
	memcpy(function, &theirs, sizeof theirs);
}

/* NAME(parameters), called with (arguments). */
#define FORWARD(name, parameters, arguments)                                                       \
	long name parameters;                                                                      \
	long name parameters                                                                       \
	{                                                                                          \
		long(*f) parameters = name;                                                        \
                                                                                                   \
		become(#name, &f);                                                                 \
		return f != NULL ? f arguments : INTERNAL_ERROR;                                   \
	}

FORWARD(SCardEstablishContext, (unsigned long a, const void *b, const void *c, long *d),
        (a, b, c, d))
FORWARD(SCardReleaseContext, (long a), (a))
FORWARD(SCardIsValidContext, (long a), (a))
FORWARD(SCardCancel, (long a), (a))
FORWARD(SCardListReaders, (long a, const char *b, char *c, unsigned long *d), (a, b, c, d))
FORWARD(SCardListReaderGroups, (long a, char *b, unsigned long *c), (a, b, c))
FORWARD(SCardFreeMemory, (long a, const void *b), (a, b))
FORWARD(SCardGetStatusChange, (long a, unsigned long b, void *c, unsigned long d), (a, b, c, d))
FORWARD(SCardConnect,
        (long a, const char *b, unsigned long c, unsigned long d, long *e, unsigned long *g),
        (a, b, c, d, e, g))
FORWARD(SCardReconnect,
        (long a, unsigned long b, unsigned long c, unsigned long d, unsigned long *e),
        (a, b, c, d, e))
FORWARD(SCardDisconnect, (long a, unsigned long b), (a, b))
FORWARD(SCardBeginTransaction, (long a), (a))
FORWARD(SCardEndTransaction, (long a, unsigned long b), (a, b))
FORWARD(SCardTransmit,
        (long a, const struct request *b, const unsigned char *c, unsigned long d,
         struct request *e, unsigned char *g, unsigned long *h),
        (a, b, c, d, e, g, h))
FORWARD(SCardStatus,
        (long a, char *b, unsigned long *c, unsigned long *d, unsigned long *e, unsigned char *g,
         unsigned long *h),
        (a, b, c, d, e, g, h))
FORWARD(SCardControl,
        (long a, unsigned long b, const void *c, unsigned long d, void *e, unsigned long g,
         unsigned long *h),
        (a, b, c, d, e, g, h))
FORWARD(SCardGetAttrib, (long a, unsigned long b, unsigned char *c, unsigned long *d), (a, b, c, d))
FORWARD(SCardSetAttrib, (long a, unsigned long b, const unsigned char *c, unsigned long d),
        (a, b, c, d))

const char *pcsc_stringify_error(long code);
const char *pcsc_stringify_error(long code)
{
	static char text[32];

	snprintf(text, sizeof text, "%08lX", (unsigned long)code);
	return text;
}
