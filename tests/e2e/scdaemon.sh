#!/bin/sh
# SPDX-License-Identifier: MIT
# scdaemon.sh BINARIES WORK READER: GnuPG's scdaemon with its own CCID driver, and ours, hold the same
# conversation with the emulated reader and a T=1 card: tpdu, tpdu_chained (short blocks), short,
# extended, extended_chained (messages of 271 bytes). What they hear must be equal.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
binaries=$1
work=$2
reader=$3
case $reader in
tpdu) options="-l 1 -m 271 -1 254" ;;
tpdu_chained) options="-l 1 -m 271 -1 24" ;;
short) options="-l 2 -m 271 -1 254" ;;
extended) options="-l 3 -m 65544 -1 254" ;;
extended_chained) options="-l 3 -m 271 -1 254" ;;
*) exit 2 ;;
esac

"$here/peers_all.sh" "$work" scdaemon || exit $?
ours=$work/driver.scd.$reader.txt
theirs=$work/scdaemon.$reader
# shellcheck disable=SC2086
"$binaries/usbfs_run" $options "$binaries/apdus_driver" >"$ours" || exit $?

mkdir -p "$work/gnupg"
chmod 700 "$work/gnupg"
{
	echo "SERIALNO undefined"
	sed -n 's/^> /APDU /p' "$ours"
	echo BYE
} >"$theirs.in"
# shellcheck disable=SC2086
SYSTEMD_DEVICE_VERIFY_SYSFS=0 "$binaries/usbfs_run" $options timeout 60 \
	"$work/root/usr/lib/gnupg/scdaemon" --homedir "$work/gnupg" --server \
	<"$theirs.in" >"$theirs.out" || exit $?

# Data come as "D bytes", with %25, %0D and %0A for three of them.
od -An -v -tx1 "$theirs.out" | tr -s ' ' '\n' | awk '
	function flush_line() {
		if (n > 1 && byte[1] == "44" && byte[2] == "20") {
			line = "<"
			for (i = 3; i <= n; i++) {
				if (byte[i] != "25") { line = line " " toupper(byte[i]); continue }
				line = line " " substr(byte[i + 1], 2) (byte[i + 2] ~ /^3/ ? \
					substr(byte[i + 2], 2) : byte[i + 2] == "41" ? "A" : "D")
				i += 2
			}
			print line
		}
		n = 0
	}
	$1 == "0a" { flush_line(); next }
	$1 != "" { byte[++n] = $1 }' >"$theirs.txt"
grep '^<' "$ours" | diff -u "$theirs.txt" -
echo "$(grep -c '^<' "$ours") equal answers at $reader"
