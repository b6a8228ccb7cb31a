/* SPDX-License-Identifier: MIT */
#include "run_tool.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LIMIT_S  60
#define ARGS_MAX 16

static void open_stdout(enum tool_stdout where, FILE *captured)
{
	int p[2];

	if (where == TOOL_CAPTURED)
		dup2(fileno(captured), STDOUT_FILENO);
	else if (where == TOOL_CLOSED)
		close(STDOUT_FILENO);
	else if (where == TOOL_FULL)
		dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO);
	else if (pipe(p) == 0) {
		close(p[0]);
		dup2(p[1], STDOUT_FILENO);
	}
}

static char *content(FILE *f, size_t *len)
{
	long size;
	char *text;

	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	size = ftell(f);
	assert_true(size >= 0);
	rewind(f);
	text = calloc(1, (size_t)size + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)size, f), size);
	fclose(f);
	*len = (size_t)size;
	return text;
}

static void child(const char *const *args, enum tool_stdout where, FILE *in, FILE *out, FILE *err)
{
	char *argv[ARGS_MAX + 2] = {(char[]){"iscard"}};

	for (int i = 0; i < ARGS_MAX && args[i] != NULL; i++)
		argv[i + 1] = strdup(args[i]);
	dup2(fileno(in), STDIN_FILENO);
	dup2(fileno(err), STDERR_FILENO);
	open_stdout(where, out);
	alarm(LIMIT_S);
	execv(ISCARD_TOOL, argv);
	_exit(127);
}

void tool_run_to(struct tool *t, enum tool_stdout where, const char *input, size_t len,
                 const char *const *args)
{
	FILE *in = tmpfile(), *out = tmpfile(), *err = tmpfile();
	size_t err_len;
	int status;
	pid_t pid;

	assert_true(in != NULL && out != NULL && err != NULL);
	assert_int_equal(fwrite(input, 1, len, in), len);
	rewind(in);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		child(args, where, in, out, err);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	t->code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
	t->out = content(out, &t->out_len);
	t->err = content(err, &err_len);
	fclose(in);
}

void tool_run(struct tool *t, const char *input, size_t len, const char *const *args)
{
	tool_run_to(t, TOOL_CAPTURED, input, len, args);
}

void tool_free(struct tool *t)
{
	free(t->out);
	free(t->err);
}

void tool_await(struct tool_process *p, const char *until)
{
	size_t n = strlen(p->said);

	while (strstr(p->said, until) == NULL) {
		ssize_t got = read(p->err_fd, p->said + n, sizeof p->said - 1 - n);

		if (got <= 0)
			fail_msg("\"%s\" was never said, but:\n%s", until, p->said);
		n += (size_t)got;
	}
}

static void start(struct tool_process *p, FILE *out, const char *const *args)
{
	FILE *in = tmpfile();
	int pipe_fd[2];

	*p = (struct tool_process){.pid = -1};
	assert_true(in != NULL && out != NULL && pipe(pipe_fd) == 0);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0) {
		close(pipe_fd[0]);
		child(args, TOOL_CAPTURED, in, out, fdopen(pipe_fd[1], "w"));
	}
	close(pipe_fd[1]);
	p->err_fd = pipe_fd[0];
	fclose(in);
	fclose(out);
}

void tool_start(struct tool_process *p, const char *until, const char *const *args)
{
	start(p, tmpfile(), args);
	tool_await(p, until);
}

void tool_start_to(struct tool_process *p, int out_fd, const char *const *args)
{
	start(p, fdopen(out_fd, "w"), args);
}

int tool_end(struct tool_process *p, int signal_number)
{
	size_t n = strlen(p->said);
	ssize_t got;
	int status;

	if (signal_number != 0)
		assert_int_equal(kill(p->pid, signal_number), 0);
	while ((got = read(p->err_fd, p->said + n, sizeof p->said - 1 - n)) > 0)
		n += (size_t)got;
	close(p->err_fd);
	assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}
