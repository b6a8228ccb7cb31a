#!/bin/sh
# SPDX-License-Identifier: MIT
# pcscd_files.sh ROOT: lay out what is to stand over /usr/lib for the pcscd unpacked below ROOT.
set -eu
root=$1
drivers=$root/overlay/pcsc/drivers
mkdir -p "$drivers"
rm -rf "$drivers/ifd-ccid.bundle"
cp -r "$root/usr/lib/pcsc/drivers/ifd-ccid.bundle" "$drivers/"
# The package's link leads to /etc of the machine.
rm -f "$drivers/ifd-ccid.bundle/Contents/Info.plist"
cp "$root/etc/libccid_Info.plist" "$drivers/ifd-ccid.bundle/Contents/Info.plist"
