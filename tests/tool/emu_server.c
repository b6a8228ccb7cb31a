/* SPDX-License-Identifier: MIT */
#include "emu_server.h"

#include "emu_serve.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int listen_at(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static void serve(int listening, struct emu_device *d, void (*prepare)(struct emu_device *d))
{
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves no server behind */
	while ((fd = accept(listening, NULL, NULL)) >= 0) {
		if (prepare != NULL)
			prepare(d);
		prepare = NULL;
		(void)!emu_serve(d, fd);
		close(fd);
	}
	_exit(0);
}

void emu_server_start(struct emu_server *s, const struct emu_config *cfg,
                      void (*prepare)(struct emu_device *d))
{
	struct emu_device *d = emu_create(cfg);
	char path[sizeof s->folder + 4];
	int fd;

	assert_non_null(d);
	strcpy(s->folder, "/tmp/iscard-tool-XXXXXX");
	assert_non_null(mkdtemp(s->folder));
	snprintf(path, sizeof path, "%s/r", s->folder);
	snprintf(s->address, sizeof s->address, "usbredir:%s", path);
	fd = listen_at(path);
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (s->pid == 0)
		serve(fd, d, prepare);
	close(fd);
	emu_destroy(d);
}

void emu_server_stop(struct emu_server *s)
{
	char path[sizeof s->folder + 4];

	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	snprintf(path, sizeof path, "%s/r", s->folder);
	unlink(path);
	rmdir(s->folder);
}
