#!/bin/bash
# SPDX-License-Identifier: MIT
# Vendor and product numbers stand in driver/quirks.c and nowhere else in the library and the tool.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$top"

vendors=$(grep -oE '\{0x[0-9A-Fa-f]{4}, 0x[0-9A-Fa-f]{4}' driver/quirks.c | cut -c4-7 |
	sort -u | paste -sd '|')
[ -n "$vendors" ] || complain "no numbers found in driver/quirks.c"

for file in $(sources "${layers[@]}"); do
	[ "$file" = driver/quirks.c ] && continue
	code=$(sed -E 's|//.*||; s|/\*.*\*/||; /^[[:space:]]*\/?\*/d; s/"[^"]*"//g' "$file")
	if grep -nEi "(vid|pid|idVendor|idProduct)[^;,]*[=!]=[[:space:]]*0x[0-9a-f]+" <<<"$code"; then
		complain "$file: compares with a vendor or product number"
	fi
	if grep -nEi "0x($vendors)\>" <<<"$code"; then
		complain "$file: has a vendor number"
	fi
done
exit $failed
