/* SPDX-License-Identifier: MIT */
/* An unattended reader: read each card, give it back, keep it when it is forgotten.
 * kiosk READER [CUSTOMERS]: for ever, or so many */
#include <iscard/iscard.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

static int failed(HRESULT hr, const char *what)
{
	if (FAILED(hr))
		fprintf(stderr, "%s: %s\n", what, iscard_strerror(hr));
	return FAILED(hr);
}

/* Whatever the kiosk is there for. */
static void serve(ISCard *card, const char *reader)
{
	static const uint8_t get_challenge[] = {0x00, 0x84, 0x00, 0x00, 0x08};
	uint8_t reply[16];
	size_t n = sizeof reply;

	if (failed(iscard_attach(card, reader, EXCLUSIVE, T0 | T1), "attach"))
		return;
	if (!failed(iscard_transmit(card, get_challenge, sizeof get_challenge, reply, &n), "read"))
		printf("card read: %04X\n", iscard_sw(reply, n));
	ISCard_Detach(card, UNPOWER);
}

static void give_back(iscard_context *context, const char *reader)
{
	const struct iscard_motion_options wait = {
		.size = sizeof wait, .flags = ISCARD_MOTION_WAIT, .taken_ms = 20000};
	HRESULT hr = iscard_card_eject(context, reader, &wait, NULL);

	if (hr == SCARD_E_TIMEOUT)
		hr = iscard_card_capture(context, reader, &wait, NULL);
	failed(hr, "giving back"); /* the events tell what became of it */
}

int main(int argc, char **argv)
{
	const struct iscard_options options = {.size = sizeof options, .readers = argv[1]};
	const struct iscard_card_policy policy = {.size = sizeof policy,
	                                          .at_end = ISCARD_FATE_EJECT,
	                                          .at_start = ISCARD_FATE_CAPTURE,
	                                          .at_return = ISCARD_FATE_EJECT};
	long customers = argc > 2 ? strtol(argv[2], NULL, 10) : -1;
	struct pollfd news = {.events = POLLIN};
	struct iscard_event event;
	iscard_context *context;
	void *card;

	if (argc < 2 || failed(iscard_context_create(&options, &context), "context") ||
	    failed(iscard_context_set_policy(context, "*", &policy), "policy") ||
	    failed(iscard_context_create_instance(context, &CLSID_CSCard, &IID_ISCard, &card),
	           "card") ||
	    failed(iscard_context_event_fd(context, &news.fd), "events") ||
	    failed(iscard_context_watch(context, NULL, ISCARD_WATCH_CARDS), "watch"))
		return 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (customers != 0) {
		if (iscard_context_next_event(context, &event) != S_OK) {
			poll(&news, 1, -1);
			continue;
		}
		printf("%s\n", iscard_event_name(event.type));
		if (event.type == ISCARD_EVENT_CARD_INSERTED) {
			serve((ISCard *)card, event.reader);
			give_back(context, event.reader);
		} else if (event.type == ISCARD_EVENT_CARD_REMOVED) {
			customers--;
		}
	}
	ISCard_Release((ISCard *)card);
	iscard_context_unref(context);
	return 0;
}
