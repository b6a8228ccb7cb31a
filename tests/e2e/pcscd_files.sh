#!/bin/sh
# SPDX-License-Identifier: MIT
# pcscd_files.sh ROOT: lay out what is to stand over /usr/lib for the pcscd unpacked below ROOT, once.
set -eu
root=$1
drivers=$root/overlay/pcsc/drivers
bundle=ifd-ccid.bundle
[ ! -e "$drivers/$bundle" ] || exit 0
mkdir -p "$drivers"
made=$(mktemp -d "$root/overlay.XXXXXX")
cp -r "$root/usr/lib/pcsc/drivers/$bundle" "$made/"
# The package's link leads to /etc of the machine.
rm -f "$made/$bundle/Contents/Info.plist"
cp "$root/etc/libccid_Info.plist" "$made/$bundle/Contents/Info.plist"
mv -T "$made/$bundle" "$drivers/$bundle" || [ -e "$drivers/$bundle" ] # by another test meanwhile
rm -rf "$made"
