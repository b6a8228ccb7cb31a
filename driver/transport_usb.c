/* SPDX-License-Identifier: MIT */
#include "usb_transport.h"

#include "bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define STRING_MS    1000 /* for each string descriptor at open */
#define CONTROL_ROOM 64   /* for the requests of the class (CCID 5.3), setup included */

static void give_back(struct ccid_usb *u)
{
	uint8_t number = u->base.iface.number;

	if (u->claimed && !u->gone)
		libusb_release_interface(u->handle, number);
	if (u->driver_detached && !u->gone)
		libusb_attach_kernel_driver(u->handle, number);
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* The fd goes before the transfers are freed: it takes back what could not be cancelled. */
static void destroy(struct ccid_usb *u)
{
	if (u->handle != NULL)
		libusb_close(u->handle);
	close_fd(u->event_fd);
	close_fd(u->fd);
	libusb_free_transfer(u->in.t);
	libusb_free_transfer(u->out.t);
	libusb_free_transfer(u->control.t);
	libusb_free_transfer(u->intr.t);
	if (u->ctx != NULL)
		libusb_exit(u->ctx);
	close_fd(u->cancel_fd);
	close_fd(u->ring_fd);
	close_fd(u->retry_fd);
	pthread_mutex_destroy(&u->lock);
	free(u->control_buf);
	free(u->intr_buf);
	free(u);
}

/* In the child of a fork the device is still the parent's, and a lock of libusb may be held for ever:
 * let go of our own things only. */
static void abandon(struct ccid_usb *u)
{
	struct ccid_usb_xfer *const all[] = {&u->in, &u->out, &u->control, &u->intr};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if ((u->flying & all[i]->bit) == 0)
			libusb_free_transfer(all[i]->t);
	close_fd(u->event_fd);
	close_fd(u->fd);
	close_fd(u->cancel_fd);
	close_fd(u->ring_fd);
	close_fd(u->retry_fd);
	free(u->control_buf);
	free(u->intr_buf);
	free(u);
}

static void usb_close(struct ccid_transport *t)
{
	struct ccid_usb *u = ccid_usb_of(t);

	if (u->owner != getpid()) {
		abandon(u);
		return;
	}
	pthread_mutex_lock(&u->lock);
	u->intr_on = false;
	ccid_usb_drop(u, CCID_USB_IN | CCID_USB_OUT | CCID_USB_CONTROL | CCID_USB_INTR);
	give_back(u);
	pthread_mutex_unlock(&u->lock);
	destroy(u);
}

static uint8_t pipe_address(const struct ccid_interface *iface, enum ccid_pipe pipe)
{
	switch (pipe) {
	case CCID_PIPE_BULK_OUT: return iface->bulk_out.address;
	case CCID_PIPE_BULK_IN: return iface->bulk_in.address;
	case CCID_PIPE_INTERRUPT_IN: return iface->intr_in.address;
	}
	return 0;
}

static void intr_hold(struct ccid_usb *u, bool hold)
{
	pthread_mutex_lock(&u->lock);
	if (hold)
		ccid_usb_intr_stop(u);
	else
		ccid_usb_intr_start(u);
	pthread_mutex_unlock(&u->lock);
}

/* The kernel bounds the request by itself, at five seconds. */
static int usb_clear_halt(struct ccid_transport *t, enum ccid_pipe pipe, int64_t deadline)
{
	struct ccid_usb *u = ccid_usb_of(t);
	uint8_t address = pipe_address(&t->iface, pipe);
	int r;

	(void)deadline;
	if (address == 0)
		return CCID_E_UNSUPPORTED;
	if (pipe == CCID_PIPE_INTERRUPT_IN)
		intr_hold(u, true);
	r = libusb_clear_halt(u->handle, address);
	if (pipe == CCID_PIPE_INTERRUPT_IN)
		intr_hold(u, false);
	return ccid_usb_error(r);
}

static int select_setting(struct ccid_usb *u)
{
	const struct ccid_interface *iface = &u->base.iface;

	/* Some readers do not survive SET_INTERFACE: not for the setting that is on anyway. */
	if (iface->alt == 0)
		return 0;
	return ccid_usb_error(
		libusb_set_interface_alt_setting(u->handle, iface->number, iface->alt));
}

static int usb_reset(struct ccid_transport *t, int64_t deadline)
{
	struct ccid_usb *u = ccid_usb_of(t);
	int r, err;

	(void)deadline;
	ccid_usb_drop_in(t);
	intr_hold(u, true);
	r = libusb_reset_device(u->handle);
	err = r == LIBUSB_ERROR_NOT_FOUND ? CCID_E_GONE : ccid_usb_error(r);
	if (err == 0)
		err = select_setting(u);
	if (err != CCID_E_GONE && !ccid_usb_left(u)) {
		intr_hold(u, false);
		return err;
	}
	pthread_mutex_lock(&u->lock);
	ccid_usb_set_gone(u);
	pthread_mutex_unlock(&u->lock);
	return CCID_E_GONE;
}

static const struct ccid_transport_ops usb_ops = {
	.name = "libusb",
	.close = usb_close,
	.post_in = ccid_usb_post_in,
	.bulk_out = ccid_usb_bulk_out,
	.wait_in = ccid_usb_wait_in,
	.drop_in = ccid_usb_drop_in,
	.cut_in = ccid_usb_cut_in,
	.interrupt_in = ccid_usb_interrupt_in,
	.quiet = ccid_usb_quiet,
	.control = ccid_usb_control,
	.clear_halt = usb_clear_halt,
	.reset = usb_reset,
	.pause = ccid_usb_pause,
	.event_fd = ccid_usb_event_fd,
	.cancel = ccid_usb_cancel,
};

static struct ccid_usb *create(int fd, const struct ccid_env *env)
{
	struct ccid_usb *u = calloc(1, sizeof *u);

	if (u == NULL || pthread_mutex_init(&u->lock, NULL) != 0) {
		close(fd);
		free(u);
		return NULL;
	}
	u->base.ops = &usb_ops;
	u->base.env = env;
	u->owner = getpid();
	u->fd = fd;
	u->cancel_fd = u->ring_fd = u->event_fd = u->retry_fd = u->wake_fd = -1;
	u->flying = CCID_USB_NEVER;
	u->in = (struct ccid_usb_xfer){.u = u, .bit = CCID_USB_IN};
	u->out = (struct ccid_usb_xfer){.u = u, .bit = CCID_USB_OUT};
	u->control = (struct ccid_usb_xfer){.u = u, .bit = CCID_USB_CONTROL};
	u->intr = (struct ccid_usb_xfer){.u = u, .bit = CCID_USB_INTR};
	return u;
}

/* For descriptors that have run out libusb has no word of its own. */
static int context_error(int r)
{
	bool no_descriptors = r == LIBUSB_ERROR_OTHER && (errno == EMFILE || errno == ENFILE);

	return no_descriptors ? CCID_E_NOMEM : ccid_usb_error(r);
}

/* Up to libusb 1.0.26 the option is one for the whole process; later it is the context's own. */
static int context_open(struct ccid_usb *u)
{
#if LIBUSB_API_VERSION >= 0x0100010A
	struct libusb_init_option option = {.option = LIBUSB_OPTION_NO_DEVICE_DISCOVERY};

	errno = 0;
	return context_error(libusb_init_context(&u->ctx, &option, 1));
#else
	int r = libusb_set_option(NULL, LIBUSB_OPTION_NO_DEVICE_DISCOVERY);

	errno = 0;
	return context_error(r != 0 ? r : libusb_init(&u->ctx));
#endif
}

static int wrap(struct ccid_usb *u)
{
	int err = context_open(u);

	if (err != 0)
		return err;
	return ccid_usb_error(libusb_wrap_sys_device(u->ctx, (intptr_t)u->fd, &u->handle));
}

static void read_identity(struct ccid_usb *u)
{
	struct ccid_rd r = ccid_rd(u->raw.device + 8, 6);

	u->base.device_desc = u->raw.device;
	u->base.id.vid = ccid_rd_le16(&r);
	u->base.id.pid = ccid_rd_le16(&r);
	u->base.id.bcd_device = ccid_rd_le16(&r);
}

/* libusb has asked the device when it took the node; it would ask again. */
static int active_config(struct ccid_usb *u, int *value)
{
	struct libusb_config_descriptor *d;

	if (libusb_get_active_config_descriptor(libusb_get_device(u->handle), &d) != 0)
		return ccid_usb_error(libusb_get_configuration(u->handle, value));
	*value = d->bConfigurationValue;
	libusb_free_config_descriptor(d);
	return 0;
}

static int configure(struct ccid_usb *u, int interface)
{
	struct ccid_transport *t = &u->base;
	int value = 0, err = active_config(u, &value);

	if (err != 0)
		return err;
	t->config_len = ccid_usb_raw_config(&u->raw, (uint8_t)value, &t->config);
	if (t->config_len == 0)
		return CCID_E_NOTFOUND;
	err = ccid_transport_choose(&t->iface, t->config, t->config_len, interface, t->id.vid,
	                            t->id.pid);
	if (err != 0 || value != 0)
		return err;
	return ccid_usb_error(libusb_set_configuration(u->handle, t->iface.config_value));
}

static int claim(struct ccid_usb *u)
{
	uint8_t number = u->base.iface.number;
	int r;

	if (libusb_kernel_driver_active(u->handle, number) == 1) {
		r = libusb_detach_kernel_driver(u->handle, number);
		if (r != 0 && r != LIBUSB_ERROR_NOT_FOUND)
			return ccid_usb_error(r);
		u->driver_detached = r == 0;
	}
	r = libusb_claim_interface(u->handle, number);
	if (r != 0)
		return ccid_usb_error(r);
	u->claimed = true;
	return select_setting(u);
}

static int transfers_open(struct ccid_usb *u)
{
	u->in.t = libusb_alloc_transfer(0);
	u->out.t = libusb_alloc_transfer(0);
	u->control.t = libusb_alloc_transfer(0);
	u->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
	if (u->in.t == NULL || u->out.t == NULL || u->control.t == NULL || u->cancel_fd < 0)
		return CCID_E_NOMEM;
	if (ccid_usb_control_room(u, CONTROL_ROOM) != 0)
		return CCID_E_NOMEM;
	return ccid_usb_intr_open(u);
}

/* The set does not change until the device leaves: nothing else is opened in this context. */
static int pollfds_open(struct ccid_usb *u)
{
	const struct libusb_pollfd **list = libusb_get_pollfds(u->ctx);

	if (list == NULL)
		return CCID_E_NOMEM;
	u->fds[0] = (struct pollfd){.fd = u->cancel_fd, .events = POLLIN};
	u->nfds = 1;
	for (size_t i = 0; list[i] != NULL && u->nfds < CCID_USB_POLLFDS_MAX; i++)
		u->fds[u->nfds++] = (struct pollfd){.fd = list[i]->fd, .events = list[i]->events};
	libusb_free_pollfds(list);
	pthread_mutex_lock(&u->lock);
	ccid_usb_find_wake(u);
	pthread_mutex_unlock(&u->lock);
	return 0;
}

static int get_string(struct ccid_usb *u, uint8_t index, uint16_t language, uint8_t desc[255])
{
	struct ccid_setup setup = {0x80, 0x06, (uint16_t)(0x0300 | index), language, 255};

	return ccid_usb_control(&u->base, &setup, desc, ccid_env_now(u->base.env) + STRING_MS);
}

static void read_text(struct ccid_usb *u, char *out, uint8_t index, uint16_t language)
{
	uint8_t desc[255];
	int n;

	if (index == 0 || out[0] != '\0')
		return;
	n = get_string(u, index, language, desc);
	if (n > 2)
		ccid_text_from_usb(out, CCID_TEXT_MAX, desc, (size_t)n);
}

/* What sysfs did not tell. A device that does not answer is asked no more. */
static void read_texts(struct ccid_usb *u)
{
	struct ccid_identity *id = &u->base.id;
	const uint8_t *d = u->raw.device;
	uint8_t langs[255];
	uint16_t language;
	bool known = (d[14] == 0 || id->manufacturer[0] != '\0') &&
	             (d[15] == 0 || id->product[0] != '\0') &&
	             (d[16] == 0 || id->serial[0] != '\0') &&
	             (u->base.iface.name_index == 0 || id->interface_name[0] != '\0');

	if (known || get_string(u, 0, 0, langs) < 4)
		return;
	language = (uint16_t)(langs[2] | langs[3] << 8);
	read_text(u, id->manufacturer, d[14], language);
	read_text(u, id->product, d[15], language);
	read_text(u, id->serial, d[16], language);
	read_text(u, id->interface_name, u->base.iface.name_index, language);
}

static void read_speed(struct ccid_usb *u)
{
	int speed = libusb_get_device_speed(libusb_get_device(u->handle));

	if (u->base.id.speed == 255 && speed >= LIBUSB_SPEED_LOW && speed <= LIBUSB_SPEED_SUPER)
		u->base.id.speed = (uint8_t)(speed - LIBUSB_SPEED_LOW);
}

static int bring_up(struct ccid_usb *u, int interface)
{
	int err = wrap(u);

	if (err == 0)
		err = configure(u, interface);
	if (err == 0)
		err = claim(u);
	if (err == 0)
		err = transfers_open(u);
	if (err == 0)
		err = pollfds_open(u);
	if (err != 0)
		return err;
	read_speed(u);
	read_texts(u);
	intr_hold(u, false);
	return u->gone ? CCID_E_GONE : 0;
}

/* A node may have been given to another device since it was looked at. */
static bool same_device(const struct ccid_identity *id, const struct ccid_identity *known)
{
	return known->vid == 0 || (id->vid == known->vid && id->pid == known->pid &&
	                           id->bcd_device == known->bcd_device);
}

/* fd is the transport's from here on, also on failure. */
static int open_node(struct ccid_transport **out, int fd, int interface,
                     const struct ccid_identity *known, const struct ccid_env *env)
{
	struct ccid_usb *u = create(fd, env);
	int err;

	if (u == NULL)
		return CCID_E_NOMEM;
	u->base.id = *known;
	err = ccid_usb_raw_read(&u->raw, fd);
	if (err == 0) {
		read_identity(u);
		err = same_device(&u->base.id, known) ? bring_up(u, interface) : CCID_E_GONE;
	}
	if (err != 0) {
		ccid_log(env, CCID_LOG_WARNING, known->address, "cannot be opened: %s",
		         ccid_err_text(err));
		usb_close(&u->base);
		return err;
	}
	*out = &u->base;
	return 0;
}

static int open_error(int os_errno)
{
	switch (os_errno) {
	case EACCES:
	case EPERM: return CCID_E_ACCESS;
	case ENOENT:
	case ENODEV:
	case ENXIO: return CCID_E_GONE;
	case EMFILE:
	case ENFILE:
	case ENOMEM: return CCID_E_NOMEM;
	default: return CCID_E_IO;
	}
}

int ccid_transport_open_usb(struct ccid_transport **out, const struct ccid_usb_found *found,
                            const struct ccid_env *env)
{
	struct ccid_transport *t;
	int fd = open(found->node, O_RDWR | O_CLOEXEC | O_NOCTTY), err;

	*out = NULL;
	if (fd < 0)
		return open_error(errno);
	err = open_node(&t, fd, found->interface, &found->id, env);
	if (err != 0)
		return err;
	*out = t;
	return 0;
}

/* A file, pipe or terminal, or nothing at all. Of a device that has left more is to be told. */
static bool is_no_node(int fd)
{
	uint8_t head[2];
	ssize_t n = pread(fd, head, sizeof head, 0);

	if (n < 0)
		return errno == EBADF || errno == ESPIPE || errno == EISDIR || errno == EINVAL;
	return n < 2 || head[0] < CCID_USB_DEVICE_DESC_LEN || head[1] != 1;
}

int ccid_transport_open_usb_fd(struct ccid_transport **out, int fd, int interface,
                               const struct ccid_env *env)
{
	struct ccid_identity id = {.speed = 255};
	int own;

	*out = NULL;
	if (is_no_node(fd))
		return CCID_E_NOTFOUND;
	own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (own < 0)
		return CCID_E_IO;
	snprintf(id.address, sizeof id.address, "fd:%d", fd);
	return open_node(out, own, interface, &id, env);
}
