/* SPDX-License-Identifier: MIT */
/* usb_loop N: N commands and answers through the libusb transport, to be measured from outside. */
#include "transport_usb.h"

#include <stdio.h>
#include <stdlib.h>

static const struct ccid_env env;

static int take_first(void *arg, const struct ccid_usb_found *found)
{
	*(struct ccid_usb_found *)arg = *found;
	return 1;
}

static int exchange(struct ccid_transport *t, uint8_t seq)
{
	static uint8_t in[65536];
	const uint8_t get_slot_status[10] = {0x65, 0, 0, 0, 0, 0, seq, 0, 0, 0};
	int err = t->ops->post_in(t, in, sizeof in);

	if (err == 0)
		err = t->ops->bulk_out(t, get_slot_status, sizeof get_slot_status,
		                       ccid_env_now(&env) + 5000);
	if (err == 0)
		err = t->ops->wait_in(t, ccid_env_now(&env) + 5000);
	return err;
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 0, err = 10;
	struct ccid_usb_found found;
	struct ccid_transport *t;
	int64_t start;

	if (ccid_usb_scan(&env, NULL, take_first, &found, NULL) != 1 ||
	    ccid_transport_open_usb(&t, &found, &env) != 0)
		return 1;
	start = ccid_env_now(&env);
	for (int i = 0; i < n && err == 10; i++)
		err = exchange(t, (uint8_t)i);
	if (n > 0)
		fprintf(stderr, "%.1f us each\n",
		        (double)(ccid_env_now(&env) - start) * 1000.0 / n);
	t->ops->close(t);
	return err == 10 ? 0 : 1;
}
