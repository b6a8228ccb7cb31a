/* SPDX-License-Identifier: MIT */
/* A unit test of code that needs a card, without a card: the reader is a recording.
 *
 *	ISCARD_TRACE=session.pcapng your-program     record once, with the real thing
 *	replay_test session.pcapng                   play it, on any machine, for ever
 *
 * A replay that goes another way than the recording fails with ISCARD_E_DIVERGED, and the log says what
 * was expected and what came. */
#include <iscard/iscard.h>

#include <stdio.h>

/* What is tested: SELECT the master file, find its identifier (tag 83) in the answer. */
static HRESULT master_file(ISCard *card, unsigned *id)
{
	static const uint8_t select[] = {0x00, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00, 0x00};
	uint8_t fci[258];
	size_t n = sizeof fci;
	HRESULT hr = iscard_transmit(card, select, sizeof select, fci, &n);

	*id = 0;
	if (FAILED(hr) || iscard_sw(fci, n) != 0x9000)
		return FAILED(hr) ? hr : SCARD_E_FILE_NOT_FOUND;
	for (size_t at = 2; at + 4 <= n - 2; at += 2U + fci[at + 1])
		if (fci[at] == 0x83 && fci[at + 1] == 2)
			*id = (unsigned)fci[at + 2] << 8 | fci[at + 3];
	return S_OK;
}

static int test_master_file(iscard_context *context, BSTR reader)
{
	unsigned id = 0;
	void *card;
	HRESULT hr;

	hr = iscard_context_create_instance(context, &CLSID_CSCard, &IID_ISCard, &card);
	if (FAILED(hr))
		return 1;
	hr = ISCard_AttachByReader((ISCard *)card, reader, SHARED, T0 | T1);
	if (SUCCEEDED(hr))
		hr = master_file(card, &id);
	ISCard_Release((ISCard *)card);
	if (SUCCEEDED(hr)) /* all that was recorded was sent, and nothing else */
		hr = iscard_replay_check(context, NULL, NULL);
	printf("%s: the master file is %04X (%s)\n", id == 0x3F00 && hr == S_OK ? "ok" : "not ok",
	       id, iscard_strerror(hr));
	return id == 0x3F00 && hr == S_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
	iscard_context *context = NULL;
	BSTR reader = NULL;
	HRESULT hr =
		argc == 2 ? iscard_replay_open(argv[1], NULL, &context, &reader) : E_INVALIDARG;
	int code = 2;

	if (SUCCEEDED(hr))
		code = test_master_file(context, reader);
	else
		fprintf(stderr, "usage: replay_test FILE (%s)\n", iscard_strerror(hr));
	SysFreeString(reader);
	iscard_context_unref(context);
	return code;
}
