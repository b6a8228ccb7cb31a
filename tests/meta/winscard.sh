#!/bin/bash
# SPDX-License-Identifier: MIT
# A source file that includes pcsc-lite's winscard.h too, before or after, does not compile, and the
# message says why.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/winscard.h" <<'END'
#ifndef __winscard_h__
#define __winscard_h__
typedef long LONG;
typedef LONG SCARDCONTEXT;
#endif
END

# refused WHAT COMPILER SOURCE
refused()
{
	local what=$1
	shift
	if printf '%b' "$2" | "$1" -I"$top/api/include" -I"$work" -fsyntax-only -x "$3" - \
		2>"$work/said"; then
		complain "$what: compiles"
	fi
	grep -qE 'cannot share a source file|cannot_share_a_source_file' "$work/said" ||
		complain "$what: $(head -n 1 "$work/said")"
}

before='#include <winscard.h>\n#include <iscard/iscard.h>\n'
after='#include <iscard/iscard.h>\n#include <winscard.h>\n'
for pair in gcc:c g++:c++ clang:c clang++:c++; do
	compiler=${pair%%:*}
	command -v "$compiler" >/dev/null || continue
	refused "$compiler, winscard.h first" "$compiler" "$before" "${pair##*:}"
	refused "$compiler, winscard.h last" "$compiler" "$after" "${pair##*:}"
done
exit $failed
