/* SPDX-License-Identifier: MIT */
#include "proxy_log.h"

#include "bytes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#define HELD_MAX 16u /* packets before it is known who is the host */
#define UNKNOWN  2u

/* What one side said and no packet has taken yet. */
struct side {
	uint8_t *buf;     /* CCID_TRACE_PACKET_MAX */
	size_t len, most; /* most: there ever were */
	bool hello;
	uint32_t caps;
};

/* A packet that waits for its direction. */
struct held {
	uint8_t *data;
	size_t len;
	uint64_t time_ns;
	unsigned side;
	uint32_t caps;
};

struct ccid_proxy_log {
	const struct ccid_env *env;
	struct ccid_trace_writer *file; /* NULL once recording has stopped */
	struct ccid_redactor *redactor;
	struct side side[2];
	uint8_t *copy;
	unsigned host, guess; /* host: UNKNOWN at first */
	struct held held[HELD_MAX];
	unsigned holding;
	uint64_t packets;
	int failed;
};

static uint64_t now_ns(const struct ccid_proxy_log *l)
{
	struct timespec ts;

	if (l->env->now_ms != NULL)
		return (uint64_t)ccid_env_now(l->env) * 1000000u;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void stop(struct ccid_proxy_log *l, int err, const char *why)
{
	int end = ccid_trace_close(l->file);

	l->file = NULL;
	l->failed = err != 0 ? err : end;
	ccid_log(l->env, CCID_LOG_ERROR, NULL, "recording ends here, the bytes go on: %s", why);
}

int ccid_proxy_log_open(struct ccid_proxy_log **out, unsigned host, const char *path,
                        const struct ccid_env *env)
{
	struct ccid_proxy_log *l = calloc(1, sizeof *l);
	int err = CCID_E_NOMEM;

	if (l == NULL)
		return err;
	l->env = env;
	l->host = UNKNOWN;
	l->guess = host;
	l->copy = malloc(CCID_TRACE_PACKET_MAX);
	l->side[0].buf = malloc(CCID_TRACE_PACKET_MAX);
	l->side[1].buf = malloc(CCID_TRACE_PACKET_MAX);
	if (l->copy != NULL && l->side[0].buf != NULL && l->side[1].buf != NULL)
		err = ccid_redactor_new(&l->redactor, NULL);
	if (err == 0)
		err = ccid_trace_create(&l->file, path, false);
	if (err != 0) {
		ccid_proxy_log_close(l);
		return err;
	}
	*out = l;
	return 0;
}

static void wipe_and_free(uint8_t *p, size_t len)
{
	if (p != NULL)
		ccid_wipe(p, len);
	free(p);
}

static void drop_held(struct ccid_proxy_log *l)
{
	for (unsigned i = 0; i < l->holding; i++)
		wipe_and_free(l->held[i].data, l->held[i].len);
	l->holding = 0;
}

static int write_copy(struct ccid_proxy_log *l, const struct held *h)
{
	enum ccid_trace_dir dir = h->side == l->host ? CCID_TRACE_FROM_HOST : CCID_TRACE_FROM_GUEST;
	char comment[CCID_TRACE_COMMENT_MAX];
	struct ccid_mask_list spans = {.count = 0};
	struct ccid_redir_packet p;
	size_t before;
	int err;

	memcpy(l->copy, h->data, h->len);
	if (ccid_redir_decode(&p, h->data, h->len, h->caps) == 0) {
		before = h->len - p.data_len;
		err = ccid_redactor_packet(l->redactor, dir, &p, l->copy + before, &spans);
		if (err != 0)
			return err;
		for (unsigned i = 0; i < spans.count; i++)
			spans.span[i].off += before;
	}
	ccid_mask_comment(comment, sizeof comment, "masked", &spans, NULL);
	return ccid_trace_write(l->file, dir, h->time_ns, l->copy, h->len, comment);
}

static int write_packet(struct ccid_proxy_log *l, const struct held *h)
{
	int err = write_copy(l, h);

	ccid_wipe(l->copy, h->len);
	l->packets += err == 0;
	return err;
}

/* Who sends packets of this type: 1 the host, 0 the guest, -1 both. A request comes before any
 * answer, so the first packet with data is the guest's. */
static int is_hosts(uint32_t type)
{
	switch (type) {
	case CCID_REDIR_HELLO:
	case CCID_REDIR_FILTER_FILTER: return -1;
	case CCID_REDIR_DEVICE_CONNECT:
	case CCID_REDIR_DEVICE_DISCONNECT:
	case CCID_REDIR_INTERFACE_INFO:
	case CCID_REDIR_EP_INFO:
	case CCID_REDIR_CONFIGURATION_STATUS:
	case CCID_REDIR_ALT_SETTING_STATUS:
	case CCID_REDIR_INTERRUPT_STATUS: return 1;
	default: return 0;
	}
}

static int write_held(struct ccid_proxy_log *l)
{
	int err = 0;

	for (unsigned i = 0; i < l->holding && err == 0; i++)
		err = write_packet(l, &l->held[i]);
	drop_held(l);
	return err;
}

static int hold(struct ccid_proxy_log *l, const struct held *h)
{
	struct held *to = &l->held[l->holding];

	*to = *h;
	to->data = malloc(h->len);
	if (to->data == NULL)
		return CCID_E_NOMEM;
	memcpy(to->data, h->data, h->len);
	l->holding++;
	return 0;
}

static int take_packet(struct ccid_proxy_log *l, const struct held *h, uint32_t type)
{
	int hosts = is_hosts(type);
	int err = 0;

	if (l->host == UNKNOWN && hosts < 0 && l->holding < HELD_MAX)
		return hold(l, h);
	if (l->host == UNKNOWN) {
		l->host = hosts < 0 ? l->guess : hosts == 1 ? h->side : 1 - h->side;
		err = write_held(l);
	}
	return err != 0 ? err : write_packet(l, h);
}

/* The length of the packet at the front of a side: 0 when it is not all there, or the other side's
 * hello must come first; CCID_E_FORMAT. */
static int frame(const struct ccid_proxy_log *l, unsigned side, uint32_t *type, uint32_t *caps)
{
	const struct side *s = &l->side[side];
	struct ccid_rd r = ccid_rd(s->buf, s->len);
	uint32_t length;
	size_t header;

	*type = ccid_rd_le32(&r);
	length = ccid_rd_le32(&r);
	if (r.bad)
		return 0;
	if (*type != CCID_REDIR_HELLO && !l->side[1 - side].hello)
		return s->hello ? 0 : CCID_E_FORMAT;
	if (*type != CCID_REDIR_HELLO && !s->hello)
		return CCID_E_FORMAT;
	*caps = *type == CCID_REDIR_HELLO ? 0 : l->side[0].caps & l->side[1].caps;
	header = ccid_redir_header_len(*caps);
	if (length > CCID_TRACE_PACKET_MAX - header ||
	    (*type == CCID_REDIR_HELLO && (length < CCID_REDIR_HELLO_LEN || s->hello)))
		return CCID_E_FORMAT;
	return s->len < header + length ? 0 : (int)(header + length);
}

/* All whole packets of a side. */
static int take_packets(struct ccid_proxy_log *l, unsigned side)
{
	struct side *s = &l->side[side];
	uint32_t type, caps = 0;
	int n, err = 0;

	while (err == 0 && (n = frame(l, side, &type, &caps)) != 0) {
		const struct held h = {.data = s->buf,
		                       .len = (size_t)(n > 0 ? n : 0),
		                       .time_ns = now_ns(l),
		                       .side = side,
		                       .caps = caps};

		if (n < 0)
			return n;
		if (type == CCID_REDIR_HELLO) {
			s->hello = true;
			s->caps = ccid_redir_hello_caps(s->buf + CCID_REDIR_HEADER,
			                                h.len - CCID_REDIR_HEADER);
		}
		err = take_packet(l, &h, type);
		s->len -= h.len;
		memmove(s->buf, s->buf + h.len, s->len);
	}
	return err;
}

static int take_some(struct ccid_proxy_log *l, unsigned side, const uint8_t *data, size_t len)
{
	struct side *s = &l->side[side];

	memcpy(s->buf + s->len, data, len);
	s->len += len;
	s->most = s->len > s->most ? s->len : s->most;
	return take_packets(l, side);
}

void ccid_proxy_log_bytes(struct ccid_proxy_log *l, unsigned side, const uint8_t *data, size_t len)
{
	while (len > 0 && l->file != NULL) {
		size_t room = CCID_TRACE_PACKET_MAX - l->side[side].len;
		size_t n = len < room ? len : room;
		int err = room > 0 ? take_some(l, side, data, n) : CCID_E_FORMAT;

		if (err == 0) /* a hello lets the other side's packets be told apart */
			err = take_packets(l, 1 - side);
		if (err != 0)
			stop(l, err,
			     err == CCID_E_FORMAT ? "this is no usbredir" : ccid_err_text(err));
		data += n;
		len -= n;
	}
}

uint64_t ccid_proxy_log_packets(const struct ccid_proxy_log *l)
{
	return l->packets;
}

/* A connection that ended before it was clear who is the host. */
static void finish(struct ccid_proxy_log *l)
{
	int err;

	if (l->file == NULL || l->host != UNKNOWN)
		return;
	l->host = l->guess;
	err = write_held(l);
	if (err != 0)
		stop(l, err, ccid_err_text(err));
}

int ccid_proxy_log_close(struct ccid_proxy_log *l)
{
	int err, end;

	finish(l);
	end = ccid_trace_close(l->file);
	err = l->failed != 0 ? l->failed : end;
	drop_held(l);
	ccid_redactor_free(l->redactor);
	wipe_and_free(l->side[0].buf, l->side[0].most);
	wipe_and_free(l->side[1].buf, l->side[1].most);
	free(l->copy); /* wiped after each packet */
	free(l);
	return err;
}
