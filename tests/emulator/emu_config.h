/* SPDX-License-Identifier: MIT */
/* What an emulated reader is made of, and what a test does to it: cards in and out, the plug,
 * time, and what the reader thinks of its host. Times are milliseconds of the caller's clock,
 * the now_ms of emu.h. */
#ifndef EMU_CONFIG_H
#define EMU_CONFIG_H

#include "emu.h"
#include "emu_card.h"

#define EMU_SLOTS_MAX 16
#define EMU_RATES_MAX 256
#define EMU_DIGITS    16
#define EMU_PAD_MAX   (5 + 2 * EMU_DIGITS)

enum emu_place {
	EMU_AFTER_INTERFACE, /* where USB CCID 1.1, 5.1 puts the class descriptor */
	EMU_AFTER_ENDPOINTS, /* behind the last endpoint, as some readers do */
};

/* How the reader departs from the standard, or uses a choice it leaves. */
#define EMU_ABORT_STALLS        0x0001u /* ABORT stalls; the bulk half alone aborts */
#define EMU_LISTS_STALL         0x0002u /* GET_CLOCK_FREQUENCIES, GET_DATA_RATES stall */
#define EMU_NO_ZLP              0x0004u /* nothing ends a message of n * wMaxPacketSize bytes */
#define EMU_STATUS_FAILS_EMPTY  0x0008u /* GetSlotStatus of an empty slot: 42 FE */
#define EMU_NO_ESCAPE           0x0010u /* Escape is not supported */
#define EMU_UNSUPPORTED_IS_81   0x0020u /* ... and such an answer is of type 81 */
#define EMU_REMOVAL_UNANSWERED  0x0040u /* a command that loses its card is never answered */
#define EMU_NO_FIRST_NOTIFY     0x0080u /* silent about cards that are in at the start */
#define EMU_PARAMETERS_SAY_0    0x0100u /* 82: dwLength 0, yet the bytes follow */
#define EMU_NO_PARAMETERS       0x0200u /* Get-, Set- and ResetParameters are not supported */
#define EMU_SAME_SEQ_IGNORED    0x0400u /* a command with the last bSeq is dropped */
#define EMU_ABORTED_UNANSWERED  0x0800u /* an aborted command has no answer of its own */
#define EMU_MOUTH_IS_PRESENT    0x1000u /* a card in the mouth counts as present, inactive */
#define EMU_NOTIFY_ENDS_SHORT   0x2000u /* NotifySlotChange without the last byte of bits */
#define EMU_SHORT_APDU_NO_CHAIN 0x4000u /* too long for one message: error, not bChainParameter */

struct emu_config {
	uint16_t vid, pid, bcd_device;
	const char *manufacturer, *product, *serial, *interface_name; /* NULL: no such string */
	uint8_t speed;                                                /* 1 full, 2 high, 3 super */
	uint8_t if_class, if_subclass, if_protocol, if_number;
	uint8_t ep_in, ep_out, ep_int; /* addresses; 0: no such endpoint */
	uint16_t mps, mps_int;         /* wMaxPacketSize of the bulk and interrupt endpoints */
	enum emu_place place;
	uint8_t class_desc[54];    /* raw; what the reader does follows from it */
	const uint8_t *raw_config; /* given out instead of a made-up configuration */
	size_t raw_len;
	unsigned flags;       /* EMU_* */
	uint32_t max_message; /* longest message really taken; 0: dwMaxCCIDMessageLength */

	uint32_t clocks_khz[EMU_RATES_MAX], rates_bps[EMU_RATES_MAX];
	unsigned n_clocks, n_rates; /* what the two requests answer */

	bool card_in[EMU_SLOTS_MAX];
	struct emu_card_config card[EMU_SLOTS_MAX];

	unsigned answer_ms;    /* from a command to its answer */
	unsigned extensions;   /* time extensions before each answer of IccPowerOn and XfrBlock */
	unsigned extension_ms; /* between them */
	unsigned motion_ms;    /* a motor's work; above 0 with time extensions while it runs */
	unsigned bin;          /* cards that can be captured; 0: any number */
	unsigned take_ms;      /* a card in the mouth is taken after so long; 0: emu_take() */

	char typed[EMU_DIGITS + 1];     /* at the PIN pad (bPINSupport); "": 1234 */
	char typed_new[EMU_DIGITS + 1]; /* where a new PIN is asked for; "": 5678 */
};

/* A reader at extended APDU level with one empty slot, every automatism, bulk 02 and 82, interrupt
 * 83, full speed. */
void emu_config_init(struct emu_config *cfg);

/* Put fields into cfg->class_desc. level: 0 character, 1 TPDU, 2 short APDU, 3 extended APDU. */
void emu_config_level(struct emu_config *cfg, unsigned level, uint32_t max_message);
void emu_config_slots(struct emu_config *cfg, unsigned slots);
void emu_config_busy(struct emu_config *cfg, unsigned slots); /* bMaxCCIDBusySlots */
void emu_config_mechanical(struct emu_config *cfg, uint32_t mechanical);

/* Be the device of a recorded configuration descriptor (at most 1024 bytes, borrowed until
 * emu_create): its first interface with a class descriptor and bulk endpoints. false when it has
 * none. */
bool emu_config_recorded(struct emu_config *cfg, const uint8_t *config, size_t len);

/* Raw class descriptor, 54 bytes. */
void emu_config_descriptor(struct emu_config *cfg, const uint8_t desc[54]);

/* NULL when memory is short. cfg and its texts are copied. */
struct emu_device *emu_create(const struct emu_config *cfg);
void emu_destroy(struct emu_device *d);

/* What a person does. false when it cannot be done (a card is or is not there, it is locked). */
bool emu_insert(struct emu_device *d, unsigned slot, const struct emu_card_config *card,
                int64_t now_ms);
bool emu_insert_half(struct emu_device *d, unsigned slot, const struct emu_card_config *card,
                     int64_t now_ms); /* into the mouth; Accept draws it in */
bool emu_remove(struct emu_device *d, unsigned slot, int64_t now_ms);
bool emu_take(struct emu_device *d, unsigned slot, int64_t now_ms); /* out of the mouth */
void emu_unplug(struct emu_device *d, int64_t now_ms);
/* After emu_unplug, or a loss of power: cards are where they were, the lock has let go, a motion has
 * ended where it was. */
void emu_plug(struct emu_device *d, int64_t now_ms);
void emu_jam(struct emu_device *d, unsigned slot, bool jammed);

/* The same, later: done when the device's clock comes to at_ms. At most 16 wait. */
enum emu_event {
	EMU_REMOVE,
	EMU_INSERT,
	EMU_TAKE,
	EMU_UNPLUG
};
bool emu_later(struct emu_device *d, enum emu_event what, unsigned slot, int64_t at_ms);

/* Bytes for the interrupt endpoint, as they are: HardwareError, junk. At most 64; 8 wait. */
bool emu_interrupt(struct emu_device *d, const uint8_t *data, size_t len);

/* What became of a slot. */
struct emu_slot_view {
	bool present, active, clock_stopped, in_mouth, locked, accepting;
	unsigned captured;      /* cards in the bin */
	unsigned supply;        /* EMU_CLASS_* while active */
	uint8_t protocol, fidi; /* in force */
	uint8_t parameters[7];  /* as GetParameters gives them; 5 bytes for T=0 */
	const uint8_t *pad;     /* the last command that the PIN pad made of what was typed */
	size_t pad_len;
};
struct emu_slot_view emu_slot(const struct emu_device *d, unsigned slot);

/* What the reader saw of its host. violations counts everything a strict reader may object to;
 * the members below it say what. */
struct emu_counts {
	unsigned messages, answers, extensions, by_type[256];
	unsigned controls, class_controls, in_transfers, out_transfers, in_zlp;
	unsigned aborts; /* completed */
	unsigned violations;
	unsigned bad_length; /* dwLength and the transfer differ, or wrong for the command */
	unsigned too_long;   /* above dwMaxCCIDMessageLength */
	unsigned bad_slot, unknown_command;
	unsigned repeated_seq;   /* the same bSeq twice running */
	unsigned slot_busy;      /* a command other than Abort to a busy slot, or above
	                          * bMaxCCIDBusySlots */
	unsigned unread;         /* a command while an answer was still waiting to be read */
	unsigned bad_parameters; /* SetParameters malformed */
	unsigned bad_level;      /* wLevelParameter */
	unsigned bad_block;      /* T=1: refused by the card, or the wrong bBWI */
	unsigned bad_iccd;       /* requests of a token out of order or of the wrong length */
	unsigned bad_speed; /* reader and card at different F, D or protocol, or above the limit */
	unsigned bad_power; /* bPowerSelect */
	unsigned rfu;       /* bytes that must be 0 */
	unsigned moved_powered; /* Eject or Capture of a card that has power */
	unsigned not_active;    /* XfrBlock, Secure, IccClock without a powered card */
	unsigned unadvertised;  /* Mechanical, IccClock or T0APDU that the descriptor rules out */
	unsigned no_parameters; /* XfrBlock before SetParameters that nothing made needless */
	unsigned bulk_zlp;      /* empty OUT transfers */
	unsigned unconfigured;  /* bulk or interrupt before SET_CONFIGURATION */
	unsigned bad_abort;     /* Abort halves that do not match */
};
const struct emu_counts *emu_counts(const struct emu_device *d);

#endif
