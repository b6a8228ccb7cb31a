#!/bin/bash
# SPDX-License-Identifier: MIT
# clients.sh TOOL SAMPLES ROOT [--all]: Debian's clients of PC/SC on recorded readers, by 'iscard run',
# print what the clients.txt of a sample says. They are those unpacked below ROOT, else those that are
# installed; who is not there is passed over with a word, and with --all a failure.
#
# In clients.txt, after a head, "$ " begins a command (MODULE is OpenSC's PKCS #11 module), and what it
# prints follows: both kinds, times as DATE, and "exit N" when that is not 0. "needs opensc VERSION": the
# commands from there on send what this version sends.
set -u
tool=$1 samples=$2 root=$3 all=${4:-}
ran=0 failed=0 absent=' '
libs=$(find "$root/usr/lib" -name 'libopensc.so.*' 2>/dev/null | head -n 1)
export LD_LIBRARY_PATH=${libs%/*}

program()
{
	if [ -x "$root/usr/bin/$1" ]; then
		echo "$root/usr/bin/$1"
	else
		command -v "$1"
	fi
}

module=$(find "$root/usr/lib" /usr/lib -name opensc-pkcs11.so 2>/dev/null | head -n 1)
version=$("$(program opensc-tool)" --info 2>/dev/null | awk 'NR == 1 { print $2 }')

without()
{
	absent="${absent/ $1 / }$1 "
}

# client WORD...: what the command prints; 77 when there is none.
client()
{
	local path code

	path=$(program "$1") || return 77
	timeout 30 "$tool" run --readers "replay:$trace" -- "$path" "${@:2}" </dev/null 2>&1 |
		sed -e 's/[ \r]*$//' -e 's/^[A-Z][a-z][a-z] [A-Z][a-z][a-z] .* 20[0-9][0-9]$/DATE/'
	code=${PIPESTATUS[0]}
	[ "$code" = 0 ] || echo "exit $code"
}

begin()
{
	local words

	read -ra words <<<"${1//MODULE/$module}"
	wanted='' got=$(client "${words[@]}")
	if [ $? = 77 ]; then
		without "${words[0]}"
		command=''
	else
		command=$1
	fi
}

finish()
{
	[ -n "$command" ] || return
	ran=$((ran + 1)) wanted=$(printf '%s' "$wanted") # as got: no empty lines at the end
	diff <(printf '%s\n' "$wanted") <(printf '%s\n' "$got") && return
	echo "$trace: not what '$command' is to print (>)"
	failed=1
}

for text in "$samples"/*/clients.txt; do
	trace=${text%/*}/trace.pcapng command='' passed=''
	while IFS= read -r line; do
		case $line in
		'needs opensc '*)
			passed=''
			[ "$version" = "${line##* }" ] || passed=yes
			[ -z "$passed" ] || without "opensc-${line##* }"
			;;
		'$ '*)
			finish
			command=''
			[ -n "$passed" ] || begin "${line#??}"
			;;
		*) wanted+=$line$'\n' ;;
		esac
	done <"$text"
	finish
done
[ "$absent" = ' ' ] || echo "not here:$absent"
[ "$all" != --all ] || [ "$absent" = ' ' ] || exit 1
[ $failed = 0 ] || exit 1
[ $ran -gt 0 ] || exit 77
echo "$ran commands"
