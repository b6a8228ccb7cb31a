#!/bin/bash
# SPDX-License-Identifier: MIT
# on_usb.sh TOOL [no-traces]: the tool on the emulated reader that usbfs_run offers as /dev/bus/usb.
tool=$1 traces=${2:-traces}
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
failed=0

# expect CODE PATTERN ARGUMENT...: the tool's exit code, and what its output or messages match.
expect()
{
	local code=$1 pattern=$2 out got
	shift 2
	out=$("$tool" "$@" 2>&1 </dev/null)
	got=$?
	if [ $got -ne "$code" ] || ! grep -qE -- "$pattern" <<<"$out"; then
		printf 'iscard %s: exit code %d\n%s\n' "$*" $got "$out"
		failed=1
	fi
}

expect 0 '^0  ACS Emulated Reader \[Contact\] \(EMU0001\) 00 00$' list
expect 0 '"address":"usb:1-1"' list --json
expect 0 'serial number: EMU0001' info 0
expect 0 '^3B 65 00 00 45 4D 55 30 31$' atr 0
expect 0 '^  good: the card answers: 3B 65 00 00 45 4D 55 30 31$' doctor
expect 0 '^< 00 01 02 03 90 00  done$' apdu usb:1-1 0084000004
expect 0 '^< 04 05 06 07 90 00  done$' apdu --raw EMU0001 0084000004
expect 0 'the card was reset' detach --reset 0
expect 3 'the reader cannot eject; the card was powered off' detach --eject 0
if [ "$traces" = traces ]; then
	expect 0 'recorded to' record 0 "$folder/session" -- 0084000002
	expect 0 '^< 08 09 90 00  done$' replay "$folder/session"
fi

# Another program holds the reader: the first tool has answered and waits for more.
mkfifo "$folder/in" "$folder/out"
"$tool" apdu 0 - <"$folder/in" >"$folder/out" &
holder=$!
exec 3>"$folder/in" 4<"$folder/out"
echo 0084000001 >&3
read -r <&4
expect 6 "^iscard: [^:]*: in use by pid $holder \(iscard\): stop that program first$" atr 0
expect 6 "in use by pid $holder \(iscard\)" apdu --raw 0 0084000001
# The kernel shows a claim as the driver usbfs, the made-up /sys does not by itself.
expect 6 'note: .* is open in a program that has not claimed it: pid$' doctor usb:1-1
expect 6 'problem: another program has it: ' doctor usb:1-1
ln -s /sys/bus/usb/drivers/usbfs /sys/bus/usb/devices/1-1:1.0/driver
expect 6 "is open in another program: pid $holder \(iscard\)$" doctor usb:1-1
rm /sys/bus/usb/devices/1-1:1.0/driver
expect 0 '^0  ACS' list
expect 0 'serial number: EMU0001' info 0
exec 3>&- 4<&-
wait $holder
expect 0 '90 00' apdu 0 0084000001

# A kernel driver is bound: the doctor opens nothing, others take it off.
ln -s /sys/bus/usb/drivers/scr_driver /sys/bus/usb/devices/1-1:1.0/driver
expect 0 'note: the kernel driver scr_driver is bound to it$' doctor
rm /sys/bus/usb/devices/1-1:1.0/driver

# A node that this user may not open. The tool is copied to where that user may go.
as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
if mount -t tmpfs none /dev/bus/usb 2>/dev/null && "${as_nobody[@]}" true 2>/dev/null; then
	install -D -m 600 /dev/null /dev/bus/usb/001/002
	chmod 755 "$folder" && install -m 755 "$tool" "$folder/iscard"
	out=$("${as_nobody[@]}" "$folder/iscard" atr 0 2>&1)
	if [ $? -ne 6 ] || ! grep -q 'no permission.*udev/60-iscard.rules' <<<"$out"; then
		printf 'without permission:\n%s\n' "$out"
		failed=1
	fi
	out=$("${as_nobody[@]}" "$folder/iscard" doctor 2>&1)
	if [ $? -ne 6 ] || ! grep -q 'may not open /dev/bus/usb/001/002' <<<"$out"; then
		printf 'doctor without permission:\n%s\n' "$out"
		failed=1
	fi
fi
exit $failed
