/* SPDX-License-Identifier: MIT */
/* How a script is built: what its two parts share. Packets, commands, requests and events are in
 * script_build.c, answers in script_answer.c. */
#ifndef CCID_SCRIPT_BUILD_H
#define CCID_SCRIPT_BUILD_H

#include "script.h"

#define PENDING 64

/* A request without an answer yet. */
struct ccid_script_request {
	bool used;
	struct ccid_redir_packet q;
	size_t cmd; /* that a bulk OUT request completes, or CCID_SCRIPT_NONE */
	struct ccid_script_control control; /* what is known of a control request */
};

struct ccid_script_build {
	struct ccid_script *s;
	struct ccid_script_request pending[PENDING];
	unsigned next;
	bool guest_hello, host_hello, over, connected, after_reset;
	uint8_t bulk_out, bulk_in; /* the endpoints in use */
	size_t cmd;                /* the newest command */
	size_t last_of_slot[256];
	size_t out_start; /* of the OUT message being put together, in script.out */
	size_t out_masks; /* where its masks start */
	bool out_open;
	uint64_t out_packet;
	size_t answering; /* command whose answer is being put together */
	size_t in_left;   /* bytes that its message still lacks */
	bool in_full;     /* the last transfer was full: the next one belongs to it */
	size_t head;      /* item that starts that message, or CCID_SCRIPT_NONE */
	uint64_t time_ns; /* of the packet at hand */
};

/* dwLength of a message of at least five bytes. */
uint32_t ccid_script_length_field(const uint8_t *msg);

/* CCID_E_NOMEM; CCID_E_FORMAT when the conversation is too long to be played. */
CCID_MUST_USE
int ccid_script_append(struct ccid_script_bytes *to, const uint8_t *data, size_t len);

/* The request that this packet answers, forgotten as pending; NULL when there is none. */
struct ccid_script_request *ccid_script_recall(struct ccid_script_build *b,
                                               const struct ccid_redir_packet *a);

/* The answer to a bulk IN request. */
CCID_MUST_USE
int ccid_script_take_answer(struct ccid_script_build *b, const struct ccid_redir_packet *p);

#endif
