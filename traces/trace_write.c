/* SPDX-License-Identifier: MIT */
#include "bytes.h"
#include "pcapng.h"
#include "pcapng_write.h"
#include "trace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#define BUFFER (64u << 10)

struct ccid_trace_writer {
	int fd;
	int failed;   /* the first failure, 0 while there is none */
	int error;    /* errno of it */
	off_t end;    /* of the last complete block */
	uint8_t *buf; /* BUFFER bytes for blocks that are not in the file yet, or NULL */
	size_t len;
};

static int from_errno(int e)
{
	switch (e) {
	case EEXIST: return CCID_E_BUSY;
	case EACCES:
	case EPERM:
	case EROFS: return CCID_E_ACCESS;
	case ENOENT:
	case ENOTDIR: return CCID_E_NOTFOUND;
	case ENOMEM: return CCID_E_NOMEM;
	default: return CCID_E_IO;
	}
}

static void fail(struct ccid_trace_writer *w, int e)
{
	w->failed = from_errno(e);
	w->error = e;
}

static int write_out(struct ccid_trace_writer *w, const uint8_t *p, size_t n)
{
	while (n > 0 && w->failed == 0) {
		ssize_t put = write(w->fd, p, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			fail(w, put < 0 ? errno : ENOSPC);
		p += put > 0 ? put : 0;
		n -= put > 0 ? (size_t)put : 0;
	}
	return w->failed;
}

static int flush(struct ccid_trace_writer *w)
{
	size_t n = w->len;

	w->len = 0;
	return n > 0 ? write_out(w, w->buf, n) : w->failed;
}

static int put_buffered(struct ccid_trace_writer *w, const struct iovec *part, int parts)
{
	int err = 0;

	for (int i = 0; i < parts && err == 0; i++) {
		size_t n = part[i].iov_len;

		if (n > BUFFER - w->len)
			err = flush(w);
		if (n > BUFFER && err == 0) {
			err = write_out(w, part[i].iov_base, n);
			continue;
		}
		if (n > 0 && err == 0)
			memcpy(w->buf + w->len, part[i].iov_base, n);
		w->len += err == 0 ? n : 0;
	}
	return err;
}

/* One system call a block, so that a crash leaves whole blocks only; what a full disk cut short is
 * taken back. */
static int put_block(struct ccid_trace_writer *w, const struct iovec *part, int parts)
{
	size_t want = 0;
	ssize_t n;

	if (w->buf != NULL)
		return put_buffered(w, part, parts);
	for (int i = 0; i < parts; i++)
		want += part[i].iov_len;
	do {
		n = writev(w->fd, part, parts);
	} while (n < 0 && errno == EINTR);
	if (n >= 0 && (size_t)n == want) {
		w->end += n;
		return 0;
	}
	fail(w, n < 0 ? errno : ENOSPC);
	if (n > 0 && (ftruncate(w->fd, w->end) != 0 || lseek(w->fd, w->end, SEEK_SET) < 0))
		w->failed = CCID_E_IO;
	return w->failed;
}

/* A block of one piece: body holds 8 bytes of room for type and length at its front. */
static int put_small(struct ccid_trace_writer *w, struct ccid_wr *b, uint32_t type)
{
	struct ccid_wr head = ccid_wr(b->p, 8);
	uint32_t total = (uint32_t)b->len + 4;

	ccid_wr_le32(b, total);
	ccid_wr_le32(&head, type);
	ccid_wr_le32(&head, total);
	return put_block(w, &(struct iovec){.iov_base = b->p, .iov_len = b->len}, 1);
}

/* At most n bytes of text, without cutting a UTF-8 character in two. */
static size_t cut_text(const char *text, size_t n)
{
	size_t len = strnlen(text, n + 1);

	if (len <= n)
		return len;
	while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
		n--;
	return n;
}

static int put_section(struct ccid_trace_writer *w, const char *comment)
{
	static const char appl[] = "libiscard";
	uint8_t buf[64 + CCID_TRACE_SECTION_MAX] = {0};
	struct ccid_wr b = {.p = buf, .cap = sizeof buf, .len = 8};

	ccid_wr_le32(&b, CCID_PCAPNG_BYTE_ORDER);
	ccid_wr_le16(&b, 1);
	ccid_wr_le16(&b, 0);
	ccid_wr_le32(&b, UINT32_MAX);
	ccid_wr_le32(&b, UINT32_MAX);
	ccid_pcapng_put_option(&b, CCID_PCAPNG_SHB_USERAPPL, appl, sizeof appl - 1);
	if (comment != NULL && comment[0] != '\0')
		ccid_pcapng_put_option(&b, CCID_PCAPNG_OPT_COMMENT, comment,
		                       cut_text(comment, CCID_TRACE_SECTION_MAX));
	ccid_pcapng_put_option(&b, CCID_PCAPNG_OPT_END, NULL, 0);
	return put_small(w, &b, CCID_PCAPNG_SHB);
}

static int put_interface(struct ccid_trace_writer *w)
{
	static const char name[] = "usbredir";
	static const uint8_t nanoseconds = 9;
	uint8_t buf[64] = {0};
	struct ccid_wr b = {.p = buf, .cap = sizeof buf, .len = 8};

	ccid_wr_le16(&b, CCID_LINKTYPE_USBREDIR);
	ccid_wr_le16(&b, 0);
	ccid_wr_le32(&b, 0);
	ccid_pcapng_put_option(&b, CCID_PCAPNG_IF_NAME, name, sizeof name - 1);
	ccid_pcapng_put_option(&b, CCID_PCAPNG_IF_TSRESOL, &nanoseconds, 1);
	ccid_pcapng_put_option(&b, CCID_PCAPNG_OPT_END, NULL, 0);
	return put_small(w, &b, CCID_PCAPNG_IDB);
}

static int start(struct ccid_trace_writer **out, struct ccid_trace_writer *w, const char *comment)
{
	int err = put_section(w, comment);

	if (err == 0)
		err = put_interface(w);
	if (err != 0) {
		ccid_trace_close(w);
		return err;
	}
	*out = w;
	return 0;
}

int ccid_trace_create(struct ccid_trace_writer **out, const char *path, bool overwrite)
{
	struct ccid_trace_writer *w = calloc(1, sizeof *w);
	int err;

	if (w == NULL)
		return CCID_E_NOMEM;
	w->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (overwrite ? O_TRUNC : O_EXCL), 0600);
	if (w->fd < 0) {
		err = from_errno(errno);
		free(w);
		return err;
	}
	return start(out, w, NULL);
}

int ccid_trace_create_buffered(struct ccid_trace_writer **out, int fd, const char *comment)
{
	struct ccid_trace_writer *w = calloc(1, sizeof *w);

	if (w != NULL)
		w->buf = malloc(BUFFER);
	if (w == NULL || w->buf == NULL) {
		free(w);
		close(fd);
		return CCID_E_NOMEM;
	}
	w->fd = fd;
	return start(out, w, comment);
}

static void put_tail(struct ccid_wr *t, enum ccid_trace_dir dir, size_t len, const char *comment)
{
	static const uint8_t zero[4];
	uint8_t flags[4] = {(uint8_t)dir};

	ccid_wr_bytes(t, zero, CCID_PCAPNG_PAD(len) - len);
	ccid_pcapng_put_option(t, CCID_PCAPNG_EPB_FLAGS, flags, sizeof flags);
	if (comment != NULL && comment[0] != '\0')
		ccid_pcapng_put_option(t, CCID_PCAPNG_OPT_COMMENT, comment,
		                       cut_text(comment, CCID_TRACE_COMMENT_MAX));
	ccid_pcapng_put_option(t, CCID_PCAPNG_OPT_END, NULL, 0);
}

static struct iovec part_of(const void *p, size_t len)
{
	union {
		const void *in;
		void *out;
	} u = {.in = p}; /* writev() only reads, whatever its type says */

	return (struct iovec){.iov_base = u.out, .iov_len = len};
}

int ccid_trace_write_pieces(struct ccid_trace_writer *w, enum ccid_trace_dir dir, uint64_t time_ns,
                            const struct ccid_trace_piece *packet, const char *comment)
{
	uint8_t front[28], back[CCID_TRACE_COMMENT_MAX + 32];
	struct ccid_wr h = ccid_wr(front, sizeof front), t = ccid_wr(back, sizeof back);
	size_t len = packet->head_len + packet->data_len;
	uint32_t total;

	if (w->failed != 0)
		return w->failed;
	if (packet->head_len > CCID_TRACE_PACKET_MAX || packet->data_len > CCID_TRACE_PACKET_MAX ||
	    len > CCID_TRACE_PACKET_MAX)
		return CCID_E_ARG;
	put_tail(&t, dir, len, comment);
	total = (uint32_t)(sizeof front + len + t.len + 4);
	ccid_wr_le32(&t, total);
	ccid_pcapng_put_front(&h, total, time_ns, (uint32_t)len);
	const struct iovec part[] = {
		part_of(front, sizeof front),
		part_of(packet->head, packet->head_len),
		part_of(packet->data, packet->data_len),
		part_of(back, t.len),
	};
	return put_block(w, part, (int)(sizeof part / sizeof part[0]));
}

int ccid_trace_write(struct ccid_trace_writer *w, enum ccid_trace_dir dir, uint64_t time_ns,
                     const uint8_t *packet, size_t len, const char *comment)
{
	const struct ccid_trace_piece whole = {.head = packet, .head_len = len};

	return ccid_trace_write_pieces(w, dir, time_ns, &whole, comment);
}

int ccid_trace_close(struct ccid_trace_writer *w)
{
	int err, e;

	if (w == NULL)
		return 0;
	(void)flush(w);
	if (close(w->fd) != 0 && w->failed == 0)
		fail(w, errno);
	err = w->failed;
	e = w->error;
	free(w->buf);
	free(w);
	errno = e;
	return err;
}
