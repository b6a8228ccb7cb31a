#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: exports.sh SHARED-LIBRARY LIST
# The shared library exports the names of the list and no other.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need nm
want=$(grep -vE '^(#|$)' "$2" | LC_ALL=C sort)
have=$(nm -D --defined-only "$1" | awk '$2 != "A" { print $3 }' | sed 's/@.*//' | LC_ALL=C sort)
diff <(echo "$want") <(echo "$have") || complain "$1: < missing, > not in ${2##*/}"
exit $failed
