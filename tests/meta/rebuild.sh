#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: rebuild.sh [--target TARGET] NAME BUILD-FOLDER COMPILER CTEST-OPTIONS [CMAKE OPTION...]
# Build everything, or TARGET, once more in another way and run its tests. CTEST-OPTIONS may be "none".
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
target=all
if [ "$1" = --target ]; then
	target=$2
	shift 2
fi
build=$2/strict/$1 cc=$3 options=$4
shift 4
need "$cc"
for o in "$@"; do
	case $o in
	-DISCARD_SANITIZE=*)
		if ! compiles "$cc" "-fsanitize=${o#*=}"; then
			echo "$cc has no sanitizer ${o#*=}"
			[ "${ISCARD_TEST_REQUIRE_DATA:-}" = 1 ] && exit 1
			exit 77
		fi
		;;
	esac
done

case $cc in
*clang*) cxx=${cc/clang/clang++} ;;
*) cxx=${cc/gcc/g++} ;;
esac
launcher=()
if command -v ccache >/dev/null; then
	launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
cmake -S "$top" -B "$build" -G Ninja -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx" \
	-DISCARD_STRICT=ON -DISCARD_CHECKS=OFF "${launcher[@]}" "$@" >/dev/null
if ! cmake --build "$build" --target "$target" -- -k 0 >"$build/build.log" 2>&1; then
	grep -vE '^(\[[0-9/]+\] |ninja: )' "$build/build.log" | head -n 200
	exit 1
fi
[ "$options" != none ] || exit 0
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=second_deadlock_stack=1
# The address layout of some kernels is too random for ThreadSanitizer.
run=()
if command -v setarch >/dev/null && setarch -R true 2>/dev/null; then
	run=(setarch -R)
fi
# shellcheck disable=SC2086
"${run[@]}" ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel 2 $options
