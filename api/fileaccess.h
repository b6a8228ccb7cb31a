/* SPDX-License-Identifier: MIT */
/* What the two halves of ISCardFileAccess share. */
#ifndef CCID_FILEACCESS_H
#define CCID_FILEACCESS_H

#include "iso_file.h"
#include "service.h"

struct ccid_fileaccess {
	ISCardFileAccess iface;
	atomic_ulong refs;
	IUnknown *owner;
	struct ccid_iso *iso;
	unsigned life; /* iso's lock, and all below */
	struct ccid_place here;
	struct ccid_iso_file files[ISCARD_OPEN_FILES_MAX];
};

/* Operations of iso_card.h; the current directory falls back to the master file after a reset. */
HRESULT ccid_fileaccess_begin(struct ccid_fileaccess *f);
HRESULT ccid_fileaccess_look(struct ccid_fileaccess *f);

/* The file opened last that is still open and was not ended by a reset, or NULL. */
const struct ccid_iso_file *ccid_fileaccess_last(const struct ccid_fileaccess *f);

/* fileaccess_open.c: the methods */
HRESULT ccid_fileaccess_close(ISCardFileAccess *self, HSCARD_FILE handle);
HRESULT ccid_fileaccess_open(ISCardFileAccess *self, REFTYPE type, BSTR text, HSCARD_FILE *handle);
HRESULT ccid_fileaccess_read(ISCardFileAccess *self, HSCARD_FILE handle, LONG *count,
                             LPBYTEBUFFER *buffer, SCARD_FLAGS flags);
HRESULT ccid_fileaccess_seek(ISCardFileAccess *self, HSCARD_FILE handle, LONG offset,
                             SEEKTYPE origin);
HRESULT ccid_fileaccess_write(ISCardFileAccess *self, HSCARD_FILE handle, LONG length,
                              LPBYTEBUFFER buffer, SCARD_FLAGS flags);

#endif
