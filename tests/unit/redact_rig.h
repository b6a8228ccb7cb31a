/* SPDX-License-Identifier: MIT */
/* A redactor with the packets of a reader made by hand, and what comes out. */
#ifndef REDACT_RIG_H
#define REDACT_RIG_H

#include "fake_reader.h"
#include "redact.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RIG_MAX 400

struct rig {
	struct ccid_redactor *r;
	uint64_t id;
	size_t chunk; /* bytes of a transfer */
	uint8_t got[RIG_MAX];
	bool masked[RIG_MAX];
	size_t len;
	int err;
};

extern const struct fake_reader rig_apdu, rig_extended, rig_tpdu, rig_chars;

size_t rig_hex(uint8_t *out, const char *s);

/* One packet, into g->got as it would be written. */
void rig_pass(struct rig *g, enum ccid_trace_dir dir, struct ccid_redir_packet *p, uint8_t *data);

/* "6F SLOT SEQ P7P8P9 DATA", dwLength made: into g->got as it would be written. */
void rig_say(struct rig *g, const char *text);

/* What is written of the payload: hex, ".." for bytes that stand for anything and are FF, and
 * "(xx)" for those that stand for anything and are not. */
void rig_expect(const struct rig *g, const char *want);

/* What is written holds these bytes no more, and says that bytes are gone. */
void rig_expect_gone(const struct rig *g, const char *bytes);

/* A control request, and what it gives. */
void rig_ask(struct rig *g, struct ccid_redir_packet *q, const uint8_t *data, size_t len);

/* A conversation in which nobody reads descriptors. */
void rig_begin_blind(struct rig *g, const struct ccid_redact_rules *rules, size_t chunk);

void rig_connect_to(struct rig *g, const struct fake_reader *reader,
                    const struct ccid_redact_rules *rules, size_t chunk);

/* Run a check with transfers of 1, 2, 3 ... bytes. */
void rig_in_any_pieces(const struct fake_reader *reader, const struct ccid_redact_rules *rules,
                       void (*check)(struct rig *g));

#endif
