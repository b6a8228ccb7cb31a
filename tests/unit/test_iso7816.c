/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "alloc_sweep.h"
#include "cmd.h"
#include "extended.h"

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static ISCardISO7816 *iso;
static IByteBuffer *data, *empty;

static int setup(void **state)
{
	(void)state;
	assert_int_equal(ccid_iso7816_new(&iso), S_OK);
	assert_int_equal(iscard_buffer_create("\x3f\x01", 2, &data), S_OK);
	assert_int_equal(iscard_buffer_create(NULL, 0, &empty), S_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(ISCardISO7816_Release(iso), 0);
	assert_int_equal(IByteBuffer_Release(data), 0);
	assert_int_equal(IByteBuffer_Release(empty), 0);
	return 0;
}

static void apdu_of(ISCardCmd *cmd, char *text, size_t cap)
{
	struct ccid_blob apdu = {0};
	struct ccid_cmd_request request;

	assert_int_equal(ccid_cmd_request(cmd, &apdu, &request), S_OK);
	assert_true(apdu.len * 3 < cap);
	for (size_t i = 0; i < apdu.len; i++)
		sprintf(text + 3 * i, "%02X ", apdu.p[i]);
	text[3 * apdu.len - 1] = '\0';
	ccid_blob_free(&apdu);
}

/* The call makes a new command with this APDU. */
#define assert_builds(call, want)                                                                  \
	do {                                                                                       \
		ISCardCmd *cmd = NULL;                                                             \
		char text[100];                                                                    \
                                                                                                   \
		assert_int_equal(call, S_OK);                                                      \
		assert_non_null(cmd);                                                              \
		apdu_of(cmd, text, sizeof text);                                                   \
		assert_string_equal(text, want);                                                   \
		assert_int_equal(ISCardCmd_Release(cmd), 0);                                       \
	} while (0)

/* The call fails and makes nothing. */
#define assert_refuses(call, want)                                                                 \
	do {                                                                                       \
		ISCardCmd *cmd = NULL;                                                             \
                                                                                                   \
		assert_int_equal(call, want);                                                      \
		assert_null(cmd);                                                                  \
	} while (0)

static void reading_commands_have_le(void **state)
{
	(void)state;
	assert_builds(ISCardISO7816_GetChallenge(iso, 8, &cmd), "00 84 00 00 08");
	assert_builds(ISCardISO7816_GetData(iso, 0x01, 0x02, 3, &cmd), "00 CA 01 02 03");
	assert_builds(ISCardISO7816_GetResponse(iso, 0, 0, 0x20, &cmd), "00 C0 00 00 20");
	assert_builds(ISCardISO7816_ReadBinary(iso, 0x81, 0x10, 256, &cmd), "00 B0 81 10 00");
	assert_builds(ISCardISO7816_ReadBinary(iso, 0, 0, 0, &cmd), "00 B0 00 00 00");
	assert_builds(ISCardISO7816_ReadBinary(iso, 0, 0, 257, &cmd), "00 B0 00 00 00 01 01");
	assert_builds(ISCardISO7816_ReadRecord(iso, 5, 4, 0, &cmd), "00 B2 05 04 00");
	assert_builds(ISCardISO7816_InternalAuthenticate(iso, 1, 0x82, data, 4, &cmd),
	              "00 88 01 82 02 3F 01 04");
}

static void writing_commands_have_no_le(void **state)
{
	(void)state;
	assert_builds(ISCardISO7816_AppendRecord(iso, 0x18, data, &cmd), "00 E2 00 18 02 3F 01");
	assert_builds(ISCardISO7816_PutData(iso, 1, 2, data, &cmd), "00 DA 01 02 02 3F 01");
	assert_builds(ISCardISO7816_UpdateBinary(iso, 1, 2, data, &cmd), "00 D6 01 02 02 3F 01");
	assert_builds(ISCardISO7816_UpdateRecord(iso, 1, 2, data, &cmd), "00 DC 01 02 02 3F 01");
	assert_builds(ISCardISO7816_WriteBinary(iso, 1, 2, data, &cmd), "00 D0 01 02 02 3F 01");
	assert_builds(ISCardISO7816_WriteRecord(iso, 1, 2, data, &cmd), "00 D2 01 02 02 3F 01");
}

static void some_commands_do_without_data(void **state)
{
	(void)state;
	assert_builds(ISCardISO7816_EraseBinary(iso, 1, 2, data, &cmd), "00 0E 01 02 02 3F 01");
	assert_builds(ISCardISO7816_EraseBinary(iso, 1, 2, NULL, &cmd), "00 0E 01 02");
	assert_builds(ISCardISO7816_ExternalAuthenticate(iso, 1, 2, data, &cmd),
	              "00 82 01 02 02 3F 01");
	assert_builds(ISCardISO7816_ExternalAuthenticate(iso, 1, 2, empty, &cmd), "00 82 01 02");
	assert_builds(ISCardISO7816_Verify(iso, 0x81, data, &cmd), "00 20 00 81 02 3F 01");
	assert_builds(ISCardISO7816_Verify(iso, 0x81, NULL, &cmd), "00 20 00 81");
	assert_builds(ISCardISO7816_SelectFile(iso, 4, 0x0c, data, 0, &cmd),
	              "00 A4 04 0C 02 3F 01");
	assert_builds(ISCardISO7816_SelectFile(iso, 0, 0, data, 256, &cmd),
	              "00 A4 00 00 02 3F 01 00");
	assert_builds(ISCardISO7816_SelectFile(iso, 0, 0, NULL, 0, &cmd), "00 A4 00 00");
}

static void a_channel_that_the_card_assigns_is_asked_for(void **state)
{
	(void)state;
	assert_builds(ISCardISO7816_ManageChannel(iso, 0x00, 0, &cmd), "00 70 00 00 01");
	assert_builds(ISCardISO7816_ManageChannel(iso, 0x00, 2, &cmd), "00 70 00 02");
	assert_builds(ISCardISO7816_ManageChannel(iso, 0x80, 0, &cmd), "00 70 80 00");
	assert_builds(ISCardISO7816_ManageChannel(iso, 0x80, 3, &cmd), "00 70 80 03");
}

static void the_default_class_goes_into_every_command(void **state)
{
	(void)state;
	assert_int_equal(ISCardISO7816_SetDefaultClassId(iso, 0xa0), S_OK);
	assert_builds(ISCardISO7816_GetResponse(iso, 0, 0, 0, &cmd), "A0 C0 00 00 00");
	assert_builds(ISCardISO7816_Verify(iso, 1, data, &cmd), "A0 20 00 01 02 3F 01");
}

static void a_command_that_is_there_is_filled(void **state)
{
	ISCardCmd *cmd = NULL, *before;
	char text[100];
	WORD status = 1;

	(void)state;
	assert_int_equal(ccid_cmd_new(&cmd), S_OK);
	before = cmd;
	assert_int_equal(ISCardCmd_put_ReplyStatus(cmd, 0x9000), S_OK);
	assert_int_equal(ISCardISO7816_SelectFile(iso, 0, 0, data, 0, &cmd), S_OK);
	assert_int_equal(ISCardISO7816_GetChallenge(iso, 8, &cmd), S_OK);
	assert_ptr_equal(cmd, before);
	apdu_of(cmd, text, sizeof text);
	assert_string_equal(text, "00 84 00 00 08");
	assert_int_equal(ISCardCmd_get_ReplyStatus(cmd, &status), S_OK);
	assert_int_equal(status, 0);
	assert_int_equal(ISCardISO7816_GetChallenge(iso, -1, &cmd), E_INVALIDARG);
	assert_ptr_equal(cmd, before);
	apdu_of(cmd, text, sizeof text);
	assert_string_equal(text, "00 84 00 00 08");
	assert_int_equal(ISCardCmd_Release(cmd), 0);
}

/* Somebody else's command: all it can do is build. */
static HRESULT foreign_result;
static LONG foreign_le;

static HRESULT foreign_build(ISCardCmd *self, BYTE cla, BYTE ins, BYTE p1, BYTE p2,
                             LPBYTEBUFFER field, LONG *le)
{
	(void)self;
	assert_int_equal(cla, 0);
	assert_int_equal(ins, 0x88);
	assert_int_equal(p1, 1);
	assert_int_equal(p2, 2);
	assert_ptr_equal(field, data);
	foreign_le = *le;
	return foreign_result;
}

static void anybodys_command_is_filled_by_its_own_method(void **state)
{
	static const ISCardCmdVtbl vtbl = {.BuildCmd = foreign_build};
	ISCardCmd foreign = {&vtbl}, *cmd = &foreign;

	(void)state;
	foreign_result = S_OK;
	assert_int_equal(ISCardISO7816_InternalAuthenticate(iso, 1, 2, data, 8, &cmd), S_OK);
	assert_int_equal(foreign_le, 8);
	foreign_result = E_ACCESSDENIED;
	assert_int_equal(ISCardISO7816_InternalAuthenticate(iso, 1, 2, data, 9, &cmd),
	                 E_ACCESSDENIED);
	assert_ptr_equal(cmd, &foreign);
}

static void nowhere_to_put_the_command_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(ISCardISO7816_AppendRecord(iso, 0, data, NULL), E_POINTER);
	assert_int_equal(ISCardISO7816_EraseBinary(iso, 0, 0, data, NULL), E_POINTER);
	assert_int_equal(ISCardISO7816_ExternalAuthenticate(iso, 0, 0, data, NULL), E_POINTER);
	assert_int_equal(ISCardISO7816_GetChallenge(iso, 0, NULL), E_POINTER);
	assert_int_equal(ISCardISO7816_GetData(iso, 0, 0, 0, NULL), E_POINTER);
	assert_int_equal(ISCardISO7816_GetResponse(iso, 0, 0, 0, NULL), E_POINTER);
	assert_int_equal(ISCardISO7816_InternalAuthenticate(iso, 0, 0, data, 0, NULL), E_POINTER);
	assert_int_equal(ISCardISO7816_ManageChannel(iso, 0, 0, NULL), E_POINTER);
	assert_int_equal(ISCardISO7816_PutData(iso, 0, 0, data, NULL), E_POINTER);
	assert_int_equal(ISCardISO7816_ReadBinary(iso, 0, 0, 0, NULL), E_POINTER);
	assert_int_equal(ISCardISO7816_ReadRecord(iso, 0, 0, 0, NULL), E_POINTER);
	assert_int_equal(ISCardISO7816_SelectFile(iso, 0, 0, data, 0, NULL), E_POINTER);
	assert_int_equal(ISCardISO7816_UpdateBinary(iso, 0, 0, data, NULL), E_POINTER);
	assert_int_equal(ISCardISO7816_UpdateRecord(iso, 0, 0, data, NULL), E_POINTER);
	assert_int_equal(ISCardISO7816_Verify(iso, 0, data, NULL), E_POINTER);
	assert_int_equal(ISCardISO7816_WriteBinary(iso, 0, 0, data, NULL), E_POINTER);
	assert_int_equal(ISCardISO7816_WriteRecord(iso, 0, 0, data, NULL), E_POINTER);
}

static void required_data_must_be_there(void **state)
{
	IByteBuffer *none[] = {NULL, empty};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		IByteBuffer *b = none[i];

		assert_refuses(ISCardISO7816_AppendRecord(iso, 0, b, &cmd), E_INVALIDARG);
		assert_refuses(ISCardISO7816_InternalAuthenticate(iso, 0, 0, b, 0, &cmd),
		               E_INVALIDARG);
		assert_refuses(ISCardISO7816_PutData(iso, 0, 0, b, &cmd), E_INVALIDARG);
		assert_refuses(ISCardISO7816_UpdateBinary(iso, 0, 0, b, &cmd), E_INVALIDARG);
		assert_refuses(ISCardISO7816_UpdateRecord(iso, 0, 0, b, &cmd), E_INVALIDARG);
		assert_refuses(ISCardISO7816_WriteBinary(iso, 0, 0, b, &cmd), E_INVALIDARG);
		assert_refuses(ISCardISO7816_WriteRecord(iso, 0, 0, b, &cmd), E_INVALIDARG);
	}
}

static void lengths_out_of_range_are_refused(void **state)
{
	static const LONG bad[] = {-1, 65537};
	IByteBuffer *big;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		LONG n = bad[i];

		assert_refuses(ISCardISO7816_GetChallenge(iso, n, &cmd), E_INVALIDARG);
		assert_refuses(ISCardISO7816_GetData(iso, 0, 0, n, &cmd), E_INVALIDARG);
		assert_refuses(ISCardISO7816_GetResponse(iso, 0, 0, n, &cmd), E_INVALIDARG);
		assert_refuses(ISCardISO7816_InternalAuthenticate(iso, 0, 0, data, n, &cmd),
		               E_INVALIDARG);
		assert_refuses(ISCardISO7816_ReadBinary(iso, 0, 0, n, &cmd), E_INVALIDARG);
		assert_refuses(ISCardISO7816_ReadRecord(iso, 0, 0, n, &cmd), E_INVALIDARG);
		assert_refuses(ISCardISO7816_SelectFile(iso, 0, 0, data, n, &cmd), E_INVALIDARG);
	}
	assert_int_equal(iscard_buffer_create(NULL, 65536, &big), S_OK);
	assert_refuses(ISCardISO7816_UpdateBinary(iso, 0, 0, big, &cmd), E_INVALIDARG);
	assert_refuses(ISCardISO7816_Verify(iso, 0, big, &cmd), E_INVALIDARG);
	IByteBuffer_Release(big);
}

static HRESULT session(void)
{
	ISCardISO7816 *fresh;
	ISCardCmd *cmd = NULL;
	HRESULT hr = ccid_iso7816_new(&fresh);

	if (FAILED(hr))
		return hr;
	hr = ISCardISO7816_InternalAuthenticate(fresh, 0, 0, data, 8, &cmd);
	assert_int_equal(cmd != NULL, SUCCEEDED(hr));
	if (cmd != NULL)
		ISCardCmd_Release(cmd);
	ISCardISO7816_Release(fresh);
	return hr;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	assert_int_equal(alloc_sweep(session), 4); /* builder, command, data, APDU */
}

#define ISO_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ISO_TEST(reading_commands_have_le),
		ISO_TEST(writing_commands_have_no_le),
		ISO_TEST(some_commands_do_without_data),
		ISO_TEST(a_channel_that_the_card_assigns_is_asked_for),
		ISO_TEST(the_default_class_goes_into_every_command),
		ISO_TEST(a_command_that_is_there_is_filled),
		ISO_TEST(anybodys_command_is_filled_by_its_own_method),
		ISO_TEST(nowhere_to_put_the_command_is_an_error),
		ISO_TEST(required_data_must_be_there),
		ISO_TEST(lengths_out_of_range_are_refused),
		ISO_TEST(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
