/* SPDX-License-Identifier: MIT */
/* End a kiosk session: give the card back, and say what really happened to it.
 *
 *	eject READER                 exit code 0 told to move, or gone before; 3 powered off only; 1 failed */
#include <iscard/iscard.h>

#include <stdio.h>

static const char *told(iscard_disposition_result result)
{
	switch (result) {
	case ISCARD_DISPOSITION_POWERED_OFF: return "the reader cannot eject: powered off only";
	case ISCARD_DISPOSITION_COMMANDED: return "told to eject; the card is not out yet";
	case ISCARD_DISPOSITION_CONFIRMED: return "the card has left the contacts";
	case ISCARD_DISPOSITION_FAILED: return "the eject failed: somebody has to look";
	default: return "nothing was done: the card had left before";
	}
}

int main(int argc, char **argv)
{
	iscard_disposition_result result;
	ISCard *card;
	BSTR name;
	HRESULT hr;

	if (argc != 2) {
		fprintf(stderr, "usage: eject READER\n");
		return 2;
	}
	hr = CoCreateInstance(&CLSID_CSCard, NULL, CLSCTX_ALL, &IID_ISCard, (void **)&card);
	if (FAILED(hr))
		return 1;
	name = iscard_bstr_from_utf8(argv[1]);
	hr = ISCard_AttachByReader(card, name, EXCLUSIVE, T0 | T1);
	SysFreeString(name);
	if (FAILED(hr)) {
		fprintf(stderr, "attach: %s\n", iscard_strerror(hr));
		ISCard_Release(card);
		return 1;
	}
	hr = ISCard_Detach(card, EJECT);
	result = iscard_last_disposition(card);
	printf("%s\n", told(result));
	ISCard_Release(card);
	if (FAILED(hr))
		return 1;
	return result == ISCARD_DISPOSITION_POWERED_OFF ? 3 : 0;
}
