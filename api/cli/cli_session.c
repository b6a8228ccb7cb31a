/* SPDX-License-Identifier: MIT */
#include "cli_session.h"

#include "apdu.h"
#include "bytes.h"
#include "cli.h"

#include <stdlib.h>

static HRESULT create_objects(struct cli_session *s)
{
	void *card = NULL, *cmd = NULL;
	HRESULT hr = iscard_context_create_instance(s->reader.context, &CLSID_CSCard, &IID_ISCard,
	                                            &card);

	s->card = card;
	if (SUCCEEDED(hr))
		hr = iscard_context_create_instance(s->reader.context, &CLSID_CSCardCmd,
		                                    &IID_ISCardCmd, &cmd);
	s->cmd = cmd;
	return hr;
}

int cli_session_start(struct cli_session *s, const char *reader, const char *trace)
{
	HRESULT hr;
	int code;

	*s = (struct cli_session){0};
	code = cli_reader_find(&s->reader, reader, trace);
	if (code != CLI_OK)
		return code;
	hr = create_objects(s);
	s->reply = malloc(CCID_RAPDU_MAX);
	if (FAILED(hr) || s->reply == NULL) {
		cli_error("cannot start: %s", iscard_strerror(FAILED(hr) ? hr : E_OUTOFMEMORY));
		cli_session_close(s);
		return CLI_FAILED;
	}
	return CLI_OK;
}

HRESULT cli_session_try_attach(struct cli_session *s)
{
	BSTR name = iscard_bstr_from_utf8(s->reader.found->name);
	HRESULT hr = E_OUTOFMEMORY;

	if (name != NULL)
		hr = ISCard_AttachByReader(s->card, name, SHARED, T0 | T1);
	iscard_bstr_free(name);
	return hr;
}

int cli_session_attach(struct cli_session *s)
{
	HRESULT hr = cli_session_try_attach(s);

	return FAILED(hr) ? cli_report(s->reader.found, "attach", hr) : CLI_OK;
}

int cli_session_open(struct cli_session *s, const char *reader, const char *trace)
{
	int code = cli_session_start(s, reader, trace);

	if (code != CLI_OK)
		return code;
	code = cli_session_attach(s);
	if (code != CLI_OK)
		cli_session_close(s);
	return code;
}

/* Append what the buffer holds to out. */
static HRESULT take_buffer(IByteBuffer *buffer, uint8_t *out, size_t cap, size_t *len)
{
	LONG n = 0;
	HRESULT hr = IByteBuffer_Read(buffer, out + *len, (LONG)(cap - *len), &n);

	if (SUCCEEDED(hr))
		*len += (size_t)n;
	IByteBuffer_Release(buffer);
	return hr;
}

int cli_session_atr(struct cli_session *s, struct ccid_atr *atr)
{
	uint8_t bytes[CCID_ATR_MAX];
	IByteBuffer *buffer = NULL;
	size_t len = 0;
	HRESULT hr = ISCard_get_Atr(s->card, &buffer);

	if (SUCCEEDED(hr))
		hr = take_buffer(buffer, bytes, sizeof bytes, &len);
	if (FAILED(hr))
		return cli_report(s->reader.found, "ATR", hr);
	(void)!ccid_atr_decode(atr, bytes, len);
	return CLI_OK;
}

int cli_session_protocol(struct cli_session *s)
{
	SCARD_PROTOCOLS p;

	if (FAILED(ISCard_get_Protocol(s->card, &p)))
		return -1;
	return p == T1 ? 1 : 0;
}

static HRESULT put_apdu(struct cli_session *s, const uint8_t *apdu, size_t len)
{
	IByteBuffer *buffer;
	HRESULT hr = iscard_buffer_create(apdu, len, &buffer);

	if (FAILED(hr))
		return hr;
	hr = ISCardCmd_put_Apdu(s->cmd, buffer);
	IByteBuffer_Release(buffer);
	return hr;
}

static HRESULT take_reply(struct cli_session *s, size_t *len)
{
	IByteBuffer *data = NULL;
	WORD sw;
	HRESULT hr = ISCardCmd_get_ApduReply(s->cmd, &data);

	*len = 0;
	if (SUCCEEDED(hr) && data != NULL)
		hr = take_buffer(data, s->reply, CCID_RAPDU_MAX - 2, len);
	if (SUCCEEDED(hr))
		hr = ISCardCmd_get_ReplyStatus(s->cmd, &sw);
	if (FAILED(hr))
		return hr;
	s->reply[(*len)++] = (uint8_t)(sw >> 8);
	s->reply[(*len)++] = (uint8_t)sw;
	return S_OK;
}

int cli_session_transmit(void *session, const uint8_t *apdu, size_t len, const uint8_t **reply,
                         size_t *reply_len)
{
	struct cli_session *s = session;
	HRESULT hr = put_apdu(s, apdu, len);

	if (SUCCEEDED(hr))
		hr = ISCard_Transaction(s->card, &s->cmd);
	if (SUCCEEDED(hr))
		hr = take_reply(s, reply_len);
	*reply = s->reply;
	return FAILED(hr) ? cli_report(s->reader.found, "command", hr) : CLI_OK;
}

void cli_session_detach(struct cli_session *s, SCARD_DISPOSITIONS disposition, HRESULT *hr)
{
	*hr = ISCard_Detach(s->card, disposition);
}

void cli_session_close(struct cli_session *s)
{
	if (s->cmd != NULL)
		ISCardCmd_Release(s->cmd);
	if (s->card != NULL)
		ISCard_Release(s->card);
	if (s->reply != NULL)
		ccid_wipe(s->reply, CCID_RAPDU_MAX);
	free(s->reply);
	cli_reader_close(&s->reader);
	*s = (struct cli_session){0};
}
