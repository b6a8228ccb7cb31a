#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh BUILD WORK: boot Debian's kernel in QEMU, on the files of this machine (read-only), and let
# guest.sh test there. The guest asks for what happens outside by lines of text,
# see obey().
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$1
work=$2
peers=$work/../peers
root=$peers/root
seconds=${ISCARD_QEMU_SECONDS:-600} # more than enough for a guest that does not hang

"$here/../peers_all.sh" "$peers" qemu-system-x86 qemu-system-data seabios linux-image-amd64 \
	busybox-static udev usbredirect libnss3-tools libnss3 pcscd libccid libpcsclite1 \
	opensc opensc-pkcs11 || exit $?
libraries=$(dirname "$(find "$root/usr/lib" -name 'libnss3.so')")
mkdir -p "$work"
work=$(cd "$work" && pwd)
root=$(cd "$root" && pwd)
rm -rf "${work:?}"/*

# An unpacked program with its libraries.
unpacked()
{
	LD_LIBRARY_PATH=$libraries:$root/lib/${libraries##*/} "$@"
}

# module NAME: into the initramfs, after what it needs.
module()
{
	local file need

	file=$(find "$root"/lib/modules "$root"/usr/lib/modules -name "${1//[_-]/?}.ko" \
		2>/dev/null | head -n 1)
	[ -n "$file" ] && [ ! -e "$work/first/modules/${file##*/}" ] || return 0
	for need in $(grep -aom1 'depends=[a-z0-9_,-]*' "$file" | tr '=,' '  '); do
		[ "$need" = depends ] || module "$need"
	done
	cp "$file" "$work/first/modules/"
	echo "${file##*/}" >>"$work/first/modules/order"
}

make_initramfs()
{
	local name

	mkdir -p "$work/first/modules" "$work/first/bin"
	for name in virtio_pci 9p 9pnet_virtio overlay virtio_console virtio_net uhci_hcd \
		xhci_pci usbhid; do
		module $name
	done
	cp "$root/bin/busybox" "$work/first/busybox"
	ln -s /busybox "$work/first/bin/sh"
	install -m 755 "$here/init.sh" "$work/first/init"
	(cd "$work/first" && find . | ./busybox cpio -o -H newc 2>/dev/null) >"$work/initramfs"
}

# The certificates of the CAC card, and the one that the tests read.
make_card()
{
	local name

	mkdir -p "$work/card"
	head -c 64 /dev/urandom >"$work/noise"
	unpacked "$root/usr/bin/certutil" -d "sql:$work/card" -N --empty-password
	for name in id signing encryption; do
		unpacked "$root/usr/bin/certutil" -d "sql:$work/card" -S -x -n $name -t ,, \
			-s "CN=$name of libiscard's tests" -z "$work/noise" -g 2048 2>/dev/null
	done
	unpacked "$root/usr/bin/certutil" -d "sql:$work/card" -L -n id -r >"$work/id.der"
}

boot()
{
	local machine devices

	mkfifo "$work/qmp.in" "$work/qmp.out" "$work/ctl.in" "$work/ctl.out"
	exec 3<>"$work/ctl.out" 4<>"$work/ctl.in" 5<>"$work/qmp.out" 6<>"$work/qmp.in"
	machine=(-machine pc -accel "tcg,thread=single" -m 512 -nodefaults -display none -no-reboot
		-L "$root/usr/share/qemu" -L "$root/usr/share/seabios" -L "$root/usr/lib/ipxe/qemu"
		-kernel "$(find "$root/boot" -name 'vmlinuz-*')" -initrd "$work/initramfs"
		-serial "file:$work/console" -chardev "pipe,id=qmp,path=$work/qmp"
		-mon chardev=qmp,mode=control)
	devices=(-fsdev local,id=host,path=/,security_model=none,readonly=on,multidevs=remap
		-device virtio-9p-pci,fsdev=host,mount_tag=host
		-device virtio-serial-pci -chardev "pipe,id=ctl,path=$work/ctl"
		-device virtserialport,chardev=ctl,name=ctl
		-netdev "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:0-:4000"
		-device virtio-net-pci,netdev=net,romfile=
		-chardev "socket,id=card,path=$work/card.socket,server=on,wait=off"
		-device piix3-usb-uhci,id=uhci -device qemu-xhci,id=xhci)
	LD_LIBRARY_PATH=$libraries:$root/lib/${libraries##*/} nice \
		"$root/usr/bin/qemu-system-x86_64" "${machine[@]}" "${devices[@]}" \
		-append "console=ttyS0 panic=-1 quiet -- $here/guest.sh $build $work" \
		2>"$work/qemu.err" &
	qemu=$!
}

# monitor COMMAND [ARGUMENTS]: what it returned stands in $answer.
monitor()
{
	printf '{"execute":"%s","arguments":%s}\n' "$1" "${2:-{\}}" >&6
	while read -r -t 60 answer <&5; do
		case $answer in
		*'"return"'*) return 0 ;;
		*'"error"'*) echo "$*: $answer" && return 1 ;;
		esac
	done
	return 1
}

# The port of this machine that leads to the guest's 4000.
forwarded()
{
	monitor human-monitor-command '{"command-line":"info usernet"}'
	answer=$(printf '%b' "${answer//\\r/}" | awk '$1 ~ /HOST_FORWARD/ { print $4 }')
}

# helper COMMAND...: a program that lives until the next one or the end, and serves $work/reader.
helper()
{
	[ -z "${helper:-}" ] || kill "$helper" 2>/dev/null || true
	wait "${helper:-}" 2>/dev/null || true # it removes its socket
	rm -f "$work/reader"
	"$@" >"$work/helper.out" 2>&1 &
	helper=$!
}

# until_true COMMAND...: within 20 seconds.
until_true()
{
	for _ in {1..200}; do
		"$@" && return
		sleep 0.1
	done
	return 1
}

# One line of the guest's.
obey()
{
	local what=$1
	shift

	case $what in
	qmp) monitor "$@" ;;                               # tell QEMU
	card) helper "$build/tests/e2e/vsc_card" "$work/card.socket" ;;
	silent) until_true grep -q silent "$work/helper.out" ;; # the card has heard 80 14
	replay)                                            # a trace is a reader
		helper "$build/iscard" replay "$work/$1" --serve "$work/reader"
		until_true [ -e "$work/reader" ]
		;;
	reader)                                            # the emulated one
		helper "$build/tests/emulator/emu_reader" "$@" --listen-unix "$work/reader"
		until_true [ -e "$work/reader" ]
		;;
	outside) forwarded && "$here/outside.sh" "$build" "$work" "usbredir:127.0.0.1:$answer" ;;
	*) false ;;
	esac
}

result=1
serve()
{
	local line words deadline=$((SECONDS + seconds))

	while kill -0 $qemu 2>/dev/null && [ $SECONDS -lt $deadline ]; do
		read -r -t 1 line <&3 || continue
		case $line in
		'end '*) result=${line#end } && return ;;
		'say '*) echo "${line#say }" && continue ;;
		esac
		read -ra words <<<"$line"
		if obey "${words[@]}"; then echo ok >&4; else echo no >&4; fi
	done
	echo "the guest did not come to its end"
}

finish()
{
	for job in ${helper:-} ${qemu:-}; do
		kill "$job" 2>/dev/null || true
	done
	wait
}

make_initramfs
make_card
"$here/../pcscd_files.sh" "$root"
trap finish EXIT
trap 'exit 1' TERM INT
boot
monitor qmp_capabilities
serve
[ "$result" = 0 ] || tail -n 20 "$work/console" "$work/qemu.err"
exit "$result"
