/* SPDX-License-Identifier: MIT */
/* Very many APDUs through ISCard on emulated readers that misbehave at random. What a card must have
 * said is known from another card of the same kind that is asked directly. Virtual time. */
#ifndef SOAK_H
#define SOAK_H

#include "context_priv.h"
#include "emu_stream.h"
#include "transport_fault.h"

#include <iscard/iscard.h>

#define SOAK_SLOTS     4
#define SOAK_LIMIT_MS  20000 /* of each call, by the options of the context */
#define SOAK_GRACE_MS  15000 /* what a call may take beyond, to get back into step */
#define SOAK_RECOVERY  3     /* calls that may fail after the last fault */
#define SOAK_APDU_MAX  2100
#define SOAK_REPLY_MAX 2100

struct soak_random {
	uint64_t state; /* not 0 */
};

uint32_t soak_below(struct soak_random *r, uint32_t n);
bool soak_one_in(struct soak_random *r, uint32_t n);

struct soak_kind {
	const char *name;
	unsigned level, token; /* of emu_config_level; bInterfaceProtocol of a token, or 0 */
	uint32_t max_message;
	uint8_t ifsc; /* 0: a T=0 card */
	bool crc, no_interrupt;
	unsigned slots, busy; /* 0: one */
};

/* What may become of a call while a fault is about. */
struct soak_fault {
	bool noise; /* must not be noticed */
	bool cancels, memory, removes;
	const char *name;
	unsigned number; /* of its kind */
};

struct soak_reader {
	const struct soak_kind *kind;
	struct emu_stream s;
	struct fault_plan plan; /* readers of one slot */
	struct ccid_scheme scheme;
	char address[24];
	iscard_context *context;
	atomic_bool lost;                /* somebody heard that it is gone */
	atomic_uint plugs;               /* times it was plugged in */
	atomic_uint cards[SOAK_SLOTS];   /* times a card was put into the slot */
	atomic_uint allocations_fail_in; /* after a transport was opened; FAULT_NEVER */
	pthread_mutex_t log;
	ISCard *object[SOAK_SLOTS];
};

void soak_reader_begin(struct soak_reader *r, const struct soak_kind *kind);
/* Demands that nothing is open and no card powered. */
void soak_reader_end(struct soak_reader *r);
unsigned soak_slots(const struct soak_kind *kind);

/* What a person does: the reader back on its plug once nobody has it open, a card in the slot. */
void soak_plug_in(struct soak_reader *r);
void soak_put_card(struct soak_reader *r, unsigned slot);
bool soak_plugged(struct soak_reader *r);
unsigned soak_violations(struct soak_reader *r);

/* soak_fault.c: something goes wrong soon, of all that can on such a reader; nothing does any more. */
struct soak_fault soak_arm(struct soak_reader *r, unsigned slot, struct soak_random *random);
void soak_disarm(struct soak_reader *r);

/* A card in a slot and the connection to it. */
struct soak_card {
	struct soak_reader *reader;
	unsigned slot;
	struct soak_random random;
	ISCard *object;
	ISCardCmd *cmd;
	bool attached;
	unsigned plug, card, resets; /* those of the reader when it was attached */
	const char *fault;           /* the latest */
	unsigned fault_number;
	struct emu_card *twin;
	unsigned twin_card; /* the one it is the twin of */

	uint8_t apdu[SOAK_APDU_MAX], reply[SOAK_REPLY_MAX];
	size_t apdu_len, reply_len;
	bool repeat;          /* the card may have carried it out: again */
	uint8_t challenge;    /* the next byte of GET CHALLENGE */
	unsigned in_doubt;    /* GET CHALLENGE commands that failed */
	HRESULT result;       /* of the latest call */
	unsigned long count;  /* APDUs sent */
	unsigned long failed; /* of those */
	unsigned long attaches, refused;
};

void soak_card_begin(struct soak_card *c, struct soak_reader *r, unsigned slot, uint64_t seed);
void soak_card_end(struct soak_card *c);

/* One APDU, its answer checked. fault NULL: nothing may go wrong. */
bool soak_transmit(struct soak_card *c, const struct soak_fault *fault);
bool soak_attach(struct soak_card *c, const struct soak_fault *fault);
void soak_detach(struct soak_card *c);
/* Whether the card or the reader is another than the one that was attached to. */
bool soak_moved(const struct soak_card *c);

/* soak_command.c: the next APDU, in c->apdu; NULL, or why the reply is wrong. */
void soak_command(struct soak_card *c);
const char *soak_judge(struct soak_card *c);
/* It failed: what the card did is unknown. */
void soak_command_failed(struct soak_card *c);
/* There is another card. */
void soak_new_twin(struct soak_card *c);

/* soak_threads.c: the threads of a reader with several slots. */
struct soak_crew {
	struct soak_reader *reader;
	pthread_mutex_t lock;
	pthread_cond_t all;
	unsigned arrived, meetings; /* lock */
	unsigned long apdus;
	bool enough;
	struct soak_card card[SOAK_SLOTS];
};
void soak_several_slots(struct soak_reader *r, struct soak_crew *crew, unsigned long apdus);

/* soak.c */
/* The fault is over, reader and card are in place: so many calls may fail, then all is well. */
void soak_recover(struct soak_card *c, const struct soak_fault *fault);
extern uint64_t soak_seed;
_Noreturn __attribute__((format(printf, 2, 3))) void soak_die(struct soak_reader *r,
                                                              const char *format, ...);

#endif
