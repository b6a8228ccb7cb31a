# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# The unit, run by systemd: Debian's, the first process of a PID name space. Sourced by guest.sh.
system=/run/systemd/system

# What systemd is started with, in a /run of its own; the device nodes and their groups are the guest's.
first_process()
{
	mount --make-rprivate /
	mount -t tmpfs run /run
	mkdir -p "$system"
	printf '[Unit]\nRequires=systemd-journald.service\nAfter=systemd-journald.service\n' \
		>"$system/kiosk.target"
	# Of no use to a guest that lives for minutes.
	for name in systemd-{tmpfiles-setup,tmpfiles-setup-dev,sysusers,update-utmp,journal-flush} \
		systemd-{udevd,udev-trigger,random-seed,modules-load,sysctl,hwdb-update}; do
		ln -s /dev/null "$system/$name.service"
	done
	sed "s|^ExecStart=[^ ]*|ExecStart=/usr/local/bin/iscard|" "$unit" >"$system/iscard-watch.service"
	mkdir "$system/iscard-watch.service.d"
	printf '[Service]\nWatchdogSec=10\nTimeoutAbortSec=1\n%s\n' "$stop" \
		>"$system/iscard-watch.service.d/kiosk.conf"
	exec env -i container=guest PATH="$PATH" /lib/systemd/systemd --system \
		--unit=kiosk.target --log-target=kmsg --show-status=no
}

launcher=/run/systemd.launcher

first_process_id()
{
	local launched id

	read -r launched <$launcher && read -rd ' ' id <"/proc/$launched/task/$launched/children" &&
		echo "$id"
}

# in_systemd COMMAND...
in_systemd()
{
	nsenter -t "$(first_process_id)" -m -p "$@"
}

systemd_starts()
{
	local unit=$build/udev/iscard-watch.service stop

	install -m 755 "$tool" /usr/local/bin/iscard
	stop=$(sed -n 's|^# *ExecStopPost=-[^ ]*|ExecStopPost=-/usr/local/bin/iscard|
		s|READER|usb:072f:b100|; /^ExecStopPost/p' "$unit")
	mountpoint -q /sys/fs/cgroup || mount -t cgroup2 cgroup /sys/fs/cgroup
	export -f first_process
	export unit stop system
	setsid unshare --pid --fork --mount --mount-proc bash -c first_process \
		</dev/null >/dev/null 2>&1 3>&- &
	echo $! >$launcher
	disown
	until_true in_systemd systemctl is-active kiosk.target
}

# journal_says TIMES TEXT
journal_says()
{
	[ "$(in_systemd journalctl -q -u iscard-watch -o cat | grep -c -- "$2")" -eq "$1" ]
}

main_process()
{
	in_systemd systemctl show -P MainPID iscard-watch
}

# send SIGNAL: to the unit's program, and wait until it is another one.
send()
{
	local before

	before=$(main_process)
	in_systemd bash -c "kill -$1 $before"
	until_true eval "[ \"\$(main_process)\" -ne $before ] && [ \"\$(main_process)\" -ne 0 ]"
	until_true in_systemd systemctl is-active iscard-watch
}

plug_motor()
{
	host reader --vid 072F --pid B100 --mechanical F --flags 1000
	plug_redirected xhci 072f:b100
	until_true mode_is '660 root:plugdev' 072f:b100
}

# The unit is ready when it says so, and its lines are in the journal.
the_unit_starts_and_its_events_are_in_the_journal()
{
	plug_motor
	in_systemd systemctl start iscard-watch
	in_systemd systemctl is-active iscard-watch
	until_true journal_says 1 '"event":"card-inserted"'
}

the_card_that_a_killed_unit_leaves_is_captured()
{
	send 9
	journal_says 1 'the card was captured'
}

the_card_that_a_unit_leaves_that_hangs_is_captured()
{
	unplug_redirected
	until_true gone 072f:b100
	plug_motor
	until_true journal_says 2 '"event":"card-inserted"'
	send STOP
	journal_says 2 'the card was captured'
	dmesg | grep -q 'iscard-watch.service: Watchdog timeout'
	in_systemd systemctl stop iscard-watch
	[ "$(in_systemd systemctl show -P Result iscard-watch)" = success ]
}

stop_systemd()
{
	kill -9 "$(first_process_id)" # and all that it has started
	unplug_redirected
	until_true gone 072f:b100
}
