#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The installed library as third-party programs use it: symbols, headers, pkg-config, find_package,
# shared and static linking. ROOT: the installation root.
set -uo pipefail
: "${ROOT:?requires the installation root}"
consumer=$(cd "$(dirname "$0")/consumer" && pwd)
work=$(mktemp -d)
cd "$work" || exit 1
# shellcheck source=tests/live/lib.sh
CGWARD=$ROOT/usr/bin/cgward . "$consumer/../../live/lib.sh"
test_files+=("$work")

include=$ROOT/usr/include
library=$(find "$ROOT/usr/lib" -name 'libcgward.so.0')
lib=$(dirname "$library")
archive=$lib/libcgward.a

# empty NAME: fails if standard input is not empty.
empty() {
	local found
	found=$(cat)
	if [ -z "$found" ]; then ok "$1"; else
		head -n 20 <<<"$found"
		not_ok "$1"
	fi
}

same "the SONAME is libcgward.so.0" libcgward.so.0 "$(readelf -dW "$library" | sed -nE 's/.*SONAME.*\[(.*)\]/\1/p')"

# Functions that the headers declare, compared with the exported symbols.
for header in "$include"/cgward/*.h; do echo "#include <cgward/${header##*/}>"; done >all.h
gcc -std=c17 -I"$include" -aux-info declared.all -fsyntax-only -x c all.h
grep -F "$include/cgward/" declared.all | grep -v ' static ' | grep -oE '\bcgw_[a-z0-9_]+ \([^*]' | sed 's/ (.//' | sort -u >declared
nm -D --defined-only "$library" | awk '$2 != "A" {sub(/@.*/, "", $3); print $3}' | sort -u >exported
nm -g --defined-only "$archive" | awk 'NF == 3 {print $3}' | sort -u >archived
check "the headers declare functions" test -s declared
comm -13 declared exported | sed 's/^/exported, but not declared in a header: /' | empty "the shared library exports nothing else"
comm -23 declared exported | sed 's/^/declared, but not exported: /' | empty "the shared library exports all that the headers declare"
comm -3 exported archived | empty "the static library has the same symbols"
sed -nE 's/^ (cgw_[^@]*)@.*/\1/p' "$consumer/../../../packaging/debian/libcgward0.symbols" | sort -u | comm -3 - exported |
	sed 's/^\t/not recorded (RECORD=1 tests\/install\/abi.sh): /; t; s/^/recorded, but not exported: /' |
	empty "Debian's symbols file has the same symbols"
for header in "$include"/cgward/*.h; do
	name=cgward/${header##*/}
	for compiler in gcc clang; do
		for standard in c99 c17; do
			echo "#include <$name>" | "$compiler" -std=$standard -Wall -Wextra -Wpedantic -Werror -I"$include" -xc -fsyntax-only - 2>&1
		done
		for standard in c++11 c++20; do
			echo "#include <$name>" | "$compiler" -std=$standard -Wall -Wextra -Wpedantic -Werror -I"$include" -xc++ -fsyntax-only - 2>&1
		done
	done
done | empty "every header compiles alone as C99, C17, C++11 and C++20"

group=$(make_group library pids)
(enter "$group" pids && exec sleep 600) &
test_pids+=($!)
wait_for is_in_group "${test_pids[-1]}" pids "$group"
expected="ok $(file_of pids "$group" pids.current)"

export PKG_CONFIG_PATH=$lib/pkgconfig
flags() { PKG_CONFIG_SYSROOT_DIR=$ROOT pkg-config "$@" cgward; }
dependencies=$(pkg-config --static --libs cgward | tr ' ' '\n' | grep -vE '^-lcgward$|^-L' | tr '\n' ' ')
# shellcheck disable=SC2046,SC2086
{
	check "pkg-config: a C program links" gcc -std=c17 -o shared "$consumer/consumer.c" $(flags --cflags --libs)
	check "pkg-config: a C++ program links" g++ -std=c++11 -o shared-cpp "$consumer/consumer.cpp" $(flags --cflags --libs)
	check "pkg-config: a C program links the static library" gcc -std=c17 -o static "$consumer/consumer.c" \
		$(flags --cflags) "$archive" $dependencies
}
export LD_LIBRARY_PATH=$lib
same "the C program prints the kernel's value twice" "$expected"$'\n'"$expected" "$(./shared "$group")"
same "the C++ program prints the kernel's value" "$expected" "$(./shared-cpp "$group")"
check "the static program does not need libcgward.so" sh -c '! readelf -d static | grep -q libcgward'
same "the static program prints the kernel's value twice" "$expected"$'\n'"$expected" "$(./static "$group")"

if cmake -S "$consumer" -B cmake -G Ninja -DCMAKE_PREFIX_PATH="$ROOT/usr" >log 2>&1 && cmake --build cmake >>log 2>&1; then
	ok "find_package: programs build"
	unset LD_LIBRARY_PATH
	same "find_package: C" "$expected"$'\n'"$expected" "$(cmake/consumer-c "$group")"
	same "find_package: C++" "$expected" "$(cmake/consumer-cpp "$group")"
	same "find_package: static" "$expected"$'\n'"$expected" "$(cmake/consumer-static "$group")"
else
	tail -n 20 log
	not_ok "find_package: programs build"
fi
