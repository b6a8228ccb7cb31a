#!/bin/sh
# SPDX-License-Identifier: MIT
# make_rules.sh MAKE_RULES [--write]: the files of udev/ are what make_rules makes of the quirk table.
set -eu
make_rules=$(realpath "$1")
cd "$(dirname "$0")/../../udev"
if [ "${2:-}" = --write ]; then
	"$make_rules" udev >60-iscard.rules
	"$make_rules" mdev >iscard.mdev.conf
fi
"$make_rules" udev | diff -u 60-iscard.rules - && "$make_rules" mdev | diff -u iscard.mdev.conf - &&
	exit 0
echo "write them again: tests/meta/make_rules.sh MAKE_RULES --write" >&2
exit 1
