/* SPDX-License-Identifier: MIT */
/* usbredir bytes that somebody else wrote down: anew, a packet a block, PINs masked. */
#include "bytes.h"
#include "import_priv.h"
#include "pcapng.h"

#include <string.h>

#define TICK 1000u /* ns between two packets that have no time */

int ccid_import_talk_flow(struct ccid_import_talk *t)
{
	struct ccid_trace_packet packet;
	int got;

	while ((got = ccid_redir_frame_next(&t->frame, &packet)) == 1)
		ccid_import_put_raw(&t->job->out, &packet);
	if (got == 0)
		got = ccid_redir_frame_keep(&t->frame);
	if (got != 0)
		return ccid_import_fail(t->job, got, "%s", t->frame.problem);
	return t->job->out.failed;
}

/* A capture of link type 147. */

static int take_block(struct ccid_import_talk *t, const struct ccid_capture *c,
                      const struct ccid_pcapng_block *b)
{
	int err;

	if (b->link != CCID_LINKTYPE_USBREDIR)
		return 0;
	if (b->dir == 0)
		return ccid_import_fail(t->job, CCID_E_FORMAT,
		                        "usbredir bytes without direction (block at offset %llu)",
		                        (unsigned long long)c->ng.block);
	err = ccid_redir_frame_feed(&t->frame, b->dir, b->time_ns, b->data, b->len);
	if (err != 0)
		return ccid_import_fail(t->job, err, "%s", t->frame.problem);
	if (b->comment[0] != '\0')
		ccid_import_note(&t->job->out, "%s", b->comment);
	return ccid_import_talk_flow(t);
}

static int finish(struct ccid_import_talk *t, int got, const char *problem)
{
	if (got == 0 && ccid_redir_frame_waiting(&t->frame))
		got = ccid_import_fail(t->job, CCID_E_SHORT,
		                       "the conversation is cut off inside a usbredir packet");
	else if (got != 0 && t->job->report->problem[0] == '\0')
		ccid_import_fail(t->job, got, "%s", problem);
	ccid_redir_frame_free(&t->frame);
	return got;
}

int ccid_import_redir(struct ccid_import_job *j, struct ccid_capture *c)
{
	struct ccid_import_talk t = {.job = j};
	struct ccid_pcapng_block b;
	int got, err;

	j->report->format = "usbredir";
	j->rounds = 1;
	err = ccid_import_begin(j, "");
	while (err == 0 && (got = ccid_capture_next(c, &b)) != 0) {
		err = got < 0 ? got : take_block(&t, c, &b);
		ccid_import_step(j, &c->ng.in, 0);
	}
	err = finish(&t, err, c->ng.problem);
	ccid_capture_close(c);
	return err;
}

/* A dump of each direction. */

int ccid_redir_whose(const uint8_t *data, size_t len)
{
	struct ccid_rd r = ccid_rd(data, len);
	uint32_t type = ccid_rd_le32(&r), length = ccid_rd_le32(&r), id = ccid_rd_le32(&r);

	if (r.bad || type != CCID_REDIR_HELLO || id != 0 || length < CCID_REDIR_HELLO_LEN ||
	    length > CCID_REDIR_HELLO_LEN + 64 || length % 4 != 0)
		return -2;
	ccid_rd_view(&r, length);
	type = ccid_rd_le32(&r);
	if (r.bad)
		return -1;
	return type == CCID_REDIR_DEVICE_CONNECT || type == CCID_REDIR_INTERFACE_INFO ||
	       type == CCID_REDIR_EP_INFO || type == CCID_REDIR_FILTER_FILTER;
}

bool ccid_import_is_dump(struct ccid_input *in)
{
	const uint8_t *at = ccid_input_peek(in, CCID_REDIR_HEADER + CCID_REDIR_HELLO_LEN);

	return at != NULL && ccid_redir_whose(at, CCID_REDIR_HEADER) != -2;
}

struct dump {
	struct ccid_import_talk t;
	struct ccid_input *in[2]; /* host, guest */
	uint64_t asked;           /* highest id that the guest used */
	uint64_t time_ns;
};

static enum ccid_trace_dir dir_of(unsigned side)
{
	return side == 1 ? CCID_TRACE_FROM_GUEST : CCID_TRACE_FROM_HOST;
}

/* The next packet of one side: 1, 0 at its end or when it lacks the other side's hello. */
static int next_packet(struct dump *d, unsigned side, struct ccid_trace_packet *out)
{
	struct ccid_input *in = d->in[side];
	const uint8_t *at;
	size_t n;
	int got, err;

	for (;;) {
		got = ccid_redir_frame_next_of(&d->t.frame, dir_of(side), out);
		if (got != 0)
			return got;
		err = ccid_redir_frame_keep_of(&d->t.frame, dir_of(side));
		if (err != 0 || ccid_input_peek(in, 1) == NULL)
			return err != 0 ? err : in->failed;
		n = ccid_input_ready(in);
		at = ccid_input_peek(in, n);
		err = ccid_redir_frame_feed(&d->t.frame, dir_of(side), 0, at, n);
		if (err == 0)
			err = ccid_redir_frame_keep_of(&d->t.frame, dir_of(side));
		if (err == 0)
			err = ccid_input_skip(in, n);
		if (err != 0)
			return err;
		ccid_import_step(d->t.job, in, 0);
	}
}

static void put(struct dump *d, struct ccid_trace_packet *packet)
{
	d->time_ns += TICK;
	packet->time_ns = d->time_ns;
	ccid_import_put_raw(&d->t.job->out, packet);
}

static bool is_answer(const struct ccid_redir_packet *p)
{
	return p->type == CCID_REDIR_CONFIGURATION_STATUS ||
	       p->type == CCID_REDIR_ALT_SETTING_STATUS || p->type == CCID_REDIR_CONTROL ||
	       p->type == CCID_REDIR_BULK || (p->type == CCID_REDIR_INTERRUPT_STATUS && p->id != 0);
}

/* What the guest said up to a request; all of it for the highest id. */
static int let_guest_speak(struct dump *d, uint64_t id)
{
	struct ccid_trace_packet packet;
	struct ccid_redir_packet p;
	int got = 1;

	while (d->asked < id && (got = next_packet(d, 1, &packet)) == 1) {
		if (ccid_redir_decode(&p, packet.data, packet.len, packet.caps) == 0 &&
		    p.id > d->asked)
			d->asked = p.id;
		put(d, &packet);
	}
	return got < 0 ? got : 0;
}

/* There are no times: an answer comes right after what it answers. */
static int interleave(struct dump *d)
{
	struct ccid_trace_packet packet;
	struct ccid_redir_packet p;
	int got = next_packet(d, 0, &packet), err = 0;

	if (got == 1)
		put(d, &packet);
	if (got == 1 && (got = next_packet(d, 1, &packet)) == 1)
		put(d, &packet);
	while (got == 1 && err == 0 && (got = next_packet(d, 0, &packet)) == 1) {
		if (ccid_redir_decode(&p, packet.data, packet.len, packet.caps) == 0 &&
		    is_answer(&p))
			err = let_guest_speak(d, p.id);
		if (err == 0)
			put(d, &packet);
	}
	if (err == 0 && got == 0)
		err = let_guest_speak(d, UINT64_MAX);
	return err != 0 ? err : got;
}

/* The usb-host's dump is the one that tells of a device. */
static int tell_apart(struct ccid_import_job *j, struct ccid_input *in[2])
{
	int whose[2];

	for (unsigned i = 0; i < 2; i++) {
		const uint8_t *at = ccid_input_peek(in[i], 160);
		size_t n = at != NULL ? 160 : ccid_input_ready(in[i]);

		at = ccid_input_peek(in[i], n);
		whose[i] = at != NULL ? ccid_redir_whose(at, n) : -2;
	}
	if (whose[0] == -2 || whose[1] == -2)
		return ccid_import_fail(j, CCID_E_FORMAT,
		                        "not two dumps that begin with a usbredir hello");
	if ((whose[0] == 1) == (whose[1] == 1))
		return ccid_import_fail(j, CCID_E_FORMAT, "two dumps of the same direction");
	if (whose[1] == 1) {
		struct ccid_input *first = in[0];

		in[0] = in[1];
		in[1] = first;
	}
	return 0;
}

int ccid_import_dumps(struct ccid_import_job *j, struct ccid_input *one, struct ccid_input *two)
{
	struct dump d = {.t = {.job = j}, .in = {one, two}};
	int err = tell_apart(j, d.in);

	j->report->format = "usbredir";
	j->rounds = 1;
	if (err == 0)
		err = ccid_import_begin(j,
		                        "The dumps have no times; those here are made up, and the "
		                        "order of the two directions follows from the answers.");
	if (err == 0)
		err = interleave(&d);
	if (err == 0)
		err = j->out.failed;
	err = finish(&d.t, err, d.t.frame.problem[0] ? d.t.frame.problem : ccid_err_text(err));
	ccid_input_close(one);
	ccid_input_close(two);
	return err;
}
