/* SPDX-License-Identifier: MIT */
/* The connection to a usb-host: bytes in and out of the parser, waiting, requests. */
#include "usbredir_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bytes.h"

#define REFILLS     64 /* reads of the stream in one round, so that a flood cannot hold us */
#define HELLO_MIN   64u
#define HELLO_MAX   192u
#define CONTROL_MAX 1024u /* packets that carry no data are all shorter */
#define FILTER_MAX  4096u
#define DATA_MAX    (CCID_REDIR_BULK_MAX + 16u)

int ccid_redir_status(uint8_t status)
{
	switch (status) {
	case usb_redir_success: return CCID_OK;
	case usb_redir_stall: return CCID_E_STALL;
	case usb_redir_timeout: return CCID_E_TIMEOUT;
	case usb_redir_babble: return CCID_E_BABBLE;
	default: /* cancelled by the host itself, inval, ioerror */ return CCID_E_IO;
	}
}

void ccid_redir_fail(struct ccid_redir *r, int err, const char *why)
{
	uint64_t one = 1;

	if (r->error < 0)
		return;
	r->error = err;
	if (r->queue_fd >= 0 && write(r->queue_fd, &one, sizeof one) < 0)
		why = "the link is over and the event descriptor is broken";
	ccid_log(r->base.env, CCID_LOG_INFO, r->base.id.address, "usbredir: %s (%s)", why,
	         ccid_err_name(err));
}

int ccid_redir_error(const struct ccid_redir *r)
{
	if (!r->opened || r->error == CCID_OK || r->error == CCID_E_DIVERGED)
		return r->error;
	return CCID_E_GONE;
}

/* The longest packet of a type that we take; 0 for types that a host never sends, or only to a
 * guest that has announced bulk streams or bulk receiving. */
static uint32_t longest(uint32_t type)
{
	switch (type) {
	case usb_redir_hello: return HELLO_MAX;
	case usb_redir_filter_filter: return FILTER_MAX;
	case usb_redir_device_connect:
	case usb_redir_device_disconnect:
	case usb_redir_interface_info:
	case usb_redir_ep_info:
	case usb_redir_configuration_status:
	case usb_redir_alt_setting_status:
	case usb_redir_iso_stream_status:
	case usb_redir_interrupt_receiving_status: return CONTROL_MAX;
	case usb_redir_control_packet:
	case usb_redir_bulk_packet:
	case usb_redir_iso_packet:
	case usb_redir_interrupt_packet: return DATA_MAX;
	default: return 0;
	}
}

static bool admit(struct ccid_redir *r)
{
	struct ccid_rd rd = ccid_rd(r->head, r->head_len);
	uint32_t type = ccid_rd_le32(&rd), length = ccid_rd_le32(&rd);

	if ((type == usb_redir_hello) == r->hello) {
		ccid_redir_fail(r, CCID_E_FORMAT,
		                r->hello ? "a second hello" : "a packet before the hello");
		return false;
	}
	if (longest(type) == 0 || length > longest(type) ||
	    (type == usb_redir_hello && length < HELLO_MIN)) {
		ccid_redir_fail(r, CCID_E_FORMAT, "a packet of unknown type or absurd length");
		return false;
	}
	r->head_len = 0;
	r->body_left = length;
	return true;
}

static size_t head_size(const struct ccid_redir *r)
{
	bool wide = r->hello && usbredirparser_peer_has_cap(r->parser, usb_redir_cap_64bits_ids);

	return wide ? 16 : 12;
}

/* Follow the packets in what the parser is about to see: it would allocate whatever a header says,
 * and take packets that come before the hello. */
static bool inspect(struct ccid_redir *r, const uint8_t *p, size_t n)
{
	while (n > 0) {
		size_t want = r->body_left > 0 ? r->body_left : head_size(r) - r->head_len;
		size_t k = n < want ? n : want;

		if (r->body_left > 0) {
			r->body_left -= (uint32_t)k;
		} else {
			memcpy(r->head + r->head_len, p, k);
			r->head_len += k;
			if (k == want && !admit(r))
				return false;
		}
		p += k;
		n -= k;
	}
	return true;
}

static int from_stream(struct ccid_redir *r, uint8_t *data, size_t cap)
{
	int n;

	if (r->refills == 0)
		return 0;
	r->refills--;
	n = r->stream->ops->read(r->stream, data, cap);
	if (n < 0)
		ccid_redir_fail(r, n, "the connection ended");
	return n;
}

static int read_some(struct ccid_redir *r, uint8_t *data, size_t cap)
{
	size_t n;

	if (r->rx_pos == r->rx_len) {
		int got;

		if (cap >= sizeof r->rx)
			return from_stream(r, data, cap);
		got = from_stream(r, r->rx, sizeof r->rx);
		if (got <= 0)
			return got;
		r->rx_pos = 0;
		r->rx_len = (size_t)got;
	}
	n = r->rx_len - r->rx_pos < cap ? r->rx_len - r->rx_pos : cap;
	memcpy(data, r->rx + r->rx_pos, n);
	ccid_wipe(r->rx + r->rx_pos, n);
	r->rx_pos += n;
	return (int)n;
}

/* Nothing counts that comes after the end: an unplug, or a packet that breaks the protocol. */
static int on_read(void *priv, uint8_t *data, int count)
{
	struct ccid_redir *r = priv;
	int n = r->error;

	if (n == CCID_OK && count > 0)
		n = read_some(r, data, (size_t)count);
	if (n < 0 || (n > 0 && !inspect(r, data, (size_t)n)))
		return -1;
	return n;
}

static int on_write(void *priv, uint8_t *data, int count)
{
	struct ccid_redir *r = priv;
	int n = count > 0 ? r->stream->ops->write(r->stream, data, (size_t)count) : 0;

	if (n >= 0)
		return n;
	ccid_redir_fail(r, n, "the connection takes no more");
	return -1;
}

/* The peer's own words may be in the text. */
static void on_log(void *priv, int level, const char *msg)
{
	struct ccid_redir *r = priv;
	char text[160];
	size_t i;

	if (level >= usbredirparser_debug_data || !ccid_env_logs(r->base.env, CCID_LOG_DEBUG))
		return;
	for (i = 0; i < sizeof text - 1 && msg[i] != '\0'; i++)
		text[i] = msg[i] >= ' ' && msg[i] <= '~' ? msg[i] : '?';
	text[i] = '\0';
	ccid_log(r->base.env, CCID_LOG_DEBUG, r->base.id.address, "%s", text);
}

void ccid_redir_flush(struct ccid_redir *r)
{
	if (usbredirparser_has_data_to_write(r->parser) && usbredirparser_do_write(r->parser) < 0)
		ccid_redir_fail(r, CCID_E_GONE, "the connection takes no more");
}

void ccid_redir_pump(struct ccid_redir *r)
{
	int rc;

	if (r->error == CCID_OK)
		ccid_redir_flush(r);
	if (r->error < 0)
		return;
	r->refills = REFILLS;
	rc = usbredirparser_do_read(r->parser);
	if (rc == usbredirparser_read_parse_error)
		ccid_redir_fail(r, CCID_E_FORMAT, "a malformed packet");
	else if (rc < 0)
		ccid_redir_fail(r, CCID_E_GONE, "the connection ended");
	ccid_redir_intr_tend(r);
	ccid_redir_flush(r);
}

bool ccid_redir_cancelled(struct ccid_redir *r)
{
	uint64_t n;

	if (read(r->cancel_fd, &n, sizeof n) != sizeof n)
		return false;
	atomic_fetch_sub(&r->cancels, 1);
	return true;
}

static int wait_for_peer(struct ccid_redir *r, bool cancellable, int64_t until)
{
	unsigned want = CCID_STREAM_READ;
	int rc;

	if (usbredirparser_has_data_to_write(r->parser))
		want |= CCID_STREAM_WRITE;
	r->polling = true;
	pthread_mutex_unlock(&r->lock);
	rc = r->stream->ops->wait(r->stream, want, cancellable ? r->cancel_fd : -1, until);
	pthread_mutex_lock(&r->lock);
	r->polling = false;
	return rc;
}

int ccid_redir_step(struct ccid_redir *r, bool cancellable, int64_t deadline)
{
	int64_t due = ccid_redir_intr_due(r);
	int64_t until = due < deadline ? due : deadline;
	int rc;

	if (r->error < 0)
		return ccid_redir_error(r);
	if (ccid_env_now(r->base.env) >= deadline)
		return CCID_E_TIMEOUT;
	rc = wait_for_peer(r, cancellable, until);
	if (rc == CCID_E_CANCELLED)
		return ccid_redir_cancelled(r) ? CCID_E_CANCELLED : CCID_OK;
	if (rc < 0)
		ccid_redir_fail(r, rc, "waiting failed");
	ccid_redir_pump(r);
	return rc == 0 && until == deadline ? CCID_E_TIMEOUT : CCID_OK;
}

void ccid_redir_forget(struct ccid_redir_req *req)
{
	*req = (struct ccid_redir_req){0};
}

/* Ids stay in 32 bits, so they mean the same on both widths of the link. */
uint64_t ccid_redir_begin(struct ccid_redir *r, struct ccid_redir_req *req)
{
	if (r->last_id > UINT32_MAX - 16)
		r->last_id = 0;
	*req = (struct ccid_redir_req){.id = ++r->last_id};
	req->first = req->id;
	return req->id;
}

int ccid_redir_await(struct ccid_redir *r, struct ccid_redir_req *req, int64_t deadline)
{
	int rc = CCID_OK;

	ccid_redir_pump(r);
	while (!req->done && rc == CCID_OK)
		rc = ccid_redir_step(r, true, deadline);
	if (req->done)
		rc = req->result;
	ccid_redir_forget(req);
	return rc;
}

static int open_events(struct ccid_redir *r)
{
	struct epoll_event ev = {.events = EPOLLIN};
	int fd = r->stream->ops->fd(r->stream);

	if (fd < 0)
		return CCID_OK;
	r->queue_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->event_fd = epoll_create1(EPOLL_CLOEXEC);
	if (r->queue_fd < 0 || r->event_fd < 0)
		return CCID_E_NOMEM;
	if (epoll_ctl(r->event_fd, EPOLL_CTL_ADD, fd, &ev) != 0 ||
	    epoll_ctl(r->event_fd, EPOLL_CTL_ADD, r->queue_fd, &ev) != 0)
		return CCID_E_IO;
	return CCID_OK;
}

static struct usbredirparser *make_parser(struct ccid_redir *r)
{
	struct usbredirparser *p = usbredirparser_create();
	uint32_t caps[USB_REDIR_CAPS_SIZE] = {0};

	if (p == NULL)
		return NULL;
	for (int cap = usb_redir_cap_connect_device_version;
	     cap <= usb_redir_cap_32bits_bulk_length; cap++)
		usbredirparser_caps_set_cap(caps, cap);
	p->priv = r;
	p->log_func = on_log;
	p->read_func = on_read;
	p->write_func = on_write;
	ccid_redir_callbacks(p);
	usbredirparser_init(p, "libiscard", caps, USB_REDIR_CAPS_SIZE, 0);
	return p;
}

int ccid_redir_link_open(struct ccid_redir *r, struct ccid_stream *stream)
{
	int rc;

	r->stream = stream;
	r->queue_fd = r->event_fd = -1;
	r->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
	if (r->cancel_fd < 0)
		return CCID_E_NOMEM;
	rc = open_events(r);
	if (rc < 0)
		return rc;
	r->parser = make_parser(r);
	return r->parser == NULL ? CCID_E_NOMEM : CCID_OK;
}

void ccid_redir_link_close(struct ccid_redir *r)
{
	if (r->parser != NULL)
		usbredirparser_destroy(r->parser);
	if (r->event_fd >= 0)
		close(r->event_fd);
	if (r->queue_fd >= 0)
		close(r->queue_fd);
	if (r->cancel_fd >= 0)
		close(r->cancel_fd);
	ccid_wipe(r->rx, sizeof r->rx);
}
