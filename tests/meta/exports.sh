#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: exports.sh SHARED-LIBRARY LIST...
# The shared library exports the names of the lists and no other, and calls them in itself, not in
# whatever copy the program may have.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need nm
need readelf
library=$1
shift
want=$(grep -hvE '^(#|$)' "$@" | LC_ALL=C sort)
have=$(nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sed 's/@.*//' | LC_ALL=C sort)
diff <(echo "$want") <(echo "$have") || complain "$library: < missing, > not in $*"
functions=$(nm -D --defined-only "$library" | awk '$2 ~ /[TWi]/ { print $3 }' | sed 's/@.*//' |
	LC_ALL=C sort)
elsewhere=$(readelf -rW "$library" |
	awk '/JUMP_SLO|GLOB_DAT/ { sub(/@.*/, "", $5); print $5 }' |
	LC_ALL=C sort | LC_ALL=C comm -12 - <(echo "$functions"))
[ -z "$elsewhere" ] || complain "$library: another copy could catch" $elsewhere
exit $failed
