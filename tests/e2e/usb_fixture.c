/* SPDX-License-Identifier: MIT */
#include "usb_fixture.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

const struct ccid_env usb_env;
uint8_t usb_in_buf[USB_IN_CAP];

int64_t usb_after(int64_t ms)
{
	return ccid_env_now(&usb_env) + ms;
}

int usb_count_entries(const char *dir)
{
	struct dirent *e;
	int n = 0;
	DIR *d = opendir(dir);

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static int take_first(void *arg, const struct ccid_usb_found *found)
{
	*(struct ccid_usb_found *)arg = *found;
	return 1;
}

struct ccid_usb_found usb_find(void)
{
	struct ccid_usb_found f;
	unsigned denied;

	assert_int_equal(ccid_usb_scan(&usb_env, NULL, take_first, &f, &denied), 1);
	return f;
}

struct ccid_transport *usb_attach(void)
{
	struct ccid_usb_found f = usb_find();
	struct ccid_transport *t;

	assert_int_equal(ccid_transport_open_usb(&t, &f, &usb_env), 0);
	return t;
}

int usb_command(struct ccid_transport *t, uint8_t type, uint8_t seq, int64_t ms)
{
	const uint8_t out[10] = {type, 0, 0, 0, 0, 0, seq, 0, 0, 0};
	int err = t->ops->post_in(t, usb_in_buf, sizeof usb_in_buf);

	assert_int_equal(err, 0);
	err = t->ops->bulk_out(t, out, sizeof out, usb_after(1000));
	return err != 0 ? err : t->ops->wait_in(t, usb_after(ms));
}

void usb_assert_alive(struct ccid_transport *t, uint8_t seq)
{
	assert_int_equal(usb_command(t, GET_SLOT_STATUS, seq, 2000), 10);
	assert_int_equal(usb_in_buf[0], 0x81);
	assert_int_equal(usb_in_buf[6], seq);
}

void usb_start_slow(struct ccid_transport *t, uint8_t seq, uint8_t n, uint8_t tenths)
{
	static uint8_t out[15];
	const uint8_t bytes[15] = {0x6F, 5, 0, 0, 0, 0, seq, 0, 0, 0, 0x80, 0x12, n, tenths, 0};

	memcpy(out, bytes, sizeof out);
	assert_int_equal(t->ops->post_in(t, usb_in_buf, sizeof usb_in_buf), 0);
	assert_int_equal(t->ops->bulk_out(t, out, sizeof out, usb_after(1000)), 0);
}

int usb_setup(void **state)
{
	*state = strdup(usbfs_ask("driver"));
	return *state == NULL || usbfs_ask("opens")[0] == '\0';
}

/* Whatever a test did, nothing stays open and the interface is as it was. */
int usb_teardown(void **state)
{
	char *driver = *state;
	bool same = strcmp(usbfs_ask("driver"), driver) == 0;

	free(driver);
	return !same || usbfs_count("opens") != 0 || usbfs_count("unclaimed") != 0 ||
	       usbfs_count("unconfigured") != 0;
}

/* What the device had to tell has come when a later command is answered. */
void usb_take_notices(struct ccid_transport *t)
{
	uint8_t msg[8];

	usb_assert_alive(t, 200);
	while (t->ops->interrupt_in(t, msg, sizeof msg) > 0)
		;
}
