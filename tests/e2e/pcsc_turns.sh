#!/bin/sh
# SPDX-License-Identifier: MIT
# pcsc_turns.sh PROGRAM: two processes and one reader. The second is refused and told who has it; with
# ISCARD_TURNS both get through, and each loss of the card is told. To be run by usbfs_run.
set -eu
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkfifo "$work/end"

"$program" hold <"$work/end" >"$work/holder" &
holder=$!
exec 3>"$work/end"
n=0
until grep -q connected "$work/holder" || [ $n -ge 100 ]; do
	n=$((n + 1))
	sleep 0.1
done
"$program" try >"$work/said" 2>"$work/log" && exit 1
grep -qx 'sharing violation' "$work/said"
grep -q "in use by .*pcsc_turns.*$holder\|in use by .*$holder.*pcsc_turns" "$work/log" || {
	cat "$work/log" >&2
	exit 1
}
exec 3>&-
wait "$holder"
"$program" try >"$work/said"
grep -qx ok "$work/said"

ISCARD_TURNS=1
export ISCARD_TURNS
"$program" take 25 >"$work/one" 2>&1 &
one=$!
"$program" take 25 >"$work/two" 2>&1 || { cat "$work/two"; exit 1; }
wait "$one" || { cat "$work/one"; exit 1; }
cat "$work/one" "$work/two"
# The card is lost after each transaction but the first.
[ "$(grep -c 'ok after 25 rounds, 24 resets' "$work/one")" = 1 ]
[ "$(grep -c 'ok after 25 rounds, 24 resets' "$work/two")" = 1 ]
