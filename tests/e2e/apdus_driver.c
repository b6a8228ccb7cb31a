/* SPDX-License-Identifier: MIT */
/* The conversation of apdus.h by our driver with the first reader on the bus. */
#include "apdus.h"
#include "reader.h"
#include "transport_usb.h"

#include <stdio.h>
#include <stdlib.h>

static void print_log(void *ctx, enum ccid_log_level level, const char *reader, const char *text)
{
	(void)ctx;
	(void)level;
	fprintf(stderr, "%s: %s\n", reader != NULL ? reader : "-", text);
}

static const struct ccid_env env = {.log = print_log, .log_level = CCID_LOG_INFO};

static int take_first(void *arg, const struct ccid_usb_found *found)
{
	*(struct ccid_usb_found *)arg = *found;
	return 1;
}

static long send_apdu(void *arg, const uint8_t *apdu, size_t len, uint8_t *out, size_t cap)
{
	struct ccid_slot_info info;
	int n = ccid_slot_get_info(arg, 0, &info);

	return n != 0 ? n
	              : ccid_slot_transmit(arg, 0, info.generation, apdu, len, out, cap, 0, -1,
	                                   ccid_env_now(&env) + 30000);
}

static int converse(struct ccid_reader *r, enum apdus_set set)
{
	struct ccid_slot_info info;
	int err = ccid_slot_activate(r, 0, 3, CCID_RESET_NONE, ccid_env_now(&env) + 30000);

	if (err == 0)
		err = ccid_slot_get_info(r, 0, &info);
	if (err != 0) {
		fprintf(stderr, "activate: %s\n", ccid_err_text(err));
		return 1;
	}
	apdus_print("ATR", info.atr, info.atr_len);
	printf("T=%u\n", info.protocol);
	return apdus_run(send_apdu, r, set);
}

int main(int argc, char **argv)
{
	struct ccid_usb_found found;
	struct ccid_transport *t;
	struct ccid_reader *r;
	unsigned denied;
	int err, result;

	if (ccid_usb_scan(&env, take_first, &found, &denied) != 1) {
		fprintf(stderr, "no reader (%u without permission)\n", denied);
		return 1;
	}
	err = ccid_transport_open_usb(&t, &found, &env);
	if (err == 0)
		err = ccid_reader_open(&r, t, NULL, &env, ccid_env_now(&env) + 30000);
	if (err != 0) {
		fprintf(stderr, "open: %s\n", ccid_err_text(err));
		return 1;
	}
	result = converse(r, apdus_choose(argc, argv));
	ccid_reader_close(r);
	return result;
}
