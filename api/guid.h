/* SPDX-License-Identifier: MIT */
/* GUIDs as text: "{1461AAC3-6810-11D0-918F-00AA00C18068}". */
#ifndef CCID_GUID_H
#define CCID_GUID_H

#include "err.h"

#include <iscard/safearray.h>

#define CCID_GUID_TEXT 39 /* with the terminating 0 */

void ccid_guid_to_text(char out[CCID_GUID_TEXT], const GUID *guid);

/* With braces or without, in either case of letter. CCID_E_FORMAT. */
CCID_MUST_USE
int ccid_guid_from_text(GUID *out, const OLECHAR *text, size_t len);

/* The GUIDs of an array of VT_BSTR, freed by the caller; NULL and 0 when there are none. array NULL
 * is an empty one. E_INVALIDARG: not such an array, or other text in it. E_OUTOFMEMORY. */
HRESULT ccid_guids_of_array(const SAFEARRAY *array, GUID **out, size_t *n);

#endif
