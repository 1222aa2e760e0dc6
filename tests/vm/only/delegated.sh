#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A delegated subtree, unprivileged: groups below it can be changed, the subtree itself cannot.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

mount=$(mount_of memory)
group=$(make_group delegated memory pids cpu)
same "a group in the subtree is read" 0 "$("$CGWARD" get --bytes "$group" pids.current)"
echo 33554432 >"$mount$group/memory.max"
same "a limit in the subtree is read back" 33554432 "$("$CGWARD" get --bytes "$group" memory.max)"
same "a limit in the subtree applies to its children" "33554432 $group" "$(mkdir "$mount$group/child" &&
	"$CGWARD" get --bytes "$group/child" memory.max.effective memory.max.effective_by | xargs)"
rmdir "$mount$group/child"
if [ -O "$mount$test_top/memory.max" ]; then
	skip "the limit of the delegated group cannot be changed: it belongs to this user's manager (not possible here)"
else
	check "the limit of the delegated group cannot be changed" sh -c '! echo 1G 2>/dev/null >"$1/memory.max"' - \
		"$mount$test_top"
fi
