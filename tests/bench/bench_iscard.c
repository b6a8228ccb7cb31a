/* SPDX-License-Identifier: MIT */
/* This library: ISCard::Transaction (mode transaction), iscard_transmit (mode transmit). */
#include "bench.h"

#include <iscard/iscard.h>

#define READER "usb:1-1"

static bool transmit(ISCard *card, const struct bench_work *w)
{
	uint8_t reply[1024];

	for (unsigned long i = 0; i < w->n; i++) {
		size_t n = sizeof reply;

		if (FAILED(iscard_transmit(card, w->apdu, w->len, reply, &n)) ||
		    !bench_answered(w, reply, n))
			return false;
	}
	return true;
}

static bool transact(ISCard *card, ISCardCmd *cmd, const struct bench_work *w)
{
	for (unsigned long i = 0; i < w->n; i++) {
		WORD status = 0;

		if (FAILED(ISCard_Transaction(card, &cmd)) ||
		    FAILED(ISCardCmd_get_ReplyStatus(cmd, &status)) || status != 0x9000)
			return false;
	}
	return true;
}

static bool with_command(ISCard *card, const struct bench_work *w)
{
	IByteBuffer *apdu = NULL;
	ISCardCmd *cmd = NULL;
	LONG len = 0;
	bool ok = SUCCEEDED(iscard_buffer_create(w->apdu, w->len, &apdu)) &&
	          SUCCEEDED(CoCreateInstance(&CLSID_CSCardCmd, NULL, CLSCTX_ALL, &IID_ISCardCmd,
	                                     (void **)&cmd)) &&
	          SUCCEEDED(ISCardCmd_put_Apdu(cmd, apdu)) && transact(card, cmd, w);

	if (ok && w->n > 0)
		ok = SUCCEEDED(ISCardCmd_get_ApduReplyLength(cmd, &len)) &&
		     (size_t)len == w->answer - 2;
	if (cmd != NULL)
		ISCardCmd_Release(cmd);
	if (apdu != NULL)
		IByteBuffer_Release(apdu);
	return ok;
}

static bool run(ISCard *card, const struct bench_work *w)
{
	double start = bench_us();
	bool ok = strcmp(w->mode, "transmit") == 0 ? transmit(card, w) : with_command(card, w);

	if (ok)
		bench_tell(w, start);
	return ok;
}

int main(int argc, char **argv)
{
	struct bench_work w;
	ISCard *card;
	HRESULT hr;
	char why[300];
	bool ok;

	if (!bench_work(&w, argc, argv))
		return 2;
	hr = CoCreateInstance(&CLSID_CSCard, NULL, CLSCTX_ALL, &IID_ISCard, (void **)&card);
	if (FAILED(hr))
		return 1;
	ok = SUCCEEDED(iscard_attach(card, READER, SHARED, T0 | T1)) && run(card, &w);
	bench_rest(&w);
	iscard_last_error(card, why, sizeof why);
	if (!ok)
		fprintf(stderr, "%s\n", why);
	ISCard_Detach(card, LEAVE);
	ISCard_Release(card);
	return ok ? 0 : 1;
}
