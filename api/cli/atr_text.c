/* SPDX-License-Identifier: MIT */
#include "atr_history.h"
#include "atr_view.h"
#include "cli_hex.h"

#include <ctype.h>

#define MHZ_4 4000

static void print_ta1(FILE *f, const struct ccid_atr *a)
{
	if (a->fi == 0 || a->di == 0) {
		fputs("Fi or Di is reserved: 372 and 1 are used", f);
		return;
	}
	fprintf(f, "Fi %u, Di %u: %u bit/s at 4 MHz, clock up to %u.%u MHz", a->fi, a->di,
	        MHZ_4 * 1000u * a->di / a->fi, (unsigned)(a->fmax_khz / 1000),
	        (unsigned)(a->fmax_khz % 1000 / 100));
}

static void print_ta2(FILE *f, const struct ccid_atr *a)
{
	fprintf(f, "specific mode: T=%u, %s, the card %s change modes", a->ta2 & 0x0F,
	        (a->ta2 & 0x10) != 0 ? "implicit parameters" : "Fi and Di of TA1",
	        (a->ta2 & 0x80) != 0 ? "cannot" : "can");
}

static void print_t15(FILE *f, const struct ccid_atr *a)
{
	static const char *const stop[4] = {"not supported", "at low level", "at high level",
	                                    "at either level"};
	static const char *const volts[3] = {"A (5 V)", "B (3 V)", "C (1.8 V)"};

	fprintf(f, "clock stop %s, class", stop[a->clock_stop & 3]);
	for (unsigned i = 0; i < 3; i++)
		if ((a->classes >> i & 1) != 0)
			fprintf(f, " %s", volts[i]);
}

/* The first byte of its kind after T=1 or T=15 has the meaning; a later one has none. */
static bool is_first(const struct ccid_atr *a, unsigned group, unsigned column, unsigned t)
{
	for (unsigned g = 2; g < group; g++)
		if ((a->ib[g - 1].td & 0x0F) == t && (a->ib[g].mask >> column & 1) != 0)
			return false;
	return true;
}

static void print_t1(FILE *f, const struct ccid_atr *a, unsigned column)
{
	if (column == 0)
		fprintf(f, "IFSC: blocks of up to %u bytes", a->ifsc);
	else if (column == 1)
		fprintf(f,
		        "BWI %u, CWI %u: waits of %.1f s for a block, %.1f ms for a byte at 4 MHz",
		        a->bwi, a->cwi, ccid_atr_bwt_us(a, MHZ_4) / 1e6,
		        ccid_atr_cwt_us(a, MHZ_4, false) / 1e3);
	else
		fputs(a->crc ? "CRC" : "LRC", f);
}

static void print_typed(FILE *f, const struct ccid_atr *a, unsigned group, unsigned column)
{
	unsigned t = a->ib[group - 1].td & 0x0F;

	if ((t != 1 && t != 15) || !is_first(a, group, column, t))
		fprintf(f, "for T=%u", t);
	else if (t == 1)
		print_t1(f, a, column);
	else if (column == 0)
		print_t15(f, a);
	else
		fputs(column == 1 ? "use of contact C6" : "for T=15", f);
}

static void print_first_group(FILE *f, const struct ccid_atr *a, unsigned column)
{
	if (column == 0)
		print_ta1(f, a);
	else if (column == 1)
		fputs("programming voltage (no longer used)", f);
	else if (a->guard == 255)
		fputs("extra guard time 255: the shortest, 12 etu for T=0, 11 for T=1", f);
	else
		fprintf(f, "extra guard time %u", a->guard);
}

static void print_second_group(FILE *f, const struct ccid_atr *a, unsigned column)
{
	if (column == 0)
		print_ta2(f, a);
	else if (column == 1)
		fputs("programming voltage (no longer used)", f);
	else
		fprintf(f, "WI %u: waits of %.1f s at 4 MHz", a->wi,
		        ccid_atr_wwt_us(a, MHZ_4) / 1e6);
}

static void print_td(FILE *f, uint8_t td)
{
	if ((td & 0x0F) == 15)
		fputs("T=15: bytes for any protocol", f);
	else
		fprintf(f, "T=%u", td & 0x0F);
}

static void print_interface_byte(FILE *f, const struct ccid_atr *a, unsigned group, unsigned column)
{
	const uint8_t b[4] = {a->ib[group].ta, a->ib[group].tb, a->ib[group].tc, a->ib[group].td};

	fprintf(f, "  T%c%-2u  %02X  ", "ABCD"[column], group + 1, b[column]);
	if (column == 3)
		print_td(f, b[3]);
	else if (group == 0)
		print_first_group(f, a, column);
	else if (group == 1)
		print_second_group(f, a, column);
	else
		print_typed(f, a, group, column);
	fputc('\n', f);
}

static void print_quoted(FILE *f, const uint8_t *bytes, size_t len)
{
	fputs("  \"", f);
	for (size_t i = 0; i < len; i++)
		fputc(isprint(bytes[i]) ? bytes[i] : '.', f);
	fputc('"', f);
}

static void print_object(FILE *f, const struct cli_history_object *o)
{
	fprintf(f, "        %X%X  %s: ", o->tag, o->len, cli_history_tag_name(o->tag));
	cli_hex_print(f, o->value, o->len);
	fputc('\n', f);
}

static void print_history(FILE *f, const struct ccid_atr *a)
{
	const uint8_t *bytes = a->bytes + a->hist_off;
	struct cli_history h;

	if (a->hist_len == 0)
		return;
	cli_history_read(&h, bytes, a->hist_len);
	fputs("  historical bytes  ", f);
	cli_hex_print(f, bytes, a->hist_len);
	print_quoted(f, bytes, a->hist_len);
	fprintf(f, "  %s\n", h.category);
	for (unsigned i = 0; i < h.count; i++)
		print_object(f, &h.objects[i]);
	if (h.status != NULL)
		fprintf(f, "        status: life cycle %02X, SW %02X%02X\n", h.status[0],
		        h.status[1], h.status[2]);
	if (h.has_capabilities)
		fprintf(f, "        command chaining %s, extended lengths %s\n",
		        h.chaining ? "yes" : "no", h.extended_lengths ? "yes" : "no");
	if (h.card_name != 0)
		fprintf(f, "        %s (%04X), standard %02X\n", cli_history_card_name(h.card_name),
		        h.card_name, h.standard);
	if (h.broken)
		fputs("        an object runs past the end\n", f);
}

static void print_protocols(FILE *f, const struct ccid_atr *a)
{
	fputs("  protocols  ", f);
	for (unsigned t = 0, n = 0; t < 15; t++)
		if (ccid_atr_offers(a, t))
			fprintf(f, "%sT=%u", n++ == 0 ? "" : ", ", t);
	fprintf(f, "; first T=%u\n", a->first);
}

static void print_complaints(FILE *f, unsigned errors)
{
	for (unsigned i = 0; i < CCID_ATR_E_COUNT; i++)
		if ((errors >> i & 1) != 0)
			fprintf(f, "  ! %s\n", ccid_atr_error_text(1u << i));
}

void cli_atr_print(FILE *f, const struct ccid_atr *a)
{
	cli_hex_print(f, a->bytes, a->len);
	fputc('\n', f);
	if (a->len >= 2) {
		fprintf(f, "  TS    %02X  %s convention\n", a->bytes[0],
		        a->inverse ? "inverse" : "direct");
		fprintf(f, "  T0    %02X  %u historical bytes\n", a->bytes[1], a->bytes[1] & 0x0F);
	}
	for (unsigned g = 0; g < a->groups; g++)
		for (unsigned c = 0; c < 4; c++)
			if ((a->ib[g].mask >> c & 1) != 0)
				print_interface_byte(f, a, g, c);
	print_history(f, a);
	if (a->tck >= 0)
		fprintf(f, "  TCK   %02X  %s\n", a->bytes[a->used - 1],
		        a->tck == 1 ? "right" : "wrong");
	print_protocols(f, a);
	print_complaints(f, a->errors);
}
