/* SPDX-License-Identifier: MIT */
#include "atr_history.h"
#include "atr_view.h"

static const char *const clock_stops[4] = {"no", "low", "high", "either"};

static void put_errors(struct cli_json *j, unsigned errors)
{
	cli_json_bool(j, "valid", errors == 0);
	cli_json_array(j, "errors");
	for (unsigned i = 0; i < CCID_ATR_E_COUNT; i++)
		if ((errors >> i & 1) != 0)
			cli_json_string(j, NULL, ccid_atr_error_text(1u << i));
	cli_json_end_array(j);
}

static void put_interface_bytes(struct cli_json *j, const struct ccid_atr *a)
{
	cli_json_array(j, "interface_bytes");
	for (unsigned g = 0; g < a->groups; g++) {
		const uint8_t b[4] = {a->ib[g].ta, a->ib[g].tb, a->ib[g].tc, a->ib[g].td};

		cli_json_array(j, NULL);
		for (unsigned c = 0; c < 4; c++)
			if ((a->ib[g].mask >> c & 1) != 0)
				cli_json_hex(j, NULL, &b[c], 1);
			else
				cli_json_null(j, NULL);
		cli_json_end_array(j);
	}
	cli_json_end_array(j);
}

static void put_protocols(struct cli_json *j, const struct ccid_atr *a)
{
	cli_json_array(j, "protocols");
	for (unsigned t = 0; t < 16; t++)
		if (ccid_atr_offers(a, t))
			cli_json_number(j, NULL, t);
	cli_json_end_array(j);
	cli_json_number(j, "first_protocol", a->first);
}

static void put_number_or_null(struct cli_json *j, const char *key, bool known, uint32_t n)
{
	if (known)
		cli_json_number(j, key, n);
	else
		cli_json_null(j, key);
}

static void put_tck(struct cli_json *j, const struct ccid_atr *a)
{
	if (a->tck < 0) {
		cli_json_null(j, "tck");
		cli_json_null(j, "tck_ok");
		return;
	}
	cli_json_hex(j, "tck", &a->bytes[a->used - 1], 1);
	cli_json_bool(j, "tck_ok", a->tck == 1);
}

static void put_specific(struct cli_json *j, const struct ccid_atr *a)
{
	if (!a->specific) {
		cli_json_null(j, "specific");
		return;
	}
	cli_json_object(j, "specific");
	cli_json_number(j, "t", a->ta2 & 0x0F);
	cli_json_bool(j, "can_change", (a->ta2 & 0x80) == 0);
	cli_json_bool(j, "implicit", (a->ta2 & 0x10) != 0);
	cli_json_end_object(j);
}

static void put_t1(struct cli_json *j, const struct ccid_atr *a)
{
	bool t1 = ccid_atr_offers(a, 1);

	put_number_or_null(j, "ifsc", t1, a->ifsc);
	put_number_or_null(j, "bwi", t1, a->bwi);
	put_number_or_null(j, "cwi", t1, a->cwi);
	cli_json_string(j, "edc", !t1 ? NULL : a->crc ? "CRC" : "LRC");
}

static void put_t15(struct cli_json *j, const struct ccid_atr *a)
{
	static const char *const classes[3] = {"A", "B", "C"};

	cli_json_string(j, "clock_stop", clock_stops[a->clock_stop & 3]);
	cli_json_array(j, "classes");
	for (unsigned i = 0; i < 3; i++)
		if ((a->classes >> i & 1) != 0)
			cli_json_string(j, NULL, classes[i]);
	cli_json_end_array(j);
}

static void put_history(struct cli_json *j, const struct ccid_atr *a)
{
	struct cli_history h;

	cli_history_read(&h, a->bytes + a->hist_off, a->hist_len);
	cli_json_hex(j, "historical_bytes", a->bytes + a->hist_off, a->hist_len);
	cli_json_string(j, "historical_category", h.category);
	cli_json_array(j, "historical_objects");
	for (unsigned i = 0; i < h.count; i++) {
		cli_json_object(j, NULL);
		cli_json_number(j, "tag", h.objects[i].tag);
		cli_json_string(j, "name", cli_history_tag_name(h.objects[i].tag));
		cli_json_hex(j, "value", h.objects[i].value, h.objects[i].len);
		cli_json_end_object(j);
	}
	cli_json_end_array(j);
	if (h.has_capabilities)
		cli_json_bool(j, "extended_lengths", h.extended_lengths);
	else
		cli_json_null(j, "extended_lengths");
}

void cli_atr_json(struct cli_json *j, const struct ccid_atr *a)
{
	put_errors(j, a->errors);
	put_interface_bytes(j, a);
	put_history(j, a);
	put_protocols(j, a);
	put_number_or_null(j, "fi", a->fi != 0, a->fi);
	put_number_or_null(j, "di", a->di != 0, a->di);
	put_tck(j, a);
	cli_json_string(j, "convention", a->inverse ? "inverse" : "direct");
	put_number_or_null(j, "fmax_khz", a->fmax_khz != 0, a->fmax_khz);
	cli_json_number(j, "guard", a->guard);
	cli_json_number(j, "wi", a->wi);
	put_specific(j, a);
	put_t1(j, a);
	put_t15(j, a);
	cli_json_number(j, "used_length", a->used);
}

void cli_atr_json_nothing(struct cli_json *j, const char *problem)
{
	static const char *const members[] = {
		"interface_bytes",
		"historical_bytes",
		"historical_category",
		"historical_objects",
		"extended_lengths",
		"protocols",
		"first_protocol",
		"fi",
		"di",
		"tck",
		"tck_ok",
		"convention",
		"fmax_khz",
		"guard",
		"wi",
		"specific",
		"ifsc",
		"bwi",
		"cwi",
		"edc",
		"clock_stop",
		"classes",
		"used_length",
	};

	cli_json_bool(j, "valid", false);
	cli_json_array(j, "errors");
	cli_json_string(j, NULL, problem);
	cli_json_end_array(j);
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		cli_json_null(j, members[i]);
}
