/* SPDX-License-Identifier: MIT */
/* A usbredir connection out of a capture of the network. */
#include "bytes.h"
#include "import_priv.h"
#include "ip_packet.h"
#include "redir_packet.h"
#include "tcp_stream.h"
#include "words.h"

#include <arpa/inet.h>
#include <stdlib.h>

#define CONNECTIONS 32

/* A connection in which one end said hello. */
struct connection {
	bool v6;
	struct ccid_tcp_end end[2]; /* end 0 said it first */
	bool hello[2];
	uint32_t start[2]; /* number of the first byte of it */
	int host;          /* end that is the usb-host, -1 when not known yet */
};

struct network {
	struct ccid_import_job *job;
	struct ccid_capture *c;
	struct connection connection[CONNECTIONS];
	unsigned connections;
};

bool ccid_import_is_ip(uint32_t link)
{
	return ccid_ip_link(link);
}

static bool same_end(const struct ccid_tcp_end *a, const struct ccid_tcp_end *b)
{
	return a->port == b->port && memcmp(a->address, b->address, sizeof a->address) == 0;
}

/* The end of the connection that sent the segment, -1 when it is another connection's. */
static int sender(const struct connection *k, const struct ccid_tcp_segment *g)
{
	if (k->v6 != g->v6)
		return -1;
	if (same_end(&k->end[0], &g->from) && same_end(&k->end[1], &g->to))
		return 0;
	return same_end(&k->end[1], &g->from) && same_end(&k->end[0], &g->to) ? 1 : -1;
}

static struct connection *find(struct network *n, const struct ccid_tcp_segment *g, int *end)
{
	for (unsigned i = 0; i < n->connections; i++) {
		*end = sender(&n->connection[i], g);
		if (*end >= 0)
			return &n->connection[i];
	}
	return NULL;
}

static struct connection *add(struct network *n, const struct ccid_tcp_segment *g)
{
	struct connection *k = &n->connection[n->connections];

	if (n->connections == CONNECTIONS)
		return NULL;
	*k = (struct connection){.v6 = g->v6, .end = {g->from, g->to}, .host = -1};
	n->connections++;
	return k;
}

/* Packets that one side only sends, at the start of a segment. */
static int whose_packet(const uint8_t *data, size_t len)
{
	struct ccid_rd r = ccid_rd(data, len);

	switch (ccid_rd_le32(&r)) {
	case CCID_REDIR_DEVICE_CONNECT:
	case CCID_REDIR_INTERFACE_INFO:
	case CCID_REDIR_EP_INFO: return r.bad ? -1 : 1;
	case CCID_REDIR_SET_CONFIGURATION:
	case CCID_REDIR_RESET: return r.bad ? -1 : 0;
	default: return -1;
	}
}

static void look_at(struct network *n, const struct ccid_tcp_segment *g)
{
	int end = 0, whose = ccid_redir_whose(g->data, g->len);
	struct connection *k = find(n, g, &end);
	bool hello = whose != -2;

	if (k == NULL && hello) {
		k = add(n, g);
		end = 0;
	}
	if (k == NULL)
		return;
	if (hello && !k->hello[end]) {
		k->hello[end] = true;
		k->start[end] = g->seq;
	}
	if (!hello)
		whose = whose_packet(g->data, g->len);
	if (k->host < 0 && whose == 1)
		k->host = end;
	else if (k->host < 0 && whose == 0 && !hello)
		k->host = 1 - end;
}

static void name_end(struct ccid_words *w, const struct connection *k, unsigned i)
{
	char text[INET6_ADDRSTRLEN] = "?";

	inet_ntop(k->v6 ? AF_INET6 : AF_INET, k->end[i].address, text, sizeof text);
	ccid_words_add(w, k->v6 ? "[%s]:%u" : "%s:%u", text, (unsigned)k->end[i].port);
}

static bool fits(const struct network *n, const struct connection *k)
{
	unsigned port = n->job->options->port;

	return k->hello[0] && k->hello[1] &&
	       (port == 0 || k->end[0].port == port || k->end[1].port == port);
}

static const struct connection *choose(const struct network *n, char *problem, size_t cap)
{
	struct ccid_words w = ccid_words(problem, cap);
	const struct connection *chosen = NULL;
	unsigned found = 0;

	for (unsigned i = 0; i < n->connections; i++) {
		const struct connection *k = &n->connection[i];

		if (!fits(n, k))
			continue;
		ccid_words_add(&w, "%s",
		               found++ > 0 ? ", "
		                           : "several usbredir connections, choose "
		                             "one by its port: ");
		chosen = k;
		name_end(&w, k, 0);
		ccid_words_add(&w, " to ");
		name_end(&w, k, 1);
	}
	if (found == 0)
		ccid_words_add(&w,
		               "no connection begins as usbredir does, with a hello of each end");
	return found == 1 ? chosen : NULL;
}

static int look(struct network *n)
{
	struct ccid_pcapng_block b;
	struct ccid_tcp_segment g;
	int got;

	while ((got = ccid_capture_next(n->c, &b)) == 1) {
		if (ccid_tcp_decode(&g, b.link, b.data, b.len))
			look_at(n, &g);
		ccid_import_step(n->job, &n->c->ng.in, 0);
	}
	return got;
}

/* The second round. */

struct flow {
	struct ccid_import_talk t;
	const struct connection *k;
	struct ccid_tcp_stream stream[2]; /* by end */
};

static enum ccid_trace_dir dir_of(const struct flow *f, int end)
{
	return end == f->k->host ? CCID_TRACE_FROM_HOST : CCID_TRACE_FROM_GUEST;
}

static int missing(const struct flow *f, const struct network *n)
{
	uint32_t gap[2] = {ccid_tcp_gap(&f->stream[0]), ccid_tcp_gap(&f->stream[1])};

	return ccid_import_fail(n->job, CCID_E_SHORT,
	                        "%u bytes of the connection were not captured (before offset %llu)",
	                        (unsigned)(gap[0] != 0 ? gap[0] : gap[1]),
	                        (unsigned long long)n->c->ng.in.offset);
}

static int take_segment(struct flow *f, const struct network *n, int end,
                        const struct ccid_tcp_segment *g, uint64_t time_ns)
{
	struct ccid_tcp_stream *s = &f->stream[end];
	struct ccid_tcp_piece piece;
	int got = ccid_tcp_take(s, g, time_ns, &piece), err = 0;

	if (got == CCID_E_SHORT)
		return missing(f, n);
	while (got == 1 && err == 0) {
		err = ccid_redir_frame_feed(&f->t.frame, dir_of(f, end), piece.time_ns, piece.data,
		                            piece.len);
		if (err != 0)
			return ccid_import_fail(n->job, err, "%s", f->t.frame.problem);
		err = ccid_import_talk_flow(&f->t);
		got = ccid_tcp_more(s, &piece);
	}
	return err != 0 ? err : got;
}

static int convert(struct network *n, struct flow *f)
{
	struct ccid_pcapng_block b;
	struct ccid_tcp_segment g;
	int got, err = 0, end;

	while (err == 0 && (got = ccid_capture_next(n->c, &b)) != 0) {
		if (got < 0)
			return ccid_import_fail(n->job, got, "%s", n->c->ng.problem);
		if (ccid_tcp_decode(&g, b.link, b.data, b.len) && (end = sender(f->k, &g)) >= 0)
			err = take_segment(f, n, end, &g, b.time_ns);
		ccid_import_step(n->job, &n->c->ng.in, 1);
	}
	if (err == 0 && (f->stream[0].earlies > 0 || f->stream[1].earlies > 0))
		err = missing(f, n);
	if (err == 0 && ccid_redir_frame_waiting(&f->t.frame))
		err = ccid_import_fail(n->job, CCID_E_SHORT,
		                       "the connection is cut off inside a usbredir packet");
	return err;
}

static int second_round(struct network *n, const struct connection *k)
{
	struct flow *f = calloc(1, sizeof *f);
	int err;

	if (f == NULL)
		return ccid_import_fail(n->job, CCID_E_NOMEM, "out of memory");
	f->t.job = n->job;
	f->k = k;
	f->stream[0].next = k->start[0];
	f->stream[1].next = k->start[1];
	err = ccid_capture_rewind(n->c);
	if (err == 0)
		err = ccid_import_begin(n->job, "");
	if (err == 0)
		err = convert(n, f);
	ccid_tcp_free(&f->stream[0]);
	ccid_tcp_free(&f->stream[1]);
	ccid_redir_frame_free(&f->t.frame);
	free(f);
	return err;
}

int ccid_import_tcp(struct ccid_import_job *j, struct ccid_capture *c)
{
	char problem[CCID_TRACE_PROBLEM_MAX];
	struct network n = {.job = j, .c = c};
	const struct connection *k;
	int err;

	j->report->format = "tcp";
	err = look(&n);
	k = choose(&n, problem, sizeof problem);
	if (k == NULL && err != 0)
		err = ccid_import_fail(j, err, "%s", c->ng.problem);
	else if (k == NULL)
		err = ccid_import_fail(j, CCID_E_NOTFOUND, "%s", problem);
	else if (k->host < 0)
		err = ccid_import_fail(j, CCID_E_FORMAT,
		                       "neither end of the connection tells of a device");
	else
		err = second_round(&n, k);
	ccid_capture_close(c);
	return err;
}
