#!/bin/sh
# SPDX-License-Identifier: MIT
# What systemd makes of the unit, with the tool where it is: unit.sh UNIT TOOL
command -v systemd-analyze >/dev/null || {
	echo "no systemd-analyze here"
	exit 77
}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# $1: the name of the unit, $2: a sed script on top
verify() {
	sed -e "s|^ExecStart=[^ ]*|ExecStart=$tool|" -e "$2" "$unit" >"$dir/$1"
	SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no "$dir/$1" 2>&1
}

unit=$1
tool=$2
said=$(verify iscard-watch.service '') && [ -z "$said" ] || {
	echo "iscard-watch.service: $said"
	exit 1
}
# A group that the unit wants and the system lacks keeps it from starting: each is made.
for group in $(sed -n 's/^SupplementaryGroups=//p' "$unit"); do
	grep -q "^g $group " "$(dirname "$0")/../../udev/iscard.conf" || {
		echo "nothing makes the group $group"
		exit 1
	}
done
# With the line that a kiosk takes from the comment.
stop=$(sed -n "s|^# *ExecStopPost=-[^ ]*|ExecStopPost=-$tool|; s|READER|usb:|; /^ExecStopPost/p" "$unit")
said=$(verify kiosk.service "s|^Restart=.*|&\\n$stop|") && [ -z "$said" ] &&
	grep -q '^ExecStopPost=-/' "$dir/kiosk.service" || {
	echo "kiosk.service: $said"
	exit 1
}
# That it can find fault at all.
said=$(verify bad.service 's|^WatchdogSec=.*|WatchdogSec=often|')
case $said in
*often* | *WatchdogSec*) ;;
*)
	echo "a watchdog of \"often\" was let pass: $said"
	exit 1
	;;
esac
