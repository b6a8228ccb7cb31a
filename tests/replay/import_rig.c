/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "import_rig.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

int import_setup(void **state)
{
	struct import_rig *r = calloc(1, sizeof *r);

	assert_non_null(r);
	strcpy(r->folder, "/tmp/iscard-import-XXXXXX");
	assert_non_null(mkdtemp(r->folder));
	snprintf(r->capture, sizeof r->capture, "%s/capture", r->folder);
	snprintf(r->trace, sizeof r->trace, "%s/trace", r->folder);
	snprintf(r->other, sizeof r->other, "%s/other", r->folder);
	*state = r;
	return 0;
}

int import_teardown(void **state)
{
	struct import_rig *r = *state;

	unlink(r->capture);
	unlink(r->trace);
	unlink(r->other);
	rmdir(r->folder);
	free(r);
	return 0;
}

static int open_new(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	return fd;
}

int import_again(struct import_rig *r)
{
	int fd = open_new(r->trace), err = ccid_import(r->capture, fd, &r->options, &r->report);

	assert_int_equal(close(fd), 0);
	if ((err == 0) != (r->report.problem[0] == '\0'))
		fail_msg("%d with the problem \"%s\"", err, r->report.problem);
	return err;
}

void import_expect(struct import_rig *r, const char *messages)
{
	char *got;

	if (import_again(r) != 0)
		fail_msg("%s", r->report.problem);
	got = messages_of(r->trace);
	if (messages != NULL)
		assert_string_equal(got, messages);
	free(got);
}

void import_comment(struct import_rig *r, const char *words, bool there)
{
	char *got = comments_of(r->trace);

	if ((strstr(got, words) != NULL) != there)
		fail_msg("\"%s\" %s in\n%s", words, there ? "is not" : "is", got);
	free(got);
}

bool file_has(const char *path, const void *bytes, size_t len)
{
	static char buf[1u << 20];
	FILE *f = fopen(path, "rb");
	size_t n;

	assert_non_null(f);
	n = fread(buf, 1, sizeof buf, f);
	assert_true(n < sizeof buf);
	fclose(f);
	return memmem(buf, n, bytes, len) != NULL;
}

void file_write(const char *path, const void *bytes, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

int export_to(struct import_rig *r, const char *path, enum ccid_export_format format)
{
	struct ccid_export_report report;
	int fd = open_new(r->other), err = ccid_export(path, fd, format, NULL, NULL, &report);

	assert_int_equal(close(fd), 0);
	assert_int_equal(err == 0, report.problem[0] == '\0');
	return err;
}
