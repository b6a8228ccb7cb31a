/* SPDX-License-Identifier: MIT */
/* pcsc_atr: the first reader and the ATR of its card, through the libpcsclite.so.1 that is found. */
#include "pcsc_lib.h"

#include <stdio.h>

int main(void)
{
	char reader[256];
	uint8_t atr[33];
	dword protocol, n = sizeof atr;
	long context, card, err;

	if (!pcsc_load() || !pcsc_start(&context, reader, sizeof reader))
		return 1;
	err = pcsc.connect(context, reader, 2, 3, &card, &protocol);
	if (err == 0)
		err = pcsc.status(card, NULL, NULL, NULL, NULL, atr, &n);
	say(err, "%s", reader);
	if (err == 0)
		also_bytes("atr", atr, n);
	finish();
	pcsc.release(context);
	return err == 0 ? 0 : 3;
}
