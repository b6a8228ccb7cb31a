/* SPDX-License-Identifier: MIT */
/* Netlink messages about devices, honest and otherwise. */
#define _GNU_SOURCE /* struct ucred */
#include "uevent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define KERNEL                                                                                     \
	"add@/devices/pci0000:00/usb1/"                                                            \
	"1-2\0ACTION=add\0SUBSYSTEM=usb\0DEVTYPE=usb_device\0SEQNUM=7"
#define PROPERTIES "ACTION=add\0SUBSYSTEM=usb\0DEVTYPE=usb_device\0ID_MODEL=Reader"

static struct ccid_uevent kernel(const char *text, size_t len)
{
	return (struct ccid_uevent){.bytes = (const uint8_t *)text, .len = len, .groups = 1};
}

static bool heard(const struct ccid_uevent *e, enum ccid_uevent_group group)
{
	return ccid_uevent_is_usb(e, group);
}

static void the_kernel_is_heard(void **state)
{
	struct ccid_uevent e = kernel(KERNEL, sizeof KERNEL);

	(void)state;
	assert_true(heard(&e, CCID_UEVENT_KERNEL));
	assert_false(heard(&e, CCID_UEVENT_UDEV));
}

static void others_who_speak_as_the_kernel_are_not(void **state)
{
	struct ccid_uevent e = kernel(KERNEL, sizeof KERNEL);

	(void)state;
	e.pid = 1234;
	assert_false(heard(&e, CCID_UEVENT_KERNEL));
	e.pid = 0;
	e.groups = 2;
	assert_false(heard(&e, CCID_UEVENT_KERNEL));
	e.groups = 0; /* sent to us alone */
	assert_false(heard(&e, CCID_UEVENT_KERNEL));
	e.groups = 1;
	e.cut = true;
	assert_false(heard(&e, CCID_UEVENT_KERNEL));
	e.cut = false;
	e.lost = true;
	assert_false(heard(&e, CCID_UEVENT_KERNEL));
}

#define NOT_HEARD(text)                                                                            \
	do {                                                                                       \
		struct ccid_uevent not_heard = kernel(text, sizeof text);                          \
		assert_false(heard(&not_heard, CCID_UEVENT_KERNEL));                               \
	} while (0)

static void other_devices_and_torn_messages_are_passed_over(void **state)
{
	struct ccid_uevent cut = kernel(KERNEL, sizeof KERNEL);

	(void)state;
	NOT_HEARD("add@/devices/virtual/net/lo\0ACTION=add\0SUBSYSTEM=net");
	NOT_HEARD("add@/devices/x\0ACTION=add\0SUBSYSTEM=usbmon");
	NOT_HEARD("add@/devices/x\0ACTION=add\0XSUBSYSTEM=usb");
	NOT_HEARD("no sign\0SUBSYSTEM=usb");
	NOT_HEARD("");
	for (cut.len = 0; cut.len < sizeof "add@/devices/pci0000:00/usb1/1-2" +
	                                    sizeof "ACTION=add" + sizeof "SUBSYSTEM=usb" - 1;
	     cut.len++)
		assert_false(heard(&cut, CCID_UEVENT_KERNEL));
}

struct udev_message {
	char prefix[8];
	uint8_t magic[4];
	uint32_t header_size, at, len, hash[4];
	char properties[sizeof PROPERTIES];
};

static struct udev_message honest(void)
{
	struct udev_message m = {.prefix = "libudev",
	                         .magic = {0xfe, 0xed, 0xca, 0xfe},
	                         .header_size = 40,
	                         .at = 40,
	                         .len = sizeof PROPERTIES};

	memcpy(m.properties, PROPERTIES, sizeof PROPERTIES);
	return m;
}

static bool udev(const struct udev_message *m, size_t len, uid_t uid, bool has_uid)
{
	uint8_t bytes[sizeof *m]; /* so that a sanitizer sees a look beyond len */
	struct ccid_uevent e = {.bytes = bytes + sizeof *m - len,
	                        .len = len,
	                        .groups = 2,
	                        .pid = 77,
	                        .has_uid = has_uid,
	                        .uid = uid};

	memcpy(bytes + sizeof *m - len, m, len);
	return heard(&e, CCID_UEVENT_UDEV);
}

static void udev_is_heard_when_it_is_root(void **state)
{
	struct udev_message m = honest();

	(void)state;
	assert_int_equal(offsetof(struct udev_message, properties), 40);
	assert_true(udev(&m, sizeof m, 0, true));
	assert_false(udev(&m, sizeof m, 1000, true));
	assert_false(udev(&m, sizeof m, 0, false));
}

static void headers_that_lie_are_refused(void **state)
{
	static const uint32_t bad[][2] = {{39, 1},
	                                  {0, sizeof PROPERTIES},
	                                  {40, sizeof PROPERTIES + 1},
	                                  {UINT32_MAX, 2},
	                                  {41, UINT32_MAX},
	                                  {40 + sizeof PROPERTIES + 1, 0},
	                                  {40 + sizeof PROPERTIES, 0}};
	struct udev_message m = honest();

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		m.at = bad[i][0];
		m.len = bad[i][1];
		assert_false(udev(&m, sizeof m, 0, true));
	}
	m = honest();
	m.magic[3] = 0;
	assert_false(udev(&m, sizeof m, 0, true));
	m = honest();
	m.prefix[7] = 'x';
	assert_false(udev(&m, sizeof m, 0, true));
	m = honest();
	for (size_t len = 0; len < sizeof m; len++)
		assert_false(udev(&m, len, 0, true));
}

/* Over a socket that is no netlink: the sender's address counts for nothing, what the kernel says of
 * its user is taken. */
static void a_datagram_is_received_with_its_sender(void **state)
{
	struct ccid_uevent e;
	uint8_t buf[64];
	int pair[2], on = 1;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), 0);
	setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
	assert_int_equal(ccid_uevent_receive(pair[0], &e, buf, sizeof buf), 0);
	assert_int_equal(send(pair[1], "hello", 5, 0), 5);
	assert_int_equal(ccid_uevent_receive(pair[0], &e, buf, sizeof buf), 1);
	assert_int_equal(e.len, 5);
	assert_memory_equal(e.bytes, "hello", 5);
	assert_false(e.cut);
	assert_int_equal(e.groups, 0);
	assert_int_not_equal(e.pid, 0);
	assert_true(e.has_uid);
	assert_int_equal(e.uid, getuid());
	assert_int_equal(send(pair[1], KERNEL, sizeof KERNEL, 0), sizeof KERNEL);
	assert_int_equal(ccid_uevent_receive(pair[0], &e, buf, sizeof buf), 1);
	assert_true(e.cut);
	close(pair[1]);
	close(pair[0]);
	assert_int_equal(ccid_uevent_receive(pair[0], &e, buf, sizeof buf), CCID_E_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_is_heard),
		cmocka_unit_test(others_who_speak_as_the_kernel_are_not),
		cmocka_unit_test(other_devices_and_torn_messages_are_passed_over),
		cmocka_unit_test(udev_is_heard_when_it_is_root),
		cmocka_unit_test(headers_that_lie_are_refused),
		cmocka_unit_test(a_datagram_is_received_with_its_sender),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
