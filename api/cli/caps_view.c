/* SPDX-License-Identifier: MIT */
#include "caps_view.h"

#include <string.h>

struct bit {
	unsigned bit;
	const char *name;
};

static const struct bit mechanics[] = {{ISCARD_MECHANICAL_ACCEPT, "accept"},
                                       {ISCARD_MECHANICAL_EJECT, "eject"},
                                       {ISCARD_MECHANICAL_CAPTURE, "capture"},
                                       {ISCARD_MECHANICAL_LOCK, "lock and unlock"},
                                       {0, NULL}};
static const struct bit pads[] = {
	{ISCARD_PAD_VERIFY, "verify"}, {ISCARD_PAD_MODIFY, "modify"}, {0, NULL}};
static const struct bit voltages[] = {{ISCARD_VOLTAGE_5V, "5 V"},
                                      {ISCARD_VOLTAGE_3V, "3 V"},
                                      {ISCARD_VOLTAGE_1V8, "1.8 V"},
                                      {0, NULL}};
static const struct bit protocols[] = {{ISCARD_T0, "T=0"}, {ISCARD_T1, "T=1"}, {0, NULL}};

static const char *source_name(iscard_source source)
{
	switch (source) {
	case ISCARD_SOURCE_NONE: return "not claimed";
	case ISCARD_SOURCE_DESCRIPTOR: return "as claimed";
	case ISCARD_SOURCE_REFUSED: return "claimed, not believed";
	}
	return "?";
}

static const char *framing_name(iscard_framing framing)
{
	switch (framing) {
	case ISCARD_FRAMING_BULK: return "bulk";
	case ISCARD_FRAMING_TOKEN_A: return "token, version A";
	case ISCARD_FRAMING_TOKEN_B: return "token, version B";
	}
	return "?";
}

static const char *level_name(iscard_exchange_level level)
{
	static const char *const names[] = {"character", "tpdu", "short", "extended"};

	return (unsigned)level < 4 ? names[level] : "?";
}

static void put_bits(struct cli_json *j, const char *key, const struct bit *bits, unsigned set)
{
	cli_json_array(j, key);
	for (; bits->name != NULL; bits++)
		if (set & bits->bit)
			cli_json_string(j, NULL, bits->name);
	cli_json_end_array(j);
}

static void put_lines(struct cli_json *j, const char *key, const char *text)
{
	cli_json_array(j, key);
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		cli_json_text(j, NULL, text, n);
		text += n + (text[n] == '\n');
	}
	cli_json_end_array(j);
}

void cli_caps_json(struct cli_json *j, const struct iscard_capabilities *c)
{
	cli_json_object(j, "driven");
	cli_json_number(j, "slots", c->slots);
	cli_json_number(j, "busy_slots", c->busy_slots);
	cli_json_string(j, "framing", framing_name(c->framing));
	cli_json_string(j, "exchange_level", level_name(c->level));
	put_bits(j, "protocols", protocols, (unsigned)c->protocols);
	put_bits(j, "voltages", voltages, c->voltages);
	cli_json_bool(j, "interrupt", c->interrupt != 0);
	put_bits(j, "mechanics", mechanics, c->mechanical);
	cli_json_string(j, "mechanics_source", source_name(c->mechanical_source));
	put_bits(j, "pin_pad", pads, c->pin_pad);
	cli_json_string(j, "pin_pad_source", source_name(c->pin_pad_source));
	cli_json_number(j, "display_lines", c->display_lines);
	cli_json_number(j, "display_columns", c->display_columns);
	cli_json_number(j, "max_apdu", c->max_apdu);
	cli_json_number(j, "max_message", c->max_message);
	put_lines(j, "quirks", c->quirks);
	cli_json_end_object(j);
}

static void print_bits(FILE *f, const char *label, const struct bit *bits, unsigned set,
                       const char *remark)
{
	const char *between = "";

	fprintf(f, "  %s: ", label);
	for (; bits->name != NULL; bits++)
		if (set & bits->bit) {
			fprintf(f, "%s%s", between, bits->name);
			between = ", ";
		}
	fprintf(f, "%s%s%s%s\n", *between == '\0' ? "none" : "", remark != NULL ? " (" : "",
	        remark != NULL ? remark : "", remark != NULL ? ")" : "");
}

static void print_lines(FILE *f, const char *text)
{
	while (*text != '\0') {
		int n = (int)strcspn(text, "\n");

		fprintf(f, "  ! %.*s\n", n, text);
		text += n + (text[n] == '\n');
	}
}

void cli_caps_print(FILE *f, const struct iscard_capabilities *c)
{
	fprintf(f, "as it is driven:\n");
	fprintf(f, "  %u slot%s, %u busy at a time; %s; %s\n", c->slots, c->slots == 1 ? "" : "s",
	        c->busy_slots, framing_name(c->framing),
	        c->interrupt ? "tells of cards" : "has to be asked for cards");
	fprintf(f, "  exchange level %s, command APDUs up to %lu bytes\n", level_name(c->level),
	        (unsigned long)c->max_apdu);
	print_bits(f, "protocols", protocols, (unsigned)c->protocols, NULL);
	print_bits(f, "voltages", voltages, c->voltages, NULL);
	print_bits(f, "mechanics", mechanics, c->mechanical, source_name(c->mechanical_source));
	print_bits(f, "PIN pad", pads, c->pin_pad, source_name(c->pin_pad_source));
	if (c->display_lines > 0)
		fprintf(f, "  display: %u lines of %u characters\n", c->display_lines,
		        c->display_columns);
	print_lines(f, c->quirks);
}
