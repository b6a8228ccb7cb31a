/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "bytebuffer.h"
#include "cmd.h"

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static ISCardCmd *cmd_new(void)
{
	ISCardCmd *c = NULL;

	assert_int_equal(ccid_cmd_new(&c), S_OK);
	return c;
}

static IByteBuffer *bytes(const void *data, size_t n)
{
	IByteBuffer *b = NULL;

	assert_int_equal(iscard_buffer_create(data, n, &b), S_OK);
	return b;
}

static void assert_buffer(IByteBuffer *b, const void *want, size_t n)
{
	struct ccid_blob got = {0};
	LONG pos = -1;

	assert_non_null(b);
	assert_int_equal(IByteBuffer_Seek(b, 0, STREAM_SEEK_CUR, &pos), S_OK);
	assert_int_equal(pos, 0);
	assert_int_equal(ccid_bytebuffer_content(b, 100000, &got), S_OK);
	assert_int_equal(got.len, n);
	if (n > 0)
		assert_memory_equal(got.p, want, n);
	ccid_blob_free(&got);
	IByteBuffer_Release(b);
}

static void assert_apdu(ISCardCmd *c, const void *want, size_t n)
{
	IByteBuffer *b = NULL;
	LONG len = -1;

	assert_int_equal(ISCardCmd_get_ApduLength(c, &len), S_OK);
	assert_int_equal(len, n);
	assert_int_equal(ISCardCmd_get_Apdu(c, &b), S_OK);
	assert_buffer(b, want, n);
}

static HRESULT put(ISCardCmd *c, const void *apdu, size_t n)
{
	IByteBuffer *b = bytes(apdu, n);
	HRESULT hr = ISCardCmd_put_Apdu(c, b);

	IByteBuffer_Release(b);
	return hr;
}

/* BuildCmd with n data bytes 5A and Le (-1: none); the expected APDU is head, data, tail. */
static void check_build(LONG n, LONG le, const void *head, size_t nhead, const void *tail,
                        size_t ntail)
{
	ISCardCmd *c = cmd_new();
	uint8_t *want = malloc(nhead + (size_t)n + ntail);
	IByteBuffer *data;

	memset(want, 0x5a, nhead + (size_t)n + ntail);
	data = bytes(want, (size_t)n);
	memcpy(want, head, nhead);
	memcpy(want + nhead + n, tail, ntail);
	assert_int_equal(
		ISCardCmd_BuildCmd(c, 0, 0xa4, 1, 2, n > 0 ? data : NULL, le < 0 ? NULL : &le),
		S_OK);
	assert_apdu(c, want, nhead + (size_t)n + ntail);
	IByteBuffer_Release(data);
	ISCardCmd_Release(c);
	free(want);
}

static void build_cmd_encodes_the_four_cases(void **state)
{
	(void)state;
	check_build(0, -1, "\0\xa4\1\2", 4, "", 0);
	check_build(0, 0, "\0\xa4\1\2\0", 5, "", 0);
	check_build(0, 8, "\0\xa4\1\2\x08", 5, "", 0);
	check_build(0, 255, "\0\xa4\1\2\xff", 5, "", 0);
	check_build(0, 256, "\0\xa4\1\2\0", 5, "", 0);
	check_build(2, -1, "\0\xa4\1\2\2", 5, "", 0);
	check_build(255, -1, "\0\xa4\1\2\xff", 5, "", 0);
	check_build(2, 0, "\0\xa4\1\2\2", 5, "\0", 1);
	check_build(2, 16, "\0\xa4\1\2\2", 5, "\x10", 1);
}

static void either_long_field_makes_both_extended(void **state)
{
	(void)state;
	check_build(0, 257, "\0\xa4\1\2\0\1\1", 7, "", 0);
	check_build(0, 65536, "\0\xa4\1\2\0\0\0", 7, "", 0);
	check_build(256, -1, "\0\xa4\1\2\0\1\0", 7, "", 0);
	check_build(65535, -1, "\0\xa4\1\2\0\xff\xff", 7, "", 0);
	check_build(256, 256, "\0\xa4\1\2\0\1\0", 7, "\1\0", 2);
	check_build(256, 0, "\0\xa4\1\2\0\1\0", 7, "\0\0", 2);
	check_build(1, 257, "\0\xa4\1\2\0\0\1", 7, "\1\1", 2);
}

static void build_cmd_refuses_what_no_apdu_can_say(void **state)
{
	LONG le[] = {-1, 65537, -2147483647};
	ISCardCmd *c = cmd_new();
	uint8_t *big = calloc(1, 65536);
	IByteBuffer *data = bytes(big, 65536);

	(void)state;
	assert_int_equal(put(c, "\0\xb0\0\0\4", 5), S_OK);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(ISCardCmd_BuildCmd(c, 0, 0, 0, 0, NULL, &le[i]), E_INVALIDARG);
	assert_int_equal(ISCardCmd_BuildCmd(c, 0, 0, 0, 0, data, NULL), E_INVALIDARG);
	assert_apdu(c, "\0\xb0\0\0\4", 5);
	IByteBuffer_Release(data);
	ISCardCmd_Release(c);
	free(big);
}

static void select_mf_as_on_the_page(void **state)
{
	BYTE mf[] = {0x3f, 0x00};
	IByteBuffer *data = bytes(mf, 2);
	ISCardCmd *c = cmd_new();
	LONG le = 0;

	(void)state;
	assert_int_equal(IByteBuffer_Seek(data, 1, STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(ISCardCmd_BuildCmd(c, 0x00, 0xa4, 0x00, 0x00, data, &le), S_OK);
	assert_apdu(c, "\0\xa4\0\0\2\x3f\0\0", 8);
	assert_int_equal(IByteBuffer_Seek(data, 0, STREAM_SEEK_CUR, &le), S_OK);
	assert_int_equal(le, 1);
	assert_int_equal(ISCardCmd_get_LeField(c, &le), S_OK);
	assert_int_equal(le, 256);
	IByteBuffer_Release(data);
	ISCardCmd_Release(c);
}

static void put_apdu_takes_only_whole_apdus(void **state)
{
	ISCardCmd *c = cmd_new();
	IByteBuffer *b = NULL;

	(void)state;
	assert_apdu(c, "", 0);
	assert_int_equal(ISCardCmd_put_Apdu(c, NULL), E_POINTER);
	assert_int_equal(put(c, "", 0), E_INVALIDARG);
	assert_int_equal(put(c, "\0\xa4\0", 3), E_INVALIDARG);
	assert_int_equal(put(c, "\0\xa4\0\0", 4), S_OK);
	assert_int_equal(ccid_cmd_reply(c, (const uint8_t *)"abc", 3, 0x9000), S_OK);
	assert_int_equal(put(c, "\0\xa4\0\0\3xy", 7), E_INVALIDARG);
	assert_apdu(c, "\0\xa4\0\0", 4);
	assert_int_equal(ISCardCmd_get_ApduReply(c, &b), S_OK);
	assert_buffer(b, "abc", 3);
	assert_int_equal(put(c, "\0\xa4\0\0\2xy\1", 8), S_OK);
	assert_int_equal(ISCardCmd_get_ApduReply(c, &b), S_OK);
	assert_null(b);
	assert_apdu(c, "\0\xa4\0\0\2xy\1", 8);
	ISCardCmd_Release(c);
}

static void header_bytes_have_properties(void **state)
{
	ISCardCmd *c = cmd_new();
	BYTE b = 1;

	(void)state;
	assert_int_equal(ISCardCmd_get_ClassId(c, &b), S_OK);
	assert_int_equal(b, 0);
	assert_int_equal(ISCardCmd_put_P2(c, 6), S_OK);
	assert_apdu(c, "\0\0\0\6", 4);
	assert_int_equal(ISCardCmd_put_ClassId(c, 0xc0), S_OK);
	assert_int_equal(ISCardCmd_put_InstructionId(c, 0xb2), S_OK);
	assert_int_equal(ISCardCmd_put_P1(c, 7), S_OK);
	assert_apdu(c, "\xc0\xb2\7\6", 4);
	assert_int_equal(ISCardCmd_get_ClassId(c, &b), S_OK);
	assert_int_equal(b, 0xc0);
	assert_int_equal(ISCardCmd_get_InstructionId(c, &b), S_OK);
	assert_int_equal(b, 0xb2);
	assert_int_equal(ISCardCmd_get_P1(c, &b), S_OK);
	assert_int_equal(b, 7);
	assert_int_equal(ISCardCmd_get_P2(c, &b), S_OK);
	assert_int_equal(b, 6);
	assert_int_equal(ISCardCmd_get_P1(c, NULL), E_POINTER);
	ISCardCmd_Release(c);
}

static void p3_le_and_type_follow_the_case(void **state)
{
	static const struct {
		const char *apdu;
		size_t n;
		BYTE p3;
		LONG le;
		int type;
	} rows[] = {
		{"\0\xa4\0\0", 4, 0, 0, 1},           {"\0\xa4\0\0\x10", 5, 0x10, 16, 2},
		{"\0\xa4\0\0\0", 5, 0, 256, 2},       {"\0\xa4\0\0\2ab", 7, 2, 0, 3},
		{"\0\xa4\0\0\2ab\5", 8, 2, 5, 4},     {"\0\xa4\0\0\0\1\2", 7, 0, 258, 2},
		{"\0\xa4\0\0\0\0\0", 7, 0, 65536, 2}, {"\0\xa4\0\0\0\0\1x\0\0", 10, 0, 65536, 4},
	};
	ISCardCmd *c = cmd_new();
	ISO_APDU_TYPE type;
	BYTE p3 = 9;
	LONG le = 9;

	(void)state;
	assert_int_equal(ISCardCmd_get_P3(c, &p3), S_OK);
	assert_int_equal(p3, 0);
	assert_int_equal(ISCardCmd_get_LeField(c, &le), S_OK);
	assert_int_equal(le, 0);
	assert_int_equal(ISCardCmd_get_LeField(c, NULL), E_INVALIDARG);
	assert_int_equal(ISCardCmd_get_P3(c, NULL), E_POINTER);
	assert_int_equal(ISCardCmd_get_Type(c, NULL), E_POINTER);
	assert_int_equal(ISCardCmd_get_Type(c, &type), E_UNEXPECTED);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(put(c, rows[i].apdu, rows[i].n), S_OK);
		assert_int_equal(ISCardCmd_get_P3(c, &p3), S_OK);
		assert_int_equal(p3, rows[i].p3);
		assert_int_equal(ISCardCmd_get_LeField(c, &le), S_OK);
		assert_int_equal(le, rows[i].le);
		assert_int_equal(ISCardCmd_get_Type(c, &type), S_OK);
		assert_int_equal(type, rows[i].type);
	}
	ISCardCmd_Release(c);
}

static void put_data_keeps_le_and_recomputes_lc(void **state)
{
	ISCardCmd *c = cmd_new();
	IByteBuffer *two = bytes("xy", 2), *none = bytes("", 0), *b = NULL;
	uint8_t long_data[300] = {7};
	IByteBuffer *many = bytes(long_data, sizeof long_data);
	LONG len = 0;

	(void)state;
	assert_int_equal(ISCardCmd_put_Data(c, NULL), E_POINTER);
	assert_int_equal(ISCardCmd_put_Data(c, two), S_OK);
	assert_apdu(c, "\0\0\0\0\2xy", 7);
	assert_int_equal(put(c, "\0\xa4\0\0\x10", 5), S_OK);
	assert_int_equal(ISCardCmd_get_Data(c, &b), S_OK);
	assert_buffer(b, "", 0);
	assert_int_equal(ISCardCmd_put_Data(c, two), S_OK);
	assert_apdu(c, "\0\xa4\0\0\2xy\x10", 8);
	assert_int_equal(ISCardCmd_get_Data(c, &b), S_OK);
	assert_buffer(b, "xy", 2);
	assert_int_equal(ISCardCmd_put_Data(c, many), S_OK);
	assert_int_equal(ISCardCmd_get_ApduLength(c, &len), S_OK);
	assert_int_equal(len, 4 + 3 + 300 + 2);
	assert_int_equal(ISCardCmd_get_Data(c, &b), S_OK);
	assert_buffer(b, long_data, sizeof long_data);
	assert_int_equal(ISCardCmd_put_Data(c, none), S_OK);
	assert_apdu(c, "\0\xa4\0\0\x10", 5);
	IByteBuffer_Release(two);
	IByteBuffer_Release(none);
	IByteBuffer_Release(many);
	ISCardCmd_Release(c);
}

static void the_reply_is_data_and_the_status_is_apart(void **state)
{
	ISCardCmd *c = cmd_new();
	IByteBuffer *b = bytes("reply", 5);
	WORD status = 1;
	BYTE sw = 1;
	LONG len = -1;

	(void)state;
	assert_int_equal(ISCardCmd_get_ReplyStatus(c, &status), S_OK);
	assert_int_equal(status, 0);
	assert_int_equal(ISCardCmd_get_ApduReplyLength(c, &len), S_OK);
	assert_int_equal(len, 0);
	assert_int_equal(ISCardCmd_put_ApduReply(c, NULL), E_POINTER);
	assert_int_equal(ISCardCmd_put_ApduReply(c, b), S_OK);
	IByteBuffer_Release(b);
	assert_int_equal(ISCardCmd_get_ApduReplyLength(c, &len), S_OK);
	assert_int_equal(len, 5);
	assert_int_equal(ISCardCmd_put_ApduReplyLength(c, -1), E_INVALIDARG);
	assert_int_equal(ISCardCmd_put_ApduReplyLength(c, 65537), E_INVALIDARG);
	assert_int_equal(ISCardCmd_put_ApduReplyLength(c, 3), S_OK);
	assert_int_equal(ISCardCmd_get_ApduReply(c, &b), S_OK);
	assert_buffer(b, "rep", 3);
	assert_int_equal(ISCardCmd_put_ApduReplyLength(c, 5), S_OK);
	assert_int_equal(ISCardCmd_get_ApduReply(c, &b), S_OK);
	assert_buffer(b, "rep\0\0", 5);
	assert_int_equal(ISCardCmd_put_ReplyStatus(c, 0x6a82), S_OK);
	assert_int_equal(ISCardCmd_get_ReplyStatusSW1(c, &sw), S_OK);
	assert_int_equal(sw, 0x6a);
	assert_int_equal(ISCardCmd_get_ReplyStatusSW2(c, &sw), S_OK);
	assert_int_equal(sw, 0x82);
	assert_int_equal(ISCardCmd_get_ReplyStatus(c, NULL), E_POINTER);
	assert_int_equal(ISCardCmd_get_ReplyStatusSW1(c, NULL), E_POINTER);
	assert_int_equal(ISCardCmd_get_ReplyStatusSW2(c, NULL), E_POINTER);
	assert_int_equal(ISCardCmd_get_ApduReply(c, NULL), E_POINTER);
	assert_int_equal(ISCardCmd_get_ApduReplyLength(c, NULL), E_POINTER);
	ISCardCmd_Release(c);
}

static void a_reply_without_data_is_an_empty_buffer(void **state)
{
	ISCardCmd *c = cmd_new();
	IByteBuffer *b = (IByteBuffer *)c;

	(void)state;
	assert_int_equal(ISCardCmd_get_ApduReply(c, &b), S_OK);
	assert_null(b);
	assert_int_equal(ccid_cmd_reply(c, NULL, 0, 0x9000), S_OK);
	assert_int_equal(ISCardCmd_get_ApduReply(c, &b), S_OK);
	assert_buffer(b, "", 0);
	ccid_cmd_no_reply(c);
	assert_int_equal(ISCardCmd_get_ApduReply(c, &b), S_OK);
	assert_null(b);
	ISCardCmd_Release(c);
}

static void clear_keeps_node_address_and_alternate_class(void **state)
{
	ISCardCmd *c = cmd_new();
	BYTE b = 9;
	WORD status;

	(void)state;
	assert_int_equal(ISCardCmd_get_AlternateClassId(c, &b), E_ACCESSDENIED);
	assert_int_equal(b, 0);
	assert_int_equal(ISCardCmd_get_AlternateClassId(c, NULL), E_INVALIDARG);
	assert_int_equal(ISCardCmd_put_AlternateClassId(c, 0xc0), S_OK);
	assert_int_equal(ISCardCmd_get_Nad(c, &b), S_OK);
	assert_int_equal(b, 0);
	assert_int_equal(ISCardCmd_get_Nad(c, NULL), E_POINTER);
	assert_int_equal(ISCardCmd_put_Nad(c, 0x21), S_OK);
	assert_int_equal(ISCardCmd_get_ReplyNad(c, NULL), E_INVALIDARG);
	assert_int_equal(ISCardCmd_get_ReplyNad(c, &b), E_ACCESSDENIED);
	assert_int_equal(ISCardCmd_put_ReplyNad(c, 0x12), S_OK);
	assert_int_equal(ISCardCmd_get_ReplyNad(c, &b), S_OK);
	assert_int_equal(b, 0x12);
	assert_int_equal(put(c, "\0\xa4\0\0", 4), S_OK);
	assert_int_equal(ISCardCmd_put_ReplyStatus(c, 0x9000), S_OK);
	assert_int_equal(ISCardCmd_Clear(c), S_OK);
	assert_apdu(c, "", 0);
	assert_int_equal(ISCardCmd_get_ReplyStatus(c, &status), S_OK);
	assert_int_equal(status, 0);
	assert_int_equal(ISCardCmd_get_Nad(c, &b), S_OK);
	assert_int_equal(b, 0x21);
	assert_int_equal(ISCardCmd_get_AlternateClassId(c, &b), S_OK);
	assert_int_equal(b, 0xc0);
	assert_int_equal(ISCardCmd_get_ReplyNad(c, &b), E_ACCESSDENIED);
	ISCardCmd_Release(c);
}

static void encapsulate_makes_an_envelope(void **state)
{
	ISCardCmd *c = cmd_new();
	IByteBuffer *inner = bytes("\0\xa4\0\0", 4), *none = bytes("", 0);
	uint8_t big[256] = {0};
	IByteBuffer *too_long = bytes(big, sizeof big);

	(void)state;
	assert_int_equal(ISCardCmd_Encapsulate(c, NULL, ISO_CASE_1), E_POINTER);
	assert_int_equal(ISCardCmd_Encapsulate(c, inner, (ISO_APDU_TYPE)0), E_INVALIDARG);
	assert_int_equal(ISCardCmd_Encapsulate(c, inner, (ISO_APDU_TYPE)5), E_INVALIDARG);
	assert_int_equal(ISCardCmd_Encapsulate(c, none, ISO_CASE_1), E_INVALIDARG);
	assert_int_equal(ISCardCmd_Encapsulate(c, too_long, ISO_CASE_1), E_INVALIDARG);
	assert_int_equal(ISCardCmd_Encapsulate(c, inner, ISO_CASE_1), S_OK);
	assert_apdu(c, "\0\xc2\0\0\4\0\xa4\0\0", 9);
	assert_int_equal(ISCardCmd_Encapsulate(c, inner, ISO_CASE_4), S_OK);
	assert_apdu(c, "\0\xc2\0\0\4\0\xa4\0\0\0", 10);
	IByteBuffer_Release(inner);
	IByteBuffer_Release(none);
	IByteBuffer_Release(too_long);
	ISCardCmd_Release(c);
}

static void a_request_carries_what_a_transaction_needs(void **state)
{
	struct ccid_blob apdu = {0};
	struct ccid_cmd_request r;
	ISCardCmd *c = cmd_new();

	(void)state;
	assert_int_equal(ccid_cmd_request(c, &apdu, &r), E_INVALIDARG);
	assert_int_equal(put(c, "\0\xa4\0\0\2xy", 7), S_OK);
	assert_int_equal(ccid_cmd_request(c, &apdu, &r), S_OK);
	assert_int_equal(apdu.len, 7);
	assert_memory_equal(apdu.p, "\0\xa4\0\0\2xy", 7);
	assert_int_equal(r.class_get_response, -1);
	assert_int_equal(r.nad, 0);
	assert_int_equal(ISCardCmd_put_AlternateClassId(c, 0), S_OK);
	assert_int_equal(ISCardCmd_put_Nad(c, 3), S_OK);
	assert_int_equal(ccid_cmd_request(c, &apdu, &r), S_OK);
	assert_int_equal(r.class_get_response, 0);
	assert_int_equal(r.nad, 3);
	ccid_blob_free(&apdu);
	ISCardCmd_Release(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(build_cmd_encodes_the_four_cases),
		cmocka_unit_test(either_long_field_makes_both_extended),
		cmocka_unit_test(build_cmd_refuses_what_no_apdu_can_say),
		cmocka_unit_test(select_mf_as_on_the_page),
		cmocka_unit_test(put_apdu_takes_only_whole_apdus),
		cmocka_unit_test(header_bytes_have_properties),
		cmocka_unit_test(p3_le_and_type_follow_the_case),
		cmocka_unit_test(put_data_keeps_le_and_recomputes_lc),
		cmocka_unit_test(the_reply_is_data_and_the_status_is_apart),
		cmocka_unit_test(a_reply_without_data_is_an_empty_buffer),
		cmocka_unit_test(clear_keeps_node_address_and_alternate_class),
		cmocka_unit_test(encapsulate_makes_an_envelope),
		cmocka_unit_test(a_request_carries_what_a_transaction_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
