/* SPDX-License-Identifier: MIT */
#include "doctor.h"

#include "atr.h"
#include "quirks.h"

#include <stdio.h>
#include <string.h>

static bool faulty(const struct iscard_capabilities *c, const char *why, size_t len)
{
	const struct ccid_quirk *q;

	for (size_t i = 0; (q = ccid_quirk_row(i)) != NULL; i++)
		if ((q->flags & CCID_QUIRK_FIRMWARE) != 0 &&
		    ccid_quirk_matches(q, c->vid, c->pid, c->release) && strlen(q->why) == len &&
		    strncmp(q->why, why, len) == 0)
			return true;
	return false;
}

/* "quirk: TEXT" or "descriptor: TEXT" */
static void say_line(struct doctor *d, const struct iscard_capabilities *c, const char *line,
                     size_t len)
{
	const char *text = memchr(line, ' ', len);
	size_t n;

	if (text == NULL)
		return;
	text++;
	n = len - (size_t)(text - line);
	if (line[0] != 'q')
		doctor_say(d, DOCTOR_DESCRIPTOR, "its descriptor is not taken at its word: %.*s",
		           (int)n, text);
	else if (faulty(c, text, n))
		doctor_say(d, DOCTOR_FIRMWARE, "this firmware is known to be faulty: %.*s", (int)n,
		           text);
	else
		doctor_say(d, DOCTOR_QUIRK, "it is driven in its own way: %.*s", (int)n, text);
}

bool doctor_nature(struct doctor *d, const struct iscard_capabilities *caps)
{
	for (const char *line = caps->quirks; *line != '\0';) {
		size_t len = strcspn(line, "\n");

		say_line(d, caps, line, len);
		line += len + (line[len] == '\n');
	}
	if (caps->pin_pad_source == ISCARD_SOURCE_REFUSED)
		doctor_say(d, DOCTOR_NO_PIN, "it claims a PIN pad that is not to be relied on");
	if (caps->protocols == 0)
		doctor_say(d, DOCTOR_UNSUPPORTED, "it offers neither T=0 nor T=1");
	return caps->protocols != 0;
}

static void say_atr(struct doctor *d, ISCard *card)
{
	uint8_t bytes[ISCARD_ATR_MAX];
	char hex[3 * ISCARD_ATR_MAX + 1] = "";
	size_t len = sizeof bytes;
	struct ccid_atr atr;

	if (FAILED(iscard_atr(card, bytes, &len)))
		return;
	for (size_t i = 0; i < len; i++)
		snprintf(hex + 3 * i, 4, " %02X", bytes[i]);
	doctor_say(d, DOCTOR_ANSWERS, "the card answers:%s", hex);
	if (ccid_atr_decode(&atr, bytes, len) != 0)
		return;
	for (unsigned bit = 0; bit < CCID_ATR_E_COUNT; bit++)
		if ((atr.errors & 1u << bit) != 0)
			doctor_say(d, DOCTOR_ATR, "its answer to reset breaks a rule: %s",
			           ccid_atr_error_text(1u << bit));
}

static void say_failure(struct doctor *d, ISCard *card, HRESULT hr)
{
	char why[400] = "";

	iscard_last_error(card, why, sizeof why);
	switch (hr) {
	case SCARD_E_NO_SMARTCARD:
	case SCARD_W_REMOVED_CARD:
		doctor_say(d, DOCTOR_NO_CARD, "there is no card in the reader");
		break;
	case SCARD_W_UNRESPONSIVE_CARD:
	case SCARD_W_UNPOWERED_CARD:
		doctor_say(d, DOCTOR_MUTE, "there is a card, but it does not answer: %s", why);
		break;
	case SCARD_W_UNSUPPORTED_CARD:
	case SCARD_E_PROTO_MISMATCH:
	case SCARD_E_CARD_UNSUPPORTED:
		doctor_say(d, DOCTOR_CARD, "card and reader do not get on: %s", why);
		break;
	case SCARD_E_SHARING_VIOLATION:
		doctor_say(d, DOCTOR_HELD, "another program has it: %s", why);
		break;
	case SCARD_W_SECURITY_VIOLATION: doctor_say(d, DOCTOR_DENIED, "%s", why); break;
	case SCARD_E_UNKNOWN_READER: doctor_say(d, DOCTOR_UNREACHABLE, "%s", why); break;
	default: doctor_say(d, DOCTOR_FAILS, "%s", why); break;
	}
}

void doctor_card(struct doctor *d, iscard_context *context)
{
	void *object = NULL;
	HRESULT hr = iscard_context_create_instance(context, &CLSID_CSCard, &IID_ISCard, &object);
	ISCard *card = object;

	if (FAILED(hr)) {
		doctor_say(d, DOCTOR_FAILS, "%s", iscard_strerror(hr));
		return;
	}
	hr = iscard_attach(card, d->reader, SHARED, T0 | T1);
	if (SUCCEEDED(hr))
		say_atr(d, card);
	else
		say_failure(d, card, hr);
	if (SUCCEEDED(hr))
		ISCard_Detach(card, LEAVE);
	ISCard_Release(card);
}
