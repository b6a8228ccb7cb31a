/* SPDX-License-Identifier: MIT */
/* SCardStatus, and attributes of the reader. */
#include "find.h"
#include "pcsc_priv.h"

#include <string.h>

#define USB_CHANNEL 0x0020u /* PC/SC part 3: of SCARD_ATTR_CHANNEL_ID */
#define ICC_ABSENT  0
#define ICC_PRESENT 2 /* in position */

unsigned long ccid_pcsc_counter(uint32_t insertions, bool present)
{
	return (2u * insertions - (present ? 1u : 0u)) & 0xFFFFu;
}

/* The counter is the one of the context, which outlives a reader that is closed or pulled. */
static unsigned long counter_of(const struct ccid_session *s)
{
	struct iscard_reader_state state = {.reader = s->name};

	if (FAILED(iscard_context_wait(s->context, &state, 1, 0)))
		return 0;
	return ccid_pcsc_counter(state.now.insertions, state.now.state != ISCARD_ABSENT) << 16;
}

static unsigned long state_of(const struct ccid_slot_info *info)
{
	switch (info->state) {
	case CCID_SLOT_EMPTY: return PCSC_ABSENT;
	case CCID_SLOT_INACTIVE: return PCSC_PRESENT | PCSC_SWALLOWED;
	case CCID_SLOT_UNKNOWN: return PCSC_UNKNOWN;
	default: return PCSC_PRESENT | PCSC_POWERED | PCSC_NEGOTIABLE;
	}
}

static HRESULT give_text(const char *name, char *out, unsigned long *cap)
{
	char shown[PCSC_READER_NAME_MAX];
	unsigned long none = 0;

	ccid_pcsc_name(shown, name);
	return ccid_pcsc_give(cap != NULL ? out : NULL, cap != NULL ? cap : &none, shown,
	                      strlen(shown) + 1);
}

static HRESULT give_atr(const struct ccid_slot_info *info, uint8_t *out, unsigned long *cap)
{
	unsigned long none = 0;

	return ccid_pcsc_give(cap != NULL ? out : NULL, cap != NULL ? cap : &none, info->atr,
	                      info->atr_len);
}

static void no_lengths(unsigned long *reader_len, unsigned long *atr_len)
{
	if (reader_len != NULL)
		*reader_len = 0;
	if (atr_len != NULL)
		*atr_len = 0;
}

long iscard_pcsc_status(long card, char *reader, unsigned long *reader_len, unsigned long *state,
                        unsigned long *protocol, unsigned char *atr, unsigned long *atr_len)
{
	struct ccid_slot_info info;
	struct ccid_session *s;
	HRESULT hr = ccid_pcsc_session_get(&s, card), second;

	if (state != NULL)
		*state = 0;
	if (protocol != NULL)
		*protocol = 0;
	if (FAILED(hr)) {
		no_lengths(reader_len, atr_len);
		return ccid_pcsc_code(hr);
	}
	hr = ccid_session_look(s, &info);
	if (SUCCEEDED(hr)) {
		if (state != NULL)
			*state = state_of(&info) | counter_of(s);
		if (protocol != NULL && info.state == CCID_SLOT_READY)
			*protocol = 1UL << info.protocol;
		hr = give_text(s->name, reader, reader_len);
		second = give_atr(&info, atr, atr_len);
		hr = FAILED(hr) ? hr : second;
	} else {
		no_lengths(reader_len, atr_len);
	}
	ccid_session_unref(s);
	return ccid_pcsc_code(hr);
}

struct value {
	uint8_t bytes[PCSC_ATTRIBUTE_MAX];
	size_t len;
};

static HRESULT number(struct value *v, uint32_t n)
{
	memcpy(v->bytes, &n, sizeof n); /* in the machine's order */
	v->len = sizeof n;
	return S_OK;
}

static HRESULT text(struct value *v, const char *from)
{
	v->len = strlen(from) + 1;
	if (v->len == 1 || v->len > sizeof v->bytes)
		return SCARD_E_UNSUPPORTED_FEATURE;
	memcpy(v->bytes, from, v->len);
	return S_OK;
}

static HRESULT byte(struct value *v, unsigned b)
{
	v->bytes[0] = (uint8_t)b;
	v->len = 1;
	return S_OK;
}

static HRESULT atr(struct value *v, const struct ccid_slot_info *info)
{
	memcpy(v->bytes, info->atr, info->atr_len);
	v->len = info->atr_len;
	return S_OK;
}

static HRESULT name(struct value *v, const struct ccid_session *s)
{
	char shown[PCSC_READER_NAME_MAX];

	ccid_pcsc_name(shown, s->name);
	return text(v, shown);
}

/* Bus and device; there is no other kind of channel for it. */
static HRESULT channel(struct value *v, const struct ccid_session *s)
{
	struct ccid_target target;
	HRESULT hr = SCARD_E_UNSUPPORTED_FEATURE;

	if (ccid_find(s->context, s->name, &target) < 0)
		return hr;
	if (target.usb)
		hr = number(v,
		            USB_CHANNEL << 16 | (uint32_t)target.found.bus << 8 | target.found.dev);
	ccid_target_fini(&target);
	return hr;
}

/* Major and minor of bcdDevice, and a build number that there is none of. */
static uint32_t version(const struct ccid_identity *id)
{
	return (uint32_t)id->bcd_device << 16;
}

static HRESULT attribute(const struct ccid_session *s, const struct ccid_slot_info *info,
                         unsigned long id, struct value *v)
{
	const struct ccid_reader *r = ccid_open_reader(s->open);
	const struct ccid_identity *usb = &ccid_reader_transport(r)->id;
	bool present = info->state != CCID_SLOT_EMPTY;

	switch (id) {
	case PCSC_ATTR_CHANNEL_ID: return channel(v, s);
	case PCSC_ATTR_ATR_OLD:
	case PCSC_ATTR_ATR_STRING: return atr(v, info);
	case PCSC_ATTR_ICC_PRESENCE: return byte(v, present ? ICC_PRESENT : ICC_ABSENT);
	case PCSC_ATTR_ICC_INTERFACE_STATUS: return byte(v, present);
	case PCSC_ATTR_VENDOR_NAME: return text(v, usb->manufacturer);
	case PCSC_ATTR_VENDOR_IFD_VERSION: return number(v, version(usb));
	case PCSC_ATTR_VENDOR_IFD_SERIAL_NO: return text(v, usb->serial);
	case PCSC_ATTR_MAXINPUT: return number(v, ccid_reader_desc(r)->max_message_len - 10);
	case PCSC_ATTR_DEVICE_FRIENDLY_NAME:
	case PCSC_ATTR_DEVICE_SYSTEM_NAME: return name(v, s);
	default: return SCARD_E_UNSUPPORTED_FEATURE;
	}
}

long iscard_pcsc_get_attrib(long card, unsigned long id, unsigned char *out, unsigned long *len)
{
	struct ccid_slot_info info;
	struct ccid_session *s;
	struct value v;
	bool taken;
	HRESULT hr;

	if (len == NULL)
		return ccid_pcsc_code(SCARD_E_INVALID_PARAMETER);
	hr = ccid_pcsc_session_take(&s, card, &taken);
	if (FAILED(hr))
		return ccid_pcsc_code(hr);
	hr = ccid_session_look(s, &info);
	if (SUCCEEDED(hr))
		hr = ccid_session_pin(s);
	if (SUCCEEDED(hr)) {
		hr = attribute(s, &info, id, &v);
		if (SUCCEEDED(hr))
			hr = ccid_pcsc_give(out, len, v.bytes, v.len);
		ccid_session_unpin(s);
	}
	if (taken)
		ccid_pcsc_end_turn(s);
	ccid_session_unref(s);
	return ccid_pcsc_code(hr);
}

/* There is none that could be set. */
long iscard_pcsc_set_attrib(long card, unsigned long id, const unsigned char *value,
                            unsigned long len)
{
	struct ccid_session *s;
	HRESULT hr;

	(void)id;
	if (value == NULL || len == 0)
		return ccid_pcsc_code(SCARD_E_INVALID_PARAMETER);
	hr = ccid_pcsc_session_get(&s, card);
	if (SUCCEEDED(hr)) {
		ccid_session_unref(s);
		hr = len > PCSC_ATTRIBUTE_MAX ? SCARD_E_INSUFFICIENT_BUFFER
		                              : SCARD_E_UNSUPPORTED_FEATURE;
	}
	return ccid_pcsc_code(hr);
}
