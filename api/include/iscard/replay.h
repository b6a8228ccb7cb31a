/* SPDX-License-Identifier: MIT */
/* Recorded readers in tests. A session that was recorded once (struct iscard_options, member trace;
 * the environment variable ISCARD_TRACE; "iscard record") is replayed without hardware:
 *
 *	iscard_replay_open("session.pcapng", NULL, &context, &reader);
 *	... iscard_context_create_instance(context, ...), AttachByReader(card, reader, ...) ...
 *	assert(iscard_replay_check(context, NULL, NULL) == S_OK);
 *
 * The code that drives hardware runs, against the recording. What it sends is compared message by
 * message; where it departs from the recording, that call and every later one on the reader is
 * ISCARD_E_DIVERGED. traces/README.md in the sources has the rules.
 *
 * Any thread. Needs a library that was built with usbredir; else SCARD_E_UNSUPPORTED_FEATURE. */
#ifndef ISCARD_REPLAY_H
#define ISCARD_REPLAY_H

#include <iscard/context.h>

ISCARD_C_BEGIN

/* How strictly commands are compared. */
typedef ISCARD_ENUM(iscard_replay_match) {
	ISCARD_REPLAY_MESSAGE, /* what reaches the card or the motor as recorded; polls and set-up free */
	ISCARD_REPLAY_EXACT,   /* every command as recorded, in order, and no other */
	ISCARD_REPLAY_LENIENT, /* any recorded command, in any order and number */
} iscard_replay_match;

/* All zero but size is a good start. Everything is copied. */
struct iscard_replay_options {
	size_t size; /* sizeof(struct iscard_replay_options), so that it may grow */
	iscard_replay_match match;
	/* Thousandths of the recorded pace: 1000 as it was, 2000 twice as fast, up to 1000000. 0: no
	 * time passes, what came late comes at once. */
	uint32_t speed;
	/* Log, limits, clock and trace of the context; its readers are not looked at. NULL: errors, a
	 * difference among them, go to standard error. */
	const struct iscard_options *context;
};

/* Make a context whose only reader is the recording, and look at the file. options NULL: all zero.
 * *context has one reference. *reader (reader may be NULL) is the name of its first slot, freed with
 * SysFreeString(). The recording starts over each time the reader is opened: at the first attach,
 * and again when all connections had ended.
 * E_POINTER; E_INVALIDARG: size, match, speed, or what iscard_context_create() says of
 * options->context; E_OUTOFMEMORY; SCARD_E_UNKNOWN_READER: no such file;
 * SCARD_W_SECURITY_VIOLATION: no permission; SCARD_F_COMM_ERROR: it is no trace, or damaged. */
ISCARD_API HRESULT iscard_replay_open(const char *file, const struct iscard_replay_options *options,
                                      iscard_context **context, BSTR *reader);

/* How far the replays of a context came, those of "replay:" addresses too: S_OK when all that was
 * recorded was sent and nothing else; S_FALSE when recorded commands are left; ISCARD_E_DIVERGED when
 * the driver departed from a recording.
 *
 * *difference (may be NULL): what was expected and what came, in lines, "" when nothing diverged;
 * freed with iscard_free(); PINs are not shown. *left (may be NULL): recorded commands that were not
 * sent; of a file that was replayed several times as few as in the best of them.
 *
 * SCARD_E_UNKNOWN_READER: nothing was replayed in this context (a reader that two contexts share
 * counts where it was opened). E_OUTOFMEMORY, SCARD_E_SERVICE_STOPPED. */
ISCARD_API HRESULT iscard_replay_check(iscard_context *context, char **difference, size_t *left);

ISCARD_C_END

#endif
