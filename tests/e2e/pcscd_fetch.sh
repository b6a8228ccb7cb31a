#!/bin/sh
# SPDX-License-Identifier: MIT
# pcscd_fetch.sh WORK: pcscd and libccid below WORK/root, as pcscd_inside.sh wants them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

"$here/peers.sh" "$1" pcscd libccid libpcsclite1 || exit $?
"$here/pcscd_files.sh" "$1/root"
