#!/bin/bash
# SPDX-License-Identifier: MIT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

usage()
{
	cat <<-'END'
	usage: tests/bench/run.sh [--quick] [BUILD]

	Prints what an APDU costs: a bare libusb loop, this library (by ISCard, in bytes, and by its
	libpcsclite), pcscd with libccid, and scdaemon, side by side, on the emulated reader over unmodified libusb (a usbfs served by FUSE; root or
	user name spaces). BUILD is the build folder of this project, build/ by default, with tests
	built. Peers are Debian packages, unpacked below BUILD; without them their columns stay empty.

	short: GET CHALLENGE of 8 bytes, extended APDU level. long: READ BINARY of 1,000 bytes, TPDU
	level. The card speaks T=1. Instructions (callgrind) and system calls (strace) are those of all processes of a
	side, per APDU, as the difference of two runs; times are those of interleaved runs on one CPU.

	  --quick  few rounds, one of everything, to see that it works
	END
}

quick=
case ${1:-} in
--quick)
	quick=1
	shift
	;;
-h | --help)
	usage
	exit 0
	;;
esac
top=$(cd "$here/../.." && pwd)
build=$(cd "${1:-$top/build}" && pwd)
work=$build/tests/bench/run
peers=$build/tests/e2e/peers
subjects="async sync transaction transmit"
[ -e "$build/api/pcsc/libpcsclite.so.1" ] && subjects="$subjects dropin"
short="-l 3 -m 65544 -1 254" long="-l 1 -m 271 -1 254"
mkdir -p "$work"

missing()
{
	echo "skipped: $1" >&2
	[ -n "${ISCARD_TEST_REQUIRE_DATA:-}" ] && exit 1
	exit 77
}
command -v strace >/dev/null || missing "no strace"
command -v valgrind >/dev/null || missing "no valgrind"
ISCARD_TEST_REQUIRE_DATA='' "$here/../e2e/pcscd_fetch.sh" "$peers" >&2 && subjects="$subjects pcscd"
ISCARD_TEST_REQUIRE_DATA='' "$here/../e2e/peers.sh" "$peers" scdaemon >&2 &&
	subjects="$subjects scdaemon"
root=$peers/root

# measure WHAT SUBJECT WORK N: on one CPU, the emulated device too.
measure()
{
	local options=$short
	[ "$3" = long ] && options=$long
	# shellcheck disable=SC2086
	taskset -c 0 timeout 300 "$build/tests/e2e/usbfs_run" $options \
		"$here/inside.sh" "$1" "$build" "$root" "$2" "$3" "$4" "$work"
}

# each WHAT SUBJECT WORK A B: the difference of two runs, for one APDU. The field is the first.
each()
{
	local a b
	a=$(measure "$1" "$2" "$3" "$4") && b=$(measure "$1" "$2" "$3" "$5") || return 1
	awk -v a="${a%% *}" -v b="${b%% *}" -v n=$(($5 - $4)) 'BEGIN { printf "%.2f\n", (b - a) / n }'
}

declare -A table
rows=()
row()
{
	rows+=("$1")
	for subject in $subjects; do
		table[$1,$subject]=$("${@:2}" "$subject" 2>/dev/null) || table[$1,$subject]=-
	done
}

times()
{
	local n=$1 rounds=$2 size=$3 i subject
	rm -f "$work"/time.*
	for ((i = 0; i < rounds; i++)); do
		for subject in $subjects; do
			measure time "$subject" "$size" "$n" >>"$work/time.$subject" || true
		done
	done
}
# The median of all rounds, and the least, which a busy machine disturbs less.
time_of()
{
	sort -g "$work/time.$1" | grep . |
		awk '{ v[NR] = $1 } END { if (NR) printf "%.0f (%.0f)\n", v[int((NR + 1) / 2)], v[1] }' |
		grep .
}
cost() { each "$1" "$5" "$2" "$3" "$4"; }
begin() { measure transfers "$1" short 0 | awk '{ print $1 " + " $2 }'; }
start_ms() { measure start "$1" short 0 | awk '{ print $1 }'; }
peak_kb() { measure start "$1" short 0 | awk '{ print $2 }'; }
idle() { measure idle "$1" short 0 | awk '{ print $1 * 10 }'; }

if [ -n "$quick" ]; then
	few=20 many=40 n=50 rounds=1
else
	few=100 many=300 n=500 rounds=21
fi
echo "measuring: $subjects" >&2
for size in short long; do
	times $n $rounds $size
	row "microseconds, $size: median (least)" time_of
	row "instructions, $size" cost instr $size $few $many
	row "system calls, $size" cost calls $size $few $many
	row "bulk transfers, $size" cost transfers $size $few $many
done
row "bulk + control transfers to the ATR and back" begin
row "ms from start to the ATR and end" start_ms
row "KB of memory at most" peak_kb
[ -n "$quick" ] || row "wake-ups in a minute at rest" idle

declare -A title=([async]="libusb, async" [sync]="libusb, sync"
	[transaction]="ISCard::Transaction" [transmit]="iscard_transmit"
	[dropin]="SCardTransmit" [pcscd]="pcscd + libccid" [scdaemon]="scdaemon")
{
	printf '| an APDU costs |'
	for subject in $subjects; do printf ' %s |' "${title[$subject]}"; done
	printf '\n|---|'
	for subject in $subjects; do printf -- '---|'; done
	printf '\n'
	for name in "${rows[@]}"; do
		printf '| %s |' "$name"
		for subject in $subjects; do printf ' %s |' "${table[$name,$subject]}"; done
		printf '\n'
	done
} | tee "$work/table.md"

if [ -z "$quick" ]; then
	echo "code and data of"
	size=$here/../meta/size.sh
	"$size" "$build" || true
	if [[ $subjects == *pcscd* ]]; then
		libs=$(find "$root/usr/lib" -name 'libpcsclite.so.1.*' -o -name 'libccid.so' |
			tr '\n' ' ')
		# shellcheck disable=SC2086
		echo "pcscd, libccid, libpcsclite: $("$size" --of "$root/usr/sbin/pcscd" $libs) bytes"
		echo "scdaemon: $("$size" --of "$root/usr/lib/gnupg/scdaemon") bytes"
	fi
fi
for subject in $subjects; do
	[ "${table[instructions, short,$subject]}" != - ] || {
		echo "$subject does not work here" >&2
		exit 1
	}
done
