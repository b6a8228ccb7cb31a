/* SPDX-License-Identifier: MIT */
#include "emu_t1.h"

#include <string.h>

#define PCB_MORE 0x20u
#define WTX_MULT 2u

enum pcb {
	RESYNCH_REQUEST = 0xC0,
	IFS_REQUEST = 0xC1,
	ABORT_REQUEST = 0xC2,
	WTX_REQUEST = 0xC3,
	WTX_RESPONSE = 0xE3,
};

void emu_t1_reset(struct emu_t1 *t, struct emu_card *card, uint8_t *command, uint8_t ifsc,
                  uint8_t ifsd, bool crc)
{
	unsigned wrong = t->wrong;

	*t = (struct emu_t1){.card = card,
	                     .command = command,
	                     .ifsc = ifsc,
	                     .ifsd = ifsd,
	                     .crc = crc,
	                     .wrong = wrong};
}

/* ISO/IEC 13239 as common drivers compute it: x16 + x12 + x5 + 1, reflected, from FFFF, not
 * inverted at the end. */
static uint16_t crc16(const uint8_t *p, size_t len)
{
	uint16_t crc = 0xFFFF;

	for (size_t i = 0; i < len; i++) {
		crc = (uint16_t)(crc ^ p[i]);
		for (unsigned bit = 0; bit < 8; bit++)
			crc = (uint16_t)((crc & 1u) != 0 ? crc >> 1 ^ 0x8408 : crc >> 1);
	}
	return crc;
}

/* The epilogue of len bytes; its length. */
static size_t epilogue(const struct emu_t1 *t, const uint8_t *p, size_t len, uint8_t out[2])
{
	uint16_t crc;

	if (t->crc) {
		crc = crc16(p, len);
		out[0] = (uint8_t)(crc >> 8);
		out[1] = (uint8_t)crc;
		return 2;
	}
	out[0] = 0;
	for (size_t i = 0; i < len; i++)
		out[0] ^= p[i];
	return 1;
}

size_t emu_t1_wrap(const struct emu_t1 *t, uint8_t nad, uint8_t pcb, const uint8_t *inf, size_t len,
                   uint8_t *out)
{
	out[0] = nad;
	out[1] = pcb;
	out[2] = (uint8_t)len;
	if (len > 0)
		memcpy(out + 3, inf, len);
	return 3 + len + epilogue(t, out, 3 + len, out + 3 + len);
}

static void send(struct emu_t1 *t, uint8_t pcb, const uint8_t *inf, size_t len)
{
	t->last_len = emu_t1_wrap(t, 0, pcb, inf, len, t->last);
}

static void send_r(struct emu_t1 *t, uint8_t error)
{
	send(t, (uint8_t)(0x80 | t->expected << 4 | error), NULL, 0);
}

static void send_i(struct emu_t1 *t)
{
	size_t n = t->answer_len < t->ifsd ? t->answer_len : t->ifsd;

	t->chaining = n < t->answer_len;
	send(t, (uint8_t)((unsigned)t->ns << 6 | (t->chaining ? PCB_MORE : 0)), t->answer, n);
	t->ns ^= 1;
	t->answer += n;
	t->answer_len -= n;
}

static void refuse(struct emu_t1 *t, uint8_t error)
{
	t->wrong++;
	send_r(t, error);
}

/* The response, or a request for the time it takes. */
static void go_on(struct emu_t1 *t, struct emu_block *out)
{
	const uint8_t multiplier = WTX_MULT;

	t->wtx_due = t->waits > 0;
	if (!t->wtx_due) {
		send_i(t);
		return;
	}
	t->waits--;
	out->delay_ms = t->step_ms;
	send(t, WTX_REQUEST, &multiplier, 1);
}

static void run(struct emu_t1 *t, struct emu_block *out)
{
	struct emu_card_answer a;

	emu_card_apdu(t->card, t->command, t->command_len, &a);
	t->command_len = 0;
	out->mute = a.mute;
	t->answer = a.data;
	t->answer_len = a.len;
	t->waits = a.extensions;
	t->step_ms = a.step_ms;
	if (!a.mute)
		go_on(t, out);
}

static void on_i(struct emu_t1 *t, const uint8_t *b, struct emu_block *out)
{
	if ((b[1] >> 6 & 1) != t->expected || t->chaining || b[2] > t->ifsc ||
	    b[2] > EMU_COMMAND_MAX - t->command_len) {
		refuse(t, 2);
		return;
	}
	memcpy(t->command + t->command_len, b + 3, b[2]);
	t->command_len += b[2];
	t->expected ^= 1;
	if ((b[1] & PCB_MORE) != 0)
		send_r(t, 0);
	else
		run(t, out);
}

/* N(R) names the I-block that the host wants; anything else asks for the last block again. */
static void on_r(struct emu_t1 *t, const uint8_t *b)
{
	if (t->last_len == 0)
		refuse(t, 2);
	else if (t->chaining && (b[1] >> 4 & 1) == t->ns)
		send_i(t);
}

static void on_s(struct emu_t1 *t, const uint8_t *b, struct emu_block *out)
{
	uint8_t answer = (uint8_t)(b[1] | 0x20);

	switch (b[1]) {
	case RESYNCH_REQUEST:
		emu_t1_reset(t, t->card, t->command, t->ifsc, t->ifsd, t->crc);
		send(t, answer, NULL, 0);
		break;
	case IFS_REQUEST:
		if (b[2] != 1 || b[3] == 0 || b[3] == 0xFF) {
			refuse(t, 2);
			break;
		}
		t->ifsd = b[3];
		send(t, answer, b + 3, 1);
		break;
	case ABORT_REQUEST:
		t->chaining = false;
		t->command_len = t->answer_len = 0;
		send(t, answer, NULL, 0);
		break;
	case WTX_RESPONSE:
		if (t->wtx_due && b[2] == 1 && b[3] == WTX_MULT)
			go_on(t, out);
		else
			refuse(t, 2);
		break;
	default: refuse(t, 2);
	}
}

static bool sound(const struct emu_t1 *t, const uint8_t *b, size_t len)
{
	size_t edc = t->crc ? 2 : 1;
	uint8_t want[2];

	if (len < 3 + edc || b[2] == 0xFF || len != 3u + b[2] + edc)
		return false;
	epilogue(t, b, len - edc, want);
	return memcmp(want, b + len - edc, edc) == 0;
}

void emu_t1_block(struct emu_t1 *t, const uint8_t *block, size_t len, struct emu_block *out)
{
	*out = (struct emu_block){.mute = false};
	if (!sound(t, block, len))
		refuse(t, 1);
	else if ((block[1] & 0x80) == 0)
		on_i(t, block, out);
	else if ((block[1] & 0xC0) == 0x80)
		on_r(t, block);
	else
		on_s(t, block, out);
	out->data = t->last;
	out->len = t->last_len;
}
