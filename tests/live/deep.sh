#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# deep.sh: a process very many levels down is killed, and commands take little more CPU time per group
# there than a dump, which prints the same paths. CPU time, because other processes do not extend it.
. "$(dirname "$0")/lib.sh"

is_root || { skip "deep groups: requires root (not possible here)" && exit; }
levels=$((2 * ${CGWARD_TEST_LEVELS:-1500})) # fewer on emulated machines
# Three hierarchies: with eight new ones of this depth, a machine with Linux 6.18 stalled for up to two seconds
# at a time. Removing them is what costs most, and 70 times as much while any process measures cpu.run_delay
# (docs/PERFORMANCE.md); a kill of 3,000 levels in eight new hierarchies took 1.1 s of CPU time.
controllers=(memory freezer pids)
group=$(make_group deep "${controllers[@]}")
work=$(mktemp -d) && test_files+=("$work")
# The cleanup of lib.sh would resolve the whole path of each group.
delete_groups() { "$CGWARD" delete --journal "$work/journal" --recursive "$group" >"$work/delete" 2>&1; }
test_at_exit+=(delete_groups)
sleep 1000 &
test_pids+=($!)
process=$!

# make_deep DIRECTORY: the shell's cd would resolve the whole path each time.
make_deep() {
	python3 -c '
import os, sys
directory, levels, pid = sys.argv[1:]
os.chdir(directory)
for _ in range(int(levels)):
	os.mkdir("level")
	os.chdir("level")
if not os.path.exists("cpuset.mems"): # empty in a new group, which accepts no process then
	open("cgroup.procs", "w").write(pid)' "$1" "$levels" "$process"
}
for mount in $(for controller in "${controllers[@]}"; do mount_of "$controller"; done | sort -u); do make_deep "$mount$group"; done

# run NAME ARGUMENT...: runs cgward, writes its output to $work/NAME and sets cpu_ms[NAME].
declare -A cpu_ms
run() {
	local name=$1 seconds TIMEFORMAT='%U %S'
	shift
	seconds=$({ time within_deadline "$CGWARD" "$@" >"$work/$name" 2>&1; } 2>&1)
	cpu_ms[$name]=$(awk '{ printf "%d", ($1 + $2) * 1000 }' <<<"$seconds")
}
run dump dump --collector files -r --noheadings -o group,pids.max --below "$group"
same "dump lists all levels" $((levels + 1)) "$(wc -l <"$work/dump")"
run kill kill --journal "$work/journal" --timeout "${CGWARD_TEST_DEADLINE}s" "$group"
same "kill signals a process $levels levels down" "$group: sent signal KILL" "$(sed 's/ (.*//' "$work/kill")"
check "the process is dead" dead "$process"
state=$(mount_of freezer)$group/freezer.state
[ ! -e "$state" ] || same "the group is not left frozen" THAWED "$(cat "$state")"
run inspect inspect "$group"
check "inspect reads the groups" grep -q "^$group" "$work/inspect"
if [ "$(version_of "$(mount_of pids)")" = 1 ]; then key=pids.max value=99; else key=cgroup.max.descendants value=99999; fi
run set set --journal "$work/journal" "$group/**" "$key=$value"
same "a glob selects all levels" "$levels" "$(grep -c "$key $value" "$work/set")"
run freeze freeze --journal "$work/journal" "$group"
same "freeze freezes all levels" "$group: frozen" "$(sed 's/ (.*//' "$work/freeze")"
run thaw thaw --journal "$work/journal" "$group"
same "thaw thaws all levels" "$group: thawed" "$(sed 's/ (.*//' "$work/thaw")"
for name in kill inspect set freeze thaw; do
	check "$name takes less than ten times the CPU time of a dump (${cpu_ms[$name]} and ${cpu_ms[dump]} ms)" \
		test "${cpu_ms[$name]}" -lt $((10 * cpu_ms[dump]))
done
same "all of it is one action" 1 "$("$CGWARD" log --journal "$work/journal" --json |
	python3 -c 'import json, sys; print(len({c["transaction"] for c in json.load(sys.stdin)["changes"] if c["action"] == "set"}))')"
delete_groups
same "delete --recursive removes all levels" "$group: deleted" "$(sed 's/ (.*//' "$work/delete")"
check "no group remains" test ! -e "$(mount_of memory)$group"
