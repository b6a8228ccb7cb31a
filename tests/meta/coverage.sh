#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: coverage.sh [LAYER...]
# Line coverage of the layers (proto when none is named) by the default suite, a file a line and the
# sum at the end. Builds in build/coverage.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$top/build/coverage
layers=("${@:-proto}")

cmake -S "$top" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_COMPILER=gcc \
	-DCMAKE_C_FLAGS=--coverage -DISCARD_CHECKS=OFF >/dev/null
cmake --build "$build" | tail -n 1
find "$build" -name '*.gcda' -delete
ctest --test-dir "$build" -LE '^(slow|e2e|strict)$' -E '^(install|exports)$' --parallel "$(nproc)" | tail -n 3

for layer in "${layers[@]}"; do
	find "$build/$layer" -name '*.gcda' -print0 | xargs -0 gcov -n -s "$top" -r 2>/dev/null
done | awk '
	/^File/ { file = $2; gsub(/\x27/, "", file); if (file !~ /\.c$/) file = "" }
	/^Lines executed/ && file != "" {
		split($0, part, /[:%]| of /)
		lines[file] = part[4]
		hit = part[2] * part[4] / 100
		if (hit > hits[file])
			hits[file] = hit
		file = ""
	}
	END {
		for (f in lines) {
			printf "%-28s %5.1f %%  %d lines\n", f, 100 * hits[f] / lines[f], lines[f] | "sort"
			all += lines[f]
			covered += hits[f]
		}
		close("sort")
		printf "%-28s %5.1f %%  %d lines\n", "all", 100 * covered / all, all
	}'
