/* SPDX-License-Identifier: MIT */
/* Connections by ISCard, and what each call may return. */
#include "soak.h"

#include <stdio.h>
#include <string.h>

static bool in(const HRESULT *list, size_t n, HRESULT hr)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == hr)
			return true;
	return false;
}

/* What the pages of ISCard allow for whatever talks to reader and card (scardmgr.h). */
static bool documented(HRESULT hr, bool attaching)
{
	static const HRESULT any[] = {
		SCARD_E_TIMEOUT,        SCARD_F_COMM_ERROR,          SCARD_E_COMM_DATA_LOST,
		SCARD_W_UNPOWERED_CARD, SCARD_E_UNSUPPORTED_FEATURE, SCARD_E_NOT_READY,
		SCARD_E_CANCELLED,      SCARD_F_INTERNAL_ERROR,      SCARD_E_READER_UNAVAILABLE,
		E_OUTOFMEMORY};
	static const HRESULT with_card[] = {SCARD_W_REMOVED_CARD, SCARD_W_RESET_CARD};
	static const HRESULT without[] = {SCARD_E_UNKNOWN_READER,    SCARD_E_NO_SMARTCARD,
	                                  SCARD_E_SHARING_VIOLATION, SCARD_E_PROTO_MISMATCH,
	                                  SCARD_W_UNRESPONSIVE_CARD, SCARD_W_UNSUPPORTED_CARD};

	if (in(any, sizeof any / sizeof any[0], hr))
		return true;
	return attaching ? in(without, sizeof without / sizeof without[0], hr)
	                 : in(with_card, sizeof with_card / sizeof with_card[0], hr);
}

static const char *name_of(HRESULT hr)
{
	const char *name = iscard_result_name(hr);

	return name != NULL ? name : "?";
}

/* A reader that a port reset does not bring back is gone as well. */
static bool may_be_gone(struct soak_card *c, const struct soak_fault *fault)
{
	struct soak_reader *r = c->reader;

	return !soak_plugged(r) || r->plan.gone || c->plug != r->plugs ||
	       c->resets != r->plan.resets || (fault != NULL && soak_slots(r->kind) > 1);
}

/* After a port reset the reader tells of its cards as if they had just come. */
static bool may_be_removed(const struct soak_card *c, const struct soak_fault *fault)
{
	return (fault != NULL && fault->removes) || soak_moved(c) ||
	       c->resets != c->reader->plan.resets;
}

/* Whether this may be the result, with such a fault about. */
static void judge_failure(struct soak_card *c, const char *call, const struct soak_fault *fault,
                          bool attaching)
{
	HRESULT hr = c->result;
	const char *problem = NULL;
	char line[256];

	if (!documented(hr, attaching))
		problem = "is not documented";
	else if (fault != NULL && fault->noise)
		problem = "for what should not be noticed";
	else if (hr == SCARD_E_CANCELLED && (fault == NULL || !fault->cancels))
		problem = "but nobody cancelled";
	else if (hr == E_OUTOFMEMORY && (fault == NULL || !fault->memory))
		problem = "but there is memory";
	else if (hr == SCARD_E_READER_UNAVAILABLE && !may_be_gone(c, fault))
		problem = "but it is there";
	else if (hr == SCARD_W_REMOVED_CARD && !may_be_removed(c, fault))
		problem = "but it is the same";
	if (problem == NULL)
		return;
	iscard_last_error(c->object, line, sizeof line);
	soak_die(c->reader, "slot %u, %s %lu: %s %s (%s), %s %u", c->slot, call, c->count,
	         name_of(hr), problem, line, c->fault, c->fault_number);
}

static void judge_time(struct soak_card *c, const char *call, int64_t start, int64_t limit)
{
	int64_t took = c->reader->s.clock.now - start, slots = soak_slots(c->reader->kind);

	/* Others make the time leap while this thread waits for its turn, or to run at all. */
	if (slots > 1)
		limit *= 4 * slots;
	if (took > limit + SOAK_GRACE_MS * slots)
		soak_die(c->reader, "slot %u, %s %lu took %lld ms", c->slot, call, c->count,
		         (long long)took);
}

static HRESULT by_object(struct soak_card *c)
{
	IByteBuffer *buffer = NULL;
	LONG got = 0;
	WORD status = 0;
	HRESULT hr = iscard_buffer_create(c->apdu, c->apdu_len, &buffer);

	c->reply_len = 0;
	if (SUCCEEDED(hr)) {
		hr = ISCardCmd_put_Apdu(c->cmd, buffer);
		IByteBuffer_Release(buffer);
	}
	if (SUCCEEDED(hr))
		hr = ISCard_Transaction(c->object, &c->cmd);
	if (FAILED(hr))
		return hr;
	buffer = NULL;
	ISCardCmd_get_ReplyStatus(c->cmd, &status);
	if (SUCCEEDED(ISCardCmd_get_ApduReply(c->cmd, &buffer)) && buffer != NULL) {
		IByteBuffer_Read(buffer, c->reply, sizeof c->reply, &got);
		IByteBuffer_Release(buffer);
	}
	c->reply_len = (size_t)got;
	c->reply[c->reply_len++] = (uint8_t)(status >> 8);
	c->reply[c->reply_len++] = (uint8_t)status;
	return hr;
}

static HRESULT by_bytes(struct soak_card *c)
{
	c->reply_len = sizeof c->reply;
	return iscard_transmit(c->object, c->apdu, c->apdu_len, c->reply, &c->reply_len);
}

bool soak_transmit(struct soak_card *c, const struct soak_fault *fault)
{
	int64_t start = c->reader->s.clock.now;
	bool object =
		c->cmd != NULL && (fault == NULL || !fault->memory) && soak_one_in(&c->random, 10);
	const char *wrong;

	soak_command(c);
	c->count++;
	memset(c->reply, 0xEE, 16);
	c->result = object ? by_object(c) : by_bytes(c);
	judge_time(c, "APDU", start, SOAK_LIMIT_MS);
	if (FAILED(c->result)) {
		judge_failure(c, "APDU", fault, false);
		if (c->result == SCARD_E_READER_UNAVAILABLE)
			c->reader->lost = true;
		if (c->reply_len != 0)
			soak_die(c->reader, "APDU %lu failed with a reply", c->count);
		soak_command_failed(c);
		c->failed++;
		return false;
	}
	if (soak_moved(c))
		soak_die(c->reader, "APDU %lu went to another card", c->count);
	wrong = soak_judge(c);
	if (wrong != NULL)
		soak_die(c->reader, "slot %u, APDU %lu, %02X%02X%02X%02X of %zu bytes: %s, %s %u",
		         c->slot, c->count, c->apdu[0], c->apdu[1], c->apdu[2], c->apdu[3],
		         c->apdu_len, wrong, c->fault, c->fault_number);
	return true;
}

bool soak_moved(const struct soak_card *c)
{
	return c->plug != c->reader->plugs || c->card != c->reader->cards[c->slot];
}

static void slot_name(const struct soak_card *c, char *out, size_t cap)
{
	if (soak_slots(c->reader->kind) == 1)
		snprintf(out, cap, "%s", c->reader->address);
	else
		snprintf(out, cap, "Soak Reader 00 %02X", c->slot);
}

bool soak_attach(struct soak_card *c, const struct soak_fault *fault)
{
	int64_t start = c->reader->s.clock.now;
	char name[32];

	c->plug = c->reader->plugs;
	c->resets = c->reader->plan.resets;
	c->card = c->reader->cards[c->slot];
	if (c->twin_card != c->card)
		soak_new_twin(c);
	slot_name(c, name, sizeof name);
	c->attaches++;
	c->result = iscard_attach(c->object, name, SHARED, (SCARD_PROTOCOLS)(T0 | T1));
	judge_time(c, "attach", start, 2 * SOAK_LIMIT_MS);
	c->attached = SUCCEEDED(c->result);
	if (c->attached)
		return true;
	judge_failure(c, "attach", fault, true);
	c->refused++;
	return false;
}

void soak_detach(struct soak_card *c)
{
	static const SCARD_DISPOSITIONS how[] = {LEAVE, RESET, UNPOWER};
	int64_t start = c->reader->s.clock.now;
	HSCARD handle = 0;
	HRESULT hr;

	if (!c->attached)
		return;
	hr = ISCard_Detach(c->object, how[soak_below(&c->random, 3)]);
	judge_time(c, "detach", start, 2 * SOAK_LIMIT_MS);
	if (FAILED(hr) && hr != SCARD_E_CANT_DISPOSE)
		soak_die(c->reader, "slot %u, detach: %s", c->slot, name_of(hr));
	if (FAILED(ISCard_get_CardHandle(c->object, &handle)) || handle != 0)
		soak_die(c->reader, "slot %u is still attached", c->slot);
	c->attached = false;
}

static void *create(struct soak_card *c, REFCLSID clsid, REFIID iid)
{
	void *object = NULL;

	if (FAILED(iscard_context_create_instance(c->reader->context, clsid, iid, &object)))
		soak_die(c->reader, "no object");
	return object;
}

void soak_card_begin(struct soak_card *c, struct soak_reader *r, unsigned slot, uint64_t seed)
{
	memset(c, 0, sizeof *c);
	c->reader = r;
	c->slot = slot;
	c->random.state = seed * 0x9E3779B97F4A7C15u + slot + 1;
	c->object = create(c, &CLSID_CSCard, &IID_ISCard);
	c->cmd = create(c, &CLSID_CSCardCmd, &IID_ISCardCmd);
	r->object[slot] = c->object;
	soak_new_twin(c);
}

void soak_card_end(struct soak_card *c)
{
	ISCard_Release(c->object);
	ISCardCmd_Release(c->cmd);
	emu_card_free(c->twin);
}
