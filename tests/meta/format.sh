#!/bin/bash
# SPDX-License-Identifier: MIT
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need clang-format
cd "$top"
# The public headers have macros where clang-format expects keywords; they are laid out by hand.
sources "${layers[@]}" tests | grep -v '^api/\(include\|compat\)/' | xargs clang-format --dry-run -Werror
