/* SPDX-License-Identifier: MIT */
/* The tree: one bus folder with one node for each reader that is plugged in. */
#include "usbfs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INO_BUS  2
#define INO_NODE 16 /* and devnum */

static struct usbfs *host(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

static struct usbfs_file *file_of(const struct fuse_file_info *fi)
{
	return (struct usbfs_file *)(uintptr_t)fi->fh;
}

/* The reader whose node it is. */
static struct usbfs *owner(fuse_req_t req, fuse_ino_t ino)
{
	struct usbfs *u = host(req);

	while (u != NULL && (u->emu == NULL || ino != INO_NODE + u->devnum))
		u = u->next;
	return u;
}

/* u: the one whose node it is, or NULL. */
static bool describe(const struct usbfs *u, fuse_ino_t ino, struct stat *st)
{
	uint8_t all[4096];

	memset(st, 0, sizeof *st);
	st->st_ino = ino;
	st->st_nlink = 2;
	st->st_mode = S_IFDIR | 0755;
	if (ino == FUSE_ROOT_ID || ino == INO_BUS)
		return true;
	if (u == NULL)
		return false;
	st->st_nlink = 1;
	st->st_mode = S_IFREG | 0666;
	st->st_size = (off_t)usbfs_read(u, all, sizeof all, 0);
	return true;
}

static void node_name(const struct usbfs *u, char name[8])
{
	snprintf(name, 8, "%03u", u->devnum % 1000);
}

static fuse_ino_t find(const struct usbfs *u, fuse_ino_t parent, const char *name)
{
	char own[8];

	snprintf(own, sizeof own, "%03d", USBFS_BUS);
	if (parent == FUSE_ROOT_ID && strcmp(name, own) == 0)
		return INO_BUS;
	for (; parent == INO_BUS && u != NULL; u = u->next) {
		node_name(u, own);
		if (u->emu != NULL && strcmp(name, own) == 0)
			return INO_NODE + u->devnum;
	}
	return 0;
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param e = {0};

	e.ino = find(host(req), parent, name);
	if (e.ino == 0 || !describe(owner(req, e.ino), e.ino, &e.attr))
		fuse_reply_err(req, ENOENT);
	else
		fuse_reply_entry(req, &e);
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st;

	(void)fi;
	if (describe(owner(req, ino), ino, &st))
		fuse_reply_attr(req, &st, 0);
	else
		fuse_reply_err(req, ENODEV);
}

static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set,
                       struct fuse_file_info *fi)
{
	(void)attr;
	(void)to_set;
	op_getattr(req, ino, fi);
}

static size_t add_entry(fuse_req_t req, char *buf, size_t cap, const char *name, fuse_ino_t ino,
                        off_t off)
{
	struct stat st;

	if (!describe(owner(req, ino), ino, &st))
		return 0;
	return fuse_add_direntry(req, buf, cap, name, &st, off);
}

static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
                       struct fuse_file_info *fi)
{
	char buf[512], name[8];
	size_t n = 0;

	(void)fi;
	if (off == 0 && ino == FUSE_ROOT_ID) {
		snprintf(name, sizeof name, "%03d", USBFS_BUS);
		n = add_entry(req, buf, sizeof buf, name, INO_BUS, 1);
	}
	for (const struct usbfs *u = host(req); off == 0 && ino == INO_BUS && u != NULL;
	     u = u->next) {
		node_name(u, name);
		n += add_entry(req, buf + n, sizeof buf - n, name, INO_NODE + u->devnum, 1);
	}
	fuse_reply_buf(req, buf, n < size ? n : 0);
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct usbfs *u = owner(req, ino);
	struct usbfs_file *f;

	if (u == NULL || u->refused) {
		fuse_reply_err(req, u == NULL ? ENODEV : EACCES);
		return;
	}
	f = usbfs_open(u);
	if (f == NULL) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	fi->fh = (uintptr_t)f;
	fi->direct_io = 1;
	if (fuse_reply_open(req, fi) != 0)
		usbfs_close(u, f);
}

static void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	usbfs_close(file_of(fi)->host, file_of(fi));
	fuse_reply_err(req, 0);
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
                    struct fuse_file_info *fi)
{
	uint8_t buf[4096];

	(void)ino;
	if (file_of(fi)->gone || off < 0) {
		fuse_reply_err(req, off < 0 ? EINVAL : ENODEV);
		return;
	}
	if (size > sizeof buf)
		size = sizeof buf;
	fuse_reply_buf(req, (const char *)buf,
	               usbfs_read(file_of(fi)->host, buf, size, (size_t)off));
}

static void op_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned int cmd, void *arg,
                     struct fuse_file_info *fi, unsigned flags, const void *in_buf, size_t in_size,
                     size_t out_size)
{
	(void)ino;
	(void)in_buf;
	(void)in_size;
	(void)out_size;
	if ((flags & (FUSE_IOCTL_COMPAT | FUSE_IOCTL_DIR)) != 0)
		fuse_reply_err(req, ENOTTY);
	else
		usbfs_ioctl(file_of(fi)->host, file_of(fi), req, cmd, (uintptr_t)arg);
}

static void op_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
                    struct fuse_pollhandle *ph)
{
	struct usbfs_file *f = file_of(fi);

	(void)ino;
	if (ph != NULL) {
		if (f->ph != NULL)
			fuse_pollhandle_destroy(f->ph);
		f->ph = ph;
	}
	fuse_reply_poll(req, usbfs_poll(f));
}

const struct fuse_lowlevel_ops usbfs_ops = {
	.lookup = op_lookup,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.readdir = op_readdir,
	.open = op_open,
	.release = op_release,
	.read = op_read,
	.ioctl = op_ioctl,
	.poll = op_poll,
};
