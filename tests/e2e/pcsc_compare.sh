#!/bin/sh
# SPDX-License-Identifier: MIT
# pcsc_compare.sh BINARIES WORK LIBRARY READER: the calls of pcsc_calls.c through Debian's pcsc-lite,
# pcscd and libccid, and through the libpcsclite.so.1 in folder LIBRARY, on the same emulated reader
# (tpdu_t0, short, extended_t1). What differs must be what pcsc_wanted.READER.txt says, and why.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
binaries=$1
work=$2
library=$3
reader=$4
case $reader in
tpdu_t0) options="-n -l 1 -m 271" ;;
short) options="-n -l 2 -m 271" ;;
extended_t1) options="-n -l 3 -1 254" ;;
*) exit 2 ;;
esac

"$here/pcscd_fetch.sh" "$work" || exit $?
out=$work/pcsc_calls.$reader
grep '^[<>]' "$here/pcsc_wanted.$reader.txt" >"$out.wanted"
# shellcheck disable=SC2086
"$binaries/usbfs_run" $options env LD_LIBRARY_PATH="$library" "$binaries/pcsc_calls" \
	>"$out.ours" || exit $?

compare() {
	# shellcheck disable=SC2086
	"$binaries/usbfs_run" $options "$here/pcscd_inside.sh" "$work/root" \
		"$binaries/pcsc_calls" >"$out.theirs" || return $?
	diff --unchanged-line-format= --old-line-format='< %L' --new-line-format='> %L' \
		"$out.theirs" "$out.ours" >"$out.differences" || true
	# A reader that is pulled the daemon knows of a moment sooner or later; sooner, it answers as we do.
	awk 'NR == FNR { differs[$0]; next } !/, reader pulled[ :]/ || $0 in differs' \
		"$out.differences" "$out.wanted" >"$out.due"
	cmp -s "$out.due" "$out.differences"
}

# On a busy machine the daemon is sometimes late with a card; it gets another try, we do not.
compare || compare || compare || {
	diff -u "$out.due" "$out.differences"
	exit 1
}
echo "$(grep -c ': ' "$out.ours") calls at $reader, $(grep -c '^>' "$out.wanted") differ as they should"
