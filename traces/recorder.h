/* SPDX-License-Identifier: MIT */
/* A transport that wraps another and writes what a usbredir host would have said. */
#ifndef CCID_RECORDER_H
#define CCID_RECORDER_H

#include "transport.h"

/* Takes inner when and only when 0 is returned. path is created; an existing file is kept aside
 * from harm (CCID_E_BUSY). */
CCID_MUST_USE
int ccid_transport_open_recorder(struct ccid_transport **out, struct ccid_transport *inner,
                                 const char *path, const struct ccid_env *env);

#endif
