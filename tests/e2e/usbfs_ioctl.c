/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* POLLWRNORM */
#include "usbfs.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define CAPABILITIES                                                                               \
	(USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_BULK_CONTINUATION |                               \
	 USBDEVFS_CAP_NO_PACKET_SIZE_LIM | USBDEVFS_CAP_BULK_SCATTER_GATHER |                      \
	 USBDEVFS_CAP_REAP_AFTER_DISCONNECT)

static void answer(fuse_req_t req, int result)
{
	if (result < 0)
		fuse_reply_err(req, -result);
	else
		fuse_reply_ioctl(req, result, NULL, 0);
}

static bool is_others(const struct usbfs *u, uint8_t endpoint)
{
	const struct emu_config *c = &u->other_config;

	return u->other != NULL &&
	       (endpoint == c->ep_in || endpoint == c->ep_out || endpoint == c->ep_int);
}

struct emu_device *usbfs_for_endpoint(const struct usbfs *u, uint8_t endpoint)
{
	return is_others(u, endpoint) ? u->other : u->emu;
}

struct emu_device *usbfs_for_request(const struct usbfs *u, const uint8_t setup[8])
{
	unsigned recipient = setup[0] & 0x1F;

	if (recipient == 2)
		return usbfs_for_endpoint(u, setup[4]);
	if (recipient == 1 && u->other != NULL && setup[4] == u->other_config.if_number)
		return u->other;
	return u->emu;
}

static void standard_request(struct usbfs *u, uint8_t type, uint8_t request, unsigned value,
                             unsigned index)
{
	const uint8_t setup[8] = {type,
	                          request,
	                          (uint8_t)value,
	                          (uint8_t)(value >> 8),
	                          (uint8_t)index,
	                          (uint8_t)(index >> 8),
	                          0,
	                          0};
	uint8_t none[1] = {0};

	emu_control(usbfs_for_request(u, setup), setup, none, usbfs_now());
	if (type == 0x00 && u->other != NULL)
		emu_control(u->other, setup, none, usbfs_now());
}

static void configure(struct usbfs *u, unsigned value)
{
	standard_request(u, 0x00, 0x09, value, 0);
	for (unsigned i = 0; i < USBFS_INTERFACES; i++)
		u->bound[i] = value != 0 && u->kernel_driver[0] != '\0';
}

bool usbfs_plug(struct usbfs *u)
{
	static unsigned last = 1;

	u->emu = emu_create(&u->config);
	u->other = u->composite ? emu_create(&u->other_config) : NULL;
	if (u->emu == NULL || (u->composite && u->other == NULL))
		return false;
	last = last == 127 ? 2 : last + 1;
	u->devnum = last;
	if (!u->unconfigured)
		configure(u, 1);
	return true;
}

void usbfs_unplug(struct usbfs *u)
{
	for (struct usbfs_file *f = u->files; f != NULL; f = f->next)
		f->gone = true;
	usbfs_kill(u, NULL, -ESHUTDOWN);
	u->strike = u->struck = USBFS_STRIKE_NONE;
	memset(u->holder, 0, sizeof u->holder);
	memset(u->bound, 0, sizeof u->bound);
	usbfs_sysfs_remove(u);
	emu_destroy(u->emu);
	emu_destroy(u->other);
	u->emu = u->other = NULL;
	usbfs_udev_say(u, "remove");
}

size_t usbfs_read(const struct usbfs *u, uint8_t *buf, size_t len, size_t at)
{
	const uint8_t *device = emu_device_desc(u->emu);
	size_t total, n = 0;
	const uint8_t *config = emu_config_desc(u->emu, &total);

	for (; n < len && at + n < 18 + total; n++)
		buf[n] = at + n < 18 ? device[at + n] : config[at + n - 18];
	return n;
}

struct usbfs_file *usbfs_open(struct usbfs *u)
{
	struct usbfs_file *f = calloc(1, sizeof *f);

	if (f == NULL)
		return NULL;
	f->host = u;
	f->done_tail = &f->done;
	f->next = u->files;
	u->files = f;
	u->opens++;
	return f;
}

static void forget(struct usbfs *u, struct usbfs_file *f)
{
	struct usbfs_file **p = &u->files;

	while (*p != NULL && *p != f)
		p = &(*p)->next;
	if (*p != NULL)
		*p = f->next;
	for (unsigned i = 0; i < USBFS_INTERFACES; i++)
		if (u->holder[i] == f)
			u->holder[i] = NULL;
	u->opens--;
}

void usbfs_close(struct usbfs *u, struct usbfs_file *f)
{
	usbfs_kill(u, f, -ENOENT);
	while (f->done != NULL) {
		struct usbfs_urb *urb = f->done;

		f->done = urb->next;
		free(urb->data);
		free(urb);
	}
	if (f->ph != NULL)
		fuse_pollhandle_destroy(f->ph);
	forget(u, f);
	free(f);
}

unsigned usbfs_poll(const struct usbfs_file *f)
{
	unsigned events = f->done != NULL ? POLLOUT | POLLWRNORM : 0;

	return f->gone ? events | POLLHUP | POLLERR : events;
}

static int claim(struct usbfs *u, struct usbfs_file *f, unsigned n)
{
	if (n >= USBFS_INTERFACES ||
	    (n != u->config.if_number && !(u->composite && n == u->other_config.if_number)))
		return -ENOENT;
	if (u->taken || u->bound[n] || (u->holder[n] != NULL && u->holder[n] != f))
		return -EBUSY;
	u->holder[n] = f;
	f->claims |= 1u << n;
	return 0;
}

static int release(struct usbfs *u, struct usbfs_file *f, unsigned n)
{
	if (n >= USBFS_INTERFACES || u->holder[n] != f)
		return -EINVAL;
	u->holder[n] = NULL;
	f->claims &= ~(1u << n);
	return 0;
}

static int get_driver(const struct usbfs *u, pid_t pid, uint64_t arg)
{
	struct usbdevfs_getdriver g;

	if (!usbfs_peek(pid, arg, &g, sizeof g))
		return -EFAULT;
	if (g.interface >= USBFS_INTERFACES ||
	    (!u->bound[g.interface] && u->holder[g.interface] == NULL))
		return -ENODATA;
	memset(g.driver, 0, sizeof g.driver);
	strcpy(g.driver, u->bound[g.interface] ? u->kernel_driver : "usbfs");
	return usbfs_poke(pid, arg, &g, sizeof g) ? 0 : -EFAULT;
}

static int disconnect(struct usbfs *u, unsigned n)
{
	if (n >= USBFS_INTERFACES)
		return -EINVAL;
	if (u->holder[n] != NULL) {
		u->holder[n]->claims &= ~(1u << n);
		u->holder[n] = NULL;
		return 0;
	}
	if (!u->bound[n])
		return -ENODATA;
	u->bound[n] = false;
	return 0;
}

static int connect_driver(struct usbfs *u, unsigned n)
{
	if (n >= USBFS_INTERFACES)
		return -EINVAL;
	if (u->bound[n] || u->holder[n] != NULL)
		return -EBUSY;
	u->connects++;
	u->bound[n] = u->kernel_driver[0] != '\0';
	return u->bound[n] ? 1 : 0;
}

static int interface_ioctl(struct usbfs *u, pid_t pid, uint64_t arg)
{
	struct usbdevfs_ioctl c;

	if (!usbfs_peek(pid, arg, &c, sizeof c))
		return -EFAULT;
	if (c.ifno < 0)
		return -EINVAL;
	switch ((unsigned)c.ioctl_code) {
	case USBDEVFS_DISCONNECT: return disconnect(u, (unsigned)c.ifno);
	case USBDEVFS_CONNECT: return connect_driver(u, (unsigned)c.ifno);
	default: return -ENOTTY;
	}
}

static int disconnect_claim(struct usbfs *u, struct usbfs_file *f, pid_t pid, uint64_t arg)
{
	struct usbdevfs_disconnect_claim c;

	if (!usbfs_peek(pid, arg, &c, sizeof c))
		return -EFAULT;
	if (c.interface >= USBFS_INTERFACES)
		return -EINVAL;
	if (u->bound[c.interface]) {
		bool same = strncmp(c.driver, u->kernel_driver, sizeof c.driver) == 0;

		if (((c.flags & USBDEVFS_DISCONNECT_CLAIM_IF_DRIVER) != 0 && !same) ||
		    ((c.flags & USBDEVFS_DISCONNECT_CLAIM_EXCEPT_DRIVER) != 0 && same))
			return -EBUSY;
		u->bound[c.interface] = false;
	}
	return claim(u, f, c.interface);
}

static int set_interface(struct usbfs *u, pid_t pid, uint64_t arg)
{
	struct usbdevfs_setinterface s;

	if (!usbfs_peek(pid, arg, &s, sizeof s))
		return -EFAULT;
	u->setinterfaces++;
	standard_request(u, 0x01, 0x0B, s.altsetting, s.interface);
	return 0;
}

static int set_configuration(struct usbfs *u, pid_t pid, uint64_t arg)
{
	unsigned value;

	if (!usbfs_peek(pid, arg, &value, sizeof value))
		return -EFAULT;
	for (unsigned i = 0; i < USBFS_INTERFACES; i++)
		if (u->bound[i] || u->holder[i] != NULL)
			return -EBUSY;
	configure(u, value);
	return 0;
}

void usbfs_reset(struct usbfs *u)
{
	usbfs_kill(u, NULL, -ESHUTDOWN);
	emu_reset(u->emu, usbfs_now());
	if (u->other != NULL)
		emu_reset(u->other, usbfs_now());
	standard_request(u, 0x00, 0x09, 1, 0);
}

static int reset(struct usbfs *u)
{
	u->resets++;
	usbfs_reset(u);
	return 0;
}

static int connect_info(const struct usbfs *u, pid_t pid, uint64_t arg)
{
	struct usbdevfs_connectinfo c = {.devnum = u->devnum};

	return usbfs_poke(pid, arg, &c, sizeof c) ? 0 : -EFAULT;
}

static int get_capabilities(pid_t pid, uint64_t arg)
{
	const uint32_t caps = CAPABILITIES;

	return usbfs_poke(pid, arg, &caps, sizeof caps) ? 0 : -EFAULT;
}

/* USB_SPEED_* of linux/usb/ch9.h */
static int get_speed(const struct usbfs *u)
{
	static const int speeds[] = {1, 2, 3, 5};

	return speeds[emu_speed(u->emu) & 3];
}

static int number_ioctl(struct usbfs *u, struct usbfs_file *f, unsigned cmd, pid_t pid,
                        uint64_t arg)
{
	unsigned n;

	if (!usbfs_peek(pid, arg, &n, sizeof n))
		return -EFAULT;
	switch (cmd) {
	case USBDEVFS_CLAIMINTERFACE: return claim(u, f, n);
	case USBDEVFS_RELEASEINTERFACE: return release(u, f, n);
	case USBDEVFS_CLEAR_HALT: standard_request(u, 0x02, 0x01, 0, n); return 0;
	default: return 0; /* RESETEP: there is no data toggle here */
	}
}

/* 1: answered later. */
static int control(struct usbfs *u, struct usbfs_file *f, fuse_req_t req, uint64_t arg)
{
	struct usbdevfs_ctrltransfer c;
	struct usbdevfs_urb urb = {.type = USBDEVFS_URB_TYPE_CONTROL};
	int err;

	if (!usbfs_peek(fuse_req_ctx(req)->pid, arg, &c, sizeof c))
		return -EFAULT;
	const uint8_t setup[8] = {c.bRequestType,     c.bRequest,
	                          (uint8_t)c.wValue,  (uint8_t)(c.wValue >> 8),
	                          (uint8_t)c.wIndex,  (uint8_t)(c.wIndex >> 8),
	                          (uint8_t)c.wLength, (uint8_t)(c.wLength >> 8)};
	urb.buffer = c.data;
	urb.buffer_length = c.wLength;
	err = usbfs_sync(u, f, req, &urb, setup, c.timeout);
	return err != 0 ? err : 1;
}

static int bulk(struct usbfs *u, struct usbfs_file *f, fuse_req_t req, uint64_t arg)
{
	struct usbdevfs_bulktransfer b;
	struct usbdevfs_urb urb = {.type = USBDEVFS_URB_TYPE_BULK};
	int err;

	if (!usbfs_peek(fuse_req_ctx(req)->pid, arg, &b, sizeof b))
		return -EFAULT;
	urb.endpoint = (unsigned char)b.ep;
	urb.buffer = b.data;
	urb.buffer_length = (int)b.len;
	u->unclaimed += f->claims == 0;
	err = usbfs_sync(u, f, req, &urb, NULL, b.timeout);
	return err != 0 ? err : 1;
}

static int reap_blocking(struct usbfs_file *f, fuse_req_t req, uint64_t arg)
{
	int err = usbfs_reap(f, fuse_req_ctx(req)->pid, arg);

	if (err != -EAGAIN)
		return err;
	if (f->reaper != NULL)
		return -EBUSY;
	f->reaper = req;
	f->reaper_pid = fuse_req_ctx(req)->pid;
	f->reaper_at = arg;
	return 1;
}

static int device_ioctl(struct usbfs *u, struct usbfs_file *f, unsigned cmd, pid_t pid,
                        uint64_t arg)
{
	int refusal = u->stand != NULL ? usbfs_stand_refusal(u, cmd) : 0;

	if (refusal != 0)
		return -refusal;
	switch (cmd) {
	case USBDEVFS_SUBMITURB: return usbfs_submit(u, f, pid, arg);
	case USBDEVFS_DISCARDURB: return usbfs_discard(u, f, arg);
	case USBDEVFS_CLAIMINTERFACE:
	case USBDEVFS_RELEASEINTERFACE:
	case USBDEVFS_CLEAR_HALT:
	case USBDEVFS_RESETEP: return number_ioctl(u, f, cmd, pid, arg);
	case USBDEVFS_GETDRIVER: return get_driver(u, pid, arg);
	case USBDEVFS_IOCTL: return interface_ioctl(u, pid, arg);
	case USBDEVFS_DISCONNECT_CLAIM: return disconnect_claim(u, f, pid, arg);
	case USBDEVFS_SETINTERFACE: return set_interface(u, pid, arg);
	case USBDEVFS_SETCONFIGURATION: return set_configuration(u, pid, arg);
	case USBDEVFS_RESET: return reset(u);
	case USBDEVFS_CONNECTINFO: return connect_info(u, pid, arg);
	case USBDEVFS_GET_CAPABILITIES: return get_capabilities(pid, arg);
	case USBDEVFS_GET_SPEED: return get_speed(u);
	default: return -ENOTTY;
	}
}

void usbfs_ioctl(struct usbfs *u, struct usbfs_file *f, fuse_req_t req, unsigned cmd, uint64_t arg)
{
	pid_t pid = fuse_req_ctx(req)->pid;

	if (cmd == USBDEVFS_REAPURBNDELAY) {
		answer(req, usbfs_reap(f, pid, arg));
	} else if (cmd == USBDEVFS_REAPURB) {
		int result = reap_blocking(f, req, arg);

		if (result != 1)
			answer(req, result);
	} else if (f->gone || u->emu == NULL) {
		answer(req, -ENODEV);
	} else if (cmd == USBDEVFS_CONTROL || cmd == USBDEVFS_BULK) {
		int result = cmd == USBDEVFS_BULK ? bulk(u, f, req, arg) : control(u, f, req, arg);

		if (result != 1)
			answer(req, result);
	} else {
		answer(req, device_ioctl(u, f, cmd, pid, arg));
	}
}
