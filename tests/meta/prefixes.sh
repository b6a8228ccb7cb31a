#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: prefixes.sh ARCHIVE...
# No name with linkage goes without a prefix of ours, so that a static link clashes with nobody.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need nm
for archive in "$@"; do
	nm -g --defined-only "$archive" | awk 'NF == 3 { print $3 }' | grep . >/dev/null ||
		complain "$archive: no names found"
	odd=$(nm -g --defined-only "$archive" | awk 'NF == 3 { print $3 }' |
		grep -vE '^(iscard|ccid)_|^__(asan|odr_asan)' || true)
	[ -z "$odd" ] || complain "$archive: without prefix: $odd"
done
exit $failed
