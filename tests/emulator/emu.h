/* SPDX-License-Identifier: MIT */
/* The emulated USB device, as a host controller sees it. Front ends (usbredir over memory or a
 * socket, FUSE usbfs) are written against this alone. Nothing here shares code with proto/. */
#ifndef EMU_H
#define EMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum emu_status {
	EMU_OK = 0,
	EMU_NAK = -1, /* nothing now; ask again after an event or at emu_next_ms() */
	EMU_STALL = -2,
	EMU_BABBLE = -3, /* more data than the host asked for */
	EMU_GONE = -4,   /* unplugged */
};

struct emu_device;

/* setup: the 8 bytes. data: wLength bytes in or out. Returns bytes moved (IN), 0 (OUT), or status.
 * Standard requests (descriptors, strings, configuration, feature halt) are answered too. */
int emu_control(struct emu_device *d, const uint8_t setup[8], uint8_t *data, int64_t now_ms);

/* One whole OUT transfer to an endpoint address. EMU_OK (all taken), or status. */
int emu_out(struct emu_device *d, uint8_t ep, const uint8_t *data, size_t len, int64_t now_ms);

/* One IN transfer of at most cap bytes: ends with a short packet or when cap is full. Returns the
 * length (0 for a zero-length packet) or status. Message remainders are kept for the next call. */
int emu_in(struct emu_device *d, uint8_t ep, uint8_t *buf, size_t cap, int64_t now_ms);

/* When a NAKed transfer may have something without another call: ms, INT64_MAX for never. */
int64_t emu_next_ms(const struct emu_device *d);

void emu_reset(struct emu_device *d, int64_t now_ms); /* USB port reset */

/* Raw descriptors, valid as long as the device. */
const uint8_t *emu_device_desc(const struct emu_device *d); /* 18 bytes */
const uint8_t *emu_config_desc(const struct emu_device *d, size_t *len);
uint8_t emu_speed(const struct emu_device *d); /* 1 full, 2 high, 3 super */
bool emu_plugged(const struct emu_device *d);

#endif
