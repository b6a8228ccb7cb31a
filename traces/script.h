/* SPDX-License-Identifier: MIT */
/* A trace loaded for playing: who the device is, what it answered to control requests, and for
 * each CCID command what came back. Sequence numbers, chunking and times are gone. */
#ifndef CCID_SCRIPT_H
#define CCID_SCRIPT_H

#include "ccid_desc.h"
#include "env.h"
#include "redir_packet.h"

#define CCID_SCRIPT_NONE  SIZE_MAX
#define CCID_SCRIPT_BYTES (64u << 20) /* a longer conversation is not played */

/* Bytes that grow at the end; things refer to them by offset. */
struct ccid_script_bytes {
	uint8_t *p;
	size_t len, cap;
};

/* One bulk IN transfer that answers a command: bytes, joined over full transfers, or a status. */
struct ccid_script_item {
	uint8_t status;     /* enum ccid_redir_status */
	size_t off, len;    /* in script.in; len 0 with status 0 is a zero-length transfer */
	uint64_t time_ns;   /* of its first packet */
	bool head;          /* starts a message of the command's slot: bSeq follows the live one */
	uint8_t seq_offset; /* recorded bSeq of the answer less that of the command */
	size_t next;        /* of the same command */
};

struct ccid_script_mask {
	size_t off, len; /* within the message */
};

struct ccid_script_cmd {
	size_t off, len; /* the whole message, header included, in script.out */
	uint8_t type, slot, seq;
	uint8_t out_status;       /* of the bulk OUT transfer */
	size_t mask, masks;       /* wildcard spans: first in script.masks, and count */
	size_t item, last, items; /* what came back: first, last, how many */
	size_t next;              /* command of the same slot */
	uint64_t packet;          /* of the file, from 1 */
	uint64_t time_ns;         /* of the packet that completed it */
	bool finished;            /* the last answer (no time extension), or a failure, has come */
	bool given_up;            /* no more came before the driver went on */
	bool failed;              /* its last answer says so */
};

enum ccid_script_event_kind {
	CCID_SCRIPT_INTERRUPT,        /* an interrupt transfer */
	CCID_SCRIPT_INTERRUPT_STATUS, /* the interrupt stream broke off */
	CCID_SCRIPT_UNPLUG            /* device_disconnect */
};

/* What the device did by itself, after a command was sent (cmd, or none) and so many of its
 * transfers were fetched. */
struct ccid_script_event {
	enum ccid_script_event_kind kind;
	uint8_t status;
	size_t off, len; /* in script.misc */
	size_t cmd, items;
	uint64_t time_ns;
};

struct ccid_script_control {
	uint8_t request_type, request, status;
	uint16_t value, index;
	size_t off, len;         /* in script.misc: what an IN request gave */
	size_t out_off, out_len; /* ... and what an OUT request sent */
	size_t mask, masks;      /* wildcard spans of that: first in script.masks, and count */
	uint64_t packet;         /* the request's, of the file, from 1 */
};

struct ccid_script {
	struct ccid_redir_connect device;
	struct ccid_redir_ep_info ep;
	struct ccid_redir_interface_info interfaces;
	struct ccid_script_bytes in, out, misc; /* of answers, of commands, of the rest */
	struct ccid_script_cmd *cmd;
	struct ccid_script_item *item;
	struct ccid_script_mask *mask;
	struct ccid_script_event *event;
	struct ccid_script_control *control;
	size_t cmds, items, masks, events, controls;
	size_t cmd_cap, item_cap, mask_cap, event_cap, control_cap;
	size_t first[256];             /* command of each slot */
	uint8_t device_desc[18];       /* as recorded, or made from device_connect */
	size_t config_off, config_len; /* the whole configuration descriptor, in script.misc */
	struct ccid_interface iface;   /* the interface that was driven */
	struct ccid_class_desc desc;   /* its class descriptor, as claimed */
	bool cut;                      /* the file ends early */
	uint64_t connect_ns;           /* time of device_connect */
};

/* Load a file. A file that is cut off is played up to there (a warning in the log). problem as
 * ccid_trace_open(). CCID_E_FORMAT also when there is nothing to play: no device_connect, no whole
 * configuration descriptor, no CCID interface. */
CCID_MUST_USE
int ccid_script_load(struct ccid_script *s, const char *path, const struct ccid_env *env,
                     char *problem, size_t cap);
void ccid_script_free(struct ccid_script *s);

/* The longest successful answer to a control request of these values, or NULL. index is not
 * compared when any_index. */
const struct ccid_script_control *ccid_script_find_control(const struct ccid_script *s,
                                                           const struct ccid_redir_packet *request,
                                                           bool any_index);

/* Build (script_build.c): one packet of the recording at a time. */
struct ccid_script_build;
CCID_MUST_USE
int ccid_script_build_new(struct ccid_script_build **out, struct ccid_script *s);
CCID_MUST_USE
int ccid_script_build_packet(struct ccid_script_build *b, const struct ccid_redir_packet *packet,
                             const struct ccid_trace_packet *from, uint64_t number);
/* Whether the conversation is over: a second hello came. */
bool ccid_script_build_over(const struct ccid_script_build *b);
bool ccid_script_build_connected(const struct ccid_script_build *b);
/* The endpoint that commands went to, 0 when none did. */
uint8_t ccid_script_build_bulk_out(const struct ccid_script_build *b);
void ccid_script_build_free(struct ccid_script_build *b);

/* Make room for one more element; 0 or CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_script_room(void **array, size_t *cap, size_t count, size_t size);

#endif
