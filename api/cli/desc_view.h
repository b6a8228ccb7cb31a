/* SPDX-License-Identifier: MIT */
/* A CCID class descriptor for programs (JSON) and for people. */
#ifndef CLI_DESC_VIEW_H
#define CLI_DESC_VIEW_H

#include "ccid_desc.h"
#include "cli_json.h"

#include <stdio.h>

/* The members of a descriptor's object: the fields as the device claims them, then what they mean
 * and what a driver clamps. The object is open. */
void cli_desc_json(struct cli_json *j, const struct ccid_class_desc *claims);

/* The same members, null. */
void cli_desc_json_nothing(struct cli_json *j);

/* Two columns: field and value, with its meaning; then the warnings. */
void cli_desc_print(FILE *f, const struct ccid_class_desc *claims);

#endif
