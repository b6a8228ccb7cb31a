/* SPDX-License-Identifier: MIT */
/* Input: who speaks (pid, user, group), then a datagram. Only root's and the kernel's may be heard, and
 * only what names the subsystem. */
#define _GNU_SOURCE /* memmem() */
#include "uevent.h"

#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum ccid_uevent_group groups[] = {CCID_UEVENT_KERNEL, CCID_UEVENT_UDEV};
	struct ccid_uevent e;
	uint8_t *copy;

	if (size < 3)
		return 0;
	copy = malloc(size - 3 + 1); /* so that a sanitizer sees where it ends */
	FUZZ_CHECK(copy != NULL);
	memcpy(copy, data + 3, size - 3);
	e = (struct ccid_uevent){.bytes = copy,
	                         .len = size - 3,
	                         .pid = data[0],
	                         .has_uid = data[1] < 0x80,
	                         .uid = data[1],
	                         .groups = data[2]};
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
		if (!ccid_uevent_is_usb(&e, groups[i]))
			continue;
		FUZZ_CHECK(e.groups == (uint32_t)groups[i]);
		FUZZ_CHECK(groups[i] == CCID_UEVENT_KERNEL ? e.pid == 0 : e.uid == 0);
		FUZZ_CHECK(memmem(copy, e.len, "SUBSYSTEM=usb", 14) != NULL);
	}
	free(copy);
	return 0;
}
