#!/bin/bash
# SPDX-License-Identifier: MIT
# Who may include whom, as far as an include path cannot forbid it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$top"

# Headers of the C library and the kernel that each layer has a use for.
pure='stdbool|stddef|stdint|string|limits'
posix='assert|ctype|dirent|errno|fcntl|inttypes|locale|math|poll|pthread|signal|stdarg|stdatomic|stdio|stdlib|strings|time|unistd|uchar|wchar|arpa/inet|linux/[a-z_]+|net/if|netdb|netinet/[a-z]+|sys/[a-z]+'

# includes FILE...: the file and the included name, with its quotes or brackets, one a line.
includes()
{
	grep -HE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' "$@" |
		sed -E 's/^([^:]*):[^<"]*([<"][^>"]+[>"]).*/\1 \2/'
}

# check LAYER SYSTEM-HEADERS FOLDER...: a layer and the folders whose headers it may use.
check()
{
	local layer=$1 system=$2 file name files
	local -A known=()
	shift 2
	while read -r name; do
		known[$name]=1
	done < <(find "$@" -type f -printf '%f\n')
	mapfile -t files < <(sources "$layer")
	while read -r file name; do
		case $name in
		*..*) complain "$file: $name leaves its folder" ;;
		'<'*)
			[[ $name =~ ^\<($pure|$system)(\.h)?\>$ ]] ||
				complain "$file: $layer may not use $name"
			;;
		*)
			name=${name//\"/}
			[ -n "${known[${name##*/}]-}" ] ||
				complain "$file: $layer may not use \"$name\""
			;;
		esac
	done < <(includes "${files[@]}")
}

check proto 'none' proto
check driver "($posix)|libusb|usbredirparser" driver proto
check traces "($posix)|usbredirparser" traces driver proto
check api "($posix)|iscard/[a-z]+|windows|Scard[a-z]+" api traces driver proto

mapfile -t files < <(sources tests)
includes "${files[@]}" | grep -F .. && complain "tests: an include leaves its folder"

# The emulated reader is written from the standard and shares nothing with what it tests.
declare -A product=()
while read -r name; do
	product[$name]=1
done < <(find proto driver traces api -name '*.h' -printf '%f\n')
mapfile -t files < <(sources tests/emulator)
while read -r file name; do
	name=${name//\"/}
	[ -z "${product[$name]-}" ] || complain "$file: uses $name"
done < <(includes "${files[@]}" | grep '"')

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

git ls-files '*.c' '*.h' '*.sh' '*.txt' '*.cmake' '*.rules' 2>/dev/null |
	grep -v '^tests/fuzz/corpus/' | xargs -r awk '
		FNR == 1 { if (file != "" && !seen) { print file ": no SPDX line"; bad = 1 }
			file = FILENAME; seen = 0 }
		FNR <= 2 && /SPDX-License-Identifier: MIT/ { seen = 1 }
		FNR == 3 { nextfile }
		END { if (!seen) { print file ": no SPDX line"; bad = 1 } exit bad }' || failed=1
exit $failed
