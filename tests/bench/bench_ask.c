/* SPDX-License-Identifier: MIT */
/* bench_ask WORD...: what the emulated device has counted. */
#include "bench.h"
#include "usbfs_client.h"

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		printf("%d%c", usbfs_count(argv[i]), i + 1 < argc ? ' ' : '\n');
	return 0;
}
