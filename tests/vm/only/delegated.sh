#!/usr/bin/env bash
# In a subtree that was delegated to us without root: what is below it is ours, what is above is not.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

mount=$(mount_of memory)
group=$(make_group delegated memory pids cpu)
same "a group of our own has its figures" 0 "$("$CGWARD" get --bytes "$group" pids.current)"
echo 33554432 >"$mount$group/memory.max"
same "a limit of our own is read back" 33554432 "$("$CGWARD" get --bytes "$group" memory.max)"
same "and holds below" "33554432 $group" "$(mkdir "$mount$group/child" &&
	"$CGWARD" get --bytes "$group/child" memory.max.effective memory.max.effective_by | xargs)"
rmdir "$mount$group/child"
if [ -O "$mount$test_top/memory.max" ]; then
	skip "the limit of the delegated group itself is not ours: its manager is this user's own (not possible here)"
else
	check "the limit of the delegated group itself is not ours" sh -c '! echo 1G 2>/dev/null >"$1/memory.max"' - \
		"$mount$test_top"
fi
