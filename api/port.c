/* SPDX-License-Identifier: MIT */
#include "port.h"

#include "pool.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define FRUITLESS_MS 100 /* how long a readable event descriptor without news is ignored */

struct waiter {
	struct ccid_ticket ticket; /* first */
	int fd;
	bool deaf; /* the reader's descriptor is readable and brings nothing */
};

void ccid_port_init(struct ccid_port *p, struct ccid_open *open, unsigned slot)
{
	*p = (struct ccid_port){.open = open,
	                        .reader = ccid_open_reader(open),
	                        .slot = slot,
	                        .seen = {.gone = true}};
	pthread_mutex_init(&p->lock, NULL);
}

void ccid_port_fini(struct ccid_port *p)
{
	pthread_mutex_destroy(&p->lock);
}

struct ccid_card_view ccid_card_view_of(const struct ccid_slot_info *info)
{
	return (struct ccid_card_view){info->state != CCID_SLOT_EMPTY, info->generation,
	                               info->insertions};
}

void ccid_port_users(struct ccid_port *p, unsigned *count, bool *exclusive)
{
	*count = 0;
	*exclusive = false;
	pthread_mutex_lock(&p->lock);
	for (const struct ccid_member *m = p->share.members; m != NULL; m = m->next) {
		++*count;
		*exclusive = m->exclusive;
	}
	pthread_mutex_unlock(&p->lock);
}

void ccid_port_users_changed(struct ccid_port *p)
{
	ccid_reader_announce(p->reader);
}

void ccid_port_wake(struct ccid_port *p)
{
	for (struct ccid_ticket *t = p->share.head; t != NULL; t = t->next) {
		uint64_t one = 1;
		ssize_t n = write(((struct waiter *)t)->fd, &one, sizeof one);

		(void)n; /* cannot fail before 2^64 - 1 wake-ups */
	}
}

void ccid_port_look(struct ccid_port *p, struct ccid_slot_info *info)
{
	struct ccid_member *owner = p->share.owner;
	struct ccid_card_view view;

	if (ccid_slot_get_info(p->reader, p->slot, info) < 0)
		*info = (struct ccid_slot_info){.gone = true};
	p->seen = *info;
	if (info->gone) {
		ccid_port_wake(p);
		return;
	}
	view = ccid_card_view_of(info);
	ccid_share_saw(&p->share, &view);
	ccid_card_place_saw(&p->place, ccid_sight_of(info), info->insertions);
	if (p->share.owner != owner)
		ccid_port_wake(p);
}

void ccid_port_glance(struct ccid_port *p)
{
	struct ccid_slot_info info;

	if (!ccid_slot_still(p->reader, p->slot, &p->seen))
		ccid_port_look(p, &info);
}

void ccid_port_show(struct ccid_port *p, struct ccid_slot_info *info, struct ccid_card_place *place)
{
	pthread_mutex_lock(&p->lock);
	ccid_port_look(p, info);
	*place = p->place;
	pthread_mutex_unlock(&p->lock);
}

void ccid_port_refresh(struct ccid_port *p, struct ccid_slot_info *info)
{
	int changes = ccid_reader_dispatch(p->reader);

	ccid_port_look(p, info);
	info->gone = info->gone || changes < 0;
}

static int time_left(const struct ccid_env *clock, int64_t deadline)
{
	int64_t left;

	if (deadline == CCID_NEVER)
		return -1;
	left = deadline - ccid_env_now(clock);
	return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* Until woken, or the reader has news, or the time is over. */
static int wait_once(struct ccid_port *p, struct waiter *w, const struct ccid_env *clock,
                     int64_t deadline)
{
	int left = time_left(clock, deadline);
	int events = ccid_reader_event_fd(p->reader);
	struct pollfd fds[] = {{.fd = w->fd, .events = POLLIN},
	                       {.fd = w->deaf || events < 0 ? -1 : events, .events = POLLIN}};
	uint64_t count;
	ssize_t got;
	int n;

	if (left == 0)
		return CCID_E_TIMEOUT;
	if (w->deaf && (left < 0 || left > FRUITLESS_MS))
		left = FRUITLESS_MS;
	pthread_mutex_unlock(&p->lock);
	n = poll(fds, 2, left);
	got = fds[0].revents != 0 ? read(w->fd, &count, sizeof count) : 0;
	pthread_mutex_lock(&p->lock);
	w->deaf = n > 0 && got == 0 && ccid_reader_dispatch(p->reader) == 0;
	return 0;
}

static int wait_for_turn(struct ccid_port *p, struct waiter *w, int (*go_on)(void *arg), void *arg,
                         const struct ccid_env *clock, int64_t deadline)
{
	int rc = 0;

	while (rc == 0 && !ccid_share_turn(&p->share, &w->ticket)) {
		rc = wait_once(p, w, clock, deadline);
		if (rc == 0)
			rc = go_on(arg);
	}
	if (rc != 0)
		ccid_share_give_up(&p->share, &w->ticket);
	/* It may have been woken for a lock that is free now, or others may share the one it got. */
	if (ccid_share_next(&p->share) != NULL)
		ccid_port_wake(p);
	return rc;
}

int ccid_port_use(struct ccid_port *p, struct ccid_member *m, int (*go_on)(void *arg), void *arg,
                  const struct ccid_env *clock, int64_t deadline)
{
	struct waiter w = {.fd = -1};
	int rc = go_on(arg);

	if (rc != 0 || ccid_share_ask(&p->share, &w.ticket, m))
		return rc;
	w.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w.fd < 0) {
		ccid_share_give_up(&p->share, &w.ticket);
		return CCID_E_NOMEM;
	}
	rc = wait_for_turn(p, &w, go_on, arg, clock, deadline);
	close(w.fd);
	if (rc != 0)
		return rc;
	rc = go_on(arg); /* what the last owner did */
	if (rc != 0)
		ccid_port_done(p, m);
	return rc;
}

void ccid_port_done(struct ccid_port *p, struct ccid_member *m)
{
	ccid_share_done(&p->share, m);
	ccid_port_wake(p);
}
