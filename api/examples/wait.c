/* SPDX-License-Identifier: MIT */
/* Wait for readers and cards in the poll loop of a program that has other things to do, too.
 *
 *	wait [READER]                until standard input ends, or the reader has left */
#include <iscard/iscard.h>

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static int check(HRESULT hr, const char *what)
{
	if (FAILED(hr))
		fprintf(stderr, "%s: %s\n", what, iscard_strerror(hr));
	return FAILED(hr);
}

/* Zero once the reader has left. */
static int tell(const struct iscard_event *event)
{
	switch (event->type) {
	case ISCARD_EVENT_READER_ARRIVED: printf("reader: %s\n", event->reader); break;
	case ISCARD_EVENT_CARD_INSERTED: printf("card %u\n", event->now.insertions); break;
	case ISCARD_EVENT_CARD_REMOVED: printf("no card\n"); break;
	case ISCARD_EVENT_READER_LEFT: printf("reader gone\n"); return 0;
	default: break; /* there may be more kinds one day */
	}
	return 1;
}

int main(int argc, char **argv)
{
	struct iscard_options options = {.size = sizeof options,
	                                 .readers = argc > 1 ? argv[1] : NULL};
	struct pollfd fds[2] = {{.events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
	struct iscard_event event;
	iscard_context *context;
	int going = 1;
	char byte;

	if (check(iscard_context_create(&options, &context), "context"))
		return 1;
	if (check(iscard_context_event_fd(context, &fds[0].fd), "event_fd") ||
	    check(iscard_context_watch(context, NULL, ISCARD_WATCH_CARDS), "watch"))
		return 1;
	while (going) {
		while (going && iscard_context_next_event(context, &event) == S_OK)
			going = tell(&event);
		fflush(stdout);
		if (going && poll(fds, 2, -1) > 0 && fds[1].revents != 0)
			going = read(STDIN_FILENO, &byte, 1) > 0;
	}
	iscard_context_unref(context);
	return 0;
}
