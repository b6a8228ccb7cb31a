#!/bin/sh
# SPDX-License-Identifier: MIT
# subject.sh BUILD ROOT SUBJECT WORK N: one measured conversation with the emulated reader; to be run by
# usbfs_run. ROOT holds the unpacked packages of peers. PEER_WRAP: a command to run the programs.
bench=$1/tests/bench
here=$(cd "$(dirname "$0")" && pwd)
export SYSTEMD_DEVICE_VERIFY_SYSFS=0 # scdaemon looks for readers with libudev
# shellcheck disable=SC2086
case $3 in
async | sync) exec ${PEER_WRAP:-} "$bench/bench_libusb" "$3" "$4" "$5" ;;
transaction | transmit) exec ${PEER_WRAP:-} "$bench/bench_iscard" "$3" "$4" "$5" ;;
dropin)
	LD_LIBRARY_PATH=$1/api/pcsc
	export LD_LIBRARY_PATH
	exec ${PEER_WRAP:-} "$bench/bench_pcsc" - "$4" "$5"
	;;
pcscd) exec "$here/../e2e/pcscd_inside.sh" "$2" ${PEER_WRAP:-} "$bench/bench_pcsc" - "$4" "$5" ;;
scdaemon) exec ${PEER_WRAP:-} "$bench/bench_scd" "$2/usr/lib/gnupg/scdaemon" "$4" "$5" ;;
esac
exit 2
