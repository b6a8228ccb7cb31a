#!/bin/bash
# SPDX-License-Identifier: MIT
# outside.sh BUILD WORK ADDRESS: what usbredirect in the guest offers at ADDRESS, driven from here:
# the card is read, and the session recorded, to be replayed to the guest.
set -eu
build=$1
work=$2
address=$3

rm -rf "$work/recorded"
"$build/iscard" record "$address" "$work/recorded" -- 00A4040007A000000079010000 >"$work/outside.out"
cat "$work/outside.out"
