/* SPDX-License-Identifier: MIT */
#include "cmd.h"

#include "apdu.h"
#include "bytebuffer.h"
#include "cmd_priv.h"

#include <stdlib.h>

#define DATA_MAX  65535u
#define REPLY_MAX 65536u

static void cmd_free(struct ccid_cmd *c)
{
	ccid_blob_free(&c->apdu);
	ccid_blob_free(&c->reply);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

CCID_OBJECT_METHODS(ISCardCmd, struct ccid_cmd, &IID_ISCardCmd, cmd_free)

/* The APDU taken apart; without one, four zeros. */
static struct ccid_apdu parts(const struct ccid_cmd *c)
{
	struct ccid_apdu a = {0};

	if (c->apdu.len == 0 || ccid_apdu_decode(&a, c->apdu.p, c->apdu.len) != 0)
		a.kind = 1;
	if (a.kind != 2 && a.kind != 4)
		a.le = 0;
	return a;
}

/* Encode into fresh memory: a->data may lie in the APDU that is replaced. */
static HRESULT encode(struct ccid_cmd *c, const struct ccid_apdu *a)
{
	struct ccid_blob fresh = {0};
	int n = ccid_blob_resize(&fresh, 4 + 3 + (size_t)a->lc + 2);

	if (n != 0)
		return E_OUTOFMEMORY;
	n = ccid_apdu_encode(fresh.p, fresh.len, a);
	if (n < 0) {
		ccid_blob_free(&fresh);
		return E_INVALIDARG;
	}
	fresh.len = (size_t)n;
	ccid_blob_free(&c->apdu);
	c->apdu = fresh;
	return S_OK;
}

static HRESULT get_blob(struct ccid_cmd *c, const void *bytes, size_t n, LPBYTEBUFFER *out)
{
	static const uint8_t none;

	return ccid_cmd_leave(c, iscard_buffer_create(n > 0 ? bytes : &none, n, out));
}

static HRESULT get_apdu(ISCardCmd *self, LPBYTEBUFFER *out)
{
	struct ccid_cmd *c;

	if (out == NULL)
		return E_POINTER;
	c = ccid_cmd_enter(self);
	return get_blob(c, c->apdu.p, c->apdu.len, out);
}

static HRESULT put_apdu(ISCardCmd *self, LPBYTEBUFFER buffer)
{
	struct ccid_blob bytes = {0};
	struct ccid_apdu a;
	HRESULT hr = ccid_bytebuffer_content(buffer, CCID_APDU_MAX, &bytes);
	struct ccid_cmd *c;

	if (SUCCEEDED(hr) && ccid_apdu_decode(&a, bytes.p, bytes.len) != 0)
		hr = E_INVALIDARG;
	if (FAILED(hr)) {
		ccid_blob_free(&bytes);
		return hr;
	}
	c = ccid_cmd_enter(self);
	ccid_blob_free(&c->apdu);
	c->apdu = bytes;
	ccid_cmd_forget_reply(c);
	return ccid_cmd_leave(c, S_OK);
}

static HRESULT get_apdu_length(ISCardCmd *self, LONG *size)
{
	struct ccid_cmd *c;

	if (size == NULL)
		return E_POINTER;
	c = ccid_cmd_enter(self);
	*size = (LONG)c->apdu.len;
	return ccid_cmd_leave(c, S_OK);
}

static HRESULT get_apdu_reply(ISCardCmd *self, LPBYTEBUFFER *out)
{
	struct ccid_cmd *c;

	if (out == NULL)
		return E_POINTER;
	*out = NULL;
	c = ccid_cmd_enter(self);
	if (!c->has_reply)
		return ccid_cmd_leave(c, S_OK);
	return get_blob(c, c->reply.p, c->reply.len, out);
}

static HRESULT put_apdu_reply(ISCardCmd *self, LPBYTEBUFFER buffer)
{
	struct ccid_blob bytes = {0};
	HRESULT hr = ccid_bytebuffer_content(buffer, REPLY_MAX, &bytes);
	struct ccid_cmd *c;

	if (FAILED(hr))
		return hr;
	c = ccid_cmd_enter(self);
	ccid_blob_free(&c->reply);
	c->reply = bytes;
	c->has_reply = true;
	return ccid_cmd_leave(c, S_OK);
}

static HRESULT get_apdu_reply_length(ISCardCmd *self, LONG *size)
{
	struct ccid_cmd *c;

	if (size == NULL)
		return E_POINTER;
	c = ccid_cmd_enter(self);
	*size = (LONG)c->reply.len;
	return ccid_cmd_leave(c, S_OK);
}

static HRESULT put_apdu_reply_length(ISCardCmd *self, LONG size)
{
	struct ccid_cmd *c;
	HRESULT hr;

	if (size < 0 || size > (LONG)REPLY_MAX)
		return E_INVALIDARG;
	c = ccid_cmd_enter(self);
	hr = ccid_object_result(ccid_blob_resize(&c->reply, (size_t)size));
	if (SUCCEEDED(hr))
		c->has_reply = true;
	return ccid_cmd_leave(c, hr);
}

enum header {
	CLA,
	INS,
	P1,
	P2,
	P3
};

static HRESULT get_header(ISCardCmd *self, enum header at, BYTE *out)
{
	struct ccid_cmd *c;

	if (out == NULL)
		return E_POINTER;
	c = ccid_cmd_enter(self);
	*out = (size_t)at < c->apdu.len ? c->apdu.p[at] : 0;
	return ccid_cmd_leave(c, S_OK);
}

static HRESULT put_header(ISCardCmd *self, enum header at, BYTE value)
{
	struct ccid_cmd *c = ccid_cmd_enter(self);
	HRESULT hr = S_OK;

	if (c->apdu.len == 0)
		hr = ccid_object_result(ccid_blob_resize(&c->apdu, 4));
	if (SUCCEEDED(hr))
		c->apdu.p[at] = value;
	return ccid_cmd_leave(c, hr);
}

#define HEADER_BYTE(name, at)                                                                      \
	static HRESULT get_##name(ISCardCmd *self, BYTE *out)                                      \
	{                                                                                          \
		return get_header(self, at, out);                                                  \
	}                                                                                          \
	static HRESULT put_##name(ISCardCmd *self, BYTE value)                                     \
	{                                                                                          \
		return put_header(self, at, value);                                                \
	}

HEADER_BYTE(class_id, CLA)
HEADER_BYTE(instruction_id, INS)
HEADER_BYTE(p1, P1)
HEADER_BYTE(p2, P2)

static HRESULT get_p3(ISCardCmd *self, BYTE *out)
{
	struct ccid_apdu a;
	struct ccid_cmd *c;

	if (out == NULL)
		return E_POINTER;
	c = ccid_cmd_enter(self);
	a = parts(c);
	*out = a.extended || c->apdu.len < 5 ? 0 : c->apdu.p[P3];
	return ccid_cmd_leave(c, S_OK);
}

static HRESULT get_data(ISCardCmd *self, LPBYTEBUFFER *out)
{
	struct ccid_apdu a;
	struct ccid_cmd *c;

	if (out == NULL)
		return E_POINTER;
	c = ccid_cmd_enter(self);
	a = parts(c);
	return get_blob(c, a.data, a.lc, out);
}

static HRESULT put_data(ISCardCmd *self, LPBYTEBUFFER buffer)
{
	struct ccid_blob bytes = {0};
	HRESULT hr = ccid_bytebuffer_content(buffer, DATA_MAX, &bytes);
	struct ccid_apdu a;
	struct ccid_cmd *c;

	if (FAILED(hr))
		return hr;
	c = ccid_cmd_enter(self);
	a = parts(c);
	a.data = bytes.p;
	a.lc = (uint32_t)bytes.len;
	a.extended = false;
	hr = encode(c, &a);
	ccid_blob_free(&bytes);
	return ccid_cmd_leave(c, hr);
}

static HRESULT get_le_field(ISCardCmd *self, LONG *size)
{
	struct ccid_cmd *c;

	if (size == NULL)
		return E_INVALIDARG;
	c = ccid_cmd_enter(self);
	*size = (LONG)parts(c).le;
	return ccid_cmd_leave(c, S_OK);
}

static HRESULT get_reply_status(ISCardCmd *self, LPWORD status)
{
	struct ccid_cmd *c;

	if (status == NULL)
		return E_POINTER;
	c = ccid_cmd_enter(self);
	*status = c->status;
	return ccid_cmd_leave(c, S_OK);
}

static HRESULT put_reply_status(ISCardCmd *self, WORD status)
{
	struct ccid_cmd *c = ccid_cmd_enter(self);

	c->status = status;
	return ccid_cmd_leave(c, S_OK);
}

static HRESULT get_sw1(ISCardCmd *self, BYTE *out)
{
	struct ccid_cmd *c;

	if (out == NULL)
		return E_POINTER;
	c = ccid_cmd_enter(self);
	*out = (BYTE)(c->status >> 8);
	return ccid_cmd_leave(c, S_OK);
}

static HRESULT get_sw2(ISCardCmd *self, BYTE *out)
{
	struct ccid_cmd *c;

	if (out == NULL)
		return E_POINTER;
	c = ccid_cmd_enter(self);
	*out = (BYTE)c->status;
	return ccid_cmd_leave(c, S_OK);
}

static HRESULT get_type(ISCardCmd *self, ISO_APDU_TYPE *out)
{
	struct ccid_cmd *c;

	if (out == NULL)
		return E_POINTER;
	*out = (ISO_APDU_TYPE)0;
	c = ccid_cmd_enter(self);
	if (c->apdu.len == 0)
		return ccid_cmd_leave(c, E_UNEXPECTED);
	*out = (ISO_APDU_TYPE)parts(c).kind;
	return ccid_cmd_leave(c, S_OK);
}

static HRESULT get_nad(ISCardCmd *self, BYTE *out)
{
	struct ccid_cmd *c;

	if (out == NULL)
		return E_POINTER;
	c = ccid_cmd_enter(self);
	*out = c->nad;
	return ccid_cmd_leave(c, S_OK);
}

static HRESULT put_nad(ISCardCmd *self, BYTE nad)
{
	struct ccid_cmd *c = ccid_cmd_enter(self);

	c->nad = nad;
	return ccid_cmd_leave(c, S_OK);
}

static HRESULT get_reply_nad(ISCardCmd *self, BYTE *out)
{
	struct ccid_cmd *c;

	if (out == NULL)
		return E_INVALIDARG;
	c = ccid_cmd_enter(self);
	*out = c->has_reply_nad ? c->reply_nad : 0;
	return ccid_cmd_leave(c, c->has_reply_nad ? S_OK : E_ACCESSDENIED);
}

static HRESULT put_reply_nad(ISCardCmd *self, BYTE nad)
{
	struct ccid_cmd *c = ccid_cmd_enter(self);

	c->reply_nad = nad;
	c->has_reply_nad = true;
	return ccid_cmd_leave(c, S_OK);
}

static HRESULT build(ISCardCmd *self, const struct ccid_apdu *a)
{
	struct ccid_cmd *c = ccid_cmd_enter(self);
	HRESULT hr = encode(c, a);

	if (SUCCEEDED(hr))
		ccid_cmd_forget_reply(c);
	return ccid_cmd_leave(c, hr);
}

static HRESULT build_cmd(ISCardCmd *self, BYTE cla, BYTE ins, BYTE p1, BYTE p2, LPBYTEBUFFER data,
                         LONG *le)
{
	struct ccid_apdu a = {.cla = cla, .ins = ins, .p1 = p1, .p2 = p2};
	struct ccid_blob bytes = {0};
	HRESULT hr = S_OK;

	if (le != NULL && (*le < 0 || *le > (LONG)REPLY_MAX))
		return E_INVALIDARG;
	if (data != NULL)
		hr = ccid_bytebuffer_content(data, DATA_MAX, &bytes);
	if (FAILED(hr))
		return hr;
	a.data = bytes.p;
	a.lc = (uint32_t)bytes.len;
	/* A zero Le is "everything": 256, or 65536 in the form that long data dictate. */
	if (le != NULL && *le == 0)
		a.le = bytes.len > 255 ? REPLY_MAX : 256;
	else if (le != NULL)
		a.le = (uint32_t)*le;
	hr = build(self, &a);
	ccid_blob_free(&bytes);
	return hr;
}

static HRESULT clear(ISCardCmd *self)
{
	struct ccid_cmd *c = ccid_cmd_enter(self);

	ccid_blob_clear(&c->apdu);
	ccid_cmd_forget_reply(c);
	return ccid_cmd_leave(c, S_OK);
}

static HRESULT encapsulate(ISCardCmd *self, LPBYTEBUFFER apdu, ISO_APDU_TYPE type)
{
	struct ccid_apdu a = {.ins = 0xc2};
	struct ccid_blob bytes = {0};
	HRESULT hr;

	if (apdu == NULL)
		return E_POINTER;
	if ((unsigned)type < ISCARD_ISO_CASE_1 || (unsigned)type > ISCARD_ISO_CASE_4)
		return E_INVALIDARG;
	hr = ccid_bytebuffer_content(apdu, 255, &bytes);
	if (SUCCEEDED(hr) && bytes.len == 0)
		hr = E_INVALIDARG;
	if (SUCCEEDED(hr)) {
		a.data = bytes.p;
		a.lc = (uint32_t)bytes.len;
		a.le = type == ISCARD_ISO_CASE_2 || type == ISCARD_ISO_CASE_4 ? 256 : 0;
		hr = build(self, &a);
	}
	ccid_blob_free(&bytes);
	return hr;
}

static HRESULT get_alternate_class_id(ISCardCmd *self, BYTE *out)
{
	struct ccid_cmd *c;

	if (out == NULL)
		return E_INVALIDARG;
	c = ccid_cmd_enter(self);
	*out = c->has_alternate ? c->alternate : 0;
	return ccid_cmd_leave(c, c->has_alternate ? S_OK : E_ACCESSDENIED);
}

static HRESULT put_alternate_class_id(ISCardCmd *self, BYTE value)
{
	struct ccid_cmd *c = ccid_cmd_enter(self);

	c->alternate = value;
	c->has_alternate = true;
	return ccid_cmd_leave(c, S_OK);
}

const ISCardCmdVtbl ccid_cmd_vtbl = {
	CCID_OBJECT_VTBL,
	.get_Apdu = get_apdu,
	.put_Apdu = put_apdu,
	.get_ApduLength = get_apdu_length,
	.get_ApduReply = get_apdu_reply,
	.put_ApduReply = put_apdu_reply,
	.get_ApduReplyLength = get_apdu_reply_length,
	.put_ApduReplyLength = put_apdu_reply_length,
	.get_ClassId = get_class_id,
	.put_ClassId = put_class_id,
	.get_Data = get_data,
	.put_Data = put_data,
	.get_InstructionId = get_instruction_id,
	.put_InstructionId = put_instruction_id,
	.get_LeField = get_le_field,
	.get_P1 = get_p1,
	.put_P1 = put_p1,
	.get_P2 = get_p2,
	.put_P2 = put_p2,
	.get_P3 = get_p3,
	.get_ReplyStatus = get_reply_status,
	.put_ReplyStatus = put_reply_status,
	.get_ReplyStatusSW1 = get_sw1,
	.get_ReplyStatusSW2 = get_sw2,
	.get_Type = get_type,
	.get_Nad = get_nad,
	.put_Nad = put_nad,
	.get_ReplyNad = get_reply_nad,
	.put_ReplyNad = put_reply_nad,
	.BuildCmd = build_cmd,
	.Clear = clear,
	.Encapsulate = encapsulate,
	.get_AlternateClassId = get_alternate_class_id,
	.put_AlternateClassId = put_alternate_class_id,
};

HRESULT ccid_cmd_new(ISCardCmd **out)
{
	struct ccid_cmd *c = calloc(1, sizeof *c);

	*out = NULL;
	if (c == NULL)
		return E_OUTOFMEMORY;
	c->iface.lpVtbl = &ccid_cmd_vtbl;
	atomic_init(&c->refs, 1);
	pthread_mutex_init(&c->lock, NULL);
	*out = &c->iface;
	return S_OK;
}
