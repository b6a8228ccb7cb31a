/* SPDX-License-Identifier: MIT */
/* What the tests of the player share: a trace written as text, played to a guest. */
#ifndef PLAYER_FIXTURE_H
#define PLAYER_FIXTURE_H

#include "fake_clock.h"
#include "trace_maker.h"

struct player_fixture {
	char path[64];
	struct fake_clock clock;
	struct ccid_player_options options;
	struct ccid_player *p;
	struct guest g;
};

/* Setup and teardown of a test; *state is the fixture. */
int player_set_up(void **state);
int player_tear_down(void **state);
#define PLAYER_TEST(test) cmocka_unit_test_setup_teardown(test, player_set_up, player_tear_down)

/* Begin anew, with the same trace and options; the guest is at g. */
void play_again(struct player_fixture *f);

/* Make the trace (trace_maker.h) and connect the guest to its player, with the interrupt stream
 * (play: always). reader NULL: a short APDU reader with two slots. */
struct guest *play_on(struct player_fixture *f, const char *script, const struct fake_reader *r,
                      bool interrupts);
struct guest *play(void **state, const char *script);

const char *play_diff(void **state);
size_t play_left(void **state);
void play_expect_in_diff(void **state, const char *text);
void guest_expect_nothing(struct guest *g);
void guest_expect_interrupt(struct guest *g, uint8_t first, uint8_t second);

#define ON     "> 62 00 01 000000\n< 80 00 01 000000 3B021450\n"
#define SELECT "> 6F 00 02 000000 00A4000C023F00\n< 80 00 02 000000 9000\n"
#define READ   "> 6F 00 03 000000 00B0000002\n< 80 00 03 000000 01029000\n"

#define LIVE_ON(g, seq) guest_exchange(g, "62 00 " seq " 000000", "80 00 " seq " 000000 3B021450")
#define LIVE_SELECT(g, s)                                                                          \
	guest_exchange(g, "6F 00 " s " 000000 00A4000C023F00", "80 00 " s " 000000 9000")
#define LIVE_READ(g, s)                                                                            \
	guest_exchange(g, "6F 00 " s " 000000 00B0000002", "80 00 " s " 000000 01029000")

#endif
