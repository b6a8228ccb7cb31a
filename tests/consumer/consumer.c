/* SPDX-License-Identifier: MIT */
/* A program of somebody else: attaches to the reader it is given and prints the ATR. */
#include <iscard/iscard.h>
#include <stdio.h>

static int show(ISCard *card)
{
	IByteBuffer *atr = NULL;
	BYTE bytes[33];
	LONG n = 0;

	if (FAILED(ISCard_get_Atr(card, &atr)))
		return 1;
	IByteBuffer_Read(atr, bytes, sizeof bytes, &n);
	for (LONG i = 0; i < n; i++)
		printf("%02X", bytes[i]);
	printf("\n");
	IByteBuffer_Release(atr);
	return 0;
}

int main(int argc, char **argv)
{
	BSTR reader = iscard_bstr_from_utf8(argc > 1 ? argv[1] : "");
	void *object = NULL;
	ISCard *card;
	HRESULT hr;
	int rc = 1;

	if (FAILED(CoCreateInstance(&CLSID_CSCard, NULL, CLSCTX_ALL, &IID_ISCard, &object)))
		return 1;
	card = object;
	hr = ISCard_AttachByReader(card, reader, SHARED, (SCARD_PROTOCOLS)(T0 | T1));
	if (SUCCEEDED(hr))
		rc = show(card);
	else
		printf("%s: %s\n", iscard_result_name(hr), iscard_strerror(hr));
	if (SUCCEEDED(hr) && FAILED(ISCard_Detach(card, LEAVE)))
		rc = 1;
	ISCard_Release(card);
	SysFreeString(reader);
	return rc;
}
