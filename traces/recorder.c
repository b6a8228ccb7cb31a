/* SPDX-License-Identifier: MIT */
#include "recorder_priv.h"

#include "bytes.h"
#include "ccid_msg.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CLEAR_FEATURE 1

static struct recorder *recorder_of(struct ccid_transport *t)
{
	return (struct recorder *)t;
}

static uint64_t now_ns(const struct recorder *r)
{
	struct timespec ts;

	if (r->base.env->now_ms != NULL)
		return (uint64_t)ccid_env_now(r->base.env) * 1000000u;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t ccid_recorder_id(struct recorder *r)
{
	uint64_t id;

	pthread_mutex_lock(&r->lock);
	id = ++r->id;
	pthread_mutex_unlock(&r->lock);
	return id;
}

/* With the lock held, or before anyone else knows of r. */
static void stop(struct recorder *r, int err)
{
	r->failed = err;
	ccid_trace_close(r->file);
	r->file = NULL;
	ccid_log(r->base.env, CCID_LOG_ERROR, r->base.id.address,
	         "recording ends here, the reader goes on: %s", ccid_err_text(err));
}

/* The payload without its secrets, and a comment that says where they were. */
static int redact(struct recorder *r, enum ccid_trace_dir dir, const struct ccid_redir_packet *p,
                  size_t head_len, char *comment, size_t cap)
{
	struct ccid_mask_list spans;
	int err;

	if (p->data_len > RECORDER_COPY)
		return CCID_E_SPACE;
	if (p->data_len > 0)
		memcpy(r->copy, p->data, p->data_len);
	err = ccid_redactor_packet(r->redactor, dir, p, r->copy, &spans);
	for (unsigned i = 0; i < spans.count; i++)
		spans.span[i].off += head_len;
	if (spans.count > 0)
		ccid_mask_comment(comment, cap, "masked", &spans, NULL);
	return err;
}

static int write_packet(struct recorder *r, enum ccid_trace_dir dir,
                        const struct ccid_redir_packet *p, const char *comment)
{
	uint8_t head[CCID_REDIR_HEAD_MAX];
	struct ccid_trace_piece piece = {.head = head, .data = r->copy, .data_len = p->data_len};
	char text[CCID_TRACE_COMMENT_MAX];
	int err;

	text[0] = '\0';
	piece.head_len = ccid_redir_encode_head(head, p);
	err = redact(r, dir, p, piece.head_len, text, sizeof text);
	if (err == 0)
		err = ccid_trace_write_pieces(r->file, dir, now_ns(r), &piece,
		                              text[0] != '\0' ? text : comment);
	ccid_wipe(r->copy, p->data_len < RECORDER_COPY ? p->data_len : 0);
	return err;
}

void ccid_recorder_put(struct recorder *r, enum ccid_trace_dir dir,
                       const struct ccid_redir_packet *p, const char *comment)
{
	int err = 0;

	pthread_mutex_lock(&r->lock);
	if (r->file != NULL)
		err = write_packet(r, dir, p, comment);
	if (err != 0)
		stop(r, err);
	pthread_mutex_unlock(&r->lock);
}

static uint8_t status_of(int err)
{
	switch (err) {
	case CCID_E_STALL: return CCID_REDIR_STALL;
	case CCID_E_BABBLE: return CCID_REDIR_BABBLE;
	case CCID_E_CANCELLED: return CCID_REDIR_CANCELLED;
	case CCID_E_TIMEOUT: return CCID_REDIR_TIMEOUT;
	default: return err < 0 ? CCID_REDIR_IOERROR : CCID_REDIR_OK;
	}
}

/* The first time that anything says the device is gone. */
static void note_unplug(struct recorder *r, int err)
{
	const struct ccid_redir_packet p = {.type = CCID_REDIR_DEVICE_DISCONNECT};
	bool first;

	if (err != CCID_E_GONE)
		return;
	pthread_mutex_lock(&r->lock);
	first = !r->unplugged;
	r->unplugged = true;
	pthread_mutex_unlock(&r->lock);
	if (first)
		ccid_recorder_put(r, CCID_TRACE_FROM_HOST, &p, NULL);
}

static int recorder_post_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	struct recorder *r = recorder_of(t);
	struct ccid_redir_packet p = {
		.type = CCID_REDIR_BULK,
		.endpoint = t->iface.bulk_in.address,
		.length = (uint32_t)cap,
	};
	int rc = r->inner->ops->post_in(r->inner, buf, cap);

	note_unplug(r, rc);
	if (rc < 0)
		return rc;
	r->in_id = p.id = ccid_recorder_id(r);
	r->in_buf = buf;
	ccid_recorder_put(r, CCID_TRACE_FROM_GUEST, &p, NULL);
	return rc;
}

static uint64_t put_out(struct recorder *r, const uint8_t *buf, size_t len)
{
	const struct ccid_redir_packet p = {
		.type = CCID_REDIR_BULK,
		.id = ccid_recorder_id(r),
		.endpoint = r->base.iface.bulk_out.address,
		.length = (uint32_t)len,
		.data = buf,
		.data_len = len,
	};

	ccid_recorder_put(r, CCID_TRACE_FROM_GUEST, &p, NULL);
	return p.id;
}

static int recorder_bulk_out(struct ccid_transport *t, const uint8_t *buf, size_t len,
                             int64_t deadline)
{
	struct recorder *r = recorder_of(t);
	struct ccid_redir_packet p = {.type = CCID_REDIR_BULK,
	                              .endpoint = t->iface.bulk_out.address};
	int rc;

	p.id = put_out(r, buf, len);
	rc = r->inner->ops->bulk_out(r->inner, buf, len, deadline);
	p.status = status_of(rc);
	p.length = rc < 0 ? 0 : (uint32_t)len;
	ccid_recorder_put(r, CCID_TRACE_FROM_HOST, &p, NULL);
	note_unplug(r, rc);
	return rc;
}

static void put_in(struct recorder *r, int rc)
{
	struct ccid_redir_packet p = {
		.type = CCID_REDIR_BULK,
		.id = r->in_id,
		.endpoint = r->base.iface.bulk_in.address,
		.status = status_of(rc),
		.length = rc > 0 ? (uint32_t)rc : 0,
		.data = r->in_buf,
		.data_len = rc > 0 ? (size_t)rc : 0,
	};

	ccid_recorder_put(r, CCID_TRACE_FROM_HOST, &p, NULL);
	r->in_id = 0;
}

static int recorder_wait_in(struct ccid_transport *t, int64_t deadline)
{
	struct recorder *r = recorder_of(t);
	int rc = r->inner->ops->wait_in(r->inner, deadline);

	if (rc != CCID_E_TIMEOUT && rc != CCID_E_CANCELLED && rc != CCID_E_GONE && r->in_id != 0)
		put_in(r, rc);
	note_unplug(r, rc);
	return rc;
}

static void recorder_drop_in(struct ccid_transport *t)
{
	struct recorder *r = recorder_of(t);
	struct ccid_redir_packet p = {.type = CCID_REDIR_CANCEL, .id = r->in_id};

	r->inner->ops->drop_in(r->inner);
	if (r->in_id == 0)
		return;
	ccid_recorder_put(r, CCID_TRACE_FROM_GUEST, &p, NULL);
	put_in(r, CCID_E_CANCELLED);
}

static int recorder_cut_in(struct ccid_transport *t)
{
	struct recorder *r = recorder_of(t);
	struct ccid_redir_packet p = {.type = CCID_REDIR_CANCEL, .id = r->in_id};
	int rc = CCID_E_TIMEOUT;

	if (r->inner->ops->cut_in != NULL)
		rc = r->inner->ops->cut_in(r->inner);
	if (rc == CCID_E_TIMEOUT || r->in_id == 0)
		return rc;
	if (rc == 0)
		ccid_recorder_put(r, CCID_TRACE_FROM_GUEST, &p, NULL);
	put_in(r, rc == 0 ? CCID_E_CANCELLED : rc);
	note_unplug(r, rc);
	return rc;
}

static int recorder_interrupt_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	struct recorder *r = recorder_of(t);
	int rc = r->inner->ops->interrupt_in(r->inner, buf, cap);
	struct ccid_redir_packet p = {
		.type = CCID_REDIR_INTERRUPT,
		.endpoint = t->iface.intr_in.address,
		.length = rc > 0 ? (uint32_t)rc : 0,
		.data = buf,
		.data_len = rc > 0 ? (size_t)rc : 0,
	};

	note_unplug(r, rc);
	if (rc <= 0)
		return rc;
	pthread_mutex_lock(&r->lock);
	p.id = r->interrupt_id++;
	pthread_mutex_unlock(&r->lock);
	ccid_recorder_put(r, CCID_TRACE_FROM_HOST, &p, NULL);
	return rc;
}

/* What request and answer have in common. */
static struct ccid_redir_packet control_packet(const struct ccid_setup *setup, const uint8_t *data,
                                               uint64_t id)
{
	return (struct ccid_redir_packet){
		.type = CCID_REDIR_CONTROL,
		.id = id,
		.endpoint = setup->request_type & 0x80,
		.request_type = setup->request_type,
		.request = setup->request,
		.value = setup->value,
		.index = setup->index,
		.data = data,
	};
}

static void put_control(struct recorder *r, const struct ccid_setup *setup, const uint8_t *data,
                        uint64_t id)
{
	struct ccid_redir_packet p = control_packet(setup, data, id);

	p.length = setup->length;
	p.data_len = p.endpoint != 0 ? 0 : setup->length;
	ccid_recorder_put(r, CCID_TRACE_FROM_GUEST, &p, NULL);
}

static void put_control_answer(struct recorder *r, const struct ccid_setup *setup,
                               const uint8_t *data, uint64_t id, int rc)
{
	struct ccid_redir_packet p = control_packet(setup, data, id);

	p.status = status_of(rc);
	p.length = rc > 0 ? (uint32_t)rc : 0;
	p.data_len = p.endpoint != 0 && rc > 0 ? (size_t)rc : 0;
	ccid_recorder_put(r, CCID_TRACE_FROM_HOST, &p, NULL);
}

static int recorder_control(struct ccid_transport *t, const struct ccid_setup *setup, uint8_t *data,
                            int64_t deadline)
{
	struct recorder *r = recorder_of(t);
	uint64_t id = ccid_recorder_id(r);
	int rc;

	put_control(r, setup, data, id);
	rc = r->inner->ops->control(r->inner, setup, data, deadline);
	put_control_answer(r, setup, data, id, rc);
	note_unplug(r, rc);
	return rc;
}

static uint8_t address_of(const struct ccid_transport *t, enum ccid_pipe pipe)
{
	switch (pipe) {
	case CCID_PIPE_BULK_OUT: return t->iface.bulk_out.address;
	case CCID_PIPE_BULK_IN: return t->iface.bulk_in.address;
	default: return t->iface.intr_in.address;
	}
}

static int recorder_clear_halt(struct ccid_transport *t, enum ccid_pipe pipe, int64_t deadline)
{
	struct recorder *r = recorder_of(t);
	const struct ccid_setup setup = {
		.request_type = 0x02, .request = CLEAR_FEATURE, .index = address_of(t, pipe)};
	uint64_t id = ccid_recorder_id(r);
	int rc;

	put_control(r, &setup, NULL, id);
	rc = r->inner->ops->clear_halt(r->inner, pipe, deadline);
	put_control_answer(r, &setup, NULL, id, rc);
	note_unplug(r, rc);
	return rc;
}

/* What describes the device, as the inner transport has it now. */
static void describe(struct recorder *r)
{
	const struct ccid_transport_ops *ops = r->base.ops;
	const struct ccid_env *env = r->base.env;

	r->base = *r->inner;
	r->base.ops = ops;
	r->base.env = env;
}

static int recorder_reset(struct ccid_transport *t, int64_t deadline)
{
	struct recorder *r = recorder_of(t);
	const struct ccid_redir_packet p = {.type = CCID_REDIR_RESET};
	int rc;

	ccid_recorder_put(r, CCID_TRACE_FROM_GUEST, &p, NULL);
	rc = r->inner->ops->reset(r->inner, deadline);
	r->in_id = 0;
	describe(r);
	note_unplug(r, rc);
	if (rc >= 0)
		ccid_recorder_interrupts(r, true);
	return rc;
}

static int recorder_pause(struct ccid_transport *t, int64_t until)
{
	struct recorder *r = recorder_of(t);

	return r->inner->ops->pause(r->inner, until);
}

static int recorder_event_fd(struct ccid_transport *t)
{
	struct recorder *r = recorder_of(t);

	return r->inner->ops->event_fd(r->inner);
}

static void recorder_cancel(struct ccid_transport *t)
{
	struct recorder *r = recorder_of(t);

	r->inner->ops->cancel(r->inner);
}

static void recorder_free(struct recorder *r)
{
	if (r->owner == getpid())
		pthread_mutex_destroy(&r->lock);
	ccid_redactor_free(r->redactor);
	free(r->copy);
	free(r);
}

/* In the child of a fork the file is still the parent's, and the lock may be held for ever. */
static void recorder_close(struct ccid_transport *t)
{
	struct recorder *r = recorder_of(t);
	int err;

	if (!r->unplugged && r->owner == getpid())
		ccid_recorder_interrupts(r, false);
	r->inner->ops->close(r->inner);
	err = ccid_trace_close(r->file);
	if (err != 0)
		ccid_log(r->base.env, CCID_LOG_ERROR, r->base.id.address,
		         "the recording is not complete: %s", ccid_err_text(err));
	recorder_free(r);
}

static const struct ccid_transport_ops recorder_ops = {
	.name = "recorder",
	.close = recorder_close,
	.post_in = recorder_post_in,
	.bulk_out = recorder_bulk_out,
	.wait_in = recorder_wait_in,
	.drop_in = recorder_drop_in,
	.cut_in = recorder_cut_in,
	.interrupt_in = recorder_interrupt_in,
	.control = recorder_control,
	.clear_halt = recorder_clear_halt,
	.reset = recorder_reset,
	.pause = recorder_pause,
	.event_fd = recorder_event_fd,
	.cancel = recorder_cancel,
};

int ccid_transport_open_recorder(struct ccid_transport **out, struct ccid_transport *inner,
                                 const char *path, const struct ccid_env *env)
{
	struct recorder *r = calloc(1, sizeof *r);
	int err = CCID_E_NOMEM;

	if (r == NULL)
		return err;
	r->owner = getpid();
	r->copy = malloc(RECORDER_COPY);
	pthread_mutex_init(&r->lock, NULL);
	if (r->copy != NULL)
		err = ccid_redactor_new(&r->redactor, NULL);
	if (err == 0)
		err = ccid_trace_create(&r->file, path, false);
	if (err != 0) {
		recorder_free(r);
		return err;
	}
	r->base = *inner;
	r->base.ops = &recorder_ops;
	r->base.env = env;
	r->inner = inner;
	ccid_recorder_introduce(r);
	if (r->failed != 0) {
		err = r->failed;
		recorder_free(r);
		return err;
	}
	*out = &r->base;
	return 0;
}

int ccid_transport_recording(struct ccid_transport *t)
{
	struct recorder *r = recorder_of(t);
	int failed;

	if (t->ops != &recorder_ops)
		return CCID_E_ARG;
	pthread_mutex_lock(&r->lock);
	failed = r->failed;
	pthread_mutex_unlock(&r->lock);
	return failed;
}
