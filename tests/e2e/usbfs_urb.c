/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* process_vm_readv() */
#include "usbfs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>

#define URB_MAX (1 << 20)

int64_t usbfs_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool usbfs_peek(pid_t pid, uint64_t at, void *buf, size_t len)
{
	struct iovec mine = {buf, len}, theirs = {(void *)(uintptr_t)at, len};

	return len == 0 || process_vm_readv(pid, &mine, 1, &theirs, 1, 0) == (ssize_t)len;
}

bool usbfs_poke(pid_t pid, uint64_t at, const void *buf, size_t len)
{
	struct iovec mine = {(void *)(uintptr_t)buf, len}, theirs = {(void *)(uintptr_t)at, len};

	return len == 0 || process_vm_writev(pid, &mine, 1, &theirs, 1, 0) == (ssize_t)len;
}

static bool is_in(const struct usbfs_urb *urb)
{
	if (urb->type == USBDEVFS_URB_TYPE_CONTROL)
		return (urb->data[0] & 0x80) != 0;
	return (urb->endpoint & 0x80) != 0;
}

static size_t setup_length(const struct usbfs_urb *urb)
{
	return (size_t)urb->data[6] | (size_t)urb->data[7] << 8;
}

static void urb_free(struct usbfs_urb *urb)
{
	free(urb->data);
	free(urb);
}

static bool has_claimed(const struct usbfs *u, const struct usbfs_file *f, uint8_t endpoint)
{
	bool others = u->other != NULL && usbfs_for_endpoint(u, endpoint) == u->other;
	const struct emu_config *c = others ? &u->other_config : &u->config;

	return (f->claims & 1u << c->if_number) != 0;
}

static void append_pending(struct usbfs *u, struct usbfs_urb *urb)
{
	struct usbfs_urb **p = &u->pending;

	while (*p != NULL)
		p = &(*p)->next;
	*p = urb;
}

static bool urb_type_known(const struct usbdevfs_urb *urb)
{
	return urb->type == USBDEVFS_URB_TYPE_CONTROL || urb->type == USBDEVFS_URB_TYPE_BULK ||
	       urb->type == USBDEVFS_URB_TYPE_INTERRUPT;
}

static struct usbfs_urb *urb_new(struct usbfs_file *f, pid_t pid, const struct usbdevfs_urb *from,
                                 size_t extra)
{
	struct usbfs_urb *urb = calloc(1, sizeof *urb);

	if (urb == NULL)
		return NULL;
	urb->file = f;
	urb->pid = pid;
	urb->type = from->type;
	urb->endpoint = from->endpoint;
	urb->buffer = (uintptr_t)from->buffer;
	urb->length = (size_t)from->buffer_length;
	urb->data = calloc(1, urb->length + extra + 1);
	if (urb->data != NULL)
		return urb;
	free(urb);
	return NULL;
}

int usbfs_submit(struct usbfs *u, struct usbfs_file *f, pid_t pid, uint64_t at)
{
	struct usbdevfs_urb from;
	struct usbfs_urb *urb;
	int err = -EFAULT;

	if (!usbfs_peek(pid, at, &from, sizeof from))
		return -EFAULT;
	if (!urb_type_known(&from) || from.buffer_length < 0 || from.buffer_length > URB_MAX ||
	    (from.type == USBDEVFS_URB_TYPE_CONTROL && from.buffer_length < 8))
		return -EINVAL;
	urb = urb_new(f, pid, &from, 0);
	if (urb == NULL)
		return -ENOMEM;
	urb->at = at;
	if (usbfs_peek(pid, urb->buffer, urb->data, urb->length))
		err = urb->type == USBDEVFS_URB_TYPE_CONTROL && setup_length(urb) + 8 > urb->length
		              ? -EINVAL
		              : 0;
	if (err != 0) {
		urb_free(urb);
		return err;
	}
	if (urb->type == USBDEVFS_URB_TYPE_CONTROL)
		urb->endpoint = 0;
	u->unclaimed += urb->type != USBDEVFS_URB_TYPE_CONTROL && !has_claimed(u, f, urb->endpoint);
	append_pending(u, urb);
	return 0;
}

int usbfs_sync(struct usbfs *u, struct usbfs_file *f, fuse_req_t req,
               const struct usbdevfs_urb *from, const uint8_t *setup, unsigned timeout)
{
	size_t skip = setup != NULL ? 8 : 0;
	struct usbfs_urb *urb;

	if (from->buffer_length < 0 || from->buffer_length > URB_MAX)
		return -EINVAL;
	urb = urb_new(f, fuse_req_ctx(req)->pid, from, skip);
	if (urb == NULL)
		return -ENOMEM;
	urb->req = req;
	urb->deadline = timeout == 0 ? INT64_MAX : usbfs_now() + timeout;
	if (setup != NULL)
		memcpy(urb->data, setup, skip);
	if (!is_in(urb) && !usbfs_peek(urb->pid, urb->buffer, urb->data + skip, urb->length)) {
		urb_free(urb);
		return -EFAULT;
	}
	append_pending(u, urb);
	return 0;
}

static int to_errno(int emu_status)
{
	switch (emu_status) {
	case EMU_STALL: return -EPIPE;
	case EMU_BABBLE: return -EOVERFLOW;
	default: return -ESHUTDOWN;
	}
}

static bool is_standard(const struct usbfs_urb *urb)
{
	return urb->type == USBDEVFS_URB_TYPE_CONTROL && (urb->data[0] & 0x60) == 0;
}

/* false: the device NAKs. */
static bool move(struct usbfs *u, struct usbfs_urb *urb)
{
	int64_t now = usbfs_now();
	size_t len = urb->length;
	int n;

	if (u->emu != NULL && usbfs_parting(u, urb))
		return true;
	if (u->stand != NULL && u->emu != NULL && !is_standard(urb))
		return usbfs_stand_moves(u, urb);
	if (u->emu == NULL)
		n = EMU_GONE;
	else if (urb->type == USBDEVFS_URB_TYPE_CONTROL)
		n = emu_control(usbfs_for_request(u, urb->data), urb->data, urb->data + 8, now);
	else if (is_in(urb))
		n = emu_in(usbfs_for_endpoint(u, urb->endpoint), urb->endpoint, urb->data, len,
		           now);
	else
		n = emu_out(usbfs_for_endpoint(u, urb->endpoint), urb->endpoint, urb->data, len,
		            now);
	if (n == EMU_NAK)
		return false;
	u->bulks += urb->type == USBDEVFS_URB_TYPE_BULK;
	urb->status = n < 0 ? to_errno(n) : 0;
	urb->actual = n < 0 ? 0 : n;
	if (n >= 0 && !is_in(urb))
		urb->actual =
			(int)(urb->type == USBDEVFS_URB_TYPE_CONTROL ? setup_length(urb) : len);
	usbfs_strike_at(u, urb);
	return true;
}

static bool give_data(const struct usbfs_urb *urb)
{
	size_t skip = urb->type == USBDEVFS_URB_TYPE_CONTROL ? 8 : 0;
	uint64_t at = urb->buffer + (urb->req == NULL ? skip : 0);

	return !is_in(urb) || usbfs_poke(urb->pid, at, urb->data + skip, (size_t)urb->actual);
}

static void reply_sync(struct usbfs_urb *urb)
{
	if (urb->status != 0)
		fuse_reply_err(urb->req, -urb->status);
	else if (!give_data(urb))
		fuse_reply_err(urb->req, EFAULT);
	else
		fuse_reply_ioctl(urb->req, urb->actual, NULL, 0);
	urb_free(urb);
}

/* The program sees it at its next reap. */
static void finish(struct usbfs_urb *urb)
{
	struct usbfs_file *f = urb->file;

	urb->next = NULL;
	if (urb->req != NULL) {
		reply_sync(urb);
		return;
	}
	*f->done_tail = urb;
	f->done_tail = &urb->next;
}

void usbfs_outcome(struct usbfs_urb *urb, int status, const uint8_t *data, size_t len)
{
	bool control = urb->type == USBDEVFS_URB_TYPE_CONTROL;
	size_t skip = control ? 8 : 0;

	urb->status = len > urb->length - skip ? -EOVERFLOW : status;
	urb->actual = 0;
	if (urb->status != 0)
		return;
	if (!is_in(urb)) {
		urb->actual = (int)(urb->length - skip);
		return;
	}
	if (len > 0)
		memcpy(urb->data + skip, data, len);
	urb->actual = (int)len;
}

struct usbfs_urb *usbfs_find(struct usbfs *u, uint8_t endpoint)
{
	struct usbfs_urb *urb = u->pending;

	while (urb != NULL && urb->endpoint != endpoint)
		urb = urb->next;
	return urb;
}

void usbfs_end(struct usbfs *u, struct usbfs_urb *urb, int status, const uint8_t *data, size_t len)
{
	struct usbfs_urb **p = &u->pending;

	while (*p != urb)
		p = &(*p)->next;
	*p = urb->next;
	usbfs_outcome(urb, status, data, len);
	finish(urb);
}

static bool give_back(struct usbfs_urb *urb, pid_t pid, uint64_t at)
{
	uint64_t status = urb->at + offsetof(struct usbdevfs_urb, status);
	uint64_t actual = urb->at + offsetof(struct usbdevfs_urb, actual_length);

	return give_data(urb) && usbfs_poke(urb->pid, status, &urb->status, sizeof urb->status) &&
	       usbfs_poke(urb->pid, actual, &urb->actual, sizeof urb->actual) &&
	       usbfs_poke(pid, at, &urb->at, sizeof urb->at);
}

int usbfs_reap(struct usbfs_file *f, pid_t pid, uint64_t at)
{
	struct usbfs_urb *urb = f->done;
	bool given;

	if (urb == NULL)
		return f->gone ? -ENODEV : -EAGAIN;
	f->done = urb->next;
	if (f->done == NULL)
		f->done_tail = &f->done;
	given = give_back(urb, pid, at);
	urb_free(urb);
	return given ? 0 : -EFAULT;
}

int usbfs_discard(struct usbfs *u, struct usbfs_file *f, uint64_t at)
{
	for (struct usbfs_urb **p = &u->pending; *p != NULL; p = &(*p)->next) {
		struct usbfs_urb *urb = *p;

		if (urb->file != f || urb->at != at || urb->req != NULL)
			continue;
		*p = urb->next;
		urb->status = -ENOENT;
		finish(urb);
		return 0;
	}
	return -EINVAL;
}

void usbfs_kill(struct usbfs *u, const struct usbfs_file *f, int status)
{
	struct usbfs_urb **p = &u->pending;

	while (*p != NULL) {
		struct usbfs_urb *urb = *p;

		if (f != NULL && urb->file != f) {
			p = &urb->next;
			continue;
		}
		*p = urb->next;
		urb->status = status;
		finish(urb);
	}
}

/* Endpoints keep their order: behind a transfer that the device NAKs the next one waits. */
static bool pass(struct usbfs *u)
{
	bool blocked[256] = {false}, moved = false;
	struct usbfs_urb **p = &u->pending;

	u->held = 0;
	while (*p != NULL) {
		struct usbfs_urb *urb = *p;
		uint8_t ep = urb->type == USBDEVFS_URB_TYPE_CONTROL ? 0 : urb->endpoint;
		bool late = urb->req != NULL && urb->deadline <= usbfs_now();

		if (u->holds_out && urb->type == USBDEVFS_URB_TYPE_BULK && !is_in(urb)) {
			blocked[ep] = true;
			u->held++;
		}
		if (!late && (blocked[ep] || !move(u, urb))) {
			blocked[ep] = true;
			p = &urb->next;
			continue;
		}
		if (late)
			urb->status = -ETIMEDOUT;
		*p = urb->next;
		finish(urb);
		moved = true;
	}
	return moved;
}

static void tell(struct usbfs_file *f)
{
	if (f->reaper != NULL && (f->done != NULL || f->gone)) {
		int err = usbfs_reap(f, f->reaper_pid, f->reaper_at);

		if (err != 0)
			fuse_reply_err(f->reaper, -err);
		else
			fuse_reply_ioctl(f->reaper, 0, NULL, 0);
		f->reaper = NULL;
	}
	if (f->ph != NULL && usbfs_poll(f) != 0) {
		fuse_lowlevel_notify_poll(f->ph);
		fuse_pollhandle_destroy(f->ph);
		f->ph = NULL;
	}
}

void usbfs_run(struct usbfs *u)
{
	for (int i = 0; i < 64 && pass(u); i++)
		;
	usbfs_strike_rest(u);
	if (u->emu != NULL && !emu_plugged(u->emu))
		usbfs_unplug(u);
	for (struct usbfs_file *f = u->files; f != NULL; f = f->next)
		tell(f);
}

int64_t usbfs_next(const struct usbfs *u)
{
	int64_t next = u->emu != NULL ? emu_next_ms(u->emu) : INT64_MAX;

	if (u->other != NULL && emu_next_ms(u->other) < next)
		next = emu_next_ms(u->other);

	if (u->parts_at != 0 && u->parts_at < next)
		next = u->parts_at;
	for (const struct usbfs_urb *urb = u->pending; urb != NULL; urb = urb->next)
		if (urb->req != NULL && urb->deadline < next)
			next = urb->deadline;
	return next;
}
