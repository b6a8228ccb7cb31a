# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# What the tests in the guest are made of. Sourced by guest.sh, which sets build and work.
root=$work/../peers/root
tool=$build/iscard
redir=$work/reader
failed=0

for port in /sys/class/virtio-ports/*; do
	[ "$(cat "$port/name")" != ctl ] || exec 3<>"/dev/${port##*/}"
done

# host WORD...: have something done outside, see obey() of run.sh.
host()
{
	local answer

	echo "$*" >&3
	read -r answer <&3
	[ "$answer" = ok ] || { echo "outside: $* failed" && return 1; }
}

say()
{
	local line

	while IFS= read -r line; do
		echo "say $line" >&3
	done <<<"$*"
}

# check FUNCTION: one test; it fails with its first command that does.
check()
{
	local code before=$SECONDS

	# What it started and left behind ends with it.
	(set -e; trap 'kill $(jobs -p) 2>/dev/null || true' EXIT; "$1") >/tmp/case 2>&1
	code=$?
	if [ $code -eq 0 ]; then
		say "ok      $suite: ${1//_/ } ($((SECONDS - before)) s)"
	else
		say "FAILED  $suite: ${1//_/ }"
		say "$(cat /tmp/case)"
		say "$(dmesg | tail -n 5)"
		failed=$((failed + 1))
	fi
}

# until_true COMMAND...: within a minute.
until_true()
{
	local end=$((SECONDS + ${patience:-60}))

	while [ $SECONDS -lt $end ]; do
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
	done
	echo "never came true: $*"
	return 1
}

# expect CODE PATTERN ARGUMENT...: the tool's exit code, and what it says.
expect()
{
	local code=$1 pattern=$2 out got=0
	shift 2

	out=$(timeout 100 "$tool" "$@" 2>&1 </dev/null) || got=$?
	if [ $got -ne "$code" ] || ! grep -qE -- "$pattern" <<<"$out"; then
		printf 'iscard %s: exit code %d, not %d with %s\n%s\n' \
			"$*" $got "$code" "$pattern" "$out"
		return 1
	fi
}

# node VID:PID: the node of that device; fails when there is none.
node()
{
	local d vid pid bus dev

	for d in /sys/bus/usb/devices/*/idVendor; do
		d=${d%/*}
		read -r vid 2>/dev/null <"$d/idVendor" && read -r pid 2>/dev/null <"$d/idProduct" &&
			[ "$vid:$pid" = "$1" ] || continue
		read -r bus <"$d/busnum" && read -r dev <"$d/devnum" || continue
		printf '/dev/bus/usb/%03d/%03d\n' "$bus" "$dev"
		return
	done 2>/dev/null
	return 1
}

gone()
{
	! node "$1"
}

plug_reader()
{
	host qmp device_add "{\"driver\":\"usb-ccid\",\"id\":\"reader\",\"bus\":\"$1.0\"}"
	until_true node 08e6:4433
}

unplug_reader()
{
	host qmp device_del '{"id":"reader"}'
	until_true gone 08e6:4433
}

# plug_redirected BUS VID:PID: what is served outside at $redir becomes a device of the guest.
plug_redirected()
{
	host qmp chardev-add "{\"id\":\"redir\",\"backend\":{\"type\":\"socket\",\"data\":{$(
		)\"server\":false,\"addr\":{\"type\":\"unix\",\"data\":{\"path\":\"$redir\"}}}}}"
	host qmp device_add \
		"{\"driver\":\"usb-redir\",\"id\":\"redirected\",\"chardev\":\"redir\",\"bus\":\"$1.0\"}"
	until_true node "$2"
}

# The chardev goes with it.
unplug_redirected()
{
	host qmp device_del '{"id":"redirected"}'
}

insert_cac()
{
	host qmp device_add "{\"driver\":\"ccid-card-emulated\",\"id\":\"card\",\"bus\":\"reader.0\",$(
		)\"backend\":\"certificates\",\"db\":\"sql:$work/card\",$(
		)\"cert1\":\"id\",\"cert2\":\"signing\",\"cert3\":\"encryption\"}"
}

# A card that vsc_card plays.
insert_scripted()
{
	host qmp device_add \
		'{"driver":"ccid-card-passthru","id":"card","bus":"reader.0","chardev":"card"}'
	host card
	until_true expect 0 '^3B 04 56 53 43 31$' atr 0
}

remove_card()
{
	host qmp device_del '{"id":"card"}'
}

# as_user GROUP COMMAND...: as nobody, in that group.
as_user()
{
	setpriv --reuid nobody --regid "$1" --clear-groups "${@:2}"
}

# mode_is MODE VID:PID
mode_is()
{
	[ "$(stat -c '%a %U:%G' "$(node "$2")")" = "$1" ]
}
