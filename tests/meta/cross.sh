#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: cross.sh TARGET BUILD-FOLDER [RUNNER]
# Build proto/ and its unit tests for another kind of machine and run them there.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cc=$1-gcc build=$2/strict/$1 runner=()
need "$cc"
if [ $# -gt 2 ]; then
	need "$3"
	runner=("$3")
fi
support=$top/tests/support
flags=(-std=c17 -O1 -g -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Wconversion -Werror
	-I "$top/proto" -I "$support/cross" -I "$support")
mkdir -p "$build"

for src in "$top"/proto/*.c; do
	"$cc" "${flags[@]}" -c "$src" -o "$build/$(basename "$src" .c).o"
done
objects=("$build"/*.o)
mapfile -t tests < <(sed -nE 's/.*SOURCES ([a-z0-9_]+)\.c LIBS ccid_proto( test_corpus)?\)/\1/p' \
	"$top/tests/unit/CMakeLists.txt")
[ ${#tests[@]} -gt 0 ] || complain "no tests found"
mapfile -t helpers < <(sed -n '/add_library(test_corpus/,/)/s/^  \([a-z_]*\.c\))*$/\1/p' \
	"$support/CMakeLists.txt" | sed "s|^|$support/|")

# The tests themselves are held to the compiler's warnings elsewhere.
for t in "${tests[@]}"; do
	echo "== $t"
	"$cc" "${flags[@]}" -Wno-conversion -Wno-sign-compare -static "$top/tests/unit/$t.c" \
		"${helpers[@]}" "$support/cross/cmocka.c" "${objects[@]}" -o "$build/$t"
	"${runner[@]}" "$build/$t" || complain "$t fails on $1"
done
exit $failed
