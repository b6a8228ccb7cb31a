/* SPDX-License-Identifier: MIT */
/* What a reader offers, as PC/SC part 10 tells it. */
#include "pcsc_priv.h"

#include "profile.h"

#define PAD_VERIFY 1u
#define PAD_MODIFY 2u
#define KEY_ENDS   7u       /* bEntryValidationCondition: any of the three */
#define APDU_MAX   0x10000u /* of dwMaxAPDUDataSize; 0 is short APDUs alone */

struct sink {
	uint8_t *out;
	size_t cap, n;
};

static void put(struct sink *k, uint8_t b)
{
	if (k->n < k->cap)
		k->out[k->n] = b;
	k->n++;
}

static HRESULT end(const struct sink *k, size_t *n)
{
	*n = k->n;
	return k->n <= k->cap ? S_OK : SCARD_E_INSUFFICIENT_BUFFER;
}

/* PCSC_TLV_STRUCTURE: the control code, most significant byte first (2.2). */
static void put_feature(struct sink *k, enum pcsc_feature tag)
{
	unsigned long code = PCSC_CONTROL_FEATURE((unsigned)tag);

	put(k, (uint8_t)tag);
	put(k, 4);
	for (int shift = 24; shift >= 0; shift -= 8)
		put(k, (uint8_t)(code >> shift));
}

/* A property's value, least significant byte first (2.6.14). */
static void put_property(struct sink *k, enum pcsc_property tag, uint32_t value, unsigned len)
{
	put(k, (uint8_t)tag);
	put(k, (uint8_t)len);
	for (unsigned i = 0; i < len; i++)
		put(k, (uint8_t)(value >> 8 * i));
}

static const struct ccid_class_desc *desc_of(const struct ccid_session *s)
{
	return ccid_reader_desc(ccid_open_reader(s->open));
}

HRESULT ccid_pcsc_has_pad(struct ccid_session *s, bool modify)
{
	HRESULT hr = ccid_session_pin(s);

	if (FAILED(hr))
		return hr;
	if (!(desc_of(s)->pin_support & (modify ? PAD_MODIFY : PAD_VERIFY)))
		hr = SCARD_E_UNSUPPORTED_FEATURE;
	ccid_session_unpin(s);
	return hr;
}

HRESULT ccid_pcsc_features(struct ccid_session *s, uint8_t *out, size_t cap, size_t *n)
{
	struct sink k = {out, cap, 0};
	HRESULT hr = ccid_session_pin(s);

	if (FAILED(hr))
		return hr;
	if (desc_of(s)->pin_support & PAD_VERIFY)
		put_feature(&k, PCSC_FEATURE_VERIFY_PIN);
	if (desc_of(s)->pin_support & PAD_MODIFY)
		put_feature(&k, PCSC_FEATURE_MODIFY_PIN);
	if (desc_of(s)->pin_support != 0)
		put_feature(&k, PCSC_FEATURE_PIN_PROPERTIES);
	put_feature(&k, PCSC_FEATURE_TLV_PROPERTIES);
	if (s->context->options.escapes)
		put_feature(&k, PCSC_FEATURE_ESCAPE);
	ccid_session_unpin(s);
	return end(&k, n);
}

/* PIN_PROPERTIES_STRUCTURE (2.6.5). */
HRESULT ccid_pcsc_pin_properties(struct ccid_session *s, uint8_t *out, size_t cap, size_t *n)
{
	struct sink k = {out, cap, 0};
	HRESULT hr = ccid_session_pin(s);

	if (FAILED(hr))
		return hr;
	put(&k, (uint8_t)desc_of(s)->lcd_layout);
	put(&k, (uint8_t)(desc_of(s)->lcd_layout >> 8));
	put(&k, KEY_ENDS);
	put(&k, 0);
	ccid_session_unpin(s);
	return end(&k, n);
}

static bool extended(const struct ccid_class_desc *d)
{
	enum ccid_level level = ccid_class_desc_level(d);

	return level == CCID_LEVEL_TPDU || level == CCID_LEVEL_EXTENDED_APDU;
}

HRESULT ccid_pcsc_tlv_properties(struct ccid_session *s, uint8_t *out, size_t cap, size_t *n)
{
	struct sink k = {out, cap, 0};
	HRESULT hr = ccid_session_pin(s);
	const struct ccid_identity *id;

	if (FAILED(hr))
		return hr;
	id = &ccid_reader_transport(ccid_open_reader(s->open))->id;
	put_property(&k, PCSC_PROPERTY_LCD_LAYOUT, desc_of(s)->lcd_layout, 2);
	put_property(&k, PCSC_PROPERTY_TIME_OUT_2, 0, 1);
	put_property(&k, PCSC_PROPERTY_PPDU, 0, 1);
	put_property(&k, PCSC_PROPERTY_VENDOR, id->vid, 2);
	put_property(&k, PCSC_PROPERTY_PRODUCT, id->pid, 2);
	put_property(&k, PCSC_PROPERTY_MAX_APDU, extended(desc_of(s)) ? APDU_MAX : 0, 4);
	ccid_session_unpin(s);
	return end(&k, n);
}
