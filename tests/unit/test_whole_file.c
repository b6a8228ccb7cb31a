/* SPDX-License-Identifier: MIT */
/* A file that appears whole or not at all, on file systems that have hard links and on others. */
#include "whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/iscard-whole-XXXXXX", path[64];
static int link_errno; /* what link() fails with, 0: it does not */

int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);

int __wrap_link(const char *from, const char *to)
{
	if (link_errno == 0)
		return __real_link(from, to);
	errno = link_errno;
	return -1;
}

static int setup(void **state)
{
	(void)state;
	link_errno = 0;
	strcpy(folder + sizeof folder - 7, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/file", folder);
	return 0;
}

/* Nothing but the file may be left. */
static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void begin(struct ccid_whole_file *w, bool force, const char *text)
{
	assert_true(ccid_whole_file_begin(w, path, force));
	assert_int_equal(write(w->fd, text, strlen(text)), strlen(text));
}

static void expect(const char *text)
{
	char got[64] = "";
	FILE *f = fopen(path, "rb");
	struct stat st;

	assert_non_null(f);
	assert_int_equal(fread(got, 1, sizeof got - 1, f), strlen(text));
	fclose(f);
	assert_string_equal(got, text);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void it_is_not_there_before_it_is_whole(void **state)
{
	struct ccid_whole_file w;

	(void)state;
	begin(&w, false, "one");
	assert_int_equal(access(path, F_OK), -1);
	assert_true(ccid_whole_file_commit(&w));
	expect("one");
	begin(&w, true, "two");
	expect("one");
	ccid_whole_file_abandon(&w);
	expect("one");
}

static void it_appears_where_there_are_no_links(void **state)
{
	static const int without[] = {EPERM, EOPNOTSUPP, ENOSYS, EMLINK};
	struct ccid_whole_file w;

	(void)state;
	for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
		link_errno = without[i];
		begin(&w, false, "one");
		assert_true(ccid_whole_file_commit(&w));
		expect("one");
		unlink(path);
	}
}

/* Somebody makes such a file meanwhile. */
static void another_file_is_left_alone(void **state)
{
	static const int ways[] = {0, EPERM};
	struct ccid_whole_file w, other;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		link_errno = ways[i];
		begin(&w, false, "late");
		begin(&other, false, "first");
		assert_true(ccid_whole_file_commit(&other));
		assert_false(ccid_whole_file_commit(&w));
		assert_int_equal(errno, EEXIST);
		expect("first");
		assert_false(ccid_whole_file_begin(&w, path, false));
		assert_int_equal(errno, EEXIST);
		unlink(path);
	}
}

static void a_failure_leaves_nothing(void **state)
{
	struct ccid_whole_file w;

	(void)state;
	link_errno = EIO;
	begin(&w, false, "one");
	assert_false(ccid_whole_file_commit(&w));
	assert_int_equal(errno, EIO);
	assert_int_equal(access(path, F_OK), -1);
}

/* As the tool leaves it to what would be opened as number 1. */
static void standard_output_that_was_closed_is_no_place(void **state)
{
	int out = dup(STDOUT_FILENO), none = open("/dev/null", O_RDONLY);
	struct ccid_whole_file w;
	bool begun;

	(void)state;
	fflush(stdout);
	assert_int_equal(dup2(none, STDOUT_FILENO), STDOUT_FILENO);
	begun = ccid_whole_file_begin(&w, "-", false);
	assert_int_equal(dup2(out, STDOUT_FILENO), STDOUT_FILENO);
	assert_false(begun);
	close(none);
	close(out);
	assert_true(ccid_whole_file_begin(&w, "-", false));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(it_is_not_there_before_it_is_whole),
		T(it_appears_where_there_are_no_links),
		T(another_file_is_left_alone),
		T(a_failure_leaves_nothing),
		T(standard_output_that_was_closed_is_no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
