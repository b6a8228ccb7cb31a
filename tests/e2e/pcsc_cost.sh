#!/bin/sh
# SPDX-License-Identifier: MIT
# pcsc_cost.sh BINARIES WORK LIBRARY PEERS: system calls of one SCardTransmit through the
# libpcsclite.so.1 in folder LIBRARY, as the difference of two runs: those of the exchange (cost.sh)
# and one look for news. Times, on one processor, are told beside those through pcscd when PEERS has
# it; nothing is demanded of them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
binaries=$1
work=$2
library=$3
root=$4/root

if ! command -v strace >/dev/null; then
	echo "skipped: no strace" >&2
	[ -n "${ISCARD_TEST_REQUIRE_DATA:-}" ] && exit 1
	exit 77
fi
mkdir -p "$work"
for n in 500 1500; do
	"$binaries/usbfs_run" env LD_LIBRARY_PATH="$library" strace -f -c -o "$work/pcsc.$n" \
		"$binaries/pcsc_loop" "$n" 2>/dev/null || exit $?
done
echo "ours: $(taskset -c 0 "$binaries/usbfs_run" env LD_LIBRARY_PATH="$library" "$binaries/pcsc_loop" 2000 2>&1)"
if [ -x "$root/usr/sbin/pcscd" ] && [ -d "$root/overlay" ]; then
	echo "pcscd: $(taskset -c 0 "$binaries/usbfs_run" "$here/pcscd_inside.sh" "$root" \
		"$binaries/pcsc_loop" 2000 2>&1 | grep each)"
fi
calls() {
	awk '$NF == "total" { print $4 }' "$work/pcsc.$1"
}
awk -v a="$(calls 500)" -v b="$(calls 1500)" 'BEGIN {
	each = (b - a) / 1000
	printf "%.2f system calls each\n", each
	exit !(each > 2 && each <= 8.1)
}'
