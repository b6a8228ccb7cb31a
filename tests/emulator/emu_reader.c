/* SPDX-License-Identifier: MIT */
/* emu_reader: an emulated CCID reader on a socket, as a usbredir host. */
#include "emu_config.h"
#include "emu_fault.h"
#include "emu_serve.h"

#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char help[] =
	"usage: emu_reader [option...] WHERE\n"
	"An emulated CCID reader and card, offered over usbredir (this side is the usb-host).\n"
	"WHERE, one of\n"
	"  --listen [ADDR:]PORT     TCP; port 0 takes a free one; the port is printed\n"
	"  --listen-unix PATH       unix socket\n"
	"  --connect HOST:PORT      --connect-unix PATH      --fd N (a connected socket)\n"
	"the reader\n"
	"  --descriptor HEX         the 54 bytes of its CCID class descriptor\n"
	"  --level NAME             character, tpdu, short or extended (default)\n"
	"  --max-message N          dwMaxCCIDMessageLength, default 271\n"
	"  --slots N                --vid HEX  --pid HEX  --class HEX (0B or FF)\n"
	"  --mps N                  wMaxPacketSize, 64 full speed, 512 high speed\n"
	"  --no-interrupt           no interrupt endpoint\n"
	"  --after-endpoints        the class descriptor stands behind the endpoints\n"
	"  --mechanical HEX         dwMechanical: 1 accept 2 eject 4 capture 8 lock\n"
	"  --motion MS              time a motor takes; --take MS: card leaves the mouth\n"
	"  --flags HEX              EMU_* of emu_config.h\n"
	"the card\n"
	"  --atr HEX                --classes N (1 5 V, 2 3 V, 4 1.8 V)\n"
	"  --no-card                every slot is empty\n"
	"what happens, counted from each connection\n"
	"  --unplug-after N         unplugged at message N\n"
	"  --remove-after MS        --insert-after MS\n"
	"  --once                   end after one connection\n";

struct options {
	struct emu_config cfg;
	const char *listen, *listen_unix, *connect, *connect_unix;
	int fd;
	long unplug_after, remove_after, insert_after;
	unsigned level, max_message;
	bool level_set, no_card, once;
};

enum {
	O_HELP,
	O_LISTEN,
	O_LISTEN_UNIX,
	O_CONNECT,
	O_CONNECT_UNIX,
	O_FD,
	O_DESCRIPTOR,
	O_LEVEL,
	O_MAX,
	O_SLOTS,
	O_VID,
	O_PID,
	O_CLASS,
	O_MPS,
	O_NO_INTERRUPT,
	O_AFTER,
	O_MECHANICAL,
	O_MOTION,
	O_TAKE,
	O_FLAGS,
	O_ATR,
	O_CLASSES,
	O_NO_CARD,
	O_UNPLUG,
	O_REMOVE,
	O_INSERT,
	O_ONCE,
};

static const struct option names[] = {
	{"help", no_argument, NULL, O_HELP},
	{"listen", required_argument, NULL, O_LISTEN},
	{"listen-unix", required_argument, NULL, O_LISTEN_UNIX},
	{"connect", required_argument, NULL, O_CONNECT},
	{"connect-unix", required_argument, NULL, O_CONNECT_UNIX},
	{"fd", required_argument, NULL, O_FD},
	{"descriptor", required_argument, NULL, O_DESCRIPTOR},
	{"level", required_argument, NULL, O_LEVEL},
	{"max-message", required_argument, NULL, O_MAX},
	{"slots", required_argument, NULL, O_SLOTS},
	{"vid", required_argument, NULL, O_VID},
	{"pid", required_argument, NULL, O_PID},
	{"class", required_argument, NULL, O_CLASS},
	{"mps", required_argument, NULL, O_MPS},
	{"no-interrupt", no_argument, NULL, O_NO_INTERRUPT},
	{"after-endpoints", no_argument, NULL, O_AFTER},
	{"mechanical", required_argument, NULL, O_MECHANICAL},
	{"motion", required_argument, NULL, O_MOTION},
	{"take", required_argument, NULL, O_TAKE},
	{"flags", required_argument, NULL, O_FLAGS},
	{"atr", required_argument, NULL, O_ATR},
	{"classes", required_argument, NULL, O_CLASSES},
	{"no-card", no_argument, NULL, O_NO_CARD},
	{"unplug-after", required_argument, NULL, O_UNPLUG},
	{"remove-after", required_argument, NULL, O_REMOVE},
	{"insert-after", required_argument, NULL, O_INSERT},
	{"once", no_argument, NULL, O_ONCE},
	{0},
};

static void bad(const char *what, const char *value)
{
	fprintf(stderr, "emu_reader: %s: %s\n", what, value);
	exit(2);
}

static unsigned long number(const char *text, int base, unsigned long max)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(text, &end, base);
	if (errno != 0 || end == text || *end != '\0' || v > max)
		bad("not a number in range", text);
	return v;
}

static size_t hex(const char *text, uint8_t *out, size_t cap)
{
	size_t n = 0;

	while (*text != '\0') {
		unsigned byte;
		int used;

		if (sscanf(text, " %2x%n", &byte, &used) != 1 || n == cap)
			bad("not hex bytes, or too many", text);
		out[n++] = (uint8_t)byte;
		text += used;
	}
	return n;
}

static unsigned level(const char *name)
{
	static const char *const levels[] = {"character", "tpdu", "short", "extended"};

	for (unsigned i = 0; i < 4; i++)
		if (strcmp(name, levels[i]) == 0)
			return i;
	bad("no such level", name);
	return 0;
}

static void descriptor(struct options *o, const char *text)
{
	uint8_t raw[54];

	if (hex(text, raw, sizeof raw) != sizeof raw)
		bad("a class descriptor has 54 bytes", text);
	emu_config_descriptor(&o->cfg, raw);
}

static void set_place(struct options *o, int id, const char *arg)
{
	switch (id) {
	case O_LISTEN: o->listen = arg; break;
	case O_LISTEN_UNIX: o->listen_unix = arg; break;
	case O_CONNECT: o->connect = arg; break;
	case O_CONNECT_UNIX: o->connect_unix = arg; break;
	case O_FD: o->fd = (int)number(arg, 10, 65535); break;
	case O_UNPLUG: o->unplug_after = (long)number(arg, 10, 1000000); break;
	case O_REMOVE: o->remove_after = (long)number(arg, 10, 86400000); break;
	case O_INSERT: o->insert_after = (long)number(arg, 10, 86400000); break;
	case O_ONCE: o->once = true; break;
	default: fputs(help, id == O_HELP ? stdout : stderr); exit(id == O_HELP ? 0 : 2);
	}
}

static void set(struct options *o, int id, const char *arg)
{
	struct emu_config *c = &o->cfg;

	switch (id) {
	case O_DESCRIPTOR: descriptor(o, arg); break;
	case O_LEVEL:
		o->level = level(arg);
		o->level_set = true;
		break;
	case O_MAX:
		o->max_message = (unsigned)number(arg, 10, 65554);
		o->level_set = true;
		break;
	case O_SLOTS: emu_config_slots(c, (unsigned)number(arg, 10, EMU_SLOTS_MAX)); break;
	case O_VID: c->vid = (uint16_t)number(arg, 16, 0xFFFF); break;
	case O_PID: c->pid = (uint16_t)number(arg, 16, 0xFFFF); break;
	case O_CLASS: c->if_class = (uint8_t)number(arg, 16, 0xFF); break;
	case O_MPS:
		c->mps = (uint16_t)number(arg, 10, 512);
		c->speed = c->mps > 64 ? 2 : 1;
		break;
	case O_NO_INTERRUPT: c->ep_int = 0; break;
	case O_AFTER: c->place = EMU_AFTER_ENDPOINTS; break;
	case O_MECHANICAL: emu_config_mechanical(c, (uint32_t)number(arg, 16, 0xFF)); break;
	case O_MOTION: c->motion_ms = (unsigned)number(arg, 10, 600000); break;
	case O_TAKE: c->take_ms = (unsigned)number(arg, 10, 600000); break;
	case O_FLAGS: c->flags = (unsigned)number(arg, 16, 0xFFFFFF); break;
	case O_ATR: c->card[0].atr_len = hex(arg, c->card[0].atr, EMU_ATR_MAX); break;
	case O_CLASSES: c->card[0].classes = (unsigned)number(arg, 10, 7); break;
	case O_NO_CARD: o->no_card = true; break;
	default: set_place(o, id, arg);
	}
}

static int dial(const char *where)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	const char *colon = strrchr(where, ':');
	struct addrinfo *list;
	char host[256];
	int fd = -1;

	if (colon == NULL || (size_t)(colon - where) >= sizeof host)
		bad("HOST:PORT expected", where);
	snprintf(host, sizeof host, "%.*s", (int)(colon - where), where);
	if (getaddrinfo(host, colon + 1, &hints, &list) != 0)
		bad("unknown host", where);
	for (const struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	return fd;
}

static int unix_socket(const char *path, bool listens)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), rc;

	if (strlen(path) >= sizeof a.sun_path)
		bad("path too long", path);
	memcpy(a.sun_path, path, strlen(path) + 1);
	if (listens) {
		unlink(path);
		rc = bind(fd, (const struct sockaddr *)&a, sizeof a);
		if (rc == 0)
			rc = listen(fd, 1);
	} else {
		rc = connect(fd, (const struct sockaddr *)&a, sizeof a);
	}
	if (rc == 0)
		return fd;
	close(fd);
	return -1;
}

static int listen_tcp(const char *where)
{
	const char *colon = strrchr(where, ':');
	const char *port = colon != NULL ? colon + 1 : where;
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (colon != NULL && strncmp(where, "0.0.0.0:", 8) == 0)
		a.sin_addr.s_addr = htonl(INADDR_ANY);
	a.sin_port = htons((uint16_t)number(port, 10, 65535));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (const struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 1) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0) {
		close(fd);
		return -1;
	}
	printf("listening on port %u\n", ntohs(a.sin_port));
	fflush(stdout);
	return fd;
}

static int serve_one(const struct options *o, int fd)
{
	struct emu_device *d = emu_create(&o->cfg);
	int64_t now = emu_serve_now();
	int rc;

	if (d == NULL)
		return -1;
	if (o->unplug_after >= 0)
		emu_fault_add(d, &(struct emu_fault){.kind = EMU_FAULT_UNPLUG,
		                                     .at = (unsigned)o->unplug_after});
	if (o->remove_after >= 0)
		emu_later(d, EMU_REMOVE, 0, now + o->remove_after);
	if (o->insert_after >= 0)
		emu_later(d, EMU_INSERT, 0, now + o->insert_after);
	rc = emu_serve(d, fd);
	emu_destroy(d);
	return rc;
}

static int serve_all(const struct options *o, int listener)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0 && errno != EINTR && errno != ECONNABORTED)
			return -1;
		if (fd < 0)
			continue;
		serve_one(o, fd);
		close(fd);
		if (o->once)
			return 0;
	}
}

static int run(const struct options *o)
{
	int fd;

	if (o->listen != NULL || o->listen_unix != NULL) {
		fd = o->listen != NULL ? listen_tcp(o->listen) : unix_socket(o->listen_unix, true);
		return fd < 0 ? -1 : serve_all(o, fd);
	}
	fd = o->fd;
	if (o->connect != NULL)
		fd = dial(o->connect);
	else if (o->connect_unix != NULL)
		fd = unix_socket(o->connect_unix, false);
	else if (fd < 0)
		set_place(NULL, '?', NULL);
	return fd < 0 ? -1 : serve_one(o, fd);
}

int main(int argc, char **argv)
{
	struct options o = {.fd = -1,
	                    .unplug_after = -1,
	                    .remove_after = -1,
	                    .insert_after = -1,
	                    .level = 3,
	                    .max_message = 271};
	int id;

	emu_config_init(&o.cfg);
	while ((id = getopt_long(argc, argv, "", names, NULL)) != -1)
		set(&o, id, optarg);
	if (o.level_set)
		emu_config_level(&o.cfg, o.level, o.max_message);
	for (unsigned i = 0; i < EMU_SLOTS_MAX; i++) {
		o.cfg.card_in[i] = !o.no_card && i <= o.cfg.class_desc[4];
		o.cfg.card[i] = o.cfg.card[0];
	}
	if (run(&o) == 0)
		return 0;
	perror("emu_reader");
	return 1;
}
