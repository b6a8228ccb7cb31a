/* SPDX-License-Identifier: MIT */
/* What the tests of the service interfaces share: the card of emu_files.h in an emulated reader, in
 * memory and virtual time, and one ISCardManage with its three services on it. */
#ifndef FILES_RIG_H
#define FILES_RIG_H

#include "context_priv.h"
#include "emu_stream.h"

#include <iscard/iscard.h>

enum files_reader {
	FILES_TPDU_T0,
	FILES_TPDU_T1,
	FILES_SHORT_T0,
	FILES_SHORT_T1,
	FILES_EXTENDED,
	FILES_CHARACTER_T0,
	FILES_READERS
};
#define FILES_EVERY(kind) for (int kind = 0; kind < FILES_READERS; kind++)

struct files_rig {
	struct emu_stream stream;
	iscard_context *context;
	ISCardManage *manage;
	ISCardFileAccess *files;
	ISCardVerify *verify;
	ISCardAuth *auth;
	char log[1 << 16]; /* with payload */
	int64_t tick;      /* each look at the clock takes so long */
};
extern struct files_rig fr;

/* Attached, SHARED. flags: EMU_FILES_*. */
void files_start(enum files_reader kind, unsigned flags);
/* The same, with objects and nothing attached. */
void files_start_detached(enum files_reader kind, unsigned flags);
void files_end(void);

/* Another connection to the same card, to be released. */
ISCard *files_other(void);
HRESULT files_attach(void);

/* XfrBlock messages that the reader has had. */
unsigned files_sent(void);

IByteBuffer *files_buffer(const void *data, size_t n);
/* With text as BSTR. */
HRESULT files_cd(REFTYPE type, const char *text);
HRESULT files_open(REFTYPE type, const char *text, HSCARD_FILE *file);
/* By identifier; must succeed. */
HSCARD_FILE files_opened(const char *path);
/* Read count bytes at the pointer: the number read, or the result when it is a failure. */
long files_read(HSCARD_FILE file, LONG count, uint8_t *out, size_t cap);
HRESULT files_write(HSCARD_FILE file, const void *data, size_t n, SCARD_FLAGS flags);
HRESULT files_verify(const char *code, SCARD_FLAGS flags, LONG ref);

/* The result's name in the message when it is another. */
#define assert_hr(call, want) files_assert_hr(call, want, #call, __FILE__, __LINE__)
void files_assert_hr(HRESULT hr, HRESULT want, const char *what, const char *file, int line);

#endif
