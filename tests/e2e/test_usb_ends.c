/* SPDX-License-Identifier: MIT */
/* The two bulk transfers end in the same moment, which several busy slots make possible: one slot's
 * answer comes while the reader refuses another's command. Over usbfs_run -S. */
#include "fake_reader.h"
#include "stand_client.h"
#include "usb_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const uint8_t command[10] = {0x65, 0, 0, 0, 0, 1, 2};
static const uint8_t answer[12] = {0x80, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0x90, 0x00};
static struct ccid_transport *t;

static int plug(void)
{
	static const struct fake_reader two_slots = {
		.features = FAKE_SHORT, .slots = 2, .busy_slots = 2};
	struct fake_descriptors d;
	struct ccid_transport model;
	uint8_t all[sizeof d];

	memset(&model, 0, sizeof model);
	fake_reader_describe(&model, &d, &two_slots);
	memcpy(all, d.device, sizeof d.device);
	memcpy(all + sizeof d.device, d.config, d.config_len);
	return stand_tell((struct stand_msg){.what = STAND_PLUG}, all,
	                  sizeof d.device + d.config_len, NULL);
}

static int attach(void **state)
{
	char node[64];
	int fd;

	(void)state;
	snprintf(node, sizeof node, "/dev/bus/usb/001/%03d", plug());
	fd = open(node, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ccid_transport_open_usb_fd(&t, fd, -1, &usb_env), 0);
	close(fd);
	return 0;
}

static int detach(void **state)
{
	(void)state;
	t->ops->close(t);
	assert_int_equal(STAND_TELL(.what = STAND_OPENS), 0);
	return 0;
}

/* The IN transfer ends with in_len bytes of the answer, and the OUT transfer is refused. */
static void both_end(size_t in_len)
{
	assert_int_equal(t->ops->post_in(t, usb_in_buf, sizeof usb_in_buf), 0);
	assert_int_equal(t->ops->bulk_out(t, command, sizeof command, usb_after(1000)), 0);
	assert_int_equal(stand_tell((struct stand_msg){.what = STAND_END,
	                                               .endpoint = t->iface.bulk_in.address,
	                                               .also = t->iface.bulk_out.address,
	                                               .also_value = EPIPE},
	                            answer, in_len, NULL),
	                 0);
}

static void goes_on(void)
{
	assert_int_equal(t->ops->post_in(t, usb_in_buf, sizeof usb_in_buf), 0);
	assert_int_equal(t->ops->bulk_out(t, command, sizeof command, usb_after(1000)), 0);
	assert_int_equal(stand_tell((struct stand_msg){.what = STAND_END,
	                                               .endpoint = t->iface.bulk_in.address,
	                                               .also = t->iface.bulk_out.address},
	                            answer, sizeof answer, NULL),
	                 0);
	assert_int_equal(t->ops->wait_in(t, usb_after(2000)), sizeof answer);
}

static void answer_comes(void)
{
	memset(usb_in_buf, 0, sizeof answer);
	both_end(sizeof answer);
	assert_int_equal(t->ops->wait_in(t, usb_after(2000)), sizeof answer);
	assert_memory_equal(usb_in_buf, answer, sizeof answer);
}

static void the_answer_counts_and_post_in_tells_of_the_command(void **state)
{
	(void)state;
	answer_comes();
	assert_int_equal(t->ops->post_in(t, usb_in_buf, sizeof usb_in_buf), CCID_E_STALL);
	goes_on();
}

static void the_answer_counts_and_bulk_out_tells_of_the_command(void **state)
{
	(void)state;
	answer_comes();
	assert_int_equal(t->ops->bulk_out(t, command, sizeof command, usb_after(1000)),
	                 CCID_E_STALL);
	goes_on();
}

static void the_answer_counts_and_what_is_dropped_is_forgotten(void **state)
{
	(void)state;
	answer_comes();
	t->ops->drop_in(t);
	goes_on();
}

static void nothing_but_an_end_is_no_answer(void **state)
{
	(void)state;
	both_end(0);
	assert_int_equal(t->ops->wait_in(t, usb_after(2000)), CCID_E_STALL);
	goes_on();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_answer_counts_and_post_in_tells_of_the_command,
	                                        attach, detach),
		cmocka_unit_test_setup_teardown(the_answer_counts_and_bulk_out_tells_of_the_command,
	                                        attach, detach),
		cmocka_unit_test_setup_teardown(the_answer_counts_and_what_is_dropped_is_forgotten,
	                                        attach, detach),
		cmocka_unit_test_setup_teardown(nothing_but_an_end_is_no_answer, attach, detach),
	};

	stand_reach(STAND_SOCKET);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
