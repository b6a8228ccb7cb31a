/* SPDX-License-Identifier: MIT */
/* ISCardISO7816: each method is a command of ISO/IEC 7816-4, put into an ISCardCmd. */
#include "cmd.h"
#include "extended.h"
#include "object.h"

#include <stdbool.h>
#include <stdlib.h>

enum ins {
	INS_ERASE_BINARY = 0x0e,
	INS_VERIFY = 0x20,
	INS_MANAGE_CHANNEL = 0x70,
	INS_EXTERNAL_AUTHENTICATE = 0x82,
	INS_GET_CHALLENGE = 0x84,
	INS_INTERNAL_AUTHENTICATE = 0x88,
	INS_SELECT = 0xa4,
	INS_READ_BINARY = 0xb0,
	INS_READ_RECORD = 0xb2,
	INS_GET_RESPONSE = 0xc0,
	INS_GET_DATA = 0xca,
	INS_WRITE_BINARY = 0xd0,
	INS_WRITE_RECORD = 0xd2,
	INS_UPDATE_BINARY = 0xd6,
	INS_PUT_DATA = 0xda,
	INS_UPDATE_RECORD = 0xdc,
	INS_APPEND_RECORD = 0xe2
};

struct iso7816 {
	ISCardISO7816 iface;
	atomic_ulong refs;
	_Atomic(BYTE) cla;
};

CCID_OBJECT_METHODS(ISCardISO7816, struct iso7816, &IID_ISCardISO7816, free)

struct command {
	enum ins ins;
	BYTE p1, p2;
	IByteBuffer *data; /* NULL: none */
	LONG *le;          /* NULL: none */
};

static HRESULT fill(ISCardISO7816 *self, ISCardCmd *cmd, const struct command *c)
{
	BYTE cla = ((struct iso7816 *)self)->cla;

	return ISCardCmd_BuildCmd(cmd, cla, (BYTE)c->ins, c->p1, c->p2, c->data, c->le);
}

static HRESULT build(ISCardISO7816 *self, LPSCARDCMD *out, struct command c)
{
	ISCardCmd *fresh;
	HRESULT hr;

	if (out == NULL)
		return E_POINTER;
	if (*out != NULL)
		return fill(self, *out, &c);
	hr = ccid_cmd_new(&fresh);
	if (FAILED(hr))
		return hr;
	hr = fill(self, fresh, &c);
	if (SUCCEEDED(hr))
		*out = fresh;
	else
		ISCardCmd_Release(fresh);
	return hr;
}

/* The data are required. */
static HRESULT build_with(ISCardISO7816 *self, LPSCARDCMD *out, struct command c)
{
	STATSTRUCT stat = {0};
	HRESULT hr;

	if (out == NULL)
		return E_POINTER;
	if (c.data == NULL)
		return E_INVALIDARG;
	hr = IByteBuffer_Stat(c.data, &stat, STATFLAG_NONAME);
	if (FAILED(hr))
		return hr;
	return stat.cbSize > 0 ? build(self, out, c) : E_INVALIDARG;
}

static HRESULT append_record(ISCardISO7816 *self, BYTE ref, LPBYTEBUFFER data, LPSCARDCMD *out)
{
	return build_with(self, out, (struct command){INS_APPEND_RECORD, 0, ref, data, NULL});
}

static HRESULT erase_binary(ISCardISO7816 *self, BYTE p1, BYTE p2, LPBYTEBUFFER data,
                            LPSCARDCMD *out)
{
	return build(self, out, (struct command){INS_ERASE_BINARY, p1, p2, data, NULL});
}

static HRESULT external_authenticate(ISCardISO7816 *self, BYTE algorithm, BYTE secret,
                                     LPBYTEBUFFER data, LPSCARDCMD *out)
{
	return build(self, out,
	             (struct command){INS_EXTERNAL_AUTHENTICATE, algorithm, secret, data, NULL});
}

static HRESULT get_challenge(ISCardISO7816 *self, LONG le, LPSCARDCMD *out)
{
	return build(self, out, (struct command){INS_GET_CHALLENGE, 0, 0, NULL, &le});
}

static HRESULT get_data(ISCardISO7816 *self, BYTE p1, BYTE p2, LONG le, LPSCARDCMD *out)
{
	return build(self, out, (struct command){INS_GET_DATA, p1, p2, NULL, &le});
}

static HRESULT get_response(ISCardISO7816 *self, BYTE p1, BYTE p2, LONG le, LPSCARDCMD *out)
{
	return build(self, out, (struct command){INS_GET_RESPONSE, p1, p2, NULL, &le});
}

static HRESULT internal_authenticate(ISCardISO7816 *self, BYTE algorithm, BYTE secret,
                                     LPBYTEBUFFER data, LONG le, LPSCARDCMD *out)
{
	return build_with(
		self, out,
		(struct command){INS_INTERNAL_AUTHENTICATE, algorithm, secret, data, &le});
}

/* ISO/IEC 7816-4:2013, 11.1.2: the number of a channel that the card chose comes back. */
static HRESULT manage_channel(ISCardISO7816 *self, BYTE operation, BYTE channel, LPSCARDCMD *out)
{
	LONG le = 1;
	bool assigned = operation == 0 && channel == 0;

	return build(self, out,
	             (struct command){INS_MANAGE_CHANNEL, operation, channel, NULL,
	                              assigned ? &le : NULL});
}

static HRESULT put_data(ISCardISO7816 *self, BYTE p1, BYTE p2, LPBYTEBUFFER data, LPSCARDCMD *out)
{
	return build_with(self, out, (struct command){INS_PUT_DATA, p1, p2, data, NULL});
}

static HRESULT read_binary(ISCardISO7816 *self, BYTE p1, BYTE p2, LONG le, LPSCARDCMD *out)
{
	return build(self, out, (struct command){INS_READ_BINARY, p1, p2, NULL, &le});
}

static HRESULT read_record(ISCardISO7816 *self, BYTE record, BYTE ref, LONG le, LPSCARDCMD *out)
{
	return build(self, out, (struct command){INS_READ_RECORD, record, ref, NULL, &le});
}

static HRESULT select_file(ISCardISO7816 *self, BYTE p1, BYTE p2, LPBYTEBUFFER data, LONG le,
                           LPSCARDCMD *out)
{
	return build(self, out, (struct command){INS_SELECT, p1, p2, data, le != 0 ? &le : NULL});
}

static HRESULT set_default_class_id(ISCardISO7816 *self, BYTE cla)
{
	((struct iso7816 *)self)->cla = cla;
	return S_OK;
}

static HRESULT update_binary(ISCardISO7816 *self, BYTE p1, BYTE p2, LPBYTEBUFFER data,
                             LPSCARDCMD *out)
{
	return build_with(self, out, (struct command){INS_UPDATE_BINARY, p1, p2, data, NULL});
}

static HRESULT update_record(ISCardISO7816 *self, BYTE record, BYTE ref, LPBYTEBUFFER data,
                             LPSCARDCMD *out)
{
	return build_with(self, out, (struct command){INS_UPDATE_RECORD, record, ref, data, NULL});
}

static HRESULT verify(ISCardISO7816 *self, BYTE ref, LPBYTEBUFFER data, LPSCARDCMD *out)
{
	return build(self, out, (struct command){INS_VERIFY, 0, ref, data, NULL});
}

static HRESULT write_binary(ISCardISO7816 *self, BYTE p1, BYTE p2, LPBYTEBUFFER data,
                            LPSCARDCMD *out)
{
	return build_with(self, out, (struct command){INS_WRITE_BINARY, p1, p2, data, NULL});
}

static HRESULT write_record(ISCardISO7816 *self, BYTE record, BYTE ref, LPBYTEBUFFER data,
                            LPSCARDCMD *out)
{
	return build_with(self, out, (struct command){INS_WRITE_RECORD, record, ref, data, NULL});
}

static const ISCardISO7816Vtbl vtbl = {
	CCID_OBJECT_VTBL,
	.AppendRecord = append_record,
	.EraseBinary = erase_binary,
	.ExternalAuthenticate = external_authenticate,
	.GetChallenge = get_challenge,
	.GetData = get_data,
	.GetResponse = get_response,
	.InternalAuthenticate = internal_authenticate,
	.ManageChannel = manage_channel,
	.PutData = put_data,
	.ReadBinary = read_binary,
	.ReadRecord = read_record,
	.SelectFile = select_file,
	.SetDefaultClassId = set_default_class_id,
	.UpdateBinary = update_binary,
	.UpdateRecord = update_record,
	.Verify = verify,
	.WriteBinary = write_binary,
	.WriteRecord = write_record,
};

HRESULT ccid_iso7816_new(ISCardISO7816 **out)
{
	struct iso7816 *i = calloc(1, sizeof *i);

	*out = NULL;
	if (i == NULL)
		return E_OUTOFMEMORY;
	i->iface.lpVtbl = &vtbl;
	atomic_init(&i->refs, 1);
	*out = &i->iface;
	return S_OK;
}
