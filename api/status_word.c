/* SPDX-License-Identifier: MIT */
#include "status_word.h"

#include <stddef.h>

/* The first row that fits counts. */
static const struct row {
	unsigned value, mask;
	HRESULT hr;
} rows[] = {
	{0x9000, 0xFFFF, S_OK},
	{0x6100, 0xFF00, S_OK}, /* more is there than was asked for */
	{0x6281, 0xFFFF, SCARD_E_COMM_DATA_LOST},
	{0x6282, 0xFFFF, SCARD_W_EOF},
	{0x6285, 0xFFFF, SCARD_E_NO_ACCESS},
	{0x6200, 0xFF00, S_OK},
	{0x6300, 0xFFFF, SCARD_W_WRONG_CHV},
	{0x63C0, 0xFFF0, SCARD_W_WRONG_CHV},
	{0x6300, 0xFF00, S_OK},
	{0x6600, 0xFF00, SCARD_W_SECURITY_VIOLATION},
	{0x6700, 0xFF00, SCARD_E_INVALID_PARAMETER},
	{0x6800, 0xFF00, SCARD_E_UNSUPPORTED_FEATURE},
	{0x6981, 0xFFFF, SCARD_E_UNSUPPORTED_FEATURE},
	{0x6982, 0xFFFF, SCARD_W_SECURITY_VIOLATION},
	{0x6983, 0xFFFF, SCARD_W_CHV_BLOCKED},
	{0x6986, 0xFFFF, SCARD_E_NO_FILE},
	{0x6987, 0xFFFF, SCARD_W_SECURITY_VIOLATION},
	{0x6988, 0xFFFF, SCARD_W_SECURITY_VIOLATION},
	{0x6900, 0xFF00, SCARD_E_NO_ACCESS},
	{0x6A81, 0xFFFF, SCARD_E_UNSUPPORTED_FEATURE},
	{0x6A82, 0xFFFF, SCARD_E_FILE_NOT_FOUND},
	{0x6A83, 0xFFFF, SCARD_W_EOF},
	{0x6A84, 0xFFFF, SCARD_E_WRITE_TOO_MANY},
	{0x6A88, 0xFFFF, SCARD_E_INVALID_VALUE},
	{0x6A00, 0xFF00, SCARD_E_INVALID_PARAMETER},
	{0x6B00, 0xFF00, SCARD_E_BAD_SEEK},
	{0x6D00, 0xFF00, SCARD_E_UNSUPPORTED_FEATURE},
	{0x6E00, 0xFF00, SCARD_E_UNSUPPORTED_FEATURE},
};

HRESULT ccid_status_result(unsigned sw)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if ((sw & rows[i].mask) == rows[i].value)
			return rows[i].hr;
	return SCARD_E_UNEXPECTED;
}
