#!/bin/sh
# SPDX-License-Identifier: MIT
# inside.sh WHAT BUILD ROOT SUBJECT WORK N WORKFOLDER: run subject.sh and measure it; to be run by
# usbfs_run. Prints a number, or several:
#   time          microseconds for each APDU
#   calls, instr  of all its processes together: the total
#   transfers     bulk and control transfers: the total
#   start         milliseconds from start to end, kilobytes of the largest process
#   idle          how often its threads went to sleep in six seconds
set -u
what=$1 build=$2 work=$7
here=$(cd "$(dirname "$0")" && pwd)
shift
subject() {
	"$@" "$here/subject.sh" "$build" "$root" "$name" "$size" "$n"
}
root=$2 name=$3 size=$4 n=$5
bench=$build/tests/bench

switches() {
	cat /proc/[0-9]*/task/*/status 2>/dev/null |
		awk '/^Name:/ { ours = $2 ~ /^(bench_|pcscd|scdaemon)/ }
			/^voluntary_ctxt/ && ours { n += $2 } END { print n + 0 }'
}

case $what in
time) subject env 2>"$work/messages" ;;
calls)
	subject strace -f -c -o "$work/calls" >/dev/null 2>"$work/messages" || exit $?
	awk '$NF == "total" { print $4 }' "$work/calls"
	;;
instr)
	rm -f "$work"/callgrind.*
	PEER_WRAP="valgrind --tool=callgrind --trace-children=yes \
		--callgrind-out-file=$work/callgrind.%p"
	export PEER_WRAP
	subject env >/dev/null 2>"$work/messages" || exit $?
	awk '/^(summary|totals):/ && !seen[FILENAME]++ { n += $2 } END { printf "%.0f\n", n }' \
		"$work"/callgrind.*
	;;
transfers)
	subject env >/dev/null 2>"$work/messages" || exit $?
	"$bench/bench_ask" bulks controls
	;;
start) subject "$bench/bench_peak" 2>"$work/messages" | tail -n 1 ;;
idle)
	BENCH_REST=12
	export BENCH_REST
	subject env >/dev/null 2>"$work/messages" &
	sleep 4
	before=$(switches)
	sleep 6
	echo $(($(switches) - before))
	wait
	;;
esac
