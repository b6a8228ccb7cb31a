/* SPDX-License-Identifier: MIT */
/* A trace as a story: the lines of explain.h, and what they add up to: APDUs, cards that come and
 * go, the state of each slot. Everything that reads a trace for people is built on this. */
#ifndef CCID_STORY_H
#define CCID_STORY_H

#include "explain.h"

#define CCID_STORY_NO_TIME UINT64_MAX

enum ccid_story_kind {
	CCID_STORY_LINE, /* a message, a control request, a packet of the link */
	CCID_STORY_APDU, /* a command APDU is answered, or will never be */
	CCID_STORY_CARD, /* it became known that a card is there, or that none is */
};

enum ccid_story_state {
	CCID_STORY_UNKNOWN,
	CCID_STORY_EMPTY,
	CCID_STORY_INACTIVE,
	CCID_STORY_POWERED,
	CCID_STORY_NEGOTIATED, /* parameters were set, or the card was spoken to */
};

/* Bytes, some of which may not be known: unknown[i] is 1 where p[i] was masked in the file. */
struct ccid_story_bytes {
	uint8_t *p, *unknown;
	size_t len, cap;
};

/* Put together from parts, blocks and TPDUs. With T=0, 61xx and GET RESPONSE are part of it, and so
 * is the repetition that 6Cxx asks for; the Le that a case 4 APDU had is not to be seen and 00. Bytes
 * that may be a PIN count as unknown even where the file has them. */
struct ccid_story_apdu {
	struct ccid_story_bytes command, response; /* the response with SW1 SW2 */
	bool pad;            /* sent by the reader itself, with a PIN from its pad */
	unsigned exchanges;  /* commands to the reader it took */
	unsigned extensions; /* time extensions */
	uint64_t start_ns, start_packet, end_ns, end_packet;
	const char *failure; /* why there is no response, in words; NULL when there is one */
};

struct ccid_story_event {
	enum ccid_story_kind kind;
	uint64_t time_ns, packet;
	int slot;                    /* -1 when it has none */
	enum ccid_story_state state; /* of the slot from now on */
	bool error;                  /* a failure, an error status word */
	uint64_t took_ns;            /* of an answer that ends its command, and of an APDU */
	uint8_t of;                  /* of an answer: bMessageType of its command, else 0 */
	bool part;                   /* a block or part that an APDU is made of, and told with it */
	const struct ccid_explain_line *line; /* CCID_STORY_LINE, else NULL */
	const struct ccid_story_apdu *apdu;   /* CCID_STORY_APDU, else NULL */
	bool present;                         /* CCID_STORY_CARD */
};

/* What takes the events; pointers in them live during the call. Neither may feed the story. */
struct ccid_story_sink {
	/* 0 to go on; else no more is read and the reading ends with that value (above 0). */
	int (*take)(void *arg, const struct ccid_story_event *event);
	/* Now and then: how far into the file. May be NULL. */
	void (*progress)(void *arg, uint64_t offset);
	void *arg;
};

struct ccid_story;

CCID_MUST_USE
int ccid_story_new(struct ccid_story **out, const struct ccid_story_sink *sink);
/* Feed the packets of one trace in order. 0, what take() said, or CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_story_packet(struct ccid_story *s, const struct ccid_trace_packet *packet);
/* No more packets: tell the APDUs that were waiting for more. */
CCID_MUST_USE
int ccid_story_end(struct ccid_story *s);
const struct ccid_explain_device *ccid_story_device(const struct ccid_story *s);
/* NULL is allowed. */
void ccid_story_free(struct ccid_story *s);

/* The whole file: open, tell, close. Also when it is damaged, all that could be read has been told.
 * Errors and problem as ccid_trace_open() and ccid_trace_next(). device (may be NULL) is what is
 * known of the reader at the end. Memory does not grow with the file. PINs in it are masked before
 * they are told, whatever the file has. */
CCID_MUST_USE
int ccid_story_file(const char *path, const struct ccid_story_sink *sink,
                    struct ccid_explain_device *device, char *problem, size_t cap);

/* "unknown", "empty", "inactive", "powered", "negotiated". Static. */
const char *ccid_story_state_name(enum ccid_story_state state);

#endif
