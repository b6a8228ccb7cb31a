#!/bin/sh
# SPDX-License-Identifier: MIT
# pcsc_clients_inside.sh ROOT CLIENT: run a client of PC/SC that was unpacked below ROOT, with the
# libpcsclite.so.1 that LD_LIBRARY_PATH names first, and print what it says. To be run by usbfs_run.
set -u
root=$1
client=$2
libs=$(dirname "$(find "$root/usr/lib" -name 'libpcsclite.so.1' | head -n 1)")
LD_LIBRARY_PATH=$LD_LIBRARY_PATH:$libs
export LD_LIBRARY_PATH
bin=$root/usr/bin
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
HOME=$home
PYTHONPATH=$root/usr/lib/python3/dist-packages
export HOME PYTHONPATH

# A daemon needs a moment to find the reader.
n=0
until "$bin/opensc-tool" -a >/dev/null 2>&1 || [ $n -ge 50 ]; do
	n=$((n + 1))
	sleep 0.1
done

# run COMMAND...: what it prints, and how it ends.
run() {
	echo "\$ $(basename "$1")"
	timeout 20 "$@" 2>&1
	echo "exit $?"
}

case $client in
pcsc_scan) timeout 3 "$bin/pcsc_scan" -n 2>&1 | tr -d '\b' | sed 's/[-|\\/ ]*$//' ;;
opensc-tool)
	run "$bin/opensc-tool" -l
	run "$bin/opensc-tool" -a
	run "$bin/opensc-tool" -n
	run "$bin/opensc-tool" --reader 0 -s 00A4000C023F00 -s 0084000008 -s 00B0000010
	run "$bin/opensc-tool" --reader 0 -s 801A080004 -s 801C002000
	run "$bin/opensc-tool" --reset
	;;
opensc-explorer)
	printf 'cd 3F00\ninfo\napdu 00A4000C023F00\nrandom 8\nquit\n' >"$home/commands"
	run "$bin/opensc-explorer" "$home/commands"
	;;
pkcs11-tool)
	module=$(find "$root" -name opensc-pkcs11.so | head -n 1)
	run "$bin/pkcs11-tool" --module "$module" -L
	run "$bin/pkcs11-tool" --module "$module" -O
	run "$bin/pkcs11-tool" --module "$module" --list-mechanisms
	;;
pkcs15-tool)
	run "$bin/pkcs15-tool" -D
	run "$bin/pkcs15-tool" --list-certificates
	run "$bin/pkcs15-tool" --test-update
	;;
yubico-piv-tool)
	run "$bin/yubico-piv-tool" -r ACS -a list-readers
	run "$bin/yubico-piv-tool" -r ACS -v -a status
	run "$bin/yubico-piv-tool" -r ACS -a version
	run "$bin/yubico-piv-tool" -r ACS -a verify-pin -P 123456
	;;
scriptor)
	printf 'reset\n00 A4 00 0C 02 3F 00\n00 84 00 00 08\n' >"$home/script"
	PERL5LIB=$(dirname "$(find "$root/usr/lib" -name PCSC.pm -path '*Chipcard*' | head -n 1)")/..
	export PERL5LIB
	run "$bin/scriptor" "$home/script"
	;;
scdaemon)
	library=$(IFS=:; for d in $LD_LIBRARY_PATH; do
		[ -e "$d/libpcsclite.so.1" ] && echo "$d/libpcsclite.so.1" && break
	done)
	printf 'disable-ccid\npcsc-driver %s\n' "$library" >"$home/scdaemon.conf"
	printf 'scdaemon-program %s\n' "$root/usr/lib/gnupg/scdaemon" >"$home/gpg-agent.conf"
	chmod 700 "$home"
	printf '%s\n' 'SERIALNO undefined' 'APDU 00CA004F00' \
		'APDU 00CA006E00' 'APDU --atr' 'RESET' 'SERIALNO' 'BYE' \
		>"$home/commands"
	echo '$ scdaemon'
	timeout 20 "$root/usr/lib/gnupg/scdaemon" --server --homedir "$home" <"$home/commands" 2>&1 |
		sed 's/pid [0-9]*//'
	run gpg --homedir "$home" --batch --card-status
	gpgconf --homedir "$home" --kill all
	;;
pyscard)
	run /usr/bin/python3 "$(dirname "$0")/pcsc_pyscard.py"
	;;
pyscard-examples)
	find "$root/usr/share/doc/python3-pyscard/examples" -name '*.py' ! -path '*/wx/*' | sort >"$home/all"
	while read -r example; do
		echo "# ${example##*/examples/}"
		run /usr/bin/python3 "$(dirname "$0")/pcsc_pyscard_example.py" "$example" </dev/null
	done <"$home/all"
	;;
esac
