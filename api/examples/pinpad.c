/* SPDX-License-Identifier: MIT */
/* Verify a PIN on the reader's own pad: this program never sees a digit.
 *
 *	pinpad READER                exit code 0 verified, 3 the reader has no pad, 1 failed */
#include <iscard/iscard.h>

#include <stdio.h>

static const char *told(uint16_t sw)
{
	switch (sw) {
	case 0x9000: return "verified";
	case 0x6400: return "nobody typed in time";
	case 0x6401: return "cancelled at the pad";
	case 0x6983: return "blocked: no tries are left";
	default: return (sw & 0xFFF0) == 0x63C0 ? "wrong" : "refused";
	}
}

static int enter(ISCard *card)
{
	const struct iscard_pin_request request = {.size = sizeof request,
	                                           .ins = 0x20, /* VERIFY */
	                                           .p2 = 0x80,
	                                           .coding = ISCARD_PIN_ASCII,
	                                           .min_digits = 4,
	                                           .max_digits = 8,
	                                           .block_bytes = 8,
	                                           .fill = 0xFF,
	                                           .messages = ISCARD_PIN_MESSAGES_DEFAULT};
	char why[300];
	uint16_t sw;

	printf("Please enter your PIN on the reader.\n");
	fflush(stdout);
	if (FAILED(iscard_pin_verify(card, &request, &sw))) {
		iscard_last_error(card, why, sizeof why);
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	printf("%s", told(sw));
	if ((sw & 0xFFF0) == 0x63C0)
		printf(", %d tries left", sw & 0xF);
	printf("\n");
	return sw == 0x9000 ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct iscard_capabilities caps = {.size = sizeof caps};
	char why[300];
	ISCard *card;
	int code;

	if (argc != 2) {
		fprintf(stderr, "usage: pinpad READER\n");
		return 2;
	}
	if (FAILED(CoCreateInstance(&CLSID_CSCard, NULL, CLSCTX_ALL, &IID_ISCard, (void **)&card)))
		return 1;
	if (FAILED(iscard_attach(card, argv[1], EXCLUSIVE, T0 | T1)) ||
	    FAILED(iscard_attached_capabilities(card, &caps))) {
		iscard_last_error(card, why, sizeof why);
		fprintf(stderr, "%s\n", why);
		code = 1;
	} else if (!(caps.pin_pad & ISCARD_PAD_VERIFY)) {
		printf("%s has no PIN pad\n", caps.product);
		code = 3;
	} else {
		code = enter(card);
	}
	ISCard_Release(card);
	return code;
}
