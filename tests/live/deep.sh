#!/usr/bin/env bash
# deep.sh: a process very many levels down is killed at once, in all hierarchies, and the CPU time of
# commands grows with the number of groups only: it is compared for a chain and one of half the
# length, because the time on the clock depends on what else the machine does.
. "$(dirname "$0")/lib.sh"

is_root || { skip "deep groups (requires root)" && exit; }
levels=$((2 * ${CGWARD_TEST_LEVELS:-1500})) # fewer on emulated machines
work=$(mktemp -d) && test_files+=("$work")
controllers=(cpu cpuacct cpuset memory devices freezer blkio pids)
whole=$(make_group deep "${controllers[@]}")
half=$(make_group deep-half "${controllers[@]}")

# make_deep DIRECTORY LEVELS PID: the shell's cd would resolve the whole path each time.
make_deep() {
	python3 -c '
import os, sys
directory, levels, pid = sys.argv[1:]
os.chdir(directory)
for _ in range(int(levels)):
	os.mkdir("level")
	os.chdir("level")
if not os.path.exists("cpuset.mems"): # a new group has none, and accepts no process
	open("cgroup.procs", "w").write(pid)' "$@"
}
populate() { # GROUP LEVELS: sets `process`
	local mount
	sleep 1000 &
	process=$!
	test_pids+=("$process")
	for mount in $(for controller in "${controllers[@]}"; do mount_of "$controller"; done | sort -u); do
		make_deep "$mount$1" "$2" "$process"
	done
}
# cpu_of COMMAND...: sets `cpu`, the CPU time in ms; the output is in $work/out.
cpu_of() {
	local TIMEFORMAT='%U %S'
	{ time "$@" >"$work/out" 2>&1; } 2>"$work/time"
	cpu=$(awk '{ print int(1000 * ($1 + $2)) }' "$work/time")
}
# linear NAME HALF WHOLE: twice the groups take about twice as long; four times as long, if the time
# were quadratic.
linear() { check "$1 takes linear time ($2 ms for $((levels / 2)) levels, $3 ms for $levels)" test "$3" -lt $((3 * $2 + 300)); }
first_words() { sed 's/ (.*//' "$work/out"; }

populate "$half" $((levels / 2))
cpu_of "$CGWARD" kill --journal "$work/journal" --timeout 60s "$half"
half_cpu=$cpu
same "kill signals a process $((levels / 2)) levels down" "$half: sent signal KILL" "$(first_words)"
populate "$whole" "$levels"
cpu_of "$CGWARD" kill --journal "$work/journal" --timeout 60s "$whole"
same "kill signals a process $levels levels down" "$whole: sent signal KILL" "$(first_words)"
check "the process is dead" dead "$process"
linear kill "$half_cpu" "$cpu"
state=$(mount_of freezer)$whole/freezer.state
[ ! -e "$state" ] || same "the group is not left frozen" THAWED "$(cat "$state")"

cpu_of "$CGWARD" inspect "$half"
half_cpu=$cpu
cpu_of "$CGWARD" inspect "$whole"
check "inspect reads the groups" test -s "$work/out"
linear inspect "$half_cpu" "$cpu"

if [ "$(version_of "$(mount_of pids)")" = 1 ]; then key=pids.max value=99; else key=cgroup.max.descendants value=99999; fi
cpu_of "$CGWARD" set --journal "$work/journal" "$half/**" "$key=$value"
half_cpu=$cpu
rm -r "$work/journal"
cpu_of "$CGWARD" set --journal "$work/journal" "$whole/**" "$key=$value"
same "a glob selects all levels" "$levels" "$(grep -c "$key $value" "$work/out")"
linear "setting all groups" "$half_cpu" "$cpu"
same "all of it is one action" 1 "$("$CGWARD" log --journal "$work/journal" --json |
	python3 -c 'import json, sys; print(len({c["transaction"] for c in json.load(sys.stdin) if c["action"] == "set"}))')"

cpu_of "$CGWARD" freeze --journal "$work/journal" "$whole"
same "freeze freezes all levels" "$whole: frozen" "$(first_words)"
cpu_of "$CGWARD" thaw --journal "$work/journal" "$whole"
same "thaw thaws all levels" "$whole: thawed" "$(first_words)"

cpu_of "$CGWARD" delete --journal "$work/journal" --recursive "$half"
half_cpu=$cpu
cpu_of "$CGWARD" delete --journal "$work/journal" --recursive "$whole"
same "delete --recursive removes all levels" "$whole: deleted" "$(first_words)"
linear delete "$half_cpu" "$cpu"
check "no group remains" test ! -e "$(mount_of memory)$whole"
