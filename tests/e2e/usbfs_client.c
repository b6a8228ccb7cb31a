/* SPDX-License-Identifier: MIT */
#include "usbfs_client.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

const char *usbfs_ask(const char *command)
{
	static _Thread_local char answer[128];
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "/dev/usbfs.ctl"};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ssize_t n = -1;

	if (fd < 0)
		return "";
	if (connect(fd, (const struct sockaddr *)&a, sizeof a) == 0 &&
	    send(fd, command, strlen(command), MSG_NOSIGNAL) > 0)
		n = recv(fd, answer, sizeof answer - 1, 0);
	close(fd);
	answer[n > 0 ? n : 0] = '\0';
	return answer;
}

bool usbfs_do(const char *command)
{
	return strcmp(usbfs_ask(command), "ok") == 0;
}

int usbfs_count(const char *what)
{
	return atoi(usbfs_ask(what));
}
