/* SPDX-License-Identifier: MIT */
/* Our reading of real ATRs beside that of four public parsers (atr-oracle.jsonl). */
#include "atr.h"
#include "corpus.h"
#include "json_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct sample {
	const char *row; /* the line of JSON */
	uint8_t bytes[64];
	size_t len;
	int err;
	struct ccid_atr atr;
};

static size_t from_hex(const char *v, uint8_t *out, size_t cap)
{
	char hex[160];

	assert_true(json_string(v, hex, sizeof hex));
	return corpus_hex(hex, out, cap);
}

static bool same_hex(const char *v, const uint8_t *bytes, size_t len)
{
	uint8_t b[80];

	return from_hex(v, b, sizeof b) == len && memcmp(b, bytes, len) == 0;
}

static unsigned protocol_set(const char *list)
{
	unsigned set = 0;

	for (const char *v = json_first(list); v != NULL; v = json_next(v))
		set |= 1u << json_int(v, 31);
	return set;
}

/* Every byte that the grammar asks for is there, as libccid means "accepted". */
static bool complete(const struct sample *s)
{
	return s->err == 0 && (s->atr.errors & (CCID_ATR_E_TS | CCID_ATR_E_HISTORICAL |
	                                        CCID_ATR_E_TCK_MISSING)) == 0;
}

static const uint8_t *historical(const struct ccid_atr *a)
{
	return a->bytes + a->hist_off;
}

static bool same_number(const char *v, unsigned number)
{
	return json_is(v, "RFU") ? number == 0 : json_int(v, -1) == (long)number;
}

static bool same_interface_byte(const char *v, const struct ccid_atr *a, unsigned row, unsigned col)
{
	const uint8_t bytes[4] = {a->ib[row].ta, a->ib[row].tb, a->ib[row].tc, a->ib[row].td};
	bool there = (a->ib[row].mask >> col & 1) != 0;

	return there ? same_hex(v, &bytes[col], 1) : json_is_null(v);
}

static bool same_interface_bytes(const char *rows, const struct ccid_atr *a)
{
	unsigned row = 0;

	for (const char *r = json_first(rows); r != NULL; r = json_next(r), row++) {
		const char *v = json_first(r);

		if (row >= a->groups)
			return false;
		for (unsigned col = 0; col < 4; col++, v = json_next(v))
			if (!same_interface_byte(v, a, row, col))
				return false;
	}
	return row == a->groups;
}

static bool same_accepted(const char *v, const struct sample *s)
{
	return json_is_true(v) ? complete(s) : json_is_false(v) && !complete(s);
}

static bool same_hist(const char *v, const struct sample *s)
{
	return same_hex(v, historical(&s->atr), s->atr.hist_len);
}

static bool same_di(const char *v, const struct sample *s)
{
	return same_number(v, s->atr.di);
}

static bool same_tck(const char *v, const struct sample *s)
{
	if (s->atr.tck < 0)
		return json_is_null(v);
	return same_hex(v, &s->atr.bytes[s->atr.used - 1], 1);
}

/* The standard's own words: the exclusive-or of all bytes from T0 to TCK is 0. */
static bool tck_is_as_the_standard_says(const char *v, const struct sample *s)
{
	uint8_t sum = 0;

	(void)v;
	for (size_t i = 1; i < s->atr.used; i++)
		sum ^= s->bytes[i];
	return s->atr.offered == 1 ? s->atr.tck == -1 : s->atr.tck == (sum == 0);
}

/* Where the parsers differ: which one is right, and why. The first row that fits counts. */
static const struct rule {
	const char *field;
	unsigned errors; /* our complaint, 0 for any */
	const char *right;
	bool (*agrees)(const char *v, const struct sample *s);
	const char *why;
} rules[] = {
	{"di", 0, "pyscard", same_di,
         "GnuPG holds the fractions of the 1989 edition; since 2006 Di 6..9 are 32, 64, 12, 20"},
	{"accepted", CCID_ATR_E_HISTORICAL, "libccid", same_accepted,
         "T0 announces more historical bytes than came: the ATR is cut short"},
	{"accepted", CCID_ATR_E_TCK_MISSING, "libccid", same_accepted,
         "a protocol other than T=0 is named, so TCK must come"},
	{"accepted", CCID_ATR_E_TRAILING, "libccid", same_accepted,
         "the ATR ends where its grammar ends; what a reader adds is no fault of the card"},
	{"accepted", 0, "libccid", same_accepted,
         "T=0 alone and K = 0: an ATR may end with its interface bytes"},
	{"hist", CCID_ATR_E_TRAILING, "pyscard", same_hist,
         "K of T0 counts the historical bytes, not the end of the input"},
	{"tck", CCID_ATR_E_TRAILING, "libccid", same_tck,
         "with T=0 alone there is no TCK; else it is the byte after the K historical ones"},
	{"tck_ok", CCID_ATR_E_TRAILING, NULL, tck_is_as_the_standard_says,
         "GnuPG sums the trailing bytes too"},
};

#define RULES (sizeof rules / sizeof *rules)

static bool explained(const char *field, const char *values, const struct sample *s)
{
	for (size_t i = 0; i < RULES; i++) {
		const struct rule *r = &rules[i];

		if (strcmp(r->field, field) != 0)
			continue;
		if (r->errors != 0 && (s->atr.errors & r->errors) == 0)
			continue;
		return r->agrees(r->right == NULL ? NULL : json_get(values, r->right), s);
	}
	return false;
}

static bool same_specific(const char *v, const struct ccid_atr *a)
{
	bool can_change = (a->ta2 & 0x80) == 0, implicit = (a->ta2 & 0x10) != 0;

	return a->specific && json_int(json_get(v, "t"), -1) == (a->ta2 & 0x0F) &&
	       json_is_true(json_get(v, "can_change")) == can_change &&
	       json_is_true(json_get(v, "implicit")) == implicit;
}

static bool same_ifsc(const char *v, const struct ccid_atr *a)
{
	long ifsc = json_int(v, -1);

	if (ifsc == 0 || ifsc == 255)
		return (a->errors & CCID_ATR_E_IFSC) != 0 && a->ifsc == (ifsc == 0 ? 32 : 254);
	return ifsc == a->ifsc;
}

static bool same_words(const char *v, const struct ccid_atr *a)
{
	static const char *const stop[4] = {"not supported", "state L", "state H", "no preference"};
	static const char *const class[5] = {"A 5V", "B 3V", "C 1.8V", "D RFU", "E RFU"};
	char words[64] = "";

	if (!json_is(v, stop[a->clock_stop]))
		return false;
	for (unsigned i = 0; i < 5; i++)
		if ((a->classes >> i & 1) != 0) {
			strcat(words, words[0] == '\0' ? "" : " ");
			strcat(words, class[i]);
		}
	return json_is(json_next(v), words);
}

/* Rows [i, clock stop, classes] for each TA(i), i > 2, that does not follow T=1: only the first
 * that follows T=15 has that meaning. */
static bool same_clock_stop(const char *rows, const struct ccid_atr *a)
{
	bool found = false;

	for (const char *r = json_first(rows); r != NULL; r = json_next(r)) {
		long i = json_int(json_first(r), 0);

		assert_true(i >= 3 && i <= a->groups);
		if (found || (a->ib[i - 2].td & 0x0F) != 15)
			continue;
		found = true;
		if (!same_words(json_next(json_first(r)), a))
			return false;
	}
	return found == a->has_t15;
}

static bool same_driver_protocols(const char *v, const struct ccid_atr *a)
{
	return protocol_set(v) == (a->specific ? 1u << (a->ta2 & 0x0F) : a->offered);
}

static unsigned default_protocol(const struct ccid_atr *a)
{
	return a->specific ? a->ta2 & 0x0F : a->first;
}

/* Fields that say nothing of an ATR that they do not stand for. */
static const struct check {
	const char *field;
	bool (*agrees)(const char *v, const struct ccid_atr *a);
} checks[] = {
	{"ib", same_interface_bytes},
	{"specific", same_specific},
	{"ifsc", same_ifsc},
	{"clock_stop_class", same_clock_stop},
	{"driver_protocols", same_driver_protocols},
};

static void check_numbers(const struct sample *s)
{
	const struct ccid_atr *a = &s->atr;
	const struct {
		const char *field;
		unsigned ours;
	} numbers[] = {
		{"fi", a->fi},
		{"di", a->di},
		{"guard", a->guard},
		{"wi", a->wi},
		{"bwi", a->bwi},
		{"cwi", a->cwi},
		{"used_length", a->used},
		{"driver_default_protocol", default_protocol(a)},
	};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		const char *v = json_get(s->row, numbers[i].field);

		if (v != NULL && !same_number(v, numbers[i].ours))
			fail_msg("%s: %s is %u here", s->row, numbers[i].field, numbers[i].ours);
	}
}

static void check_fields(const struct sample *s)
{
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		const char *v = json_get(s->row, checks[i].field);

		if (v != NULL && !checks[i].agrees(v, &s->atr))
			fail_msg("%s: %s", s->row, checks[i].field);
	}
}

static void check_presence(const struct sample *s)
{
	const struct ccid_atr *a = &s->atr;

	assert_int_equal(json_get(s->row, "ib") == NULL, a->groups == 0);
	assert_int_equal(json_get(s->row, "specific") != NULL, a->specific);
	assert_int_equal(protocol_set(json_get(s->row, "offered")), a->offered);
	if (json_get(s->row, "edc") != NULL)
		assert_int_equal(json_is(json_get(s->row, "edc"), "CRC"), a->crc);
}

static void check_agreement(const struct sample *s)
{
	const char *accepted = json_get(s->row, "accepted"), *hist = json_get(s->row, "hist");
	const char *tck = json_get(s->row, "tck");

	if (accepted != NULL && !same_accepted(accepted, s))
		fail_msg("%s: accepted", s->row);
	if (hist != NULL && !same_hist(hist, s))
		fail_msg("%s: hist", s->row);
	if (tck != NULL && !same_tck(tck, s))
		fail_msg("%s: tck", s->row);
	if (tck != NULL)
		assert_int_equal(json_is_true(json_get(s->row, "tck_ok")), s->atr.tck);
	else if (json_get(json_get(s->row, "differ"), "tck") == NULL)
		assert_int_equal(s->atr.tck, -1);
}

static void check_differences(const struct sample *s)
{
	static const char *const fields[] = {"di", "accepted", "hist", "tck", "tck_ok"};
	const char *differ = json_get(s->row, "differ");

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		const char *values = json_get(differ, fields[i]);

		if (values != NULL && !explained(fields[i], values, s))
			fail_msg("%s: %s differs without a reason", s->row, fields[i]);
	}
}

static void read_sample(struct sample *s, const char *row)
{
	assert_true(json_valid(row));
	s->row = row;
	s->len = from_hex(json_get(row, "atr"), s->bytes, sizeof s->bytes);
	s->err = ccid_atr_decode(&s->atr, s->bytes, s->len);
}

static void test_real_atrs_read_as_the_public_parsers_agree(void **state)
{
	char *text = corpus_load("ISCARD_TEST_DATA", "atr-oracle.jsonl", NULL);
	char *at = text, *row;
	unsigned rows = 0;
	struct sample s;

	(void)state;
	while ((row = corpus_line(&at)) != NULL) {
		read_sample(&s, row);
		check_agreement(&s);
		check_presence(&s);
		check_numbers(&s);
		check_fields(&s);
		check_differences(&s);
		rows++;
	}
	assert_true(rows > 0);
	printf("%u ATRs\n", rows);
	free(text);
}

static void test_every_listed_atr_stands_in_the_oracle(void **state)
{
	char *oracle = corpus_load("ISCARD_TEST_DATA", "atr-oracle.jsonl", NULL);
	char *list = corpus_load("ISCARD_TEST_DATA", "atrs.txt", NULL);
	char *at = oracle, *other = list, *row, *hex;
	uint8_t b[64];

	(void)state;
	while ((hex = corpus_line(&other)) != NULL) {
		size_t n = corpus_hex(hex, b, sizeof b);

		row = corpus_line(&at);
		assert_non_null(row);
		assert_true(same_hex(json_get(row, "atr"), b, n));
	}
	assert_null(corpus_line(&at));
	free(oracle);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real_atrs_read_as_the_public_parsers_agree),
		cmocka_unit_test(test_every_listed_atr_stands_in_the_oracle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
