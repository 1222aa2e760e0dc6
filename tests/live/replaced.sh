#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# replaced.sh: commands change only the group, process and value that were meant, not what has replaced them.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

pids=$(mount_of pids)
if [ -z "$pids" ]; then
	skip "replaced: no pids controller (not possible here)"
	exit 0
fi
out=$(mktemp -d)
test_files+=("$out")
journal=(--journal "$out/journal" --direct)
pids_max() { cat "$pids$1/pids.max"; }

# replace GROUP: another group of that name, with pids.max 99.
replace() {
	rmdir "$pids$1" && mkdir "$pids$1" && echo 99 >"$pids$1/pids.max"
}

# --if-id
group=$(make_group id pids freezer)
freezer=$(mount_of freezer)
[ ! -e "$pids$group/cgroup.freeze" ] || freezer=$pids
can_enter() { (enter "$group" pids) 2>/dev/null; }
member() { # starts a process in the group, if permitted
	sleeper=
	can_enter || return
	(enter "$group" pids freezer; exec sleep 1000) &
	sleeper=$!
	test_pids+=("$sleeper")
	wait_for is_in_group "$sleeper" pids "$group"
}
ids() { "$CGWARD" dump --noheadings -r -o ids --match "$group"; }
# Each command does what it should with the right ID, or its refusal of another one would prove nothing.
member
status "a group is changed by its ID" 0 "$CGWARD" set "${journal[@]}" --if-id "$(ids)" "$group" pids.max=50
same "its limit is set" 50 "$(pids_max "$group")"
if [ -n "$freezer" ]; then
	status "it is frozen by its ID" 0 "$CGWARD" freeze "${journal[@]}" --if-id "$(ids)" "$group"
	"$CGWARD" thaw "${journal[@]}" "$group" >/dev/null
fi
wait_for_empty() { wait_for is_not grep -q . "$pids$group/cgroup.procs"; }
if [ -n "$sleeper" ]; then
	status "its processes are killed by its ID" 0 "$CGWARD" kill "${journal[@]}" --if-id "$(ids)" "$group"
	check "they are dead" dead "$sleeper"
	wait_for_empty
fi
id=$(ids)
[ -z "$freezer" ] || [ "$freezer" = "$pids" ] || { rmdir "$freezer$group" && mkdir "$freezer$group"; }
replace "$group"
member
refused=("set pids.max=51" kill delete)
[ -z "$freezer" ] || refused+=(freeze)
for command in "${refused[@]}"; do
	# shellcheck disable=SC2086
	set -- $command
	message=$("$CGWARD" "$1" "${journal[@]}" --if-id "$id" "$group" "${@:2}" 2>&1)
	same "$1 refuses the ID of a replaced group" 8 $?
	check "$1 states the reason" grep -q "another group now has this name" <<<"$message"
done
check "the replaced group still exists" [ -d "$pids$group" ]
same "and keeps its limit" 99 "$(pids_max "$group")"
[ -z "$sleeper" ] || check "its process is not killed" is_not is_dead "$sleeper"
case $freezer in
"") ;;
"$pids") same "it is not frozen" 0 "$(cat "$pids$group/cgroup.freeze")" ;;
*) same "it is not frozen" 0 "$(cat "$freezer$group/freezer.self_freezing")" ;;
esac
[ -z "$sleeper" ] || { kill -KILL "$sleeper" && wait_for_empty; }
status "it is deleted by its own ID" 0 "$CGWARD" delete "${journal[@]}" --if-id "$(ids)" "$group"
check "it is gone" [ ! -d "$pids$group" ]

last_change() { "$CGWARD" log "${journal[@]:0:2}" -n 1 --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["changes"][0]["id"])'; }

# undo of a value
group=$(make_group undo pids)
"$CGWARD" set "${journal[@]}" "$group" pids.max=60 >/dev/null
replace "$group"
echo 60 >"$pids$group/pids.max"
status "undo refuses a replaced group" 8 "$CGWARD" undo "${journal[@]}" "$(last_change)"
status "without an ID it is skipped, and nothing else is there to undo" 8 "$CGWARD" undo "${journal[@]}"
same "whose limit stays" 60 "$(pids_max "$group")"
group=$(make_group changed pids)
"$CGWARD" set "${journal[@]}" "$group" pids.max=61 >/dev/null
echo 77 >"$pids$group/pids.max"
status "undo refuses a value that another process has changed" 9 "$CGWARD" undo "${journal[@]}"
same "which stays" 77 "$(pids_max "$group")"

# undo of a move
group=$(make_group moved pids)
other=$(make_group other pids)
sleep 1000 &
sleeper=$!
test_pids+=("$sleeper")
is_in() { grep -qx "$sleeper" "$pids$1/cgroup.procs"; }
if may "$CGWARD" move "${journal[@]}" "$sleeper" "$group"; then
	check "a process is moved" is_in "$group"
	echo "$sleeper" >"$pids$other/cgroup.procs"
	status "undo refuses a process that another one has moved on" 9 "$CGWARD" undo "${journal[@]}"
	check "it stays where it is" is_in "$other"
else
	skip "undo of a move: a process cannot be moved (not possible here)"
fi

# undo of a create
created=$test_top/$test_name-created
"$CGWARD" create "${journal[@]}" "$created" >/dev/null
check "a group is created" [ -d "$pids$created" ]
# Mount points contain no blanks.
# shellcheck disable=SC2013
for mount in $(awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) ~ /^cgroup2?$/) print $5 }' /proc/self/mountinfo); do
	[ ! -d "$mount$created" ] || { rmdir "$mount$created" && mkdir "$mount$created"; }
done
status "undo refuses to delete a group that has replaced the created one" 8 "$CGWARD" undo "${journal[@]}" "$(last_change)"
check "the replaced group still exists" [ -d "$pids$created" ]
