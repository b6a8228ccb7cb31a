#!/bin/sh
# SPDX-License-Identifier: MIT
# pcscd_inside.sh ROOT COMMAND...: start the pcscd unpacked below ROOT, run COMMAND, end pcscd. To be
# run by usbfs_run. PEER_WRAP: a command that is to run pcscd.
set -eu
root=$1
shift
: >/run/no-readers
export SYSTEMD_DEVICE_VERIFY_SYSFS=0
# pcscd looks for drivers in /usr/lib alone; the name space gets one that has them too.
mount -t overlay -o "lowerdir=$root/overlay:/usr/lib" drivers /usr/lib
LD_LIBRARY_PATH=$(dirname "$(find "$root/usr/lib" -name 'libpcsclite.so.1' | head -n 1)")
export LD_LIBRARY_PATH
# shellcheck disable=SC2086
${PEER_WRAP:-} "$root/usr/sbin/pcscd" --foreground --config /run/no-readers >&2 &
pcscd=$!
status=0
"$@" || status=$?
kill "$pcscd"
wait "$pcscd" || true
exit "$status"
