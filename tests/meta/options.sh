#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: options.sh BUILD-FOLDER
# Build with each part left out that can be, alone and all together, without a warning; as quickly as can
# be, for the other builds optimise the same code.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need gcc
build=$1

# without NAME OPTION...
without()
{
	local name=$1
	shift
	"$top/tests/meta/rebuild.sh" "without_$name" "$build" gcc none -DISCARD_TESTS=OFF \
		-DISCARD_LTO=OFF -DCMAKE_BUILD_TYPE=Debug "$@" ||
		complain "does not build without $name"
}

without usbredir -DISCARD_USBREDIR=OFF
without extended -DISCARD_EXTENDED=OFF
without pcsc -DISCARD_PCSC=OFF
without tool -DISCARD_TOOL=OFF
without all -DISCARD_USBREDIR=OFF -DISCARD_EXTENDED=OFF -DISCARD_PCSC=OFF -DISCARD_TOOL=OFF
exit "$failed"
