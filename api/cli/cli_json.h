/* SPDX-License-Identifier: MIT */
/* JSON (RFC 8259), written as it is said. key is NULL inside an array and for the outermost value.
 * One value a line: the newline comes when the outermost value closes. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CLI_JSON_DEPTH 8

struct cli_json {
	FILE *f;
	unsigned depth;
	bool first[CLI_JSON_DEPTH + 1];
};

struct cli_json cli_json(FILE *f);

void cli_json_object(struct cli_json *j, const char *key);
void cli_json_array(struct cli_json *j, const char *key);
void cli_json_end_object(struct cli_json *j);
void cli_json_end_array(struct cli_json *j);

/* Control characters are escaped; what is not UTF-8 becomes U+FFFD. NULL is null. */
void cli_json_string(struct cli_json *j, const char *key, const char *s);
void cli_json_text(struct cli_json *j, const char *key, const char *s, size_t len);
/* Bytes as lower-case hexadecimal digits. */
void cli_json_hex(struct cli_json *j, const char *key, const uint8_t *bytes, size_t len);
void cli_json_number(struct cli_json *j, const char *key, long long n);
void cli_json_bool(struct cli_json *j, const char *key, bool b);
void cli_json_null(struct cli_json *j, const char *key);

#endif
