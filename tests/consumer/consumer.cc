/* SPDX-License-Identifier: MIT */
/* The same in C++, with the header names of the Microsoft pages. */
#include <Scardmgr.h>
#include <stdio.h>
#include <windows.h>

int main(int argc, char **argv)
{
	BSTR reader = iscard_bstr_from_utf8(argc > 1 ? argv[1] : "");
	ISCard *card = NULL;
	LPBYTEBUFFER atr = NULL;
	BYTE bytes[33];
	LONG n = 0;

	if (FAILED(CoCreateInstance(CLSID_CSCard, NULL, CLSCTX_ALL, IID_ISCard, (LPVOID *)&card)))
		return 1;
	if (FAILED(card->AttachByReader(reader, SHARED, T0 | T1)) || FAILED(card->get_Atr(&atr)))
		return 1;
	atr->Read(bytes, sizeof bytes, &n);
	atr->Release();
	for (LONG i = 0; i < n; i++)
		printf("%02X", bytes[i]);
	printf("\n");
	if (FAILED(card->Detach(LEAVE)))
		return 1;
	card->Release();
	SysFreeString(reader);
	return 0;
}
