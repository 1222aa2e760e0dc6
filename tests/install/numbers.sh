#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The numbers of metrics and controls, with which programs are compiled, do not change when rows of the tables are added,
# moved or merged (packaging/cmake/ids.cmake).
set -uo pipefail
: "${ROOT:?requires the installation root}"
top=$(cd "$(dirname "$0")/../.." && pwd)
CGWARD=$ROOT/usr/bin/cgward
# shellcheck source=tests/live/lib.sh
. "$top/tests/live/lib.sh"
work=$(mktemp -d) && test_files+=("$work")
headers=(include/cgward/{metric,control}-ids.h src/lib/{metric/unreleased-metric,limit/unreleased-control}-ids.h)
(cd "$top" && cp --parents include/cgward/{metrics,controls}.def "${headers[@]}" "$work")
cat >"$work/CMakeLists.txt" <<EOT
cmake_minimum_required(VERSION 3.22)
project(numbers NONE)
include($top/packaging/cmake/ids.cmake)
EOT
table=$work/include/cgward/metrics.def
released=$work/include/cgward/metric-ids.h
unreleased=$work/src/lib/metric/unreleased-metric-ids.h
configure() { cmake -S "$work" -B "$work/build" 2>&1; }
# all_numbers: name and number of each row, those of releases first; numbers: without the rows of the test.
all_numbers() {
	sed -nE 's/^\t(CGW_M_[A-Z0-9_]+) = ([0-9]+),$/\1 \2/p' "$released"
	sed -nE 's/^#define (CGW_M_[A-Z0-9_]+) \(\(enum cgw_metric\)([0-9]+)\)$/\1 \2/p' "$unreleased"
}
numbers() { all_numbers | grep -v ^CGW_M_TEST; }
add_row() { sed -i "0,/^METRIC($1,/s//METRIC($2, \"test\", \"\")\n&/" "$table"; } # BEFORE ID
before=$(numbers)
count=$(wc -l <<<"$before")

configure >/dev/null
same "the committed headers are up to date" "" "$(for header in "${headers[@]}"; do diff "$work/$header" "$top/$header"; done)"
check "there are as many numbers as rows ($count)" test "$count" -eq "$(grep -c '^METRIC(' "$table")"
add_row MEMORY_CURRENT TEST_A
configure >/dev/null
same "a row in the middle changes no number" "$before" "$(numbers)"
same "it gets the next number" "CGW_M_TEST_A $count" "$(all_numbers | tail -n 1)"
same "the public header is unchanged before the release" "" "$(diff "$released" "$top/include/cgward/metric-ids.h")"
{ grep -v '^METRIC(CPU_USAGE,' "$table" && grep '^METRIC(CPU_USAGE,' "$table"; } >"$table.new" && mv "$table.new" "$table"
configure >/dev/null
same "neither does moving a row" "$before" "$(numbers)"
# Two branches, each with a new row, merged without resolving the conflict.
add_row MEMORY_PEAK TEST_B
sed -i "s/^#define CGW_M_TEST_A .*/<<<<<<< one\n&\n=======\n#define CGW_M_TEST_B ((enum cgw_metric)$count)\n>>>>>>> other/" "$unreleased"
configure >/dev/null
same "a merge changes no number" "$before" "$(numbers)"
same "the new rows of both branches have their own" "CGW_M_TEST_A $count CGW_M_TEST_B $((count + 1))" \
	"$(all_numbers | grep ^CGW_M_TEST | paste -sd' ')"
before=$(all_numbers)
cmake -D PROJECT_SOURCE_DIR="$work" -D RELEASE=ON -P "$top/packaging/cmake/ids.cmake" >/dev/null
same "a release has the new rows in the public header, with the same numbers" "$before" "$(unreleased=/dev/null all_numbers)"
same "none is unreleased then, and the number of all rows is unchanged" "#define METRIC_COUNT $((count + 2))" \
	"$(grep '^#define [CM][A-Z_]* ' "$unreleased" | grep -v _H)"
sed -i '/^METRIC(CPU_USER,/d' "$table"
check "a row that is removed from the middle is an error" grep -q "has no row in metrics.def" <<<"$(configure)"
