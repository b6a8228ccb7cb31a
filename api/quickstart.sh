#!/bin/bash
# SPDX-License-Identifier: MIT
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=api/setup.sh
. "$here/setup.sh"

select_mf=00A40000023F00
get_challenge=0084000008
sample=traces/samples/cac-usbredirect/trace.pcapng
recorded_select=00A4040007A000000079010000

usage()
{
	cat <<-'END'
	usage: api/quickstart.sh [--tool ISCARD]

	Installs what is missing, builds in build/ and shows a session with a card: the reader, the
	ATR explained, attach, commands, detach. It takes the first reader that is plugged in and
	holds a card, sends nothing but SELECT of the master file and GET CHALLENGE, and leaves the
	card as it found it. Without such a reader it plays a recorded session.

	  --tool ISCARD  use this tool; install and build nothing
	  --help         this text

	ISCARD_READERS may name other readers than those on USB (see "iscard list --help").
	END
}

# show COMMAND...: the tool, seen at work.
show()
{
	printf '\n$ %s\n' "${tool#"$iscard_top/"} $*"
	"$tool" "$@"
}

# The number of the first reader whose card answers; none when there is no such reader.
first_with_card()
{
	local number=0 count

	count=$({ "$tool" list --json 2>/dev/null || true; } | wc -l)
	while [ "$number" -lt "$count" ]; do
		if "$tool" atr "$number" >/dev/null 2>&1; then
			echo "$number"
			return
		fi
		number=$((number + 1))
	done
}

live()
{
	iscard_say "reader $1 holds a card: this is a live session"
	show info "$1"
	iscard_say "its ATR, explained"
	show atr "$1"
	iscard_say "attach; SELECT the master file, GET CHALLENGE"
	show apdu "$1" $select_mf $get_challenge
	iscard_say "detach, leaving the card as it is"
	show detach "$1" --leave
}

recorded()
{
	iscard_say "no reader with a card: this is a recording, $sample"
	echo "The recorded host stands at the other end of the transport; all above it is the code"
	echo "that drives hardware."
	show info "replay:$sample"
	iscard_say "its ATR, explained"
	show atr "replay:$sample"
	iscard_say "attach; the SELECT that was recorded, and what the card answered"
	show apdu "replay:$sample" $recorded_select
	iscard_say "all that was recorded, as it was sent"
	show replay "$sample"
	iscard_say "detach, leaving the card as it is"
	show detach "replay:$sample" --leave
}

tool=
while [ $# -gt 0 ]; do
	case $1 in
	--tool)
		[ $# -gt 1 ] || iscard_die "--tool needs a path"
		tool=$(realpath "$2")
		shift
		;;
	-h | --help)
		usage
		exit 0
		;;
	*)
		usage >&2
		iscard_die "unknown option $1"
		;;
	esac
	shift
done

if [ -z "$tool" ]; then
	iscard_install "${iscard_build_packages[@]}"
	options=(-DISCARD_TOOL=ON)
	grep -qs '^ISCARD_TESTS:BOOL=ON' "$iscard_top/build/CMakeCache.txt" ||
		options+=(-DISCARD_TESTS=OFF)
	iscard_build "${options[@]}"
	tool=$iscard_top/build/iscard
fi

cd "$iscard_top"
iscard_say "the readers"
show list || true
number=$(first_with_card)
if [ -n "$number" ]; then
	live "$number"
else
	recorded
fi
iscard_say "that was it; build/iscard --help tells what else there is"
