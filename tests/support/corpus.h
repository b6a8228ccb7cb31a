/* SPDX-License-Identifier: MIT */
/* Corpora of real readers and cards, read by tests from a folder that the environment names. */
#ifndef CORPUS_H
#define CORPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The folder named by ISCARD_TEST_DATA or ISCARD_TEST_CAPTURES. Where it is not set the running
 * test is skipped with a word, or fails when ISCARD_TEST_REQUIRE_DATA is 1. */
const char *corpus_dir(const char *variable);

/* A whole file of that folder, NUL-terminated; free() it. Skips or fails like corpus_dir(); a file
 * that the folder lacks is a failure. len may be NULL. */
char *corpus_load(const char *variable, const char *name, size_t *len);

/* The next line of text, without its end; NULL when there is none. Cuts text in place. */
char *corpus_line(char **text);

/* The next field of a CSV row (RFC 4180: quotes, doubled quotes, line breaks within quotes), undone
 * in place. *last tells that the row ends here. NULL at the end of the text. */
char *corpus_csv_field(char **text, bool *last);

/* Copy the string value of "key" in one line of JSON to out; false when there is none or it does
 * not fit. Escapes are left as they are. */
bool corpus_json_string(const char *line, const char *key, char *out, size_t cap);

/* Bytes of hex digits; blanks between bytes are passed over. Fails the test on anything else. */
size_t corpus_hex(const char *hex, uint8_t *out, size_t cap);

#endif
