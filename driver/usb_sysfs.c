/* SPDX-License-Identifier: MIT */
#include "usb_scan.h"

#include "bytes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SYSDEV_MAX 4096

/* Bytes of one well-formed UTF-8 character (RFC 3629), else 0. */
static size_t well_formed(const unsigned char *s)
{
	static const struct {
		unsigned char mask, lead, first_min, first_max;
		size_t len;
	} forms[] = {
		{0xFF, 0xE0, 0xA0, 0xBF, 3}, {0xFF, 0xED, 0x80, 0x9F, 3},
		{0xFF, 0xF0, 0x90, 0xBF, 4}, {0xFF, 0xF4, 0x80, 0x8F, 4},
		{0xF0, 0xE0, 0x80, 0xBF, 3}, {0xE0, 0xC0, 0x80, 0xBF, 2},
		{0xFC, 0xF0, 0x80, 0xBF, 4},
	};

	if (s[0] < 0x80)
		return 1;
	if (s[0] == 0xC0 || s[0] == 0xC1)
		return 0;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		size_t n = 2;

		if ((s[0] & forms[i].mask) != forms[i].lead)
			continue;
		if (s[1] < forms[i].first_min || s[1] > forms[i].first_max)
			return 0;
		while (n < forms[i].len && (s[n] & 0xC0) == 0x80)
			n++;
		return n == forms[i].len ? n : 0;
	}
	return 0;
}

/* The same when it may be shown. */
static size_t printable(const unsigned char *s)
{
	size_t n = well_formed(s);
	uint32_t c = n > 1 ? s[0] & 0x7Fu >> n : s[0];

	for (size_t i = 1; i < n; i++)
		c = c << 6 | (s[i] & 0x3Fu);
	return ccid_is_printable(c) ? n : 0;
}

void ccid_usb_text_clean(char *text)
{
	unsigned char *s = (unsigned char *)text;
	size_t len = strlen(text), start = 0;

	while (len > 0 && s[len - 1] <= ' ')
		s[--len] = '\0';
	while (start < len && s[start] <= ' ')
		start++;
	memmove(s, s + start, len - start + 1);
	for (size_t step; *s != '\0'; s += step) {
		step = printable(s);
		if (step == 0) {
			*s = '?';
			step = 1;
		}
	}
}

bool ccid_usb_starved(int os_errno)
{
	return os_errno == EMFILE || os_errno == ENFILE || os_errno == ENOMEM;
}

static int attr_open(const char *sys, const char *name, const char *attr)
{
	char path[512];
	int n = snprintf(path, sizeof path, "%s/%s/%s", sys, name, attr);

	if (n < 0 || (size_t)n >= sizeof path)
		return -1;
	return open(path, O_RDONLY | O_CLOEXEC);
}

void ccid_usb_sysfs_text(char *out, size_t cap, const char *sys, const char *name, const char *attr)
{
	int fd = attr_open(sys, name, attr);
	ssize_t n = -1;

	if (fd >= 0) {
		n = read(fd, out, cap - 1);
		close(fd);
	}
	out[n > 0 ? n : 0] = '\0';
	ccid_usb_text_clean(out);
}

int ccid_usb_sysfs_number(const char *sys, const char *name, const char *attr)
{
	char text[16], *end;
	long v;

	ccid_usb_sysfs_text(text, sizeof text, sys, name, attr);
	v = strtol(text, &end, 10);
	return end == text || *end != '\0' || v < 0 || v > 65535 ? -1 : (int)v;
}

uint8_t ccid_usb_sysfs_speed(const char *sys, const char *name)
{
	static const char *const names[] = {"1.5", "12", "480", "5000"};
	char text[16];

	ccid_usb_sysfs_text(text, sizeof text, sys, name, "speed");
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(text, names[i]) == 0)
			return (uint8_t)i;
	return 255;
}

int ccid_usb_sysfs_raw(struct ccid_usb_raw *raw, const char *sys, const char *name)
{
	int fd = attr_open(sys, name, "descriptors"), err;

	if (fd < 0)
		return CCID_E_NOTFOUND;
	err = ccid_usb_raw_read(raw, fd);
	close(fd);
	return err;
}

static ssize_t read_full(int fd, uint8_t *buf, size_t cap, size_t at)
{
	size_t have = 0;

	while (have < cap) {
		ssize_t n = pread(fd, buf + have, cap - have, (off_t)(at + have));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return have > 0 ? (ssize_t)have : -1;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

int ccid_usb_raw_read(struct ccid_usb_raw *raw, int fd)
{
	ssize_t n = read_full(fd, raw->device, sizeof raw->device, 0);

	if (n < 0)
		return errno == ENODEV || errno == ENXIO ? CCID_E_GONE : CCID_E_IO;
	if ((size_t)n < sizeof raw->device || raw->device[0] < sizeof raw->device ||
	    raw->device[1] != 1)
		return CCID_E_FORMAT;
	n = read_full(fd, raw->configs, sizeof raw->configs, sizeof raw->device);
	if (n < 0)
		return errno == ENODEV ? CCID_E_GONE : CCID_E_IO;
	raw->configs_len = (size_t)n;
	return 0;
}

size_t ccid_usb_raw_config(const struct ccid_usb_raw *raw, uint8_t value, const uint8_t **cfg)
{
	size_t at = 0;

	while (raw->configs_len - at >= 9) {
		const uint8_t *c = raw->configs + at;
		size_t left = raw->configs_len - at, total = (size_t)c[2] | (size_t)c[3] << 8;

		if (c[1] != 2 || total < 9)
			return 0;
		if (total > left)
			total = left;
		if (value == 0 || c[5] == value) {
			*cfg = c;
			return total;
		}
		at += total;
	}
	return 0;
}

static bool sysdev_from(struct ccid_usb_sysdev *d, const char *sys, const char *name)
{
	int bus, dev;

	if (name[0] == '.' || strchr(name, ':') != NULL || strlen(name) >= sizeof d->name)
		return false;
	bus = ccid_usb_sysfs_number(sys, name, "busnum");
	dev = ccid_usb_sysfs_number(sys, name, "devnum");
	if (bus < 1 || bus > 255 || dev < 1 || dev > 255)
		return false;
	d->bus = (uint8_t)bus;
	d->dev = (uint8_t)dev;
	strcpy(d->name, name);
	return true;
}

int ccid_usb_sysfs_list(struct ccid_usb_sysdev **out, const char *sys)
{
	struct ccid_usb_sysdev *list = NULL, d;
	struct dirent *e;
	int n = 0;
	DIR *dir = opendir(sys);

	*out = NULL;
	if (dir == NULL)
		return ccid_usb_starved(errno) ? CCID_E_NOMEM : 0;
	while (n < SYSDEV_MAX && (e = readdir(dir)) != NULL) {
		struct ccid_usb_sysdev *more;

		if (!sysdev_from(&d, sys, e->d_name))
			continue;
		more = realloc(list, (size_t)(n + 1) * sizeof *list);
		if (more == NULL) {
			free(list);
			closedir(dir);
			return CCID_E_NOMEM;
		}
		list = more;
		list[n++] = d;
	}
	closedir(dir);
	*out = list;
	return n;
}
