/* SPDX-License-Identifier: MIT */
#include "trace_file.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define GUEST CCID_TRACE_FROM_GUEST
#define HOST  CCID_TRACE_FROM_HOST

static char path[64];

static int make_path(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "/tmp/iscard-trace-XXXXXX");
	int fd = mkstemp(path);
	if (fd < 0)
		return -1;
	close(fd);
	return unlink(path);
}

static int drop_path(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

/* A file under construction, in either byte order. */
struct file {
	uint8_t b[8192];
	size_t len;
	bool big;
};

static void num(struct file *f, uint32_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		f->b[f->len++] = (uint8_t)(v >> 8 * (f->big ? n - 1 - i : i));
}

static void raw(struct file *f, const void *p, size_t n)
{
	memcpy(f->b + f->len, p, n);
	f->len += n;
}

static void pad(struct file *f)
{
	while (f->len % 4 != 0)
		f->b[f->len++] = 0;
}

static void section(struct file *f)
{
	num(f, 0x0A0D0D0A, 4);
	num(f, 28, 4);
	num(f, 0x1A2B3C4D, 4);
	num(f, 1, 2);
	num(f, 0, 2);
	num(f, 0xFFFFFFFF, 4);
	num(f, 0xFFFFFFFF, 4);
	num(f, 28, 4);
}

static void interface(struct file *f, uint32_t link, uint8_t resolution)
{
	num(f, 1, 4);
	num(f, 32, 4);
	num(f, link, 2);
	num(f, 0, 2);
	num(f, 0, 4);
	num(f, 9, 2);
	num(f, 1, 2);
	raw(f, &resolution, 1);
	pad(f);
	num(f, 0, 4);
	num(f, 32, 4);
}

static void block(struct file *f, uint32_t type, const void *body, size_t n)
{
	num(f, type, 4);
	num(f, (uint32_t)(12 + (n + 3) / 4 * 4), 4);
	raw(f, body, n);
	pad(f);
	num(f, (uint32_t)(12 + (n + 3) / 4 * 4), 4);
}

static void packet(struct file *f, uint32_t iface, enum ccid_trace_dir dir, uint64_t ticks,
                   const void *data, size_t n)
{
	uint32_t total = (uint32_t)(28 + (n + 3) / 4 * 4 + 12 + 4);

	num(f, 6, 4);
	num(f, total, 4);
	num(f, iface, 4);
	num(f, (uint32_t)(ticks >> 32), 4);
	num(f, (uint32_t)ticks, 4);
	num(f, (uint32_t)n, 4);
	num(f, (uint32_t)n, 4);
	raw(f, data, n);
	pad(f);
	num(f, 2, 2);
	num(f, 4, 2);
	num(f, (uint32_t)dir, 4);
	num(f, 0, 4);
	num(f, total, 4);
}

static void save(const struct file *f, size_t len)
{
	FILE *o = fopen(path, "wb");

	assert_non_null(o);
	assert_int_equal(fwrite(f->b, 1, len, o), len);
	assert_int_equal(fclose(o), 0);
}

static size_t load(uint8_t *buf, size_t cap)
{
	FILE *i = fopen(path, "rb");
	size_t n;

	assert_non_null(i);
	n = fread(buf, 1, cap, i);
	fclose(i);
	return n;
}

/* usbredir packets: a hello with one capability word, and data packets with 64-bit ids. */
static size_t hello(uint8_t *b, uint32_t caps)
{
	memset(b, 0, 80);
	b[4] = 68;
	memcpy(b + 12, "test", 4);
	for (int i = 0; i < 4; i++)
		b[76 + i] = (uint8_t)(caps >> 8 * i);
	return 80;
}

static size_t bulk(uint8_t *b, uint8_t id, uint8_t payload)
{
	memset(b, 0, 27);
	b[0] = 101;
	b[4] = (uint8_t)(10 + payload);
	b[8] = id;
	b[16] = 0x82;
	b[18] = payload;
	memset(b + 26, id, payload);
	return (size_t)26 + payload;
}

static void hellos(struct file *f, uint32_t caps)
{
	uint8_t b[80];

	packet(f, 0, HOST, 1, b, hello(b, caps));
	packet(f, 0, GUEST, 2, b, hello(b, caps));
}

/* Read to the end: packets counted, the final result returned. */
static int read_all(unsigned *packets, uint64_t *offset, char *problem)
{
	struct ccid_trace_reader *r;
	struct ccid_trace_packet p;
	int got = ccid_trace_open(&r, path, problem, CCID_TRACE_PROBLEM_MAX);

	*packets = 0;
	if (got != 0)
		return got;
	while ((got = ccid_trace_next(r, &p)) == 1) {
		++*packets;
		*offset = p.offset;
	}
	assert_int_equal(ccid_trace_next(r, &p), got);
	snprintf(problem, CCID_TRACE_PROBLEM_MAX, "%s", ccid_trace_problem(r));
	ccid_trace_reader_close(r);
	return got;
}

static void what_is_written_is_read_back(void **state)
{
	uint8_t h[80], b[64];
	struct ccid_trace_writer *w;
	struct ccid_trace_reader *r;
	struct ccid_trace_packet p;

	(void)state;
	hello(h, 0x7E);
	assert_int_equal(ccid_trace_create(&w, path, false), 0);
	assert_int_equal(ccid_trace_write(w, HOST, 5, h, 80, NULL), 0);
	assert_int_equal(ccid_trace_write(w, GUEST, UINT64_C(0x123456789ABCDEF0), h, 80,
	                                  "gr\xC3\xBC\xC3\x9F"),
	                 0);
	size_t n = bulk(b, 9, 3);
	const struct ccid_trace_piece piece = {b, b + 26, 26, n - 26};
	assert_int_equal(ccid_trace_write_pieces(w, HOST, 7, &piece, NULL), 0);
	assert_int_equal(ccid_trace_close(w), 0);

	assert_int_equal(ccid_trace_open(&r, path, NULL, 0), 0);
	assert_int_equal(ccid_trace_next(r, &p), 1);
	assert_int_equal(p.dir, HOST);
	assert_int_equal(p.time_ns, 5);
	assert_int_equal(p.len, 80);
	assert_null(p.comment);
	assert_int_equal(ccid_trace_next(r, &p), 1);
	assert_int_equal(p.dir, GUEST);
	assert_true(p.time_ns == UINT64_C(0x123456789ABCDEF0));
	assert_memory_equal(p.data, h, 80);
	assert_string_equal(p.comment, "gr\xC3\xBC\xC3\x9F");
	assert_int_equal(ccid_trace_next(r, &p), 1);
	assert_int_equal(p.caps, 0x7E);
	assert_int_equal(p.len, n);
	assert_memory_equal(p.data, b, n);
	assert_null(p.comment);
	assert_int_equal(ccid_trace_next(r, &p), 0);
	assert_string_equal(ccid_trace_problem(r), "");
	ccid_trace_reader_close(r);
}

static void the_file_is_private_and_an_existing_one_is_left_alone(void **state)
{
	struct ccid_trace_writer *w;
	struct stat st;

	(void)state;
	assert_int_equal(ccid_trace_create(&w, path, false), 0);
	assert_int_equal(ccid_trace_close(w), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(ccid_trace_create(&w, path, false), CCID_E_BUSY);
	assert_int_equal(ccid_trace_create(&w, path, true), 0);
	assert_int_equal(ccid_trace_close(w), 0);
	assert_int_equal(ccid_trace_create(&w, "/nonexistent/x", false), CCID_E_NOTFOUND);
}

static void the_file_is_whole_after_every_write(void **state)
{
	uint8_t b[80];
	char problem[CCID_TRACE_PROBLEM_MAX];
	struct ccid_trace_writer *w;
	uint64_t offset;
	unsigned n;

	(void)state;
	assert_int_equal(ccid_trace_create(&w, path, false), 0);
	for (unsigned i = 0; i < 10; i++) {
		size_t len = i < 2 ? hello(b, 0x7E) : bulk(b, 1, (uint8_t)i);

		assert_int_equal(ccid_trace_write(w, i & 1 ? GUEST : HOST, i, b, len, NULL), 0);
		assert_int_equal(read_all(&n, &offset, problem), 0);
		assert_int_equal(n, i + 1);
	}
	assert_int_equal(ccid_trace_close(w), 0);
}

static void a_long_comment_is_cut_between_characters(void **state)
{
	char text[400];
	uint8_t h[80];
	struct ccid_trace_writer *w;
	struct ccid_trace_reader *r;
	struct ccid_trace_packet p;

	(void)state;
	for (size_t i = 0; i < sizeof text; i += 2)
		memcpy(text + i, "\xC3\xBC", 2);
	text[sizeof text - 1] = '\0';
	assert_int_equal(ccid_trace_create(&w, path, false), 0);
	assert_int_equal(ccid_trace_write(w, HOST, 0, h, hello(h, 0), text), 0);
	assert_int_equal(ccid_trace_close(w), 0);
	assert_int_equal(ccid_trace_open(&r, path, NULL, 0), 0);
	assert_int_equal(ccid_trace_next(r, &p), 1);
	assert_int_equal(strlen(p.comment), 254);
	ccid_trace_reader_close(r);
}

/* A disk that fills up: the last block is taken back, and the writer says so for good. */
static void a_full_disk_leaves_a_whole_file(void **state)
{
	uint8_t b[80];
	char problem[CCID_TRACE_PROBLEM_MAX];
	struct ccid_trace_writer *w;
	struct rlimit old, small;
	uint64_t offset;
	unsigned n;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(ccid_trace_create(&w, path, false), 0);
	assert_int_equal(ccid_trace_write(w, HOST, 0, b, hello(b, 0), NULL), 0);
	small = (struct rlimit){.rlim_cur = 300, .rlim_max = old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int err = ccid_trace_write(w, GUEST, 0, b, 80, NULL);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(err, CCID_E_IO);
	assert_int_equal(ccid_trace_write(w, GUEST, 0, b, 80, NULL), CCID_E_IO);
	assert_int_equal(ccid_trace_close(w), CCID_E_IO);
	assert_int_equal(read_all(&n, &offset, problem), 0);
	assert_int_equal(n, 1);
}

static void either_byte_order_and_any_resolution_are_read(void **state)
{
	static const struct {
		uint8_t resolution;
		uint64_t ticks, ns;
	} time[] = {
		{9, 1234567890123, 1234567890123},
		{6, 5000001, 5000001000},
		{0, 7, 7000000000},
		{12, 5999, 5},
		{0x80 | 10, 1536, 1500000000},
		{0x80 | 40, UINT64_C(3) << 39, 1500000000},
		{3, UINT64_MAX / 2, UINT64_MAX},
	};
	struct ccid_trace_reader *r;
	struct ccid_trace_packet p;
	uint8_t h[80];

	(void)state;
	hello(h, 0);
	for (size_t i = 0; i < 2 * sizeof time / sizeof time[0]; i++) {
		struct file f = {.big = i & 1};

		section(&f);
		interface(&f, 147, time[i / 2].resolution);
		packet(&f, 0, HOST, time[i / 2].ticks, h, 80);
		save(&f, f.len);
		assert_int_equal(ccid_trace_open(&r, path, NULL, 0), 0);
		assert_int_equal(ccid_trace_next(r, &p), 1);
		assert_true(p.time_ns == time[i / 2].ns);
		assert_int_equal(ccid_trace_next(r, &p), 0);
		ccid_trace_reader_close(r);
	}
}

static void other_blocks_and_link_types_are_passed_over(void **state)
{
	struct file f = {0};
	uint8_t b[80];
	char problem[CCID_TRACE_PROBLEM_MAX];
	uint64_t offset;
	unsigned n;

	(void)state;
	section(&f);
	block(&f, 4, "names", 5);
	interface(&f, 220, 6);
	interface(&f, 147, 9);
	packet(&f, 0, HOST, 1, "usb", 3);
	packet(&f, 1, HOST, 1, b, hello(b, 0));
	block(&f, 5, "statistics", 10);
	block(&f, 0x80000BAD, "custom", 6);
	packet(&f, 1, GUEST, 1, b, hello(b, 0));
	save(&f, f.len);
	assert_int_equal(read_all(&n, &offset, problem), 0);
	assert_int_equal(n, 2);
}

static void a_second_section_may_have_the_other_byte_order(void **state)
{
	struct file f = {0};
	uint8_t b[80];
	char problem[CCID_TRACE_PROBLEM_MAX];
	uint64_t offset;
	unsigned n;

	(void)state;
	section(&f);
	interface(&f, 147, 9);
	hellos(&f, 0x7E);
	packet(&f, 0, GUEST, 3, b, bulk(b, 1, 4));
	f.big = true;
	section(&f);
	interface(&f, 147, 6);
	packet(&f, 0, HOST, 4, b, bulk(b, 1, 0));
	hellos(&f, 0);
	memset(b, 0, 80);
	b[0] = 3;
	packet(&f, 0, GUEST, 5, b, 12);
	save(&f, f.len);
	assert_int_equal(read_all(&n, &offset, problem), 0);
	assert_int_equal(n, 7);
}

/* One block a read or write call, both directions mixed, as usbredir proxies log them. */
static void blocks_that_are_not_packets_are_joined_and_cut(void **state)
{
	struct file f = {0};
	uint8_t host[200], guest[200];
	size_t hn = 0, gn = 0;
	struct ccid_trace_reader *r;
	struct ccid_trace_packet p;
	size_t sizes[2][8] = {{0}}, count[2] = {0}, done[2] = {0};

	(void)state;
	hn += hello(host, 0x7E);
	hn += bulk(host + hn, 1, 0);
	hn += bulk(host + hn, 2, 30);
	gn += hello(guest, 0x20);
	gn += bulk(guest + gn, 1, 5);
	section(&f);
	interface(&f, 147, 9);
	packet(&f, 0, HOST, 1, host, 100);
	for (size_t i = 0; i < gn; i += 7)
		packet(&f, 0, GUEST, 2, guest + i, gn - i < 7 ? gn - i : 7);
	packet(&f, 0, HOST, 3, host + 100, 1);
	packet(&f, 0, HOST, 4, host + 101, hn - 101);
	save(&f, f.len);
	assert_int_equal(ccid_trace_open(&r, path, NULL, 0), 0);
	while (ccid_trace_next(r, &p) == 1) {
		size_t d = p.dir == GUEST;

		assert_true(count[d] < 8);
		assert_memory_equal(p.data, (d ? guest : host) + done[d], p.len);
		done[d] += p.len;
		sizes[d][count[d]++] = p.len;
	}
	assert_string_equal(ccid_trace_problem(r), "");
	ccid_trace_reader_close(r);
	assert_int_equal(count[0], 3);
	assert_int_equal(count[1], 2);
	assert_int_equal(sizes[0][0] + sizes[0][1] + sizes[0][2], hn);
	assert_int_equal(sizes[0][2], 56);
	assert_int_equal(sizes[1][1], 31);
}

static void good_file(struct file *f)
{
	uint8_t b[80];

	*f = (struct file){0};
	section(f);
	interface(f, 147, 9);
	hellos(f, 0x7E);
	for (uint8_t i = 1; i < 6; i++)
		packet(f, 0, i & 1 ? GUEST : HOST, i, b, bulk(b, i, i));
}

static void a_cut_file_gives_what_was_whole(void **state)
{
	struct file f;
	char problem[CCID_TRACE_PROBLEM_MAX];
	uint64_t offset = 0;
	unsigned n, before = 0;

	(void)state;
	good_file(&f);
	for (size_t len = 1; len <= f.len; len++) {
		save(&f, len);
		int err = read_all(&n, &offset, problem);

		assert_true(n >= before);
		assert_true(err == 0 || err == CCID_E_SHORT);
		assert_true(err == 0 || strstr(problem, "offset") != NULL);
		before = n;
	}
	assert_int_equal(before, 7);
}

static void a_damaged_file_is_read_up_to_the_damage(void **state)
{
	struct file f, bad;
	char problem[CCID_TRACE_PROBLEM_MAX], where[32];
	uint64_t offset = 0;
	unsigned n;

	(void)state;
	good_file(&f);
	for (size_t i = 0; i < f.len; i++) {
		bad = f;
		bad.b[i] ^= 0xFF;
		save(&bad, bad.len);
		int err = read_all(&n, &offset, problem);
		assert_true(err <= 0);
		assert_true(n <= 7);
	}
	bad = f;
	bad.b[f.len - 4] ^= 4;
	save(&bad, bad.len);
	assert_int_equal(read_all(&n, &offset, problem), CCID_E_FORMAT);
	assert_int_equal(n, 6);
	snprintf(where, sizeof where, "offset %zu", f.len - 76);
	assert_non_null(strstr(problem, where));
}

static void oversized_things_are_refused(void **state)
{
	struct file f = {0};
	uint8_t b[80];
	char problem[CCID_TRACE_PROBLEM_MAX];
	uint64_t offset;
	unsigned n;

	(void)state;
	section(&f);
	interface(&f, 147, 9);
	hellos(&f, 0x7E);
	size_t mark = f.len;
	num(&f, 6, 4);
	num(&f, 0xFFFFFFFC, 4);
	save(&f, f.len);
	assert_int_equal(read_all(&n, &offset, problem), CCID_E_FORMAT);
	assert_int_equal(n, 2);
	f.len = mark;
	bulk(b, 1, 0);
	b[7] = 0x7F;
	packet(&f, 0, HOST, 1, b, 26);
	save(&f, f.len);
	assert_int_equal(read_all(&n, &offset, problem), CCID_E_FORMAT);
	assert_int_equal(n, 2);
	assert_non_null(strstr(problem, "type 101"));
}

static void expect_refusal(const void *bytes, size_t len, const char *word)
{
	struct file f = {0};
	char problem[CCID_TRACE_PROBLEM_MAX] = "";
	uint64_t offset;
	unsigned n;

	raw(&f, bytes, len);
	save(&f, f.len);
	assert_int_equal(read_all(&n, &offset, problem), CCID_E_FORMAT);
	assert_int_equal(n, 0);
	if (strstr(problem, word) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", problem, word);
}

static void packets_that_were_cut_when_captured_are_refused(void **state)
{
	struct file f = {0};
	uint8_t b[80];
	char problem[CCID_TRACE_PROBLEM_MAX];
	uint64_t offset;
	unsigned n;

	(void)state;
	section(&f);
	interface(&f, 147, 9);
	hellos(&f, 0);
	size_t mark = f.len;
	packet(&f, 0, HOST, 1, b, bulk(b, 1, 0));
	f.b[mark + 24]++; /* the original length */
	save(&f, f.len);
	assert_int_equal(read_all(&n, &offset, problem), CCID_E_FORMAT);
	assert_int_equal(n, 2);
	assert_non_null(strstr(problem, "only 26 of which were kept"));
}

static void foreign_files_are_named(void **state)
{
	struct file f = {0};
	char problem[CCID_TRACE_PROBLEM_MAX] = "";
	struct ccid_trace_reader *r;

	(void)state;
	expect_refusal("", 0, "empty");
	expect_refusal("\xD4\xC3\xB2\xA1\x02\0\x04\0\0\0\0\0", 12, "classic pcap");
	expect_refusal("\x1F\x8B\x08\x08", 4, "gzip");
	expect_refusal("hello, world\n", 13, "not a pcapng");
	section(&f);
	interface(&f, 220, 6);
	packet(&f, 0, HOST, 1, "usb", 3);
	expect_refusal(f.b, f.len, "link type 220");
	f.len = 0;
	section(&f);
	interface(&f, 147, 6);
	packet(&f, 0, HOST, 1, "\x65\0\0\0\x0A\0\0\0\0\0\0\0", 12);
	expect_refusal(f.b, f.len, "hello");
	assert_int_equal(ccid_trace_open(&r, "/nonexistent", problem, sizeof problem),
	                 CCID_E_NOTFOUND);
	assert_string_not_equal(problem, "");
}

static void a_proxy_capture_is_cut_into_its_packets(void **state)
{
	const char *dir = getenv("ISCARD_TEST_CAPTURES");
	const char *need = getenv("ISCARD_TEST_REQUIRE_DATA");
	char problem[CCID_TRACE_PROBLEM_MAX], file[512];
	struct ccid_trace_reader *r;
	struct ccid_trace_packet p;
	unsigned n[2] = {0};

	(void)state;
	if (dir == NULL) {
		assert_true(need == NULL || strcmp(need, "1") != 0);
		print_message("ISCARD_TEST_CAPTURES is not set: capture not read\n");
		skip();
	}
	snprintf(file, sizeof file, "%s/usbredirect-cac.user0.pcapng", dir);
	assert_int_equal(ccid_trace_open(&r, file, problem, sizeof problem), 0);
	while (ccid_trace_next(r, &p) == 1)
		n[p.dir == GUEST]++;
	assert_string_equal(ccid_trace_problem(r), "");
	ccid_trace_reader_close(r);
	assert_int_equal(n[1], 16);
	assert_int_equal(n[0], 19);
}

static void wireshark_tools_accept_the_file(void **state)
{
	uint8_t b[80], all[4096];
	char cmd[256], line[256];
	struct ccid_trace_writer *w;
	bool nano = false, link = false;

	(void)state;
	if (system("command -v capinfos >/dev/null 2>&1") != 0) {
		print_message("no capinfos here: not checked\n");
		skip();
	}
	assert_int_equal(ccid_trace_create(&w, path, false), 0);
	assert_int_equal(ccid_trace_write(w, HOST, 1, b, hello(b, 0), "the host"), 0);
	assert_int_equal(ccid_trace_write(w, GUEST, 2, b, hello(b, 0), NULL), 0);
	assert_int_equal(ccid_trace_close(w), 0);
	assert_true(load(all, sizeof all) % 4 == 0);
	snprintf(cmd, sizeof cmd, "capinfos %s 2>&1", path);
	FILE *f = popen(cmd, "r");
	assert_non_null(f);
	while (fgets(line, sizeof line, f) != NULL) {
		nano = nano || strstr(line, "nanoseconds") != NULL;
		link = link || strstr(line, "usbredir") != NULL;
	}
	assert_int_equal(pclose(f), 0);
	assert_true(nano);
	assert_true(link);
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_path, drop_path)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_written_is_read_back),
		T(the_file_is_private_and_an_existing_one_is_left_alone),
		T(the_file_is_whole_after_every_write),
		T(a_long_comment_is_cut_between_characters),
		T(a_full_disk_leaves_a_whole_file),
		T(either_byte_order_and_any_resolution_are_read),
		T(other_blocks_and_link_types_are_passed_over),
		T(a_second_section_may_have_the_other_byte_order),
		T(blocks_that_are_not_packets_are_joined_and_cut),
		T(a_cut_file_gives_what_was_whole),
		T(a_damaged_file_is_read_up_to_the_damage),
		T(oversized_things_are_refused),
		T(packets_that_were_cut_when_captured_are_refused),
		T(foreign_files_are_named),
		T(a_proxy_capture_is_cut_into_its_packets),
		T(wireshark_tools_accept_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
