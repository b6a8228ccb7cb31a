/* SPDX-License-Identifier: MIT */
#include "cli_notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define INTERVAL_MAX 3600000

bool cli_notify(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t n = path != NULL ? strlen(path) : 0;
	ssize_t sent;
	int fd;

	if (n < 2 || n >= sizeof to.sun_path || (path[0] != '/' && path[0] != '@'))
		return false;
	memcpy(to.sun_path, path, n);
	if (path[0] == '@')
		to.sun_path[0] = '\0'; /* an abstract name */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	sent = sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&to,
	              (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	close(fd);
	return sent == (ssize_t)strlen(text);
}

static bool parse(const char *text, unsigned long long *out)
{
	char *end;

	if (text == NULL || text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return *end == '\0' && errno == 0;
}

void cli_watchdog_feed(struct cli_watchdog *w, int64_t now_ms)
{
	if (w->interval_ms <= 0 || now_ms - w->fed_at < w->interval_ms / 2)
		return;
	w->fed_at = now_ms;
	(void)cli_notify("WATCHDOG=1");
}

int cli_notify_interval(void)
{
	const char *whose = getenv("WATCHDOG_PID");
	unsigned long long usec, pid;

	if (!parse(getenv("WATCHDOG_USEC"), &usec) || usec == 0)
		return -1;
	if (whose != NULL && (!parse(whose, &pid) || pid != (unsigned long long)getpid()))
		return -1;
	usec /= 2000;
	return usec < 1 ? 1 : usec > INTERVAL_MAX ? INTERVAL_MAX : (int)usec;
}
