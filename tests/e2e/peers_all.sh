#!/bin/sh
# SPDX-License-Identifier: MIT
# peers_all.sh FOLDER PACKAGE...: as peers.sh does, with whatever the packages need that is not
# installed. Libraries that are there already are used as they are.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
shift

# What belongs to an installed system and to no program that runs from a folder.
needless='^(systemd.*|lib(nss|pam)-systemd|initramfs-tools.*|klibc-utils|linux-base|.*-dev)$'

needed() {
	for package; do
		echo "$package"
	done
	apt-get -s -qq --no-install-recommends install "$@" 2>/dev/null | awk '/^Inst/ { print $2 }'
}

for package; do
	[ -e "$folder/$package.done" ] && continue
	# shellcheck disable=SC2046
	exec "$here/peers.sh" "$folder" $(needed "$@" | sort -u | grep -Ev "$needless")
done
