/* SPDX-License-Identifier: MIT */
/* What the methods of ISCardCmd return for a NULL pointer, an unready buffer, and without memory. */
#include "bytebuffer.h"
#include "cmd.h"

#include <iscard/iscard.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "alloc_sweep.h"

typedef HRESULT byte_getter(ISCardCmd *, BYTE *);
typedef HRESULT length_getter(ISCardCmd *, LONG *);
typedef HRESULT buffer_getter(ISCardCmd *, LPBYTEBUFFER *);
typedef HRESULT buffer_setter(ISCardCmd *, LPBYTEBUFFER);

static ISCardCmd *new_cmd(void)
{
	ISCardCmd *cmd;

	assert_int_equal(ccid_cmd_new(&cmd), S_OK);
	return cmd;
}

static void a_getter_wants_a_pointer(void **state)
{
	ISCardCmd *cmd = new_cmd();
	const ISCardCmdVtbl *v = cmd->lpVtbl;
	byte_getter *const bytes[] = {
		v->get_ClassId,        v->get_InstructionId,  v->get_P1,  v->get_P2, v->get_P3,
		v->get_ReplyStatusSW1, v->get_ReplyStatusSW2, v->get_Nad,
	};
	length_getter *const lengths[] = {v->get_ApduLength, v->get_ApduReplyLength};
	buffer_getter *const buffers[] = {v->get_Apdu, v->get_ApduReply, v->get_Data};

	(void)state;
	for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++)
		assert_int_equal(bytes[i](cmd, NULL), E_POINTER);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
		assert_int_equal(lengths[i](cmd, NULL), E_POINTER);
	for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
		assert_int_equal(buffers[i](cmd, NULL), E_POINTER);
	assert_int_equal(ISCardCmd_get_ReplyStatus(cmd, NULL), E_POINTER);
	assert_int_equal(ISCardCmd_get_Type(cmd, NULL), E_POINTER);
	/* these pages list no other code */
	assert_int_equal(ISCardCmd_get_LeField(cmd, NULL), E_INVALIDARG);
	assert_int_equal(ISCardCmd_get_ReplyNad(cmd, NULL), E_INVALIDARG);
	assert_int_equal(ISCardCmd_get_AlternateClassId(cmd, NULL), E_INVALIDARG);
	ISCardCmd_Release(cmd);
}

static void what_takes_a_buffer_wants_a_ready_one(void **state)
{
	ISCardCmd *cmd = new_cmd();
	const ISCardCmdVtbl *v = cmd->lpVtbl;
	buffer_setter *const setters[] = {v->put_Apdu, v->put_ApduReply, v->put_Data};
	IByteBuffer *unready;

	(void)state;
	assert_int_equal(ccid_bytebuffer_new(&unready), S_OK);
	for (size_t i = 0; i < sizeof setters / sizeof *setters; i++) {
		assert_int_equal(setters[i](cmd, NULL), E_POINTER);
		assert_int_equal(setters[i](cmd, unready), E_UNEXPECTED);
	}
	assert_int_equal(ISCardCmd_Encapsulate(cmd, NULL, ISO_CASE_1), E_POINTER);
	assert_int_equal(ISCardCmd_Encapsulate(cmd, unready, ISO_CASE_1), E_UNEXPECTED);
	assert_int_equal(ISCardCmd_BuildCmd(cmd, 0, 0, 0, 0, unready, NULL), E_UNEXPECTED);
	IByteBuffer_Release(unready);
	ISCardCmd_Release(cmd);
}

static void drop(IByteBuffer **buffer)
{
	if (*buffer != NULL)
		IByteBuffer_Release(*buffer);
	*buffer = NULL;
}

/* All that allocates, on data of which nothing fits into what was there before. */
static HRESULT use(ISCardCmd *cmd, IByteBuffer *data, IByteBuffer **got)
{
	LONG le = 0;
	HRESULT hr = ISCardCmd_put_P1(cmd, 1);

	if (SUCCEEDED(hr))
		hr = ISCardCmd_BuildCmd(cmd, 0, 0xD6, 0, 0, data, &le);
	if (SUCCEEDED(hr))
		hr = ISCardCmd_get_Apdu(cmd, got);
	if (SUCCEEDED(hr))
		hr = ISCardCmd_put_Apdu(cmd, *got);
	drop(got);
	if (SUCCEEDED(hr))
		hr = ISCardCmd_get_Data(cmd, got);
	if (SUCCEEDED(hr))
		hr = ISCardCmd_put_Data(cmd, *got);
	drop(got);
	if (SUCCEEDED(hr))
		hr = ISCardCmd_put_ApduReply(cmd, data);
	if (SUCCEEDED(hr))
		hr = ISCardCmd_put_ApduReplyLength(cmd, 5000);
	if (SUCCEEDED(hr))
		hr = ISCardCmd_get_ApduReply(cmd, got);
	return SUCCEEDED(hr) ? ISCardCmd_Encapsulate(cmd, data, ISO_CASE_4) : hr;
}

static HRESULT session(void)
{
	IByteBuffer *data = NULL, *got = NULL;
	ISCardCmd *cmd;
	HRESULT hr = ccid_cmd_new(&cmd);

	if (FAILED(hr))
		return hr;
	hr = iscard_buffer_create(NULL, 200, &data);
	if (SUCCEEDED(hr))
		hr = use(cmd, data, &got);
	drop(&got);
	drop(&data);
	ISCardCmd_Release(cmd);
	return hr;
}

static void memory_that_runs_out_is_said(void **state)
{
	(void)state;
	assert_true(alloc_sweep(session) > 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_getter_wants_a_pointer),
		cmocka_unit_test(what_takes_a_buffer_wants_a_ready_one),
		cmocka_unit_test(memory_that_runs_out_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
