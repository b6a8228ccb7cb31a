/* SPDX-License-Identifier: MIT */
/* What systemd wants to hear from a service (sd_notify(3), spoken by hand). */
#ifndef CLI_NOTIFY_H
#define CLI_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* One datagram, "READY=1" or several lines, to $NOTIFY_SOCKET. False when there is none, or it does not
 * take it. */
bool cli_notify(const char *text);

/* Milliseconds between two "WATCHDOG=1": half of what $WATCHDOG_USEC allows. -1: nobody watches this
 * process ($WATCHDOG_PID names another). */
int cli_notify_interval(void);

/* Say that the process is alive when half of interval_ms has gone since it was said last: to be called
 * whenever something is done, so often that no step takes longer than the other half and one more. */
struct cli_watchdog {
	int interval_ms; /* as above */
	int64_t fed_at;
};
void cli_watchdog_feed(struct cli_watchdog *w, int64_t now_ms);

#endif
