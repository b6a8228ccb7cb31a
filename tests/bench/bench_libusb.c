/* SPDX-License-Identifier: MIT */
/* The floor: nothing but libusb. Mode async reuses its transfers, posts IN before OUT and leaves time
 * limits to the wait; mode sync makes libusb_bulk_transfer calls. */
#include "bench.h"

#include <fcntl.h>
#include <libusb.h>
#include <unistd.h>

#define NODE    "/dev/bus/usb/001/002"
#define EP_OUT  0x02
#define EP_IN   0x82
#define HEADER  10
#define IN_MAX  2048
#define INF_MAX 254

static struct {
	libusb_device_handle *usb;
	libusb_context *ctx;
	struct libusb_transfer *in, *out;
	bool sync;
	int pending;
	uint8_t seq, ns, nr;
	uint8_t cmd[IN_MAX], rsp[IN_MAX];
} b;

static void LIBUSB_CALL done(struct libusb_transfer *t)
{
	(void)t;
	b.pending--;
}

static int both(int len)
{
	b.pending = 2;
	libusb_fill_bulk_transfer(b.in, b.usb, EP_IN, b.rsp, sizeof b.rsp, done, NULL, 0);
	libusb_fill_bulk_transfer(b.out, b.usb, EP_OUT, b.cmd, len, done, NULL, 0);
	if (libusb_submit_transfer(b.in) != 0 || libusb_submit_transfer(b.out) != 0)
		return -1;
	while (b.pending > 0)
		if (libusb_handle_events(b.ctx) != 0)
			return -1;
	return b.in->actual_length;
}

static int one_after_the_other(int len)
{
	int n = 0;

	if (libusb_bulk_transfer(b.usb, EP_OUT, b.cmd, len, &n, 5000) != 0 ||
	    libusb_bulk_transfer(b.usb, EP_IN, b.rsp, sizeof b.rsp, &n, 5000) != 0)
		return -1;
	return n;
}

/* A CCID message with the data at b.cmd + HEADER: bytes of data in the answer, or -1. */
static int message(uint8_t type, size_t len)
{
	int n;

	memset(b.cmd, 0, HEADER);
	b.cmd[0] = type;
	b.cmd[1] = (uint8_t)len;
	b.cmd[2] = (uint8_t)(len >> 8);
	b.cmd[6] = b.seq++;
	n = b.sync ? one_after_the_other((int)len + HEADER) : both((int)len + HEADER);
	return n < HEADER || (b.rsp[7] & 0xC0) != 0 ? -1 : n - HEADER;
}

/* One T=1 block there and back: length of the answering block. */
static int t1_block(uint8_t pcb, const uint8_t *inf, size_t len)
{
	uint8_t *p = b.cmd + HEADER;

	p[0] = 0;
	p[1] = pcb;
	p[2] = (uint8_t)len;
	memcpy(p + 3, inf, len);
	p[len + 3] = 0;
	for (size_t i = 0; i < len + 3; i++)
		p[len + 3] ^= p[i];
	return message(0x6F, len + 4);
}

static size_t t1(const struct bench_work *w, uint8_t *answer)
{
	int n = t1_block((uint8_t)(b.ns << 6), w->apdu, w->len);
	size_t got = 0;

	b.ns ^= 1;
	while (n >= 4) {
		const uint8_t *p = b.rsp + HEADER;
		bool more = (p[1] & 0x20) != 0;

		if ((p[1] & 0x80) != 0 || got + p[2] > w->answer)
			return 0;
		memcpy(answer + got, p + 3, p[2]);
		got += p[2];
		b.nr ^= 1;
		if (!more)
			return got;
		n = t1_block((uint8_t)(0x80 | b.nr << 4), w->apdu, 0);
	}
	return 0;
}

static size_t apdu(const struct bench_work *w, bool blocks, uint8_t *answer)
{
	int n;

	if (blocks)
		return t1(w, answer);
	memcpy(b.cmd + HEADER, w->apdu, w->len);
	n = message(0x6F, w->len);
	if (n < 0 || (size_t)n > w->answer)
		return 0;
	memcpy(answer, b.rsp + HEADER, (size_t)n);
	return (size_t)n;
}

static bool run(const struct bench_work *w)
{
	static const uint8_t ifsd[] = {INF_MAX};
	uint8_t answer[1024];
	int atr = message(0x62, 0);
	bool blocks = w->answer > 258; /* the long work is for a reader at TPDU level */
	double start;

	if (atr <= 0 || (blocks && t1_block(0xC1, ifsd, 1) != 5))
		return false;
	start = bench_us();
	for (unsigned long i = 0; i < w->n; i++)
		if (!bench_answered(w, answer, apdu(w, blocks, answer)))
			return false;
	bench_tell(w, start);
	return true;
}

static bool start(int fd)
{
	if (libusb_set_option(NULL, LIBUSB_OPTION_NO_DEVICE_DISCOVERY) != 0 ||
	    libusb_init(&b.ctx) != 0 || libusb_wrap_sys_device(b.ctx, fd, &b.usb) != 0)
		return false;
	b.in = libusb_alloc_transfer(0);
	b.out = libusb_alloc_transfer(0);
	return b.in != NULL && b.out != NULL && libusb_claim_interface(b.usb, 0) == 0;
}

int main(int argc, char **argv)
{
	int fd = open(NODE, O_RDWR | O_CLOEXEC);
	struct bench_work w;
	bool ok;

	if (!bench_work(&w, argc, argv))
		return 2;
	b.sync = strcmp(w.mode, "sync") == 0;
	ok = fd >= 0 && start(fd) && run(&w);
	bench_rest(&w);
	libusb_free_transfer(b.in);
	libusb_free_transfer(b.out);
	if (b.usb != NULL)
		libusb_close(b.usb);
	if (b.ctx != NULL)
		libusb_exit(b.ctx);
	if (fd >= 0)
		close(fd);
	return ok ? 0 : 1;
}
