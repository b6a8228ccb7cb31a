/* SPDX-License-Identifier: MIT */
/* A usb-host written on bytes, from the text of the usbredir protocol: it shares nothing with the
 * transport under test and can lie at every place. Its device is a made-up reader whose bulk IN
 * repeats what came on bulk OUT. */
#ifndef REDIR_HOST_H
#define REDIR_HOST_H

#include "fake_clock.h"
#include "fake_reader.h"
#include "stream.h"

#define REDIR_CAP(n)   (1u << (n))
#define REDIR_CAPS_ALL 0xFFu
#define REDIR_LOG      128
#define REDIR_BUF      (512u * 1024u)

enum redir_type {
	REDIR_HELLO,
	REDIR_DEVICE_CONNECT,
	REDIR_DEVICE_DISCONNECT,
	REDIR_RESET,
	REDIR_INTERFACE_INFO,
	REDIR_EP_INFO,
	REDIR_SET_CONFIGURATION,
	REDIR_GET_CONFIGURATION,
	REDIR_CONFIGURATION_STATUS,
	REDIR_SET_ALT_SETTING,
	REDIR_ALT_SETTING_STATUS = 11,
	REDIR_START_INTERRUPT = 15,
	REDIR_STOP_INTERRUPT,
	REDIR_INTERRUPT_STATUS,
	REDIR_CANCEL = 21,
	REDIR_FILTER = 23,
	REDIR_DISCONNECT_ACK = 24,
	REDIR_CONTROL = 100,
	REDIR_BULK,
	REDIR_ISO,
	REDIR_INTERRUPT,
	REDIR_BUFFERED_BULK
};

/* One packet of the guest's. */
struct redir_packet {
	uint32_t type;
	uint64_t id;
	size_t len;          /* after the header */
	const uint8_t *body; /* valid while it is handled */
	uint8_t start[32];   /* of the body, kept */
};

struct redir_host {
	struct fake_clock *clock;

	/* What it is; set between redir_host_init() and redir_host_hello(). */
	uint32_t caps;
	struct fake_descriptors desc;
	uint8_t configuration; /* the device is in it at first; 0 is none */
	bool no_strings;
	uint8_t ep_in, ep_out, ep_int;

	/* How it behaves. */
	bool silent; /* takes everything, answers nothing */
	bool deaf;   /* answers, but no data comes on bulk IN by itself */
	bool lazy;   /* does not answer cancel */
	bool manual; /* does not connect the device when the guest's hello has come */
	uint8_t status_out, status_in, status_control, status_config, status_interrupt;
	size_t at_once; /* bytes given per read; 0: all */
	size_t stop_at; /* after so many bytes in all comes the end of the stream; 0: never */
	size_t mute_at; /* likewise, but there come no more and the stream stays open */
	bool closed;    /* no more bytes, then the end of the stream */
	size_t flip_at; /* this byte of all it gives is changed by flip; counted from 1 */
	uint8_t flip;
	bool flood;    /* bulk answers that no one asked for, without end; each takes 1 ms */
	int refuse;    /* what each write of the guest returns, when negative */
	int64_t later; /* when next() says more may come */
	bool (*handle)(struct redir_host *h, const struct redir_packet *p); /* true: done with it */
	void *arg;

	/* What it saw. */
	struct redir_packet log[REDIR_LOG]; /* the first ones */
	unsigned packets, resets, cancels, by_type[128];
	uint32_t guest_caps;
	bool hello_seen, bad; /* bad: the guest broke the protocol */
	bool interrupt_on;
	uint64_t bulk_in_id; /* the oldest request that waits for data, 0 for none */
	uint32_t bulk_in_len;
	uint8_t last_out[128 * 1024];
	size_t last_out_len;
	bool have_out; /* last_out waits for a request */

	uint32_t interrupt_id;
	uint8_t in[REDIR_BUF], out[REDIR_BUF];
	size_t in_len, out_pos, out_len, given;
};

/* A reader with an interrupt endpoint, all capabilities, in configuration 1. */
void redir_host_init(struct redir_host *h, struct fake_clock *clock);

/* Say hello with h->caps. */
void redir_host_hello(struct redir_host *h);
/* interface_info, ep_info and device_connect. */
void redir_host_connect(struct redir_host *h);
void redir_host_interface_info(struct redir_host *h);
void redir_host_ep_info(struct redir_host *h);
void redir_host_device_connect(struct redir_host *h);

/* Put bytes, or a packet (head is the type header, data may be NULL), where the guest reads. */
void redir_host_raw(struct redir_host *h, const void *bytes, size_t len);
void redir_host_send(struct redir_host *h, uint32_t type, uint64_t id, const void *body,
                     size_t len);
void redir_host_bulk(struct redir_host *h, uint64_t id, uint8_t ep, uint8_t status,
                     const uint8_t *data, size_t len);
/* Data for the bulk IN request that waits. */
void redir_host_answer(struct redir_host *h, const uint8_t *data, size_t len);
void redir_host_interrupt(struct redir_host *h, const uint8_t *data, size_t len);
void redir_host_interrupt_status(struct redir_host *h, uint64_t id, uint8_t status);

/* Bytes of the guest's, and for it. */
int redir_host_input(struct redir_host *h, const uint8_t *buf, size_t len);
int redir_host_output(struct redir_host *h, uint8_t *buf, size_t cap);

/* Behind a memory stream on the host's clock: waiting makes time jump. h outlives the stream. */
struct ccid_stream *redir_host_stream(struct redir_host *h);

#endif
