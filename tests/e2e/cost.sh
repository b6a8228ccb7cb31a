#!/bin/sh
# SPDX-License-Identifier: MIT
# cost.sh BINARIES WORK: system calls of one command and its answer, as the difference of two runs:
# two submits, one poll, two reaps and the one that finds nothing: 6, as a bare libusb loop.
set -eu
binaries=$1
work=$2

if ! command -v strace >/dev/null; then
	echo "skipped: no strace" >&2
	[ -n "${ISCARD_TEST_REQUIRE_DATA:-}" ] && exit 1
	exit 77
fi
mkdir -p "$work"
for n in 500 1500; do
	"$binaries/usbfs_run" strace -f -c -o "$work/strace.$n" "$binaries/usb_loop" "$n" || exit $?
done
calls() {
	awk '$NF == "total" { print $4 }' "$work/strace.$1"
}
awk -v a="$(calls 500)" -v b="$(calls 1500)" 'BEGIN {
	each = (b - a) / 1000
	printf "%.2f system calls each\n", each
	exit !(each > 2 && each <= 6.1)
}'
