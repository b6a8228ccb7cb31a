/* SPDX-License-Identifier: MIT */
/* Attach to a card, send one command, print what came.
 *
 *	attach                       the first reader
 *	attach replay:FILE           a recorded one, or any other name or address */
#include <iscard/iscard.h>

#include <stdio.h>
#include <stdlib.h>

static void check(HRESULT hr, const char *what)
{
	if (SUCCEEDED(hr))
		return;
	fprintf(stderr, "%s: %s\n", what, iscard_strerror(hr));
	exit(1);
}

static BSTR reader_name(const char *wanted)
{
	struct iscard_reader_list *list;
	BSTR name;

	if (wanted != NULL)
		return iscard_bstr_from_utf8(wanted);
	check(iscard_context_list(NULL, &list), "list");
	if (list->count == 0) {
		fprintf(stderr, "there is no reader\n");
		exit(1);
	}
	name = iscard_bstr_from_utf8(list->readers[0].name);
	iscard_reader_list_free(list);
	return name;
}

static void print_bytes(IByteBuffer *buffer)
{
	BYTE bytes[64];
	LONG n = 0;

	while (SUCCEEDED(IByteBuffer_Read(buffer, bytes, sizeof bytes, &n)) && n > 0)
		for (LONG i = 0; i < n; i++)
			printf("%02X ", bytes[i]);
}

int main(int argc, char **argv)
{
	BSTR name = reader_name(argc > 1 ? argv[1] : NULL);
	LONG challenge = 8;
	ISCard *card;
	ISCardCmd *cmd;
	IByteBuffer *reply;
	WORD sw;

	check(CoCreateInstance(&CLSID_CSCard, NULL, CLSCTX_ALL, &IID_ISCard, (void **)&card),
	      "ISCard");
	check(CoCreateInstance(&CLSID_CSCardCmd, NULL, CLSCTX_ALL, &IID_ISCardCmd, (void **)&cmd),
	      "ISCardCmd");
	check(ISCard_AttachByReader(card, name, SHARED, T0 | T1), "AttachByReader");
	check(ISCardCmd_BuildCmd(cmd, 0x00, 0x84, 0, 0, NULL, &challenge), "BuildCmd");
	check(ISCard_Transaction(card, &cmd), "Transaction");
	check(ISCardCmd_get_ReplyStatus(cmd, &sw), "get_ReplyStatus");
	check(ISCardCmd_get_ApduReply(cmd, &reply), "get_ApduReply");
	print_bytes(reply);
	printf("status %04X\n", sw);
	check(ISCard_Detach(card, LEAVE), "Detach");
	IByteBuffer_Release(reply);
	ISCardCmd_Release(cmd);
	ISCard_Release(card);
	SysFreeString(name);
	return 0;
}
