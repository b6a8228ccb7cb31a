/* SPDX-License-Identifier: MIT */
/* Status words (ISO/IEC 7816-4:2013, 5.6). */
#include "message_text.h"

static const struct {
	uint16_t sw;
	const char *text;
} exact[] = {
	{0x6281, "part of the data may be corrupted"},
	{0x6282, "end of file reached"},
	{0x6283, "selected file deactivated"},
	{0x6285, "selected file terminated"},
	{0x6300, "verification failed"},
	{0x6310, "more data"},
	{0x6401, "cancelled"},
	{0x6881, "logical channel not supported"},
	{0x6882, "secure messaging not supported"},
	{0x6883, "last command of the chain expected"},
	{0x6884, "command chaining not supported"},
	{0x6981, "not for this file structure"},
	{0x6982, "security status not satisfied"},
	{0x6983, "authentication method blocked"},
	{0x6984, "reference data not usable"},
	{0x6985, "conditions of use not satisfied"},
	{0x6986, "no current EF"},
	{0x6987, "secure messaging objects missing"},
	{0x6988, "secure messaging objects incorrect"},
	{0x6A80, "incorrect data"},
	{0x6A81, "function not supported"},
	{0x6A82, "file or application not found"},
	{0x6A83, "record not found"},
	{0x6A84, "not enough memory"},
	{0x6A86, "incorrect P1 P2"},
	{0x6A88, "referenced data not found"},
	{0x6A89, "file already exists"},
};

static const char *of_first_byte(unsigned sw)
{
	switch (sw >> 8) {
	case 0x61: return "more data";
	case 0x62: return "warning";
	case 0x63: return (sw & 0xF0) == 0xC0 ? "verification failed" : "warning";
	case 0x64: return "execution error";
	case 0x65: return "memory failure";
	case 0x67: return "wrong length";
	case 0x68: return "class not supported";
	case 0x69: return "command not allowed";
	case 0x6A: return "wrong parameters";
	case 0x6B: return "wrong offset";
	case 0x6C: return "wrong Le";
	case 0x6D: return "unknown instruction";
	case 0x6E: return "unknown class";
	case 0x6F: return "no precise diagnosis";
	case 0x90:
	case 0x91: return "success";
	default: return "";
	}
}

const char *ccid_sw_text(unsigned sw)
{
	for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
		if (exact[i].sw == sw)
			return exact[i].text;
	return of_first_byte(sw);
}

bool ccid_sw_fails(unsigned sw)
{
	return (sw >> 12) == 6 && (sw >> 8) != 0x61 && (sw >> 8) != 0x6C && sw != 0x6310;
}
