/* SPDX-License-Identifier: MIT */
/* A transport that wraps another and writes what a usbredir host would have said.
 *
 * The file is valid at every moment. A failing disk never disturbs the session: it is logged once
 * and recording stops. PINs in VERIFY, CHANGE REFERENCE DATA and RESET RETRY COUNTER are not
 * written: their bytes become FF and the packet's comment says where (traces/README.md). Other
 * secrets (keys, what the card answers, serial numbers) are. Nothing is allocated per packet. */
#ifndef CCID_RECORDER_H
#define CCID_RECORDER_H

#include "transport.h"

/* Takes inner when and only when 0 is returned. path is created; an existing file is kept aside
 * from harm (CCID_E_BUSY). Results as ccid_trace_create(). Time stamps are the system's clock, or
 * the env's where it has one of its own. */
CCID_MUST_USE
int ccid_transport_open_recorder(struct ccid_transport **out, struct ccid_transport *inner,
                                 const char *path, const struct ccid_env *env);

/* Whether everything was written so far: 0, or the failure that ended the recording; CCID_E_ARG
 * when t is no recorder. */
int ccid_transport_recording(struct ccid_transport *t);

#endif
