/* SPDX-License-Identifier: MIT */
/* What a card's status bytes (ISO/IEC 7816-4:2005, 5.1.3) are to a caller of the service provider.
 * The one table; provider.h prints it. */
#ifndef CCID_STATUS_WORD_H
#define CCID_STATUS_WORD_H

#include <iscard/errors.h>

HRESULT ccid_status_result(unsigned sw);

#endif
