#!/bin/bash
# SPDX-License-Identifier: MIT
set -euo pipefail
# shellcheck source=api/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/../api/setup.sh"

usage()
{
	cat <<-'END'
	usage: tests/run.sh [--slow] [--e2e] [--strict] [-R REGEX]

	Installs what is missing, builds in build/ and runs the default suite: no hardware, no root,
	no network (but for missing Debian packages), under two minutes. Can be run again at any time.

	  --slow    also the tests that take long
	  --e2e     also end to end: unmodified libusb, pcscd and others over an emulated USB device
	            (needs /dev/fuse and root or user name spaces; skipped with a word otherwise)
	  --strict  also clang, sanitizers, format, layering, exports, headers, big-endian, 32 bits
	  -R REGEX  only tests whose name matches
	  --help    this text

	Corpora of real readers and cards are looked for where these point, and skipped otherwise:
	  ISCARD_TEST_DATA, ISCARD_TEST_CAPTURES
	  ISCARD_TEST_REQUIRE_DATA=1 makes a corpus or tool that is missing a failure.
	END
}

left_out=(slow e2e strict)
options=(-DISCARD_CHECKS=OFF)
filter=()
packages=("${iscard_build_packages[@]}" "${iscard_test_packages[@]}")

take_in()
{
	local label kept=()

	for label in "${left_out[@]}"; do
		[ "$label" = "$1" ] || kept+=("$label")
	done
	left_out=("${kept[@]}")
}

while [ $# -gt 0 ]; do
	case $1 in
	--slow) take_in slow ;;
	--e2e)
		take_in e2e
		packages+=("${iscard_e2e_packages[@]}")
		;;
	--strict)
		take_in strict
		options=(-DISCARD_CHECKS=ON -DISCARD_STRICT=ON)
		packages+=("${iscard_strict_packages[@]}")
		;;
	-R)
		[ $# -gt 1 ] || iscard_die "-R needs a regular expression"
		filter=(-R "$2")
		shift
		;;
	-h | --help)
		usage
		exit 0
		;;
	*)
		usage >&2
		iscard_die "unknown option $1"
		;;
	esac
	shift
done

iscard_install "${packages[@]}"
iscard_build -DISCARD_TESTS=ON "${options[@]}"

labels=()
if [ ${#left_out[@]} -gt 0 ]; then
	labels=(-LE "^($(IFS='|' && echo "${left_out[*]}"))\$")
fi
iscard_say "testing${left_out[*]:+ (left out: ${left_out[*]})}"
ctest --test-dir "$iscard_top/build" --output-on-failure --parallel "$(nproc)" \
	"${labels[@]}" "${filter[@]}"
