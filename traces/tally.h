/* SPDX-License-Identifier: MIT */
/* What can be counted and measured in a trace. Memory does not grow with the trace. */
#ifndef CCID_TALLY_H
#define CCID_TALLY_H

#include "story.h"

#define CCID_TALLY_BUCKETS 1024u /* 16 to each doubling: a median is right within 6 % */
#define CCID_TALLY_SWS     64u   /* different status words that are counted by themselves */
#define CCID_TALLY_TEXT    128u

/* Times from command to answer. Zero-initialise. */
struct ccid_latency {
	uint64_t count, min_ns, max_ns; /* of exactly these; min and max are exact */
	uint64_t bucket[CCID_TALLY_BUCKETS];
};

void ccid_latency_add(struct ccid_latency *l, uint64_t ns);
/* The time that the share of a thousand (500: the median) is not above; 0 when there is none. */
uint64_t ccid_latency_quantile(const struct ccid_latency *l, unsigned thousandths);

struct ccid_tally {
	uint64_t packets, first_ns, last_ns;
	uint64_t commands, answers, to_reader, from_reader; /* messages and their bytes */
	uint64_t type[256];  /* messages by bMessageType; of tokens requests by bRequest */
	uint64_t slot[256];  /* messages by slot */
	uint64_t error[256]; /* failed commands by bError */
	uint64_t failed;     /* all of those */
	uint64_t usb_error;  /* transfers and requests that failed */
	uint64_t apdus, apdus_failed, sw_errors, apdu_to_card, apdu_from_card;
	uint64_t extensions, polls, power_ons, sessions; /* sessions: power-ons with an ATR */
	uint64_t inserted, removed, notices, resets, unplugged;
	uint64_t masked_spans, masked_bytes;
	uint64_t comments; /* that are not about masks */
	bool token;        /* messages are the requests of an ICCD token */
	unsigned sws;
	struct {
		uint16_t sw;
		uint64_t count;
	} sw[CCID_TALLY_SWS];
	struct ccid_latency *of_command[256]; /* by bMessageType; NULL where there is none */
	struct ccid_latency *of_ins[256];     /* by INS, of whole APDUs */
	uint8_t cla[256];                     /* of the first APDU with that INS */
	char said_host[CCID_TALLY_TEXT], said_guest[CCID_TALLY_TEXT]; /* the two hellos */
	char comment[4][256];                                         /* the first different ones */
	char atr[CCID_TALLY_TEXT];                                    /* text of the first */
};

/* Zero-initialise, then take all events of a story: fits struct ccid_story_sink. 0, CCID_E_NOMEM. */
int ccid_tally_take(void *tally, const struct ccid_story_event *event);
void ccid_tally_free(struct ccid_tally *t);

#endif
