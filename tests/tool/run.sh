#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh TOOL PROBE SAMPLE: 'iscard run' and what it leaves to the program.
set -u
tool=$1
probe=$2
sample=$3
failed=0
unset LD_LIBRARY_PATH LIBPCSCLITE_DELEGATE ISCARD_READERS ISCARD_TRACE ISCARD_TURNS

# expect WHAT WANTED-CODE WANTED-OUTPUT COMMAND...
expect()
{
	local what=$1 want=$2 text=$3 got code
	shift 3
	got=$("$@" 2>/dev/null)
	code=$?
	[ "$code" = "$want" ] && [ "$got" = "$text" ] && return
	echo "$what: $code, $got"
	failed=1
}

name="libiscard Emulated TPDU reader (EMU-0001) 00 00"
folder=$("$tool" run --print)
[ -e "$folder/libpcsclite.so.1" ] || { echo "no library in '$folder'"; exit 1; }
expect "a program" 0 "$name: ok atr=3B650000454D553031" \
	"$tool" run --readers "replay:$sample" -- "$probe"
expect "readers given with =" 0 "$name: ok atr=3B650000454D553031" \
	"$tool" run --readers="replay:$sample" "$probe"
expect "its exit code" 9 "" "$tool" run -- sh -c 'exit 9'
expect "its arguments" 0 "--json -- --help" "$tool" run echo --json -- --help
expect "a signal that the tool ignores" 141 "" \
	env --default-signal=PIPE "$tool" run sh -c 'kill -PIPE $$; echo alive'
expect "a signal that was ignored before" 0 "alive" \
	env --ignore-signal=PIPE "$tool" run sh -c 'kill -PIPE $$; echo alive'
expect "what is no address" 2 "" "$tool" run --readers "usb: bogus" -- echo alive
expect "no such program" 127 "" "$tool" run -- no-such-program
expect "no program file" 126 "" "$tool" run -- /
expect "no program" 2 "" "$tool" run
expect "an option it has not" 2 "" "$tool" run --no-such -- true
expect "paths" 0 "$folder:/elsewhere" \
	env LD_LIBRARY_PATH=/elsewhere "$tool" run sh -c 'echo "$LD_LIBRARY_PATH"'
expect "the delegate" 0 "$folder/libpcsclite.so.1" "$tool" run sh -c 'echo "$LIBPCSCLITE_DELEGATE"'
cd "$(dirname "$sample")" || exit 1
expect "a program that goes elsewhere" 0 "$name: ok atr=3B650000454D553031" \
	"$tool" run --readers "replay:${sample##*/}" -- sh -c "cd / && exec '$probe'"
expect "addresses that are no relative path" 0 "usb: replay:/a replay:$PWD/b?strict=exact" \
	"$tool" run --readers "usb: replay:/a replay:b?strict=exact" sh -c 'echo "$ISCARD_READERS"'
odd=$(mktemp -d "/tmp/a b%20?.XXXXXX")
cp "$sample" "$odd/trace.pcapng"
cd "$odd" || exit 1
expect "a folder with odd characters" 0 "$name: ok atr=3B650000454D553031" \
	"$tool" run --readers replay:trace.pcapng -- sh -c "cd / && exec '$probe'"
cd / && rm -r "$odd"
served=$(mktemp -d)
"$tool" replay "$sample" --serve "$served/reader" >/dev/null 2>&1 &
until [ -e "$served/reader" ] || ! kill -0 $! 2>/dev/null; do sleep 0.05; done
expect "a reader elsewhere" 0 "$name: ok atr=3B650000454D553031" \
	"$tool" run --readers "usbredir:$served/reader" -- "$probe"
kill $!
rm -r "$served"
cd /tmp || exit 1
expect "settings" 0 "usb: /tmp/trace 1" \
	"$tool" run --readers usb: --trace trace --turns sh -c 'echo $ISCARD_READERS $ISCARD_TRACE $ISCARD_TURNS'
exit $failed
