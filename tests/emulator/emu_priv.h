/* SPDX-License-Identifier: MIT */
/* Inside the emulated reader. Not for tests. */
#ifndef EMU_PRIV_H
#define EMU_PRIV_H

#include "emu_config.h"
#include "emu_fault.h"
#include "emu_t1.h"

#define EMU_EVENTS    16
#define EMU_INT_QUEUE 8
#define EMU_FAULTS    16
#define EMU_NEVER     INT64_MAX

/* USB CCID 1.1, tables 6.1-1 and 6.2-1. */
enum {
	OUT_SET_PARAMETERS = 0x61,
	OUT_POWER_ON = 0x62,
	OUT_POWER_OFF = 0x63,
	OUT_SLOT_STATUS = 0x65,
	OUT_SECURE = 0x69,
	OUT_T0_APDU = 0x6A,
	OUT_ESCAPE = 0x6B,
	OUT_GET_PARAMETERS = 0x6C,
	OUT_RESET_PARAMETERS = 0x6D,
	OUT_ICC_CLOCK = 0x6E,
	OUT_XFR_BLOCK = 0x6F,
	OUT_MECHANICAL = 0x71,
	OUT_ABORT = 0x72,
	OUT_SET_RATE = 0x73,
	IN_DATA_BLOCK = 0x80,
	IN_SLOT_STATUS = 0x81,
	IN_PARAMETERS = 0x82,
	IN_ESCAPE = 0x83,
	IN_RATE = 0x84,
};

/* bError, table 6.2-2; below 80: the offset of the field that was wrong. */
enum {
	ERR_UNSUPPORTED = 0x00,
	ERR_LENGTH = 0x01,
	ERR_SLOT = 0x05,
	ERR_PARAM = 0x07,
	ERR_LEVEL = 0x08,
	ERR_SLOT_BUSY = 0xE0,
	ERR_PIN_TIMEOUT = 0xF0,
	ERR_BUSY = 0xF2, /* with an automatic sequence */
	ERR_PROTOCOL = 0xF6,
	ERR_HARDWARE = 0xFB,
	ERR_PARITY = 0xFD,
	ERR_MUTE = 0xFE,
	ERR_ABORTED = 0xFF,
};

enum level {
	LEVEL_CHARACTER,
	LEVEL_TPDU,
	LEVEL_SHORT,
	LEVEL_EXTENDED
};

/* One message, or one loose transfer, for the bulk IN endpoint. */
struct emu_msg {
	struct emu_msg *next;
	int64_t ready;
	uint8_t slot, seq;
	bool extension;
	bool zlp; /* a zero-length packet ends it when its length asks for one */
	size_t len, off, cap;
	uint8_t data[];
};

/* The contact I/O at character level: what the card has of a header, block or PPS, and what it has
 * said that nobody has asked for yet. */
struct emu_line {
	uint8_t in[5 + 255];
	size_t in_len;
	uint8_t out[1024];
	size_t out_len, out_off;
	unsigned delay_ms;
};

/* A token without bulk endpoints (USB ICCD 1.0). */
struct emu_iccd {
	uint8_t status; /* version A */
	uint8_t in[5 + 255];
	const uint8_t *data; /* answer of the card, SW1 SW2 last; version B: in tx */
	size_t len;
	unsigned waits, step_ms; /* times it is busy yet */
};

struct emu_slot_state {
	struct emu_card *card;
	bool present, active, changed, in_mouth, locked, accepting, jammed;
	bool negotiable;  /* nothing but PPS may have passed since the reset */
	bool have_params; /* by SetParameters or automatically */
	unsigned captured, supply;
	uint8_t protocol;
	uint8_t t0[5], t1[7];
	unsigned card_protocols; /* bits, from the ATR */
	uint8_t card_ta1;        /* what the ATR offers */
	uint8_t card_fidi;       /* what the card works at now */
	uint8_t card_protocol;
	bool specific, clock_stopped;
	uint8_t classes[3];   /* T0APDU: bmChanges, GET RESPONSE, ENVELOPE */
	struct emu_line line; /* character level */
	struct emu_t1 blocks; /* TPDU level, T=1 */
	uint8_t *apdu;        /* a command that comes in slices */
	size_t apdu_len;
	uint8_t pad[EMU_PAD_MAX]; /* the last command that the PIN pad made */
	size_t pad_len;
	bool chaining;
	const uint8_t *rest; /* a response that goes in slices */
	size_t rest_len;

	uint8_t run_type, run_seq; /* the last command begun */
	int64_t busy_until;
	bool endless;
	int64_t next_extension;
	struct emu_fault strike; /* at the answer to that command */
	uint8_t motion;          /* bFunction of the motion under way */
	int64_t motion_end, take_at;

	bool abort_control, abort_bulk;
	uint8_t abort_control_seq, abort_bulk_seq;
};

struct emu_timed {
	int64_t at;
	enum emu_event what;
	unsigned slot;
};

struct emu_device {
	struct emu_config cfg;
	char texts[4][64]; /* strings 1 to 4 */
	uint8_t device_desc[18];
	uint8_t config_desc[1024];
	size_t config_len;
	uint32_t features, mechanical, max_message;
	unsigned slots, busy_slots;
	enum level level;

	int64_t now;
	bool gone, dead;
	uint8_t configuration, alt;
	bool halted_in, halted_out, halted_int;

	uint8_t *rx; /* the message that is coming in */
	size_t rx_len, rx_cap;
	uint8_t tx[10 + EMU_RESPONSE_MAX + 300]; /* the answer being made */
	struct emu_msg *queue, *spare;
	bool have_seq;
	uint8_t last_seq;
	struct emu_slot_state slot[EMU_SLOTS_MAX];

	uint8_t int_data[EMU_INT_QUEUE][64];
	uint8_t int_len[EMU_INT_QUEUE];
	unsigned int_count;

	struct emu_timed later[EMU_EVENTS];
	unsigned n_later;
	struct emu_fault fault[EMU_FAULTS];
	unsigned n_faults, operations;
	struct emu_counts counts;
	struct emu_iccd iccd;
};

/* A command as it came. */
struct emu_cmd {
	const uint8_t *msg;
	size_t len;
	uint8_t type, slot, seq;
	const uint8_t *data; /* behind the header */
	size_t data_len;
};

/* What a handler answers. Zero is success without data. */
struct emu_reply {
	uint8_t type, command_status, error, param;
	const uint8_t *data;
	size_t len;
	unsigned extensions, step_ms;   /* first */
	unsigned delay_ms;              /* and then */
	const struct emu_fault *strike; /* NULL: none */
	bool later;                     /* the handler sees to the answer itself */
};

static inline uint32_t emu_get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline void emu_put32(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static inline void emu_fail(struct emu_reply *r, uint8_t error)
{
	r->command_status = 1;
	r->error = error;
	r->len = 0;
}

static inline void emu_violation(struct emu_device *d, unsigned *which)
{
	(*which)++;
	d->counts.violations++;
}

/* emu_desc.c */
void emu_build_descriptors(struct emu_device *d);
int emu_string_descriptor(const struct emu_device *d, unsigned index, uint8_t *out);

/* emu_device.c: everything but the descriptors as after power-up */
void emu_restart(struct emu_device *d);

/* emu_person.c */
void emu_tick(struct emu_device *d, int64_t now);
bool emu_take_card(struct emu_device *d, unsigned slot);

/* emu_queue.c: slot -1 drops for all */
bool emu_queue(struct emu_device *d, const uint8_t *msg, size_t len, int64_t ready);
struct emu_msg *emu_queue_find(struct emu_device *d, int64_t ready);
void emu_queue_drop(struct emu_device *d, int slot, int64_t after);
int emu_queue_take(struct emu_device *d, uint8_t *buf, size_t cap);
int64_t emu_queue_next(const struct emu_device *d);

/* emu_ccid.c */
void emu_message(struct emu_device *d, const uint8_t *msg, size_t len);
uint8_t emu_icc_status(const struct emu_device *d, const struct emu_slot_state *s);
/* Queue an answer and the time extensions before it; when the answer is ready. */
int64_t emu_answer(struct emu_device *d, unsigned slot, uint8_t seq, const struct emu_reply *r);
void emu_extension(struct emu_device *d, unsigned slot, int64_t ready);
bool emu_slot_busy(const struct emu_device *d, unsigned slot);
void emu_end_running(struct emu_device *d, unsigned slot, uint8_t error);

/* Handlers: the slot exists and is not busy, the transfer is as long as dwLength says. */
typedef void emu_handler(struct emu_device *d, unsigned slot, const struct emu_cmd *c,
                         struct emu_reply *r);

/* emu_slot.c: power and parameters */
void emu_slot_off(struct emu_slot_state *s);
void emu_slot_idle(struct emu_slot_state *s);
/* Reset the card at one of the supplies; the ATR or the failure. */
void emu_activate(struct emu_device *d, struct emu_slot_state *s, unsigned supply,
                  struct emu_reply *r);
emu_handler emu_power_on, emu_power_off;

/* emu_params.c */
void emu_params_default(struct emu_slot_state *s);
void emu_params_from_atr(struct emu_device *d, struct emu_slot_state *s, const uint8_t *atr,
                         size_t len);
emu_handler emu_set_parameters, emu_get_parameters, emu_reset_parameters;

/* emu_speed.c: F and D (ISO/IEC 7816-3, 7.1 and 9), as the reader and as the card has them */
void emu_speed_start(struct emu_device *d, struct emu_slot_state *s, int ta2);
bool emu_speed_possible(const struct emu_device *d, uint8_t fidi);
bool emu_speed_agrees(const struct emu_slot_state *s);
bool emu_speed_pps_by_reader(struct emu_device *d, struct emu_slot_state *s, uint8_t protocol,
                             uint8_t fidi);
bool emu_speed_pps_by_host(struct emu_device *d, struct emu_slot_state *s, const struct emu_cmd *c,
                           struct emu_reply *r);

/* emu_chars.c: XfrBlock at character level */
void emu_chars(struct emu_device *d, struct emu_slot_state *s, const struct emu_cmd *c,
               struct emu_reply *r);

/* emu_iccd.c: a class request of wLength len to a token; bytes moved or a status */
int emu_iccd_request(struct emu_device *d, uint16_t code, uint16_t value, uint8_t *data,
                     size_t len);

/* emu_xfr.c */
emu_handler emu_xfr;
bool emu_take_answer(const struct emu_device *d, const struct emu_card_answer *a,
                     struct emu_reply *r);
/* One block of T=1 through the reader. */
void emu_pass_block(struct emu_device *d, struct emu_slot_state *s, const uint8_t *block,
                    size_t len, struct emu_reply *r);
bool emu_can_talk(struct emu_device *d, struct emu_slot_state *s, struct emu_reply *r);

/* emu_misc.c */
emu_handler emu_escape, emu_icc_clock, emu_t0_apdu, emu_set_rate;

/* emu_pin.c */
emu_handler emu_secure;

/* emu_person.c: where the card is from now on; the host hears of what the reader can see */
void emu_place(struct emu_device *d, struct emu_slot_state *s, bool present, bool in_mouth);
bool emu_sees_card(const struct emu_device *d, const struct emu_slot_state *s);

/* emu_mech.c */
emu_handler emu_mechanical;
void emu_motion_done(struct emu_device *d, unsigned slot);

/* emu_abort.c: the two halves of USB CCID 1.1, 5.3.1 */
bool emu_aborting(const struct emu_slot_state *s);
void emu_abort_control(struct emu_device *d, unsigned slot, uint8_t seq);
emu_handler emu_abort_bulk;

/* emu_fault.c */
bool emu_fault_operation(struct emu_device *d, uint8_t ep, int *status);
struct emu_fault emu_fault_message(struct emu_device *d, uint8_t type);
bool emu_fault_refuses(const struct emu_fault *f);
bool emu_fault_instead(struct emu_device *d, unsigned slot, const struct emu_fault *f);
void emu_fault_answer(struct emu_device *d, const struct emu_fault *f, size_t len, int64_t ready);

#endif
