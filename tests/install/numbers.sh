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
mkdir -p "$work/include/cgward"
cp "$top"/include/cgward/{metrics.def,controls.def,metric-ids.h,control-ids.h} "$work/include/cgward/"
cat >"$work/CMakeLists.txt" <<EOT
cmake_minimum_required(VERSION 3.22)
project(numbers NONE)
include($top/packaging/cmake/ids.cmake)
EOT
table=$work/include/cgward/metrics.def
header=$work/include/cgward/metric-ids.h
configure() { cmake -S "$work" -B "$work/build" 2>&1; }
# numbers: name and number of each row, without the row of the test.
numbers() { sed -nE '/CGW_M_TEST/d; s/^\t(CGW_M_[A-Z0-9_]+) = ([0-9]+),$/\1 \2/p' "$header"; }
add_row() { sed -i "0,/^METRIC($1,/s//METRIC($2, \"test\", \"\")\n&/" "$table"; } # BEFORE ID
before=$(numbers)
count=$(wc -l <<<"$before")

configure >/dev/null
same "the committed headers are up to date" "" "$(diff -r "$work/include/cgward" "$top/include/cgward" | grep -v '^Only in ')"
check "there are as many numbers as rows ($count)" test "$count" -eq "$(grep -c '^METRIC(' "$table")"
add_row MEMORY_CURRENT TEST_A
configure >/dev/null
same "a row in the middle changes no number" "$before" "$(numbers)"
check "it gets the next number" grep -qxF "	CGW_M_TEST_A = $count," "$header"
{ grep -v '^METRIC(CPU_USAGE,' "$table" && grep '^METRIC(CPU_USAGE,' "$table"; } >"$table.new" && mv "$table.new" "$table"
configure >/dev/null
same "neither does moving a row" "$before" "$(numbers)"
# Two branches, each with a new row, merged without resolving the conflict.
add_row MEMORY_PEAK TEST_B
sed -i "s/^	CGW_M_TEST_A = .*/<<<<<<< one\n&\n=======\n	CGW_M_TEST_B = $count,\n>>>>>>> other/" "$header"
configure >/dev/null
same "a merge changes no number" "$before" "$(numbers)"
same "the new rows of both branches have their own" "$count $((count + 1))" \
	"$(sed -nE 's/^\tCGW_M_TEST_[AB] = ([0-9]+),/\1/p' "$header" | paste -sd' ')"
sed -i '/^METRIC(CPU_USER,/d' "$table"
check "a row that is removed from the middle is an error" grep -q "has no row in its table" <<<"$(configure)"
