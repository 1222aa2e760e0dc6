#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The examples in docs/examples build against the installed library and work: create a group, limit
# it, run a command in it, watch it, remove it.
set -uo pipefail
: "${ROOT:?requires the installation root}"
top=$(cd "$(dirname "$0")/../.." && pwd)
CGWARD=$ROOT/usr/bin/cgward
# shellcheck source=tests/live/lib.sh
. "$top/tests/live/lib.sh"
work=$(mktemp -d) && test_files+=("$work")
library=$(find "$ROOT/usr/lib" -name 'libcgward.so.0')
export PKG_CONFIG_PATH=${library%/*}/pkgconfig LD_LIBRARY_PATH=${library%/*}

for source in "$top"/docs/examples/*.c; do
	name=$(basename "$source" .c)
	# shellcheck disable=SC2046
	check "$name builds without warnings" gcc -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -o "$work/$name" "$source" \
		$(PKG_CONFIG_SYSROOT_DIR=$ROOT pkg-config --cflags --libs cgward)
done

# The examples have at most as many lines of code as equivalent programs with libcgroup, which must
# build and work too.
code_lines() { gcc -fpreprocessed -dD -E -P "$1" 2>/dev/null | grep -c '[^[:space:]]'; }
for source in "$top"/docs/examples/*.c; do
	name=$(basename "$source" .c)
	ours=$(code_lines "$source") theirs=$(code_lines "$top/tests/install/libcgroup/$name.c")
	echo "$name: $ours lines, with libcgroup $theirs"
	check "$name has no more lines than with libcgroup" test "$ours" -gt 0 -a "$ours" -le "$theirs"
	if [ ! -e /usr/include/libcgroup.h ]; then
		skip "$name with libcgroup builds: libcgroup-dev is not installed"
		continue
	fi
	check "$name with libcgroup builds" gcc -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -o "$work/$name-libcgroup" \
		"$top/tests/install/libcgroup/$name.c" -lcgroup
done
if [ "$(id -u)" != 0 ]; then
	skip "examples: requires root to create groups"
	exit 0
fi

group=$test_top/$test_name-example
got=$("$work/run-limited" "$group" memory.max=64M pids.max=7 -- sh -c "
	grep -c '$test_name-example' /proc/self/cgroup >'$work/in'
	'$CGWARD' get --bytes '$group' memory.max pids.max
	exit 3")
same "run-limited returns the command's exit status" 3 $?
same "run-limited sets the limits in the kernel" "67108864 7" "$(tr "\n" " " <<<"$got" | sed "s/ $//")"
check "run-limited runs the command in the group" test "$(cat "$work/in")" -gt 0
status "run-limited removes the group" 8 "$CGWARD" get "$group" pids.max
status "run-limited fails with an invalid limit" 1 "$work/run-limited" "$group" memory.max=lots -- touch "$work/ran"
check "run-limited does not run the command with an invalid limit" test ! -e "$work/ran"

watched=$(make_group watched memory pids cpu cpuacct)
(enter "$watched" memory pids cpu cpuacct && exec sleep 1000) &
test_pids+=($!)
wait_for is_in_group "${test_pids[-1]}" pids "$watched"
same "watch prints one line per round" 3 "$("$work/watch" "$watched" 2 | wc -l)"
same "watch counts processes" 1 "$("$work/watch" "$watched" 1 | tail -n 1 | awk '{ print $NF }')"
same "list prints the group" 1 "$("$work/list" | grep -c "^$watched [0-9]")"

# The programs with libcgroup, if it is installed and supports this machine's hierarchies.
if [ -x "$work/list-libcgroup" ] && "$work/list-libcgroup" >"$work/theirs" 2>&1; then
	same "list with libcgroup prints the group" 1 "$(grep -c "^$watched [0-9]" "$work/theirs")"
	same "watch with libcgroup counts processes" 1 "$("$work/watch-libcgroup" "$watched" 1 | tail -n 1 | awk '{ print $NF }')"
elif [ -x "$work/list-libcgroup" ]; then
	skip "list and watch with libcgroup: libcgroup does not find the hierarchies (not possible here)"
fi
if [ -x "$work/run-limited-libcgroup" ] && [ "$(version_of "$(mount_of memory)")" = 1 ]; then
	"$work/run-limited-libcgroup" "${group#/}" pids.max=7 -- sh -c "grep -c '$test_name-example' /proc/self/cgroup >'$work/in'; exit 3" 2>"$work/errors"
	same "run-limited with libcgroup runs the command in the group" "3 1" "$? $(cat "$work/in")"
fi
