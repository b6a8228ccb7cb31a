/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* nftw() */
/* The part of /sys that libudev, libusb and pcscd read, on a tmpfs. */
#include "usbfs.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICES   "/sys/devices/host/usb1"
#define BUS       "/sys/bus/usb/devices"
#define SUBSYSTEM "/sys/bus/usb"

static bool put_bytes(const char *dir, const char *name, const void *bytes, size_t len)
{
	char path[256];
	FILE *f;
	bool ok;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (f == NULL)
		return false;
	ok = fwrite(bytes, 1, len, f) == len;
	return fclose(f) == 0 && ok;
}

static bool put(const char *dir, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static bool put(const char *dir, const char *name, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return n >= 0 && (size_t)n < sizeof text && put_bytes(dir, name, text, (size_t)n);
}

static bool make_dirs(const char *path)
{
	char part[256];

	snprintf(part, sizeof part, "%s", path);
	for (char *p = part + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		mkdir(part, 0755);
		*p = '/';
	}
	return mkdir(part, 0755) == 0 || access(part, F_OK) == 0;
}

bool usbfs_sysfs_base(void)
{
	return make_dirs(BUS) && make_dirs("/sys/bus/usb/drivers") && make_dirs("/sys/class") &&
	       make_dirs("/sys/dev/char") && make_dirs("/sys/dev/block") && make_dirs(DEVICES);
}

static bool link_device(const char *dir, const char *name)
{
	char from[256], sub[256];

	snprintf(from, sizeof from, BUS "/%s", name);
	snprintf(sub, sizeof sub, "%s/subsystem", dir);
	return symlink(dir, from) == 0 && symlink(SUBSYSTEM, sub) == 0;
}

static bool put_strings(const char *dir, const struct emu_config *c)
{
	return (c->manufacturer == NULL || put(dir, "manufacturer", "%s\n", c->manufacturer)) &&
	       (c->product == NULL || put(dir, "product", "%s\n", c->product)) &&
	       (c->serial == NULL || put(dir, "serial", "%s\n", c->serial));
}

static bool add_device(const struct usbfs *u, const char *dir)
{
	static const char *const speeds[] = {"1.5", "12", "480", "5000"};
	const struct emu_config *c = &u->config;
	uint8_t raw[4096];
	size_t len = usbfs_read(u, raw, sizeof raw, 0);

	return make_dirs(dir) && put(dir, "busnum", "%d\n", USBFS_BUS) &&
	       put(dir, "devnum", "%u\n", u->devnum) && put(dir, "devpath", "1\n") &&
	       put(dir, "speed", "%s\n", speeds[c->speed & 3]) &&
	       put(dir, "idVendor", "%04x\n", c->vid) && put(dir, "idProduct", "%04x\n", c->pid) &&
	       put(dir, "bcdDevice", "%04x\n", c->bcd_device) && put(dir, "bDeviceClass", "00\n") &&
	       put(dir, "bNumConfigurations", "1\n") && put(dir, "bNumInterfaces", " 1\n") &&
	       put(dir, "bConfigurationValue", u->unconfigured ? "\n" : "1\n") &&
	       put_strings(dir, c) && put_bytes(dir, "descriptors", raw, len) &&
	       put(dir, "uevent",
	           "MAJOR=189\nMINOR=%u\nDEVNAME=bus/usb/%03d/%03u\nDEVTYPE=usb_device\n"
	           "DRIVER=usb\nPRODUCT=%x/%x/%x\nTYPE=0/0/0\nBUSNUM=%03d\nDEVNUM=%03u\n",
	           u->devnum - 1, USBFS_BUS, u->devnum, c->vid, c->pid, c->bcd_device, USBFS_BUS,
	           u->devnum) &&
	       link_device(dir, u->port);
}

static bool add_interface(const struct usbfs *u, const struct emu_config *c, const char *parent)
{
	char name[64], dir[256];

	snprintf(name, sizeof name, "%s:1.%u", u->port, c->if_number);
	snprintf(dir, sizeof dir, "%.128s/%s", parent, name);
	return make_dirs(dir) && put(dir, "bInterfaceNumber", "%02x\n", c->if_number) &&
	       put(dir, "bInterfaceClass", "%02x\n", c->if_class) &&
	       put(dir, "bInterfaceSubClass", "%02x\n", c->if_subclass) &&
	       put(dir, "bInterfaceProtocol", "%02x\n", c->if_protocol) &&
	       put(dir, "bAlternateSetting", " 0\n") && put(dir, "bNumEndpoints", "03\n") &&
	       (c->interface_name == NULL || put(dir, "interface", "%s\n", c->interface_name)) &&
	       put(dir, "uevent",
	           "DEVTYPE=usb_interface\nPRODUCT=%x/%x/%x\nTYPE=0/0/0\nINTERFACE=%u/%u/%u\n",
	           c->vid, c->pid, c->bcd_device, c->if_class, c->if_subclass, c->if_protocol) &&
	       link_device(dir, name);
}

bool usbfs_sysfs_add(const struct usbfs *u)
{
	char dir[256];

	snprintf(dir, sizeof dir, DEVICES "/%s", u->port);
	return add_device(u, dir) && add_interface(u, &u->config, dir) &&
	       (!u->composite || add_interface(u, &u->other_config, dir));
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void unlink_interface(const struct usbfs *u, const struct emu_config *c)
{
	char name[128];

	snprintf(name, sizeof name, BUS "/%s:1.%u", u->port, c->if_number);
	unlink(name);
}

void usbfs_sysfs_remove(const struct usbfs *u)
{
	char name[128];

	unlink_interface(u, &u->config);
	if (u->composite)
		unlink_interface(u, &u->other_config);
	snprintf(name, sizeof name, BUS "/%s", u->port);
	unlink(name);
	snprintf(name, sizeof name, DEVICES "/%s", u->port);
	nftw(name, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
