/* SPDX-License-Identifier: MIT */
/* Input: all that a usb-host ever says. The guest opens the reader, uses every operation once and
 * leaves; time is made up and must not run beyond the deadlines. */
#include "transport_usbredir.h"

#include "fuzz.h"

#include <string.h>

#define DAY 86400000

struct host {
	int64_t now;
	const uint8_t *data;
	size_t left;
};

static int64_t host_now(void *ctx)
{
	return ((struct host *)ctx)->now;
}

static int host_input(void *ctx, const uint8_t *buf, size_t len)
{
	(void)ctx;
	(void)buf;
	(void)len;
	return 0;
}

static int host_output(void *ctx, uint8_t *buf, size_t cap)
{
	struct host *h = ctx;
	size_t n = h->left < cap ? h->left : cap;

	if (n > 0)
		memcpy(buf, h->data, n);
	h->data += n;
	h->left -= n;
	return (int)n;
}

static int64_t host_next(void *ctx)
{
	(void)ctx;
	return CCID_NEVER;
}

static int host_advance(void *ctx, int64_t at, int cancel_fd)
{
	struct host *h = ctx;

	(void)cancel_fd;
	FUZZ_CHECK(at > h->now);
	h->now = at;
	return 0;
}

static void use(struct ccid_transport *t, struct host *h)
{
	static uint8_t in[66560], out[271];
	const struct ccid_setup setup = {0xA1, 0x03, 0, 0, 64};
	int n;

	FUZZ_CHECK(t->config_len >= 9);
	if (t->ops->post_in(t, in, 512) == 0 && t->ops->bulk_out(t, out, sizeof out, 0) == 0) {
		n = t->ops->wait_in(t, h->now + 100);
		FUZZ_CHECK(n <= 512);
	}
	t->ops->drop_in(t);
	n = t->ops->control(t, &setup, in, h->now + 100);
	FUZZ_CHECK(n <= 64);
	for (int i = 0; i < 20; i++) {
		n = t->ops->interrupt_in(t, in, 65);
		FUZZ_CHECK(n <= 65);
	}
	(void)!t->ops->clear_halt(t, CCID_PIPE_INTERRUPT_IN, h->now + 100);
	(void)!t->ops->reset(t, h->now + 100);
	(void)!t->ops->pause(t, h->now + 2500);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host h = {DAY, data, size};
	const struct ccid_env env = {.ctx = &h, .now_ms = host_now};
	const struct ccid_stream_peer peer = {.ctx = &h,
	                                      .input = host_input,
	                                      .output = host_output,
	                                      .next = host_next,
	                                      .advance = host_advance};
	struct ccid_stream *s = NULL;
	struct ccid_transport *t = NULL;

	FUZZ_CHECK(ccid_stream_memory(&s, &peer, &env) == 0);
	if (ccid_transport_open_usbredir(&t, s, "usbredir:f:1", -1, &env, DAY + 5000) == 0) {
		use(t, &h);
		t->ops->close(t);
	} else {
		s->ops->close(s);
	}
	FUZZ_CHECK(h.now <= DAY + 15000);
	return 0;
}
