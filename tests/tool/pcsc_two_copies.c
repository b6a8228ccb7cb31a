/* SPDX-License-Identifier: MIT */
/* pcsc_two_copies SAMPLE: a program that has libiscard linked statically and finds libpcsclite.so.1, and
 * with it libiscard.so, at run time: a handle of the one is none of the other, however many are open. */
#include "pcsc_lib.h"

#include <iscard/iscard.h>
#include <stdio.h>
#include <string.h>

#define MANY 16

static ISCard *make_card(void)
{
	ISCard *card = NULL;

	return SUCCEEDED(CoCreateInstance(&CLSID_CSCard, NULL, CLSCTX_ALL, &IID_ISCard,
	                                  (void **)&card))
	               ? card
	               : NULL;
}

static bool attach_many(BSTR reader, ISCard *cards[MANY])
{
	for (int i = 0; i < MANY; i++) {
		cards[i] = make_card();
		if (cards[i] == NULL || FAILED(ISCard_AttachByReader(cards[i], reader, SHARED, T0)))
			return false;
	}
	return true;
}

static bool refused(HSCARD handle)
{
	ISCard *card = make_card();
	char why[256] = "";
	bool ok = card != NULL && ISCard_AttachByHandle(card, handle) == E_INVALIDARG &&
	          iscard_last_error(card, why, sizeof why) == E_INVALIDARG &&
	          strstr(why, "of this copy of libiscard") != NULL;

	if (!ok)
		printf("handle of the other copy: %s\n", why);
	if (card != NULL)
		ISCard_Release(card);
	return ok;
}

static bool unknown(HSCARD handle)
{
	long err = pcsc.disconnect((long)handle, 0);

	if (err != 0)
		return true;
	puts("the drop-in takes the handle of the other copy");
	return false;
}

int main(int argc, char **argv)
{
	BSTR address = iscard_bstr_from_utf8(argc == 2 ? argv[1] : "");
	ISCard *cards[MANY] = {NULL};
	char reader[256];
	dword protocol;
	long context, card;
	HSCARD ours;
	int failed = 0;

	if (!pcsc_load() || !pcsc_start(&context, reader, sizeof reader) ||
	    !attach_many(address, cards))
		return 1;
	for (int i = 0; i < MANY; i++) {
		if (pcsc.connect(context, reader, 2, 3, &card, &protocol) != 0 ||
		    FAILED(ISCard_get_CardHandle(cards[i], &ours)))
			return 1;
		failed |= !refused((HSCARD)card) || !unknown(ours);
	}
	for (int i = 0; i < MANY; i++)
		ISCard_Release(cards[i]);
	pcsc.release(context);
	SysFreeString(address);
	return failed;
}
