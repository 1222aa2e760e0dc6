#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# undo.sh: an action is undone as a whole or not at all, and what cannot be undone is skipped and reported; moves
# are undone for the same process only; what move refuses.
. "$(dirname "$0")/lib.sh"

is_root || { skip "undo (root is wanted)" && exit; }
a=$(make_group undo-a pids freezer cpu)
b=$(make_group undo-b pids freezer cpu)
other=$(make_group undo-other pids)
work=$(mktemp -d) && test_files+=("$work")
cg() { "$CGWARD" "$1" --journal "$work/journal" "${@:2}"; }

# One command on two groups is one action.
cg set "$a" "$b" pids.max=77 cpu.weight=200 >/dev/null
cg set "$a" pids.max=55 >/dev/null
actions() { cg log --json | python3 -c 'import json, sys; print(*[c["transaction"] for c in json.load(sys.stdin)["changes"]])'; }
same "the changes of one command have one number" "5 1 1 1 1" "$(actions)"
cg undo >/dev/null
same "the last action is undone" 77 "$(file_of pids "$a" pids.max)"
status "the one before" 0 cg undo
same "with both groups" "max max" "$(file_of pids "$a" pids.max) $(file_of pids "$b" pids.max)"
status "then there is nothing to undo" 8 cg undo

# A conflict keeps all of it.
cg set "$a" "$b" pids.max=77 >/dev/null
echo 66 >"$(mount_of pids)$a/pids.max"
status "a value that others changed is left" 9 cg undo
same "and so is the rest of the action" "66 77" "$(file_of pids "$a" pids.max) $(file_of pids "$b" pids.max)"
status "--force undoes both" 0 cg undo --force
same "now" "max max" "$(file_of pids "$a" pids.max) $(file_of pids "$b" pids.max)"

# Created and deleted: skipped, with the reason.
cg set "$a" pids.max=44 >/dev/null
cg create "$a/x/y" >/dev/null 2>&1
check "missing ancestors are created" test -d "$(mount_of pids)$a/x/y"
cg undo >/dev/null
check "and removed by undo" test ! -e "$(mount_of pids)$a/x"
cg create "$a/z" >/dev/null
cg delete "$a/z" >/dev/null
same "what is gone is skipped and reported" "cgward undo: skipped change" "$(cg undo 2>&1 >/dev/null | grep -o 'cgward undo: skipped change' | head -n 1)"
same "the action before it is undone" max "$(file_of pids "$a" pids.max)"

# A group in one hierarchy only: nothing is created elsewhere.
mkdir "$(mount_of pids)$a/only"
cg create "$a/only/new" >/dev/null
check "a group is created where its parent is" test -d "$(mount_of pids)$a/only/new"
check "and not elsewhere" test ! -e "$(mount_of freezer)$a/only"
cg delete --recursive "$a/only" >/dev/null

# Moves: the same process, in the place where it was put.
sleep 1000 &
test_pids+=($!)
moved=$!
at() { awk -F: '$2 == "pids" || $1 == 0 { print $3 }' "/proc/$moved/cgroup" | sort | tail -n 1; }
echo "$moved" >"$(mount_of pids)$a/cgroup.procs"
before=$(at)
cg move "$moved" "$b" >/dev/null
same "a process is moved" "$b" "$(at)"
cg undo >/dev/null
same "and back" "$before" "$(at)"
cg move "$moved" "$b" >/dev/null
echo "$moved" >"$(mount_of pids)$other/cgroup.procs"
status "not if it was moved again" 9 cg undo
same "it stays there" "$other" "$(at)"
cg move "$moved" "$b" >/dev/null
kill -KILL "$moved"
wait "$moved" 2>/dev/null
check "a process that has exited is skipped" sh -c 'grep -q "has exited"' <<<"$(cg undo 2>&1)"

# What move refuses.
status "PID 1 is not moved" 9 cg move 1 "$a"
cg freeze "$b" >/dev/null
status "this shell is not moved into a frozen group" 9 cg move $$ "$b"
status "nor with --yes-really" 9 cg move --yes-really $$ "$b"
cg thaw "$b" >/dev/null
cg set "$b" pids.max=0 --force >/dev/null
status "nor into a full one" 9 cg move $$ "$b"
check "it runs as before" grep -qv "$b" "/proc/$$/cgroup"

# The journal: a line that a crash has truncated, and a directory that others can write.
printf '{"id": 9000, "time' >>"$work/journal/journal"
cg set "$a" pids.max=33 >/dev/null
same "the number after a truncated line is new, and the line is not lost" 9001 "$(cg log -n 1 --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["changes"][0]["id"])')"
mkdir "$work/open" && chmod 1777 "$work/open"
status "a directory that others can write is refused" 4 "$CGWARD" set --journal "$work/open" "$a" pids.max=34
same "nothing was changed" 33 "$(file_of pids "$a" pids.max)"
