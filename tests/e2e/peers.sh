#!/bin/sh
# SPDX-License-Identifier: MIT
# peers.sh FOLDER PACKAGE...: fetch Debian packages and unpack them below FOLDER/root, once; nothing
# is installed. Exits 77 when they cannot be fetched (1 when ISCARD_TEST_REQUIRE_DATA is set).
set -eu
folder=$1
shift

give_up() {
	echo "peers.sh: $1 cannot be fetched" >&2
	[ -n "${ISCARD_TEST_REQUIRE_DATA:-}" ] && exit 1
	exit 77
}

mkdir -p "$folder/root" "$folder/deb"
exec 9>"$folder/lock" # tests that run side by side fetch once
flock 9
for package; do
	[ -e "$folder/$package.done" ] && continue
	command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || give_up "$package"
	(cd "$folder/deb" && apt-get -qq -o APT::Sandbox::User=root download "$package") ||
		give_up "$package"
	dpkg-deb -x "$folder/deb/${package}"_*.deb "$folder/root"
	touch "$folder/$package.done"
done
