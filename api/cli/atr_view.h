/* SPDX-License-Identifier: MIT */
/* An ATR for programs (JSON) and for people. */
#ifndef CLI_ATR_VIEW_H
#define CLI_ATR_VIEW_H

#include "atr.h"
#include "cli_json.h"

#include <stdio.h>

/* The members of an ATR's object, "atr" excepted; the object is open. */
void cli_atr_json(struct cli_json *j, const struct ccid_atr *atr);

/* The same members for what is no ATR: null but "valid" and "errors". */
void cli_atr_json_nothing(struct cli_json *j, const char *problem);

/* One line for each byte or group of bytes, then what is wrong. */
void cli_atr_print(FILE *f, const struct ccid_atr *atr);

#endif
