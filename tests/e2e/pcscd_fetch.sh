#!/bin/sh
# SPDX-License-Identifier: MIT
# pcscd_fetch.sh WORK: pcscd and libccid below WORK/root, as pcscd_inside.sh wants them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$1
root=$work/root

"$here/peers.sh" "$work" pcscd libccid libpcsclite1 || exit $?
drivers=$root/overlay/pcsc/drivers
mkdir -p "$drivers"
rm -rf "$drivers/ifd-ccid.bundle"
cp -r "$root/usr/lib/pcsc/drivers/ifd-ccid.bundle" "$drivers/"
# The package's link leads to /etc of the machine.
rm -f "$drivers/ifd-ccid.bundle/Contents/Info.plist"
cp "$root/etc/libccid_Info.plist" "$drivers/ifd-ccid.bundle/Contents/Info.plist"
