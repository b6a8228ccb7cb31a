#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: pcsc_abi.sh LIBRARY [ROOT]
# Widths, structures and values are those of pcsc-lite's headers (of the system, or of libpcsclite-dev
# unpacked below ROOT), and so are the sizes of the three objects, which programs copy.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need gcc
need readelf
include=${2:-}/usr/include
objects=$(readelf -sW --dyn-syms "$1" | awk '$4 == "OBJECT" && $8 ~ /^g_rgSCard/ { print $8, $3 }' |
	sort -u)
expected=$(printf 'g_rgSCard%sPci 16\n' Raw T0 T1)
if [ "$(getconf LONG_BIT)" = 64 ] && [ "$objects" != "$expected" ]; then
	complain "$1: $objects"
fi
if [ ! -e "$include/PCSC/winscard.h" ]; then
	[ $# -eq 1 ] || complain "no $include/PCSC/winscard.h"
	echo "no headers of pcsc-lite here: only the objects were compared"
	exit $failed
fi
# The headers include each other by bare name.
gcc -std=c17 -fsyntax-only -I"$include" -I"$include/PCSC" -I"$top/api/pcsc" \
	"$top/tests/meta/pcsc_abi.c" || complain "pcsc_abi.h differs"
exit $failed
