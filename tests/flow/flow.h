/* SPDX-License-Identifier: MIT */
/* What the flow tests share: a reader on a scripted transport, and the pieces of conversations.
 * Where the standard leaves the order of commands to the driver, it is written here and only
 * here. */
#ifndef FLOW_H
#define FLOW_H

#include "reader.h"
#include "transport_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* bStatus: card active, inactive, absent; and the same with a failed command */
#define ACTIVE          "00"
#define INACTIVE        "01"
#define ABSENT          "02"
#define FAILED_ACTIVE   "40"
#define FAILED_INACTIVE "41"
#define FAILED_ABSENT   "42"

#define ATR_T0   "3B 02 14 50"       /* nothing but T=0 */
#define ATR_FAST "3B 12 96 14 50"    /* T=0, TA1 = 96 */
#define ATR_T1   "3B 80 01 81"       /* nothing but T=1 */
#define ATR_BOTH "3B 90 11 80 01 00" /* T=0 first, then T=1 */

/* Whole commands with their answers. */
#define STATUS_OF(slot, bstatus)                                                                   \
	EXPECT_OUT("65 00000000 " slot " ss 000000"),                                              \
		GIVE_IN("81 00000000 " slot " ss " bstatus " 00 00")
#define STATUS(bstatus) STATUS_OF("00", bstatus)
#define POWER_OFF(bstatus)                                                                         \
	EXPECT_OUT("63 00000000 00 ss 000000"), GIVE_IN("81 00000000 00 ss " bstatus " 00 00")
#define POWER_ON_OUT(select)  EXPECT_OUT("62 00000000 00 ss " select " 0000")
#define POWER_ON(select, atr) POWER_ON_OUT(select), GIVE_IN("80 nnnnnnnn 00 ss 00 00 00 " atr)
#define POWER_ON_FAILS(select, bstatus, berror)                                                    \
	POWER_ON_OUT(select), GIVE_IN("80 00000000 00 ss " bstatus " " berror " 00")
#define XFR_OUT(level, data) EXPECT_OUT("6F nnnnnnnn 00 ss 00 " level " " data)
#define XFR_IN(chain, data)  GIVE_IN("80 nnnnnnnn 00 ss 00 00 " chain " " data)
#define XFR(out, in)         XFR_OUT("0000", out), XFR_IN("00", in)
#define XFR_FAILS(out, bstatus, berror)                                                            \
	XFR_OUT("0000", out), GIVE_IN("80 00000000 00 ss " bstatus " " berror " 00")

/* The two halves of an abort with the same bSeq (CCID 5.3.1), and the answer that ends it. */
#define ABORT_CTRL       EXPECT_CTRL("21 01 00 ss 0000 0000")
#define ABORT_OUT        EXPECT_OUT("72 00000000 00 ss 000000")
#define ABORTED(bstatus) ABORT_CTRL, ABORT_OUT, GIVE_IN("81 00000000 00 ss " bstatus " 00 00")

/* What the driver does by its own choice. */
#define OPENING(bstatus)   STATUS(bstatus)
#define ACTIVATION(atr)    POWER_ON("00", atr) /* of an inactive card, reader automatic in all */
#define CLOSING_POWERED    POWER_OFF(INACTIVE)
#define CLOSING_UNPOWERED  NO_STEP
#define SELECT             "00 A4 00 00 02 3F 00"
#define SELECT_WORKS       XFR(SELECT, "90 00")
#define AFTER_A_STALL      EXPECT_HALTS, ABORTED(ACTIVE)
#define AFTER_A_GIVING_UP  ABORTED(ACTIVE)
#define LADDER_STATUS      EXPECT_HALTS, STATUS(ACTIVE)
#define LADDER_TO_INACTIVE LADDER_STATUS, POWER_OFF(INACTIVE)

struct flow {
	struct fake_clock clock;
	struct script script;
	struct ccid_reader *reader;
	uint32_t generation; /* for transmit */
	uint8_t rapdu[66000];
	size_t cap; /* of rapdu, for transmit */
};
extern struct flow flow;

#define FLOW_LIMIT_MS 600000

/* Open a reader of this kind; the steps begin with OPENING. */
void flow_open(const struct fake_reader *reader, const struct script_step *steps, size_t count);
#define FLOW_OPEN(reader, steps) flow_open(reader, steps, sizeof(steps) / sizeof *(steps))

/* Open and activate with ATR_T0, so that what follows is about XfrBlock. */
void flow_ready(const struct fake_reader *reader);
#define FLOW_READY_THEN(reader, steps)                                                             \
	do {                                                                                       \
		flow_ready(reader);                                                                \
		SCRIPT_CONTINUE(&flow.script, steps);                                              \
	} while (0)

/* Close and demand that the script was used up. */
void flow_close(void);

int flow_activate(unsigned protocols, enum ccid_reset_kind reset);
int flow_transmit(const char *capdu, unsigned flags);
void flow_response_is(const char *text, int rc);
struct ccid_slot_info flow_info(void);
void flow_state_is(enum ccid_slot_state state);
int64_t flow_deadline(int64_t ms);

#endif
