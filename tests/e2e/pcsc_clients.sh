#!/bin/sh
# SPDX-License-Identifier: MIT
# pcsc_clients.sh BINARIES WORK LIBRARY CLIENT: a real client of PC/SC, as Debian built it, says the
# same on the emulated reader through pcscd and libccid, and through the libpcsclite.so.1 in folder
# LIBRARY.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
binaries=$1
work=$2
library=$3
client=$4
root=$work/root
case $client in
pcsc_scan) packages=pcsc-tools ;;
scriptor) packages="pcsc-tools libpcsc-perl" ;;
opensc-* | pkcs1*) packages="opensc opensc-pkcs11" ;;
yubico-piv-tool) packages="yubico-piv-tool libykpiv2" ;;
scdaemon)
	packages=scdaemon
	command -v gpg >/dev/null && command -v gpg-agent >/dev/null || exit 77
	;;
pyscard | pyscard-examples)
	packages=python3-pyscard
	[ -x /usr/bin/python3 ] || exit 77
	;;
*) exit 2 ;;
esac

"$here/pcscd_fetch.sh" "$work" || exit $?
# shellcheck disable=SC2086
"$here/peers.sh" "$work" opensc opensc-pkcs11 $packages || exit $?

# What depends on the time, on the place, or on the words that a reader or an error is named with
# (where it is spelled in bytes, too); and how often a card has come, beside the state.
plain() {
	sed -e 's/ACS [A-Za-z0-9 ]*\[Contact\] (EMU0001)/READER/g' -e 's/tmp\.[A-Za-z0-9]*/tmp/g' \
		-e 's/^[A-Z][a-z][a-z] [A-Z][a-z][a-z] .*20[0-9][0-9]$/DATE/' \
		-e 's/Event number: [0-9]*/Event number/' -e 's/ object [0-9]\{5,\}/ object/' -e 's/\[[0-9]*\]: /: /' \
		-e 's/^\[65, 67, 83, 32, .*/READER/;s/^0x41 0x43 0x53 0x20 .*/READER/' \
		-e 's/Feature not supported\.\|reader or card does not support this/UNSUPPORTED/' \
		-e 's/^State: 0x[0-9A-F]*\([0-9A-F]\{2\}\)$/State \1/' -e 's/^[-\\|/ \r]*$//'
}
case $client in
scdaemon) options="-l 2 -a $here/card_openpgp.txt" ;;
pkcs1* | yubico-piv-tool) options="-l 3 -1 254 -a $here/card_piv.txt" ;;
*) options="-l 1 -m 271" ;;
esac
out=$work/client.$client
# shellcheck disable=SC2086
"$binaries/usbfs_run" $options "$here/pcscd_inside.sh" "$root" \
	"$here/pcsc_clients_inside.sh" "$root" "$client" >"$out.raw" || exit $?
plain <"$out.raw" >"$out.theirs"
# shellcheck disable=SC2086
"$binaries/usbfs_run" $options env LD_LIBRARY_PATH="$library" \
	"$here/pcsc_clients_inside.sh" "$root" "$client" >"$out.raw" || exit $?
plain <"$out.raw" >"$out.ours"
diff -a -u "$out.theirs" "$out.ours"
grep -q READER "$out.ours"
[ "$(wc -l <"$out.ours")" -gt 2 ]
echo "$(wc -l <"$out.ours") equal lines from $client"
