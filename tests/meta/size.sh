#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: size.sh BUILD-FOLDER
#        size.sh --of FILE...
# Build what ISCARD_SMALL makes, with all parts and with none that can be left out, print how much code
# and data is in the shared library, and fail where it has grown beyond what README.md says. The
# bounds are for gcc on x86-64. Or print the sum for these files.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need gcc
need size

# What the loader maps of files: code, constants, tables and data, without what is only zero.
code_of()
{
	size -A -- "$@" | awk '/^\./ && $3 > 0 && !/bss/ { n += $2 } END { print n + 0 }'
}

# check NAME WHAT BYTES [OPTION...]
check()
{
	local name=$1 what=$2 bound=$3 bytes
	shift 3
	"$top/tests/meta/rebuild.sh" "$name" "$build" gcc none -DISCARD_SMALL=ON -DISCARD_TESTS=OFF \
		-DISCARD_TOOL=OFF "$@" || exit
	bytes=$(code_of "$build/strict/$name/api/libiscard.so")
	echo "libiscard.so, $what: $bytes bytes"
	[ "$(gcc -dumpmachine)" = x86_64-linux-gnu ] || return 0
	if [ "$bytes" -eq 0 ] || [ "$bytes" -gt $((bound + bound / 50)) ]; then
		complain "that is none, or more than $bound bytes and 2 %"
	fi
}

if [ "$1" = --of ]; then
	shift
	code_of "$@"
	exit
fi
build=$1
check small "all parts" 265900
check smallest "without what can be left out" 156300 -DISCARD_USBREDIR=OFF \
	-DISCARD_EXTENDED=OFF -DISCARD_PCSC=OFF
exit "$failed"
