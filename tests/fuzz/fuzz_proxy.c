/* SPDX-License-Identifier: MIT */
/* What two hostile ends say to the recorder between them: pieces, each a byte with side (bit 7) and
 * length, then so many bytes. What comes of it is a whole trace. */
#include "fuzz.h"
#include "proxy_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void check(const char *path, uint64_t packets)
{
	struct ccid_trace_packet p;
	struct ccid_trace_reader *t;
	uint64_t n = 0;
	int got;

	FUZZ_CHECK(ccid_trace_open(&t, path, NULL, 0) == 0);
	while ((got = ccid_trace_next(t, &p)) == 1)
		n++;
	FUZZ_CHECK(got == 0 && n == packets);
	ccid_trace_reader_close(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ccid_env env;
	struct ccid_proxy_log *l;
	uint64_t packets;
	char path[64];

	snprintf(path, sizeof path, "/tmp/iscard-fuzz-%ld", (long)getpid());
	unlink(path);
	FUZZ_CHECK(ccid_proxy_log_open(&l, 1, path, &env) == 0);
	while (size > 0) {
		unsigned side = data[0] >> 7;
		size_t n = data[0] & 0x7F;

		data++;
		size--;
		n = n < size ? n : size;
		ccid_proxy_log_bytes(l, side, data, n);
		data += n;
		size -= n;
	}
	packets = ccid_proxy_log_packets(l);
	(void)ccid_proxy_log_close(l); /* writes what it still holds when it knows no host */
	if (packets > 0)
		check(path, packets);
	unlink(path);
	return 0;
}
