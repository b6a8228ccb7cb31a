#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: install.sh BUILD-FOLDER SAMPLE ATR
# Install into a folder of its own; programs in C and C++ find the library there through pkg-config
# and through CMake, shared and static, and read the ATR of the sample.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
build=$1 sample=$2 atr=$3
need pkg-config
need g++
work=$build/install-test
prefix=$work/usr
consumer=$top/tests/consumer
flags=(-Wall -Wextra -Wpedantic -Werror)
rm -rf "$work"
cmake --install "$build" --prefix "$prefix" >/dev/null
libdir=$(dirname "$(find "$prefix" -name iscard.pc -print -quit)")
export PKG_CONFIG_PATH=$libdir
libdir=$(dirname "$libdir")

# run NAME PROGRAM
run()
{
	local got
	got=$(LD_LIBRARY_PATH=$libdir "$2" "replay:$sample" 2>&1) || true
	[ "$got" = "$atr" ] || complain "$1: $got"
}

read -ra compat <<<"$(pkg-config --cflags --libs iscard-compat)"
read -ra shared <<<"$(pkg-config --cflags --libs iscard)"
# Only this library is linked statically, so --static, which asks for all, would say too much.
read -ra needs <<<"$(pkg-config --print-requires-private iscard | sed 's/[<>=].*//' | xargs)"
read -ra needed <<<"$(pkg-config --libs "${needs[@]}")"
gcc -std=c17 "${flags[@]}" "$consumer/consumer.c" -o "$work/pc-c" "${shared[@]}"
run "pkg-config, C" "$work/pc-c"
g++ -std=c++17 "${flags[@]}" "$consumer/consumer.cc" -o "$work/pc-cxx" "${compat[@]}"
run "pkg-config, C++" "$work/pc-cxx"
gcc -std=c17 "${flags[@]}" "$consumer/consumer.c" -o "$work/pc-static" \
	"${shared[@]/#-liscard/-l:libiscard.a}" "${needed[@]}" -pthread
run "pkg-config, static" "$work/pc-static"
if ldd "$work/pc-static" | grep -q libiscard; then
	complain "the static program wants libiscard.so"
fi

cmake -S "$consumer" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
cmake --build "$work/cmake" >"$work/cmake.log" 2>&1 || { cat "$work/cmake.log"; exit 1; }
for program in c_shared c_static cxx_shared; do
	run "find_package, $program" "$work/cmake/$program"
done

# The drop-in lies where nothing finds it by chance, and finds the library it belongs to.
place=$("$prefix/bin/iscard" run --print) || place=none
[ "$place" = "$libdir/iscard/pcsc" ] || complain "PC/SC is in $place"
if [ -x "$build/tests/tool/pcsc_atr" ]; then
	got=$("$prefix/bin/iscard" run --readers "replay:$sample" -- \
		"$build/tests/tool/pcsc_atr" 2>&1) || true
	[ "${got##*=}" = "$atr" ] || complain "iscard run: $got"
fi
found=$(find "$prefix" -name 'libpcsclite*' -not -path '*/iscard/pcsc/*')
[ -z "$found" ] || complain "$found would be in pcscd's way"

for file in bin/iscard lib/udev/rules.d/60-iscard.rules include/iscard/iscard.h \
	include/iscard-compat/Scardmgr.h lib/systemd/system/iscard-watch.service \
	lib/sysusers.d/iscard.conf; do
	[ -e "$prefix/$file" ] || complain "$file is not installed"
done
exit $failed
