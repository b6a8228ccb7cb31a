/* SPDX-License-Identifier: MIT */
/* A command on its way to the card and back; other people's ISCardCmd through public methods. */
#include "cmd.h"

#include "apdu.h"
#include "bytebuffer.h"
#include "cmd_priv.h"

static HRESULT foreign_request(ISCardCmd *cmd, struct ccid_blob *apdu, struct ccid_cmd_request *out)
{
	IByteBuffer *buffer = NULL;
	BYTE alternate;
	HRESULT hr = ISCardCmd_get_Apdu(cmd, &buffer);

	if (FAILED(hr) || buffer == NULL)
		return FAILED(hr) ? hr : E_INVALIDARG;
	hr = ccid_bytebuffer_content(buffer, CCID_APDU_MAX, apdu);
	IByteBuffer_Release(buffer);
	if (SUCCEEDED(hr) && FAILED(ISCardCmd_get_Nad(cmd, &out->nad)))
		out->nad = 0;
	if (SUCCEEDED(hr) && SUCCEEDED(ISCardCmd_get_AlternateClassId(cmd, &alternate)))
		out->class_get_response = alternate;
	return hr;
}

HRESULT ccid_cmd_request(ISCardCmd *cmd, struct ccid_blob *apdu, struct ccid_cmd_request *out)
{
	struct ccid_cmd *c = (struct ccid_cmd *)cmd;
	HRESULT hr;

	*out = (struct ccid_cmd_request){.class_get_response = -1};
	if (cmd->lpVtbl != &ccid_cmd_vtbl) {
		hr = foreign_request(cmd, apdu, out);
	} else {
		ccid_cmd_enter(cmd);
		hr = ccid_object_result(ccid_blob_set(apdu, c->apdu.p, c->apdu.len));
		out->nad = c->nad;
		if (c->has_alternate)
			out->class_get_response = c->alternate;
		ccid_cmd_leave(c, hr);
	}
	return SUCCEEDED(hr) && apdu->len < 4 ? E_INVALIDARG : hr;
}

static HRESULT foreign_reply(ISCardCmd *cmd, const uint8_t *data, size_t n, WORD status)
{
	IByteBuffer *buffer;
	HRESULT hr = iscard_buffer_create(data, n, &buffer);

	if (FAILED(hr))
		return hr;
	hr = ISCardCmd_put_ApduReply(cmd, buffer);
	if (SUCCEEDED(hr))
		hr = ISCardCmd_put_ReplyStatus(cmd, status);
	IByteBuffer_Release(buffer);
	return hr;
}

HRESULT ccid_cmd_reply(ISCardCmd *cmd, const uint8_t *data, size_t n, WORD status)
{
	struct ccid_cmd *c = (struct ccid_cmd *)cmd;
	HRESULT hr;

	if (cmd->lpVtbl != &ccid_cmd_vtbl)
		return foreign_reply(cmd, data, n, status);
	ccid_cmd_enter(cmd);
	ccid_cmd_forget_reply(c);
	hr = ccid_object_result(ccid_blob_set(&c->reply, data, n));
	if (SUCCEEDED(hr)) {
		c->has_reply = true;
		c->status = status;
	}
	return ccid_cmd_leave(c, hr);
}

void ccid_cmd_no_reply(ISCardCmd *cmd)
{
	if (cmd->lpVtbl == &ccid_cmd_vtbl) {
		ccid_cmd_forget_reply(ccid_cmd_enter(cmd));
		ccid_cmd_leave((struct ccid_cmd *)cmd, S_OK);
		return;
	}
	ISCardCmd_put_ApduReplyLength(cmd, 0);
	ISCardCmd_put_ReplyStatus(cmd, 0);
}
