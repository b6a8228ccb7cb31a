#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: tidy.sh BUILD-FOLDER
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need clang-tidy
need clang
build=$1/strict/tidy
cmake -S "$top" -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ \
	-DISCARD_TESTS=OFF >/dev/null
mapfile -t files < <(sed -nE 's/^ *"file": "(.*\.c)",?$/\1/p' "$build/compile_commands.json" |
	sort -u)
[ ${#files[@]} -gt 0 ] || complain "no files found"
printf '%s\0' "${files[@]}" | xargs -0 -P 2 -n 8 clang-tidy -p "$build" --quiet 2>/dev/null ||
	failed=1
exit $failed
