/* SPDX-License-Identifier: MIT */
/* usbfs_say COMMAND: ask the host side for something (usbfs_ctl.c), and print the answer. */
#include "usbfs_client.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	const char *answer = argc == 2 ? usbfs_ask(argv[1]) : "";

	puts(answer);
	return strcmp(answer, "ok") == 0 ? 0 : 1;
}
