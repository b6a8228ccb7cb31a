/* SPDX-License-Identifier: MIT */
/* cac_certificate READER: what a program does that uses a CAC: attach, select the first PKI applet,
 * read its values, the first of which is a certificate (READ BUFFER), detach. Prints the values in
 * hexadecimal. */
#include <iscard/iscard.h>
#include <stdio.h>
#include <stdlib.h>

#define PIECE 200

static void check(HRESULT hr, const char *what)
{
	if (SUCCEEDED(hr))
		return;
	fprintf(stderr, "%s: %s\n", what, iscard_result_name(hr));
	exit(1);
}

/* Send what cmd holds; its status word. */
static WORD send(ISCard *card, ISCardCmd *cmd)
{
	WORD sw;

	check(ISCard_Transaction(card, &cmd), "Transaction");
	check(ISCardCmd_get_ReplyStatus(cmd, &sw), "get_ReplyStatus");
	return sw;
}

static IByteBuffer *bytes(BYTE *from, LONG n)
{
	IByteBuffer *b;

	check(CoCreateInstance(&CLSID_CByteBuffer, NULL, CLSCTX_ALL, &IID_IByteBuffer, (void **)&b),
	      "IByteBuffer");
	check(IByteBuffer_Initialize(b, n, from), "Initialize");
	return b;
}

static void select_applet(ISCard *card, ISCardCmd *cmd)
{
	static BYTE aid[] = {0xA0, 0, 0, 0, 0x79, 0x01, 0x00};
	IByteBuffer *data = bytes(aid, sizeof aid);
	LONG any = 0;
	WORD sw;

	check(ISCardCmd_BuildCmd(cmd, 0x00, 0xA4, 4, 0, data, &any), "SELECT");
	sw = send(card, cmd);
	if (sw != 0x9000) {
		fprintf(stderr, "SELECT: %04X\n", sw);
		exit(1);
	}
	IByteBuffer_Release(data);
}

/* READ BUFFER, GSC-IS 5.3.4: len bytes of the values, from at. */
static void read_buffer(ISCard *card, ISCardCmd *cmd, unsigned at, BYTE len, BYTE *out)
{
	BYTE what[2] = {0x02, len};
	IByteBuffer *data = bytes(what, sizeof what), *reply = NULL;
	LONG any = 0, n = 0;
	WORD sw;

	check(ISCardCmd_BuildCmd(cmd, 0x80, 0x52, (BYTE)(at >> 8), (BYTE)at, data, &any),
	      "READ BUFFER");
	sw = send(card, cmd);
	check(ISCardCmd_get_ApduReply(cmd, &reply), "get_ApduReply");
	check(IByteBuffer_Read(reply, out, len, &n), "Read");
	if (sw != 0x9000 || n != len) {
		fprintf(stderr, "READ BUFFER of %u at %u: %04X, %ld bytes\n", len, at, sw, n);
		exit(1);
	}
	IByteBuffer_Release(reply);
	IByteBuffer_Release(data);
}

/* The first two bytes are the length of the rest. */
static void print_values(ISCard *card, ISCardCmd *cmd)
{
	BYTE piece[PIECE];
	unsigned end, n;

	read_buffer(card, cmd, 0, 2, piece);
	end = 2u + piece[0] + 256u * piece[1];
	for (unsigned at = 2; at < end; at += n) {
		n = end - at < PIECE ? end - at : PIECE;
		read_buffer(card, cmd, at, (BYTE)n, piece);
		for (unsigned i = 0; i < n; i++)
			printf("%02x", piece[i]);
	}
	printf("\n");
}

int main(int argc, char **argv)
{
	BSTR reader = iscard_bstr_from_utf8(argc > 1 ? argv[1] : "");
	ISCard *card;
	ISCardCmd *cmd;

	check(CoCreateInstance(&CLSID_CSCard, NULL, CLSCTX_ALL, &IID_ISCard, (void **)&card),
	      "ISCard");
	check(CoCreateInstance(&CLSID_CSCardCmd, NULL, CLSCTX_ALL, &IID_ISCardCmd, (void **)&cmd),
	      "ISCardCmd");
	check(ISCard_AttachByReader(card, reader, SHARED, T0), "AttachByReader");
	select_applet(card, cmd);
	print_values(card, cmd);
	check(ISCard_Detach(card, LEAVE), "Detach");
	ISCardCmd_Release(cmd);
	ISCard_Release(card);
	SysFreeString(reader);
	return 0;
}
