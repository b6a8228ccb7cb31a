/* SPDX-License-Identifier: MIT */
/* What the tests of the libusb transport share. They run in the name spaces of usbfs_run. */
#ifndef USB_FIXTURE_H
#define USB_FIXTURE_H

#include "transport_usb.h"
#include "usbfs_client.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define USB_NODE   "/dev/bus/usb/001/002"
#define USB_IN_CAP 65536

#define GET_SLOT_STATUS 0x65
#define ICC_POWER_ON    0x62

extern const struct ccid_env usb_env; /* CLOCK_MONOTONIC, no log */
extern uint8_t usb_in_buf[USB_IN_CAP];

int64_t usb_after(int64_t ms); /* a deadline */

int usb_count_entries(const char *dir);

/* The reader as a scan finds it; opened. */
struct ccid_usb_found usb_find(void);
struct ccid_transport *usb_attach(void);

/* One CCID command without data: bytes received in usb_in_buf, or an error. */
int usb_command(struct ccid_transport *t, uint8_t type, uint8_t seq, int64_t ms);

/* GetSlotStatus is answered. */
void usb_assert_alive(struct ccid_transport *t, uint8_t seq);

/* Start an XfrBlock of "SLOW": the card asks for n time extensions, tenths * 100 ms apart. */
void usb_start_slow(struct ccid_transport *t, uint8_t seq, uint8_t n, uint8_t tenths);

/* Take the notifications that the device has for us by now. */
void usb_take_notices(struct ccid_transport *t);

/* *state is the driver of the interface. At the end it is the same and nothing is open. */
int usb_setup(void **state);
int usb_teardown(void **state);
#define USB_TEST(f) cmocka_unit_test_setup_teardown(f, usb_setup, usb_teardown)

#endif
