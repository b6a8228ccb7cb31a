#!/bin/bash
# SPDX-License-Identifier: MIT
# opensc.sh ROOT SAMPLES [WORD...]: the commands in the clients.txt of the samples that were made with the
# CAC card (tests/tool/clients.sh), by the programs unpacked below ROOT, with WORDs before each; and
# what they print.
set -u
root=$1 samples=$2
shift 2
module=$(find "$root" -name opensc-pkcs11.so | head -n 1)
libs=$(find "$root/usr/lib" -name 'libopensc.so.*' | head -n 1)
export LD_LIBRARY_PATH=${libs%/*}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

grep -h '^\$ ' "$samples"/qemu-cac-pkcs1?/clients.txt | while read -r _ program arguments; do
	echo "\$ $program $arguments"
	read -ra words <<<"${arguments//MODULE/$module}"
	"$@" "$root/usr/bin/$program" "${words[@]}" </dev/null 2>&1 | sed 's/ *$//'
	code=${PIPESTATUS[0]}
	[ "$code" = 0 ] || echo "exit $code"
done
