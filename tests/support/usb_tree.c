/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* nftw() */
#include "usb_tree.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PATH_LEN 160

static int hand_out(void *arg, enum ccid_uevent_group group)
{
	struct usb_tree *t = arg;

	(void)group;
	if (t->sockets++ > 0)
		return CCID_E_UNSUPPORTED;
	return t->netlink[0];
}

static int receive(void *arg, int fd, struct ccid_uevent *out, uint8_t *buf, size_t cap)
{
	const struct usb_tree *t = arg;
	int rc = ccid_uevent_receive(fd, out, buf, cap);

	if (rc > 0 && t->kernel_sender) {
		out->pid = 0;
		out->groups = 1;
	}
	if (rc > 0 && out->len == 0) /* the other end was closed */
		return CCID_E_IO;
	return rc;
}

void usb_tree_make(struct usb_tree *t)
{
	*t = (struct usb_tree){.kernel_sender = true};
	strcpy(t->top, "/tmp/tree-XXXXXX");
	assert_non_null(mkdtemp(t->top));
	assert_int_equal(chmod(t->top, 0755), 0);
	snprintf(t->dev, sizeof t->dev, "%s/dev", t->top);
	snprintf(t->sys, sizeof t->sys, "%s/sys", t->top);
	snprintf(t->proc, sizeof t->proc, "%s/proc", t->top);
	snprintf(t->udev_control, sizeof t->udev_control, "%s/control", t->top);
	assert_int_equal(mkdir(t->dev, 0755), 0);
	assert_int_equal(mkdir(t->sys, 0755), 0);
	t->roots = (struct ccid_usb_roots){t->dev, t->sys, t->proc};
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, t->netlink),
		0);
	t->hotplug = (struct ccid_hotplug_config){.dev = t->dev,
	                                          .udev_control = t->udev_control,
	                                          .open_socket = hand_out,
	                                          .receive = receive,
	                                          .arg = t};
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void usb_tree_remove(struct usb_tree *t)
{
	nftw(t->top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	if (t->sockets == 0)
		close(t->netlink[0]);
	close(t->netlink[1]);
}

static void put(const char *dir, const char *name, const void *bytes, size_t len)
{
	char path[PATH_LEN];
	int fd;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

static void put_number(const char *dir, const char *name, unsigned n)
{
	char text[16];

	put(dir, name, text, (size_t)snprintf(text, sizeof text, "%u\n", n));
}

static void node_of(char *out, const struct usb_tree *t, unsigned dev)
{
	snprintf(out, PATH_LEN, "%s/001/%03u", t->dev, dev);
}

void usb_tree_plug(struct usb_tree *t, const char *port, unsigned dev,
                   const struct fake_reader *reader, unsigned mode)
{
	char dir[PATH_LEN], node[PATH_LEN];
	struct fake_descriptors d;
	struct ccid_transport unused = {0};
	uint8_t raw[sizeof d.device + sizeof d.config];

	fake_reader_describe(&unused, &d, reader);
	memcpy(raw, d.device, sizeof d.device);
	memcpy(raw + sizeof d.device, d.config, d.config_len);
	snprintf(dir, sizeof dir, "%s/%s", t->sys, port);
	mkdir(dir, 0755);
	put_number(dir, "busnum", 1);
	put_number(dir, "devnum", dev);
	put(dir, "descriptors", raw, sizeof d.device + d.config_len);
	put(dir, "manufacturer", "Tree\n", 5);
	put(dir, "product", "Reader\n", 7);
	snprintf(dir, sizeof dir, "%s/001", t->dev);
	mkdir(dir, 0755);
	node_of(node, t, dev);
	put(t->dev, node + strlen(t->dev) + 1, raw, sizeof d.device + d.config_len);
	assert_int_equal(chmod(node, mode), 0);
}

void usb_tree_unplug(struct usb_tree *t, const char *port, unsigned dev)
{
	static const char *const files[] = {"busnum", "devnum", "descriptors", "manufacturer",
	                                    "product"};
	char path[PATH_LEN];

	node_of(path, t, dev);
	assert_int_equal(unlink(path), 0);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(path, sizeof path, "%s/%s/%s", t->sys, port, files[i]);
		assert_int_equal(unlink(path), 0);
	}
	snprintf(path, sizeof path, "%s/%s", t->sys, port);
	assert_int_equal(rmdir(path), 0);
}

void usb_tree_chmod(struct usb_tree *t, unsigned dev, unsigned mode)
{
	char node[PATH_LEN];

	node_of(node, t, dev);
	assert_int_equal(chmod(node, mode), 0);
}

void usb_tree_say(struct usb_tree *t, const void *bytes, size_t len)
{
	assert_int_equal(send(t->netlink[1], bytes, len, MSG_NOSIGNAL), len);
}

void usb_tree_uevent(struct usb_tree *t, const char *subsystem)
{
	char text[128];
	int n = snprintf(text, sizeof text, "add@/devices/x%cACTION=add%cSUBSYSTEM=%s", 0, 0,
	                 subsystem);

	usb_tree_say(t, text, (size_t)n + 1);
}
