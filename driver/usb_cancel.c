/* SPDX-License-Identifier: MIT */
#include "usb_transport.h"

#include <errno.h>
#include <unistd.h>

/* It cannot fail but for a counter that is full, which is a mark all the same. */
static void mark(int fd)
{
	uint64_t one = 1;
	ssize_t n = fd >= 0 ? write(fd, &one, sizeof one) : 0;

	(void)n;
}

void ccid_usb_cancel(struct ccid_transport *t)
{
	struct ccid_usb *u = ccid_usb_of(t);
	int saved = errno;

	if (u->owner != getpid()) /* the descriptors are the parent's too, whose waits would end */
		return;
	if (atomic_fetch_add(&u->cancels, 1) < CCID_CANCELS_KEPT) {
		mark(u->cancel_fd);
		mark(u->wake_fd);
	} else {
		atomic_fetch_sub(&u->cancels, 1);
	}
	errno = saved;
}

/* One that is counted and not yet marked is about to wake the next wait. */
bool ccid_usb_cancelled(struct ccid_usb *u)
{
	uint64_t n;

	if (atomic_load(&u->cancels) == 0 || read(u->cancel_fd, &n, sizeof n) != sizeof n)
		return false;
	atomic_fetch_sub(&u->cancels, 1);
	return true;
}

static bool is_marked(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

/* libusb marks an eventfd from 1.0.24 on, before that a pipe, of which it tells the end to be read. An
 * eventfd takes the write; a timer or that end does not. */
static bool wakes(struct ccid_usb *u, int fd)
{
	uint64_t n = 1;
	bool marked;

	if (is_marked(fd) || write(fd, &n, sizeof n) != sizeof n)
		return false;
	marked = is_marked(fd);
	ccid_usb_pump(u);
	if (!is_marked(fd))
		return marked;
	n = read(fd, &n, sizeof n) > 0; /* as it was */
	return false;
}

/* What libusb has marked by itself goes first: it has just got a descriptor more. */
void ccid_usb_find_wake(struct ccid_usb *u)
{
	ccid_usb_pump(u);
	for (nfds_t i = 1; i < u->nfds && u->wake_fd < 0; i++)
		if (u->fds[i].fd != u->fd && u->fds[i].events == POLLIN && wakes(u, u->fds[i].fd))
			u->wake_fd = u->fds[i].fd;
}
