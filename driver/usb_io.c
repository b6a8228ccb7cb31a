/* SPDX-License-Identifier: MIT */
#include "usb_transport.h"

#include "bytes.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

int ccid_usb_error(int libusb_error)
{
	switch (libusb_error) {
	case LIBUSB_SUCCESS: return 0;
	case LIBUSB_ERROR_NO_DEVICE: return CCID_E_GONE;
	case LIBUSB_ERROR_ACCESS: return CCID_E_ACCESS;
	case LIBUSB_ERROR_BUSY: return CCID_E_BUSY;
	case LIBUSB_ERROR_PIPE: return CCID_E_STALL;
	case LIBUSB_ERROR_OVERFLOW: return CCID_E_BABBLE;
	case LIBUSB_ERROR_NO_MEM: return CCID_E_NOMEM;
	case LIBUSB_ERROR_NOT_SUPPORTED: return CCID_E_UNSUPPORTED;
	default: return CCID_E_IO;
	}
}

bool ccid_usb_left(const struct ccid_usb *u)
{
	struct pollfd p = {.fd = u->fd, .events = POLLOUT};

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR)) != 0;
}

/* A suspended device ends its transfers as an absent one does; only the node tells them apart. */
int ccid_usb_status(const struct ccid_usb *u, const struct libusb_transfer *t)
{
	switch (t->status) {
	case LIBUSB_TRANSFER_COMPLETED: return 0;
	case LIBUSB_TRANSFER_STALL: return CCID_E_STALL;
	case LIBUSB_TRANSFER_OVERFLOW: return CCID_E_BABBLE;
	default: return ccid_usb_left(u) ? CCID_E_GONE : CCID_E_IO;
	}
}

void ccid_usb_set_gone(struct ccid_usb *u)
{
	uint64_t one = 1;

	if (u->gone)
		return;
	u->gone = true;
	atomic_store(&u->calm, false);
	ccid_log(u->base.env, CCID_LOG_INFO, u->base.id.address, "the reader is gone");
	if (u->ring_fd >= 0 && write(u->ring_fd, &one, sizeof one) < 0)
		ccid_log(u->base.env, CCID_LOG_ERROR, u->base.id.address, "event not signalled");
}

void LIBUSB_CALL ccid_usb_landed(struct libusb_transfer *t)
{
	const struct ccid_usb_xfer *x = t->user_data;

	x->u->landed |= x->bit;
}

static void out_done(struct ccid_usb *u)
{
	const struct libusb_transfer *t = u->out.t;

	u->out_err = ccid_usb_status(u, t);
	if (t->status == LIBUSB_TRANSFER_COMPLETED && t->actual_length != t->length)
		u->out_err = CCID_E_IO;
	if (t->status == LIBUSB_TRANSFER_CANCELLED)
		u->out_err = 0;
	if (u->out_err != 0 && (u->flying & CCID_USB_IN) != 0)
		libusb_cancel_transfer(u->in.t);
}

/* OUT and IN belong together: when one fails, the other will not end by itself. */
static void settle(struct ccid_usb *u)
{
	unsigned landed = u->landed;

	u->landed = 0;
	u->flying &= ~landed;
	atomic_store(&u->heard_at, (unsigned long)ccid_env_now(u->base.env));
	if ((landed & CCID_USB_OUT) != 0)
		out_done(u);
	if ((landed & CCID_USB_IN) != 0 && u->in.t->status != LIBUSB_TRANSFER_COMPLETED &&
	    (u->flying & CCID_USB_OUT) != 0)
		libusb_cancel_transfer(u->out.t);
	if ((landed & CCID_USB_INTR) != 0)
		ccid_usb_intr_done(u);
	ccid_usb_intr_service(u);
}

int ccid_usb_submit(struct ccid_usb_xfer *x)
{
	struct ccid_usb *u = x->u;
	int r;

	if (u->gone)
		return CCID_E_GONE;
	r = libusb_submit_transfer(x->t);
	if (r == 0)
		u->flying |= x->bit;
	else if (r == LIBUSB_ERROR_NO_DEVICE)
		ccid_usb_set_gone(u);
	return ccid_usb_error(r);
}

void ccid_usb_pump(struct ccid_usb *u)
{
	struct timeval now = {0};

	libusb_handle_events_timeout_completed(u->ctx, &now, NULL);
	settle(u);
}

static int poll_ms(const struct ccid_usb *u, int64_t deadline)
{
	int64_t left;

	if (deadline == CCID_NEVER)
		return -1;
	left = deadline - ccid_env_now(u->base.env);
	if (left <= 0)
		return 0;
	return left < INT_MAX ? (int)left : INT_MAX;
}

static bool hung_up(const struct ccid_usb *u, const struct pollfd *fds)
{
	for (nfds_t i = 1; i < u->nfds; i++)
		if (fds[i].fd == u->fd && (fds[i].revents & (POLLHUP | POLLERR)) != 0)
			return true;
	return false;
}

/* Poll once with the lock given up. A time-out of zero still sees a cancel. */
static int wait_once(struct ccid_usb *u, int ms, bool cancellable)
{
	struct pollfd fds[CCID_USB_POLLFDS_MAX];
	int ready, err;

	memcpy(fds, u->fds, sizeof fds);
	if (!cancellable)
		fds[0].fd = -1;
	for (nfds_t i = 1; i < u->nfds && u->gone && u->flying == CCID_USB_NEVER; i++)
		fds[i].fd = -1;
	pthread_mutex_unlock(&u->lock);
	ready = poll(fds, u->nfds, ms);
	err = errno;
	pthread_mutex_lock(&u->lock);
	if (ready < 0)
		return err == EINTR ? 0 : CCID_E_IO;
	if (fds[0].revents != 0 && ccid_usb_cancelled(u))
		return CCID_E_CANCELLED;
	if (ready > 0)
		ccid_usb_pump(u);
	if (ready > 0 && hung_up(u, fds))
		ccid_usb_set_gone(u);
	return ready == 0 && ms != INT_MAX ? CCID_E_TIMEOUT : 0;
}

/* The same inside libusb, which does not tell a time-out from an event. When neither a transfer nor
 * a cancel has ended the wait, the device may have left. */
static int wait_inside(struct ccid_usb *u, int ms, bool cancellable)
{
	struct timeval time = {ms < 0 ? INT_MAX / 1000 : ms / 1000,
	                       ms < 0 ? 0 : (suseconds_t)(ms % 1000) * 1000};
	int r;

	if (cancellable && ccid_usb_cancelled(u))
		return CCID_E_CANCELLED;
	pthread_mutex_unlock(&u->lock);
	r = libusb_handle_events_timeout_completed(u->ctx, &time, NULL);
	pthread_mutex_lock(&u->lock);
	if (u->landed != 0)
		settle(u);
	else if (ccid_usb_left(u))
		ccid_usb_set_gone(u);
	if (cancellable && ccid_usb_cancelled(u))
		return CCID_E_CANCELLED;
	return r == 0 || r == LIBUSB_ERROR_INTERRUPTED ? 0 : CCID_E_IO;
}

int ccid_usb_wait(struct ccid_usb *u, unsigned set, int64_t deadline, bool cancellable)
{
	bool inside = u->wake_fd >= 0 && (set & CCID_USB_NEVER) == 0 && !u->gone;
	int err, ms;

	u->waiting = true;
	do {
		ms = (u->flying & set) == 0 ? 0 : poll_ms(u, deadline);
		err = inside ? wait_inside(u, ms, cancellable) : wait_once(u, ms, cancellable);
	} while (err == 0 && ms != 0 && (u->flying & set) != 0);
	u->waiting = false;
	if (err == 0 || err == CCID_E_TIMEOUT)
		err = (u->flying & set) == 0 ? 0 : CCID_E_TIMEOUT;
	return err;
}

static void cancel_set(struct ccid_usb *u, unsigned set)
{
	struct ccid_usb_xfer *const all[] = {&u->in, &u->out, &u->control, &u->intr};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if ((u->flying & set & all[i]->bit) != 0)
			libusb_cancel_transfer(all[i]->t);
}

void ccid_usb_drop(struct ccid_usb *u, unsigned set)
{
	if ((u->flying & set) == 0)
		return;
	cancel_set(u, set);
	if (ccid_usb_wait(u, set, ccid_env_now(u->base.env) + CCID_USB_SETTLE_MS, false) != 0)
		ccid_log(u->base.env, CCID_LOG_ERROR, u->base.id.address,
		         "a cancelled transfer does not come back");
}

/* Whether the device has taken a request, whatever it said. Lock held; the control transfer is free. */
static bool answers(struct ccid_usb *u, int64_t deadline)
{
	libusb_fill_control_setup(u->control_buf, LIBUSB_ENDPOINT_IN, LIBUSB_REQUEST_GET_STATUS, 0,
	                          0, 2);
	libusb_fill_control_transfer(u->control.t, u->handle, u->control_buf, ccid_usb_landed,
	                             &u->control, 0);
	if (ccid_usb_submit(&u->control) != 0)
		return false;
	if (ccid_usb_wait(u, CCID_USB_CONTROL, deadline, false) == 0)
		return u->control.t->status == LIBUSB_TRANSFER_COMPLETED ||
		       u->control.t->status == LIBUSB_TRANSFER_STALL;
	ccid_usb_drop(u, CCID_USB_CONTROL);
	return false;
}

/* A reader that is pulled fails its transfers first; that it has left the kernel knows when it has
 * asked the hub, on uhci four times a second. One that still answers has not. */
static int failed(struct ccid_usb *u, int err)
{
	int64_t until;

	if (err != CCID_E_IO || u->gone || (u->flying & CCID_USB_CONTROL) != 0)
		return err;
	until = ccid_env_now(u->base.env) + CCID_USB_PARTING_MS;
	if (answers(u, until))
		return err;
	u->waiting = true;
	while (!u->gone && wait_once(u, poll_ms(u, until), false) == 0)
		;
	u->waiting = false;
	return u->gone ? CCID_E_GONE : err;
}

static int submit_in(struct ccid_usb *u, uint8_t *buf, int cap)
{
	int err = u->out_err;

	u->out_err = 0;
	if (err != 0)
		return err;
	libusb_fill_bulk_transfer(u->in.t, u->handle, u->base.iface.bulk_in.address, buf, cap,
	                          ccid_usb_landed, &u->in, 0);
	err = ccid_usb_submit(&u->in);
	u->posted = err == 0;
	return err;
}

int ccid_usb_post_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	struct ccid_usb *u = ccid_usb_of(t);
	int err;

	if (t->iface.bulk_in.address == 0)
		return CCID_E_UNSUPPORTED;
	if (cap > INT_MAX)
		return CCID_E_ARG;
	pthread_mutex_lock(&u->lock);
	if (u->posted)
		err = CCID_E_ARG;
	else if ((u->flying & CCID_USB_IN) != 0)
		err = CCID_E_IO;
	else
		err = submit_in(u, buf, (int)cap);
	pthread_mutex_unlock(&u->lock);
	return err;
}

static int submit_out(struct ccid_usb *u, const uint8_t *buf, size_t len, int64_t deadline)
{
	int err = 0;

	if ((u->flying & CCID_USB_OUT) != 0)
		err = ccid_usb_wait(u, CCID_USB_OUT, deadline, true);
	if (err == 0) {
		err = u->out_err;
		if (!u->posted) /* else wait_in() tells it, too: it has ended the IN transfer */
			u->out_err = 0;
	}
	if (err != 0)
		return err;
	u->out_deadline = deadline;
	libusb_fill_bulk_transfer(u->out.t, u->handle, u->base.iface.bulk_out.address,
	                          (unsigned char *)(uintptr_t)buf, (int)len, ccid_usb_landed,
	                          &u->out, 0);
	return ccid_usb_submit(&u->out);
}

int ccid_usb_bulk_out(struct ccid_transport *t, const uint8_t *buf, size_t len, int64_t deadline)
{
	struct ccid_usb *u = ccid_usb_of(t);
	int err;

	if (t->iface.bulk_out.address == 0)
		return CCID_E_UNSUPPORTED;
	if (len > INT_MAX)
		return CCID_E_ARG;
	pthread_mutex_lock(&u->lock);
	err = submit_out(u, buf, len, deadline);
	pthread_mutex_unlock(&u->lock);
	return err;
}

/* What has come is handed over even if an OUT transfer has failed beside it: it may be another slot's
 * answer. The next call tells of the failure. */
static int in_result(struct ccid_usb *u)
{
	int err;

	u->posted = false;
	if (u->in.t->status == LIBUSB_TRANSFER_COMPLETED && u->in.t->actual_length > 0)
		return u->in.t->actual_length;
	if (u->in.t->status != LIBUSB_TRANSFER_COMPLETED)
		ccid_usb_drop(u, CCID_USB_OUT);
	err = u->out_err;
	u->out_err = 0;
	if (err == 0)
		err = ccid_usb_status(u, u->in.t);
	if (err == CCID_E_GONE)
		ccid_usb_set_gone(u);
	return err != 0 ? err : u->in.t->actual_length;
}

/* What the reader does not take in time is taken back. */
static int wait_for_in(struct ccid_usb *u, int64_t deadline)
{
	int err;

	if ((u->flying & CCID_USB_OUT) == 0 || u->out_deadline >= deadline)
		return ccid_usb_wait(u, CCID_USB_IN, deadline, true);
	err = ccid_usb_wait(u, CCID_USB_IN, u->out_deadline, true);
	if (err != CCID_E_TIMEOUT)
		return err;
	if ((u->flying & CCID_USB_OUT) == 0)
		return ccid_usb_wait(u, CCID_USB_IN, deadline, true);
	ccid_usb_drop(u, CCID_USB_OUT);
	return CCID_E_TIMEOUT;
}

int ccid_usb_wait_in(struct ccid_transport *t, int64_t deadline)
{
	struct ccid_usb *u = ccid_usb_of(t);
	int err = CCID_E_ARG;

	pthread_mutex_lock(&u->lock);
	if (u->posted)
		err = wait_for_in(u, deadline);
	if (err == 0)
		err = failed(u, in_result(u));
	pthread_mutex_unlock(&u->lock);
	return err;
}

void ccid_usb_drop_in(struct ccid_transport *t)
{
	struct ccid_usb *u = ccid_usb_of(t);

	pthread_mutex_lock(&u->lock);
	ccid_usb_drop(u, CCID_USB_IN | CCID_USB_OUT);
	u->posted = false;
	u->out_err = 0;
	pthread_mutex_unlock(&u->lock);
}

int ccid_usb_cut_in(struct ccid_transport *t)
{
	struct ccid_usb *u = ccid_usb_of(t);
	int rc = CCID_E_TIMEOUT;

	pthread_mutex_lock(&u->lock);
	if (u->posted && (u->flying & CCID_USB_OUT) == 0) {
		ccid_usb_drop(u, CCID_USB_IN);
		rc = u->in.t->status == LIBUSB_TRANSFER_CANCELLED ? u->in.t->actual_length
		                                                  : in_result(u);
		u->posted = false;
	}
	pthread_mutex_unlock(&u->lock);
	return rc;
}

int ccid_usb_control_room(struct ccid_usb *u, size_t len)
{
	uint8_t *more;

	if (len <= u->control_cap)
		return 0;
	more = realloc(u->control_buf, len);
	if (more == NULL)
		return CCID_E_NOMEM;
	u->control_buf = more;
	u->control_cap = len;
	return 0;
}

static int control_run(struct ccid_usb *u, int64_t deadline)
{
	int err = ccid_usb_submit(&u->control);

	if (err != 0)
		return err;
	err = ccid_usb_wait(u, CCID_USB_CONTROL, deadline, true);
	if (err != 0) {
		ccid_usb_drop(u, CCID_USB_CONTROL);
		return err;
	}
	err = ccid_usb_status(u, u->control.t);
	if (err == CCID_E_GONE)
		ccid_usb_set_gone(u);
	return err != 0 ? failed(u, err) : u->control.t->actual_length;
}

static int control_locked(struct ccid_usb *u, const struct ccid_setup *setup, uint8_t *data,
                          int64_t deadline)
{
	bool in = (setup->request_type & 0x80) != 0;
	uint8_t *payload;
	int n;

	if ((u->flying & CCID_USB_CONTROL) != 0)
		return CCID_E_IO;
	n = ccid_usb_control_room(u, LIBUSB_CONTROL_SETUP_SIZE + (size_t)setup->length);
	if (n != 0)
		return n;
	payload = u->control_buf + LIBUSB_CONTROL_SETUP_SIZE;
	libusb_fill_control_setup(u->control_buf, setup->request_type, setup->request, setup->value,
	                          setup->index, setup->length);
	if (!in && setup->length > 0)
		memcpy(payload, data, setup->length);
	libusb_fill_control_transfer(u->control.t, u->handle, u->control_buf, ccid_usb_landed,
	                             &u->control, 0);
	n = control_run(u, deadline);
	if (n > setup->length)
		n = setup->length;
	if (in && n > 0)
		memcpy(data, payload, (size_t)n);
	if ((u->flying & CCID_USB_CONTROL) == 0)
		ccid_wipe(payload, setup->length);
	return n;
}

int ccid_usb_control(struct ccid_transport *t, const struct ccid_setup *setup, uint8_t *data,
                     int64_t deadline)
{
	struct ccid_usb *u = ccid_usb_of(t);
	int n;

	pthread_mutex_lock(&u->lock);
	n = control_locked(u, setup, data, deadline);
	pthread_mutex_unlock(&u->lock);
	return n;
}

int ccid_usb_pause(struct ccid_transport *t, int64_t until)
{
	struct ccid_usb *u = ccid_usb_of(t);
	int err;

	pthread_mutex_lock(&u->lock);
	err = ccid_usb_wait(u, CCID_USB_NEVER, until, true);
	pthread_mutex_unlock(&u->lock);
	return err == CCID_E_TIMEOUT ? 0 : err;
}
