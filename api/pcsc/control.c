/* SPDX-License-Identifier: MIT */
/* SCardControl: features of PC/SC part 10, PIN entry, escape. */
#include "pcsc_priv.h"

#include "pin.h"

#include <string.h>

static HRESULT enter_pin(struct ccid_session *s, bool modify, const uint8_t *structure, size_t len,
                         uint8_t *out, size_t cap, size_t *n)
{
	struct ccid_pin pin;
	HRESULT hr = ccid_pcsc_has_pad(s, modify);
	int err;

	if (FAILED(hr))
		return hr;
	err = modify ? ccid_pin_modify_decode(&pin, structure, len)
	             : ccid_pin_verify_decode(&pin, structure, len);
	if (err < 0)
		return SCARD_E_INVALID_PARAMETER;
	if (cap < 2)
		return SCARD_E_INSUFFICIENT_BUFFER;
	return ccid_session_secure(s, &pin, out, cap, n);
}

/* Features are known of a reader that was pulled, too; its clients are to hear that it was. */
static HRESULT reader_there(struct ccid_session *s)
{
	struct ccid_slot_info info;
	HRESULT hr = ccid_session_pin(s);

	if (FAILED(hr))
		return hr;
	pthread_mutex_lock(&s->port->lock);
	hr = ccid_session_check(s, CCID_NEED_READER, &info);
	pthread_mutex_unlock(&s->port->lock);
	ccid_session_unpin(s);
	return hr;
}

static HRESULT control(struct ccid_session *s, unsigned long code, const uint8_t *send, size_t len,
                       uint8_t *out, size_t cap, size_t *n)
{
	HRESULT hr = reader_there(s);

	if (FAILED(hr))
		return hr;
	switch (code) {
	case PCSC_CONTROL_FEATURES: return ccid_pcsc_features(s, out, cap, n);
	case PCSC_CONTROL_FEATURE(PCSC_FEATURE_PIN_PROPERTIES):
		return ccid_pcsc_pin_properties(s, out, cap, n);
	case PCSC_CONTROL_FEATURE(PCSC_FEATURE_TLV_PROPERTIES):
		return ccid_pcsc_tlv_properties(s, out, cap, n);
	case PCSC_CONTROL_FEATURE(PCSC_FEATURE_VERIFY_PIN):
		return enter_pin(s, false, send, len, out, cap, n);
	case PCSC_CONTROL_FEATURE(PCSC_FEATURE_MODIFY_PIN):
		return enter_pin(s, true, send, len, out, cap, n);
	case PCSC_CONTROL_ESCAPE:
	case PCSC_CONTROL_FEATURE(PCSC_FEATURE_ESCAPE):
		return ccid_session_escape(s, send, len, out, cap, n);
	default: return SCARD_E_UNSUPPORTED_FEATURE;
	}
}

long iscard_pcsc_control(long card, unsigned long code, const void *send, unsigned long send_len,
                         void *receive, unsigned long receive_cap, unsigned long *receive_len)
{
	static const uint8_t nothing[1];
	uint8_t none[2];
	struct ccid_session *s;
	size_t n = 0;
	bool taken;
	HRESULT hr;

	if (receive_len != NULL)
		*receive_len = 0;
	hr = ccid_pcsc_session_take(&s, card, &taken);
	if (FAILED(hr))
		return ccid_pcsc_code(hr);
	if (send_len > PCSC_BUFFER_MAX)
		hr = SCARD_E_INSUFFICIENT_BUFFER;
	else
		hr = ccid_pcsc_not_transacted(control(
			s, code, send != NULL ? send : nothing, send != NULL ? send_len : 0,
			receive != NULL ? receive : none, receive != NULL ? receive_cap : 0, &n));
	if (taken)
		ccid_pcsc_end_turn(s);
	ccid_session_unref(s);
	if ((SUCCEEDED(hr) || hr == SCARD_E_INSUFFICIENT_BUFFER) && receive_len != NULL)
		*receive_len = n;
	return ccid_pcsc_code(hr);
}
