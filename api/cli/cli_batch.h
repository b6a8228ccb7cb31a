/* SPDX-License-Identifier: MIT */
/* Things given as bytes in hexadecimal: in arguments, or line by line on standard input. */
#ifndef CLI_BATCH_H
#define CLI_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli_item {
	const char *text; /* as given; without separators when it is hexadecimal */
	size_t len;
	const char *problem;  /* why it is not hexadecimal, NULL when it is */
	const uint8_t *bytes; /* never NULL */
	size_t count;
};

/* False ends the batch. */
typedef bool cli_show_fn(void *arg, const struct cli_item *item);

/* Show each argument; two-digit arguments together are one item. Separators in the texts are taken
 * out in place. CLI_FAILED when one is not hexadecimal. */
int cli_batch_args(int argc, char **argv, cli_show_fn *show, void *arg);

/* Show each line of standard input, flushing after each. CLI_FAILED only when reading fails. */
int cli_batch_stdin(cli_show_fn *show, void *arg);

/* The text of an item for a terminal: cut, without control characters. */
void cli_item_print(const struct cli_item *item);

#endif
