/* SPDX-License-Identifier: MIT */
/* What the recorder writes, checked by reading it back and by playing it. */
#include "alloc_count.h"
#include "explain.h"
#include "player.h"
#include "reader.h"
#include "recorder.h"
#include "transport_responder.h"
#include "transport_script.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LINES 256
#define SOON  INT64_C(1000000000) /* later than a fake clock comes */

/* The lines of a trace: "> name text", packets of the opening left out. */
struct lines {
	char text[LINES][200];
	unsigned count;
	bool all;
};

struct fixture {
	char path[64], second[80];
	struct fake_clock clock;
	struct script script;
	struct responder responder;
	struct lines lines, other;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	int fd;

	if (f == NULL)
		return -1;
	fake_clock_init(&f->clock);
	snprintf(f->path, sizeof f->path, "/tmp/iscard-recorder-XXXXXX");
	fd = mkstemp(f->path);
	*state = f;
	if (fd < 0 || close(fd) != 0)
		return -1;
	snprintf(f->second, sizeof f->second, "%s.second", f->path);
	return unlink(f->path);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	unlink(f->second);
	free(f);
	return 0;
}

static void take_line(void *arg, const struct ccid_explain_line *line)
{
	struct lines *l = arg;

	if (!l->all && (line->kind == CCID_EXPLAIN_LINK || line->kind == CCID_EXPLAIN_CONTROL))
		return;
	assert_true(l->count < LINES);
	snprintf(l->text[l->count++], sizeof l->text[0], "%s %s %s",
	         line->dir == CCID_TRACE_FROM_GUEST ? ">" : "<", line->name, line->text);
}

static void read_lines(struct lines *l, const char *path, bool all)
{
	char problem[CCID_TRACE_PROBLEM_MAX] = "";

	l->count = 0;
	l->all = all;
	if (ccid_explain_file(path, take_line, l, problem, sizeof problem) != 0)
		fail_msg("%s: %s", path, problem);
}

static void expect_lines(const struct lines *l, unsigned from, const char *const *want, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (from + i >= l->count)
			fail_msg("no line %zu; \"%s\" expected", from + i, want[i]);
		assert_string_equal(l->text[from + i], want[i]);
	}
	assert_int_equal(l->count, from + n);
}

static const struct fake_reader apdu_reader = {.features = FAKE_SHORT};
static const struct fake_reader character_reader = {.features = 0};
static const struct fake_reader tpdu_reader = {.features = FAKE_TPDU};

static struct ccid_transport *record_script(struct fixture *f, const struct script_step *steps,
                                            size_t n, const struct fake_reader *reader)
{
	struct ccid_transport *t;

	script_start(&f->script, reader, steps, n, &f->clock);
	assert_int_equal(ccid_transport_open_recorder(&t, &f->script.t, f->path, &f->clock.env), 0);
	return t;
}
#define RECORD(f, steps, reader) record_script(f, steps, sizeof(steps) / sizeof *(steps), reader)

static int exchange(struct ccid_transport *t, const char *command, uint8_t *in)
{
	uint8_t out[64];
	size_t n = script_bytes(out, sizeof out, command);
	int rc = t->ops->post_in(t, in, 512);

	if (rc == 0)
		rc = t->ops->bulk_out(t, out, n, SOON);
	return rc < 0 ? rc : t->ops->wait_in(t, SOON);
}

static void it_begins_as_a_usbredir_host_would(void **state)
{
	struct fixture *f = *state;
	static const char *const want[] = {
		"< hello libiscard recorder, capabilities 1 2 3 4 5 6",
		"> hello libiscard recorder, capabilities 1 2 3 4 5 6",
		"< interface_info interface 0: class 0B",
		"< ep_info bulk 02 (64), bulk 81 (64), interrupt 83 (8)",
		"< device_connect 1209:0001, version 1.00, full speed",
		"< GET_DESCRIPTOR device, 18 of 18 bytes",
		"< GET_DESCRIPTOR configuration, 9 of 9 bytes",
		"< GET_DESCRIPTOR configuration, 93 of 93 bytes",
		"< GET_DESCRIPTOR string 0, 4 of 4 bytes",
		"> set_configuration 1",
		"< configuration_status 1: success",
		"> start_interrupt_receiving endpoint 83",
		"< interrupt_receiving_status endpoint 83: success",
		"> stop_interrupt_receiving endpoint 83",
		"< interrupt_receiving_status endpoint 83: success",
	};
	static const struct script_step none[] = {NO_STEP};
	struct ccid_transport *t = record_script(f, none, 0, &apdu_reader);

	t->ops->close(t);
	read_lines(&f->lines, f->path, true);
	for (unsigned i = 0; i < f->lines.count; i++)
		if (strncmp(f->lines.text[i], "< GET_DESCRIPTOR string", 23) == 0 &&
		    strstr(f->lines.text[i], "string 0") == NULL) {
			memmove(f->lines.text[i], f->lines.text[i + 1],
			        (f->lines.count - i - 1) * sizeof f->lines.text[0]);
			f->lines.count--;
			i--;
		}
	expect_lines(&f->lines, 0, want, sizeof want / sizeof want[0]);
}

static void traffic_and_failures_are_written_as_they_happen(void **state)
{
	struct fixture *f = *state;
	static const struct script_step steps[] = {
		EXPECT_OUT("65 00000000 00 00 000000"),
		GIVE_IN("81 00000000 00 00 01 00 00"),
		INTERRUPT("50 03"),
		EXPECT_OUT("65 00000000 00 01 000000"),
		STALL_IN,
		EXPECT_HALT(CCID_PIPE_BULK_IN),
		EXPECT_OUT("65 00000000 00 02 000000"),
		ZLP,
		EXPECT_OUT("65 00000000 00 03 000000"),
		SILENCE,
		EXPECT_DROP,
		EXPECT_CTRL("21 01 0004 0000 0000"),
		EXPECT_RESET(0),
	};
	static const char *const want[] = {
		"> PC_to_RDR_GetSlotStatus ",
		"< RDR_to_PC_SlotStatus card inactive",
		"< RDR_to_PC_NotifySlotChange slot 0: card present (changed)",
		"> PC_to_RDR_GetSlotStatus ",
		"< bulk IN stall",
		"< CLEAR_FEATURE halt of endpoint 81",
		"> PC_to_RDR_GetSlotStatus ",
		"< bulk IN zero-length transfer",
		"> PC_to_RDR_GetSlotStatus ",
		"> cancel_data_packet request ",
		"< bulk IN cancelled",
		"< ABORT slot 0, bSeq 4",
		"> reset ",
		"> start_interrupt_receiving endpoint 83",
		"< interrupt_receiving_status endpoint 83: success",
		"> stop_interrupt_receiving endpoint 83",
		"< interrupt_receiving_status endpoint 83: success",
	};
	const struct ccid_setup abort = {.request_type = 0x21, .request = 1, .value = 0x0400};
	struct ccid_transport *t = RECORD(f, steps, &apdu_reader);
	unsigned from = 0;
	uint8_t in[512];

	assert_int_equal(exchange(t, "65 00000000 00 00 000000", in), 10);
	assert_int_equal(t->ops->interrupt_in(t, in, sizeof in), 2);
	assert_int_equal(exchange(t, "65 00000000 00 01 000000", in), CCID_E_STALL);
	assert_int_equal(t->ops->clear_halt(t, CCID_PIPE_BULK_IN, SOON), 0);
	assert_int_equal(exchange(t, "65 00000000 00 02 000000", in), 0);
	assert_int_equal(t->ops->post_in(t, in, sizeof in), 0);
	script_bytes(in + 256, 10, "65 00000000 00 03 000000");
	assert_int_equal(t->ops->bulk_out(t, in + 256, 10, SOON), 0);
	assert_int_equal(t->ops->wait_in(t, f->clock.now + 10), CCID_E_TIMEOUT);
	t->ops->drop_in(t);
	assert_int_equal(t->ops->control(t, &abort, NULL, SOON), 0);
	assert_int_equal(t->ops->reset(t, SOON), 0);
	assert_int_equal(ccid_transport_recording(t), 0);
	t->ops->close(t);
	script_done(&f->script);
	read_lines(&f->lines, f->path, true);
	while (from < f->lines.count && strstr(f->lines.text[from], "GetSlotStatus") == NULL)
		from++;
	for (unsigned i = from; i < f->lines.count; i++)
		if (strncmp(f->lines.text[i], "> cancel_data_packet", 20) == 0)
			f->lines.text[i][strlen("> cancel_data_packet request ")] = '\0';
	expect_lines(&f->lines, from, want, sizeof want / sizeof want[0]);
}

static void an_unplug_is_written_once(void **state)
{
	struct fixture *f = *state;
	static const struct script_step steps[] = {EXPECT_OUT("65 00000000 00 00 000000"),
	                                           GIVE_IN("81 00000000 00 00 01 00 00"), UNPLUG};
	static const char *const want[] = {"> PC_to_RDR_GetSlotStatus ",
	                                   "< RDR_to_PC_SlotStatus card inactive",
	                                   "< device_disconnect "};
	struct ccid_transport *t = RECORD(f, steps, &apdu_reader);
	unsigned from = 0;
	uint8_t in[512];

	assert_int_equal(exchange(t, "65 00000000 00 00 000000", in), 10);
	assert_int_equal(t->ops->interrupt_in(t, in, sizeof in), CCID_E_GONE);
	assert_int_equal(t->ops->post_in(t, in, sizeof in), CCID_E_GONE);
	t->ops->close(t);
	read_lines(&f->lines, f->path, true);
	while (from < f->lines.count && strstr(f->lines.text[from], "GetSlotStatus") == NULL)
		from++;
	expect_lines(&f->lines, from, want, 3);
}

static bool file_holds(const char *path, const void *bytes, size_t n)
{
	static uint8_t all[1u << 16];
	FILE *file = fopen(path, "rb");
	size_t len;

	assert_non_null(file);
	len = fread(all, 1, sizeof all, file);
	fclose(file);
	for (size_t i = 0; i + n <= len; i++)
		if (memcmp(all + i, bytes, n) == 0)
			return true;
	return false;
}

static void pins_do_not_reach_the_file(void **state)
{
	struct fixture *f = *state;
	static const struct script_step steps[] = {
		EXPECT_OUT("6F 09000000 00 00 00 0000 00 20 00 81 04 31 37 35 39"),
		GIVE_IN("80 02000000 00 00 00 00 00 90 00"),
		EXPECT_OUT("6F 02000000 00 01 00 0000 AB CD"),
		GIVE_IN("80 02000000 00 01 00 00 00 67 00"),
	};
	static const char *const want[] = {
		"> PC_to_RDR_XfrBlock VERIFY: 00 20 00 81 04 [4 bytes not shown]",
		"< RDR_to_PC_DataBlock 90 00 (success)", "> PC_to_RDR_XfrBlock AB CD",
		"< RDR_to_PC_DataBlock 67 00"};
	struct ccid_transport *t = RECORD(f, steps, &apdu_reader);
	uint8_t in[512];

	assert_int_equal(exchange(t, "6F 09000000 00 00 00 0000 00 20 00 81 04 31 37 35 39", in),
	                 12);
	assert_int_equal(exchange(t, "6F 02000000 00 01 00 0000 AB CD", in), 12);
	t->ops->drop_in(t); /* nothing is posted: nothing is written */
	t->ops->close(t);
	script_done(&f->script);
	assert_false(file_holds(f->path, "\x31\x37\x35\x39", 4));
	assert_true(file_holds(f->path, "\x00\x20\x00\x81\x04\xFF\xFF\xFF\xFF", 9));
	assert_true(file_holds(f->path, "masked 41+4", 11));
	read_lines(&f->lines, f->path, false);
	expect_lines(&f->lines, 0, want, 4);
}

static void pins_in_t1_blocks_are_masked_and_their_check_byte_fits(void **state)
{
	struct fixture *f = *state;
	static const char first[] = "6F 0B000000 00 01 00 0000 00 20 07 00 20 00 81 04 31 37 9C";
	static const char second[] = "6F 06000000 00 02 00 0000 00 40 02 35 39 4E";
	static const struct script_step steps[] = {
		EXPECT_OUT("61 07000000 00 00 01 0000 11 10 00 4D 00 20 00"),
		GIVE_IN("82 07000000 00 00 00 00 01 11 10 00 4D 00 20 00"),
		EXPECT_OUT(first),
		GIVE_IN("80 04000000 00 01 00 00 00 00 90 00 90"),
		EXPECT_OUT(second),
		GIVE_IN("80 06000000 00 02 00 00 00 00 00 02 90 00 92"),
	};
	struct ccid_transport *t = RECORD(f, steps, &tpdu_reader);
	uint8_t in[512];

	assert_true(exchange(t, "61 07000000 00 00 01 0000 11 10 00 4D 00 20 00", in) > 0);
	assert_true(exchange(t, first, in) > 0);
	assert_true(exchange(t, second, in) > 0);
	t->ops->close(t);
	script_done(&f->script);
	assert_false(file_holds(f->path, "\x04\x31\x37", 3));
	assert_false(file_holds(f->path, "\x02\x35\x39", 3));
	assert_true(file_holds(f->path, "\x20\x00\x81\x04\xFF\xFF\x82", 7));
	assert_true(file_holds(f->path, "\x00\x40\x02\xFF\xFF\x42", 6));
}

/* The body comes in a message of its own, here in two: the card asked for one byte, then the rest. */
static void pins_at_character_level_are_masked_until_the_status_word(void **state)
{
	struct fixture *f = *state;
	static const char *const command[] = {
		"6F 05000000 00 00 00 0100 00 20 00 81 04",
		"6F 01000000 00 01 00 0100 31",
		"6F 03000000 00 02 00 0100 37 35 39",
		"6F 05000000 00 03 00 0100 00 20 00 82 04",
		"6F 05000000 00 04 00 0100 00 84 00 00 08",
	};
	static const struct script_step steps[] = {
		EXPECT_OUT("6F 05000000 00 00 00 0100 00 20 00 81 04"),
		GIVE_IN("80 01000000 00 00 00 00 00 DF"),
		EXPECT_OUT("6F 01000000 00 01 00 0100 31"),
		GIVE_IN("80 01000000 00 01 00 00 00 20"),
		EXPECT_OUT("6F 03000000 00 02 00 0100 37 35 39"),
		GIVE_IN("80 01000000 00 02 00 00 00 90"),
		EXPECT_OUT("6F 05000000 00 03 00 0100 00 20 00 82 04"),
		GIVE_IN("80 01000000 00 03 00 00 00 69"),
		EXPECT_OUT("6F 05000000 00 04 00 0100 00 84 00 00 08"),
		GIVE_IN("80 01000000 00 04 00 00 00 84"),
	};
	static const char *const want[] = {
		"> PC_to_RDR_XfrBlock VERIFY: 00 20 00 81 04",        "< RDR_to_PC_DataBlock DF",
		"> PC_to_RDR_XfrBlock [1 bytes not shown]",           "< RDR_to_PC_DataBlock 20",
		"> PC_to_RDR_XfrBlock [3 bytes not shown]",           "< RDR_to_PC_DataBlock 90",
		"> PC_to_RDR_XfrBlock VERIFY: 00 20 00 82 04",        "< RDR_to_PC_DataBlock 69",
		"> PC_to_RDR_XfrBlock GET CHALLENGE: 00 84 00 00 08", "< RDR_to_PC_DataBlock 84",
	};
	struct ccid_transport *t = RECORD(f, steps, &character_reader);
	uint8_t in[512];

	for (size_t i = 0; i < sizeof command / sizeof *command; i++)
		assert_int_equal(exchange(t, command[i], in), 11);
	t->ops->close(t);
	script_done(&f->script);
	assert_false(file_holds(f->path, "\x37\x35\x39", 3));
	assert_true(file_holds(f->path, "\x00\x20\x00\x82\x04", 5));
	assert_true(file_holds(f->path, "\x00\x84\x00\x00\x08", 5));
	read_lines(&f->lines, f->path, false);
	expect_lines(&f->lines, 0, want, 10);
}

static int wrap(struct ccid_transport **t, struct fixture *f, const char *path)
{
	struct ccid_transport *inner;

	responder_init(&f->responder, &apdu_reader, &f->clock);
	assert_int_equal(responder_open(&inner, &f->responder), 0);
	if (ccid_transport_open_recorder(t, inner, path, &f->clock.env) == 0)
		return 0;
	*t = inner;
	return -1;
}

static void use(struct ccid_transport *t, struct fixture *f, unsigned commands)
{
	static const uint8_t select[] = {0x00, 0xA4, 0x00, 0x0C};
	uint8_t answer[64];
	struct ccid_slot_info info;
	struct ccid_reader *r;

	assert_int_equal(ccid_reader_open(&r, t, NULL, &f->clock.env, CCID_NEVER), 0);
	assert_int_equal(ccid_slot_activate(r, 0, 3, CCID_RESET_NONE, CCID_NEVER), 0);
	assert_int_equal(ccid_slot_get_info(r, 0, &info), 0);
	while (commands-- > 0)
		assert_int_equal(ccid_slot_transmit(r, 0, info.generation, select, 4, answer, 64, 0,
		                                    -1, CCID_NEVER),
		                 2);
	ccid_reader_close(r);
}

static void an_existing_file_is_left_alone(void **state)
{
	struct fixture *f = *state;
	struct ccid_transport *t;
	FILE *file = fopen(f->path, "wb");

	assert_non_null(file);
	fputs("precious", file);
	fclose(file);
	assert_int_equal(wrap(&t, f, f->path), -1);
	use(t, f, 1);
	assert_true(file_holds(f->path, "precious", 8));
	assert_int_equal(ccid_transport_recording(&f->script.t), CCID_E_ARG);
}

static void a_full_disk_does_not_disturb_the_session(void **state)
{
	struct fixture *f = *state;
	struct ccid_transport *t;
	struct rlimit old, small;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(wrap(&t, f, f->path), 0);
	small = (struct rlimit){.rlim_cur = 4000, .rlim_max = old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	use(t, f, 50);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_true(fake_clock_logged(&f->clock, "recording ends here"));
	read_lines(&f->lines, f->path, false);
	assert_true(f->lines.count > 4);
}

static void nothing_is_allocated_per_packet(void **state)
{
	struct fixture *f = *state;
	static const uint8_t select[] = {0x00, 0xA4, 0x00, 0x0C};
	struct alloc_count before;
	struct ccid_slot_info info;
	struct ccid_transport *t;
	struct ccid_reader *r;
	uint8_t answer[64];

	assert_int_equal(wrap(&t, f, f->path), 0);
	assert_int_equal(ccid_reader_open(&r, t, NULL, &f->clock.env, CCID_NEVER), 0);
	assert_int_equal(ccid_slot_activate(r, 0, 3, CCID_RESET_NONE, CCID_NEVER), 0);
	assert_int_equal(ccid_slot_get_info(r, 0, &info), 0);
	alloc_count_start(ALLOC_FAIL_NEVER);
	before = alloc_count_now();
	for (int i = 0; i < 20; i++)
		assert_int_equal(ccid_slot_transmit(r, 0, info.generation, select, 4, answer, 64, 0,
		                                    -1, CCID_NEVER),
		                 2);
	assert_int_equal(alloc_count_now().calls, before.calls);
	ccid_reader_close(r);
}

static void the_child_of_a_fork_writes_nothing(void **state)
{
	struct fixture *f = *state;
	struct ccid_transport *t;
	struct stat before, after;
	int status;
	pid_t child;

	assert_int_equal(wrap(&t, f, f->path), 0);
	assert_int_equal(stat(f->path, &before), 0);
	child = fork();
	if (child == 0) {
		t->ops->close(t);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(stat(f->path, &after), 0);
	assert_int_equal(after.st_size, before.st_size);
	use(t, f, 1);
	assert_int_equal(stat(f->path, &after), 0);
	assert_true(after.st_size > before.st_size);
}

/* Record while replaying: the second trace says the same as the first. */
static void a_recorded_replay_equals_its_source(void **state)
{
	struct fixture *f = *state;
	struct ccid_transport *t, *replay;
	char problem[256] = "";

	assert_int_equal(wrap(&t, f, f->path), 0);
	use(t, f, 3);
	if (ccid_transport_open_replay(&replay, f->path, NULL, &f->clock.env, problem, 256) != 0)
		fail_msg("%s", problem);
	assert_int_equal(ccid_transport_open_recorder(&t, replay, f->second, &f->clock.env), 0);
	use(t, f, 3);
	read_lines(&f->lines, f->path, false);
	read_lines(&f->other, f->second, false);
	assert_int_equal(f->lines.count, f->other.count);
	assert_true(f->lines.count > 10);
	for (unsigned i = 0; i < f->lines.count; i++)
		assert_string_equal(f->lines.text[i], f->other.text[i]);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(it_begins_as_a_usbredir_host_would),
		T(traffic_and_failures_are_written_as_they_happen),
		T(an_unplug_is_written_once),
		T(pins_do_not_reach_the_file),
		T(pins_in_t1_blocks_are_masked_and_their_check_byte_fits),
		T(pins_at_character_level_are_masked_until_the_status_word),
		T(an_existing_file_is_left_alone),
		T(a_full_disk_does_not_disturb_the_session),
		T(nothing_is_allocated_per_packet),
		T(the_child_of_a_fork_writes_nothing),
		T(a_recorded_replay_equals_its_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
