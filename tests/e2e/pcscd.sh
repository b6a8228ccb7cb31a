#!/bin/sh
# SPDX-License-Identifier: MIT
# pcscd.sh BINARIES WORK LEVEL: Debian's pcscd with libccid, and our driver, hold the same
# conversation with the emulated reader at exchange level LEVEL (1 TPDU, 2 short, 3 extended APDU).
# What they hear must be equal.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
binaries=$1
work=$2
level=$3
root=$work/root
case $level in
1) options="-l 1 -m 271" only=--tpdu ;;
2) options="-l 2 -m 271" only= ;;
*) options="-l 3 -m 65544" only= ;;
esac

"$here/peers.sh" "$work" pcscd libccid libpcsclite1 || exit $?
drivers=$root/overlay/pcsc/drivers
mkdir -p "$drivers"
rm -rf "$drivers/ifd-ccid.bundle"
cp -r "$root/usr/lib/pcsc/drivers/ifd-ccid.bundle" "$drivers/"
# The package's link leads to /etc of the machine.
rm -f "$drivers/ifd-ccid.bundle/Contents/Info.plist"
cp "$root/etc/libccid_Info.plist" "$drivers/ifd-ccid.bundle/Contents/Info.plist"

# shellcheck disable=SC2086
"$binaries/usbfs_run" $options "$here/pcscd_inside.sh" "$root" "$binaries/apdus_pcsc" $only \
	>"$work/pcscd.$level.txt" || exit $?
# shellcheck disable=SC2086
"$binaries/usbfs_run" $options "$binaries/apdus_driver" $only >"$work/driver.$level.txt" ||
	exit $?
diff -u "$work/pcscd.$level.txt" "$work/driver.$level.txt"
echo "$(grep -c '^<' "$work/driver.$level.txt") equal answers at level $level"
