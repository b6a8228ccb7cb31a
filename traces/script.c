/* SPDX-License-Identifier: MIT */
#include "script.h"

#include "bytes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int ccid_script_room(void **array, size_t *cap, size_t count, size_t size)
{
	size_t want = count < 16 ? 16 : count * 2;
	void *p;

	if (count < *cap)
		return 0;
	p = realloc(*array, want * size);
	if (p == NULL)
		return CCID_E_NOMEM;
	*array = p;
	*cap = want;
	return 0;
}

void ccid_script_free(struct ccid_script *s)
{
	free(s->in.p);
	free(s->out.p);
	free(s->misc.p);
	free(s->cmd);
	free(s->item);
	free(s->mask);
	free(s->event);
	free(s->control);
	*s = (struct ccid_script){0};
}

const struct ccid_script_control *ccid_script_find_control(const struct ccid_script *s,
                                                           const struct ccid_redir_packet *q,
                                                           bool any_index)
{
	const struct ccid_script_control *best = NULL;

	for (size_t i = 0; i < s->controls; i++) {
		const struct ccid_script_control *c = &s->control[i];

		if (c->request_type != q->request_type || c->request != q->request ||
		    c->value != q->value || (c->index != q->index && !any_index))
			continue;
		if (best == NULL || (c->status == CCID_REDIR_OK &&
		                     (best->status != CCID_REDIR_OK || c->len > best->len)))
			best = c;
	}
	return best;
}

static const struct ccid_script_control *descriptor(const struct ccid_script *s, uint8_t type)
{
	const struct ccid_redir_packet q = {
		.request_type = 0x80, .request = 6, .value = (uint16_t)(type << 8)};
	const struct ccid_script_control *c = ccid_script_find_control(s, &q, false);

	return c != NULL && c->status == CCID_REDIR_OK ? c : NULL;
}

/* USB 2.0, 9.6.1, from what device_connect says. */
static void make_device_desc(struct ccid_script *s)
{
	struct ccid_wr w = ccid_wr(s->device_desc, sizeof s->device_desc);

	ccid_wr_u8(&w, 18);
	ccid_wr_u8(&w, 1);
	ccid_wr_le16(&w, s->device.speed == 3 ? 0x0300 : 0x0200);
	ccid_wr_u8(&w, s->device.cls);
	ccid_wr_u8(&w, s->device.subcls);
	ccid_wr_u8(&w, s->device.protocol);
	ccid_wr_u8(&w, s->device.speed == 3 ? 9 : s->device.speed == 0 ? 8 : 64);
	ccid_wr_le16(&w, s->device.vid);
	ccid_wr_le16(&w, s->device.pid);
	ccid_wr_le16(&w, s->device.bcd_device);
	ccid_wr_le(&w, 0, 3);
	ccid_wr_u8(&w, 1);
}

static int take_config(struct ccid_script *s)
{
	const struct ccid_script_control *c = descriptor(s, 2);
	const uint8_t *p;
	size_t total;

	if (c == NULL || c->len < 9)
		return CCID_E_FORMAT;
	p = s->misc.p + c->off;
	total = (size_t)(p[2] | p[3] << 8);
	if (c->len < total || total < 9)
		return CCID_E_FORMAT;
	s->config_off = c->off;
	s->config_len = total;
	return 0;
}

/* The interface that the recorded driver used: the one whose bulk OUT endpoint got commands. */
static int choose_interface(struct ccid_script *s, uint8_t bulk_out)
{
	struct ccid_interface i;
	size_t pos = 0;
	bool found = false;

	while (ccid_config_next(s->misc.p + s->config_off, s->config_len, &pos, &i) == 1) {
		if (found && i.bulk_out.address != bulk_out)
			continue;
		s->iface = i;
		found = true;
		if (bulk_out == 0 || i.bulk_out.address == bulk_out)
			break;
	}
	if (!found)
		return CCID_E_FORMAT;
	return ccid_class_desc_decode(&s->desc, s->iface.desc, CCID_CLASS_DESC_LEN);
}

static int settle(struct ccid_script *s, uint8_t bulk_out, char *problem, size_t cap)
{
	const struct ccid_script_control *c = descriptor(s, 1);
	const char *why = NULL;

	if (c != NULL && c->len >= sizeof s->device_desc)
		memcpy(s->device_desc, s->misc.p + c->off, sizeof s->device_desc);
	else
		make_device_desc(s);
	if (take_config(s) != 0)
		why = "holds no whole configuration descriptor, so the reader is not known";
	else if (choose_interface(s, bulk_out) != 0)
		why = "holds no CCID interface";
	if (why == NULL)
		return 0;
	snprintf(problem, cap, "the trace %s", why);
	return CCID_E_FORMAT;
}

static int read_packets(struct ccid_script *s, struct ccid_script_build *b,
                        struct ccid_trace_reader *r, const struct ccid_env *env)
{
	struct ccid_trace_packet from;
	struct ccid_redir_packet p;
	uint64_t number = 0;
	int got;

	while ((got = ccid_trace_next(r, &from)) == 1) {
		number++;
		if (ccid_redir_decode(&p, from.data, from.len, from.caps) != 0)
			continue;
		got = ccid_script_build_packet(b, &p, &from, number);
		if (got != 0)
			return got;
		if (ccid_script_build_over(b)) {
			ccid_log(env, CCID_LOG_WARNING, NULL,
			         "the trace holds another connection from packet %" PRIu64
			         " on, which is not played",
			         number);
			return 0;
		}
	}
	if (got != CCID_E_SHORT)
		return got;
	ccid_log(env, CCID_LOG_WARNING, NULL, "trace: %s; played up to there",
	         ccid_trace_problem(r));
	s->cut = true;
	return 0;
}

static int load(struct ccid_script *s, struct ccid_script_build *b, struct ccid_trace_reader *r,
                const struct ccid_env *env, char problem[CCID_TRACE_PROBLEM_MAX])
{
	int err = read_packets(s, b, r, env);

	if (err != 0) {
		snprintf(problem, CCID_TRACE_PROBLEM_MAX, "%s",
		         ccid_trace_problem(r)[0] != '\0' ? ccid_trace_problem(r)
		                                          : ccid_err_text(err));
		return err;
	}
	if (!ccid_script_build_connected(b)) {
		snprintf(problem, CCID_TRACE_PROBLEM_MAX, "the trace holds no device%s",
		         s->cut ? ": it is cut off before" : "");
		return CCID_E_FORMAT;
	}
	return settle(s, ccid_script_build_bulk_out(b), problem, CCID_TRACE_PROBLEM_MAX);
}

int ccid_script_load(struct ccid_script *s, const char *path, const struct ccid_env *env,
                     char *problem, size_t cap)
{
	char text[CCID_TRACE_PROBLEM_MAX] = "";
	struct ccid_trace_reader *r = NULL;
	struct ccid_script_build *b = NULL;
	int err = ccid_trace_open(&r, path, text, sizeof text);

	*s = (struct ccid_script){0};
	for (size_t i = 0; i < sizeof s->first / sizeof s->first[0]; i++)
		s->first[i] = CCID_SCRIPT_NONE;
	if (err == 0)
		err = ccid_script_build_new(&b, s);
	if (err == 0)
		err = load(s, b, r, env, text);
	ccid_script_build_free(b);
	ccid_trace_reader_close(r);
	if (err != 0) {
		ccid_script_free(s);
		if (problem != NULL && cap > 0)
			snprintf(problem, cap, "%s", text[0] != '\0' ? text : ccid_err_text(err));
	}
	return err;
}
