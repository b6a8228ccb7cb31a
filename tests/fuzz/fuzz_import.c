/* SPDX-License-Identifier: MIT */
/* Input: a file of any kind that can be imported, or two dumps. What comes of it is a whole trace,
 * which is exported in every form. */
#define _GNU_SOURCE
#include "export.h"
#include "import.h"

#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void path_of(char path[64], int fd)
{
	snprintf(path, 64, "/proc/self/fd/%d", fd);
}

static void check_trace(const char *path)
{
	struct ccid_trace_reader *r;
	struct ccid_trace_packet p;
	int got;

	FUZZ_CHECK(ccid_trace_open(&r, path, NULL, 0) == 0);
	while ((got = ccid_trace_next(r, &p)) == 1)
		FUZZ_CHECK(p.len >= 12 && p.len <= CCID_TRACE_PACKET_MAX);
	FUZZ_CHECK(got == 0);
	ccid_trace_reader_close(r);
}

static void export_all(const char *path)
{
	struct ccid_export_report report;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	for (int f = CCID_EXPORT_USBMON; f <= CCID_EXPORT_JSONL; f++)
		FUZZ_CHECK(ccid_export(path, null, (enum ccid_export_format)f, NULL, NULL,
		                       &report) == 0);
	close(null);
}

/* "2", the length of the first dump (two bytes, low first), both dumps. */
static size_t first_length(const uint8_t *data, size_t size)
{
	size_t len = size >= 3 && data[0] == '2' ? data[1] | (size_t)data[2] << 8 : size;

	return len < size - 3 || len == size ? len : size - 3;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int in = memfd_create("capture", MFD_CLOEXEC), out = memfd_create("trace", MFD_CLOEXEC);
	int second = memfd_create("second", MFD_CLOEXEC);
	size_t len = first_length(data, size), skip = len == size ? 0 : 3;
	char from[64], other[64], to[64];
	struct ccid_import_options options = {.second = other};
	struct ccid_import_report report;
	int err;

	FUZZ_CHECK(in >= 0 && out >= 0 && second >= 0);
	FUZZ_CHECK(write(in, data + skip, len) == (ssize_t)len);
	if (skip > 0)
		FUZZ_CHECK(write(second, data + skip + len, size - skip - len) >= 0);
	path_of(from, in);
	path_of(other, second);
	path_of(to, out);
	err = ccid_import(from, out, &options, &report);
	FUZZ_CHECK((err == 0) == (report.problem[0] == '\0'));
	if (report.packets > 0) {
		check_trace(to);
		export_all(to);
	}
	close(in);
	close(second);
	close(out);
	return 0;
}
