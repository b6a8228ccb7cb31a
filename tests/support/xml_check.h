/* SPDX-License-Identifier: MIT */
/* Whether a document is well-formed XML, of the plain kind that is written here: elements, attributes
 * in double quotes, the named entities, no declarations. */
#ifndef XML_CHECK_H
#define XML_CHECK_H

#include <stddef.h>

/* NULL, or where it is not (a pointer into text). */
const char *xml_check(const char *text);
/* How often an element occurs. */
size_t xml_count(const char *text, const char *name);

#endif
