/* SPDX-License-Identifier: MIT */
/* What traces become for others, and that nothing is lost on the way there and back. */
#include "corpus.h"
#include "import_rig.h"
#include "json_read.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char *load(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *p = malloc(1u << 20);

	assert_non_null(f);
	assert_non_null(p);
	*len = fread(p, 1, (1u << 20) - 1, f);
	p[*len] = '\0';
	fclose(f);
	return p;
}

static void short_session(struct import_rig *r)
{
	struct capture c;

	capture_begin(&c, r->capture, 220, false);
	usbmon_reader(&c);
	usbmon_interrupt(&c, 0x83, "5003");
	usbmon_out(&c, 0x02, "62000000000001000000");
	usbmon_in(&c, 0x81, "800500000000010000003B02145000");
	usbmon(&c, 'S', 3, 0x81, 99, -115, NULL, NULL, 0, 271);
	usbmon(&c, 'C', 3, 0x81, 99, -32, NULL, NULL, 0, 0);
	capture_end(&c);
	import_expect(r, NULL);
}

/* Packet n (from 1) of a pcapng without options in its blocks, link type 220. */
static const uint8_t *packet_of(const char *file, size_t len, unsigned n, size_t *size)
{
	size_t at = 48 + 44;

	while (at + 28 < len) {
		const uint8_t *b = (const uint8_t *)file + at;

		*size = b[20] | (size_t)b[21] << 8;
		if (n-- == 1)
			return b + 28;
		at += b[4] | (size_t)b[5] << 8;
	}
	fail_msg("no such packet");
	return NULL;
}

static void usbmon_headers_are_as_the_kernel_writes_them(void **state)
{
	struct import_rig *r = *state;
	const uint8_t *p;
	size_t len, n;
	char *file;

	short_session(r);
	assert_int_equal(export_to(r, r->trace, CCID_EXPORT_USBMON), 0);
	file = load(r->other, &len);
	p = packet_of(file, len, 1, &n); /* GET_DESCRIPTOR */
	assert_int_equal(n, 64);
	assert_memory_equal(p + 8, "S\x02\x80\x02\x01\x00\x00<", 8);
	assert_memory_equal(p + 16,
	                    "\x01\0\0\0\0\0\0\0"
	                    "\xe8\x03\0\0",
	                    12); /* 1.001000 s */
	assert_memory_equal(p + 28,
	                    "\x8d\xff\xff\xff"
	                    "\x12\0\0\0"
	                    "\0\0\0\0",
	                    12);
	assert_memory_equal(p + 40, "\x80\x06\x00\x01\x00\x00\x12\x00", 8);
	assert_memory_equal(p + 56,
	                    "\x00\x02\0\0"
	                    "\0\0\0\0",
	                    8);
	p = packet_of(file, len, 2, &n);
	assert_int_equal(n, 64 + 18);
	assert_memory_equal(p + 8, "C\x02\x80\x02\x01\x00-\0", 8);
	assert_memory_equal(p + 28,
	                    "\0\0\0\0"
	                    "\x12\0\0\0"
	                    "\x12\0\0\0",
	                    12);
	p = packet_of(file, len, 7, &n); /* the interrupt endpoint is asked */
	assert_memory_equal(p + 8, "S\x01\x83\x02\x01\x00-<", 8);
	p = packet_of(file, len, 8, &n);
	assert_int_equal(n, 66);
	assert_memory_equal(p + 8, "C\x01\x83\x02\x01\x00-\0", 8);
	p = packet_of(file, len, 10, &n); /* PC_to_RDR_IccPowerOn */
	assert_int_equal(n, 74);
	assert_memory_equal(p + 8, "S\x03\x02\x02\x01\x00-\0", 8);
	assert_int_equal(p[64], 0x62);
	p = packet_of(file, len, 11, &n);
	assert_int_equal(n, 64);
	assert_memory_equal(p + 8, "C\x03\x02\x02\x01\x00->", 8);
	assert_memory_equal(p + 32,
	                    "\x0a\0\0\0"
	                    "\0\0\0\0",
	                    8);
	p = packet_of(file, len, 15, &n); /* the stall */
	assert_memory_equal(p + 28, "\xe0\xff\xff\xff", 4);
	free(file);
}

static void masked_bytes_are_told_where_they_are(void **state)
{
	struct import_rig *r = *state;
	struct capture c;

	capture_begin(&c, r->capture, 220, false);
	usbmon_reader(&c);
	usbmon_out(&c, 0x02, "6F09000000000300000000200080043132 3334");
	capture_end(&c);
	import_expect(r, NULL);
	assert_int_equal(export_to(r, r->trace, CCID_EXPORT_USBMON), 0);
	assert_true(file_has(r->other, "masked 79+4", 11));
	assert_int_equal(export_to(r, r->trace, CCID_EXPORT_TEXT), 0);
	assert_true(file_has(r->other, "# note: masked 15+4\n", 20));
	assert_int_equal(export_to(r, r->trace, CCID_EXPORT_JSONL), 0);
	assert_true(file_has(r->other, "\"comment\":\"masked 15+4\"", 23));
}

static void an_unplug_comes_back(void **state)
{
	static const char sample[] = SAMPLES_DIR "/emulated-unplugged/trace.pcapng";
	struct import_rig *r = *state;

	assert_int_equal(export_to(r, sample, CCID_EXPORT_USBMON), 0);
	assert_true(file_has(r->other, "\x94\xff\xff\xff", 4)); /* -ESHUTDOWN */
	assert_int_equal(rename(r->other, r->capture), 0);
	import_expect(r, NULL);
	assert_true(file_has(r->trace, (uint8_t[16]){2}, 16));
}

static void text_is_one_transfer_a_line(void **state)
{
	struct import_rig *r = *state;
	size_t len;
	char *file, *at;

	short_session(r);
	assert_int_equal(export_to(r, r->trace, CCID_EXPORT_TEXT), 0);
	file = load(r->other, &len);
	at = strstr(file, "# reader: 0b4a:1234");
	assert_non_null(at);
	assert_non_null(
		strstr(at, "ctrl 8006000100001200 12010002000000404a0b3412000100000001 t="));
	at = strstr(at, "ctrl 0009010000000000 - t=");
	assert_non_null(at);
	assert_non_null(strstr(at, "# endpoints: bulk-out 02, bulk-in 81, interrupt 83\n"));
	at = strstr(at, "in intr 5003 t=7000\nout bulk 62000000000001000000 t=8000\n"
	                "in bulk 800500000000010000003b02145000 t=11000\nin bulk !stall t=13000\n");
	assert_non_null(at);
	free(file);
}

static void json_is_one_object_a_line(void **state)
{
	struct import_rig *r = *state;
	unsigned lines = 0, data = 0;
	char *file, *line, *next;
	size_t len;

	short_session(r);
	assert_int_equal(export_to(r, r->trace, CCID_EXPORT_JSONL), 0);
	file = load(r->other, &len);
	for (line = file; *line != '\0'; line = next) {
		next = strchr(line, '\n');
		assert_non_null(next);
		*next++ = '\0';
		assert_true(line[0] == '{' && next[-2] == '}');
		data += strstr(line, "\"data\":\"800500000000010000003B02145000\"") != NULL;
		lines++;
	}
	assert_int_equal(lines, 15);
	assert_int_equal(data, 1);
	free(file);
}

/* There and back again, by each format: the same messages. */
static void round_trip(struct import_rig *r, const char *path)
{
	static const enum ccid_export_format formats[] = {CCID_EXPORT_USBMON, CCID_EXPORT_TEXT};
	char *before = messages_of(path);

	assert_string_not_equal(before, "");
	r->options.keep_pins = true; /* there are none any more */
	for (unsigned i = 0; i < 2; i++) {
		char *after;

		assert_int_equal(export_to(r, path, formats[i]), 0);
		assert_int_equal(rename(r->other, r->capture), 0);
		if (import_again(r) != 0)
			fail_msg("%s, format %u: %s", path, i, r->report.problem);
		after = messages_of(r->trace);
		if (strcmp(before, after) != 0)
			fail_msg("%s, format %u:\n%s\nbecame\n%s", path, i, before, after);
		free(after);
	}
	free(before);
}

static void for_each_file(struct import_rig *r, const char *folder, const char *within,
                          void (*fn)(struct import_rig *r, const char *path), unsigned least)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	char path[1024];
	unsigned n = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		snprintf(path, sizeof path, "%s/%s%s", folder, e->d_name, within);
		if (e->d_name[0] == '.' || strstr(e->d_name, ".md") != NULL ||
		    access(path, R_OK) != 0)
			continue;
		fn(r, path);
		n++;
	}
	closedir(d);
	assert_true(n >= least);
}

static void samples_come_back_the_same(void **state)
{
	for_each_file(*state, SAMPLES_DIR, "/trace.pcapng", round_trip, 20);
}

static void import_and_return(struct import_rig *r, const char *path)
{
	char first[128];

	snprintf(first, sizeof first, "%s-1", r->trace);
	assert_int_equal(unlink(r->capture) == 0 || true, true);
	assert_int_equal(symlink(path, r->capture), 0);
	r->options.keep_pins = false;
	if (import_again(r) != 0)
		fail_msg("%s: %s", path, r->report.problem);
	assert_int_equal(unlink(r->capture), 0);
	assert_int_equal(rename(r->trace, first), 0);
	round_trip(r, first);
	assert_int_equal(unlink(first), 0);
}

static void captures_come_back_the_same(void **state)
{
	for_each_file(*state, corpus_dir("ISCARD_TEST_CAPTURES"), "", import_and_return, 7);
}

static void exchanges_come_back_the_same(void **state)
{
	char folder[1024];

	snprintf(folder, sizeof folder, "%s/exchanges", corpus_dir("ISCARD_TEST_DATA"));
	for_each_file(*state, folder, "", import_and_return, 10);
}

/* Lines of the corpus put together to messages, without our code, against what the import says. */
static void expect_lines(struct import_rig *r, const char *path)
{
	size_t len, want = 0, got = 0;
	char *file, *messages, *line, *rest;

	assert_int_equal(unlink(r->capture) == 0 || true, true);
	assert_int_equal(symlink(path, r->capture), 0);
	r->options.keep_pins = true;
	import_expect(r, NULL);
	file = load(path, &len);
	rest = file;
	while ((line = corpus_line(&rest)) != NULL) {
		const char *hex = strncmp(line, "out bulk ", 9) == 0  ? line + 9
		                  : strncmp(line, "in bulk ", 8) == 0 ? line + 8
		                  : strncmp(line, "in intr ", 8) == 0 ? line + 8
		                                                      : "-";

		want += hex[0] != '-' ? strcspn(hex, " ") : 0;
	}
	messages = messages_of(r->trace);
	for (const char *p = messages; *p != '\0'; p = strchr(p, '\n') + 1)
		got += strcspn(p, "\n") - 2;
	if (got != want)
		fail_msg("%s: %zu digits, %zu came", path, want, got);
	free(messages);
	free(file);
	assert_int_equal(unlink(r->capture), 0);
}

static void exchanges_are_read_whole(void **state)
{
	char folder[1024];

	snprintf(folder, sizeof folder, "%s/exchanges", corpus_dir("ISCARD_TEST_DATA"));
	for_each_file(*state, folder, "", expect_lines, 10);
}

/* CCID messages as the README of the captures counts them: bulk only. */
static void captures_hold_as_many_messages_as_their_readme_says(void **state)
{
	static const struct {
		const char *file;
		unsigned messages;
	} files[] = {
		{"cac-uhci-usbmon.pcapng", 126},          {"boot-uhci-qemu.pcap", 16},
		{"card-remove-insert-usbmon.pcapng", 30}, {"empty-then-insert-usbmon.pcapng", 6},
		{"sim-lengths-uhci-usbmon.pcapng", 48},   {"redirreader-pcscd-usbmon.pcapng", 30},
	};
	struct import_rig *r = *state;
	char path[1024];

	for (unsigned i = 0; i < sizeof files / sizeof files[0]; i++) {
		unsigned n = 0;
		char *messages;

		snprintf(path, sizeof path, "%s/%s", corpus_dir("ISCARD_TEST_CAPTURES"),
		         files[i].file);
		unlink(r->capture);
		assert_int_equal(symlink(path, r->capture), 0);
		import_expect(r, NULL);
		messages = messages_of(r->trace);
		for (const char *p = messages; *p != '\0'; p = strchr(p, '\n') + 1)
			n += *p != '!';
		if (n != files[i].messages)
			fail_msg("%s: %u", files[i].file, n);
		free(messages);
	}
}

static void a_cut_trace_is_exported_up_to_there(void **state)
{
	struct import_rig *r = *state;
	FILE *f;

	short_session(r);
	f = fopen(r->trace, "r+b");
	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	assert_int_equal(ftruncate(fileno(f), ftell(f) - 2), 0);
	fclose(f);
	assert_int_equal(export_to(r, r->trace, CCID_EXPORT_TEXT), CCID_E_SHORT);
	assert_true(file_has(r->other, "in bulk 8005", 12));
	assert_int_equal(export_to(r, "/nowhere", CCID_EXPORT_TEXT), CCID_E_NOTFOUND);
}

#define IMPORT_TEST(name) cmocka_unit_test_setup_teardown(name, import_setup, import_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IMPORT_TEST(usbmon_headers_are_as_the_kernel_writes_them),
		IMPORT_TEST(masked_bytes_are_told_where_they_are),
		IMPORT_TEST(an_unplug_comes_back),
		IMPORT_TEST(text_is_one_transfer_a_line),
		IMPORT_TEST(json_is_one_object_a_line),
		IMPORT_TEST(samples_come_back_the_same),
		IMPORT_TEST(captures_come_back_the_same),
		IMPORT_TEST(exchanges_come_back_the_same),
		IMPORT_TEST(exchanges_are_read_whole),
		IMPORT_TEST(captures_hold_as_many_messages_as_their_readme_says),
		IMPORT_TEST(a_cut_trace_is_exported_up_to_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
