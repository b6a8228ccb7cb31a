#!/bin/sh
# SPDX-License-Identifier: MIT
# pcscd.sh BINARIES WORK READER: Debian's pcscd with libccid, and our driver, hold the same
# conversation with the emulated reader: tpdu_t0, tpdu_t1, tpdu_t1_chained (CRC and short
# blocks), short, extended, extended_chained (messages of 271 bytes). What they hear must be equal.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
binaries=$1
work=$2
reader=$3
root=$work/root
set=
case $reader in
tpdu_t0) options="-l 1 -m 271" set=--tpdu ;;
tpdu_t1) options="-l 1 -m 271 -1 254" set=--extended ;;
tpdu_t1_chained) options="-l 1 -m 271 -c -1 24" set=--extended ;;
short) options="-l 2 -m 271" ;;
extended) options="-l 3 -m 65544" set=--extended ;;
extended_chained) options="-l 3 -m 271 -1 254" set=--extended ;;
*) exit 2 ;;
esac

"$here/pcscd_fetch.sh" "$work" || exit $?

# shellcheck disable=SC2086
"$binaries/usbfs_run" $options "$here/pcscd_inside.sh" "$root" "$binaries/apdus_pcsc" $set \
	>"$work/pcscd.$reader.txt" || exit $?
# shellcheck disable=SC2086
"$binaries/usbfs_run" $options "$binaries/apdus_driver" $set >"$work/driver.$reader.txt" ||
	exit $?
diff -u "$work/pcscd.$reader.txt" "$work/driver.$reader.txt"
echo "$(grep -c '^<' "$work/driver.$reader.txt") equal answers at $reader"
