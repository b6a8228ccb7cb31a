/* SPDX-License-Identifier: MIT */
/* The capabilities of a reader for programs (JSON) and for people. */
#ifndef CLI_CAPS_VIEW_H
#define CLI_CAPS_VIEW_H

#include "cli_json.h"

#include <iscard/reader.h>

/* One member "driven" with an object; the object around it is open. */
void cli_caps_json(struct cli_json *j, const struct iscard_capabilities *c);

void cli_caps_print(FILE *f, const struct iscard_capabilities *c);

#endif
