/* SPDX-License-Identifier: MIT */
#include "quirks.h"

#define ANY 0x0000, 0xFFFF

#define CLASS CCID_QUIRK_CLASS_FF
#define TYPE  CCID_QUIRK_TYPE_FF

static const struct ccid_quirk rows[] = {
	{0x046A, 0x003E, ANY, CLASS, "Cherry SmartTerminal ST-2xxx: class 0xFF"},
	{0x04E6, 0x5111, ANY, CLASS, "SCM SCR331-DI: class 0xFF"},
	{0x04E6, 0x511A, ANY, CLASS, "SCM SCR3310-NTTCom: class 0xFF"},
	{0x04E6, 0x5120, ANY, CLASS, "SCM SCR331-DI-NTTCom: class 0xFF"},
	{0x04E6, 0x5121, ANY, CLASS, "SCM SDI010: class 0xFF"},
	{0x04E6, 0x512B, ANY, CLASS, "SCM SDI011: class 0xFF"},
	{0x04E6, 0x512C, ANY, CLASS, "SCM SDI011: class 0xFF"},
	{0x04E6, 0x5291, ANY, CLASS, "SCM SCL010: class 0xFF"},
	{0x04E6, 0x5292, ANY, CLASS, "SCM SCL01x: class 0xFF"},
	{0x04E6, 0xE003, ANY, CLASS, "SCM SPR532: class 0xFF in old firmware"},
	{0x076B, 0x532A, ANY, CLASS, "OMNIKEY 5321 CLi: class 0xFF"},
	{0x076B, 0x5340, ANY, CLASS, "OMNIKEY 5021 CL: class 0xFF"},
	{0x08E6, 0x1359, ANY, CLASS | TYPE, "Verisign Secure Storage Token: class and type 0xFF"},
	{0x08E6, 0x2202, ANY, CLASS | TYPE, "Gemalto Gem e-Seal Pro: class and type 0xFF"},
	{0x08E6, 0xACE0, ANY, CLASS | TYPE, "Verisign Secure Token: class and type 0xFF"},
	{0x09BE, 0x0002, ANY, CLASS | TYPE, "MySmartPad: class and type 0xFF"},
	{0x0C4B, 0x0300, ANY, CLASS, "REINER SCT cyberJack pinpad(a): class 0xFF"},
	{0x0C4B, 0x0500, ANY, CLASS, "REINER SCT cyberJack RFID standard: class 0xFF"},
	{0x1DB2, 0x0600, ANY, CLASS, "DUALi reader: class 0xFF"},
	{0x1DB2, 0x0604, ANY, CLASS, "DUALi reader: class 0xFF"},
	{0x413C, 0x2100, ANY, CLASS | TYPE, "Dell SK-3106 keyboard: class and type 0xFF"},
};

const struct ccid_quirk *ccid_quirk_row(size_t i)
{
	return i < sizeof rows / sizeof rows[0] ? &rows[i] : NULL;
}

unsigned ccid_quirk_flags(uint16_t vid, uint16_t pid, uint16_t bcd_device)
{
	const struct ccid_quirk *q;
	unsigned flags = 0;

	for (size_t i = 0; (q = ccid_quirk_row(i)) != NULL; i++)
		if (q->vid == vid && q->pid == pid && bcd_device >= q->bcd_min &&
		    bcd_device <= q->bcd_max)
			flags |= q->flags;
	return flags;
}

bool ccid_quirk_accepts_ff(uint16_t vid, uint16_t pid)
{
	const struct ccid_quirk *q;

	for (size_t i = 0; (q = ccid_quirk_row(i)) != NULL; i++)
		if (q->vid == vid && q->pid == pid && (q->flags & CCID_QUIRK_TYPE_FF))
			return true;
	return false;
}
