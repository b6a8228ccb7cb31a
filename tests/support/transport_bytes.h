/* SPDX-License-Identifier: MIT */
/* A device made of bytes, for fuzzing the driver: each operation of the transport takes its result
 * from the input. bSeq is added to byte 6 of what a message carries there, so that an input need
 * not guess it. Time is virtual; when the input ends there is silence.
 *
 * The input is a row of records: kind (low three bits), length, bytes.
 *   0..3  a bulk IN transfer           4  the next operation fails; code in length
 *   5     an interrupt transfer        6  time passes: length tenths of a second
 *   7     unplug */
#ifndef TRANSPORT_BYTES_H
#define TRANSPORT_BYTES_H

#include "fake_clock.h"
#include "fake_reader.h"

struct bytes_device {
	struct ccid_transport t; /* first */
	struct fake_descriptors desc;
	struct fake_clock *clock;
	const uint8_t *p;
	size_t left;
	uint8_t *in;
	size_t in_cap;
	uint8_t seq;
	bool gone, closed, broken; /* broken: the driver broke a rule of transport.h */
	unsigned long ops;
};

/* Everything borrowed outlives the device. */
void bytes_device_init(struct bytes_device *d, const struct fake_reader *reader,
                       struct fake_clock *clock, const uint8_t *data, size_t size);

#endif
