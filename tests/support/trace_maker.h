/* SPDX-License-Identifier: MIT */
/* Traces written as text, and a usbredir guest to play them with: neither uses the driver. */
#ifndef TRACE_MAKER_H
#define TRACE_MAKER_H

#include "fake_reader.h"
#include "player.h"

#define MESSAGE_MAX 4096

/* A CCID message from "TYPE SLOT SEQ P7P8P9 DATA", all in hex: "6F 00 02 000000 00A4000C". dwLength
 * is computed. Returns its length. */
size_t message_from(uint8_t *out, const char *text);

/* Write a trace of the reader (NULL: a short APDU reader). script: lines of
 *   > MESSAGE          a command, taken by the reader
 *   >stall MESSAGE     a command that stalls
 *   >mask N+M MESSAGE  a command whose bytes N..N+M-1 (of the message) are masked
 *   < MESSAGE          its answer, in one transfer
 *   <raw HEX           one bulk IN transfer of these bytes
 *   <full HEX          the same, the request being for just so many bytes
 *   stall, zlp         one bulk IN transfer
 *   cancel             a bulk IN request that is cancelled
 *   ! HEX              an interrupt
 *   ctrl RT RQ VALUE HEX|stall   a control request, index 0
 *   wait MS            time passes before the next packet
 *   reset, unplug
 *   nodevice           (first) leave the device descriptor out */
void trace_make(const char *path, const char *script, const struct fake_reader *reader);

/* A usbredir guest, byte by byte. */
struct guest {
	struct ccid_stream_peer peer;
	uint8_t buf[1u << 17]; /* from the host, not yet looked at */
	size_t len;
	uint64_t id;
	/* The packet that guest_next() took. */
	uint32_t type;
	uint64_t packet_id;
	uint8_t body[1u << 16];
	size_t body_len;
};

void guest_init(struct guest *g, struct ccid_player *p);
/* Hello, then everything up to device_connect; with the interrupt stream if wanted. */
void guest_connect(struct guest *g, bool interrupts);
/* Send a packet of this type; the id used. *rc (may be NULL: must be 0) is what the peer said. */
uint64_t guest_send(struct guest *g, uint32_t type, const void *body, size_t len, int *rc);
/* The next packet of the host; false when there is none. */
bool guest_next(struct guest *g);
/* ... which must be of this type. */
void guest_expect(struct guest *g, uint32_t type);

/* A bulk OUT request; its answer is taken and its status returned. Below 0: what the peer said. */
int guest_out(struct guest *g, const uint8_t *data, size_t len);
/* A bulk IN request; its id. */
uint64_t guest_ask(struct guest *g, uint32_t wanted, int *rc);
/* The answer to a bulk IN request, next in line: status, and data in body + 10. */
unsigned guest_answer(struct guest *g, uint64_t id, size_t *len);

/* Send a command, ask for 65536 bytes, expect the answer (both as message_from() takes them; an
 * answer in hex with "raw " before it is compared as it is). */
void guest_exchange(struct guest *g, const char *command, const char *answer);
/* Send a command that must diverge. */
void guest_diverges(struct guest *g, const char *command);
/* A control request for IN data; the answer in body + 10, its length returned, or -status. */
int guest_control(struct guest *g, uint8_t rt, uint8_t rq, uint16_t value, uint16_t index,
                  uint16_t length);

#endif
