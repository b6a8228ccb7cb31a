/* SPDX-License-Identifier: MIT */
/* PIN entry on the reader's own pad, as it was recorded. */
#ifndef CLI_REPLAY_PIN_H
#define CLI_REPLAY_PIN_H

#include "pin.h"

/* What a PC_to_RDR_Secure was made of: the inverse of ccid_pin_encode(), for its data. A view.
 * CCID_E_FORMAT for another operation or a structure that is cut. */
CCID_MUST_USE
int cli_pin_read(struct ccid_pin *out, const uint8_t *data, size_t len);

#endif
