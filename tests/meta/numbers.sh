#!/bin/bash
# SPDX-License-Identifier: MIT
# Vendor and product numbers stand in driver/quirks.c and nowhere else in the library and the tool.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$top"

vendors=$(grep -oE '\{0x[0-9A-Fa-f]{4}, 0x[0-9A-Fa-f]{4}' driver/quirks.c | cut -c4-7 |
	sort -u | paste -sd '|')
[ -n "$vendors" ] || complain "no numbers found in driver/quirks.c"

# One process for all files: hundreds of them take a minute on a busy machine.
found=$(sources "${layers[@]}" | grep -vx driver/quirks.c | xargs awk -v vendors="$vendors" '
	{
		line = tolower($0)
		sub(/\/\/.*/, "", line)
		sub(/\/\*.*\*\//, "", line)
		if (line ~ /^[ \t]*\/?\*/)
			next
		gsub(/"[^"]*"/, "", line)
	}
	line ~ /(vid|pid|idvendor|idproduct)[^;,]*[=!]=[ \t]*0x[0-9a-f]+/ {
		print FILENAME ":" FNR ": compares with a vendor or product number"
	}
	line ~ "0x(" tolower(vendors) ")([^0-9a-z_]|$)" {
		print FILENAME ":" FNR ": has a vendor number"
	}')
[ -z "$found" ] || complain "$found"
exit $failed
