#!/bin/bash
# SPDX-License-Identifier: MIT
# Each public header compiles alone, in each language and with each compiler.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need gcc
need g++
need clang
warnings=(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fsyntax-only)

# alone DIRECTIVE [OPTION...]
alone()
{
	local what=$1 std
	shift
	for std in c11 c17; do
		for cc in gcc clang; do
			echo "$what" | "$cc" -x c -std=$std "${warnings[@]}" "$@" - ||
				complain "$what: $cc -std=$std"
		done
	done
	for std in c++17 c++20; do
		for cc in g++ clang++; do
			echo "$what" | "$cc" -x c++ -std=$std "${warnings[@]}" "$@" - ||
				complain "$what: $cc -std=$std"
		done
	done
}

for header in "$top"/api/include/iscard/*.h; do
	alone "#include <iscard/${header##*/}>" -I "$top/api/include"
	alone "#include <iscard/${header##*/}>" -I "$top/api/include" -DISCARD_NO_SHORT_NAMES
done
for header in "$top"/api/compat/*.h; do
	alone "#include <${header##*/}>" -I "$top/api/include" -I "$top/api/compat"
done
exit $failed
