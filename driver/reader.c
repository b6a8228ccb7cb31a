/* SPDX-License-Identifier: MIT */
/* Open, close, notifications, snapshots of a reader. */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX      (CCID_HEADER_LEN + 65544) /* CCID 5.1, dwMaxCCIDMessageLength */
#define MESSAGE_MIN      (CCID_HEADER_LEN + 261)   /* buffers hold a short APDU in any case */
#define ICCD_MESSAGE_MAX (CCID_HEADER_LEN + 4086)  /* one control transfer of usbfs */
#define NOTIFY_MAX       80                        /* NotifySlotChange of 256 slots has 65 bytes */
#define NOTIFY_ROUNDS    32                        /* messages taken in one dispatch */
#define SLEEP_LOOK_MS    50                        /* between looks at how long the system slept */
#define SLEEP_MIN_MS     100                       /* less is two clocks read one after the other */

const struct ccid_limits ccid_limits_default = {
	.power_on_ms = 60000, .command_ms = 10000, .motion_ms = 30000, .escape_ms = 30000};

const char *ccid_reader_label(const struct ccid_reader *r)
{
	return r->t->id.address[0] != '\0' ? r->t->id.address : r->t->id.product;
}

int ccid_fail(struct ccid_reader *r, unsigned slot, const char *where, int err,
              const struct ccid_rsp *rsp)
{
	struct ccid_fault f = {.slot = slot, .where = where, .err = err};

	if (rsp != NULL) {
		f.slot_status = rsp->status;
		f.reader_error = rsp->error;
		ccid_log(r->env, CCID_LOG_DEBUG, ccid_reader_label(r),
		         "slot %u: %s: %s (bStatus %02X, bError %02X %s)", slot, where,
		         ccid_err_text(err), rsp->status, rsp->error, ccid_error_name(rsp->error));
	} else {
		ccid_log(r->env, CCID_LOG_WARNING, ccid_reader_label(r), "slot %u: %s: %s", slot,
		         where, ccid_err_text(err));
	}
	pthread_mutex_lock(&r->state);
	f.serial = atomic_fetch_add(&r->faults, 1) + 1;
	r->fault = f;
	pthread_mutex_unlock(&r->state);
	return err;
}

unsigned ccid_reader_faults(const struct ccid_reader *r)
{
	return atomic_load(&r->faults);
}

void ccid_reader_last_fault(struct ccid_reader *r, struct ccid_fault *out)
{
	pthread_mutex_lock(&r->state);
	*out = r->fault;
	pthread_mutex_unlock(&r->state);
}

static void lost(struct ccid_reader *r)
{
	if (atomic_exchange(&r->gone, true))
		return;
	ccid_log(r->env, CCID_LOG_INFO, ccid_reader_label(r), "the reader is gone");
	for (unsigned i = 0; i < r->nslots; i++)
		ccid_slot_lose(r, i, CCID_SLOT_EMPTY);
	ccid_reader_tell(r);
}

void ccid_reader_tell(struct ccid_reader *r)
{
	for (struct ccid_listener *l = r->listeners; l != NULL; l = l->next)
		l->changed(l);
}

void ccid_reader_announce(struct ccid_reader *r)
{
	pthread_mutex_lock(&r->state);
	ccid_reader_tell(r);
	pthread_mutex_unlock(&r->state);
}

void ccid_reader_listen(struct ccid_reader *r, struct ccid_listener *l)
{
	pthread_mutex_lock(&r->state);
	l->next = r->listeners;
	r->listeners = l;
	pthread_mutex_unlock(&r->state);
}

void ccid_reader_unlisten(struct ccid_reader *r, struct ccid_listener *l)
{
	struct ccid_listener **at = &r->listeners;

	pthread_mutex_lock(&r->state);
	while (*at != NULL && *at != l)
		at = &(*at)->next;
	if (*at == l)
		*at = l->next;
	pthread_mutex_unlock(&r->state);
}

void ccid_reader_lost(struct ccid_reader *r)
{
	pthread_mutex_lock(&r->state);
	lost(r);
	pthread_mutex_unlock(&r->state);
}

bool ccid_reader_gone(const struct ccid_reader *r)
{
	return atomic_load(&r->gone);
}

/* "Changed" with the card still there means that it was taken out and put back, unless it only tells
 * of the insertion that a GetSlotStatus has told of before. */
static bool notified(struct ccid_reader *r, unsigned slot, bool present, bool changed)
{
	struct ccid_slot *s = &r->slot[slot];
	uint32_t before = s->generation + s->insertions;
	bool known = s->unannounced;

	if (ccid_slot_blind(r, slot))
		return false;
	if (!present || changed)
		s->unannounced = false;
	if (!present && s->state != CCID_SLOT_EMPTY) {
		ccid_slot_lose(r, slot, CCID_SLOT_EMPTY);
	} else if (present && (s->state == CCID_SLOT_EMPTY || s->state == CCID_SLOT_UNKNOWN)) {
		ccid_slot_set(r, slot, CCID_SLOT_INACTIVE);
	} else if (present && changed && known) {
		s->suspect = s->suspect || s->atr.len > 0;
	} else if (present && changed) {
		s->insertions++;
		if (s->atr.len > 0)
			ccid_slot_lose(r, slot, CCID_SLOT_INACTIVE);
		ccid_reader_tell(r);
	}
	return before != s->generation + s->insertions;
}

static int take_notifications(struct ccid_reader *r, const uint8_t *buf, size_t len)
{
	struct ccid_notify n;
	size_t pos = 0;
	int changes = 0;

	while (ccid_notify_next(buf, len, &pos, r->nslots, &n) == 1) {
		if (n.type == CCID_HARDWARE_ERROR) {
			ccid_log(r->env, CCID_LOG_ERROR, ccid_reader_label(r),
			         "slot %u: the reader reports hardware error %02X", n.slot, n.code);
			continue;
		}
		for (unsigned i = 0; i < n.slots && i < r->nslots; i++)
			changes += notified(r, i, ccid_notify_present(&n, i),
			                    ccid_notify_changed(&n, i));
	}
	return changes;
}

/* No card keeps its power while the system sleeps, and if one did, nobody knows: the next use asks
 * and gives it power again (CCID 4.4; field practice). */
static void wake_slot(struct ccid_reader *r, unsigned slot)
{
	struct ccid_slot *s = &r->slot[slot];
	bool ours = s->ours;

	ccid_slot_lose(r, slot,
	               s->state == CCID_SLOT_DESYNCED ? CCID_SLOT_DESYNCED : CCID_SLOT_UNKNOWN);
	s->ours = s->active_unknown = ours;
}

static bool sleep_is_due(const struct ccid_reader *r, int64_t now)
{
	return (unsigned long)now - atomic_load(&r->sleep_looked) >= SLEEP_LOOK_MS;
}

/* Slots whose card a sleep has reset since the last look. A system cannot sleep and wake up in less
 * time than lies between two looks. */
static int wake_up(struct ccid_reader *r, int64_t now)
{
	int64_t slept;
	int changes = 0;

	if (!sleep_is_due(r, now))
		return 0;
	atomic_store(&r->sleep_looked, (unsigned long)now);
	slept = ccid_env_slept(r->env);
	if (slept - r->slept < SLEEP_MIN_MS)
		return 0;
	r->slept = slept;
	ccid_log(r->env, CCID_LOG_INFO, ccid_reader_label(r), "the system has slept");
	for (unsigned i = 0; i < r->nslots; i++) {
		if (r->slot[i].state == CCID_SLOT_EMPTY)
			continue;
		wake_slot(r, i);
		changes++;
	}
	return changes;
}

static bool quiet(const struct ccid_reader *r, int64_t now)
{
	return r->t->ops->quiet != NULL && r->t->ops->quiet(r->t, now);
}

static int dispatch(struct ccid_reader *r, int64_t now, bool look)
{
	uint8_t buf[NOTIFY_MAX];
	int changes, n = 0;

	pthread_mutex_lock(&r->state);
	changes = wake_up(r, now);
	for (unsigned i = 0; look && i < NOTIFY_ROUNDS; i++) {
		n = atomic_load(&r->gone) ? CCID_E_GONE
		                          : r->t->ops->interrupt_in(r->t, buf, sizeof buf);
		if (n <= 0)
			break;
		changes +=
			take_notifications(r, buf, (size_t)n < sizeof buf ? (size_t)n : sizeof buf);
	}
	if (n == CCID_E_GONE)
		lost(r);
	pthread_mutex_unlock(&r->state);
	return n == CCID_E_GONE ? n : changes;
}

int ccid_reader_dispatch(struct ccid_reader *r)
{
	return dispatch(r, ccid_env_now(r->env), true);
}

int ccid_reader_heard(struct ccid_reader *r)
{
	int64_t now = ccid_env_now(r->env);
	bool calm = !atomic_load(&r->gone) && quiet(r, now);

	return calm && !sleep_is_due(r, now) ? 0 : dispatch(r, now, !calm);
}

int ccid_reader_event_fd(const struct ccid_reader *r)
{
	if (r->t->iface.intr_in.address == 0)
		return CCID_E_UNSUPPORTED;
	return r->t->ops->event_fd(r->t);
}

const struct ccid_transport *ccid_reader_transport(const struct ccid_reader *r)
{
	return r->t;
}

const struct ccid_class_desc *ccid_reader_claims(const struct ccid_reader *r)
{
	return &r->claims;
}

const struct ccid_class_desc *ccid_reader_desc(const struct ccid_reader *r)
{
	return &r->desc;
}

unsigned ccid_reader_slots(const struct ccid_reader *r)
{
	return r->nslots;
}

enum ccid_level ccid_reader_level(const struct ccid_reader *r)
{
	return r->level;
}

uint32_t ccid_reader_mechanical(const struct ccid_reader *r)
{
	return r->mechanical;
}

static size_t clamp_size(size_t n)
{
	return n < MESSAGE_MIN ? MESSAGE_MIN : n > MESSAGE_MAX ? MESSAGE_MAX : n;
}

/* With one lane the reader's own buffers do. */
static int allocate_lanes(struct ccid_reader *r)
{
	bool enough = true;

	r->nlanes = r->nslots < r->desc.max_busy_slots ? r->nslots : r->desc.max_busy_slots;
	r->lanes.room = r->lanes_made = r->nlanes;
	r->lane = calloc(r->nlanes, sizeof *r->lane);
	if (r->lane == NULL)
		return CCID_E_NOMEM;
	for (unsigned i = 0; r->nlanes > 1 && i < r->nlanes; i++) {
		r->lane[i].in = calloc(1, r->in_cap);
		enough = enough && r->lane[i].in != NULL;
	}
	if (r->nlanes > 1)
		r->out_before = calloc(1, clamp_size(r->out_cap));
	return enough && (r->nlanes == 1 || r->out_before != NULL) ? CCID_OK : CCID_E_NOMEM;
}

static int allocate(struct ccid_reader *r)
{
	size_t mps = r->iccd != CCID_ICCD_NONE ? 64 : r->t->iface.bulk_in.max_packet;
	size_t msg = r->desc.max_message_len;

	if (r->iccd != CCID_ICCD_NONE && msg > ICCD_MESSAGE_MAX)
		msg = ICCD_MESSAGE_MAX;
	/* A request has no header; tokens that claim 261 mean a whole short APDU. */
	if (r->iccd != CCID_ICCD_NONE && r->level == CCID_LEVEL_SHORT_APDU && msg < MESSAGE_MIN)
		msg = MESSAGE_MIN;
	if (mps == 0 || mps > 4096)
		return CCID_E_FORMAT;
	r->out_cap = msg < MESSAGE_MAX ? msg : MESSAGE_MAX;
	if (r->out_cap <= CCID_HEADER_LEN)
		return CCID_E_FORMAT;
	/* One packet more than a message: room for an empty packet after a full one. */
	r->in_cap = (clamp_size(msg) / mps + 2) * mps;
	r->out = calloc(1, clamp_size(msg));
	r->in = calloc(1, r->in_cap);
	if (r->out == NULL || r->in == NULL)
		return CCID_E_NOMEM;
	return allocate_lanes(r);
}

static void free_wiped(uint8_t *buf, size_t len)
{
	if (buf != NULL)
		ccid_wipe(buf, len);
	free(buf);
}

static void free_all(struct ccid_reader *r)
{
	free_wiped(r->out, clamp_size(r->out_cap));
	free_wiped(r->out_before, clamp_size(r->out_cap));
	free_wiped(r->in, r->in_cap);
	for (unsigned i = 0; r->lane != NULL && i < r->lanes_made; i++)
		free_wiped(r->lane[i].in, r->in_cap);
	free(r->lane);
	free(r);
}

static void release(struct ccid_reader *r)
{
	pthread_cond_destroy(&r->turned);
	pthread_mutex_destroy(&r->wire);
	pthread_mutex_destroy(&r->state);
	free_all(r);
}

static void note(void *arg, const char *kind, const char *text)
{
	const struct ccid_reader *r = arg;

	ccid_log(r->env, CCID_LOG_INFO, ccid_reader_label(r), "%s: %s", kind, text);
}

static int describe(struct ccid_reader *r)
{
	struct ccid_wiring wiring = ccid_wiring_of(&r->t->iface);
	struct ccid_profile p;
	int rc = ccid_profile_make(&p, &r->claims, &wiring, &r->t->id, note, r);

	r->desc = p.desc;
	r->tuning = p.tuning;
	r->level = p.level;
	r->iccd = p.iccd;
	r->nslots = p.nslots;
	r->mechanical = p.desc.mechanical;
	return rc;
}

/* Turns are waited for by a clock that never goes back. */
static void init_locks(struct ccid_reader *r)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&r->wire, NULL);
	pthread_mutex_init(&r->state, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&r->turned, &attr);
	pthread_condattr_destroy(&attr);
}

static void init_gates(struct ccid_reader *r, unsigned slots)
{
	r->gate.room = 1;
	for (unsigned i = 0; i < slots; i++)
		r->slot[i].gate.room = 1;
}

static int make(struct ccid_reader **out, struct ccid_transport *t,
                const struct ccid_limits *limits, const struct ccid_env *env)
{
	struct ccid_class_desc claims;
	struct ccid_reader *r;
	int rc = ccid_class_desc_decode(&claims, t->iface.desc, CCID_CLASS_DESC_LEN);

	if (rc < 0)
		return CCID_E_FORMAT;
	r = calloc(1, sizeof *r + (claims.max_slot_index + 1u) * sizeof r->slot[0]);
	if (r == NULL)
		return CCID_E_NOMEM;
	r->t = t;
	r->env = env;
	r->limits = limits != NULL ? *limits : ccid_limits_default;
	r->claims = claims;
	init_locks(r);
	init_gates(r, claims.max_slot_index + 1u);
	r->slept = ccid_env_slept(env);
	r->sleep_looked = (unsigned long)ccid_env_now(env) - SLEEP_LOOK_MS;
	rc = describe(r);
	if (rc == CCID_OK)
		rc = allocate(r);
	if (rc < 0)
		release(r);
	else
		*out = r;
	return rc;
}

/* The first answers of a reader may be late, or lost to a data toggle out of step. */
static int first_status(struct ccid_reader *r, unsigned slot, int64_t deadline)
{
	int rc = ccid_slot_status(r, slot, CCID_STATUS_MS, deadline);

	for (unsigned i = 0; i < 2 && rc < 0; i++) {
		if (rc == CCID_E_GONE || rc == CCID_E_NO_SLOT || rc == CCID_E_CANCELLED ||
		    ccid_env_now(r->env) >= deadline)
			break;
		if (ccid_wire_clear(r) == CCID_E_GONE)
			return CCID_E_GONE;
		pthread_mutex_lock(&r->state);
		ccid_slot_set(r, slot, CCID_SLOT_UNKNOWN);
		pthread_mutex_unlock(&r->state);
		rc = ccid_slot_status(r, slot, CCID_RETRY_MS, deadline);
	}
	/* What an earlier process left unfinished ends with an abort at the latest. */
	if (rc < 0 && rc != CCID_E_GONE && rc != CCID_E_NO_SLOT && rc != CCID_E_CANCELLED &&
	    ccid_env_now(r->env) < deadline)
		rc = ccid_slot_status(r, slot, CCID_RETRY_MS, deadline);
	return rc;
}

static int ask_slot(struct ccid_reader *r, unsigned slot, int64_t deadline)
{
	int rc;

	ccid_slot_occupy(r, slot);
	rc = first_status(r, slot, deadline);
	if (rc == CCID_OK && (r->tuning.flags & CCID_QUIRK_OFF_AT_OPEN))
		rc = ccid_power_off(r, slot, deadline);
	return ccid_slot_leave(r, slot, rc);
}

/* Ask every slot. A descriptor may promise more than there are. */
static int ask_slots(struct ccid_reader *r, int64_t deadline)
{
	for (unsigned i = 0; i < r->nslots; i++) {
		int rc = ask_slot(r, i, deadline);

		if (rc == CCID_E_NO_SLOT && i > 0) {
			ccid_log(r->env, CCID_LOG_WARNING, ccid_reader_label(r),
			         "the reader has %u slots, not %u", i, r->nslots);
			r->nslots = i;
		} else if (rc < 0) {
			return rc;
		}
	}
	return CCID_OK;
}

int ccid_reader_open(struct ccid_reader **out, struct ccid_transport *t,
                     const struct ccid_limits *limits, const struct ccid_env *env, int64_t deadline)
{
	struct ccid_reader *r;
	int rc = make(&r, t, limits, env);

	if (rc < 0)
		return rc;
	rc = ask_slots(r, deadline);
	if (r->nlanes > r->nslots)
		r->nlanes = r->lanes.room = r->nslots;
	if (rc < 0) {
		if (r->posted)
			t->ops->drop_in(t);
		release(r);
		return rc;
	}
	*out = r;
	return CCID_OK;
}

static void leave_unpowered(struct ccid_reader *r, unsigned slot)
{
	if ((ccid_slot_ours(r, slot) || ccid_slot_now(r, slot) == CCID_SLOT_DESYNCED) &&
	    !atomic_load(&r->gone) &&
	    ccid_power_off(r, slot, ccid_env_now(r->env) + CCID_STATUS_MS) < 0)
		ccid_log(r->env, CCID_LOG_WARNING, ccid_reader_label(r),
		         "slot %u: closed without power off", slot);
}

void ccid_reader_close(struct ccid_reader *r)
{
	if (r == NULL)
		return;
	for (unsigned i = 0; i < r->nslots; i++) {
		ccid_slot_occupy(r, i);
		if (i > 0 || ccid_reader_dispatch(r) >= 0)
			leave_unpowered(r, i);
		ccid_slot_leave(r, i, CCID_OK);
	}
	r->t->ops->close(r->t);
	release(r);
}

void ccid_reader_abandon(struct ccid_reader *r)
{
	if (r != NULL)
		free_all(r); /* its locks may be held, and waited for, by threads of the parent */
}
