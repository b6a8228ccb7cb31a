#!/bin/bash
# SPDX-License-Identifier: MIT
# guest.sh BUILD WORK: the tests in the guest, see run.sh. Runs as root, on the files of the host
# below a layer in memory.
build=$1 work=$2 
here=$(dirname "$0")
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
export SYSTEMD_PAGER='' SYSTEMD_IGNORE_CHROOT=1
# shellcheck source=tests/e2e/qemu/guest_lib.sh
. "$here/guest_lib.sh"
# shellcheck source=tests/e2e/qemu/guest_systemd.sh
. "$here/guest_systemd.sh"
rules=$here/../../../udev
libraries=$(dirname "$(find "$root/usr/lib" -name libnss3.so)")
libraries=$libraries:$root/lib/${libraries##*/}

udev()
{
	LD_LIBRARY_PATH=$libraries udevadm "$@"
}

start_udevd()
{
	if [ ! -x /usr/bin/udevadm ]; then
		cp "$root/bin/udevadm" /usr/bin/
		cp -r "$root/lib/udev" /usr/lib/
	fi
	install -D -m 644 -t /usr/lib/udev/rules.d "$rules/60-iscard.rules"
	(export LD_LIBRARY_PATH=$libraries; exec -a systemd-udevd udevadm --daemon)
	udev trigger --action=add --settle
}

pcscd_runs()
{
	unshare -m "$here/../pcscd_inside.sh" "$root" "$@"
}

# 1. What udev makes of the rules.

udev_gives_a_reader_to_plugdev_and_the_seat()
{
	plug_reader uhci
	until_true mode_is '660 root:plugdev' 08e6:4433
	udev info --query=property "$(node 08e6:4433)" >/tmp/properties
	grep -q '^CURRENT_TAGS=.*:uaccess:' /tmp/properties
}

udev_leaves_other_devices_alone()
{
	host qmp device_add '{"driver":"usb-kbd","id":"keyboard","bus":"uhci.0"}'
	until_true node 0627:0001
	udev settle
	mode_is '664 root:root' 0627:0001
	udev info --query=property "$(node 0627:0001)" >/tmp/properties
	if grep -q uaccess /tmp/properties; then return 1; fi
	host qmp device_del '{"id":"keyboard"}'
}

udev_knows_a_reader_of_class_ff()
{
	host reader --class FF --vid 04E6 --pid 511A
	plug_redirected uhci 04e6:511a
	until_true mode_is '660 root:plugdev' 04e6:511a
	unplug_redirected
}

a_user_of_the_group_opens_it_and_another_is_told()
{
	insert_cac
	until_true expect 0 '^3B 7A 18 00 00 73 66 74 65 20 63 64 31 34 34$' atr 0
	as_user plugdev "$tool" atr 0
	as_user nogroup "$tool" atr 0 >/tmp/refused 2>&1 && return 1
	grep -q 'no permission' /tmp/refused
}

# 2. QEMU's reader and its CAC card, on either controller.

the_tool_sees_the_reader_and_speaks_to_the_card()
{
	expect 0 'QEMU USB CCID' list
	expect 0 '^3B 7A 18 00 00 73 66 74 65 20 63 64 31 34 34$' atr 0
	expect 0 '^< 6F 0B 84 07 A0 00 00 00 79 01 00 A5 00 90 00  done$' \
		apdu 0 00A4040007A000000079010000
	expect 0 'the card was reset' detach --reset 0
	expect 3 'the reader cannot eject; the card was powered off' detach --eject 0
}

a_program_reads_the_certificate()
{
	"$build/tests/e2e/cac_certificate" "$("$tool" list | sed -n '1s/^0  //p')" >/tmp/values
	grep -q "$(od -An -v -tx1 "$work/id.der" | tr -d ' \n')" /tmp/values
}

# libccid calls the reader by a name of its own, which pkcs11-tool cuts.
opensc_prints_what_it_prints_through_pcscd()
{
	local samples=$here/../../../traces/samples

	"$here/opensc.sh" "$root" "$samples" "$tool" run -- >/tmp/ours
	pcscd_runs "$here/opensc.sh" "$root" "$samples" >/tmp/theirs
	grep -q 'BEGIN CERTIFICATE' /tmp/ours
	sed -i 's/\(QEMU QEMU\|Gemalto Gemplus\) USB .*$/READER/' /tmp/ours /tmp/theirs
	diff /tmp/ours /tmp/theirs
}

a_watcher_is_told_of_cards_and_of_the_reader()
{
	local watcher

	"$tool" watch >/tmp/watch &
	watcher=$!
	until_true grep -q card-inserted /tmp/watch
	remove_card
	until_true grep -q card-removed /tmp/watch
	insert_cac
	until_true eval '[ "$(grep -c card-inserted /tmp/watch)" -eq 2 ]'
	remove_card
	until_true eval '[ "$(grep -c card-removed /tmp/watch)" -eq 2 ]'
	host qmp device_del '{"id":"reader"}'
	until_true grep -q reader-left /tmp/watch
	plug_reader "$controller"
	until_true eval '[ "$(grep -c reader-arrived /tmp/watch)" -eq 2 ]'
	kill "$watcher"
	[ "$(grep -c . /tmp/watch)" -eq 7 ]
}

answers_of_whole_packets_arrive_whole()
{
	local n le apdus=()

	for n in 1 51 52 53 54 55 115 116 117 180 244 256; do
		printf -v le %02X $((n % 256))
		apdus+=("80100000$le" "80100000$le")
		for _ in 1 2; do
			echo "> 80 10 00 00 $le"
			echo "< $(seq 0 $((n - 1)) | xargs printf '%02X ')90 00  done"
		done
	done >/tmp/want
	insert_scripted
	"$tool" apdu 0 "${apdus[@]}" >/tmp/got
	diff /tmp/want /tmp/got
}

a_card_taken_out_in_the_middle_is_told_at_once()
{
	local before=$SECONDS

	expect 5 'removed' apdu 0 8010000004 8012000004 8010000004
	[ $((SECONDS - before)) -lt 20 ]
	until_true expect 0 '^< 00 01 02 03 90 00  done$' apdu 0 8010000004
}

a_reader_pulled_in_the_middle_is_told_at_once()
{
	local code=0 pulled

	"$tool" apdu 0 8010000004 8014000004 >/tmp/pulled 2>&1 &
	pulled=$!
	host silent
	unplug_reader
	timeout 20 tail --pid=$pulled -f /dev/null
	wait $pulled || code=$?
	cat /tmp/pulled
	# A transfer may fail before the hub has noticed that the device left.
	[ $code -eq 4 ] || { [ $code -eq 1 ] && grep -q SCARD_F_COMM_ERROR /tmp/pulled; }
	plug_reader "$controller"
	expect 0 'QEMU USB CCID' list
}

# 3. usbredirect in the guest, our transport outside; and the other way.

usbredirect_serves_the_reader_to_the_outside()
{
	ifconfig eth0 10.0.2.15 up 2>/dev/null || "$root/bin/busybox" ifconfig eth0 10.0.2.15 up
	insert_cac
	LD_LIBRARY_PATH=$libraries "$root/usr/bin/usbredirect" --device 08e6:4433 --as 0.0.0.0:4000 &
	until_true grep -qi ':0FA0 ' /proc/net/tcp
	host outside
	wait
	until_true expect 0 '^3B 7A 18 00 00 73 66 74 65 20 63 64 31 34 34$' atr 0
	unplug_reader
}

a_replayed_session_is_a_reader_of_the_guest()
{
	host replay recorded
	plug_redirected "$controller" 08e6:4433
	expect 0 '^< 6F 0B 84 07 A0 00 00 00 79 01 00 A5 00 90 00  done$' \
		apdu 0 00A4040007A000000079010000
	unplug_redirected
}

# 4. The same with busybox mdev.

start_mdev()
{
	udev control --exit
	cp "$rules/iscard.mdev.conf" /etc/mdev.conf
	"$root/bin/busybox" mdev -df >/dev/null 2>&1 &
}

mdev_gives_a_reader_to_plugdev_by_its_class()
{
	plug_reader uhci
	until_true mode_is '660 root:plugdev' 08e6:4433
	insert_cac
	until_true as_user plugdev "$tool" atr 0
	! as_user nogroup "$tool" atr 0
}

mdev_leaves_other_devices_alone()
{
	host qmp device_add '{"driver":"usb-kbd","id":"keyboard","bus":"uhci.0"}'
	until_true node 0627:0001
	sleep 1
	[ "$(stat -c %G "$(node 0627:0001)")" = root ]
	host qmp device_del '{"id":"keyboard"}'
}

mdev_knows_a_reader_of_class_ff()
{
	host reader --class FF --vid 04E6 --pid 511A
	plug_redirected uhci 04e6:511a
	until_true mode_is '660 root:plugdev' 04e6:511a
	unplug_redirected
}

# 5. The emulated reader behind the kernel's USB stack, driven by libccid and by us.

# with_reader LEVEL COMMAND...: on a fresh reader and card.
with_reader()
{
	host reader --vid 072F --pid B100 --level "$1"
	plug_redirected xhci 072f:b100
	"${@:2}"
	unplug_redirected
	until_true gone 072f:b100
}

# converse SET COMMAND...
converse()
{
	"${@:2}" <<-END
		atr
		conversation $1
	END
}

the_emulated_reader_answers_libccid_as_it_answers_us()
{
	local level peer=$build/tests/e2e/peer_pcsc

	for level in tpdu short extended; do
		with_reader $level converse $level "$tool" run -- "$peer" >/tmp/ours
		with_reader $level converse $level pcscd_runs "$peer" >/tmp/theirs
		grep -q '^ <' /tmp/ours
		diff /tmp/ours /tmp/theirs
	done
}

for controller in uhci xhci; do
	if [ $controller = uhci ]; then
		suite=udev
		start_udevd
		check udev_gives_a_reader_to_plugdev_and_the_seat
		check udev_leaves_other_devices_alone
		check udev_knows_a_reader_of_class_ff
		check a_user_of_the_group_opens_it_and_another_is_told
	else
		unplug_reader
		plug_reader xhci
		insert_cac
	fi
	suite=$controller
	check the_tool_sees_the_reader_and_speaks_to_the_card
	check a_program_reads_the_certificate
	[ $controller = xhci ] || check opensc_prints_what_it_prints_through_pcscd
	check a_watcher_is_told_of_cards_and_of_the_reader
	check answers_of_whole_packets_arrive_whole
	check a_card_taken_out_in_the_middle_is_told_at_once
	check a_reader_pulled_in_the_middle_is_told_at_once
	check usbredirect_serves_the_reader_to_the_outside
	check a_replayed_session_is_a_reader_of_the_guest
	[ $controller = xhci ] || plug_reader uhci
done
suite=peers
check the_emulated_reader_answers_libccid_as_it_answers_us
suite=systemd
if [ -x /lib/systemd/systemd ]; then
	check systemd_starts
	check the_unit_starts_and_its_events_are_in_the_journal
	check the_card_that_a_killed_unit_leaves_is_captured
	check the_card_that_a_unit_leaves_that_hangs_is_captured
	stop_systemd
else
	say 'skipped systemd: there is none here'
fi
suite=mdev
start_mdev
check mdev_gives_a_reader_to_plugdev_by_its_class
check mdev_leaves_other_devices_alone
check mdev_knows_a_reader_of_class_ff
echo "end $failed" >&3
echo o >/proc/sysrq-trigger
read -r -t 60 <&3
