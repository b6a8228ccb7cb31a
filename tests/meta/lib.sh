# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
# Sourced by the checks. A tool that is missing skips a check, or fails it where nothing may be.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
layers=(proto driver traces api)
failed=0

need()
{
	command -v "$1" >/dev/null && return
	echo "$1 is not here"
	[ "${ISCARD_TEST_REQUIRE_DATA:-}" = 1 ] && exit 1
	exit 77
}

complain()
{
	echo "$*"
	failed=1
}

# sources FOLDER...: C files and headers below these folders of the project.
sources()
{
	(cd "$top" && find "$@" \( -name '*.c' -o -name '*.h' \) -type f | LC_ALL=C sort)
}

# Run one compiler over an empty file: is this compiler, with these options, to be had?
compiles()
{
	echo 'int main(void) { return 0; }' | "$@" -x c - -o /dev/null 2>/dev/null
}
