/* SPDX-License-Identifier: MIT */
/* Opening a reader behind usbredir, its interrupt stream, resets: what goes over the wire. */
#include "redir_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct redir_guest g;

static int fresh(void **state)
{
	(void)state;
	redir_guest_init(&g);
	return 0;
}

static int done(void **state)
{
	(void)state;
	redir_guest_close(&g);
	return g.host.bad ? -1 : 0;
}

static int try_open(void)
{
	redir_host_hello(&g.host);
	return redir_guest_attach(&g, NULL);
}

/* The n-th packet of a type, counted from the last one. */
static const struct redir_packet *sent(uint32_t type, unsigned back)
{
	for (unsigned i = g.host.packets; i-- > 0;)
		if (g.host.log[i].type == type && back-- == 0)
			return &g.host.log[i];
	fail_msg("no such packet of type %u", type);
	return NULL;
}

static void the_device_is_known_after_opening(void **state)
{
	(void)state;
	redir_guest_open(&g);
	assert_string_equal(g.t->ops->name, "usbredir");
	assert_string_equal(g.t->id.address, REDIR_ADDRESS);
	assert_string_equal(g.t->id.manufacturer, "Test");
	assert_string_equal(g.t->id.product, "Reader");
	assert_string_equal(g.t->id.serial, "S1");
	assert_string_equal(g.t->id.interface_name, "");
	assert_int_equal(g.t->id.vid, 0x1209);
	assert_int_equal(g.t->id.pid, 0x0001);
	assert_int_equal(g.t->id.bcd_device, 0x0100);
	assert_int_equal(g.t->id.speed, 1);
	assert_memory_equal(g.t->device_desc, g.host.desc.device, 18);
	assert_int_equal(g.t->config_len, g.host.desc.config_len);
	assert_memory_equal(g.t->config, g.host.desc.config, g.t->config_len);
	assert_int_equal(g.t->iface.bulk_in.address, g.host.ep_in);
	assert_int_equal(g.t->iface.bulk_out.address, g.host.ep_out);
	assert_int_equal(g.t->iface.intr_in.address, g.host.ep_int);
	assert_true(g.t->iface.desc > g.t->config);
	assert_true(g.t->iface.desc < g.t->config + g.t->config_len);
}

static void capabilities_one_to_six_are_announced(void **state)
{
	(void)state;
	redir_guest_open(&g);
	assert_int_equal(g.host.log[0].type, REDIR_HELLO);
	assert_int_equal(g.host.guest_caps, 0x7E);
	assert_int_equal(g.host.log[0].start[31], 0);
}

static void a_configured_device_is_left_as_it_is(void **state)
{
	(void)state;
	redir_guest_open(&g);
	assert_int_equal(g.host.by_type[REDIR_SET_CONFIGURATION], 0);
	assert_int_equal(g.host.by_type[REDIR_SET_ALT_SETTING], 0);
	assert_true(g.host.interrupt_on);
	assert_int_equal(sent(REDIR_START_INTERRUPT, 0)->start[0], 0x83);
}

static void an_unconfigured_device_is_configured_by_its_own_packet(void **state)
{
	(void)state;
	g.host.configuration = 0;
	redir_guest_open(&g);
	assert_int_equal(g.host.by_type[REDIR_SET_CONFIGURATION], 1);
	assert_int_equal(g.host.configuration, 1);
	redir_guest_echo(&g, 20);
}

static bool refuse_set(struct redir_host *h, const struct redir_packet *p)
{
	h->status_config = p->type == REDIR_SET_CONFIGURATION ? 4 : 0;
	return false;
}

static void a_refused_configuration_ends_the_opening(void **state)
{
	(void)state;
	g.host.configuration = 0;
	g.host.handle = refuse_set;
	assert_int_equal(try_open(), CCID_E_IO);
}

static void another_alternate_setting_is_set_by_its_own_packet(void **state)
{
	(void)state;
	g.host.desc.config[9 + 3] = 2;
	redir_guest_open(&g);
	assert_int_equal(g.host.by_type[REDIR_SET_ALT_SETTING], 1);
	assert_memory_equal(sent(REDIR_SET_ALT_SETTING, 0)->start, "\x00\x02", 2);
	assert_int_equal(g.t->iface.alt, 2);
}

static void a_device_in_an_unknown_configuration_is_no_reader(void **state)
{
	(void)state;
	g.host.configuration = 2;
	assert_int_equal(try_open(), CCID_E_NOTFOUND);
}

static void a_device_without_a_ccid_interface_is_no_reader(void **state)
{
	(void)state;
	g.host.desc.config[9 + 5] = 0x08;
	assert_int_equal(try_open(), CCID_E_NOTFOUND);
}

static void the_wanted_interface_must_be_there(void **state)
{
	struct ccid_stream *s;

	(void)state;
	s = redir_host_stream(&g.host);
	redir_host_hello(&g.host);
	assert_int_equal(ccid_transport_open_usbredir(&g.t, s, REDIR_ADDRESS, 3, &g.fake.env,
	                                              g.fake.now + 5000),
	                 CCID_E_NOTFOUND);
	assert_null(g.t);
	s->ops->close(s);
}

static void texts_are_asked_for_in_english_when_there_is_any(void **state)
{
	(void)state;
	redir_guest_open(&g);
	assert_memory_equal(sent(REDIR_CONTROL, 0)->start, "\x80\x06\x80\x00\x03\x03\x09\x04\xFF\0",
	                    10);
}

static void a_device_without_texts_opens(void **state)
{
	(void)state;
	g.host.no_strings = true;
	redir_guest_open(&g);
	assert_string_equal(g.t->id.manufacturer, "");
	assert_string_equal(g.t->id.product, "");
	assert_string_equal(g.t->id.serial, "");
}

static bool mute_strings(struct redir_host *h, const struct redir_packet *p)
{
	(void)h;
	return p->type == REDIR_CONTROL && p->body[2] == 0x80 && p->body[5] == 3 && p->body[4] == 2;
}

static void a_text_that_never_comes_costs_a_second(void **state)
{
	int64_t start = g.fake.now;

	(void)state;
	g.host.handle = mute_strings;
	redir_guest_open(&g);
	assert_string_equal(g.t->id.manufacturer, "Test");
	assert_string_equal(g.t->id.product, "");
	assert_string_equal(g.t->id.serial, "S1");
	assert_int_equal(g.fake.now, start + 1000);
}

static void layout_may_come_in_either_order(void **state)
{
	(void)state;
	for (unsigned order = 0; order < 2; order++) {
		redir_guest_init(&g);
		g.host.caps = 0;
		g.host.manual = true;
		redir_host_hello(&g.host);
		if (order == 0)
			redir_host_ep_info(&g.host);
		redir_host_interface_info(&g.host);
		if (order == 1)
			redir_host_ep_info(&g.host);
		redir_host_device_connect(&g.host);
		assert_int_equal(redir_guest_attach(&g, NULL), 0);
		redir_guest_close(&g);
	}
}

static void ep_info_at_odds_with_the_descriptors_is_noted(void **state)
{
	(void)state;
	redir_guest_open(&g);
	assert_false(fake_clock_logged(&g.fake, "ep_info calls"));
	redir_guest_close(&g);
	redir_guest_init(&g);
	g.host.ep_int = 0x84;
	redir_guest_open(&g);
	assert_true(fake_clock_logged(&g.fake, "ep_info calls endpoint 83 type 255"));
}

static void without_an_interrupt_endpoint_there_is_no_stream(void **state)
{
	(void)state;
	g.host.desc.config[9 + 4] = 2;
	g.host.desc.config[2] = (uint8_t)(g.host.desc.config_len -= 7);
	redir_guest_open(&g);
	assert_int_equal(g.host.by_type[REDIR_START_INTERRUPT], 0);
	assert_int_equal(redir_guest_interrupt(&g), CCID_E_UNSUPPORTED);
	redir_guest_echo(&g, 20);
}

/* USB ICCD Rev 1.0: everything goes over endpoint 0. */
static void a_token_without_bulk_endpoints_has_no_bulk(void **state)
{
	(void)state;
	g.host.desc.config[9 + 4] = 0;
	g.host.desc.config[9 + 7] = 1;
	g.host.desc.config[2] = (uint8_t)(g.host.desc.config_len -= 21);
	redir_guest_open(&g);
	assert_int_equal(redir_guest_post(&g, 64), CCID_E_UNSUPPORTED);
	assert_int_equal(redir_guest_out(&g, 10), CCID_E_UNSUPPORTED);
	assert_int_equal(redir_guest_interrupt(&g), CCID_E_UNSUPPORTED);
	assert_int_equal(g.t->ops->clear_halt(g.t, CCID_PIPE_BULK_IN, g.fake.now + 100),
	                 CCID_E_UNSUPPORTED);
	assert_int_equal(redir_guest_abort(&g, 100), 0);
}

static void a_reset_is_followed_by_a_new_start(void **state)
{
	(void)state;
	redir_guest_open(&g);
	assert_int_equal(g.t->ops->reset(g.t, g.fake.now + 1000), 0);
	assert_int_equal(g.host.resets, 1);
	assert_true(g.host.interrupt_on);
	assert_int_equal(g.host.by_type[REDIR_START_INTERRUPT], 2);
	assert_int_equal(g.host.by_type[REDIR_SET_CONFIGURATION], 0);
	redir_guest_echo(&g, 20);
	assert_int_equal(redir_guest_interrupt(&g), 0);
	assert_int_equal(g.host.by_type[REDIR_START_INTERRUPT], 2);
}

static bool unconfigure(struct redir_host *h, const struct redir_packet *p)
{
	if (p->type == REDIR_RESET)
		h->configuration = 0;
	return false;
}

static void a_reset_that_unconfigures_is_followed_by_a_configuration(void **state)
{
	(void)state;
	g.host.desc.config[9 + 3] = 1;
	g.host.handle = unconfigure;
	redir_guest_open(&g);
	assert_int_equal(g.t->ops->reset(g.t, g.fake.now + 1000), 0);
	assert_int_equal(g.host.by_type[REDIR_SET_CONFIGURATION], 1);
	assert_int_equal(g.host.by_type[REDIR_SET_ALT_SETTING], 2);
	assert_int_equal(g.host.configuration, 1);
}

static void a_reset_forgets_what_was_posted(void **state)
{
	uint64_t id;

	(void)state;
	g.host.deaf = true;
	redir_guest_open(&g);
	assert_int_equal(redir_guest_post(&g, 64), 0);
	id = g.host.bulk_in_id;
	assert_int_equal(g.t->ops->reset(g.t, g.fake.now + 1000), 0);
	redir_host_bulk(&g.host, id, g.host.ep_in, 0, g.out + 1, 20);
	assert_int_equal(redir_guest_interrupt(&g), 0);
	assert_int_equal(g.in[0], 0);
	g.host.deaf = false;
	redir_guest_echo(&g, 20);
}

static bool unplug_at_reset(struct redir_host *h, const struct redir_packet *p)
{
	if (p->type == REDIR_RESET)
		redir_host_send(h, REDIR_DEVICE_DISCONNECT, 0, NULL, 0);
	return false;
}

static void a_failed_reset_is_a_device_that_left(void **state)
{
	(void)state;
	redir_guest_open(&g);
	g.host.handle = unplug_at_reset;
	assert_int_equal(g.t->ops->reset(g.t, g.fake.now + 1000), CCID_E_GONE);
	redir_guest_close(&g);
	redir_guest_init(&g);
	redir_guest_open(&g);
	g.host.status_config = 3;
	assert_int_equal(g.t->ops->reset(g.t, g.fake.now + 1000), CCID_E_GONE);
}

static void a_halt_is_cleared_on_each_pipe(void **state)
{
	static const char *const expect[] = {"\x00\x01\x02\x00\0\0\x02\0\0\0",
	                                     "\x00\x01\x02\x00\0\0\x81\0\0\0",
	                                     "\x00\x01\x02\x00\0\0\x83\0\0\0"};

	(void)state;
	redir_guest_open(&g);
	for (unsigned pipe = 0; pipe < 3; pipe++) {
		assert_int_equal(g.t->ops->clear_halt(g.t, (enum ccid_pipe)pipe, g.fake.now + 100),
		                 0);
		assert_memory_equal(sent(REDIR_CONTROL, 0)->start, expect[pipe], 10);
	}
	assert_int_equal(g.host.by_type[REDIR_STOP_INTERRUPT], 1);
	assert_int_equal(g.host.by_type[REDIR_START_INTERRUPT], 2);
	assert_true(g.host.interrupt_on);
	g.host.status_control = 4;
	assert_int_equal(g.t->ops->clear_halt(g.t, CCID_PIPE_BULK_IN, g.fake.now + 100),
	                 CCID_E_STALL);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, done)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(the_device_is_known_after_opening),
		T(capabilities_one_to_six_are_announced),
		T(a_configured_device_is_left_as_it_is),
		T(an_unconfigured_device_is_configured_by_its_own_packet),
		T(a_refused_configuration_ends_the_opening),
		T(another_alternate_setting_is_set_by_its_own_packet),
		T(a_device_in_an_unknown_configuration_is_no_reader),
		T(a_device_without_a_ccid_interface_is_no_reader),
		T(the_wanted_interface_must_be_there),
		T(texts_are_asked_for_in_english_when_there_is_any),
		T(a_device_without_texts_opens),
		T(a_text_that_never_comes_costs_a_second),
		T(layout_may_come_in_either_order),
		T(ep_info_at_odds_with_the_descriptors_is_noted),
		T(without_an_interrupt_endpoint_there_is_no_stream),
		T(a_token_without_bulk_endpoints_has_no_bulk),
		T(a_reset_is_followed_by_a_new_start),
		T(a_reset_that_unconfigures_is_followed_by_a_configuration),
		T(a_reset_forgets_what_was_posted),
		T(a_failed_reset_is_a_device_that_left),
		T(a_halt_is_cleared_on_each_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
