#!/bin/bash
# SPDX-License-Identifier: MIT
# Who may include whom, as far as an include path cannot forbid it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$top"

# Headers of the C library and the kernel that each layer has a use for.
pure='stdbool|stddef|stdint|string|limits'
posix='assert|ctype|dirent|errno|fcntl|inttypes|locale|math|poll|pthread|signal|stdarg|stdatomic|stdio|stdlib|strings|time|unistd|uchar|wchar|arpa/inet|linux/[a-z_]+|net/if|netdb|netinet/[a-z]+|sys/[a-z]+'

# includes FILE: one included name a line, with its quotes or brackets.
includes()
{
	sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*([<"][^>"]+[>"]).*/\1/p' "$1"
}

# check LAYER SYSTEM-HEADERS FOLDER...: a layer and the folders whose headers it may use.
check()
{
	local layer=$1 system=$2 file name
	shift 2
	for file in $(sources "$layer"); do
		for name in $(includes "$file"); do
			case $name in
			*..*) complain "$file: $name leaves its folder" ;;
			'<'*)
				[[ $name =~ ^\<($pure|$system)(\.h)?\>$ ]] ||
					complain "$file: $layer may not use $name"
				;;
			*)
				name=${name//\"/}
				find "$@" -name "${name##*/}" | grep -q . ||
					complain "$file: $layer may not use \"$name\""
				;;
			esac
		done
	done
}

check proto 'none' proto
check driver "($posix)|libusb|usbredirparser" driver proto
check traces "($posix)|usbredirparser" traces driver proto
check api "($posix)|iscard/[a-z]+|windows|Scard[a-z]+" api traces driver proto

for file in $(sources tests); do
	if includes "$file" | grep -qF ..; then
		complain "$file: an include leaves its folder"
	fi
done

# The emulated reader is written from the standard and shares nothing with what it tests.
if [ -d tests/emulator ]; then
	for name in $(sources tests/emulator | xargs -r -n1 sed -nE 's/^#include "([^"]+)".*/\1/p'); do
		[ -z "$(find proto driver traces api -name "$name")" ] ||
			complain "tests/emulator: uses $name"
	done
fi

# One name, one header: files are included by bare name.
sources "${layers[@]}" | grep '\.h$' | grep -v '^api/\(include\|compat\)/' | sed 's|.*/||' |
	sort | uniq -d | while read -r name; do
	echo "two headers are called $name"
	exit 1
done || failed=1

# What the top level holds, and nothing else.
known=' CMakeLists.txt README.md api driver proto tests traces udev '
for name in *; do
	[[ $known == *" $name "* || $name == build* ]] || complain "$name: not at the top level"
done

for file in $(git ls-files '*.c' '*.h' '*.sh' '*.txt' '*.cmake' '*.rules' 2>/dev/null |
	grep -v '^tests/fuzz/corpus/'); do
	head -n 2 "$file" | grep -q 'SPDX-License-Identifier: MIT' ||
		complain "$file: no SPDX line"
done
exit $failed
