/* SPDX-License-Identifier: MIT */
#include "ccid_msg.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SLOT 0x02
#define SEQ  0x9C

static void check(const struct ccid_cmd *cmd, const uint8_t *want, size_t len)
{
	uint8_t buf[64], exact[64];

	assert_int_equal(ccid_cmd_encode(buf, sizeof buf, cmd, SLOT, SEQ), len);
	assert_memory_equal(buf, want, len);
	assert_int_equal(ccid_cmd_encode(exact, len, cmd, SLOT, SEQ), len);
	assert_int_equal(ccid_cmd_encode(exact, len - 1, cmd, SLOT, SEQ), CCID_E_SPACE);
}

/* CHECK(command, type, dwLength, three parameter bytes, data...) */
#define CHECK(cmd, type, length, p7, p8, p9, ...)                                                  \
	do {                                                                                       \
		const struct ccid_cmd c_ = cmd;                                                    \
		const uint8_t want_[] = {                                                          \
			type, length, 0, 0, 0, SLOT, SEQ, p7, p8, p9, __VA_ARGS__};                \
		check(&c_, want_, 10 + (length));                                                  \
	} while (0)

static void power_on_selects_each_voltage(void **state)
{
	(void)state;
	CHECK(ccid_cmd_icc_power_on(CCID_POWER_AUTO), 0x62, 0, 0, 0, 0, 0);
	CHECK(ccid_cmd_icc_power_on(CCID_POWER_5V), 0x62, 0, 1, 0, 0, 0);
	CHECK(ccid_cmd_icc_power_on(CCID_POWER_3V), 0x62, 0, 2, 0, 0, 0);
	CHECK(ccid_cmd_icc_power_on(CCID_POWER_1V8), 0x62, 0, 3, 0, 0, 0);
}

static void commands_without_parameters(void **state)
{
	(void)state;
	CHECK(ccid_cmd_icc_power_off(), 0x63, 0, 0, 0, 0, 0);
	CHECK(ccid_cmd_get_slot_status(), 0x65, 0, 0, 0, 0, 0);
	CHECK(ccid_cmd_get_parameters(), 0x6C, 0, 0, 0, 0, 0);
	CHECK(ccid_cmd_reset_parameters(), 0x6D, 0, 0, 0, 0, 0);
	CHECK(ccid_cmd_abort(), 0x72, 0, 0, 0, 0, 0);
}

static void xfr_block_carries_bwi_level_and_data(void **state)
{
	const uint8_t apdu[] = {0x00, 0x84, 0x00, 0x00, 0x08};

	(void)state;
	CHECK(ccid_cmd_xfr_block(0, 0, apdu, 5), 0x6F, 5, 0, 0, 0, 0x00, 0x84, 0x00, 0x00, 0x08);
	CHECK(ccid_cmd_xfr_block(3, 0x1234, apdu, 2), 0x6F, 2, 3, 0x34, 0x12, 0x00, 0x84);
	CHECK(ccid_cmd_xfr_block(0, CCID_CHAIN_MORE, NULL, 0), 0x6F, 0, 0, 0x10, 0, 0);
}

static void secure_carries_bwi_level_and_data(void **state)
{
	const uint8_t pin[] = {0x00, 0x1E};

	(void)state;
	CHECK(ccid_cmd_secure(7, 0x0201, pin, 2), 0x69, 2, 7, 0x01, 0x02, 0x00, 0x1E);
}

static void set_parameters_for_both_protocols(void **state)
{
	const uint8_t t0[] = {0x11, 0x00, 0x00, 0x0A, 0x00};
	const uint8_t t1[] = {0x96, 0x10, 0x00, 0x4D, 0x00, 0xFE, 0x00};

	(void)state;
	CHECK(ccid_cmd_set_parameters(0, t0, 5), 0x61, 5, 0, 0, 0, 0x11, 0x00, 0x00, 0x0A, 0x00);
	CHECK(ccid_cmd_set_parameters(1, t1, 7), 0x61, 7, 1, 0, 0, 0x96, 0x10, 0x00, 0x4D, 0x00,
	      0xFE, 0x00);
}

static void escape_carries_vendor_bytes(void **state)
{
	const uint8_t vendor[] = {0x1F, 0x02};

	(void)state;
	CHECK(ccid_cmd_escape(vendor, 2), 0x6B, 2, 0, 0, 0, 0x1F, 0x02);
}

static void clock_and_t0_apdu_parameters(void **state)
{
	(void)state;
	CHECK(ccid_cmd_icc_clock(0), 0x6E, 0, 0, 0, 0, 0);
	CHECK(ccid_cmd_icc_clock(1), 0x6E, 0, 1, 0, 0, 0);
	CHECK(ccid_cmd_t0_apdu(3, 0x80, 0xFF), 0x6A, 0, 3, 0x80, 0xFF, 0);
}

static void mechanical_functions_are_numbered_one_to_five(void **state)
{
	(void)state;
	CHECK(ccid_cmd_mechanical(CCID_MECHANICAL_ACCEPT), 0x71, 0, 1, 0, 0, 0);
	CHECK(ccid_cmd_mechanical(CCID_MECHANICAL_EJECT), 0x71, 0, 2, 0, 0, 0);
	CHECK(ccid_cmd_mechanical(CCID_MECHANICAL_CAPTURE), 0x71, 0, 3, 0, 0, 0);
	CHECK(ccid_cmd_mechanical(CCID_MECHANICAL_LOCK), 0x71, 0, 4, 0, 0, 0);
	CHECK(ccid_cmd_mechanical(CCID_MECHANICAL_UNLOCK), 0x71, 0, 5, 0, 0, 0);
}

static void rate_and_clock_are_two_dwords(void **state)
{
	uint8_t data[8];

	(void)state;
	CHECK(ccid_cmd_set_data_rate_and_clock(data, 4800, 115200), 0x73, 8, 0, 0, 0, 0xC0, 0x12, 0,
	      0, 0x00, 0xC2, 0x01, 0x00);
}

static void a_length_takes_all_four_bytes(void **state)
{
	static uint8_t data[0x010203], buf[10 + sizeof data];
	const struct ccid_cmd cmd = ccid_cmd_xfr_block(0, 0, data, sizeof data);
	const uint8_t want[] = {0x6F, 0x03, 0x02, 0x01, 0x00};

	(void)state;
	assert_int_equal(ccid_cmd_encode(buf, sizeof buf, &cmd, 0, 0), sizeof buf);
	assert_memory_equal(buf, want, sizeof want);
}

static void data_in_place_stays_and_data_nearby_is_moved(void **state)
{
	uint8_t buf[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0xA0, 0xA1, 0xA2, 0xA3};
	const uint8_t in_place[] = {0xA0, 0xA1, 0xA2, 0xA3}, moved[] = {9, 10, 0xA0, 0xA1};
	struct ccid_cmd cmd = ccid_cmd_xfr_block(0, 0, buf + 10, 4);

	(void)state;
	assert_int_equal(ccid_cmd_encode(buf, sizeof buf, &cmd, 0, 0), 14);
	assert_memory_equal(buf + 10, in_place, 4);
	buf[8] = 9;
	buf[9] = 10;
	cmd.data = buf + 8;
	assert_int_equal(ccid_cmd_encode(buf, sizeof buf, &cmd, 0, 0), 14);
	assert_memory_equal(buf + 10, moved, 4);
}

static void a_hostile_length_is_refused_before_a_byte_moves(void **state)
{
	uint8_t buf[10] = {0x77};
	struct ccid_cmd cmd = ccid_cmd_xfr_block(0, 0, buf, SIZE_MAX);

	(void)state;
	assert_int_equal(ccid_cmd_encode(buf, sizeof buf, &cmd, 0, 0), CCID_E_SPACE);
	assert_int_equal(ccid_cmd_encode(buf, SIZE_MAX, &cmd, 0, 0), CCID_E_SPACE);
	cmd.len = INT_MAX - 9;
	assert_int_equal(ccid_cmd_encode(buf, SIZE_MAX, &cmd, 0, 0), CCID_E_SPACE);
	assert_int_equal(ccid_cmd_encode(buf, 0, &cmd, 0, 0), CCID_E_SPACE);
	cmd = ccid_cmd_xfr_block(0, 0, NULL, 1);
	assert_int_equal(ccid_cmd_encode(buf, sizeof buf, &cmd, 0, 0), CCID_E_ARG);
	assert_int_equal(buf[0], 0x77);
}

static void a_command_reads_back(void **state)
{
	const uint8_t in[] = {0x6F, 2, 0, 0, 0, 3, 0xFF, 0x11, 0x22, 0x33, 0xAA, 0xBB, 0xCC};
	struct ccid_cmd cmd;
	uint8_t slot, seq;

	(void)state;
	assert_int_equal(ccid_cmd_decode(&cmd, &slot, &seq, in, sizeof in), 0);
	assert_int_equal(cmd.type, CCID_XFR_BLOCK);
	assert_int_equal(cmd.param[0], 0x11);
	assert_int_equal(cmd.param[1], 0x22);
	assert_int_equal(cmd.param[2], 0x33);
	assert_int_equal(cmd.len, 2);
	assert_ptr_equal(cmd.data, in + 10);
	assert_int_equal(slot, 3);
	assert_int_equal(seq, 0xFF);
}

static void a_cut_command_is_short_and_stores_nothing(void **state)
{
	const uint8_t in[] = {0x6F, 2, 0, 0, 0, 3, 4, 0, 0, 0, 0xAA, 0xBB};
	struct ccid_cmd cmd = {.type = 1};
	uint8_t slot = 0x55, seq = 0x66;

	(void)state;
	for (size_t len = 0; len < sizeof in; len++)
		assert_int_equal(ccid_cmd_decode(&cmd, &slot, &seq, in, len), CCID_E_SHORT);
	assert_int_equal(cmd.type, 1);
	assert_int_equal(slot, 0x55);
	assert_int_equal(seq, 0x66);
	assert_int_equal(ccid_cmd_decode(&cmd, &slot, &seq, in, sizeof in), 0);
}

static void an_answer_yields_every_field(void **state)
{
	const uint8_t in[] = {0x80, 3, 0, 0, 0, 1, 0xFE, 0x42, 0xF7, 0x10, 0x3B, 0x90, 0x00};
	struct ccid_rsp rsp;

	(void)state;
	assert_int_equal(ccid_rsp_decode(&rsp, in, sizeof in), 0);
	assert_int_equal(rsp.type, CCID_DATA_BLOCK);
	assert_int_equal(rsp.slot, 1);
	assert_int_equal(rsp.seq, 0xFE);
	assert_int_equal(rsp.status, 0x42);
	assert_int_equal(rsp.error, 0xF7);
	assert_int_equal(rsp.param, 0x10);
	assert_int_equal(rsp.len, 3);
	assert_ptr_equal(rsp.data, in + 10);
	assert_int_equal(rsp.extra, 0);
}

static void a_cut_answer_is_short_and_stores_nothing(void **state)
{
	const uint8_t in[] = {0x82, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0x11, 0x00};
	struct ccid_rsp rsp = {.type = 1};

	(void)state;
	for (size_t len = 0; len < sizeof in; len++)
		assert_int_equal(ccid_rsp_decode(&rsp, in, len), CCID_E_SHORT);
	assert_int_equal(rsp.type, 1);
	assert_int_equal(ccid_rsp_decode(&rsp, NULL, 0), CCID_E_SHORT);
	assert_int_equal(ccid_rsp_decode(&rsp, in, sizeof in), 0);
}

static void a_length_of_4_gib_never_wraps(void **state)
{
	uint8_t in[12] = {0x80, 0xFF, 0xFF, 0xFF, 0xFF};
	struct ccid_rsp rsp;

	(void)state;
	assert_int_equal(ccid_rsp_decode(&rsp, in, sizeof in), CCID_E_SHORT);
	in[1] = 0xF6; /* 10 + dwLength wraps to 0 in 32 bits */
	assert_int_equal(ccid_rsp_decode(&rsp, in, sizeof in), CCID_E_SHORT);
	in[1] = 3;
	in[2] = in[3] = in[4] = 0;
	assert_int_equal(ccid_rsp_decode(&rsp, in, sizeof in), CCID_E_SHORT);
}

static void trailing_bytes_are_counted_not_taken(void **state)
{
	/* as QEMU's reader answers GetParameters: dwLength 0, seven bytes behind */
	const uint8_t in[] = {0x82, 0,    0,    0,    0,    0,    7,    0,   0,
	                      0,    0x11, 0x10, 0x00, 0x0A, 0x00, 0x20, 0x00};
	struct ccid_rsp rsp;

	(void)state;
	assert_int_equal(ccid_rsp_decode(&rsp, in, sizeof in), 0);
	assert_int_equal(rsp.len, 0);
	assert_int_equal(rsp.extra, 7);
}

static void status_splits_into_card_and_command(void **state)
{
	static const enum ccid_icc icc[] = {CCID_ICC_ACTIVE, CCID_ICC_INACTIVE, CCID_ICC_ABSENT,
	                                    CCID_ICC_ABSENT};
	struct ccid_rsp rsp = {.type = CCID_SLOT_STATUS};

	(void)state;
	for (unsigned status = 0; status < 256; status++) {
		rsp.status = (uint8_t)status;
		assert_int_equal(ccid_rsp_icc(&rsp), icc[status & 3]);
		assert_int_equal(ccid_rsp_cmd_status(&rsp), status >> 6);
	}
}

static void every_command_has_its_answer_type(void **state)
{
	static const uint8_t want[][2] = {
		{0x61, 0x82}, {0x62, 0x80}, {0x63, 0x81}, {0x65, 0x81}, {0x69, 0x80},
		{0x6A, 0x81}, {0x6B, 0x83}, {0x6C, 0x82}, {0x6D, 0x82}, {0x6E, 0x81},
		{0x6F, 0x80}, {0x71, 0x81}, {0x72, 0x81}, {0x73, 0x84},
	};
	uint8_t table[256] = {0};

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
		table[want[i][0]] = want[i][1];
	for (unsigned t = 0; t < 256; t++)
		assert_int_equal(ccid_cmd_expects((uint8_t)t), table[t]);
}

static int failure(uint8_t status, uint8_t error)
{
	const struct ccid_rsp rsp = {.type = CCID_SLOT_STATUS, .status = status, .error = error};

	return ccid_rsp_failure(&rsp);
}

static void failures_with_an_active_card(void **state)
{
	static const struct {
		uint8_t error;
		int err;
	} want[] = {
		{0x00, CCID_E_UNSUPPORTED},   {0x05, CCID_E_NO_SLOT},     {0x07, CCID_E_REFUSED},
		{0x01, CCID_E_REFUSED},       {0x7F, CCID_E_REFUSED},     {0x80, CCID_E_REFUSED},
		{0x81, CCID_E_REFUSED},       {0xC0, CCID_E_REFUSED},     {0xE0, CCID_E_SLOT_BUSY},
		{0xEF, CCID_E_PIN_CANCELLED}, {0xF0, CCID_E_PIN_TIMEOUT}, {0xF1, CCID_E_REFUSED},
		{0xF2, CCID_E_SLOT_BUSY},     {0xF3, CCID_E_PROTOCOL},    {0xF4, CCID_E_COMM},
		{0xF5, CCID_E_CLASS},         {0xF6, CCID_E_PROTOCOL},    {0xF7, CCID_E_BAD_ATR},
		{0xF8, CCID_E_BAD_ATR},       {0xF9, CCID_E_REFUSED},     {0xFB, CCID_E_HARDWARE},
		{0xFC, CCID_E_COMM},          {0xFD, CCID_E_COMM},        {0xFE, CCID_E_MUTE},
		{0xFF, CCID_E_ABORTED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
		assert_int_equal(failure(0x40, want[i].error), want[i].err);
}

static void mute_means_no_card_or_no_power_where_bstatus_says_so(void **state)
{
	(void)state;
	assert_int_equal(failure(0x40, 0xFE), CCID_E_MUTE);
	assert_int_equal(failure(0x41, 0xFE), CCID_E_INACTIVE);
	assert_int_equal(failure(0x42, 0xFE), CCID_E_NOCARD);
	assert_int_equal(failure(0x43, 0xFE), CCID_E_NOCARD);
}

static void an_absent_card_explains_errors_about_the_card_only(void **state)
{
	(void)state;
	assert_int_equal(failure(0x42, 0xFD), CCID_E_NOCARD);
	assert_int_equal(failure(0x42, 0xF6), CCID_E_NOCARD);
	assert_int_equal(failure(0x42, 0x05), CCID_E_NO_SLOT);
	assert_int_equal(failure(0x42, 0x00), CCID_E_UNSUPPORTED);
	assert_int_equal(failure(0x42, 0xFB), CCID_E_HARDWARE);
	assert_int_equal(failure(0x42, 0xE0), CCID_E_SLOT_BUSY);
	assert_int_equal(failure(0x42, 0xFF), CCID_E_ABORTED);
}

static void a_failure_without_the_failed_bit_uses_berror_or_mute(void **state)
{
	(void)state;
	assert_int_equal(failure(0x00, 0x00), CCID_E_MUTE);
	assert_int_equal(failure(0x01, 0x00), CCID_E_INACTIVE);
	assert_int_equal(failure(0x02, 0x00), CCID_E_NOCARD);
	assert_int_equal(failure(0x00, 0xF6), CCID_E_PROTOCOL);
}

static void a_failure_is_never_success(void **state)
{
	(void)state;
	for (unsigned status = 0; status < 256; status++)
		for (unsigned error = 0; error < 256; error++)
			assert_true(failure((uint8_t)status, (uint8_t)error) < 0);
}

static void messages_are_named_as_the_specification_writes_them(void **state)
{
	(void)state;
	assert_string_equal(ccid_msg_name(0x61), "PC_to_RDR_SetParameters");
	assert_string_equal(ccid_msg_name(0x62), "PC_to_RDR_IccPowerOn");
	assert_string_equal(ccid_msg_name(0x63), "PC_to_RDR_IccPowerOff");
	assert_string_equal(ccid_msg_name(0x65), "PC_to_RDR_GetSlotStatus");
	assert_string_equal(ccid_msg_name(0x69), "PC_to_RDR_Secure");
	assert_string_equal(ccid_msg_name(0x6A), "PC_to_RDR_T0APDU");
	assert_string_equal(ccid_msg_name(0x6B), "PC_to_RDR_Escape");
	assert_string_equal(ccid_msg_name(0x6C), "PC_to_RDR_GetParameters");
	assert_string_equal(ccid_msg_name(0x6D), "PC_to_RDR_ResetParameters");
	assert_string_equal(ccid_msg_name(0x6E), "PC_to_RDR_IccClock");
	assert_string_equal(ccid_msg_name(0x6F), "PC_to_RDR_XfrBlock");
	assert_string_equal(ccid_msg_name(0x71), "PC_to_RDR_Mechanical");
	assert_string_equal(ccid_msg_name(0x72), "PC_to_RDR_Abort");
	assert_string_equal(ccid_msg_name(0x73), "PC_to_RDR_SetDataRateAndClockFrequency");
	assert_string_equal(ccid_msg_name(0x80), "RDR_to_PC_DataBlock");
	assert_string_equal(ccid_msg_name(0x81), "RDR_to_PC_SlotStatus");
	assert_string_equal(ccid_msg_name(0x82), "RDR_to_PC_Parameters");
	assert_string_equal(ccid_msg_name(0x83), "RDR_to_PC_Escape");
	assert_string_equal(ccid_msg_name(0x84), "RDR_to_PC_DataRateAndClockFrequency");
	assert_string_equal(ccid_msg_name(0x50), "RDR_to_PC_NotifySlotChange");
	assert_string_equal(ccid_msg_name(0x51), "RDR_to_PC_HardwareError");
	assert_string_equal(ccid_msg_name(0x64), "?");
	assert_string_equal(ccid_msg_name(0x89), "?");
}

static void errors_are_named_as_the_specification_writes_them(void **state)
{
	static const struct {
		unsigned first, last;
		const char *name;
	} want[] = {
		{0x00, 0x00, "CMD_NOT_SUPPORTED"},
		{0x01, 0x7F, "BAD_PARAMETER"},
		{0x80, 0x80, "RESERVED"},
		{0x81, 0xC0, "USER_DEFINED"},
		{0xC1, 0xDF, "RESERVED"},
		{0xE0, 0xE0, "CMD_SLOT_BUSY"},
		{0xE1, 0xEE, "RESERVED"},
		{0xEF, 0xEF, "PIN_CANCELLED"},
		{0xF0, 0xF0, "PIN_TIMEOUT"},
		{0xF1, 0xF1, "RESERVED"},
		{0xF2, 0xF2, "BUSY_WITH_AUTO_SEQUENCE"},
		{0xF3, 0xF3, "DEACTIVATED_PROTOCOL"},
		{0xF4, 0xF4, "PROCEDURE_BYTE_CONFLICT"},
		{0xF5, 0xF5, "ICC_CLASS_NOT_SUPPORTED"},
		{0xF6, 0xF6, "ICC_PROTOCOL_NOT_SUPPORTED"},
		{0xF7, 0xF7, "BAD_ATR_TCK"},
		{0xF8, 0xF8, "BAD_ATR_TS"},
		{0xF9, 0xFA, "RESERVED"},
		{0xFB, 0xFB, "HW_ERROR"},
		{0xFC, 0xFC, "XFR_OVERRUN"},
		{0xFD, 0xFD, "XFR_PARITY_ERROR"},
		{0xFE, 0xFE, "ICC_MUTE"},
		{0xFF, 0xFF, "CMD_ABORTED"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
		for (unsigned e = want[i].first; e <= want[i].last; e++)
			assert_string_equal(ccid_error_name((uint8_t)e), want[i].name);
}

static void both_halves_of_the_status_have_names(void **state)
{
	(void)state;
	assert_string_equal(ccid_icc_name(CCID_ICC_ACTIVE), "active");
	assert_string_equal(ccid_icc_name(CCID_ICC_INACTIVE), "inactive");
	assert_string_equal(ccid_icc_name(CCID_ICC_ABSENT), "absent");
	assert_string_equal(ccid_cmd_status_name(CCID_CMD_OK), "processed");
	assert_string_equal(ccid_cmd_status_name(CCID_CMD_FAILED), "failed");
	assert_string_equal(ccid_cmd_status_name(CCID_CMD_TIME_EXTENSION), "time extension");
	assert_string_equal(ccid_cmd_status_name(CCID_CMD_RFU), "RFU");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(power_on_selects_each_voltage),
		cmocka_unit_test(commands_without_parameters),
		cmocka_unit_test(xfr_block_carries_bwi_level_and_data),
		cmocka_unit_test(secure_carries_bwi_level_and_data),
		cmocka_unit_test(set_parameters_for_both_protocols),
		cmocka_unit_test(escape_carries_vendor_bytes),
		cmocka_unit_test(clock_and_t0_apdu_parameters),
		cmocka_unit_test(mechanical_functions_are_numbered_one_to_five),
		cmocka_unit_test(rate_and_clock_are_two_dwords),
		cmocka_unit_test(a_length_takes_all_four_bytes),
		cmocka_unit_test(data_in_place_stays_and_data_nearby_is_moved),
		cmocka_unit_test(a_hostile_length_is_refused_before_a_byte_moves),
		cmocka_unit_test(a_command_reads_back),
		cmocka_unit_test(a_cut_command_is_short_and_stores_nothing),
		cmocka_unit_test(an_answer_yields_every_field),
		cmocka_unit_test(a_cut_answer_is_short_and_stores_nothing),
		cmocka_unit_test(a_length_of_4_gib_never_wraps),
		cmocka_unit_test(trailing_bytes_are_counted_not_taken),
		cmocka_unit_test(status_splits_into_card_and_command),
		cmocka_unit_test(every_command_has_its_answer_type),
		cmocka_unit_test(failures_with_an_active_card),
		cmocka_unit_test(mute_means_no_card_or_no_power_where_bstatus_says_so),
		cmocka_unit_test(an_absent_card_explains_errors_about_the_card_only),
		cmocka_unit_test(a_failure_without_the_failed_bit_uses_berror_or_mute),
		cmocka_unit_test(a_failure_is_never_success),
		cmocka_unit_test(messages_are_named_as_the_specification_writes_them),
		cmocka_unit_test(errors_are_named_as_the_specification_writes_them),
		cmocka_unit_test(both_halves_of_the_status_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
