/* SPDX-License-Identifier: MIT */
/* A unit test of code that needs a card, without a card: the reader is a recording.
 *
 *	ISCARD_TRACE=session.pcapng your-program     record once, with the real thing
 *	replay_test session.pcapng                   play it, on any machine, for ever
 *
 * A replay that goes another way than the recording fails with SCARD_F_INTERNAL_ERROR, and the log
 * says what was expected and what came. */
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

static iscard_context *context_of(const char *trace)
{
	static char address[1024];
	const struct iscard_options options = {
		.size = sizeof options, .readers = address, .log_level = ISCARD_LOG_ERROR};
	iscard_context *context = NULL;

	snprintf(address, sizeof address, "replay:%s", trace);
	if (FAILED(iscard_context_create(&options, &context)))
		fprintf(stderr, "%s: no such recording\n", trace);
	return context;
}

static int test_master_file(iscard_context *context, const char *trace)
{
	char reader[1024];
	unsigned id = 0;
	void *card;
	HRESULT hr;

	snprintf(reader, sizeof reader, "replay:%s", trace);
	hr = iscard_context_create_instance(context, &CLSID_CSCard, &IID_ISCard, &card);
	if (FAILED(hr))
		return 1;
	hr = iscard_attach(card, reader, SHARED, T0 | T1);
	if (SUCCEEDED(hr))
		hr = master_file(card, &id);
	printf("%s: the master file is %04X (%s)\n", id == 0x3F00 ? "ok" : "not ok", id,
	       iscard_strerror(hr));
	ISCard_Release((ISCard *)card);
	return id == 0x3F00 ? 0 : 1;
}

int main(int argc, char **argv)
{
	iscard_context *context = argc == 2 ? context_of(argv[1]) : NULL;
	int code = context != NULL ? test_master_file(context, argv[1]) : 2;

	iscard_context_unref(context);
	return code;
}
