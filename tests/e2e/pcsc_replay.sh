#!/bin/sh
# SPDX-License-Identifier: MIT
# pcsc_replay.sh TOOL WORK SAMPLES: opensc-tool and pcsc_scan on recorded readers, by 'iscard run', see
# the ATR that the tool sees.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tool=$1
work=$2
samples=$3
root=$work/root

"$here/peers.sh" "$work" opensc opensc-pkcs11 pcsc-tools || exit $?
LD_LIBRARY_PATH=$(dirname "$(find "$root/usr/lib" -name 'libopensc.so*' | head -n 1)")
export LD_LIBRARY_PATH
seen=0
for sample in cac-usbredirect emulated-t0-tpdu emulated-t1-tpdu emulated-two-slots; do
	trace=$samples/$sample/trace.pcapng
	want=$("$tool" atr "replay:$trace" --json | sed 's/.*"atr":"\([0-9a-f]*\)".*/\1/' | tr a-f A-F)
	got=$("$tool" run --readers "replay:$trace" -- "$root/usr/bin/opensc-tool" -r 0 -a 2>/dev/null |
		tr -d ':\n' | tr a-f A-F)
	[ "$got" = "$want" ] || { echo "$sample: opensc-tool sees '$got', not '$want'"; exit 1; }
	got=$(timeout 2 "$tool" run --readers "replay:$trace" -- "$root/usr/bin/pcsc_scan" -n 2>/dev/null |
		sed -n 's/^  ATR: //p' | head -n 1 | tr -d ' ') || true
	[ "$got" = "$want" ] || { echo "$sample: pcsc_scan sees '$got', not '$want'"; exit 1; }
	seen=$((seen + 1))
done
echo "$seen recordings"
