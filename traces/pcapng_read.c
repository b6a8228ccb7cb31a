/* SPDX-License-Identifier: MIT */
#include "pcapng_read.h"

#include "bytes.h"
#include "pcapng.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define IMPORT_IT "; \"iscard trace import\" may make one of it"

int ccid_pcapng_fail(struct ccid_pcapng *p, int err, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(p->problem, sizeof p->problem, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < sizeof p->problem)
		snprintf(p->problem + n, sizeof p->problem - (size_t)n,
		         " (block at offset %" PRIu64 ")", p->block);
	return err;
}

/* Whole numbers in the byte order of the section. */
static uint32_t number(const struct ccid_pcapng *p, const uint8_t *at, size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | at[p->big ? i : n - 1 - i];
	return v;
}

static uint32_t take(const struct ccid_pcapng *p, struct ccid_rd *r, size_t n)
{
	const uint8_t *at = ccid_rd_view(r, n);

	return at != NULL ? number(p, at, n) : 0;
}

/* The next n bytes, taken; NULL and *err when they are not all there. */
static const uint8_t *read_bytes(struct ccid_pcapng *p, size_t n, int *err)
{
	const uint8_t *at = ccid_input_peek(&p->in, n);

	if (at != NULL)
		*err = ccid_input_skip(&p->in, n);
	else if (p->in.failed == CCID_E_NOMEM)
		*err = ccid_pcapng_fail(p, CCID_E_NOMEM, "out of memory");
	else if (p->in.failed != 0)
		*err = ccid_pcapng_fail(p, CCID_E_IO, "cannot be read");
	else
		*err = ccid_pcapng_fail(p, CCID_E_SHORT, "the file is cut off inside a block");
	return at;
}

static int skip_bytes(struct ccid_pcapng *p, uint64_t len)
{
	int err = ccid_input_skip(&p->in, len);

	if (err == CCID_E_SHORT)
		return ccid_pcapng_fail(p, err, "the file is cut off inside a block");
	return err != 0 ? ccid_pcapng_fail(p, err, "cannot be read") : 0;
}

static int check_trailer(struct ccid_pcapng *p, const uint8_t *at, uint32_t total)
{
	if (number(p, at, 4) == total)
		return 0;
	return ccid_pcapng_fail(p, CCID_E_FORMAT, "damaged: the two lengths of a block differ");
}

static int read_trailer(struct ccid_pcapng *p, uint32_t total)
{
	int err;
	const uint8_t *at = read_bytes(p, 4, &err);

	return at != NULL ? check_trailer(p, at, total) : err;
}

/* The byte-order magic, which comes before the length can be understood. */
static int read_magic(struct ccid_pcapng *p)
{
	int err;
	const uint8_t *magic = read_bytes(p, 4, &err);

	if (magic == NULL)
		return err;
	p->big = magic[0] == 0x1A;
	if (number(p, magic, 4) != CCID_PCAPNG_BYTE_ORDER)
		return ccid_pcapng_fail(p, CCID_E_FORMAT, "damaged: a section without byte order");
	p->interfaces = 0;
	return 0;
}

static int check_length(struct ccid_pcapng *p, uint32_t total, uint32_t least)
{
	if (total < least || total % 4 != 0)
		return ccid_pcapng_fail(p, CCID_E_FORMAT, "damaged: a block of %" PRIu32 " bytes",
		                        total);
	return 0;
}

static int read_section(struct ccid_pcapng *p, const uint8_t head[8])
{
	const uint8_t *version = NULL;
	uint32_t total;
	int err = read_magic(p);

	if (err != 0)
		return err;
	total = number(p, head + 4, 4);
	err = check_length(p, total, 28);
	if (err == 0)
		version = read_bytes(p, 2, &err);
	if (version != NULL && number(p, version, 2) != 1)
		err = ccid_pcapng_fail(p, CCID_E_FORMAT, "pcapng version %u is not known here",
		                       (unsigned)number(p, version, 2));
	if (err == 0)
		err = skip_bytes(p, total - 12 - 2 - 4);
	return err != 0 ? err : read_trailer(p, total);
}

/* The next option: 1, or 0 at the end or where the options are damaged. */
static int next_option(const struct ccid_pcapng *p, struct ccid_rd *r, uint32_t *code,
                       struct ccid_rd *value)
{
	size_t len;

	*code = take(p, r, 2);
	len = take(p, r, 2);
	*value = ccid_rd(ccid_rd_view(r, len), len);
	if (r->bad || *code == CCID_PCAPNG_OPT_END)
		return 0;
	len = CCID_PCAPNG_PAD(len) - len;
	ccid_rd_view(r, len < r->left ? len : r->left);
	return 1;
}

static int64_t take_offset(const struct ccid_pcapng *p, struct ccid_rd *r)
{
	uint64_t a = take(p, r, 4), b = take(p, r, 4);

	return (int64_t)(p->big ? a << 32 | b : b << 32 | a);
}

static int add_interface(struct ccid_pcapng *p, struct ccid_rd body)
{
	struct ccid_pcapng_interface *i = &p->interface[p->interfaces];
	struct ccid_rd value;
	uint32_t code;

	if (p->interfaces == CCID_PCAPNG_INTERFACES)
		return ccid_pcapng_fail(p, CCID_E_FORMAT, "more than %d interfaces",
		                        CCID_PCAPNG_INTERFACES);
	*i = (struct ccid_pcapng_interface){.link = take(p, &body, 2), .resolution = 6};
	take(p, &body, 2);
	take(p, &body, 4);
	if (body.bad)
		return ccid_pcapng_fail(p, CCID_E_FORMAT, "damaged: a short interface block");
	while (next_option(p, &body, &code, &value)) {
		if (code == CCID_PCAPNG_IF_TSRESOL && value.left >= 1)
			i->resolution = ccid_rd_u8(&value);
		else if (code == CCID_PCAPNG_IF_TSOFFSET && value.left >= 8)
			i->offset = take_offset(p, &value);
	}
	p->interfaces++;
	return 0;
}

static uint64_t times(uint64_t a, uint64_t b)
{
	return a != 0 && b > UINT64_MAX / a ? UINT64_MAX : a * b;
}

static uint64_t plus(uint64_t a, uint64_t b)
{
	return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

static uint64_t from_binary(uint64_t ticks, unsigned bits)
{
	uint64_t whole = bits < 64 ? ticks >> bits : 0;
	uint64_t part = bits < 64 ? ticks & ((UINT64_C(1) << bits) - 1) : ticks;

	if (bits > 94)
		return 0;
	if (bits > 32)
		part >>= bits - 32;
	part = part * 1000000000u >> (bits > 32 ? 32 : bits);
	return plus(times(whole, 1000000000u), part);
}

static uint64_t from_decimal(uint64_t ticks, unsigned digits)
{
	for (; digits < 9; digits++)
		ticks = times(ticks, 10);
	for (; digits > 9 && ticks > 0; digits--)
		ticks /= 10;
	return ticks;
}

/* Nanoseconds since 1970; out of range times stick to the nearest that can be told. */
static uint64_t to_ns(const struct ccid_pcapng_interface *i, uint64_t ticks)
{
	bool binary = (i->resolution & 0x80) != 0;
	unsigned n = i->resolution & 0x7F;
	uint64_t ns = binary ? from_binary(ticks, n) : from_decimal(ticks, n);
	uint64_t shift;

	if (i->offset >= 0)
		return plus(ns, times((uint64_t)i->offset, 1000000000u));
	shift = times(UINT64_C(0) - (uint64_t)i->offset, 1000000000u);
	return ns > shift ? ns - shift : 0;
}

static void take_comment(struct ccid_pcapng_block *out, struct ccid_rd *value)
{
	size_t n = value->left < sizeof out->comment - 1 ? value->left : sizeof out->comment - 1;

	memcpy(out->comment, value->p, n);
	out->comment[n] = '\0';
}

static int read_options(struct ccid_pcapng *p, struct ccid_rd *body, struct ccid_pcapng_block *out)
{
	struct ccid_rd value;
	uint32_t code, flags = 0;
	size_t padding = CCID_PCAPNG_PAD(out->len) - out->len;

	ccid_rd_view(body, padding < body->left ? padding : body->left);
	while (next_option(p, body, &code, &value)) {
		if (code == CCID_PCAPNG_EPB_FLAGS && value.left == 4)
			flags = take(p, &value, 4);
		else if (code == CCID_PCAPNG_OPT_COMMENT && value.left > 0)
			take_comment(out, &value);
	}
	if ((flags & 3) == CCID_TRACE_FROM_HOST || (flags & 3) == CCID_TRACE_FROM_GUEST)
		out->dir = (enum ccid_trace_dir)(flags & 3);
	if (out->dir == 0 && !p->any)
		return ccid_pcapng_fail(p, CCID_E_FORMAT, "a packet without direction (epb_flags)");
	return 1;
}

/* The fields before the bytes: interface and time. Simple packets have neither. */
static uint32_t take_front(struct ccid_pcapng *p, struct ccid_rd *body, uint32_t type,
                           uint64_t *ticks)
{
	uint32_t id = 0;

	*ticks = 0;
	if (type == CCID_PCAPNG_SPB)
		return id;
	id = take(p, body, type == CCID_PCAPNG_OPB ? 2 : 4);
	if (type == CCID_PCAPNG_OPB)
		take(p, body, 2); /* how many were dropped */
	*ticks = (uint64_t)take(p, body, 4) << 32;
	*ticks |= take(p, body, 4);
	return id;
}

/* 1 for a packet that is wanted, 0 for one of another link type. */
static int take_packet(struct ccid_pcapng *p, struct ccid_rd body, uint32_t type,
                       struct ccid_pcapng_block *out)
{
	uint64_t ticks;
	uint32_t id = take_front(p, &body, type, &ticks);
	uint32_t len = type == CCID_PCAPNG_SPB ? (uint32_t)body.left - 4 : take(p, &body, 4);
	uint32_t original = take(p, &body, 4);

	if (type == CCID_PCAPNG_SPB && original < len)
		len = original;
	*out = (struct ccid_pcapng_block){
		.data = ccid_rd_view(&body, len), .len = len, .original = original};
	if (body.bad || id >= p->interfaces)
		return ccid_pcapng_fail(p, CCID_E_FORMAT,
		                        "damaged: a packet block that does not add up");
	out->link = p->interface[id].link;
	if (out->link != CCID_LINKTYPE_USBREDIR && !p->any) {
		p->foreign++;
		p->foreign_link = out->link;
		return 0;
	}
	if (original > len && !p->any)
		return ccid_pcapng_fail(p, CCID_E_FORMAT,
		                        "a packet of %" PRIu32 " bytes, only %" PRIu32
		                        " of which were kept",
		                        original, len);
	out->time_ns = to_ns(&p->interface[id], ticks);
	return read_options(p, &body, out);
}

static bool is_wanted(const struct ccid_pcapng *p, uint32_t type)
{
	if (type == CCID_PCAPNG_IDB || type == CCID_PCAPNG_EPB)
		return true;
	return p->any && (type == CCID_PCAPNG_SPB || type == CCID_PCAPNG_OPB);
}

/* A block whose body is wanted: 1 when it is a packet that is wanted. */
static int read_wanted(struct ccid_pcapng *p, uint32_t type, uint32_t total,
                       struct ccid_pcapng_block *out)
{
	const uint8_t *at;
	struct ccid_rd body;
	int err;

	if (total > CCID_TRACE_BLOCK_MAX)
		return ccid_pcapng_fail(p, CCID_E_FORMAT, "a block of %" PRIu32 " bytes", total);
	at = read_bytes(p, total - 8, &err);
	if (at == NULL)
		return err;
	err = check_trailer(p, at + total - 12, total);
	if (err != 0)
		return err;
	body = ccid_rd(at, total - 12);
	return type == CCID_PCAPNG_IDB ? add_interface(p, body) : take_packet(p, body, type, out);
}

static int read_block(struct ccid_pcapng *p, const uint8_t head[8], struct ccid_pcapng_block *out)
{
	uint32_t type = number(p, head, 4), total = number(p, head + 4, 4);
	int err;

	if (type == CCID_PCAPNG_SHB)
		return read_section(p, head);
	err = check_length(p, total, 12);
	if (err != 0)
		return err;
	if (is_wanted(p, type))
		return read_wanted(p, type, total, out);
	err = skip_bytes(p, total - 12);
	return err != 0 ? err : read_trailer(p, total);
}

int ccid_pcapng_next(struct ccid_pcapng *p, struct ccid_pcapng_block *out)
{
	const uint8_t *at;
	uint8_t head[8];
	int got = 0;

	while (got == 0) {
		p->block = p->in.offset;
		if (ccid_input_ready(&p->in) == 0 && ccid_input_peek(&p->in, 1) == NULL)
			return p->in.failed != 0
			               ? ccid_pcapng_fail(p, p->in.failed, "cannot be read")
			               : 0;
		at = read_bytes(p, sizeof head, &got);
		if (at == NULL)
			return got;
		memcpy(head, at, sizeof head);
		got = read_block(p, head, out);
	}
	return got;
}

static const char *what_it_is(const uint8_t *b, size_t n)
{
	static const struct {
		uint8_t magic[4];
		const char *name;
	} known[] = {
		{{0xD4, 0xC3, 0xB2, 0xA1}, "classic pcap"},
		{{0xA1, 0xB2, 0xC3, 0xD4}, "classic pcap"},
		{{0x4D, 0x3C, 0xB2, 0xA1}, "classic pcap"},
		{{0xA1, 0xB2, 0x3C, 0x4D}, "classic pcap"},
		{{0x1F, 0x8B, 0x08, 0x00}, "gzip"},
		{{0x28, 0xB5, 0x2F, 0xFD}, "zstd"},
	};

	for (size_t i = 0; n >= 4 && i < sizeof known / sizeof known[0]; i++)
		if (memcmp(b, known[i].magic, i == 4 ? 3 : 4) == 0)
			return known[i].name;
	return NULL;
}

/* The first block must be a section header; nothing is taken. */
int ccid_pcapng_start(struct ccid_pcapng *p)
{
	static const uint8_t shb[4] = {0x0A, 0x0D, 0x0D, 0x0A};
	const uint8_t *b = ccid_input_peek(&p->in, 8);
	size_t n = ccid_input_ready(&p->in);
	const char *name;

	if (p->in.failed != 0)
		return ccid_pcapng_fail(p, CCID_E_IO, "cannot be read");
	if (n == 0)
		return ccid_pcapng_fail(p, CCID_E_FORMAT, "the file is empty");
	if (b == NULL)
		b = ccid_input_peek(&p->in, n);
	name = what_it_is(b, n);
	if (name != NULL)
		return ccid_pcapng_fail(p, CCID_E_FORMAT, "a %s file, not a pcapng trace%s", name,
		                        strcmp(name, "classic pcap") == 0 ? IMPORT_IT : "");
	if (memcmp(b, shb, n < 4 ? n : 4) != 0)
		return ccid_pcapng_fail(p, CCID_E_FORMAT, "not a pcapng trace");
	return 0;
}

int ccid_pcapng_open(struct ccid_pcapng *p, const char *path)
{
	int err;

	*p = (struct ccid_pcapng){0};
	err = ccid_input_open(&p->in, path);
	if (err != 0) {
		snprintf(p->problem, sizeof p->problem, "%s", strerror(errno));
		return err;
	}
	err = ccid_pcapng_start(p);
	if (err != 0)
		ccid_pcapng_close(p);
	return err;
}

void ccid_pcapng_close(struct ccid_pcapng *p)
{
	ccid_input_close(&p->in);
}
