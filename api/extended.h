/* SPDX-License-Identifier: MIT */
/* The objects that a small system leaves out (ISCARD_EXTENDED=OFF). */
#ifndef CCID_EXTENDED_H
#define CCID_EXTENDED_H

#include <iscard/context.h>
#include <iscard/scardmgr.h>

/* Each with one reference; *out is NULL on failure: E_OUTOFMEMORY. */
HRESULT ccid_iso7816_new(ISCardISO7816 **out);
HRESULT ccid_typeconv_new(ISCardTypeConv **out);
HRESULT ccid_database_new(ISCardDatabase **out, iscard_context *c);
HRESULT ccid_locate_new(ISCardLocate **out, iscard_context *c);

#endif
