#!/bin/sh
# SPDX-License-Identifier: MIT
# pcsc_replay.sh TOOL WORK SAMPLES: tests/tool/clients.sh with clients that are fetched.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"$here/peers.sh" "$2" opensc opensc-pkcs11 pcsc-tools || exit $?
exec "$here/../tool/clients.sh" "$1" "$3" "$2/root" --all
