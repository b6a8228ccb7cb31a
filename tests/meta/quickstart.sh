#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: quickstart.sh TOOL EMU_READER
# The newcomer's session: from the recording where no reader answers, live where one holds a card.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
tool=$1 emu_reader=$2
work=$(mktemp -d)
reader=
trap '[ -z "$reader" ] || kill "$reader"; rm -rf "$work"' EXIT

# session READERS: run it with these readers instead of those on USB.
session()
{
	ISCARD_READERS=$1 "$top/api/quickstart.sh" --tool "$tool" >"$work/out" 2>&1 ||
		complain "the session fails with $1"
}

# says PATTERN...: the output has lines like these, in this order.
says()
{
	local at=0 line pattern
	for pattern in "$@"; do
		line=$(tail -n "+$((at + 1))" "$work/out" | grep -n -m 1 -E -e "$pattern" |
			cut -d: -f1 || true)
		if [ -z "$line" ]; then
			complain "the session does not say: $pattern"
			return
		fi
		at=$((at + line))
	done
}

session "usbredir:$work/nobody"
says '^== the readers' 'this is a recording, traces/samples/' 'exchange level: tpdu' '^  TS ' \
	'power on, T=0' '^> ' '^< .*90 00' 'the card was left as it is'

"$emu_reader" --level tpdu --listen-unix "$work/socket" >/dev/null &
reader=$!
for _ in $(seq 100); do
	[ ! -S "$work/socket" ] || break
	sleep 0.05
done
session "usbredir:$work/socket"
says 'Emulated Reader' 'this is a live session' 'exchange level: tpdu' '^  TS ' \
	'^> 00 A4 00 00 02 3F 00$' '^< ' '^> 00 84 00 00 08$' '^< .*90 00' \
	'the card was left as it is'
[ "$(grep -c '^> ' "$work/out")" = 2 ] || complain "more is sent than two commands"

[ $failed = 0 ] || cat "$work/out"
exit $failed
