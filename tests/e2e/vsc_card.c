/* SPDX-License-Identifier: MIT */
/* vsc_card PATH: a T=0 card for QEMU's ccid-card-passthru, over its socket (libcacard's VSCard
 * protocol). 80 10 00 00 Le answers Le counting bytes; 80 12 00 00 Le never answers: the card
 * leaves, and comes back after five seconds; nor does 80 14 00 00 Le, but the card stays and says
 * "silent" on standard output. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define AWAY_MS 5000

enum vsc {
	VSC_INIT = 1,
	VSC_ERROR,
	VSC_READER_ADD,
	VSC_READER_REMOVE,
	VSC_ATR,
	VSC_CARD_REMOVE,
	VSC_APDU
};

struct header {
	uint32_t type, reader, length;
};

static int connection(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof a.sun_path)
		return -1;
	strcpy(a.sun_path, path);
	return connect(fd, (const struct sockaddr *)&a, sizeof a) == 0 ? fd : -1;
}

static int say(int fd, enum vsc type, const void *data, uint32_t len)
{
	const struct header h = {htonl(type), 0, htonl(len)};
	uint8_t all[sizeof h + 300];

	if (len > 300)
		return -1;
	memcpy(all, &h, sizeof h);
	if (len > 0)
		memcpy(all + sizeof h, data, len);
	return send(fd, all, sizeof h + len, MSG_NOSIGNAL) == (ssize_t)(sizeof h + len) ? 0 : -1;
}

static int insert(int fd)
{
	static const uint8_t atr[] = {0x3B, 0x04, 'V', 'S', 'C', '1'};

	return say(fd, VSC_ATR, atr, sizeof atr);
}

static int introduce(int fd)
{
	uint32_t init[3] = {0, htonl(2), 0};

	memcpy(init, "VSCD", 4);
	return say(fd, VSC_INIT, init, sizeof init) != 0 || say(fd, VSC_READER_ADD, "card", 5) != 0
	               ? -1
	               : insert(fd);
}

/* What is read goes into data; the type, or -1 at the end. */
static int hear(int fd, uint8_t *data, size_t cap, size_t *len)
{
	struct header h;

	if (recv(fd, &h, sizeof h, MSG_WAITALL) != sizeof h)
		return -1;
	*len = ntohl(h.length);
	if (*len > cap || (*len > 0 && recv(fd, data, *len, MSG_WAITALL) != (ssize_t)*len))
		return -1;
	return (int)ntohl(h.type);
}

/* Out for a while; QEMU's own words are taken in meanwhile. */
static int leave(int fd)
{
	struct pollfd none = {.fd = -1};

	if (say(fd, VSC_CARD_REMOVE, NULL, 0) != 0)
		return -1;
	poll(&none, 1, AWAY_MS);
	return insert(fd);
}

static int command(int fd, const uint8_t *c, size_t len)
{
	uint8_t answer[258];
	size_t n = len >= 5 ? c[4] : 0;

	if (len >= 2 && c[0] == 0x80 && c[1] == 0x12)
		return leave(fd);
	if (len >= 2 && c[0] == 0x80 && c[1] == 0x14)
		return puts("silent") < 0 || fflush(stdout) != 0;
	if (len != 5 || c[0] != 0x80 || c[1] != 0x10)
		return say(fd, VSC_APDU, "\x6D\x00", 2);
	if (n == 0)
		n = 256;
	for (size_t i = 0; i < n; i++)
		answer[i] = (uint8_t)i;
	memcpy(answer + n, "\x90\x00", 2);
	return say(fd, VSC_APDU, answer, (uint32_t)n + 2);
}

int main(int argc, char **argv)
{
	int fd = argc == 2 ? connection(argv[1]) : -1, type = 0;
	uint8_t data[1024];
	size_t len;

	if (fd < 0 || introduce(fd) != 0) {
		fprintf(stderr, "usage: vsc_card PATH, where QEMU listens\n");
		return 1;
	}
	while (type >= 0) {
		type = hear(fd, data, sizeof data, &len);
		if (type == VSC_APDU && command(fd, data, len) != 0)
			break;
	}
	close(fd);
	return 0;
}
