#!/bin/sh
# SPDX-License-Identifier: MIT
# pcsc_abi.sh WORK LIBRARY: tests/meta/pcsc_abi.sh with the headers that Debian ships.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"$here/peers.sh" "$1" libpcsclite-dev || exit $?
exec "$here/../meta/pcsc_abi.sh" "$2" "$1/root"
