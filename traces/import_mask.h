/* SPDX-License-Identifier: MIT */
/* Where the requests of somebody else's capture carry a PIN. */
#ifndef CCID_IMPORT_MASK_H
#define CCID_IMPORT_MASK_H

#include "message_text.h"
#include "redir_packet.h"

/* Zero-initialise. */
struct ccid_import_mask {
	bool keep;       /* nothing is ever found */
	size_t out_left; /* bytes of a command that are still to come */
	size_t in_left;  /* and of an answer */
	bool out_secret; /* and they are part of a PIN */
	bool token;      /* a device without bulk endpoints: commands are control requests */
	uint8_t token_protocol;
	struct ccid_mask_state token_state;
	struct ccid_message_context slot[256];
	struct ccid_mask_state t1[256]; /* for T=1 blocks where another protocol was expected */
};

/* The configuration descriptor: it tells the exchange level. */
void ccid_import_mask_config(struct ccid_import_mask *m, const uint8_t *config, size_t len);
/* The protocol of cards that were activated before the capture began. */
void ccid_import_mask_protocol(struct ccid_import_mask *m, unsigned protocol);
/* One bulk OUT or bulk IN transfer, one control request with data to the device. True, with the
 * span within the data, when it holds a PIN. */
bool ccid_import_mask_out(struct ccid_import_mask *m, const uint8_t *data, size_t len,
                          struct ccid_mask_span *span);
void ccid_import_mask_in(struct ccid_import_mask *m, const uint8_t *data, size_t len);
/* So many bytes followed that the capture did not keep. */
void ccid_import_mask_cut(struct ccid_import_mask *m, bool in, size_t n);
bool ccid_import_mask_control(struct ccid_import_mask *m, const struct ccid_redir_packet *request,
                              struct ccid_mask_span *span);

#endif
