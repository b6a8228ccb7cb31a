/* SPDX-License-Identifier: MIT */
#include "usb_transport.h"

#include "bytes.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define INTR_ERRORS_MAX 4
#define INTR_RETRY_MS   500

static void ring_signal(struct ccid_usb *u, bool on)
{
	uint64_t v = 1;
	ssize_t n = on ? write(u->ring_fd, &v, sizeof v) : read(u->ring_fd, &v, sizeof v);

	if (n < 0)
		ccid_log(u->base.env, CCID_LOG_DEBUG, u->base.id.address, "ring event unchanged");
}

static void ring_put(struct ccid_usb *u, const uint8_t *bytes, size_t len)
{
	struct ccid_usb_msg *m = &u->ring[(u->ring_first + u->ring_count) % CCID_USB_RING];

	if (len > sizeof m->bytes)
		len = sizeof m->bytes;
	memcpy(m->bytes, bytes, len);
	m->len = (uint8_t)len;
	if (u->ring_count++ == 0)
		ring_signal(u, true);
}

static int ring_take(struct ccid_usb *u, uint8_t *buf, size_t cap)
{
	const struct ccid_usb_msg *m = &u->ring[u->ring_first];
	size_t n = m->len;

	if (u->ring_count == 0)
		return 0;
	if (n > cap)
		n = cap;
	memcpy(buf, m->bytes, n);
	u->ring_first = (u->ring_first + 1) % CCID_USB_RING;
	if (--u->ring_count == 0 && !u->gone)
		ring_signal(u, false);
	return (int)n;
}

/* Later again: whoever waits on event_fd alone is called then. */
static void intr_rest(struct ccid_usb *u)
{
	const struct itimerspec at = {.it_value = {.tv_nsec = INTR_RETRY_MS * 1000000L}};

	u->intr_retry_at = ccid_env_now(u->base.env) + INTR_RETRY_MS;
	timerfd_settime(u->retry_fd, 0, &at, NULL);
}

static void intr_rested(struct ccid_usb *u)
{
	uint64_t times;
	ssize_t n = u->intr_errors > 0 ? read(u->retry_fd, &times, sizeof times) : 0;

	(void)n; /* it need not have been readable */
}

void ccid_usb_intr_done(struct ccid_usb *u)
{
	const struct libusb_transfer *t = u->intr.t;

	switch (t->status) {
	case LIBUSB_TRANSFER_COMPLETED:
		u->intr_errors = 0;
		if (t->actual_length > 0)
			ring_put(u, t->buffer, (size_t)t->actual_length);
		return;
	case LIBUSB_TRANSFER_CANCELLED: return;
	case LIBUSB_TRANSFER_STALL: u->intr_halted = true; break;
	default: break;
	}
	if (ccid_usb_left(u))
		ccid_usb_set_gone(u);
	if (++u->intr_errors >= INTR_ERRORS_MAX)
		intr_rest(u);
}

/* A transfer that ended badly is submitted again before anything is concluded from it: suspend ends
 * transfers too. While the ring is full the device keeps its news. */
static void service(struct ccid_usb *u)
{
	if (!u->intr_on || u->gone || (u->flying & CCID_USB_INTR) != 0 ||
	    u->ring_count == CCID_USB_RING)
		return;
	if (u->intr_errors >= INTR_ERRORS_MAX && ccid_env_now(u->base.env) < u->intr_retry_at)
		return;
	if (u->intr_halted) {
		u->intr_halted = false;
		libusb_clear_halt(u->handle, u->base.iface.intr_in.address);
	}
	if (ccid_usb_submit(&u->intr) != 0 && !u->gone) {
		u->intr_errors = INTR_ERRORS_MAX;
		intr_rest(u);
	}
}

/* One that is due again after errors is no calm one. */
void ccid_usb_intr_service(struct ccid_usb *u)
{
	service(u);
	atomic_store(&u->calm, (u->flying & CCID_USB_INTR) != 0 && u->ring_count == 0 && !u->gone);
}

void ccid_usb_intr_stop(struct ccid_usb *u)
{
	u->intr_on = false;
	ccid_usb_drop(u, CCID_USB_INTR);
}

void ccid_usb_intr_start(struct ccid_usb *u)
{
	u->intr_on = u->intr.t != NULL;
	u->intr_errors = 0;
	u->intr_halted = false;
	ccid_usb_intr_service(u);
}

/* Whole packets, and as few of them as hold the longest notification: a message that fills its
 * packet does not end a longer transfer. */
static size_t intr_length(const struct ccid_interface *iface)
{
	size_t packet = iface->intr_in.max_packet > 0 ? iface->intr_in.max_packet : 8;
	size_t slots = (size_t)iface->desc[4] + 1, need = 1 + (slots + 3) / 4;

	return (need + packet - 1) / packet * packet;
}

static int watch(int epoll_fd, int fd, uint32_t events)
{
	struct epoll_event e = {.events = events};

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e) == 0 ? 0 : CCID_E_IO;
}

int ccid_usb_intr_open(struct ccid_usb *u)
{
	const struct ccid_interface *iface = &u->base.iface;
	size_t len = intr_length(iface);

	if (iface->intr_in.address == 0)
		return 0;
	u->intr.t = libusb_alloc_transfer(0);
	u->intr_buf = malloc(len);
	if (u->intr.t == NULL || u->intr_buf == NULL)
		return CCID_E_NOMEM;
	libusb_fill_interrupt_transfer(u->intr.t, u->handle, iface->intr_in.address, u->intr_buf,
	                               (int)len, ccid_usb_landed, &u->intr, 0);
	u->ring_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	u->event_fd = epoll_create1(EPOLL_CLOEXEC);
	u->retry_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (u->ring_fd < 0 || u->event_fd < 0 || u->retry_fd < 0)
		return CCID_E_NOMEM;
	if (watch(u->event_fd, u->ring_fd, EPOLLIN) != 0 ||
	    watch(u->event_fd, u->retry_fd, EPOLLIN) != 0)
		return CCID_E_IO;
	return watch(u->event_fd, u->fd, EPOLLOUT);
}

int ccid_usb_interrupt_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	struct ccid_usb *u = ccid_usb_of(t);
	int n;

	if (u->intr.t == NULL)
		return CCID_E_UNSUPPORTED;
	pthread_mutex_lock(&u->lock);
	intr_rested(u);
	if (!u->waiting)
		ccid_usb_pump(u);
	n = ring_take(u, buf, cap);
	ccid_usb_intr_service(u);
	if (n == 0 && u->gone)
		n = CCID_E_GONE;
	pthread_mutex_unlock(&u->lock);
	return n;
}

bool ccid_usb_quiet(struct ccid_transport *t, int64_t now)
{
	struct ccid_usb *u = ccid_usb_of(t);

	return atomic_load(&u->calm) &&
	       (unsigned long)now - atomic_load(&u->heard_at) < CCID_USB_QUIET_MS;
}

int ccid_usb_event_fd(struct ccid_transport *t)
{
	struct ccid_usb *u = ccid_usb_of(t);

	return u->event_fd >= 0 ? u->event_fd : CCID_E_UNSUPPORTED;
}
