/* SPDX-License-Identifier: MIT */
#include "apdu_text.h"

#include "message_text.h"

#include <string.h>

struct instruction {
	uint8_t mask, cla, ins;
	const char *name;
};

/* The first row that fits counts; what none names is asked of the table of ISO/IEC 7816-4. Channels
 * and secure messaging change low bits of CLA. */
static const struct instruction instructions[] = {
	/* PC/SC part 3: for the reader */
	{0xFF, 0xFF, 0x82, "LOAD KEYS"},
	{0xFF, 0xFF, 0x86, "GENERAL AUTHENTICATE"},
	{0xFF, 0xFF, 0x88, "AUTHENTICATE"},
	{0xFF, 0xFF, 0xB0, "READ BINARY"},
	{0xFF, 0xFF, 0xC2, "MANAGE SESSION"},
	{0xFF, 0xFF, 0xCA, "GET DATA"},
	{0xFF, 0xFF, 0xD6, "UPDATE BINARY"},
	/* GSM 11.11 */
	{0xFF, 0xA0, 0x04, "INVALIDATE"},
	{0xFF, 0xA0, 0x10, "TERMINAL PROFILE"},
	{0xFF, 0xA0, 0x12, "FETCH"},
	{0xFF, 0xA0, 0x14, "TERMINAL RESPONSE"},
	{0xFF, 0xA0, 0x20, "VERIFY CHV"},
	{0xFF, 0xA0, 0x24, "CHANGE CHV"},
	{0xFF, 0xA0, 0x26, "DISABLE CHV"},
	{0xFF, 0xA0, 0x28, "ENABLE CHV"},
	{0xFF, 0xA0, 0x2C, "UNBLOCK CHV"},
	{0xFF, 0xA0, 0x32, "INCREASE"},
	{0xFF, 0xA0, 0x44, "REHABILITATE"},
	{0xFF, 0xA0, 0x88, "RUN GSM ALGORITHM"},
	{0xFF, 0xA0, 0xF2, "STATUS"},
	/* GlobalPlatform, and EMV where they do not overlap; scripts of EMV are under secure
	 * messaging */
	{0xF4, 0x84, 0x16, "CARD BLOCK"},
	{0xF4, 0x84, 0x18, "APPLICATION UNBLOCK"},
	{0xF4, 0x84, 0x1E, "APPLICATION BLOCK"},
	{0xF4, 0x84, 0x24, "PIN CHANGE/UNBLOCK"},
	{0xF0, 0x80, 0x2A, "COMPUTE CRYPTOGRAPHIC CHECKSUM"},
	{0xF0, 0x80, 0x50, "INITIALIZE UPDATE"},
	{0xF0, 0x80, 0x78, "END R-MAC SESSION"},
	{0xF0, 0x80, 0x7A, "BEGIN R-MAC SESSION"},
	{0xF0, 0x80, 0x82, "EXTERNAL AUTHENTICATE"},
	{0xF0, 0x80, 0xA8, "GET PROCESSING OPTIONS"},
	{0xF0, 0x80, 0xAE, "GENERATE AC"},
	{0xF0, 0x80, 0xCA, "GET DATA"},
	{0xF0, 0x80, 0xD8, "PUT KEY"},
	{0xF0, 0x80, 0xE2, "STORE DATA"},
	{0xF0, 0x80, 0xE4, "DELETE"},
	{0xF0, 0x80, 0xE6, "INSTALL"},
	{0xF0, 0x80, 0xE8, "LOAD"},
	{0xF0, 0x80, 0xF0, "SET STATUS"},
	{0xF0, 0x80, 0xF2, "GET STATUS"},
	/* ISO/IEC 7816-4, 7816-8, 7816-9; PIV; OpenPGP */
	{0x80, 0x00, 0x0C, "ERASE RECORD"},
	{0x80, 0x00, 0x26, "DISABLE VERIFICATION REQUIREMENT"},
	{0x80, 0x00, 0x28, "ENABLE VERIFICATION REQUIREMENT"},
	{0x80, 0x00, 0x33, "COMPARE"},
	{0x80, 0x00, 0x47, "GENERATE ASYMMETRIC KEY PAIR"},
	{0x80, 0x00, 0xA0, "SEARCH BINARY"},
	{0x80, 0x00, 0xA1, "SEARCH BINARY"},
	{0x80, 0x00, 0xA2, "SEARCH RECORD"},
	{0x80, 0x00, 0xA5, "SELECT DATA"},
	{0x80, 0x00, 0xB3, "READ RECORD"},
	{0x80, 0x00, 0xC3, "ENVELOPE"},
	{0x80, 0x00, 0xCC, "GET NEXT DATA"},
	{0x80, 0x00, 0xD1, "WRITE BINARY"},
	{0x80, 0x00, 0xD2, "WRITE RECORD"},
	{0x80, 0x00, 0xD7, "UPDATE BINARY"},
	{0x80, 0x00, 0xDD, "UPDATE RECORD"},
	{0x80, 0x00, 0xE6, "TERMINATE DF"},
	{0x80, 0x00, 0xE8, "TERMINATE EF"},
	{0x80, 0x00, 0xFE, "TERMINATE CARD USAGE"},
};

const char *ccid_apdu_name(uint8_t cla, uint8_t ins)
{
	for (size_t i = 0; i < sizeof instructions / sizeof *instructions; i++) {
		const struct instruction *x = &instructions[i];

		if (x->ins == ins && (cla & x->mask) == x->cla)
			return x->name;
	}
	if ((cla & 0x80) == 0 || cla == 0xA0 || ins == 0xC0 || ins == 0xA4)
		return cla == 0xFF ? NULL : ccid_ins_name(ins);
	return NULL;
}

struct application {
	const char *aid; /* hexadecimal */
	const char *name;
};

/* The longest that fits counts: longer ones stand first. */
static const struct application applications[] = {
	{"315041592E5359532E4444463031", "EMV 1PAY.SYS.DDF01"},
	{"325041592E5359532E4444463031", "EMV 2PAY.SYS.DDF01"},
	{"A000000063504B43532D3135", "PKCS #15"},
	{"A0000003591010028001", "girocard"},
	{"A000000151000000", "GlobalPlatform issuer security domain"},
	{"A000000018434D00", "GlobalPlatform card manager"},
	{"A000000003000000", "GlobalPlatform card manager"},
	{"A0000006472F0001", "FIDO"},
	{"A000000527471117", "YubiKey management"},
	{"A0000000031010", "Visa"},
	{"A0000000032010", "Visa Electron"},
	{"A0000000041010", "Mastercard"},
	{"A0000000043060", "Maestro"},
	{"A0000000651010", "JCB"},
	{"A0000001523010", "Discover"},
	{"A0000003330101", "UnionPay"},
	{"A0000000421010", "CB"},
	{"A0000000871002", "3GPP USIM"},
	{"A0000000871004", "3GPP ISIM"},
	{"A0000002471001", "ICAO travel document"},
	{"A0000005272001", "YubiKey OTP"},
	{"A0000005272101", "YubiKey OATH"},
	{"D2760000850101", "NFC Forum type 4 tag"},
	{"D27600012401", "OpenPGP"},
	{"A00000002501", "American Express"},
	{"A000000308", "PIV"},
	{"A000000079", "CAC"},
	{"A000000116", "CAC"},
};

static unsigned digit(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'A' + 10);
}

/* A SELECT may name a part only; five bytes say at least whose application it is. */
static bool fits(const char *hex, const uint8_t *aid, size_t len)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n && i < len; i++)
		if (aid[i] != (digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1])))
			return false;
	return len >= n;
}

const char *ccid_aid_name(const uint8_t *aid, size_t len)
{
	for (size_t i = 0; i < sizeof applications / sizeof *applications; i++)
		if (fits(applications[i].aid, aid, len))
			return applications[i].name;
	return NULL;
}
