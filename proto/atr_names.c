/* SPDX-License-Identifier: MIT */
#include "atr.h"

static const char *const texts[CCID_ATR_E_COUNT] = {
	"TS is neither 3B nor 3F",
	"the check byte TCK is wrong",
	"the check byte TCK is missing",
	"there are fewer historical bytes than T0 announces",
	"there are bytes after the end",
	"more than 33 bytes: the rest is cut off",
	"Fi in TA1 is reserved",
	"Di in TA1 is reserved",
	"WI in TC2 is 0, which is reserved: 10 is used",
	"IFSC is 00 or FF, which is reserved",
	"BWI is above 9, which is reserved",
	"TD1 names T=15, which is not a protocol",
	"the protocols are not in ascending order",
	"the input ends inside the interface bytes",
};

const char *ccid_atr_error_text(unsigned bit)
{
	for (unsigned i = 0; i < CCID_ATR_E_COUNT; i++)
		if (bit == 1u << i)
			return texts[i];
	return NULL;
}
