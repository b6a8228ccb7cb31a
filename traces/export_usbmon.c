/* SPDX-License-Identifier: MIT */
/* pcapng of link type 220: what Linux usbmon would have written (Documentation/usb/usbmon.rst). */
#include "capture_read.h"
#include "export_priv.h"
#include "pcapng.h"
#include "pcapng_write.h"

#define HEADER            64u
#define EPB_FRONT         28u
#define EINPROGRESS_LINUX (-115)

static void put_le64(struct ccid_wr *w, uint64_t v)
{
	ccid_wr_le32(w, (uint32_t)v);
	ccid_wr_le32(w, (uint32_t)(v >> 32));
}

static int begin(struct ccid_export_job *j)
{
	static const char appl[] = "libiscard", name[] = "usbmon1";
	static const uint8_t nanoseconds = 9;
	uint8_t buf[128];
	struct ccid_wr w = ccid_wr(buf, sizeof buf);

	ccid_wr_le32(&w, CCID_PCAPNG_SHB);
	ccid_wr_le32(&w, 48);
	ccid_wr_le32(&w, CCID_PCAPNG_BYTE_ORDER);
	ccid_wr_le16(&w, 1);
	ccid_wr_le16(&w, 0);
	put_le64(&w, UINT64_MAX);
	ccid_pcapng_put_option(&w, CCID_PCAPNG_SHB_USERAPPL, appl, sizeof appl - 1);
	ccid_pcapng_put_option(&w, CCID_PCAPNG_OPT_END, NULL, 0);
	ccid_wr_le32(&w, 48);
	ccid_wr_le32(&w, CCID_PCAPNG_IDB);
	ccid_wr_le32(&w, 44);
	ccid_wr_le16(&w, CCID_LINKTYPE_USB_MMAP);
	ccid_wr_le16(&w, 0);
	ccid_wr_le32(&w, 0);
	ccid_pcapng_put_option(&w, CCID_PCAPNG_IF_NAME, name, sizeof name - 1);
	ccid_pcapng_put_option(&w, CCID_PCAPNG_IF_TSRESOL, &nanoseconds, 1);
	ccid_pcapng_put_option(&w, CCID_PCAPNG_OPT_END, NULL, 0);
	ccid_wr_le32(&w, 44);
	fwrite(buf, 1, w.len, j->f);
	return 0;
}

static int32_t status_of(const struct ccid_usb_event *e)
{
	static const int32_t codes[] = {0, -2, -22, -71, -32, -110, -75};

	if (e->submit)
		return EINPROGRESS_LINUX;
	if (e->gone)
		return -108;
	return e->status < sizeof codes / sizeof codes[0] ? codes[e->status] : -71;
}

static uint8_t transfer_of(enum ccid_usb_kind kind)
{
	switch (kind) {
	case CCID_USB_INTERRUPT: return 1;
	case CCID_USB_CONTROL: return 2;
	default: return 3;
	}
}

static void put_header(struct ccid_wr *w, const struct ccid_usb_event *e, size_t len)
{
	bool in = (e->endpoint & 0x80) != 0;
	bool setup = e->submit && e->kind == CCID_USB_CONTROL;
	static const uint8_t none[8];

	put_le64(w, e->id);
	ccid_wr_u8(w, e->submit ? 'S' : 'C');
	ccid_wr_u8(w, transfer_of(e->kind));
	ccid_wr_u8(w, e->endpoint);
	ccid_wr_u8(w, e->device);
	ccid_wr_le16(w, e->bus);
	ccid_wr_u8(w, setup ? 0 : '-');
	ccid_wr_u8(w, len > 0 ? 0 : in ? '<' : '>');
	put_le64(w, e->time_ns / 1000000000u);
	ccid_wr_le32(w, (uint32_t)(e->time_ns % 1000000000u / 1000u));
	ccid_wr_le32(w, (uint32_t)status_of(e));
	ccid_wr_le32(w, e->length);
	ccid_wr_le32(w, (uint32_t)len);
	ccid_wr_bytes(w, setup ? e->setup : none, 8);
	ccid_wr_le32(w, e->kind == CCID_USB_INTERRUPT ? 16 : 0);
	ccid_wr_le32(w, 0);
	ccid_wr_le32(w, !in ? 0 : 0x200); /* transfer_flags: URB_DIR_IN */
	ccid_wr_le32(w, 0);
}

static size_t comment_length(const struct ccid_usb_event *e)
{
	return e->note != NULL ? strnlen(e->note, CCID_TRACE_COMMENT_MAX) : 0;
}

static void event(struct ccid_export_job *j, const struct ccid_usb_event *e)
{
	bool carries = e->submit != ((e->endpoint & 0x80) != 0);
	size_t len = carries ? e->len : 0, comment = comment_length(e);
	uint8_t front[EPB_FRONT + HEADER], back[CCID_TRACE_COMMENT_MAX + 24] = {0};
	struct ccid_wr h = ccid_wr(front, sizeof front), t = ccid_wr(back, sizeof back);
	uint32_t kept = (uint32_t)(HEADER + len), total;

	ccid_wr_bytes(&t, "\0\0\0", CCID_PCAPNG_PAD(len) - len);
	if (comment > 0) {
		ccid_pcapng_put_option(&t, CCID_PCAPNG_OPT_COMMENT, e->note, comment);
		ccid_pcapng_put_option(&t, CCID_PCAPNG_OPT_END, NULL, 0);
	}
	total = EPB_FRONT + kept + (uint32_t)t.len + 4;
	ccid_wr_le32(&t, total);
	ccid_pcapng_put_front(&h, total, e->time_ns, kept);
	put_header(&h, e, len);
	fwrite(front, 1, sizeof front, j->f);
	if (len > 0)
		fwrite(e->data, 1, len, j->f);
	fwrite(back, 1, t.len, j->f);
}

const struct ccid_export_writer ccid_export_usbmon = {
	.header = HEADER, .begin = begin, .event = event};
