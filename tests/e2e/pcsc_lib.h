/* SPDX-License-Identifier: MIT */
/* PC/SC's functions, from whichever libpcsclite.so.1 is found at run time, and a transcript of calls.
 * Its few declarations are written out here, as the PC/SC specification has them. */
#ifndef PCSC_LIB_H
#define PCSC_LIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef unsigned long dword;

struct io_request {
	dword protocol, length;
};

struct reader_state {
	const char *reader;
	void *user;
	dword current, event, atr_len;
	uint8_t atr[33];
};

struct pcsc_lib {
	long (*establish)(dword scope, const void *, const void *, long *context);
	long (*release)(long context);
	long (*valid)(long context);
	long (*cancel)(long context);
	long (*list)(long context, const char *groups, char *readers, dword *len);
	long (*groups)(long context, char *groups, dword *len);
	long (*free_memory)(long context, const void *mem);
	long (*change)(long context, dword timeout, struct reader_state *states, dword count);
	long (*connect)(long context, const char *reader, dword share, dword protocols, long *card,
	                dword *protocol);
	long (*reconnect)(long card, dword share, dword protocols, dword disposition,
	                  dword *protocol);
	long (*disconnect)(long card, dword disposition);
	long (*begin)(long card);
	long (*end)(long card, dword disposition);
	long (*transmit)(long card, const struct io_request *pci, const uint8_t *send, dword len,
	                 struct io_request *receive_pci, uint8_t *receive, dword *receive_len);
	long (*status)(long card, char *reader, dword *reader_len, dword *state, dword *protocol,
	               uint8_t *atr, dword *atr_len);
	long (*control)(long card, dword code, const void *send, dword len, void *receive,
	                dword cap, dword *n);
	long (*get)(long card, dword id, uint8_t *value, dword *len);
	long (*set)(long card, dword id, const uint8_t *value, dword len);
	const char *(*text)(long code);
	const struct io_request *t0, *t1, *raw;
};
extern struct pcsc_lib pcsc;

/* False with a word on standard error. */
bool pcsc_load(void);

/* A context, and the name of the first reader: waits for a daemon to start. */
bool pcsc_start(long *context, char *reader, size_t cap);

/* One line of the transcript begins with what is called, then its result. */
void say(long code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* More on the same line. */
void also(const char *format, ...) __attribute__((format(printf, 1, 2)));
void also_bytes(const char *what, const void *bytes, size_t len);
void finish(void);

const char *code_name(long code);

#endif
