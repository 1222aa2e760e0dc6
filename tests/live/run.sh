#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# `cgward run`: limits apply before the command starts, exit statuses and signals are passed on, and
# no group is left behind, no matter which process is killed.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

out=$(mktemp -d)
test_files+=("$out")
name=$test_name-run
# With systemd, --name is the name of a scope; without it, a path.
run_name=$name
[ -d /run/systemd/system ] || run_name=$test_top/$name

# exists: whether a group with that name exists in any hierarchy.
exists() {
	local mount
	while read -r mount; do
		[ -z "$(find "$mount" -type d -name "$name*" -print -quit 2>/dev/null)" ] || return 0
	done < <(awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) ~ /^cgroup2?$/) print $5 }' /proc/self/mountinfo)
	return 1
}
is_removed() { wait_for is_not exists; }

"$CGWARD" run --journal "$out/journal" --name "$run_name" -- true
same "a command runs" 0 $?
check "its group is removed" is_removed
# Also of a scope, which systemd creates: the path is the one that systemd has chosen.
recorded=${run_name##*/}
[ ! -d /run/systemd/system ] || recorded=$recorded.scope
same "its group is in the journal" "create /$recorded cgward run" "$("$CGWARD" log --journal "$out/journal" --json |
	python3 -c 'import json, sys
for change in json.load(sys.stdin)["changes"]:
    if change["action"] == "create":
        print("create /" + change["group"].rsplit("/", 1)[1], change["who"])')"
status "and is not there any more, to be undone" 8 "$CGWARD" undo --journal "$out/journal"
"$CGWARD" run --name "$run_name" -- sh -c 'exit 42'
same "the exit status of the command is returned" 42 $?
"$CGWARD" run --name "$run_name" -- sh -c 'kill -KILL $$'
same "death by a signal is reported as 128 plus its number" 137 $?
"$CGWARD" run --name "$run_name" -- /nonexistent/command 2>/dev/null
same "command not found: status 127" 127 $?
"$CGWARD" run --name "$run_name" -- /etc/passwd 2>/dev/null
same "command not executable: status 126" 126 $?
"$CGWARD" run --name "$run_name" no.such.key=1 -- touch "$out/ran" 2>/dev/null
same "an invalid limit: status 125" 125 $?
check "an invalid limit: the command does not run" [ ! -e "$out/ran" ]
check "none of these runs leaves a group" is_removed
status "a missing command is a usage error" 2 "$CGWARD" run pids.max=5
"$CGWARD" run --name "$run_name" --dry-run pids.max=5 -- touch "$out/ran" >/dev/null 2>&1
same "a dry run has its own exit status" 11 $?
check "a dry run does not run the command" [ ! -e "$out/ran" ]
check "only the command writes to standard output" \
	[ "$("$CGWARD" run --name "$run_name" -- echo words 2>/dev/null)" = words ]
check "arguments after -- belong to the command" \
	[ "$("$CGWARD" run --name "$run_name" -- printf '%s' --json)" = --json ]

if [ -n "$(mount_of pids)" ]; then
	make_group switched-on pids >/dev/null
	"$CGWARD" run --name "$run_name" pids.max=20 -- sh -c 'echo "$$"; until [ -e "$1" ]; do sleep 0.1; done' - "$out/seen" >"$out/pid" &
	runner=$!
	test_pids+=("$runner")
	wait_for test -s "$out/pid"
	inside=$("$CGWARD" get "pid:$(cat "$out/pid")" group)
	same "the limit applies to the command" 20 "$("$CGWARD" get "$inside" pids.max)"
	touch "$out/seen"
	wait $runner
	check "the group is removed when the command exits" is_removed
else
	skip "the limit applies to the command: no pids controller (not possible here)"
fi

# An existing group is refused, since it would be emptied and removed at the end; also one of another run.
"$CGWARD" run --name "$run_name" -- sh -c 'echo $$; exec sleep 1000' >"$out/first" &
first=$!
test_pids+=("$first")
wait_for test -s "$out/first"
"$CGWARD" run --name "$run_name" pids.max=5 -- touch "$out/second" 2>/dev/null
same "an existing group is refused with 125" 125 $?
check "the command is not run" [ ! -e "$out/second" ]
check "the process of the group is still running" kill -0 "$(cat "$out/first")"
check "and its group still exists" exists
kill -TERM "$first"
wait "$first" 2>/dev/null
check "it is removed when its own command ends" is_removed
if [ "$run_name" != "$name" ] && [ -n "$(mount_of pids)" ]; then
	existing=$(make_group existing pids)
	directory=$(mount_of pids)$existing
	echo 44 >"$directory/pids.max"
	"$CGWARD" run --name "$existing" pids.max=5 -- touch "$out/second" 2>/dev/null
	same "a group that exists in one hierarchy is refused" 125 $?
	check "no command is run in it" [ ! -e "$out/second" ]
	same "its limit stays" 44 "$(cat "$directory/pids.max")"
fi

# Signals sent to cgward run are passed on to the command.
"$CGWARD" run --name "$run_name" -- sh -c 'trap "exit 7" TERM; echo up; while :; do sleep 0.1; done' >"$out/up" &
runner=$!
test_pids+=("$runner")
wait_for test -s "$out/up"
kill -TERM $runner
wait $runner
same "signals are passed on to the command" 7 $?
check "no group is left after a signal" is_removed

# Children that outlive the command.
"$CGWARD" run --name "$run_name" -- sh -c 'sleep 1000 >/dev/null 2>&1 & echo $!' >"$out/child"
check "processes that the command left running are killed" dead "$(cat "$out/child")"
check "no group is left after that" is_removed

# The runner itself is killed.
"$CGWARD" run --name "$run_name" -- sh -c 'echo $$; exec sleep 1000' >"$out/victim" &
runner=$!
wait_for test -s "$out/victim"
kill -KILL $runner
wait $runner 2>/dev/null
check "the group is removed if cgward itself is killed" is_removed
check "the command is killed with it" dead "$(cat "$out/victim")"
