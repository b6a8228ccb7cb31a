#!/bin/sh
# SPDX-License-Identifier: MIT
# peers_row.sh BINARIES WORK LIBRARY ROW: the steps of ROW in peers_rows.txt on the emulated reader, by
# the libpcsclite.so.1 in folder LIBRARY, by Debian's pcscd with libccid, and by GnuPG's scdaemon with
# its own driver. Ours must be answered as that file says, the peers as ours is but for what
# peers_wanted.txt says, and why.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
binaries=$1
library=$3
row=$4
root=$2/root
out=$2/row.$row

"$here/pcscd_fetch.sh" "$2" || exit $?
"$here/peers_all.sh" "$2" scdaemon || exit $?

# section FILE HEAD: the lines between "== HEAD" and the next "==", without remarks.
section() {
	awk -v head="$2" '/^== / { inside = $0 == "== " head || index($0, "== " head " ") == 1; next }
		inside && !/^#/ && NF' "$1"
}
options=$(sed -n "s/^== $row\\( \\|$\\)//p" "$here/peers_rows.txt" | sed "s|HERE|$here|")
section "$here/peers_rows.txt" "$row" >"$out.row"
grep -v '^ ' "$out.row" >"$out.steps"

# shellcheck disable=SC2086
run() {
	column=$1
	shift
	"$binaries/usbfs_run" $options "$@" <"$out.steps" >"$out.$column" 2>"$out.$column.log"
}

peer() {
	case $1 in
	pcscd) run pcscd "$here/pcscd_inside.sh" "$root" "$binaries/peer_pcsc" ;;
	scdaemon)
		run scdaemon env SYSTEMD_DEVICE_VERIFY_SYSFS=0 "$binaries/peer_scd" \
			"$root/usr/lib/gnupg/scdaemon" --homedir "$out.gnupg" --debug-ccid-driver --server
		;;
	esac || true
}

# wrong COLUMN TEXT: and what is in $out.diff
wrong() {
	echo "$1 at $row: $2"
	cat "$out.diff"
	failed=1
}

# compare COLUMN: sets failed
compare() {
	failed=0
	section "$here/peers_wanted.txt" "$1 $row" >"$out.wanted"
	diff --unchanged-line-format= --old-line-format='< %L' --new-line-format='> %L' \
		"$out.$1" "$out.ours" >"$out.differences" || true
	! grep -q '^ refused' "$out.$1" || echo refused >"$out.differences"
	grep -v '^!' "$out.wanted" | diff - "$out.differences" >"$out.diff" ||
		wrong "$1" "differs in another way"
	sed -n 's/^! //p' "$out.wanted" >"$out.evidence"
	while read -r text; do
		grep -qF -e "$text" "$out.$1.log" || wrong "$1" "does not say '$text'"
	done <"$out.evidence"
}

# On a busy machine a peer is sometimes late with a reader; it gets another try, we do not.
again() {
	peer "$1"
	compare "$1"
}

failed=0
mkdir -p "$out.gnupg"
chmod 700 "$out.gnupg"
run ours env LD_LIBRARY_PATH="$library" "$binaries/peer_pcsc" || {
	status=$?
	cat "$out.ours.log" >&2
	exit $status
}
peer pcscd &
peer scdaemon
wait
grep -v '^ [<>]' "$out.ours" | diff "$out.row" - >"$out.diff" || wrong ours "not as wanted"
bad=$failed
for column in pcscd scdaemon; do
	compare $column >"$out.verdict"
	[ "$failed" -eq 0 ] || again "$column" >"$out.verdict"
	[ "$failed" -eq 0 ] || again "$column" >"$out.verdict"
	cat "$out.verdict"
	bad=$((bad + failed))
done
[ $bad -eq 0 ] || exit 1
echo "$(grep -c '^ ' "$out.ours") answers at $row, by three drivers"
