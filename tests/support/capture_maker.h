/* SPDX-License-Identifier: MIT */
/* Captures put together byte by byte, and what a trace says, as text. Shares no code with the
 * importers. */
#ifndef CAPTURE_MAKER_H
#define CAPTURE_MAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A classic pcap file being written. */
struct capture {
	FILE *f;
	bool big;
	uint32_t link;
	uint64_t time_us, id;
	size_t snap; /* packets are cut to this; 0 for not at all */
	uint16_t bus;
	uint8_t device, tcp_flags;
	bool extensions; /* IPv6 with extension headers */
};

void capture_begin(struct capture *c, const char *path, uint32_t link, bool big);
void capture_end(struct capture *c);
/* One record; 1 ms passes. */
void capture_packet(struct capture *c, const uint8_t *data, size_t len);

/* usbmon (189 or 220). type 'S', 'C' or 'E'; transfer 1 interrupt, 2 control, 3 bulk. setup may be
 * NULL. length: bytes wanted or moved. */
void usbmon(struct capture *c, char type, unsigned transfer, unsigned endpoint, uint64_t id,
            int status, const uint8_t *setup, const uint8_t *data, size_t len, uint32_t length);
/* A whole control request: setup as hex, data as hex ("" for none); and for bulk a message each
 * way, in one transfer, 512 bytes wanted; and an interrupt. */
void usbmon_control(struct capture *c, const char *setup, const char *data);
void usbmon_out(struct capture *c, unsigned endpoint, const char *data);
void usbmon_in(struct capture *c, unsigned endpoint, const char *data);
void usbmon_interrupt(struct capture *c, unsigned endpoint, const char *data);
/* GET_DESCRIPTOR of device and configuration, SET_CONFIGURATION, of a short APDU reader with
 * endpoints 02, 81, 83. */
void usbmon_reader(struct capture *c);

/* USBPcap (249). info 0 to the device, 1 from it; stage -1 for no control transfer. */
void usbpcap(struct capture *c, unsigned info, unsigned transfer, unsigned endpoint, int stage,
             uint64_t id, uint32_t status, const char *data);

/* A TCP segment between port 1000 of 10.0.0.1 (from 0) and port 4000 of 10.0.0.2 (from 1), or the
 * like in IPv6. */
void tcp(struct capture *c, unsigned from, bool v6, uint32_t seq, const uint8_t *data, size_t len);

/* Hex digits, blanks between; returns the bytes stored. */
size_t from_hex(const char *hex, uint8_t *out, size_t cap);

/* "> 65000.. \n< 81..\n! 5003\n": commands, answers, interrupts of a trace in hex, by
 * ccid_explain_file(); free() it. Fails the test when the trace is not whole. */
char *messages_of(const char *path);
/* All comments of the packets, a line each. */
char *comments_of(const char *path);

#endif
