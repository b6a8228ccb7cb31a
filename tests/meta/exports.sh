#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: exports.sh SHARED-LIBRARY LIST...
# The shared library exports the names of the lists and no other.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need nm
library=$1
shift
want=$(grep -hvE '^(#|$)' "$@" | LC_ALL=C sort)
have=$(nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sed 's/@.*//' | LC_ALL=C sort)
diff <(echo "$want") <(echo "$have") || complain "$library: < missing, > not in $*"
exit $failed
