#!/bin/bash
# SPDX-License-Identifier: MIT
# tshark.sh ISCARD SAMPLES SCRATCH: every sample, exported, is taken by capinfos, editcap and tshark
# without complaint, and tshark sees each CCID message. Exits 77 without tshark (1 when
# ISCARD_TEST_REQUIRE_DATA is set).
set -euo pipefail
iscard=$1
samples=$2
scratch=$3

for program in tshark capinfos editcap; do
	if ! command -v "$program" >/dev/null; then
		echo "tshark.sh: there is no $program (Debian package tshark)" >&2
		[ -n "${ISCARD_TEST_REQUIRE_DATA:-}" ] && exit 1
		exit 77
	fi
done

rm -rf "$scratch"
mkdir -p "$scratch"
failed=0

complain()
{
	echo "$*" >&2
	failed=1
}

# shark FILE FILTER: how many packets pass it. Transfers are counted one by one.
shark()
{
	tshark -n -o usb.try_heuristics:FALSE -r "$1" -Y "$2" 2>/dev/null | wc -l
}

# messages TRACE: bulk transfers with data, as the trace has them.
messages()
{
	"$iscard" trace export "$1" -o - --to jsonl |
		grep -c '"transfer":"bulk".*"data":"[0-9A-F]' || true
}

for trace in "$samples"/*/trace.pcapng; do
	name=$(basename "$(dirname "$trace")")
	out=$scratch/$name.pcapng
	"$iscard" trace export "$trace" -o "$out" --to usbmon || complain "$name: not exported"
	capinfos -q "$trace" "$out" >/dev/null || complain "$name: capinfos refuses it"
	editcap "$trace" "$scratch/edited" && "$iscard" trace show "$scratch/edited" >/dev/null ||
		complain "$name: editcap changes it"
	editcap "$out" "$scratch/edited" || complain "$name: editcap refuses it"
	[ "$(shark "$trace" frame)" -gt 0 ] || complain "$name: tshark does not read the trace"
	[ "$(shark "$out" _ws.malformed)" -eq 0 ] || complain "$name: malformed frames"
	case $name in
	emulated-token-*) continue ;; # commands are control requests
	esac
	want=$(messages "$trace")
	got=$(shark "$out" usbccid)
	[ "$want" -eq "$got" ] || complain "$name: $want CCID transfers, tshark sees $got"
done
exit $failed
