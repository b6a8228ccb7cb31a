/* SPDX-License-Identifier: MIT */
/* APDUs in the log: only at level wire and only with the second switch, log_payload. */
#ifndef CCID_APDU_LOG_H
#define CCID_APDU_LOG_H

#include "reader_priv.h"

/* One line, cut when long. Of a command that may carry a PIN (VERIFY, CHANGE REFERENCE DATA, ENABLE
 * and DISABLE VERIFICATION REQUIREMENT, RESET RETRY COUNTER, and ENVELOPE, which may hold one of
 * them) only the header is shown. */
void ccid_log_capdu(const struct ccid_reader *r, unsigned slot, const uint8_t *capdu, size_t len);
void ccid_log_rapdu(const struct ccid_reader *r, unsigned slot, const uint8_t *rapdu, size_t len);

#endif
