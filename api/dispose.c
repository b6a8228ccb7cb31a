/* SPDX-License-Identifier: MIT */
/* What becomes of the card: section by section as the documentation words it, and no movement is
 * claimed that was not commanded. */
#include "mechanics.h"

#include "result.h"

#define POWER_OFF_MS 5000

bool ccid_can_eject(const struct ccid_session *s)
{
	struct ccid_mechanics m;

	ccid_mechanics_of(s, &m);
	return (m.abilities & ISCARD_MECHANICAL_EJECT) != 0;
}

static bool is_empty(const struct ccid_session *s)
{
	struct ccid_slot_info info;

	return ccid_slot_get_info(s->port->reader, s->port->slot, &info) == 0 && !info.gone &&
	       info.state == CCID_SLOT_EMPTY;
}

static bool card_left(const struct ccid_session *s)
{
	return ccid_reader_gone(s->port->reader) || is_empty(s);
}

/* Whatever kept it from being done, but for a recording that has nothing of it. */
static int undone(int err)
{
	if (err >= 0)
		return 0;
	return err == CCID_E_DIVERGED ? err : CCID_E_REFUSED;
}

/* 0 also when the card has gone by itself: then nothing was done. */
static int power_off(const struct ccid_session *s, iscard_disposition_result *result)
{
	int err = ccid_slot_power_off(s->port->reader, s->port->slot,
	                              ccid_session_deadline(s, POWER_OFF_MS));

	if (card_left(s))
		return 0;
	*result = err < 0 ? ISCARD_DISPOSITION_FAILED : ISCARD_DISPOSITION_POWERED_OFF;
	return undone(err);
}

static int eject(struct ccid_session *s, iscard_disposition_result *result)
{
	int err = ccid_move(s, ISCARD_MOTION_EJECT,
	                    ccid_session_deadline(s, POWER_OFF_MS + s->context->limits.motion_ms));

	if (err < 0 && card_left(s))
		return 0;
	if (err < 0)
		*result = ISCARD_DISPOSITION_FAILED;
	else
		*result = is_empty(s) ? ISCARD_DISPOSITION_CONFIRMED : ISCARD_DISPOSITION_COMMANDED;
	return undone(err);
}

/* A hand is to take the card that nothing ejects. */
static int let_go(struct ccid_session *s, iscard_disposition_result *result)
{
	bool locked;
	int err;

	pthread_mutex_lock(&s->port->lock);
	locked = s->port->place.locked;
	pthread_mutex_unlock(&s->port->lock);
	if (!locked)
		return 0;
	err = ccid_move(s, ISCARD_MOTION_UNLOCK,
	                ccid_session_deadline(s, s->context->limits.motion_ms));
	if (err >= 0 || card_left(s))
		return 0;
	*result = ISCARD_DISPOSITION_FAILED;
	return CCID_E_REFUSED;
}

static int eject_or_power_off(struct ccid_session *s, iscard_disposition_result *result)
{
	if (ccid_can_eject(s))
		return eject(s, result);
	ccid_log(ccid_open_env(s->open), CCID_LOG_INFO, NULL,
	         "the reader cannot eject: the card is powered off and stays");
	return let_go(s, result) < 0 ? CCID_E_REFUSED : power_off(s, result);
}

/* A reset that fails ends in a power off, so that no authenticated card is left behind. */
static int reset_for_good(const struct ccid_session *s, iscard_disposition_result *result)
{
	int err = ccid_slot_activate(s->port->reader, s->port->slot, 0, CCID_RESET_WARM,
	                             ccid_session_deadline(s, s->context->limits.power_on_ms));

	if (err < 0)
		(void)power_off(s, result);
	else
		*result = ISCARD_DISPOSITION_RESET;
	return 0;
}

int ccid_dispose(struct ccid_session *s, SCARD_DISPOSITIONS disposition,
                 iscard_disposition_result *result)
{
	switch (disposition) {
	case ISCARD_RESET: return reset_for_good(s, result);
	case ISCARD_UNPOWER: return power_off(s, result);
	case ISCARD_EJECT: return eject_or_power_off(s, result);
	default: return 0;
	}
}

static HRESULT reset(const struct ccid_session *s, enum ccid_reset_kind kind, unsigned protocols,
                     iscard_disposition_result *result)
{
	int err = ccid_slot_activate(s->port->reader, s->port->slot, protocols, kind,
	                             ccid_session_deadline(s, s->context->limits.power_on_ms));

	if (err == 0 && kind != CCID_RESET_NONE)
		*result = ISCARD_DISPOSITION_RESET;
	return ccid_result(err, CCID_ATTACHING);
}

static HRESULT disposed(int err)
{
	if (err >= 0)
		return S_OK;
	return err == CCID_E_DIVERGED ? ISCARD_E_DIVERGED : SCARD_E_CANT_DISPOSE;
}

HRESULT ccid_redispose(struct ccid_session *s, SCARD_DISPOSITIONS disposition, unsigned protocols,
                       iscard_disposition_result *result)
{
	switch (disposition) {
	case ISCARD_LEAVE: return reset(s, CCID_RESET_NONE, protocols, result);
	case ISCARD_RESET: return reset(s, CCID_RESET_WARM, protocols, result);
	case ISCARD_UNPOWER: return reset(s, CCID_RESET_COLD, protocols, result);
	default: break;
	}
	return disposed(eject_or_power_off(s, result));
}

static HRESULT detach_used(struct ccid_session *s, SCARD_DISPOSITIONS disposition,
                           iscard_disposition_result *result)
{
	struct ccid_slot_info info;
	HRESULT hr = ccid_session_check(s, CCID_NEED_CARD, &info);
	int err = 0;

	if (hr == SCARD_E_INVALID_HANDLE)
		return hr;
	if (SUCCEEDED(hr) || hr == SCARD_W_RESET_CARD) {
		pthread_mutex_unlock(&s->port->lock);
		err = ccid_dispose(s, disposition, result);
		pthread_mutex_lock(&s->port->lock);
	}
	return disposed(err);
}

HRESULT ccid_session_detach(struct ccid_session *s, SCARD_DISPOSITIONS disposition,
                            iscard_disposition_result *result)
{
	HRESULT hr = ccid_session_pin(s);

	*result = ISCARD_DISPOSITION_NONE;
	if (FAILED(hr))
		return hr;
	if (disposition != ISCARD_LEAVE) {
		pthread_mutex_lock(&s->port->lock);
		hr = ccid_session_use(s, CCID_NEED_READER);
		if (SUCCEEDED(hr)) {
			hr = detach_used(s, disposition, result);
			ccid_session_done(s);
		} else if (hr == SCARD_E_READER_UNAVAILABLE) {
			hr = S_OK; /* whoever holds the lock cannot give it back either */
		}
		pthread_mutex_unlock(&s->port->lock);
	}
	if ((SUCCEEDED(hr) || hr == SCARD_E_CANT_DISPOSE || hr == ISCARD_E_DIVERGED) &&
	    !ccid_session_close(s))
		hr = SCARD_E_INVALID_HANDLE;
	ccid_session_unpin(s);
	return hr;
}

/* The level is given back only after the disposition, so that nobody comes between. */
static HRESULT dispose_and_unlock(struct ccid_session *s, SCARD_DISPOSITIONS disposition,
                                  iscard_disposition_result *result)
{
	HRESULT hr;

	if (disposition == ISCARD_LEAVE) {
		ccid_share_unlock(&s->port->share, &s->member);
		return S_OK;
	}
	ccid_session_use_level(s);
	pthread_mutex_unlock(&s->port->lock);
	hr = ccid_redispose(s, disposition, 0, result);
	pthread_mutex_lock(&s->port->lock);
	ccid_session_done(s);
	return hr;
}

static HRESULT unlock(struct ccid_session *s, SCARD_DISPOSITIONS disposition, bool at_each_level,
                      iscard_disposition_result *result)
{
	struct ccid_slot_info info;
	HRESULT hr = ccid_session_pin(s);

	*result = ISCARD_DISPOSITION_NONE;
	if (FAILED(hr))
		return hr;
	pthread_mutex_lock(&s->port->lock);
	hr = ccid_session_check(s, CCID_NEED_CARD, &info);
	if (hr == SCARD_W_RESET_CARD && s->member.levels > 0)
		ccid_share_unlock(&s->port->share, &s->member);
	else if (SUCCEEDED(hr) && s->member.levels > 0)
		hr = dispose_and_unlock(
			s, s->member.levels == 1 || at_each_level ? disposition : ISCARD_LEAVE,
			result);
	else if (SUCCEEDED(hr))
		hr = ccid_share_locked_by_other(&s->port->share, &s->member)
		             ? SCARD_E_SHARING_VIOLATION
		             : SCARD_E_NOT_TRANSACTED;
	ccid_port_wake(s->port);
	pthread_mutex_unlock(&s->port->lock);
	ccid_session_unpin(s);
	return hr;
}

HRESULT ccid_session_unlock(struct ccid_session *s, SCARD_DISPOSITIONS disposition,
                            iscard_disposition_result *result)
{
	return unlock(s, disposition, false, result);
}

HRESULT ccid_session_end_transaction(struct ccid_session *s, SCARD_DISPOSITIONS disposition,
                                     iscard_disposition_result *result)
{
	return unlock(s, disposition, true, result);
}

/* Nothing needs to be sent for LEAVE when the card that is there is ready, or none is asked for. */
static bool only_acknowledge(struct ccid_session *s, const struct ccid_terms *terms,
                             SCARD_DISPOSITIONS disposition)
{
	struct ccid_slot_info info;

	ccid_port_refresh(s->port, &info);
	return disposition == ISCARD_LEAVE && (terms->direct || info.state == CCID_SLOT_READY);
}

static bool no_card(struct ccid_session *s)
{
	struct ccid_slot_info info;

	ccid_port_refresh(s->port, &info);
	return info.state == CCID_SLOT_EMPTY;
}

/* Take the card on these terms. */
static HRESULT adopt(struct ccid_session *s, const struct ccid_terms *terms, int64_t deadline)
{
	bool was_direct = s->member.direct;
	HRESULT hr;

	s->member.direct = terms->direct;
	if (terms->direct)
		return S_OK;
	hr = ccid_session_adopt_powered(s, terms->wanted, deadline);
	if (SUCCEEDED(hr) && !(terms->wanted & 1u << s->protocol))
		hr = SCARD_E_PROTO_MISMATCH;
	if (FAILED(hr))
		s->member.direct = was_direct;
	return hr;
}

static HRESULT instead_of_eject(struct ccid_session *s, unsigned protocols,
                                iscard_disposition_result *result)
{
	HRESULT hr = SCARD_E_CANT_DISPOSE;

	if (let_go(s, result) < 0)
		return hr;
	hr = ccid_redispose(s, ISCARD_UNPOWER, protocols, result);
	if (SUCCEEDED(hr))
		*result = ISCARD_DISPOSITION_POWERED_OFF;
	return hr;
}

static HRESULT reattach_card(struct ccid_session *s, const struct ccid_terms *terms,
                             SCARD_DISPOSITIONS disposition, iscard_disposition_result *result)
{
	int64_t deadline = ccid_session_deadline(s, s->context->limits.power_on_ms);
	bool ejects = disposition == ISCARD_EJECT && ccid_can_eject(s);
	bool cannot = disposition == ISCARD_EJECT && !ejects;
	unsigned protocols = terms->direct ? 0 : terms->wanted;
	HRESULT hr = S_OK;

	if (ejects && no_card(s))
		return SCARD_E_NO_SMARTCARD;
	if (!only_acknowledge(s, terms, disposition)) {
		pthread_mutex_unlock(&s->port->lock);
		hr = cannot ? instead_of_eject(s, protocols, result)
		            : ccid_redispose(s, disposition, protocols, result);
		pthread_mutex_lock(&s->port->lock);
	}
	if (SUCCEEDED(hr) && ejects) {
		s->member.removed = true;
		return SCARD_W_REMOVED_CARD;
	}
	return SUCCEEDED(hr) ? adopt(s, terms, deadline) : hr;
}

static HRESULT reattach(struct ccid_session *s, const struct ccid_terms *terms,
                        SCARD_DISPOSITIONS disposition, iscard_disposition_result *result)
{
	HRESULT hr;

	if (terms->exclusive && !ccid_share_alone(&s->port->share, &s->member))
		return SCARD_E_SHARING_VIOLATION;
	hr = ccid_session_use(s, CCID_NEED_READER);
	if (FAILED(hr))
		return hr;
	if (terms->exclusive && !ccid_share_alone(&s->port->share, &s->member))
		hr = SCARD_E_SHARING_VIOLATION; /* somebody came while we waited */
	else
		hr = reattach_card(s, terms, disposition, result);
	if (SUCCEEDED(hr)) {
		s->member.exclusive = terms->exclusive;
		s->wanted = terms->wanted;
		ccid_port_users_changed(s->port);
	}
	ccid_session_done(s);
	return hr;
}

HRESULT ccid_session_reconnect(struct ccid_session *s, const struct ccid_terms *terms,
                               SCARD_DISPOSITIONS disposition, iscard_disposition_result *result)
{
	HRESULT hr = ccid_session_pin(s);

	*result = ISCARD_DISPOSITION_NONE;
	if (FAILED(hr))
		return hr;
	pthread_mutex_lock(&s->port->lock);
	hr = reattach(s, terms, disposition, result);
	pthread_mutex_unlock(&s->port->lock);
	ccid_session_unpin(s);
	return hr;
}

HRESULT ccid_session_reattach(struct ccid_session *s, SCARD_SHARE_MODES mode,
                              SCARD_DISPOSITIONS disposition, iscard_disposition_result *result)
{
	const struct ccid_terms terms = {.exclusive = mode == ISCARD_EXCLUSIVE,
	                                 .wanted = s->wanted};

	return ccid_session_reconnect(s, &terms, disposition, result);
}
