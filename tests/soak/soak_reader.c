/* SPDX-License-Identifier: MIT */
/* Emulated readers behind contexts of their own. */
#include "soak.h"

#include "alloc_count.h"
#include "lockstep.h"
#include "transport_usbredir.h"

#include <stdio.h>
#include <string.h>

unsigned soak_slots(const struct soak_kind *kind)
{
	return kind->slots == 0 ? 1 : kind->slots;
}

static void configure(struct emu_config *cfg, const struct soak_kind *k)
{
	emu_config_init(cfg);
	cfg->manufacturer = "Soak";
	cfg->product = "Reader";
	cfg->serial = cfg->interface_name = NULL;
	emu_config_level(cfg, k->level, k->max_message);
	if (k->slots > 1)
		emu_config_slots(cfg, k->slots);
	if (k->busy > 1)
		emu_config_busy(cfg, k->busy);
	cfg->answer_ms = 1;
	for (unsigned i = 0; i < soak_slots(k); i++) {
		cfg->card_in[i] = true;
		if (k->ifsc != 0)
			emu_card_t1(&cfg->card[i], k->ifsc, k->crc);
	}
	if (k->level <= 1) /* nothing is automatic but clock and rate */
		cfg->class_desc[40] = 0x30;
	if (k->no_interrupt)
		cfg->ep_int = 0;
	if (k->token == 0)
		return;
	cfg->class_desc[40] = 0x40;
	cfg->class_desc[41] = 0x08;
	cfg->if_protocol = (uint8_t)k->token;
	cfg->ep_in = cfg->ep_out = cfg->ep_int = 0;
}

static int wrap(struct soak_reader *r, struct ccid_transport **t)
{
	if (soak_slots(r->kind) > 1)
		return 0;
	r->plan.gone = r->plan.posted = r->plan.closed = false;
	return fault_wrap(t, *t, &r->plan);
}

static int open_reader(void *arg, struct ccid_transport **out, const char *address,
                       const struct ccid_env *env, int64_t deadline)
{
	struct soak_reader *r = arg;
	unsigned fail_in = atomic_exchange(&r->allocations_fail_in, FAULT_NEVER);
	struct ccid_stream *stream;
	struct ccid_transport *t;
	int rc;

	if (r->s.redir != NULL)
		return CCID_E_BUSY;
	if (!soak_plugged(r))
		return CCID_E_NOTFOUND;
	alloc_count_stop_failing();
	stream = emu_stream_open(&r->s);
	if (fail_in != FAULT_NEVER)
		alloc_count_fail_in(fail_in);
	rc = ccid_transport_open_usbredir(&t, stream, address, -1, env, deadline);
	if (rc < 0) {
		stream->ops->close(stream);
		return rc;
	}
	rc = wrap(r, &t);
	if (rc < 0)
		t->ops->close(t);
	else
		*out = t;
	return rc;
}

static int64_t now(void *arg)
{
	struct soak_reader *r = arg;

	lockstep_point();
	return r->s.clock.now;
}

static void log_line(void *arg, iscard_log_level level, const char *reader, const char *text)
{
	struct soak_reader *r = arg;

	pthread_mutex_lock(&r->log);
	r->s.clock.env.log(&r->s.clock, (enum ccid_log_level)level, reader, text);
	pthread_mutex_unlock(&r->log);
}

void soak_reader_begin(struct soak_reader *r, const struct soak_kind *kind)
{
	static unsigned serial;
	struct emu_config cfg;
	struct iscard_options o = {.size = sizeof o,
	                           .log = log_line,
	                           .log_level = ISCARD_LOG_INFO,
	                           .now_ms = now,
	                           .limits = {.open_ms = SOAK_LIMIT_MS,
	                                      .power_on_ms = SOAK_LIMIT_MS,
	                                      .transaction_ms = SOAK_LIMIT_MS}};

	memset(r, 0, sizeof *r);
	configure(&cfg, kind);
	emu_stream_init(&r->s, &cfg);
	pthread_mutex_init(&r->log, NULL);
	r->kind = kind;
	r->scheme = (struct ccid_scheme){"soak:", open_reader, r};
	r->plan.clock = &r->s.clock;
	r->plan.fail_at = FAULT_NEVER;
	r->allocations_fail_in = FAULT_NEVER;
	snprintf(r->address, sizeof r->address, "soak:%u", serial++);
	o.readers = r->address;
	o.log_arg = o.now_arg = r;
	if (ccid_context_create(&o, &r->scheme, &r->context) != S_OK)
		soak_die(r, "no context");
}

void soak_reader_end(struct soak_reader *r)
{
	iscard_context_unref(r->context);
	if (r->s.redir != NULL)
		soak_die(r, "the reader is still open");
	for (unsigned i = 0; i < soak_slots(r->kind); i++)
		if (soak_plugged(r) && emu_slot(r->s.device, i).active)
			soak_die(r, "the card of slot %u is still powered", i);
	if (r->plan.problem != NULL)
		soak_die(r, "the driver %s", r->plan.problem);
	emu_stream_free(&r->s);
	pthread_mutex_destroy(&r->log);
}

bool soak_plugged(struct soak_reader *r)
{
	bool plugged;

	pthread_mutex_lock(&r->s.lock);
	plugged = emu_plugged(r->s.device);
	pthread_mutex_unlock(&r->s.lock);
	return plugged;
}

unsigned soak_violations(struct soak_reader *r)
{
	unsigned n;

	pthread_mutex_lock(&r->s.lock);
	n = emu_counts(r->s.device)->violations;
	pthread_mutex_unlock(&r->s.lock);
	return n;
}

void soak_plug_in(struct soak_reader *r)
{
	if (soak_plugged(r))
		return;
	if (r->s.redir != NULL)
		soak_die(r, "a reader that has left is still open");
	emu_destroy(r->s.device);
	r->s.device = emu_create(&r->s.cfg);
	if (r->s.device == NULL)
		soak_die(r, "no memory");
	r->plugs++;
	for (unsigned i = 0; i < soak_slots(r->kind); i++)
		r->cards[i]++;
}

void soak_put_card(struct soak_reader *r, unsigned slot)
{
	pthread_mutex_lock(&r->s.lock);
	if (emu_insert(r->s.device, slot, &r->s.cfg.card[slot], r->s.clock.now))
		r->cards[slot]++;
	pthread_mutex_unlock(&r->s.lock);
}
