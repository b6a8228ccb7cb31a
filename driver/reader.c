/* SPDX-License-Identifier: MIT */
/* Open, close, notifications, snapshots of a reader. */
#include "reader_priv.h"

#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX      (CCID_HEADER_LEN + 65544) /* CCID 5.1, dwMaxCCIDMessageLength */
#define MESSAGE_MIN      (CCID_HEADER_LEN + 261)   /* buffers hold a short APDU in any case */
#define ICCD_MESSAGE_MAX (CCID_HEADER_LEN + 4086)  /* one control transfer of usbfs */
#define NOTIFY_MAX       80                        /* NotifySlotChange of 256 slots has 65 bytes */
#define CANCELS_MAX      100                       /* forgotten at once */
#define NOTIFY_ROUNDS    32                        /* messages taken in one dispatch */

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

/* A cancel that came too late, or once too often, must not hit the next command. */
static void forget_cancels(struct ccid_reader *r)
{
	int rc = atomic_exchange(&r->cancelled, false) ? CCID_E_CANCELLED : CCID_OK;

	for (unsigned i = 0; rc == CCID_E_CANCELLED && i < CANCELS_MAX; i++)
		rc = r->t->ops->pause(r->t, ccid_env_now(r->env));
}

void ccid_begin_io(struct ccid_reader *r)
{
	forget_cancels(r);
	atomic_store(&r->busy, true);
}

int ccid_lock_io(struct ccid_reader *r, unsigned slot)
{
	int rc;

	if (slot >= r->nslots)
		return CCID_E_NO_SLOT;
	pthread_mutex_lock(&r->io);
	ccid_begin_io(r);
	rc = ccid_reader_dispatch(r);
	return rc < 0 ? ccid_unlock_io(r, rc) : CCID_OK;
}

int ccid_unlock_io(struct ccid_reader *r, int result)
{
	atomic_store(&r->busy, false);
	pthread_mutex_unlock(&r->io);
	return result;
}

/* "Changed" with the card still there means that it was taken out and put back, unless it only tells
 * of the insertion that a GetSlotStatus has told of before. */
static bool notified(struct ccid_reader *r, unsigned slot, bool present, bool changed)
{
	struct ccid_slot *s = &r->slot[slot];
	uint32_t before = s->generation + s->insertions;
	bool known = s->unannounced;

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

int ccid_reader_dispatch(struct ccid_reader *r)
{
	uint8_t buf[NOTIFY_MAX];
	int changes = 0, n = 0;

	pthread_mutex_lock(&r->state);
	for (unsigned i = 0; i < NOTIFY_ROUNDS; i++) {
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

int ccid_reader_event_fd(const struct ccid_reader *r)
{
	if (r->t->iface.intr_in.address == 0)
		return CCID_E_UNSUPPORTED;
	return r->t->ops->event_fd(r->t);
}

bool ccid_reader_cancel(struct ccid_reader *r)
{
	if (!atomic_load(&r->busy))
		return false;
	atomic_store(&r->cancelled, true);
	r->t->ops->cancel(r->t);
	return true;
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
	return r->out != NULL && r->in != NULL ? CCID_OK : CCID_E_NOMEM;
}

static void release(struct ccid_reader *r)
{
	if (r->out != NULL)
		ccid_wipe(r->out, clamp_size(r->out_cap));
	if (r->in != NULL)
		ccid_wipe(r->in, r->in_cap);
	free(r->out);
	free(r->in);
	pthread_mutex_destroy(&r->io);
	pthread_mutex_destroy(&r->state);
	free(r);
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
	pthread_mutex_init(&r->io, NULL);
	pthread_mutex_init(&r->state, NULL);
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
		if (ccid_clear_halts(r) == CCID_E_GONE)
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

/* Ask every slot. A descriptor may promise more than there are. */
static int ask_slots(struct ccid_reader *r, int64_t deadline)
{
	for (unsigned i = 0; i < r->nslots; i++) {
		int rc = first_status(r, i, deadline);

		if (rc == CCID_OK && (r->tuning.flags & CCID_QUIRK_OFF_AT_OPEN))
			rc = ccid_power_off(r, i, deadline);

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
	atomic_store(&r->busy, true);
	rc = ask_slots(r, deadline);
	atomic_store(&r->busy, false);
	if (rc < 0) {
		if (r->posted)
			t->ops->drop_in(t);
		release(r);
		return rc;
	}
	*out = r;
	return CCID_OK;
}

static void power_off_all(struct ccid_reader *r)
{
	if (ccid_reader_dispatch(r) < 0)
		return;
	for (unsigned i = 0; i < r->nslots && !atomic_load(&r->gone); i++)
		if ((ccid_slot_ours(r, i) || ccid_slot_now(r, i) == CCID_SLOT_DESYNCED) &&
		    ccid_power_off(r, i, ccid_env_now(r->env) + CCID_STATUS_MS) < 0)
			ccid_log(r->env, CCID_LOG_WARNING, ccid_reader_label(r),
			         "slot %u: closed without power off", i);
}

void ccid_reader_close(struct ccid_reader *r)
{
	if (r == NULL)
		return;
	pthread_mutex_lock(&r->io);
	forget_cancels(r);
	power_off_all(r);
	pthread_mutex_unlock(&r->io);
	r->t->ops->close(r->t);
	release(r);
}

void ccid_reader_abandon(struct ccid_reader *r)
{
	if (r != NULL)
		release(r);
}
