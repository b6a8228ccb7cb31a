/* SPDX-License-Identifier: MIT */
#include "input.h"

#include "bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE (64u << 10)

static int from_errno(int e)
{
	switch (e) {
	case ENOENT:
	case ENOTDIR: return CCID_E_NOTFOUND;
	case EACCES:
	case EPERM: return CCID_E_ACCESS;
	case ENOMEM: return CCID_E_NOMEM;
	default: return CCID_E_IO;
	}
}

int ccid_input_open(struct ccid_input *in, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*in = (struct ccid_input){.fd = -1};
	return fd < 0 ? from_errno(errno) : ccid_input_open_fd(in, fd);
}

void ccid_input_close(struct ccid_input *in)
{
	if (in->buf != NULL) {
		ccid_wipe(in->buf, in->high);
		close(in->fd);
	}
	free(in->buf);
	*in = (struct ccid_input){.fd = -1};
}

static ssize_t read_some(int fd, uint8_t *buf, size_t n)
{
	ssize_t got;

	do {
		got = read(fd, buf, n);
	} while (got < 0 && errno == EINTR);
	return got;
}

static int write_all(int fd, const uint8_t *buf, size_t n)
{
	while (n > 0) {
		ssize_t put = write(fd, buf, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return CCID_E_IO;
		buf += put;
		n -= (size_t)put;
	}
	return 0;
}

/* The file takes the place of the pipe. */
static int copy_pipe(struct ccid_input *in)
{
	FILE *f = tmpfile();
	int fd = f != NULL ? fcntl(fileno(f), F_DUPFD_CLOEXEC, 0) : -1, err = 0;
	ssize_t got = 0;

	if (f != NULL)
		fclose(f);
	if (fd < 0)
		return CCID_E_IO;
	in->high = in->cap;
	while (err == 0 && (got = read_some(in->fd, in->buf, in->cap)) > 0)
		err = write_all(fd, in->buf, (size_t)got);
	close(in->fd);
	in->fd = fd;
	return err != 0 || got < 0 || lseek(fd, 0, SEEK_SET) != 0 ? CCID_E_IO : 0;
}

int ccid_input_open_fd(struct ccid_input *in, int fd)
{
	int err = 0;

	*in = (struct ccid_input){.fd = fd, .buf = malloc(PIECE), .cap = PIECE};
	if (in->buf == NULL) {
		close(fd);
		return CCID_E_NOMEM;
	}
	if (lseek(fd, 0, SEEK_CUR) < 0)
		err = copy_pipe(in);
	if (err != 0)
		ccid_input_close(in);
	return err;
}

/* Room for n bytes from at on. */
static int make_room(struct ccid_input *in, size_t n)
{
	uint8_t *buf;

	if (in->at > 0 && in->len > in->at)
		memmove(in->buf, in->buf + in->at, in->len - in->at);
	in->len -= in->at;
	in->at = 0;
	if (n <= in->cap)
		return 0;
	buf = malloc(n + PIECE);
	if (buf == NULL)
		return CCID_E_NOMEM;
	memcpy(buf, in->buf, in->len);
	ccid_wipe(in->buf, in->high);
	free(in->buf);
	in->buf = buf;
	in->cap = n + PIECE;
	return 0;
}

const uint8_t *ccid_input_peek(struct ccid_input *in, size_t n)
{
	ssize_t got = 1;

	if (in->len - in->at >= n)
		return in->buf + in->at;
	if (in->failed == 0)
		in->failed = make_room(in, n);
	while (in->failed == 0 && in->len < n && got > 0) {
		got = read_some(in->fd, in->buf + in->len, in->cap - in->len);
		if (got < 0)
			in->failed = CCID_E_IO;
		else
			in->len += (size_t)got;
		in->high = in->len > in->high ? in->len : in->high;
	}
	return in->failed == 0 && in->len - in->at >= n ? in->buf + in->at : NULL;
}

size_t ccid_input_ready(const struct ccid_input *in)
{
	return in->len - in->at;
}

int ccid_input_skip(struct ccid_input *in, uint64_t n)
{
	while (n > 0) {
		size_t ready = ccid_input_ready(in), some = n < ready ? (size_t)n : ready;

		if (some == 0 && ccid_input_peek(in, 1) == NULL)
			return in->failed != 0 ? in->failed : CCID_E_SHORT;
		in->at += some;
		in->offset += some;
		n -= some;
	}
	return 0;
}

int ccid_input_rewind(struct ccid_input *in)
{
	if (lseek(in->fd, 0, SEEK_SET) != 0)
		return CCID_E_IO;
	in->at = in->len = 0;
	in->offset = 0;
	in->failed = 0;
	return 0;
}

uint64_t ccid_input_size(const struct ccid_input *in)
{
	struct stat st;

	return fstat(in->fd, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}
