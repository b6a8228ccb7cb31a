/* SPDX-License-Identifier: MIT */
/* What the importers share. */
#ifndef CCID_IMPORT_PRIV_H
#define CCID_IMPORT_PRIV_H

#include "capture_read.h"
#include "import.h"
#include "import_out.h"
#include "lines.h"
#include "redir_frame.h"

#define CCID_IMPORT_STEP 4096u /* packets between two calls of progress */

/* One import under way. */
struct ccid_import_job {
	const struct ccid_import_options *options;
	struct ccid_import_report *report;
	struct ccid_import_out out;
	int fd;
	uint64_t steps;
	unsigned rounds; /* how often the file is read */
};

/* Begin the trace; the comment says from what it was made, and adds text. */
CCID_MUST_USE
int ccid_import_begin(struct ccid_import_job *j, const char *text);
/* Count a packet of round 0 or 1 and tell how far it is. */
void ccid_import_step(struct ccid_import_job *j, const struct ccid_input *in, unsigned round);
/* problem, as printf; returns err. */
int ccid_import_fail(struct ccid_import_job *j, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Packets of a usbredir conversation, as they are but for PINs. */
struct ccid_import_talk {
	struct ccid_import_job *job;
	struct ccid_redir_frame frame;
};

/* Write what is whole by now. 0, or the failure, with a problem. */
CCID_MUST_USE
int ccid_import_talk_flow(struct ccid_import_talk *t);

/* What bytes that begin with a hello say of their side: 1 the usb-host's, 0 the usb-guest's, -1 not
 * known, -2 no hello. */
int ccid_redir_whose(const uint8_t *data, size_t len);
/* The link type holds IP packets. */
bool ccid_import_is_ip(uint32_t link);
/* A usbredir hello comes first. */
bool ccid_import_is_dump(struct ccid_input *in);

/* The kinds of import. Each takes over what it is given, in case of failure too. */
CCID_MUST_USE
int ccid_import_usb(struct ccid_import_job *j, struct ccid_usb_source *s);
CCID_MUST_USE
int ccid_import_redir(struct ccid_import_job *j, struct ccid_capture *c);
CCID_MUST_USE
int ccid_import_dumps(struct ccid_import_job *j, struct ccid_input *one, struct ccid_input *two);
CCID_MUST_USE
int ccid_import_tcp(struct ccid_import_job *j, struct ccid_capture *c);

#endif
