/* SPDX-License-Identifier: MIT */
/* JSON lines: one object for each event. */
#include "export_priv.h"

#include <inttypes.h>
#include <string.h>

/* RFC 8259. What is no character of ASCII or well-formed UTF-8 becomes U+FFFD. */
static size_t character(const unsigned char *s)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;

	if (s[0] > 0xF4 || (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ||
	    (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F))
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	return n;
}

static void put_string(FILE *f, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n;

	fputc('"', f);
	for (; *s != '\0'; s += n > 0 ? n : 1) {
		n = character(s);
		if (n == 0)
			fputs("\\ufffd", f);
		else if (*s == '"' || *s == '\\')
			fprintf(f, "\\%c", *s);
		else if (*s < ' ' || *s == 0x7F)
			fprintf(f, "\\u%04x", (unsigned)*s);
		else
			fwrite(s, 1, n, f);
	}
	fputc('"', f);
}

static void put_hex(FILE *f, const char *key, const uint8_t *data, size_t len)
{
	fprintf(f, ",\"%s\":\"", key);
	ccid_export_hex(f, data, len, true);
	fputc('"', f);
}

static void event(struct ccid_export_job *j, const struct ccid_usb_event *e)
{
	static const char *const kinds[] = {"control", "bulk", "interrupt"};
	bool carries = e->submit != ((e->endpoint & 0x80) != 0);

	fprintf(j->f, "{\"packet\":%" PRIu64 ",\"time\":\"%" PRIu64 ".%09" PRIu64 "\"", e->frame,
	        e->time_ns / 1000000000u, e->time_ns % 1000000000u);
	fprintf(j->f, ",\"event\":\"%s\",\"id\":%" PRIu64 ",\"device\":%u,\"transfer\":\"%s\"",
	        e->submit ? "submit" : "complete", e->id & (UINT64_MAX >> 1), (unsigned)e->device,
	        kinds[e->kind]);
	fprintf(j->f, ",\"endpoint\":%u", (unsigned)e->endpoint);
	if (e->submit && e->has_setup)
		put_hex(j->f, "setup", e->setup, sizeof e->setup);
	if (!e->submit) {
		fputs(",\"status\":", j->f);
		put_string(j->f, e->gone ? "gone" : ccid_redir_status_name(e->status));
	}
	fprintf(j->f, ",\"length\":%" PRIu32, e->length);
	if (carries)
		put_hex(j->f, "data", e->data, e->len);
	if (e->note != NULL) {
		fputs(",\"comment\":", j->f);
		put_string(j->f, e->note);
	}
	fputs("}\n", j->f);
}

const struct ccid_export_writer ccid_export_jsonl = {.event = event};
