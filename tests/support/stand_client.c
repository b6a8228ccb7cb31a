/* SPDX-License-Identifier: MIT */
#include "stand_client.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static int connection = -1;
static struct stand_msg msg;
static pthread_mutex_t talk = PTHREAD_MUTEX_INITIALIZER;

static _Noreturn void give_up(const char *what)
{
	perror(what);
	abort();
}

void stand_reach(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (connection < 0 || connect(connection, (const struct sockaddr *)&a, sizeof a) != 0)
		give_up(path);
}

/* Talk taken. The answer is in msg, the length of its data is returned. */
static size_t ask(size_t len)
{
	ssize_t n;

	if (send(connection, &msg, STAND_HEAD + len, MSG_NOSIGNAL) < 0)
		give_up("stand-in for usbfs: send");
	n = recv(connection, &msg, sizeof msg, 0);
	if (n < (ssize_t)STAND_HEAD)
		give_up("stand-in for usbfs: answer");
	return (size_t)n - STAND_HEAD;
}

int stand_tell(struct stand_msg head, const uint8_t *data, size_t len, uint8_t *to)
{
	size_t n;
	int value;

	pthread_mutex_lock(&talk);
	memcpy(&msg, &head, STAND_HEAD);
	if (len > 0)
		memcpy(msg.data, data, len);
	n = ask(len);
	if (to != NULL)
		memcpy(to, msg.data, n);
	value = msg.value;
	pthread_mutex_unlock(&talk);
	return value;
}
