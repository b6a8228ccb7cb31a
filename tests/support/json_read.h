/* SPDX-License-Identifier: MIT */
/* A reader for small JSON texts in tests. Values are pointers into the text, at their first
 * character; NULL stands for "there is none" and may be passed on. */
#ifndef JSON_READ_H
#define JSON_READ_H

#include <stdbool.h>
#include <stddef.h>

/* True when text is exactly one JSON value (RFC 8259), nested no deeper than 32. */
bool json_valid(const char *text);

/* The value of a member of the object v. */
const char *json_get(const char *v, const char *key);

/* The first element of the array v, and the one after element v. */
const char *json_first(const char *v);
const char *json_next(const char *v);

bool json_is_null(const char *v);
bool json_is_true(const char *v);
bool json_is_false(const char *v);

/* The number v; other when it is not one. */
long json_int(const char *v, long other);

/* True when v is a string of exactly these characters (escapes are not undone). */
bool json_is(const char *v, const char *string);

/* Copy the string v, escapes left as they are; false when it is none or does not fit. */
bool json_string(const char *v, char *out, size_t cap);

#endif
