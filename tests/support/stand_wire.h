/* SPDX-License-Identifier: MIT */
/* What a test tells the usbfs of usbfs_run -S, which has no device of its own: one message each way,
 * over a socket that keeps them apart. */
#ifndef STAND_WIRE_H
#define STAND_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define STAND_SOCKET "/dev/usbfs.stand"
#define STAND_DATA   70000

enum stand_what {
	STAND_PLUG,    /* data: device and configuration descriptor. Answer: number of the device */
	STAND_UNPLUG,  /* whatever is pending ends */
	STAND_PENDING, /* answer: length and data of the OUT transfer pending on the endpoint */
	STAND_END, /* the pending transfer of the endpoint ends with error number and data, and that
	                * of the endpoint also, if not 0, with error number also_value */
	STAND_NOTICE,  /* an interrupt transfer, the next or the pending one, ends so */
	STAND_CONTROL, /* the next request that is no standard one ends so */
	STAND_SETUP,   /* answer: setup bytes and data of the last such request */
	STAND_REFUSE,  /* the next ioctl of that kind fails with the error number */
	STAND_OPENS,   /* answer: files open, and transfers without a claim */
};

enum stand_ioctl {
	STAND_SUBMIT = 1,
	STAND_CLEAR_HALT,
	STAND_RESET,
};

struct stand_msg {
	uint8_t what, endpoint, also, ioctl;
	int32_t value; /* error number; in an answer the result, negative for a failure */
	int32_t also_value;
	uint8_t data[STAND_DATA];
};

#define STAND_HEAD offsetof(struct stand_msg, data)

#endif
