#!/bin/sh
# SPDX-License-Identifier: MIT
# delegate.sh TOOL PROBE LIBRARY SAMPLE: the drop-in behind another libpcsclite.so.1 that hands calls on
# (pcsc_delegating.c), which the program opens by name, or is linked with.
set -eu
tool=$1
probe=$2
library=$3
sample=$4
wanted="libiscard Emulated TPDU reader (EMU-0001) 00 00: ok atr=3B650000454D553031"

LIBPCSCLITE_DELEGATE=$("$tool" run --print)/libpcsclite.so.1
LD_LIBRARY_PATH=$(dirname "$library")
ISCARD_READERS=replay:$sample
export LIBPCSCLITE_DELEGATE LD_LIBRARY_PATH ISCARD_READERS
for preload in "" "$library"; do
	said=$(env ${preload:+LD_PRELOAD="$preload"} "$probe")
	[ "$said" = "$wanted" ] || { echo "with '$preload': $said"; exit 1; }
done
