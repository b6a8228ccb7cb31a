#!/bin/bash
# SPDX-License-Identifier: MIT
# convert.sh ISCARD MAKE_CAPTURE SCRATCH [MEGABYTES]: import, show and export a large capture; print
# MB/s and peak memory of each, and of tshark on the same file. Fails when memory grows with the file.
set -euo pipefail
iscard=$1
make_capture=$2
scratch=$3
megabytes=${4:-500}
most_kb=65536

rm -rf "$scratch"
mkdir -p "$scratch"
trap 'rm -rf "$scratch"' EXIT

# measure NAME INPUT COMMAND...: run it, say how fast it went through INPUT and what it took.
measure()
{
	local name=$1 input=$2 start end size
	shift 2
	size=$(stat -c %s "$input")
	start=$(date +%s%N)
	"$@" >/dev/null 2>"$scratch/err" &
	local pid=$! peak=0 now
	while now=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status" 2>/dev/null) && [ -n "$now" ]; do
		peak=$now
		sleep 0.02
	done
	if ! wait "$pid"; then
		cat "$scratch/err" >&2
		exit 1
	fi
	end=$(date +%s%N)
	printf '%-16s %6d MB  %7d MB/s  %8d KB at most\n' "$name" $((size / 1000000)) \
		$((size * 1000 / (end - start + 1))) "$peak"
	last_peak=$peak
}

"$make_capture" "$scratch/capture" "$megabytes"
for step in import show export-usbmon export-jsonl; do
	case $step in
	import) measure import "$scratch/capture" "$iscard" trace import "$scratch/capture" -o "$scratch/trace" ;;
	show) measure show "$scratch/trace" "$iscard" trace show "$scratch/trace" ;;
	export-*) measure "$step" "$scratch/trace" "$iscard" trace export "$scratch/trace" -o /dev/null --force --to "${step#export-}" ;;
	esac
	if [ "$last_peak" -gt "$most_kb" ]; then
		echo "$step: $last_peak KB, more than $most_kb" >&2
		exit 1
	fi
done
if command -v tshark >/dev/null; then
	measure tshark "$scratch/capture" tshark -n -r "$scratch/capture"
fi
