/* SPDX-License-Identifier: MIT */
#include "redir_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void redir_guest_init(struct redir_guest *g)
{
	fake_clock_init(&g->fake);
	redir_host_init(&g->host, &g->fake);
	for (size_t i = 0; i < sizeof g->out; i++)
		g->out[i] = (uint8_t)(i * 31 + (i >> 8));
	memset(g->in, 0, sizeof g->in);
	g->t = NULL;
}

int redir_guest_attach(struct redir_guest *g, struct ccid_stream *s)
{
	int rc;

	if (s == NULL)
		s = redir_host_stream(&g->host);
	rc = ccid_transport_open_usbredir(&g->t, s, REDIR_ADDRESS, -1, &g->fake.env,
	                                  g->fake.now + 5000);
	if (rc < 0)
		s->ops->close(s);
	return rc;
}

void redir_guest_open(struct redir_guest *g)
{
	redir_host_hello(&g->host);
	assert_int_equal(redir_guest_attach(g, NULL), 0);
}

void redir_guest_close(struct redir_guest *g)
{
	if (g->t != NULL)
		g->t->ops->close(g->t);
	g->t = NULL;
}

int redir_guest_wait(struct redir_guest *g, int64_t ms)
{
	return g->t->ops->wait_in(g->t, g->fake.now + ms);
}

int redir_guest_post(struct redir_guest *g, size_t cap)
{
	return g->t->ops->post_in(g->t, g->in, cap);
}

int redir_guest_out(struct redir_guest *g, size_t len)
{
	return g->t->ops->bulk_out(g->t, g->out, len, g->fake.now + 1000);
}

int redir_guest_interrupt(struct redir_guest *g)
{
	return g->t->ops->interrupt_in(g->t, g->in, 80);
}

int redir_guest_abort(struct redir_guest *g, int64_t ms)
{
	static const struct ccid_setup setup = {0x21, 0x01, 0x0700, 0, 0};

	return g->t->ops->control(g->t, &setup, NULL, g->fake.now + ms);
}

void redir_guest_echo(struct redir_guest *g, size_t len)
{
	memset(g->in, 0, len);
	assert_int_equal(redir_guest_post(g, (len / 64 + 1) * 64), 0);
	assert_int_equal(redir_guest_out(g, len), 0);
	assert_int_equal(redir_guest_wait(g, 1000), len);
	assert_memory_equal(g->in, g->out, len);
}
