#!/bin/bash
# SPDX-License-Identifier: MIT
# watch.sh USBFS_SAY TOOL: 'iscard watch' on the emulated reader, under strace: what it prints, how it
# ends, and that it makes no system call at all while nothing happens.
say=$1 tool=$2
if ! command -v strace >/dev/null; then
	echo "skipped: no strace" >&2
	[ -n "$ISCARD_TEST_REQUIRE_DATA" ] && exit 1
	exit 77
fi
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
name='ACS Emulated Reader [Contact] (EMU0001) 00 00'
failed=0

# until LINES: of output, within ten seconds.
until_lines()
{
	for _ in {1..1000}; do
		[ "$(wc -l <"$folder/out")" -ge "$1" ] && return
		sleep 0.01
	done
	echo "only $(wc -l <"$folder/out") of $1 lines"
	failed=1
}

strace -f -o "$folder/calls" "$tool" watch >"$folder/out" &
until_lines 2
"$say" unplug >/dev/null && until_lines 4
"$say" plug >/dev/null && until_lines 6
sleep 1 # what it does after the last event is over
before=$(wc -l <"$folder/calls")
sleep 3
idle=$(($(wc -l <"$folder/calls") - before))
"$say" "remove 0" >/dev/null && until_lines 7
pid=$(awk 'NR == 1 { print $1 }' "$folder/calls")
kill -TERM "$pid"
wait $! || { echo "exit code $?"; failed=1; }

# In a name space of users netlink is silent, and looks are taken instead.
read -r _ _ users </proc/self/uid_map
echo "$idle system calls in three seconds"
[ "$idle" -eq 0 ] || [ "$users" -ne 4294967295 ] || failed=1
if grep -q clone "$folder/calls"; then
	echo "a thread was started"
	failed=1
fi
diff "$folder/out" - <<END || failed=1
reader-arrived  $name
card-inserted   $name
card-removed    $name
reader-left     $name
reader-arrived  $name
card-inserted   $name
card-removed    $name
END
exit $failed
