/* SPDX-License-Identifier: MIT */
/* Run a command where /dev/bus/usb/001/002 is the emulated reader:
 *
 *	usbfs_run [-k DRIVER] [-u] [-e] [-l LEVEL] [-m LENGTH] [-s SLOTS] [-b SLOTS]
 *		[-i] [-c] [-1 IFSC] [-n] [-2] [-t] [-a FILE] [-p PIN] [-w PIN]
 *		[-v VID:PID] [-S] COMMAND [ARGUMENT...]
 *
 * -k a kernel driver binds the interface; -u the device is not configured; -e no card is in; -l 0
 * character, 1 TPDU, 2 short, 3 extended APDU level; -m dwMaxCCIDMessageLength; -s slots, -b of
 * which may be busy at once, each with a card; -i no interrupt endpoint; -1 the
 * card speaks T=1, with CRC after -c; -n udev tells of readers; -2 there is a second port, for another
 * reader like it; -a the card answers from a file (emu_script.h); -p there is a pad, on which this
 * PIN is typed, -w and this where a new one is asked for; -v its numbers; -t the device has two
 * interfaces, "Contact" and "Contactless", each a reader with a card; -S the program says what the
 * device is and does (stand_wire.h).
 * Exits as the command does, 77 where this cannot be had. */
#include "usbfs.h"

#include "emu_script.h"
#include "usbfs_ns.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define SKIP 77

static bool udev, stand;
static struct emu_script script;
static struct usbfs second = {.port = "1-2"};
static uint8_t both[255]; /* a configuration of two interfaces */
static size_t both_len;

static void reader_init(struct emu_config *c)
{
	emu_config_init(c);
	c->vid = 0x072F; /* libccid drives listed readers only; this one has no quirk there */
	c->pid = 0xB100;
	c->bcd_device = 0x0100;
	c->manufacturer = "ACS";
	c->product = "Emulated Reader";
	c->serial = "EMU0001";
	c->interface_name = "Contact";
	c->card_in[0] = true;
}

/* Append the interface that the configuration of such a reader has. */
static bool append_interface(const struct emu_config *c)
{
	struct emu_device *d = emu_create(c);
	const uint8_t *config;
	size_t len = 0;

	if (d == NULL)
		return false;
	config = emu_config_desc(d, &len);
	if (both_len == 0) {
		memcpy(both, config, 9);
		both_len = 9;
	}
	memcpy(both + both_len, config + 9, len - 9);
	both_len += len - 9;
	emu_destroy(d);
	return true;
}

/* One device of two readers, which give out one configuration. */
static bool compose(struct usbfs *u)
{
	struct emu_config *c = &u->other_config;

	*c = u->config;
	c->if_number = (uint8_t)(u->config.if_number + 1);
	c->ep_out = 0x04;
	c->ep_in = 0x85;
	c->ep_int = 0x86;
	c->interface_name = "Contactless";
	if (!append_interface(&u->config) || !append_interface(c))
		return false;
	both[2] = (uint8_t)both_len;
	both[3] = 0;
	both[4] = 2;
	u->config.raw_config = c->raw_config = both;
	u->config.raw_len = c->raw_len = both_len;
	return true;
}

static void pad(struct emu_config *c, const char *pin, const char *new_pin)
{
	if (pin != NULL) {
		c->class_desc[52] = 0x03; /* bPINSupport: verification, modification */
		snprintf(c->typed, sizeof c->typed, "%s", pin);
	}
	if (new_pin != NULL)
		snprintf(c->typed_new, sizeof c->typed_new, "%s", new_pin);
}

static bool numbers(struct emu_config *c, const char *text)
{
	return sscanf(text, "%4hx:%4hx", &c->vid, &c->pid) == 2;
}

static int parse(struct usbfs *u, int argc, char **argv)
{
	unsigned level = 3, longest = 65544;
	bool crc = false;
	int o;

	while ((o = getopt(argc, argv, "+k:uel:m:s:b:ic1:n2a:p:w:v:tS")) != -1) {
		switch (o) {
		case 'k': snprintf(u->kernel_driver, sizeof u->kernel_driver, "%s", optarg); break;
		case 'u': u->unconfigured = true; break;
		case 'e': u->config.card_in[0] = false; break;
		case 'l': level = (unsigned)atoi(optarg); break;
		case 'm': longest = (unsigned)atoi(optarg); break;
		case 's': emu_config_slots(&u->config, (unsigned)atoi(optarg)); break;
		case 'b':
			emu_config_busy(&u->config, (unsigned)atoi(optarg));
			for (unsigned i = 0; i < EMU_SLOTS_MAX; i++)
				u->config.card_in[i] = true;
			break;
		case 'i': u->config.ep_int = 0; break;
		case 'c': crc = true; break;
		case '1': emu_card_t1(&u->config.card[0], (uint8_t)atoi(optarg), crc); break;
		case 'n': udev = true; break;
		case 'a':
			if (emu_script_read(&script, optarg) != 0)
				return -1;
			u->config.card[0].script = &script;
			break;
		case 'p': pad(&u->config, optarg, NULL); break;
		case 'w': pad(&u->config, NULL, optarg); break;
		case 'v':
			if (!numbers(&u->config, optarg))
				return -1;
			break;
		case 't': u->composite = true; break;
		case '2': u->next = &second; break;
		case 'S': stand = true; break;
		default: return -1;
		}
	}
	emu_config_level(&u->config, level, longest);
	if (u->composite && !compose(u))
		return -1;
	second.config = u->config;
	return optind < argc ? optind : -1;
}

static int skip(const char *why)
{
	bool required = getenv("ISCARD_TEST_REQUIRE_DATA") != NULL;

	fprintf(stderr, "usbfs_run: %s: %s\n", required ? "needed" : "skipped", why);
	return required ? 1 : SKIP;
}

static int child_signal(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int wait_ms(const struct usbfs *u)
{
	int64_t next = INT64_MAX, now = usbfs_now();

	for (; u != NULL; u = u->next)
		next = usbfs_next(u) < next ? usbfs_next(u) : next;

	if (next == INT64_MAX)
		return -1;
	if (next <= now)
		return 0;
	return next - now < 60000 ? (int)(next - now) : 60000;
}

static bool serve_fuse(struct fuse_session *se, struct fuse_buf *buf)
{
	int n = fuse_session_receive_buf(se, buf);

	if (n > 0)
		fuse_session_process_buf(se, buf);
	return n > 0 || n == -EINTR || n == -EAGAIN;
}

/* All that a client did before it sent its word: a file that it closed is closed here, too. */
static bool catch_up(struct fuse_session *se, struct fuse_buf *buf)
{
	struct pollfd fuse = {.fd = fuse_session_fd(se), .events = POLLIN};
	bool going = true;

	while (going && poll(&fuse, 1, 0) > 0)
		going = serve_fuse(se, buf);
	return going;
}

static void serve(struct usbfs *u, struct fuse_session *se, int ctl, int child)
{
	struct pollfd fds[4] = {{.fd = fuse_session_fd(se), .events = POLLIN},
	                        {.fd = ctl, .events = POLLIN},
	                        {.fd = child, .events = POLLIN},
	                        {.events = POLLIN}};
	struct fuse_buf buf = {0};
	bool going = true;

	while (going && !fuse_session_exited(se)) {
		fds[3].fd = usbfs_stand_fd(u);
		if (poll(fds, 4, wait_ms(u)) < 0 && errno != EINTR)
			break;
		if (fds[1].revents != 0 || fds[3].revents != 0)
			going = catch_up(se, &buf);
		else if (fds[0].revents != 0)
			going = serve_fuse(se, &buf);
		if (fds[1].revents != 0)
			usbfs_ctl_serve(u, ctl);
		if (fds[2].revents != 0)
			going = false;
		if (fds[3].revents != 0)
			usbfs_stand_serve(u);
		for (struct usbfs *each = u; each != NULL; each = each->next)
			usbfs_run(each);
	}
	free(buf.mem);
}

static int run(struct usbfs *u, char **command)
{
	char *fuse_argv[] = {(char *)(uintptr_t) "usbfs", NULL};
	struct fuse_args args = FUSE_ARGS_INIT(1, fuse_argv);
	struct fuse_session *se = fuse_session_new(&args, &usbfs_ops, sizeof usbfs_ops, u);
	int ctl = usbfs_ctl_listen(), child = child_signal(), result;
	pid_t pid;

	if (se == NULL || ctl < 0 || child < 0)
		return skip("no FUSE session");
	if (fuse_session_mount(se, "/dev/bus/usb") != 0)
		return skip("FUSE does not mount");
	pid = usbfs_ns_spawn(command);
	if (pid < 0)
		return 126;
	serve(u, se, ctl, child);
	result = usbfs_ns_result(pid);
	fuse_session_unmount(se);
	fuse_session_destroy(se);
	fuse_opt_free_args(&args);
	return result;
}

int main(int argc, char **argv)
{
	static struct usbfs u = {.port = "1-1"};
	const char *why;
	int at, result;

	reader_init(&u.config);
	at = parse(&u, argc, argv);
	if (at < 0) {
		fprintf(stderr, "usage: %s [options] COMMAND [ARGUMENT...]\n", argv[0]);
		return 2;
	}
	if (!usbfs_ns_enter(&why))
		return skip(why);
	if (udev && !usbfs_udev_begin())
		return skip("no netlink");
	if (stand && !usbfs_stand_listen(&u))
		return skip("no socket");
	if (!usbfs_plug(&u) || !usbfs_sysfs_base() || !usbfs_sysfs_add(&u)) {
		fprintf(stderr, "usbfs_run: the reader cannot be made\n");
		return 1;
	}
	result = run(&u, argv + at);
	for (struct usbfs *each = &u; each != NULL; each = each->next)
		if (each->emu != NULL)
			usbfs_unplug(each);
	_exit(result); /* a leak checker could not start a thread: it would belong to the name space */
}
