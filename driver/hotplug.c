/* SPDX-License-Identifier: MIT */
#include "hotplug.h"

#include "node_watch.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define MESSAGES_MAX 64 /* taken at once */

struct ccid_hotplug {
	struct ccid_hotplug_config cfg;
	const struct ccid_env *env;
	int epoll_fd, netlink_fd;
	enum ccid_uevent_group group;
	bool spoke; /* netlink has told of a USB device */
	struct ccid_node_watch nodes;
	int64_t look_at, rescan_at; /* env time; CCID_NEVER */
	uint8_t buf[CCID_UEVENT_MAX];
};

static int open_socket(void *arg, enum ccid_uevent_group group)
{
	(void)arg;
	return ccid_uevent_socket(group);
}

static int receive(void *arg, int fd, struct ccid_uevent *out, uint8_t *buf, size_t cap)
{
	(void)arg;
	return ccid_uevent_receive(fd, out, buf, cap);
}

static struct ccid_hotplug_config complete(const struct ccid_hotplug_config *cfg)
{
	struct ccid_hotplug_config c = cfg != NULL ? *cfg : (struct ccid_hotplug_config){0};

	if (c.dev == NULL)
		c.dev = "/dev/bus/usb";
	if (c.udev_control == NULL)
		c.udev_control = "/run/udev/control";
	if (c.open_socket == NULL)
		c.open_socket = open_socket;
	if (c.receive == NULL)
		c.receive = receive;
	return c;
}

static int listen_to(struct ccid_hotplug *h, int fd)
{
	struct epoll_event e = {.events = EPOLLIN};

	return epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, fd, &e);
}

static void open_netlink(struct ccid_hotplug *h)
{
	h->group = access(h->cfg.udev_control, F_OK) == 0 ? CCID_UEVENT_UDEV : CCID_UEVENT_KERNEL;
	h->netlink_fd = h->cfg.open_socket(h->cfg.arg, h->group);
	if (h->netlink_fd >= 0 && listen_to(h, h->netlink_fd) != 0) {
		close(h->netlink_fd);
		h->netlink_fd = -1;
	}
}

static void give_up_netlink(struct ccid_hotplug *h)
{
	epoll_ctl(h->epoll_fd, EPOLL_CTL_DEL, h->netlink_fd, NULL);
	close(h->netlink_fd);
	h->netlink_fd = -1;
	h->spoke = false;
}

static void open_nodes(struct ccid_hotplug *h)
{
	h->nodes = (struct ccid_node_watch){.fd = -1, .above = -1};
	if (!h->cfg.no_inotify)
		ccid_node_watch_init(&h->nodes, h->cfg.dev);
	if (h->nodes.fd >= 0 && listen_to(h, h->nodes.fd) != 0)
		ccid_node_watch_fini(&h->nodes);
}

static bool needs_time(const struct ccid_hotplug *h)
{
	return !h->spoke && (h->nodes.fd < 0 || !h->nodes.complete);
}

/* Start or stop the looks by time, and say so. */
static void choose(struct ccid_hotplug *h, const char *before)
{
	const char *now = ccid_hotplug_source(h);

	if (!needs_time(h))
		h->rescan_at = CCID_NEVER;
	else if (h->rescan_at == CCID_NEVER)
		h->rescan_at = ccid_env_now(h->env) + CCID_HOTPLUG_RESCAN_MS;
	if (now != before)
		ccid_log(h->env, CCID_LOG_INFO, NULL, "news of USB readers by %s", now);
}

int ccid_hotplug_open(struct ccid_hotplug **out, const struct ccid_hotplug_config *cfg,
                      const struct ccid_env *env)
{
	struct ccid_hotplug *h = calloc(1, sizeof *h);

	if (h == NULL)
		return CCID_E_NOMEM;
	h->cfg = complete(cfg);
	h->env = env;
	h->look_at = h->rescan_at = CCID_NEVER;
	h->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (h->epoll_fd < 0) {
		free(h);
		return CCID_E_NOMEM;
	}
	open_netlink(h);
	open_nodes(h);
	choose(h, NULL);
	*out = h;
	return 0;
}

/* In the child of a fork the set is still the parent's: nothing is taken out of it. */
void ccid_hotplug_close(struct ccid_hotplug *h)
{
	if (h == NULL)
		return;
	if (h->netlink_fd >= 0)
		close(h->netlink_fd);
	ccid_node_watch_fini(&h->nodes);
	close(h->epoll_fd);
	free(h);
}

int ccid_hotplug_fd(const struct ccid_hotplug *h)
{
	return h->epoll_fd;
}

int64_t ccid_hotplug_due(const struct ccid_hotplug *h)
{
	return h->look_at < h->rescan_at ? h->look_at : h->rescan_at;
}

/* What could not be read: a hint too, if no proof that the source speaks. */
static bool missed(const struct ccid_uevent *e, enum ccid_uevent_group group)
{
	return e->lost || (e->cut && e->groups == (uint32_t)group);
}

static bool take_netlink(struct ccid_hotplug *h)
{
	struct ccid_uevent e;
	bool hint = false;
	int got = 1;

	for (unsigned i = 0; i < MESSAGES_MAX && got > 0 && h->netlink_fd >= 0; i++) {
		bool usb;

		got = h->cfg.receive(h->cfg.arg, h->netlink_fd, &e, h->buf, sizeof h->buf);
		usb = got > 0 && ccid_uevent_is_usb(&e, h->group);
		h->spoke = h->spoke || usb;
		hint = hint || usb || (got > 0 && missed(&e, h->group));
	}
	if (got >= 0)
		return hint;
	give_up_netlink(h);
	return true;
}

bool ccid_hotplug_take(struct ccid_hotplug *h)
{
	const char *before = ccid_hotplug_source(h);
	int64_t now = ccid_env_now(h->env);
	bool hint = take_netlink(h);

	hint = ccid_node_watch_take(&h->nodes) || hint;
	choose(h, before);
	if (hint && h->look_at == CCID_NEVER)
		h->look_at = now + CCID_HOTPLUG_SETTLE_MS;
	if (now < ccid_hotplug_due(h))
		return false;
	h->look_at = CCID_NEVER;
	if (needs_time(h))
		h->rescan_at = now + CCID_HOTPLUG_RESCAN_MS;
	return true;
}

const char *ccid_hotplug_source(const struct ccid_hotplug *h)
{
	static const char *const names[3][2] = {{"udev", "udev+rescan"},
	                                        {"kernel", "kernel+rescan"},
	                                        {"inotify", "inotify+rescan"}};
	bool time = needs_time(h);

	if (h->netlink_fd >= 0)
		return names[h->group == CCID_UEVENT_UDEV ? 0 : 1][time];
	return h->nodes.fd >= 0 ? names[2][time] : "rescan";
}
