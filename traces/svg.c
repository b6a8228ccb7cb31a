/* SPDX-License-Identifier: MIT */
#include "svg.h"

#include <stdbool.h>

/* Length of the UTF-8 character at s when XML may hold it and it shows something, else 0. */
static size_t character(const unsigned char *s)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : s[0] >= 0xC0 ? 2 : 0;
	uint32_t c = n < 2 ? s[0] : s[0] & (0x7Fu >> n);

	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3F);
	}
	if (n == 0 || c < least[n] || c < 0x20 || (c >= 0x7F && c < 0xA0) || c > 0x10FFFF)
		return 0;
	if ((c >= 0xD800 && c < 0xE000) || (c & 0xFFFE) == 0xFFFE)
		return 0;
	if ((c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069))
		return 0; /* they turn the text around */
	return n;
}

static void put(FILE *f, const unsigned char *s, size_t n)
{
	switch (s[0]) {
	case '&': fputs("&amp;", f); break;
	case '<': fputs("&lt;", f); break;
	case '>': fputs("&gt;", f); break;
	case '"': fputs("&quot;", f); break;
	default: fwrite(s, 1, n, f); break;
	}
}

void ccid_svg_escape(FILE *f, const char *text, size_t most)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t shown = 0, n;

	for (; *s != '\0'; s += n, shown++) {
		if (shown == most) {
			fputs("\xE2\x80\xA6", f);
			return;
		}
		n = character(s);
		if (n == 0) {
			fputc('?', f);
			n = 1;
		} else {
			put(f, s, n);
		}
	}
}

void ccid_svg_text(FILE *f, int x, int y, const char *cls, const char *text, size_t most)
{
	fprintf(f, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, cls);
	ccid_svg_escape(f, text, most);
	fputs("</text>\n", f);
}

void ccid_svg_rect(FILE *f, int x, int y, int w, int h, const char *cls)
{
	fprintf(f, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"%s\"/>\n", x, y, w,
	        h, cls);
}

void ccid_svg_line(FILE *f, int x1, int y1, int x2, int y2, const char *cls)
{
	fprintf(f, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" class=\"%s\"/>\n", x1, y1, x2, y2,
	        cls);
}

void ccid_svg_head(FILE *f, int x, int y, int dir, const char *cls)
{
	fprintf(f, "<path d=\"M%d %dl%d -4v8z\" class=\"%s\"/>\n", x, y, -9 * dir, cls);
}

void ccid_svg_title(FILE *f, const char *text)
{
	fputs("<title>", f);
	ccid_svg_escape(f, text, 300);
	fputs("</title>\n", f);
}
