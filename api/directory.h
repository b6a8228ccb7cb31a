/* SPDX-License-Identifier: MIT */
#ifndef CCID_DIRECTORY_H
#define CCID_DIRECTORY_H

#include "iso_file.h"

/* The applications of EF.DIR, as ISCardFileAccess::Directory gives them. */
HRESULT ccid_directory(struct ccid_iso *iso, LPSAFEARRAY *out);

#endif
