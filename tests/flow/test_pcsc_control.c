/* SPDX-License-Identifier: MIT */
/* SCardControl on a reader with a pad, message by message: PIN entry of PC/SC part 10, escape. */
#include "pcsc_priv.h"
#include "rig.h"

#define CODE(hr) ((long)(uint32_t)(hr))
#define OK       0
#define ATTACH   OPENING(INACTIVE), ACTIVATION(ATR_T0)
#define VERIFY   PCSC_CONTROL_FEATURE(PCSC_FEATURE_VERIFY_PIN)
#define MODIFY   PCSC_CONTROL_FEATURE(PCSC_FEATURE_MODIFY_PIN)

static const struct fake_reader pad = {.features = FAKE_SHORT, .pin_support = 3};
static const struct fake_reader verify_only = {.features = FAKE_SHORT, .pin_support = 1};

/* VERIFY 81, ASCII, four to eight digits, as long as typed. */
static const uint8_t structure[] = {0x1E, 0x1E, 0x82, 0x00, 0x00, 0x08, 0x04, 0x02,
                                    0x01, 0x09, 0x04, 0x00, 0x00, 0x00, 0x00, 0x04,
                                    0x00, 0x00, 0x00, 0x00, 0x20, 0x00, 0x81};
#define BLOCK "00 1E 82 00 00 08 04 02 01 09 04 00 00 00 00 00 20 00 81"

static long context, card;

static HRESULT make(iscard_context **out)
{
	*out = iscard_context_ref(rig.context);
	return S_OK;
}

static void begin(void)
{
	unsigned long protocol;

	ccid_pcsc_stand_in(make);
	assert_int_equal(iscard_pcsc_establish_context(PCSC_SCOPE_SYSTEM, &context), OK);
	assert_int_equal(
		iscard_pcsc_connect(context, "test:reader", PCSC_SHARE_SHARED, 3, &card, &protocol),
		OK);
}

static void end(void)
{
	assert_int_equal(iscard_pcsc_release_context(context), OK);
	rig_end();
}

static long control(unsigned long code, const void *in, size_t len, uint8_t out[64],
                    unsigned long *n)
{
	memset(out, 0xEE, 64);
	return iscard_pcsc_control(card, code, in, len, out, 64, n);
}

static void a_pin_goes_from_the_pad_to_the_card(void **state)
{
	static const struct script_step steps[] = {
		ATTACH,
		EXPECT_OUT("69 nnnnnnnn 00 ss 00 0000 " BLOCK),
		XFR_IN("00", "90 00"),
		EXPECT_OUT("69 nnnnnnnn 00 ss 00 0000 " BLOCK),
		XFR_IN("00", "63 C2"),
		EXPECT_OUT("69 nnnnnnnn 00 ss 00 0000 " BLOCK),
		GIVE_IN("80 00000000 00 ss " FAILED_ACTIVE " EF 00"), /* cancelled at the pad */
		CLOSING_POWERED};
	uint8_t out[64];
	unsigned long n;

	(void)state;
	RIG_START(&pad, steps);
	begin();
	assert_int_equal(control(VERIFY, structure, sizeof structure, out, &n), OK);
	assert_int_equal(n, 2);
	assert_memory_equal(out, "\x90\x00\xEE", 3);
	assert_int_equal(control(VERIFY, structure, sizeof structure, out, &n), OK);
	assert_memory_equal(out, "\x63\xC2", 2);
	assert_int_equal(control(VERIFY, structure, sizeof structure, out, &n), OK);
	assert_memory_equal(out, "\x64\x01", 2);
	end();
}

static void what_is_no_structure_reaches_no_reader(void **state)
{
	static const struct script_step steps[] = {ATTACH, CLOSING_POWERED};
	uint8_t out[64];
	unsigned long n;

	(void)state;
	RIG_START(&pad, steps);
	begin();
	assert_int_equal(control(VERIFY, structure, sizeof structure - 1, out, &n),
	                 CODE(SCARD_E_INVALID_PARAMETER));
	assert_int_equal(control(VERIFY, NULL, 0, out, &n), CODE(SCARD_E_INVALID_PARAMETER));
	assert_int_equal(n, 0);
	assert_int_equal(control(MODIFY, structure, sizeof structure, out, &n),
	                 CODE(SCARD_E_INVALID_PARAMETER));
	assert_int_equal(iscard_pcsc_control(card, VERIFY, structure, sizeof structure, out, 1, &n),
	                 CODE(SCARD_E_INSUFFICIENT_BUFFER));
	end();
}

static void a_pad_is_told_of_as_part_10_has_it(void **state)
{
	static const struct script_step steps[] = {ATTACH, CLOSING_POWERED};
	static const uint8_t features[] = {6,    4, 0x42, 0x33, 0, 6,    0x0A, 4, 0x42,
	                                   0x33, 0, 0x0A, 0x12, 4, 0x42, 0x33, 0, 0x12};
	uint8_t out[64];
	unsigned long n;

	(void)state;
	RIG_START(&verify_only, steps);
	begin();
	assert_int_equal(control(PCSC_CONTROL_FEATURES, NULL, 0, out, &n), OK);
	assert_int_equal(n, sizeof features);
	assert_memory_equal(out, features, n);
	assert_int_equal(control(PCSC_CONTROL_FEATURE(10), NULL, 0, out, &n), OK);
	assert_int_equal(n, 4);
	assert_memory_equal(out, "\x00\x00\x07\x00", 4);
	assert_int_equal(control(MODIFY, structure, sizeof structure, out, &n), PCSC_UNSUPPORTED);
	end();
}

static void vendor_commands_need_leave(void **state)
{
	static const struct script_step steps[] = {
		ATTACH, EXPECT_OUT("6B nnnnnnnn 00 ss 000000 01 02"),
		GIVE_IN("83 02000000 00 ss 00 00 00 AA BB"), CLOSING_POWERED};
	uint8_t out[64];
	unsigned long n;

	(void)state;
	RIG_START(&pad, steps);
	begin();
	assert_int_equal(control(PCSC_CONTROL_ESCAPE, "\x01\x02", 2, out, &n),
	                 CODE(SCARD_E_NOT_TRANSACTED));
	assert_int_equal(n, 0);
	rig.context->options.escapes = 1;
	assert_int_equal(control(PCSC_CONTROL_ESCAPE, "\x01\x02", 2, out, &n), OK);
	assert_int_equal(n, 2);
	assert_memory_equal(out, "\xAA\xBB", 2);
	assert_int_equal(control(PCSC_CONTROL_FEATURES, NULL, 0, out, &n), OK);
	assert_int_equal(out[n - 6], PCSC_FEATURE_ESCAPE);
	end();
}

/* Programs keep a code in an int. */
static void a_code_has_its_text_whatever_its_width(void **state)
{
	(void)state;
	assert_string_equal(iscard_pcsc_strerror((int32_t)PCSC_UNSUPPORTED),
	                    iscard_strerror(SCARD_E_UNSUPPORTED_FEATURE));
	assert_string_equal(iscard_pcsc_strerror(PCSC_UNSUPPORTED),
	                    iscard_strerror(SCARD_E_UNSUPPORTED_FEATURE));
	assert_string_equal(iscard_pcsc_strerror(SCARD_E_TIMEOUT),
	                    iscard_strerror(SCARD_E_TIMEOUT));
	assert_string_equal(iscard_pcsc_strerror(CODE(SCARD_E_TIMEOUT)),
	                    iscard_strerror(SCARD_E_TIMEOUT));
}

/* A command that failed has nothing to do with a lock, and there is no ReAttach here. */
static void texts_are_in_the_words_of_pcsc(void **state)
{
	static const HRESULT own[] = {SCARD_E_INVALID_HANDLE, SCARD_E_NOT_TRANSACTED,
	                              SCARD_E_NO_SERVICE, SCARD_W_RESET_CARD};

	(void)state;
	for (uint32_t code = 0x80100000; code < 0x80100080; code++)
		assert_null(strstr(iscard_pcsc_strerror((long)code), "ReAttach"));
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		assert_string_not_equal(iscard_pcsc_strerror(own[i]), iscard_strerror(own[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pin_goes_from_the_pad_to_the_card),
		cmocka_unit_test(what_is_no_structure_reaches_no_reader),
		cmocka_unit_test(a_pad_is_told_of_as_part_10_has_it),
		cmocka_unit_test(vendor_commands_need_leave),
		cmocka_unit_test(a_code_has_its_text_whatever_its_width),
		cmocka_unit_test(texts_are_in_the_words_of_pcsc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
