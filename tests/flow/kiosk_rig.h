/* SPDX-License-Identifier: MIT */
/* A context whose only reader, "kiosk:reader", is the emulated motor reader, in this very thread and in
 * virtual time. */
#ifndef KIOSK_RIG_H
#define KIOSK_RIG_H

#include "context_priv.h"
#include "emu_stream.h"

#include <iscard/iscard.h>

struct kiosk_rig {
	struct emu_stream stream;
	iscard_context *context;
	unsigned opens; /* times the reader was opened */
	int64_t tick;   /* each look at the clock takes so long */
};
extern struct kiosk_rig kiosk;

#define KIOSK "kiosk:reader"

struct emu_device *kiosk_device(void);
int64_t kiosk_now(void);

/* The configuration of a reader with a card in it and every ability. The context is told of a mouth that
 * the reader sees. */
struct emu_config kiosk_config(void);
void kiosk_start(const struct emu_config *cfg);
/* Another context in place of the first: the program has been started again. */
void kiosk_restart(const struct iscard_options *options);
/* Everything released: demand that the reader found nothing wrong with its host. */
void kiosk_end(void);

ISCard *kiosk_attached(SCARD_SHARE_MODES mode);
HRESULT kiosk_challenge(ISCard *card);

/* A motion with WAIT and these limits; the report stays. */
extern struct iscard_motion_report kiosk_report;
HRESULT kiosk_move(iscard_motion motion, int64_t commanded_ms, int64_t taken_ms);
struct iscard_kiosk_status kiosk_status(void);
unsigned kiosk_commands(void); /* PC_to_RDR_Mechanical so far */

#define assert_hr(call, want) kiosk_assert_hr(call, want, #call, __FILE__, __LINE__)
void kiosk_assert_hr(HRESULT hr, HRESULT want, const char *what, const char *file, int line);
#define assert_place(want) assert_string_equal(iscard_place_name(kiosk_status().place), want)

#endif
