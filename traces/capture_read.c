/* SPDX-License-Identifier: MIT */
#include "capture_read.h"

#include "bytes.h"

#include <inttypes.h>

#define HEAD_LEN   24u
#define RECORD_LEN 16u
#define MICRO      0xA1B2C3D4u
#define NANO       0xA1B23C4Du
#define SECTION    0x0A0D0D0Au

static uint32_t number(const struct ccid_capture *c, const uint8_t *at)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < 4; i++)
		v = v << 8 | at[c->big ? i : 3 - i];
	return v;
}

static bool is_classic(struct ccid_capture *c, const uint8_t *at)
{
	uint32_t magic;

	c->big = at[0] == 0xA1;
	magic = number(c, at);
	c->nanoseconds = magic == NANO;
	return magic == MICRO || magic == NANO;
}

bool ccid_capture_fits(struct ccid_input *in)
{
	struct ccid_capture c = {0};
	const uint8_t *at = ccid_input_peek(in, 4);

	return at != NULL && (is_classic(&c, at) || number(&c, at) == SECTION);
}

/* Bits above 16 of the link type tell of checksums (draft-ietf-opsawg-pcap). */
static int open_classic(struct ccid_capture *c)
{
	const uint8_t *at = ccid_input_peek(&c->ng.in, HEAD_LEN);

	if (at == NULL)
		return ccid_pcapng_fail(&c->ng, CCID_E_SHORT, "the file is cut off in its header");
	c->link = number(c, at + 20) & 0xFFFF;
	return ccid_input_skip(&c->ng.in, HEAD_LEN);
}

int ccid_capture_open(struct ccid_capture *c, const struct ccid_input *in)
{
	const uint8_t *at;
	int err;

	*c = (struct ccid_capture){.ng = {.in = *in, .any = true}};
	at = ccid_input_peek(&c->ng.in, 4);
	c->classic = at != NULL && is_classic(c, at);
	err = c->classic ? open_classic(c) : ccid_pcapng_start(&c->ng);
	if (err != 0)
		ccid_capture_close(c);
	return err;
}

static uint64_t time_of(const struct ccid_capture *c, const uint8_t *at)
{
	uint64_t part = number(c, at + 4);

	return number(c, at) * UINT64_C(1000000000) + (c->nanoseconds ? part : part * 1000u);
}

static int cut_off(struct ccid_capture *c)
{
	if (c->ng.in.failed != 0)
		return ccid_pcapng_fail(&c->ng, c->ng.in.failed, "cannot be read");
	if (ccid_input_ready(&c->ng.in) == 0)
		return 0;
	return ccid_pcapng_fail(&c->ng, CCID_E_SHORT, "the file is cut off inside a packet");
}

static int next_classic(struct ccid_capture *c, struct ccid_pcapng_block *out)
{
	const uint8_t *at;
	uint32_t len;

	c->ng.block = c->ng.in.offset;
	at = ccid_input_peek(&c->ng.in, RECORD_LEN);
	if (at == NULL)
		return cut_off(c);
	len = number(c, at + 8);
	if (len > CCID_TRACE_BLOCK_MAX)
		return ccid_pcapng_fail(&c->ng, CCID_E_FORMAT,
		                        "damaged: a packet of %" PRIu32 " bytes", len);
	at = ccid_input_peek(&c->ng.in, RECORD_LEN + len);
	if (at == NULL)
		return cut_off(c);
	out->dir = (enum ccid_trace_dir)0;
	out->link = c->link;
	out->time_ns = time_of(c, at);
	out->original = number(c, at + 12);
	out->data = at + RECORD_LEN;
	out->len = len;
	out->comment[0] = '\0';
	return ccid_input_skip(&c->ng.in, RECORD_LEN + len) == 0 ? 1 : CCID_E_IO;
}

int ccid_capture_next(struct ccid_capture *c, struct ccid_pcapng_block *out)
{
	int got = c->classic ? next_classic(c, out) : ccid_pcapng_next(&c->ng, out);

	c->packets += got == 1;
	return got;
}

int ccid_capture_rewind(struct ccid_capture *c)
{
	int err = ccid_input_rewind(&c->ng.in);

	c->packets = 0;
	c->ng.interfaces = 0;
	c->ng.problem[0] = '\0';
	if (err == 0 && c->classic)
		err = ccid_input_skip(&c->ng.in, HEAD_LEN);
	return err;
}

void ccid_capture_close(struct ccid_capture *c)
{
	ccid_pcapng_close(&c->ng);
}
