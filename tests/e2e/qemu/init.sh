#!/bin/sh
# SPDX-License-Identifier: MIT
# The guest's first program, on its initramfs: the root of the host, read-only over 9p below a
# layer in memory, becomes the guest's, and the command of the kernel's command line runs there.
set -eu
/busybox mkdir -p /proc /sys /dev /host /rw /guest
/busybox mount -t proc proc /proc
/busybox mount -t sysfs sysfs /sys
/busybox mount -t devtmpfs dev /dev
while read -r module; do
	/busybox insmod "/modules/$module"
done </modules/order
/busybox mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=262144 host /host
/busybox mount -t tmpfs rw /rw
/busybox mkdir /rw/upper /rw/work
/busybox mount -t overlay -o lowerdir=/host,upperdir=/rw/upper,workdir=/rw/work root /guest
/busybox mount --move /proc /guest/proc
/busybox mount --move /sys /guest/sys
/busybox mount --move /dev /guest/dev
# Not over /tmp: the build folder may be there, and the overlay takes what is written.
/busybox mount -t tmpfs run /guest/run
exec /busybox switch_root /guest /bin/bash "$@"
