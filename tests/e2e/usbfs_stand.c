/* SPDX-License-Identifier: MIT */
#include "usbfs.h"

#include "stand_wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NOTICES    16
#define NOTICE_MAX 64

struct outcome {
	int status;
	size_t len;
	uint8_t data[NOTICE_MAX];
};

struct usbfs_stand {
	int listening, connection;
	struct stand_msg msg;
	uint8_t descriptors[2048]; /* of the device */
	struct outcome notice[NOTICES];
	unsigned first, count; /* of notice */
	struct outcome control;
	bool control_due;
	size_t setup_len;
	uint8_t setup[STAND_DATA]; /* of the last request, and its data */
	enum stand_ioctl refused;  /* 0: none */
	int refusal;
};

bool usbfs_stand_listen(struct usbfs *u)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = STAND_SOCKET};
	struct usbfs_stand *s = calloc(1, sizeof *s);

	if (s == NULL)
		return false;
	s->connection = -1;
	s->listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (s->listening < 0 || bind(s->listening, (const struct sockaddr *)&a, sizeof a) != 0 ||
	    listen(s->listening, 1) != 0) {
		free(s);
		return false;
	}
	u->stand = s;
	return true;
}

int usbfs_stand_fd(const struct usbfs *u)
{
	if (u->stand == NULL)
		return -1;
	return u->stand->connection >= 0 ? u->stand->connection : u->stand->listening;
}

int usbfs_stand_refusal(struct usbfs *u, unsigned cmd)
{
	static const unsigned kinds[] = {[STAND_SUBMIT] = USBDEVFS_SUBMITURB,
	                                 [STAND_CLEAR_HALT] = USBDEVFS_CLEAR_HALT,
	                                 [STAND_RESET] = USBDEVFS_RESET};
	struct usbfs_stand *s = u->stand;

	if (s->refused == 0 || kinds[s->refused] != cmd)
		return 0;
	s->refused = 0;
	return s->refusal;
}

static bool request_moves(struct usbfs_stand *s, struct usbfs_urb *urb)
{
	size_t n = urb->length < sizeof s->setup ? urb->length : sizeof s->setup;

	memcpy(s->setup, urb->data, n);
	s->setup_len = n;
	if (!s->control_due)
		return false;
	s->control_due = false;
	usbfs_outcome(urb, s->control.status, s->control.data, s->control.len);
	return true;
}

bool usbfs_stand_moves(struct usbfs *u, struct usbfs_urb *urb)
{
	struct usbfs_stand *s = u->stand;
	const struct outcome *next = &s->notice[s->first];

	if (urb->type == USBDEVFS_URB_TYPE_CONTROL)
		return request_moves(s, urb);
	if (urb->type != USBDEVFS_URB_TYPE_INTERRUPT || s->count == 0)
		return false;
	usbfs_outcome(urb, next->status, next->data, next->len);
	s->first = (s->first + 1) % NOTICES;
	s->count--;
	return true;
}

static int plug(struct usbfs *u, size_t len)
{
	struct usbfs_stand *s = u->stand;
	const uint8_t *d = s->msg.data;

	if (len < 18 + 9 || len > sizeof s->descriptors)
		return -EINVAL;
	if (u->emu != NULL)
		usbfs_unplug(u);
	memcpy(s->descriptors, d, len);
	emu_config_init(&u->config);
	u->config.manufacturer = u->config.product = u->config.serial = NULL;
	u->config.vid = (uint16_t)(d[8] | d[9] << 8);
	u->config.pid = (uint16_t)(d[10] | d[11] << 8);
	u->config.bcd_device = (uint16_t)(d[12] | d[13] << 8);
	u->config.raw_config = s->descriptors + 18;
	u->config.raw_len = len - 18;
	s->count = 0;
	s->control_due = false;
	s->refused = 0;
	return usbfs_plug(u) ? (int)u->devnum : -ENOMEM;
}

static bool outcome(struct outcome *o, const struct stand_msg *m, size_t len)
{
	if (len > sizeof o->data)
		return false;
	o->status = -m->value;
	o->len = len;
	memcpy(o->data, m->data, len);
	return true;
}

static int notice(struct usbfs_stand *s, size_t len)
{
	struct outcome *o = &s->notice[(s->first + s->count) % NOTICES];

	if (s->count == NOTICES || !outcome(o, &s->msg, len))
		return -ENOSPC;
	s->count++;
	return 0;
}

static int control(struct usbfs_stand *s, size_t len)
{
	s->control_due = outcome(&s->control, &s->msg, len);
	return s->control_due ? 0 : -ENOSPC;
}

static int end(struct usbfs *u, size_t len)
{
	struct stand_msg *m = &u->stand->msg;
	struct usbfs_urb *also = m->also != 0 ? usbfs_find(u, m->also) : NULL;
	struct usbfs_urb *urb;

	if (also != NULL)
		usbfs_end(u, also, -m->also_value, NULL, 0);
	urb = usbfs_find(u, m->endpoint);
	if (urb == NULL)
		return -ENOENT;
	usbfs_end(u, urb, -m->value, m->data, len);
	return 0;
}

/* Length of the answer's data. */
static size_t give(struct stand_msg *m, const uint8_t *data, size_t len)
{
	if (len > sizeof m->data) {
		m->value = -ENOSPC;
		return 0;
	}
	if (len > 0)
		memcpy(m->data, data, len);
	m->value = (int32_t)len;
	return len;
}

static size_t give_pending(struct usbfs *u, struct stand_msg *m)
{
	const struct usbfs_urb *urb = usbfs_find(u, m->endpoint);

	if (urb != NULL)
		return give(m, urb->data, urb->length);
	m->value = -ENOENT;
	return 0;
}

static int refuse(struct usbfs_stand *s)
{
	if (s->msg.ioctl < STAND_SUBMIT || s->msg.ioctl > STAND_RESET)
		return -EINVAL;
	s->refused = (enum stand_ioctl)s->msg.ioctl;
	s->refusal = s->msg.value;
	return 0;
}

static int unplug(struct usbfs *u)
{
	if (u->emu != NULL)
		usbfs_unplug(u);
	return 0;
}

/* Length of the answer's data. */
static size_t obey(struct usbfs *u, size_t len)
{
	struct usbfs_stand *s = u->stand;
	struct stand_msg *m = &s->msg;

	switch (m->what) {
	case STAND_PLUG: m->value = plug(u, len); return 0;
	case STAND_UNPLUG: m->value = unplug(u); return 0;
	case STAND_PENDING: return give_pending(u, m);
	case STAND_END: m->value = end(u, len); return 0;
	case STAND_NOTICE: m->value = notice(s, len); return 0;
	case STAND_CONTROL: m->value = control(s, len); return 0;
	case STAND_SETUP: return give(m, s->setup, s->setup_len);
	case STAND_REFUSE: m->value = refuse(s); return 0;
	case STAND_OPENS: m->value = (int32_t)(u->opens + u->unclaimed); return 0;
	default: m->value = -EINVAL; return 0;
	}
}

void usbfs_stand_serve(struct usbfs *u)
{
	struct usbfs_stand *s = u->stand;
	ssize_t n;

	if (s->connection < 0) {
		s->connection = accept(s->listening, NULL, NULL);
		return;
	}
	n = recv(s->connection, &s->msg, sizeof s->msg, 0);
	if (n >= (ssize_t)STAND_HEAD) {
		size_t len = obey(u, (size_t)n - STAND_HEAD);

		usbfs_run(u);
		if (send(s->connection, &s->msg, STAND_HEAD + len, MSG_NOSIGNAL) > 0)
			return;
	}
	close(s->connection);
	s->connection = -1;
}
