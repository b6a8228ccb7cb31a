/* SPDX-License-Identifier: MIT */
/* An unattended reader: read each card, give it back, keep it when it is forgotten.
 * kiosk READER [CUSTOMERS]: until SIGTERM, or so many */
#include <iscard/iscard.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static iscard_context *context;
static int wake[2]; /* a pipe */
static volatile sig_atomic_t stopping;

/* An orderly end: what becomes of the card is the policy's at_end. */
static void stop(int number)
{
	(void)number;
	stopping = 1;
	iscard_context_cancel(context); /* whoever waits for a card to be taken */
	(void)!write(wake[1], "", 1);
}

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

static void give_back(const char *reader)
{
	const struct iscard_motion_options wait = {
		.size = sizeof wait, .flags = ISCARD_MOTION_WAIT, .taken_ms = 20000};
	HRESULT hr = iscard_card_eject(context, reader, &wait, NULL);

	if (hr == SCARD_E_TIMEOUT)
		hr = iscard_card_capture(context, reader, &wait, NULL);
	if (!stopping)
		failed(hr, "giving back"); /* the events tell what became of it */
}

static void open_for_business(ISCard *card, int fd, long customers)
{
	struct pollfd news[] = {{.fd = fd, .events = POLLIN}, {.fd = wake[0], .events = POLLIN}};
	struct iscard_event event;

	while (customers != 0 && !stopping) {
		HRESULT hr = iscard_context_next_event(context, &event);

		if (failed(hr, "events"))
			return;
		if (hr == S_FALSE) {
			poll(news, 2, -1);
			continue;
		}
		printf("%s\n", iscard_event_name(event.type));
		if (event.type == ISCARD_EVENT_CARD_INSERTED) {
			serve(card, event.reader);
			if (!stopping)
				give_back(event.reader);
		} else if (event.type == ISCARD_EVENT_CARD_REMOVED) {
			customers--;
		}
	}
}

int main(int argc, char **argv)
{
	const struct iscard_options options = {.size = sizeof options, .readers = argv[1]};
	const struct iscard_card_policy policy = {.size = sizeof policy,
	                                          .at_end = ISCARD_FATE_EJECT,
	                                          .at_start = ISCARD_FATE_CAPTURE,
	                                          .at_return = ISCARD_FATE_EJECT};
	void *card;
	int fd;

	if (argc < 2 || pipe(wake) != 0 ||
	    failed(iscard_context_create(&options, &context), "context") ||
	    failed(iscard_context_set_policy(context, "*", &policy), "policy") ||
	    failed(iscard_context_create_instance(context, &CLSID_CSCard, &IID_ISCard, &card),
	           "card") ||
	    failed(iscard_context_event_fd(context, &fd), "events") ||
	    failed(iscard_context_watch(context, NULL, ISCARD_WATCH_CARDS), "watch"))
		return 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaction(SIGTERM, &(struct sigaction){.sa_handler = stop}, NULL);
	open_for_business(card, fd, argc > 2 ? strtol(argv[2], NULL, 10) : -1);
	signal(SIGTERM, SIG_IGN); /* the context goes */
	ISCard_Release((ISCard *)card);
	iscard_context_unref(context);
	return 0;
}
