/* SPDX-License-Identifier: MIT */
/* usbredir conversations out of captures of link type 147, raw dumps and the network. */
#include "import_rig.h"
#include "redir_packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SAMPLE  SAMPLES_DIR "/emulated-t0-tpdu/trace.pcapng"
#define PACKETS 1024

/* A sample as what each side said, in order. */
struct talk {
	unsigned packets;
	struct {
		unsigned side; /* 0 the host */
		size_t off, len;
	} packet[PACKETS];
	uint8_t side[2][1u << 16];
	size_t len[2];
};

static struct talk talk;
static char *expected;

static int load_sample(void **state)
{
	struct ccid_trace_reader *r;
	struct ccid_trace_packet p;

	assert_int_equal(ccid_trace_open(&r, SAMPLE, NULL, 0), 0);
	talk = (struct talk){0};
	while (ccid_trace_next(r, &p) == 1) {
		unsigned side = p.dir == CCID_TRACE_FROM_GUEST;

		assert_true(talk.packets < PACKETS);
		assert_true(p.len <= sizeof talk.side[side] - talk.len[side]);
		memcpy(talk.side[side] + talk.len[side], p.data, p.len);
		talk.packet[talk.packets].side = side;
		talk.packet[talk.packets].off = talk.len[side];
		talk.packet[talk.packets++].len = p.len;
		talk.len[side] += p.len;
	}
	ccid_trace_reader_close(r);
	expected = messages_of(SAMPLE);
	return import_setup(state);
}

static int drop_sample(void **state)
{
	free(expected);
	return import_teardown(state);
}

static void send_packet(struct capture *c, bool v6, unsigned i, size_t skip, size_t len)
{
	unsigned side = talk.packet[i].side;
	size_t off = talk.packet[i].off + skip;

	tcp(c, side, v6, (side == 0 ? 0xFFFFFF00u : 77u) + (uint32_t)off, talk.side[side] + off,
	    len);
}

static void a_connection_is_found_on_every_kind_of_link(void **state)
{
	static const uint32_t links[] = {1, 113, 276, 101, 0, 108};
	struct import_rig *r = *state;

	for (unsigned n = 0; n < 12; n++) {
		struct capture c;

		capture_begin(&c, r->capture, links[n / 2], n & 1);
		c.extensions = n / 2 == 1;
		for (unsigned i = 0; i < talk.packets; i++)
			send_packet(&c, n & 1, i, 0, talk.packet[i].len);
		capture_end(&c);
		import_expect(r, expected);
		assert_string_equal(r->report.format, "tcp");
		assert_int_equal(r->report.packets, talk.packets);
	}
}

/* Segments that come twice, late, and cut anywhere; the sequence numbers wrap. */
static void segments_are_put_in_order(void **state)
{
	struct import_rig *r = *state;
	struct capture c;

	capture_begin(&c, r->capture, 1, false);
	send_packet(&c, false, 0, 0, talk.packet[0].len);
	send_packet(&c, false, 1, 0, talk.packet[1].len);
	for (unsigned i = 2; i < talk.packets; i++) {
		size_t len = talk.packet[i].len, cut = len / 3;

		send_packet(&c, false, i, cut, len - cut); /* early */
		if (i > 2)
			send_packet(&c, false, i - 1, 0, talk.packet[i - 1].len); /* again */
		send_packet(&c, false, i, 0, cut + 1); /* one byte too many */
	}
	capture_end(&c);
	import_expect(r, expected);
}

/* SYN takes a number of its own (TCP Fast Open). */
static void data_may_come_with_the_first_segment(void **state)
{
	struct import_rig *r = *state;
	struct capture c;
	unsigned side = talk.packet[0].side;

	capture_begin(&c, r->capture, 1, false);
	c.tcp_flags = 2;
	tcp(&c, side, false, (side == 0 ? 0xFFFFFF00u : 77u) - 1, talk.side[side],
	    talk.packet[0].len);
	c.tcp_flags = 0;
	for (unsigned i = 1; i < talk.packets; i++)
		send_packet(&c, false, i, 0, talk.packet[i].len);
	capture_end(&c);
	import_expect(r, expected);
}

static void a_lost_segment_ends_the_trace_with_a_word(void **state)
{
	struct import_rig *r = *state;
	struct capture c;
	unsigned lost = talk.packets - 6;
	char *got;

	capture_begin(&c, r->capture, 1, false);
	for (unsigned i = 0; i < talk.packets; i++)
		if (i != lost)
			send_packet(&c, false, i, 0, talk.packet[i].len);
	capture_end(&c);
	assert_int_equal(import_again(r), CCID_E_SHORT);
	assert_non_null(strstr(r->report.problem, "of the connection were not captured"));
	assert_true(r->report.packets >= lost);
	got = messages_of(r->trace);
	assert_int_equal(strncmp(got, expected, strlen(expected) / 2), 0);
	free(got);
}

static void of_two_connections_one_is_chosen_by_its_port(void **state)
{
	struct import_rig *r = *state;
	struct capture c;

	capture_begin(&c, r->capture, 1, false);
	for (unsigned i = 0; i < talk.packets; i++) {
		send_packet(&c, false, i, 0, talk.packet[i].len);
		send_packet(&c, true, i, 0, talk.packet[i].len);
	}
	capture_end(&c);
	assert_int_equal(import_again(r), CCID_E_NOTFOUND);
	assert_non_null(strstr(r->report.problem, "10.0.0.1:1000 to 10.0.0.2:4000"));
	assert_non_null(strstr(r->report.problem, "[::"));
	r->options.port = 5;
	assert_int_equal(import_again(r), CCID_E_NOTFOUND);
}

static void other_traffic_is_no_connection(void **state)
{
	struct import_rig *r = *state;
	struct capture c;

	capture_begin(&c, r->capture, 1, false);
	tcp(&c, 0, false, 1, (const uint8_t *)"GET / HTTP/1.1\r\n", 16);
	capture_end(&c);
	assert_int_equal(import_again(r), CCID_E_NOTFOUND);
	assert_int_equal(r->report.packets, 0);
}

static void two_dumps_are_interleaved_by_cause(void **state)
{
	struct import_rig *r = *state;

	for (unsigned first = 0; first < 2; first++) {
		file_write(r->capture, talk.side[first], talk.len[first]);
		file_write(r->other, talk.side[1 - first], talk.len[1 - first]);
		r->options.second = NULL;
		assert_int_equal(import_again(r), CCID_E_FORMAT);
		assert_non_null(strstr(r->report.problem, "the other one is needed"));
		r->options.second = r->other;
		import_expect(r, expected);
		assert_int_equal(r->report.packets, talk.packets);
	}
	r->options.second = r->capture;
	assert_int_equal(import_again(r), CCID_E_FORMAT);
}

/* pcapng of link type 147, one block for every n bytes. */
static void write_cut(const char *path, size_t n)
{
	static uint8_t block[1u << 17];
	struct ccid_trace_writer *w;

	assert_int_equal(ccid_trace_create(&w, path, true), 0);
	for (unsigned i = 0; i < talk.packets; i++) {
		enum ccid_trace_dir dir =
			talk.packet[i].side == 1 ? CCID_TRACE_FROM_GUEST : CCID_TRACE_FROM_HOST;

		for (size_t off = 0; off < talk.packet[i].len; off += n) {
			size_t len = talk.packet[i].len - off < n ? talk.packet[i].len - off : n;

			memcpy(block, talk.side[talk.packet[i].side] + talk.packet[i].off + off,
			       len);
			assert_int_equal(ccid_trace_write(w, dir, 1000 * i, block, len, NULL), 0);
		}
	}
	assert_int_equal(ccid_trace_close(w), 0);
}

static void blocks_may_be_cut_in_any_way(void **state)
{
	struct import_rig *r = *state;

	for (size_t n = 1; n < 200; n += 61) {
		write_cut(r->capture, n);
		import_expect(r, expected);
		assert_string_equal(r->report.format, "usbredir");
		assert_int_equal(r->report.packets, talk.packets);
	}
}

/* A PIN that somebody else's capture holds. */
static void pins_are_masked(void **state)
{
	static const uint8_t verify[] = {0x00, 0x20, 0x00, 0x80, 0x04};
	struct import_rig *r = *state;
	unsigned found = 0;

	for (size_t i = 0; i + 9 < talk.len[1]; i++) {
		if (memcmp(talk.side[1] + i, verify, 5) == 0) {
			memcpy(talk.side[1] + i + 5, "1234", 4);
			found++;
		}
	}
	assert_int_equal(found, 1);
	write_cut(r->capture, 50);
	import_expect(r, expected);
	assert_int_equal(r->report.masked, 1);
	assert_false(file_has(r->trace, "1234", 4));
	r->options.keep_pins = true;
	import_expect(r, NULL);
	assert_true(file_has(r->trace, "1234", 4));
}

#define TALK_TEST(name) cmocka_unit_test_setup_teardown(name, load_sample, drop_sample)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TALK_TEST(a_connection_is_found_on_every_kind_of_link),
		TALK_TEST(segments_are_put_in_order),
		TALK_TEST(data_may_come_with_the_first_segment),
		TALK_TEST(a_lost_segment_ends_the_trace_with_a_word),
		TALK_TEST(of_two_connections_one_is_chosen_by_its_port),
		TALK_TEST(other_traffic_is_no_connection),
		TALK_TEST(two_dumps_are_interleaved_by_cause),
		TALK_TEST(blocks_may_be_cut_in_any_way),
		TALK_TEST(pins_are_masked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
