/* SPDX-License-Identifier: MIT */
/* Requests of tokens without bulk endpoints (USB ICCD Rev 1.0) in words. */
#ifndef CCID_TOKEN_TEXT_H
#define CCID_TOKEN_TEXT_H

#include "ccid_desc.h"
#include "mask.h"
#include "redir_packet.h"

enum ccid_token_request {
	CCID_TOKEN_POWER_ON = 0x62,
	CCID_TOKEN_POWER_OFF = 0x63,
	CCID_TOKEN_XFR_BLOCK = 0x65,
	CCID_TOKEN_DATA_BLOCK = 0x6F,
	CCID_TOKEN_SLOT_STATUS = 0x81,
	CCID_TOKEN_STATUS = 0xA0
};

/* Whether the interface is such a token: ICCD version A or B, and no bulk endpoint. */
bool ccid_is_token(const struct ccid_interface *iface);

/* NULL when it is none of them. */
const char *ccid_token_request_name(const struct ccid_redir_packet *request);

/* The data of the request, or of its answer (state NULL), PINs not shown. */
void ccid_token_text(char *out, size_t cap, struct ccid_mask_state *state, uint8_t protocol,
                     const struct ccid_redir_packet *request);

#endif
