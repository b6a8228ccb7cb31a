/* SPDX-License-Identifier: MIT */
/* Run a harness over the files of a folder: each as it is, cut at every length, and with each byte
 * turned into the values that break length fields. FUZZ_STEP: that many cuts and changes are one; the
 * values are still seen in turn. */
#include "fuzz.h"

#include <dirent.h>
#include <string.h>

#define FILE_MAX   65536u
#define MUTATE_MAX 2048u
#ifndef FUZZ_STEP
#define FUZZ_STEP 1
#endif

static void run(const uint8_t *data, size_t len)
{
	uint8_t *exact = malloc(len > 0 ? len : 1); /* so that a sanitizer sees one byte too many */

	if (exact == NULL)
		abort();
	if (len > 0)
		memcpy(exact, data, len);
	(void)LLVMFuzzerTestOneInput(exact, len);
	free(exact);
}

static void mutate(uint8_t *data, size_t len)
{
	static const uint8_t values[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};

	for (size_t n = 0; n < len * sizeof values; n += FUZZ_STEP) {
		uint8_t *at = &data[n / sizeof values], was = *at;

		*at = values[n % sizeof values];
		if (*at != was)
			run(data, len);
		*at = was;
	}
}

static size_t load(const char *dir, const char *name, uint8_t *data)
{
	char path[4096];
	size_t len;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (f == NULL) {
		fprintf(stderr, "cannot read %s\n", path);
		exit(1);
	}
	len = fread(data, 1, FILE_MAX, f);
	fclose(f);
	return len;
}

static void replay(const char *dir, const char *name)
{
	static uint8_t data[FILE_MAX];
	size_t len = load(dir, name, data);
	size_t most = len < MUTATE_MAX ? len : MUTATE_MAX;

	run(data, len);
	for (size_t cut = 0; cut < most; cut += FUZZ_STEP)
		run(data, cut);
	mutate(data, most);
}

int main(int argc, char **argv)
{
	struct dirent *e;
	unsigned files = 0;
	DIR *d = argc == 2 ? opendir(argv[1]) : NULL;

	if (d == NULL) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		replay(argv[1], e->d_name);
		files++;
	}
	closedir(d);
	printf("%u files\n", files);
	return files > 0 ? 0 : 1;
}
