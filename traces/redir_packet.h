/* SPDX-License-Identifier: MIT */
/* The packets of the usbredir protocol, version 0.7, as bytes: what a trace file holds. */
#ifndef CCID_REDIR_PACKET_H
#define CCID_REDIR_PACKET_H

#include "trace_file.h"

enum ccid_redir_type {
	CCID_REDIR_HELLO = 0,
	CCID_REDIR_DEVICE_CONNECT = 1,
	CCID_REDIR_DEVICE_DISCONNECT = 2,
	CCID_REDIR_RESET = 3,
	CCID_REDIR_INTERFACE_INFO = 4,
	CCID_REDIR_EP_INFO = 5,
	CCID_REDIR_SET_CONFIGURATION = 6,
	CCID_REDIR_GET_CONFIGURATION = 7,
	CCID_REDIR_CONFIGURATION_STATUS = 8,
	CCID_REDIR_SET_ALT_SETTING = 9,
	CCID_REDIR_GET_ALT_SETTING = 10,
	CCID_REDIR_ALT_SETTING_STATUS = 11,
	CCID_REDIR_START_INTERRUPT = 15,
	CCID_REDIR_STOP_INTERRUPT = 16,
	CCID_REDIR_INTERRUPT_STATUS = 17,
	CCID_REDIR_CANCEL = 21,
	CCID_REDIR_FILTER_REJECT = 22,
	CCID_REDIR_FILTER_FILTER = 23,
	CCID_REDIR_DISCONNECT_ACK = 24,
	CCID_REDIR_CONTROL = 100,
	CCID_REDIR_BULK = 101,
	CCID_REDIR_INTERRUPT = 103,
};

enum ccid_redir_status {
	CCID_REDIR_OK = 0,
	CCID_REDIR_CANCELLED = 1,
	CCID_REDIR_INVAL = 2,
	CCID_REDIR_IOERROR = 3,
	CCID_REDIR_STALL = 4,
	CCID_REDIR_TIMEOUT = 5,
	CCID_REDIR_BABBLE = 6,
};

/* Capability bits that both hellos of our traces announce: 1 to 6. */
#define CCID_REDIR_CAP_VERSION 0x02u
#define CCID_REDIR_CAP_EP_SIZE 0x10u
#define CCID_REDIR_CAP_IDS64   0x20u
#define CCID_REDIR_CAP_BULK32  0x40u
#define CCID_REDIR_CAP_STREAMS 0x01u
#define CCID_REDIR_CAPS        0x7Eu

#define CCID_REDIR_HEADER     12u /* of a hello; others as ccid_redir_header_len() */
#define CCID_REDIR_HELLO_LEN  64u
#define CCID_REDIR_HEAD_MAX   32u /* header and type header of a data packet at most */
#define CCID_REDIR_INTERFACES 32u
#define CCID_REDIR_ENDPOINTS  32u /* 0..15 OUT, 16..31 IN */

size_t ccid_redir_header_len(uint32_t caps);

/* The first capability word of a hello's body (len bytes), 0 without. */
uint32_t ccid_redir_hello_caps(const uint8_t *body, size_t len);

/* One packet taken apart. Fields that its type has not are 0. data is a view. */
struct ccid_redir_packet {
	uint32_t type;
	uint64_t id;
	uint8_t endpoint, status;
	uint8_t request_type, request; /* control */
	uint16_t value, index;
	uint32_t length;                /* as the packet says: wanted, or real */
	uint8_t config, interface, alt; /* the packets of configuration and setting */
	const uint8_t *data;            /* payload; for other types all after the header */
	size_t data_len;
};

/* caps: of both sides, as ccid_trace_packet has it. CCID_E_SHORT when the type's fields are not
 * all there; unknown types are no error. */
CCID_MUST_USE
int ccid_redir_decode(struct ccid_redir_packet *out, const uint8_t *buf, size_t len, uint32_t caps);

/* Build header and type header of a packet of types 100, 101 or 103, or a packet of a small type,
 * with 64-bit ids and 32-bit bulk lengths (CCID_REDIR_CAPS). data_len bytes of payload follow.
 * Returns the bytes stored: at most CCID_REDIR_HEAD_MAX. */
size_t ccid_redir_encode_head(uint8_t buf[CCID_REDIR_HEAD_MAX], const struct ccid_redir_packet *p);

/* ep_info and interface_info, as arrays. */
struct ccid_redir_ep_info {
	uint8_t type[CCID_REDIR_ENDPOINTS], interval[CCID_REDIR_ENDPOINTS];
	uint8_t interface[CCID_REDIR_ENDPOINTS];
	uint16_t max_packet[CCID_REDIR_ENDPOINTS]; /* 0 when the packet does not say */
};
struct ccid_redir_interface_info {
	uint32_t count;
	uint8_t number[CCID_REDIR_INTERFACES], cls[CCID_REDIR_INTERFACES];
	uint8_t subcls[CCID_REDIR_INTERFACES], protocol[CCID_REDIR_INTERFACES];
};
struct ccid_redir_connect {
	uint8_t speed, cls, subcls, protocol;
	uint16_t vid, pid, bcd_device;
};

/* From the body of a decoded packet. CCID_E_SHORT, CCID_E_FORMAT (more than 32 interfaces). */
CCID_MUST_USE
int ccid_redir_decode_ep_info(struct ccid_redir_ep_info *out, const uint8_t *body, size_t len);
CCID_MUST_USE
int ccid_redir_decode_interfaces(struct ccid_redir_interface_info *out, const uint8_t *body,
                                 size_t len);
CCID_MUST_USE
int ccid_redir_decode_connect(struct ccid_redir_connect *out, const uint8_t *body, size_t len);

/* "bulk", "device_connect", ...; "?" when unknown. "success", "stall", ...; "error". Static. */
const char *ccid_redir_type_name(uint32_t type);
const char *ccid_redir_status_name(uint8_t status);

#endif
