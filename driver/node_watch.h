/* SPDX-License-Identifier: MIT */
/* Changes below /dev/bus/usb, by inotify: nodes that come, go, or get other permissions. The folder
 * itself need not exist yet. */
#ifndef CCID_NODE_WATCH_H
#define CCID_NODE_WATCH_H

#include "env.h"

struct ccid_node_watch {
	int fd;          /* to poll; -1: there is no inotify */
	int above;       /* watch of a folder above, while dev does not exist; -1 */
	const char *dev; /* the caller's */
	bool complete;   /* what is not told has not happened */
};

/* Never fails: fd is then -1. */
void ccid_node_watch_init(struct ccid_node_watch *w, const char *dev);
void ccid_node_watch_fini(struct ccid_node_watch *w);

/* Take what has come, bounded: whether there may be something new. */
bool ccid_node_watch_take(struct ccid_node_watch *w);

#endif
