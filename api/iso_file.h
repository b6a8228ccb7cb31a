/* SPDX-License-Identifier: MIT */
/* An open EF: its place, what the card told of it, and a pointer (provider.h, ISCardFileAccess). All
 * within an operation of iso_card.h that exchanges, unless it is said. */
#ifndef CCID_ISO_FILE_H
#define CCID_ISO_FILE_H

#include "iso_card.h"

struct ccid_iso_file {
	HSCARD_FILE handle; /* 0: free */
	unsigned life;      /* of the card it was opened on */
	struct ccid_place place;
	bool records, cyclic; /* what the pointer counts */
	bool has_size, has_write;
	uint32_t size;       /* of a transparent one */
	uint32_t max_record; /* 0: not told */
	enum ccid_file_write write;
	LONG pos;
	bool at_end; /* of records, however many there are; pos is then without meaning */
};

/* Fills in all but handle and life. SCARD_E_NO_FILE: a DF. */
HRESULT ccid_iso_file_open(struct ccid_iso *iso, struct ccid_iso_file *f,
                           const struct ccid_place *place);

/* As ISCardFileAccess::Read; max 0: all there is. *max becomes what a record has when that is more. */
HRESULT ccid_iso_file_read(struct ccid_iso *iso, struct ccid_iso_file *f, LONG *max,
                           struct ccid_blob *out);

/* As ISCardFileAccess::Write, n bytes, arguments checked; data is not looked at for SC_FL_ERASE. */
HRESULT ccid_iso_file_write(struct ccid_iso *iso, struct ccid_iso_file *f, const uint8_t *data,
                            size_t n, SCARD_FLAGS how);

/* Whether the seek needs exchanges: then an operation without will not do. */
bool ccid_iso_file_seek_asks(const struct ccid_iso_file *f, LONG offset, SEEKTYPE origin);
HRESULT ccid_iso_file_seek(struct ccid_iso *iso, struct ccid_iso_file *f, LONG offset,
                           SEEKTYPE origin);

#endif
