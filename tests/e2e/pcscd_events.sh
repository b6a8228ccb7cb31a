#!/bin/sh
# SPDX-License-Identifier: MIT
# pcscd_events.sh BINARIES WORK LIBRARY WHAT: Debian's pcscd with libccid, and the libpcsclite.so.1 in
# folder LIBRARY, on the emulated reader when more happens than APDUs (events_pcsc.c): pin, slots, plug,
# stall. What they say must be this.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
binaries=$1
work=$2
library=$3
what=$4
options="-n -l 2 -m 271"
case $what in
pin)
	options="$options -p"
	wanted='pad 1
< 90 00'
	;;
slots)
	options="$options -s 4 -b 1"
	wanted='< 00 07 0E 15 1C 23 2A 31 90 00
< 70 77 7E 85 8C 93 9A A1 90 00
< E0 E7 EE F5 FC 03 0A 11 90 00
< 50 57 5E 65 6C 73 7A 81 90 00'
	;;
plug)
	wanted='< 00 07 0E 15 1C 23 2A 31 90 00
removed 1
failed
inserted 1
< 07 0E 15 1C 23 2A 31 38 90 00
unplugged 1
plugged 1
< 0E 15 1C 23 2A 31 38 3F 90 00'
	;;
stall)
	wanted='< 00 07 0E 15 1C 23 2A 31 90 00
stalls 1
failed
unplugged 1
plugged 1
< 00 07 0E 15 1C 23 2A 31 90 00'
	;;
*) exit 2 ;;
esac

"$here/pcscd_fetch.sh" "$work" || exit $?
# shellcheck disable=SC2086
"$binaries/usbfs_run" $options "$here/pcscd_inside.sh" "$work/root" "$binaries/events_pcsc" "$what" \
	>"$work/events.$what.txt" || exit $?
echo "$wanted" | diff -u - "$work/events.$what.txt"
# libccid leaves the endpoint halted; ours clears it, and what then follows is tested elsewhere.
[ "$what" != stall ] || exit 0
# shellcheck disable=SC2086
"$binaries/usbfs_run" $options env LD_LIBRARY_PATH="$library" "$binaries/events_pcsc" "$what" \
	>"$work/events.$what.ours.txt" || exit $?
echo "$wanted" | diff -u - "$work/events.$what.ours.txt"
