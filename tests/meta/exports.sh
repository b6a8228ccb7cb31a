#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: exports.sh SHARED-LIBRARY STATIC-LIBRARY LIST
# The shared library exports the names of the list and no other; no name of ours with linkage goes
# without its prefix.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need nm
want=$(grep -vE '^(#|$)' "$3" | LC_ALL=C sort)
have=$(nm -D --defined-only "$1" | awk '$2 != "A" { print $3 }' | sed 's/@.*//' | LC_ALL=C sort)
diff <(echo "$want") <(echo "$have") || complain "$1: < missing, > not in ${3##*/}"
odd=$(nm -g --defined-only "$2" 2>/dev/null | awk 'NF == 3 { print $3 }' |
	grep -vE '^(iscard|ccid|IID|CLSID)_' || true)
[ -z "$odd" ] || complain "$2: without prefix: $odd"
exit $failed
