#!/usr/bin/env bash
# The installed library as a stranger meets it: names, headers, pkg-config, find_package, both links.
# ROOT is what `cmake --install` filled.
set -uo pipefail
: "${ROOT:?where the package was installed to}"
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

# empty NAME: fails when standard input holds a line.
empty() {
	local found
	found=$(cat)
	if [ -z "$found" ]; then ok "$1"; else
		head -n 20 <<<"$found"
		not_ok "$1"
	fi
}

same "the SONAME is libcgward.so.0" libcgward.so.0 "$(readelf -dW "$library" | sed -nE 's/.*SONAME.*\[(.*)\]/\1/p')"

# What the compiler takes for declared against what the linker exports.
for header in "$include"/cgward/*.h; do echo "#include <cgward/${header##*/}>"; done >all.h
gcc -std=c17 -I"$include" -aux-info declared.all -fsyntax-only -x c all.h
grep -F "$include/cgward/" declared.all | grep -v ' static ' | grep -oE '\bcgw_[a-z0-9_]+ \([^*]' | sed 's/ (.//' | sort -u >declared
nm -D --defined-only "$library" | awk '$2 != "A" {sub(/@.*/, "", $3); print $3}' | sort -u >exported
nm -g --defined-only "$archive" | awk 'NF == 3 {print $3}' | sort -u >archived
check "the headers declare functions" test -s declared
comm -13 declared exported | sed 's/^/exported, declared in no header: /' | empty "the shared library exports nothing else"
comm -23 declared exported | sed 's/^/declared, not exported: /' | empty "the shared library exports all that the headers declare"
comm -3 exported archived | empty "the static library has the same names"
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
done | empty "every header is C99, C17, C++11 and C++20 by itself"

group=$(make_group library pids)
(enter "$group" pids && exec sleep 600) &
test_pids+=($!)
for _ in $(seq 50); do
	wanted="ok $(file_of pids "$group" pids.current)"
	[ "$wanted" = "ok 0" ] || break
	sleep 0.1
done

export PKG_CONFIG_PATH=$lib/pkgconfig
flags() { PKG_CONFIG_SYSROOT_DIR=$ROOT pkg-config "$@" cgward; }
beneath=$(pkg-config --static --libs cgward | tr ' ' '\n' | grep -vE '^-lcgward$|^-L' | tr '\n' ' ')
# shellcheck disable=SC2046,SC2086
{
	check "pkg-config: a C program links" gcc -std=c17 -o shared "$consumer/consumer.c" $(flags --cflags --libs)
	check "pkg-config: a C++ program links" g++ -std=c++11 -o shared-cpp "$consumer/consumer.cpp" $(flags --cflags --libs)
	check "pkg-config: a C program links the static library" gcc -std=c17 -o static "$consumer/consumer.c" \
		$(flags --cflags) "$archive" $beneath
}
export LD_LIBRARY_PATH=$lib
same "the C program sees what the kernel says, twice" "$wanted"$'\n'"$wanted" "$(./shared "$group")"
same "the C++ program sees what the kernel says" "$wanted" "$(./shared-cpp "$group")"
check "the static program wants no libcgward" sh -c '! readelf -d static | grep -q libcgward'
same "the static program sees what the kernel says" "$wanted"$'\n'"$wanted" "$(./static "$group")"

if cmake -S "$consumer" -B cmake -G Ninja -DCMAKE_PREFIX_PATH="$ROOT/usr" >log 2>&1 && cmake --build cmake >>log 2>&1; then
	ok "find_package: programs build"
	unset LD_LIBRARY_PATH
	same "find_package: C" "$wanted"$'\n'"$wanted" "$(cmake/consumer-c "$group")"
	same "find_package: C++" "$wanted" "$(cmake/consumer-cpp "$group")"
	same "find_package: static" "$wanted"$'\n'"$wanted" "$(cmake/consumer-static "$group")"
else
	tail -n 20 log
	not_ok "find_package: programs build"
fi
