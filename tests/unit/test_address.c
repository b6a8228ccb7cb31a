/* SPDX-License-Identifier: MIT */
/* Reader addresses as people write them. */
#include "address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "transport_usb.h"

static struct ccid_address a;

static void take(const char *text)
{
	const char *why = NULL;

	memset(&a, 0xEE, sizeof a);
	if (ccid_address_parse(&a, text, &why) != CCID_OK)
		fail_msg("%s: %s", text, why);
	assert_string_equal(why, "");
}

static void refuse(const char *text, const char *word)
{
	struct ccid_address before = {.fd = 77}, got = before;
	const char *why = NULL;

	if (ccid_address_parse(&got, text, &why) != CCID_E_FORMAT)
		fail_msg("%s was taken", text);
	if (strstr(why, word) == NULL)
		fail_msg("%s: \"%s\" does not speak of %s", text, why, word);
	assert_memory_equal(&got, &before, sizeof got);
	assert_int_equal(ccid_address_parse(&got, text, NULL), CCID_E_FORMAT);
}

static void usb_alone_is_all(void **state)
{
	(void)state;
	take("usb:");
	assert_int_equal(a.kind, CCID_ADDRESS_USB_ALL);
}

static void a_port_path_is_kept_without_needless_zeros(void **state)
{
	(void)state;
	take("usb:1-2.3");
	assert_int_equal(a.kind, CCID_ADDRESS_USB_PORT);
	assert_string_equal(a.text, "1-2.3");
	take("usb:003-01");
	assert_string_equal(a.text, "3-1");
	take("usb:1-1.2.3.4.5.6.7");
	assert_string_equal(a.text, "1-1.2.3.4.5.6.7");
	take("usb:001/014");
	assert_int_equal(a.kind, CCID_ADDRESS_USB_PORT);
	assert_string_equal(a.text, "1/14");
}

static void a_port_path_may_name_an_interface(void **state)
{
	(void)state;
	take("usb:1-2.3");
	assert_int_equal(a.interface, -1);
	take("usb:1-2.3#0");
	assert_int_equal(a.kind, CCID_ADDRESS_USB_PORT);
	assert_string_equal(a.text, "1-2.3");
	assert_int_equal(a.interface, 0);
	take("usb:1/14#255");
	assert_string_equal(a.text, "1/14");
	assert_int_equal(a.interface, 255);
	refuse("usb:1-2#", "#INTERFACE");
	refuse("usb:1-2#256", "#INTERFACE");
	refuse("usb:1-2#-1", "#INTERFACE");
	refuse("usb:1-2#1.0", "#INTERFACE");
	refuse("usb:1-2#1#1", "#INTERFACE");
	refuse("usb:1-2.#1", "from 1 on");
}

static void malformed_port_paths_are_refused(void **state)
{
	(void)state;
	refuse("usb:1-", "port");
	refuse("usb:0-1", "from 1 on");
	refuse("usb:1-0", "from 1 on");
	refuse("usb:1-2.", "port");
	refuse("usb:1-2..3", "port");
	refuse("usb:1-2.3x", "port path");
	refuse("usb:1-256", "port");
	refuse("usb:1000-1", "port");
	refuse("usb:99999999999999999999-1", "port");
	refuse("usb:1-1.2.3.4.5.6.7.8", "six");
	refuse("usb:1/2.3", "port path");
	refuse("usb:1/2/3", "port path");
}

static void vendor_and_product_are_hexadecimal(void **state)
{
	(void)state;
	take("usb:08E6:4433");
	assert_int_equal(a.kind, CCID_ADDRESS_USB_ID);
	assert_int_equal(a.vid, 0x08E6);
	assert_int_equal(a.pid, 0x4433);
	assert_string_equal(a.text, "");
	take("usb:8e6:1");
	assert_int_equal(a.vid, 0x08E6);
	assert_int_equal(a.pid, 1);
}

static void a_serial_number_is_decoded(void **state)
{
	(void)state;
	take("usb:1234:abcd:A%20b%25:c");
	assert_int_equal(a.kind, CCID_ADDRESS_USB_ID);
	assert_string_equal(a.text, "A b%:c");
}

static void malformed_ids_are_refused(void **state)
{
	(void)state;
	refuse("usb:1234", "VID:PID");
	refuse("usb:12345:1", "hexadecimal");
	refuse("usb:xyz", "hexadecimal");
	refuse("usb::1", "hexadecimal");
	refuse("usb:1234:", "PID");
	refuse("usb:1234:12345", "PID");
	refuse("usb:1234:5678:", "serial");
	refuse("usb:1234:5678x", "SERIAL");
	refuse("usb:1234:5678:a%2", "%");
	refuse("usb:1234:5678:a%zz", "%");
	refuse("usb:1234:5678:a%", "%");
	refuse("usb:1234:5678:a%00b", "control");
	refuse("usb:1234:5678:a\nb", "control");
}

static void a_descriptor_is_a_number(void **state)
{
	(void)state;
	take("fd:0");
	assert_int_equal(a.kind, CCID_ADDRESS_FD);
	assert_int_equal(a.fd, 0);
	take("fd:2147483647");
	assert_int_equal(a.fd, 2147483647);
	refuse("fd:2147483648", "decimal");
	refuse("fd:-1", "decimal");
	refuse("fd:", "decimal");
	refuse("fd:3x", "decimal");
}

static void a_host_and_its_port_are_parted(void **state)
{
	(void)state;
	take("usbredir:localhost:4000");
	assert_int_equal(a.kind, CCID_ADDRESS_REDIR_TCP);
	assert_string_equal(a.text, "localhost");
	assert_string_equal(a.port, "4000");
	take("usbredir:192.0.2.7:65535");
	assert_string_equal(a.text, "192.0.2.7");
	assert_string_equal(a.port, "65535");
	take("usbredir:[2001:db8::1]:0080");
	assert_string_equal(a.text, "2001:db8::1");
	assert_string_equal(a.port, "80");
	take("usbredir:[fe80::1%25eth0]:1");
	assert_string_equal(a.text, "fe80::1%eth0");
}

static void a_host_without_a_good_port_is_refused(void **state)
{
	(void)state;
	refuse("usbredir:", "PORT");
	refuse("usbredir:host", "PORT");
	refuse("usbredir:host:", "PORT");
	refuse("usbredir:host:0", "PORT");
	refuse("usbredir:host:65536", "PORT");
	refuse("usbredir:host:http", "PORT");
	refuse("usbredir:host:1x", "PORT");
	refuse("usbredir::4000", "host");
	refuse("usbredir:[]:4000", "host");
	refuse("usbredir:::1:4000", "brackets");
	refuse("usbredir:[::1:4000", "]");
	refuse("usbredir:[::1]4000", "PORT");
	refuse("usbredir:[::1]", "PORT");
}

static void a_socket_path_begins_with_a_slash(void **state)
{
	char text[200] = "usbredir:/";

	(void)state;
	take("usbredir:/run/my%20reader.sock");
	assert_int_equal(a.kind, CCID_ADDRESS_REDIR_UNIX);
	assert_string_equal(a.text, "/run/my reader.sock");
	memset(text + 10, 'x', 106);
	take(text);
	assert_int_equal(strlen(a.text), 107);
	strcat(text, "x");
	refuse(text, "107");
}

static void the_address_to_listen_on_may_be_left_out(void **state)
{
	static const char *const any[] = {"usbredir-listen:4000", "usbredir-listen::4000",
	                                  "usbredir-listen:[]:4000"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		take(any[i]);
		assert_int_equal(a.kind, CCID_ADDRESS_REDIR_LISTEN);
		assert_string_equal(a.text, "");
		assert_string_equal(a.port, "4000");
	}
	take("usbredir-listen:127.0.0.1:4000");
	assert_string_equal(a.text, "127.0.0.1");
	take("usbredir-listen:[::1]:4000");
	assert_string_equal(a.text, "::1");
	refuse("usbredir-listen:", "PORT");
	refuse("usbredir-listen:0", "PORT");
	refuse("usbredir-listen:localhost", "PORT");
}

static void other_schemes_are_for_others(void **state)
{
	char text[1200] = "replay:";

	(void)state;
	take("replay:/tmp/a file%20.pcapng");
	assert_int_equal(a.kind, CCID_ADDRESS_OTHER);
	assert_string_equal(a.text, "replay:/tmp/a file%20.pcapng");
	refuse("", "usb:");
	refuse("usb", "usb:");
	refuse(":x", "usb:");
	refuse("Gemalto reader", "usb:");
	refuse("C:\\x", "usb:");
	memset(text + 7, 'x', 1100);
	refuse(text, "long");
}

static struct ccid_usb_found found_at(const char *address, const char *serial)
{
	struct ccid_usb_found f;

	memset(&f, 0, sizeof f);
	f.bus = 1;
	f.dev = 14;
	f.id.vid = 0x08E6;
	f.id.pid = 0x4433;
	snprintf(f.id.address, sizeof f.id.address, "%s", address);
	snprintf(f.id.serial, sizeof f.id.serial, "%s", serial);
	return f;
}

static bool fits(const char *text, const struct ccid_usb_found *f)
{
	take(text);
	return ccid_address_matches(&a, f);
}

static void an_address_fits_the_devices_it_names(void **state)
{
	struct ccid_usb_found f = found_at("usb:1-2.3", "S N1");

	(void)state;
	assert_true(fits("usb:", &f));
	assert_true(fits("usb:1-2.3", &f));
	assert_true(fits("usb:01-2.03", &f));
	assert_true(fits("usb:1/14", &f));
	assert_true(fits("usb:8e6:4433", &f));
	assert_true(fits("usb:8e6:4433:S%20N1", &f));
	assert_true(fits("usb:1-2.3#0", &f));
	assert_false(fits("usb:1-2.3#1", &f));
	assert_false(fits("usb:1-2", &f));
	assert_false(fits("usb:1-2.3.1", &f));
	assert_false(fits("usb:2-2.3", &f));
	assert_false(fits("usb:1/15", &f));
	assert_false(fits("usb:8e6:4434", &f));
	assert_false(fits("usb:8e7:4433", &f));
	assert_false(fits("usb:8e6:4433:S", &f));
	assert_false(fits("fd:3", &f));
	assert_false(fits("usbredir:h:1", &f));
	assert_false(fits("replay:x", &f));
	f = found_at("usb:1-2.3#3", "");
	f.interface = 3;
	assert_true(fits("usb:1-2.3", &f));
	assert_true(fits("usb:1-2.3#3", &f));
	assert_true(fits("usb:1/14#3", &f));
	assert_false(fits("usb:1-2.3#0", &f));
	f = found_at("usb:1/14", "");
	assert_true(fits("usb:001/014", &f));
	assert_false(fits("usb:1-14", &f));
	assert_false(fits("usb:8e6:4433:X", &f));
}

static void what_names_no_single_reader_does_not_open(void **state)
{
	static const struct ccid_env env;
	struct ccid_transport *t = NULL;

	(void)state;
	take("usb:");
	assert_int_equal(ccid_address_open(&t, &a, "usb:", &env, 0), CCID_E_ARG);
	take("replay:x");
	assert_int_equal(ccid_address_open(&t, &a, "replay:x", &env, 0), CCID_E_ARG);
	take("usbredir:/nonexistent/socket");
#ifdef ISCARD_USBREDIR
	assert_int_equal(ccid_address_open(&t, &a, "", &env, CCID_NEVER), CCID_E_NOTFOUND);
#else
	assert_int_equal(ccid_address_open(&t, &a, "", &env, CCID_NEVER), CCID_E_UNSUPPORTED);
#endif
	assert_null(t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(usb_alone_is_all),
		cmocka_unit_test(a_port_path_is_kept_without_needless_zeros),
		cmocka_unit_test(a_port_path_may_name_an_interface),
		cmocka_unit_test(malformed_port_paths_are_refused),
		cmocka_unit_test(vendor_and_product_are_hexadecimal),
		cmocka_unit_test(a_serial_number_is_decoded),
		cmocka_unit_test(malformed_ids_are_refused),
		cmocka_unit_test(a_descriptor_is_a_number),
		cmocka_unit_test(a_host_and_its_port_are_parted),
		cmocka_unit_test(a_host_without_a_good_port_is_refused),
		cmocka_unit_test(a_socket_path_begins_with_a_slash),
		cmocka_unit_test(the_address_to_listen_on_may_be_left_out),
		cmocka_unit_test(other_schemes_are_for_others),
		cmocka_unit_test(an_address_fits_the_devices_it_names),
		cmocka_unit_test(what_names_no_single_reader_does_not_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
