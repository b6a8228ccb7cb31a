#!/bin/bash
# SPDX-License-Identifier: MIT
# How long functions and files are. Fails where the product's 95th percentile reaches 60 lines for
# functions, or a file of it has more than 600 lines.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$top"

# functions FILE...: "LINES FILE NAME" for each, from its first line to its closing brace.
functions()
{
	awk '
	FNR == 1 { head = 0 }
	/^[A-Za-z_].*\(/ && !/^(typedef|#)/ && !/;[[:space:]]*$/ { head = FNR; name = $0 }
	/^{$/ && head { open = FNR }
	/^}$/ && open {
		sub(/\(.*/, "", name); sub(/.*[ *]/, "", name)
		print FNR - head + 1, FILENAME, name
		head = open = 0
	}
	/^}/ { head = open = 0 }
	' "$@"
}

# stat WHAT: median, 95th percentile and longest of the numbers that come in.
stat()
{
	sort -n | awk -v what="$1" '
	{ v[NR] = $1; last = $0 }
	END {
		if (NR == 0) exit
		p = int(NR * 0.95 + 0.999999)
		sub(/^[0-9]+ /, "", last)
		printf "%-20s %5d  median %3d  p95 %3d  longest %3d  %s\n",
			what, NR, v[int((NR + 1) / 2)], v[p], v[NR], last
	}'
}

report()
{
	local what=$1
	shift
	# shellcheck disable=SC2046
	functions $(sources "$@" | grep '\.c$') | stat "$what functions"
	sources "$@" | xargs wc -l | sed '/ total$/d; s/^ *//' | stat "$what files"
}

for layer in "${layers[@]}"; do
	[ -z "$(sources "$layer")" ] || report "$layer" "$layer"
done
product=$(report product "${layers[@]}")
echo "$product"
report tests tests

awk '$2 == "functions" && $7 >= 60 { print "functions are too long"; bad = 1 }
     $2 == "files" && $9 > 600 { print "a file is too long"; bad = 1 }
     END { exit bad }' <<<"$product"
