/* SPDX-License-Identifier: MIT */
/* <iscard/pinpad.h>: from what is wanted to the fields of CCID 6.1.11. */
#include "attachment.h"

#include "apdu.h"
#include "bytes.h"
#include "pin.h"

#include <iscard/pinpad.h>

#define BYTES_UNIT   0x80u /* bmFormatString: the position counts bytes */
#define LENGTH_BYTES 0x10u /* bmPINLengthFormat likewise */
#define NIBBLE_MAX   15u
#define POSITION_MAX (8 * NIBBLE_MAX)
#define ANSWER_MAX   258
#define APDU_PIN_MAX 261
#define ENGLISH      0x0409
#define MESSAGES_MAX 3
#define ALL_THE_ENDS 7u

/* A position in bits as a unit and a nibble; false when it has none. */
static bool put_position(unsigned bits, unsigned bytes_unit, unsigned *unit, unsigned *nibble)
{
	bool whole = bits % 8 == 0;

	*unit = whole ? bytes_unit : 0;
	*nibble = whole ? bits / 8 : bits;
	return *nibble <= NIBBLE_MAX;
}

static size_t bytes_of(const struct iscard_pin_request *q, unsigned digits)
{
	return q->coding == ISCARD_PIN_ASCII ? digits : (digits + 1) / 2;
}

static bool sound(const struct iscard_pin_request *q)
{
	if (q->size != sizeof *q || (unsigned)q->coding > ISCARD_PIN_ASCII)
		return false;
	if (q->min_digits == 0 || q->min_digits > q->max_digits)
		return false;
	if (q->block_bytes > NIBBLE_MAX || q->length_bits > NIBBLE_MAX)
		return false;
	if (q->block_bytes > 0 && bytes_of(q, q->max_digits) > q->block_bytes)
		return false;
	if (q->messages > MESSAGES_MAX && q->messages != ISCARD_PIN_MESSAGES_DEFAULT)
		return false;
	return q->ends <= ALL_THE_ENDS && (q->data != NULL || q->data_len == 0) &&
	       q->data_len <= 255;
}

static bool put_format(struct ccid_pin *p, const struct iscard_pin_request *q)
{
	unsigned unit, nibble, length_unit, length_nibble;

	if (!put_position(q->position_bits, BYTES_UNIT, &unit, &nibble) ||
	    !put_position(q->length_position_bits, LENGTH_BYTES, &length_unit, &length_nibble))
		return false;
	p->format = (uint8_t)(unit | nibble << 3 | (q->right_justified ? 4u : 0u) |
	                      (unsigned)q->coding);
	p->block = (uint8_t)(q->length_bits << 4 | q->block_bytes);
	p->length_format = q->length_bits > 0 ? (uint8_t)(length_unit | length_nibble) : 0;
	return true;
}

static void put_dialogue(struct ccid_pin *p, const struct iscard_pin_request *q)
{
	p->time_out = q->timeout_s;
	p->min_digits = q->min_digits;
	p->max_digits = q->max_digits;
	p->validation = (uint8_t)(q->ends != 0 ? q->ends : ISCARD_PIN_ENDS_KEY);
	p->messages = q->messages;
	memcpy(p->index, q->message, sizeof p->index);
	p->language = q->language != 0 ? q->language : ENGLISH;
	if (!p->modify)
		return;
	p->offset_old = q->old_offset;
	p->offset_new = q->new_offset;
	p->confirm = (uint8_t)((q->confirm_new ? 1 : 0) | (q->ask_old ? 2 : 0));
}

/* Bytes behind Lc that the blocks reach to; 0 when the reader writes Lc. */
static size_t reach(const struct ccid_pin *p, const struct iscard_pin_request *q)
{
	size_t last = 0;

	if (q->block_bytes == 0)
		return 0;
	if (p->modify)
		last = q->ask_old && q->old_offset > q->new_offset ? q->old_offset : q->new_offset;
	return last + (q->position_bits + 7u) / 8 + q->block_bytes;
}

/* The command that the digits are put into. False when the blocks reach beyond it. */
static bool put_command(struct ccid_pin *p, const struct iscard_pin_request *q,
                        uint8_t apdu[APDU_PIN_MAX])
{
	size_t n = reach(p, q);

	if (q->data_len > 0 && n > q->data_len)
		return false;
	if (q->data_len > 0)
		n = q->data_len;
	if (n > 255)
		return false;
	memcpy(apdu, (const uint8_t[5]){q->cla, q->ins, q->p1, q->p2, (uint8_t)n}, 5);
	if (q->data_len > 0)
		memcpy(apdu + 5, q->data, n);
	else
		memset(apdu + 5, q->fill, n);
	p->apdu = apdu;
	p->apdu_len = n > 0 ? 5 + n : 4;
	return true;
}

/* What is to be seen of a failure that the codes of others cannot tell. */
static const char *hint(HRESULT hr, const struct ccid_pin *pin)
{
	if (hr != SCARD_E_UNSUPPORTED_FEATURE)
		return NULL;
	return pin->modify ? "the reader has no pad to modify a PIN on"
	                   : "the reader has no pad to verify a PIN on";
}

static HRESULT enter(struct ccid_attachment *a, const struct ccid_pin *pin, uint16_t *sw)
{
	uint8_t answer[ANSWER_MAX];
	struct ccid_session *s = NULL;
	size_t n = 0;
	HRESULT hr = ccid_attachment_session(a, &s);

	if (SUCCEEDED(hr)) {
		hr = ccid_session_secure(s, pin, answer, sizeof answer, &n);
		if (hint(hr, pin) != NULL)
			ccid_session_tell(s, hint(hr, pin));
	}
	if (SUCCEEDED(hr) && n < 2)
		hr = SCARD_F_COMM_ERROR;
	if (SUCCEEDED(hr))
		*sw = (uint16_t)(answer[n - 2] << 8 | answer[n - 1]);
	ccid_wipe(answer, sizeof answer);
	return ccid_attachment_end(a, s, hr);
}

static HRESULT prepare(struct ccid_attachment **a, void *object, const void *wanted, uint16_t *sw)
{
	if (sw != NULL)
		*sw = 0;
	if (object == NULL || wanted == NULL || sw == NULL)
		return E_POINTER;
	*a = ccid_attachment_of(object);
	return *a != NULL ? S_OK : E_INVALIDARG;
}

static HRESULT by_request(void *object, bool modify, const struct iscard_pin_request *q,
                          uint16_t *sw)
{
	struct ccid_pin pin = {.modify = modify};
	uint8_t apdu[APDU_PIN_MAX];
	struct ccid_attachment *a;
	HRESULT hr = prepare(&a, object, q, sw);

	if (FAILED(hr))
		return hr;
	if (!sound(q) || !put_format(&pin, q) || !put_command(&pin, q, apdu))
		return ccid_attachment_end(a, NULL, E_INVALIDARG);
	put_dialogue(&pin, q);
	return enter(a, &pin, sw);
}

HRESULT iscard_pin_verify(void *object, const struct iscard_pin_request *request, uint16_t *sw)
{
	return by_request(object, false, request, sw);
}

HRESULT iscard_pin_modify(void *object, const struct iscard_pin_request *request, uint16_t *sw)
{
	return by_request(object, true, request, sw);
}

static HRESULT by_structure(void *object, bool modify, const uint8_t *structure, size_t len,
                            uint16_t *sw)
{
	struct ccid_attachment *a;
	struct ccid_pin pin;
	HRESULT hr = prepare(&a, object, structure, sw);
	int err;

	if (FAILED(hr))
		return hr;
	err = modify ? ccid_pin_modify_decode(&pin, structure, len)
	             : ccid_pin_verify_decode(&pin, structure, len);
	if (err < 0 || pin.apdu_len > APDU_PIN_MAX)
		return ccid_attachment_end(a, NULL, E_INVALIDARG);
	return enter(a, &pin, sw);
}

HRESULT iscard_pin_verify_structure(void *object, const uint8_t *structure, size_t len,
                                    uint16_t *sw)
{
	return by_structure(object, false, structure, len, sw);
}

HRESULT iscard_pin_modify_structure(void *object, const uint8_t *structure, size_t len,
                                    uint16_t *sw)
{
	return by_structure(object, true, structure, len, sw);
}
