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

#define CORPUS_COLUMNS 64

/* A CSV file with a head row (RFC 4180: quotes, doubled quotes, line breaks within quotes). */
struct corpus_table {
	char *text, *rest;
	char *head[CORPUS_COLUMNS], *row[CORPUS_COLUMNS];
	size_t columns;
};

/* Load like corpus_load() and read the head row. free(t->text) at the end. */
void corpus_table_open(struct corpus_table *t, const char *variable, const char *name);

/* Take the next row; false at the end. A row of another length than the head fails the test. */
bool corpus_table_next(struct corpus_table *t);

/* The row's cell in the column of that name; fails the test when there is none. */
const char *corpus_cell(const struct corpus_table *t, const char *column);

/* The cell as a number of that base; fails the test when it is none. */
unsigned long corpus_number(const struct corpus_table *t, const char *column, int base);

/* Copy the string value of "key" in one line of JSON to out; false when there is none or it does
 * not fit. Escapes are left as they are. */
bool corpus_json_string(const char *line, const char *key, char *out, size_t cap);

/* Bytes of hex digits; blanks between bytes are passed over. Fails the test on anything else. */
size_t corpus_hex(const char *hex, uint8_t *out, size_t cap);

#endif
