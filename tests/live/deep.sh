#!/usr/bin/env bash
# deep.sh: a process very many levels down is killed at once, and time grows with the number of groups only.
. "$(dirname "$0")/lib.sh"

is_root || { skip "deep groups (requires root)" && exit; }
levels=$((2 * ${CGWARD_TEST_LEVELS:-1500})) # fewer on emulated machines
group=$(make_group deep memory pids freezer)
work=$(mktemp -d) && test_files+=("$work")
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
open("cgroup.procs", "w").write(pid)' "$1" "$levels" "$process"
}
for mount in $(for controller in memory pids freezer; do mount_of "$controller"; done | sort -u); do make_deep "$mount$group"; done
milliseconds() { echo $((($(date +%s%N) - begin) / 1000000)); }

begin=$(date +%s%N)
same "kill signals a process $levels levels down" "$group: sent signal KILL" \
	"$("$CGWARD" kill --journal "$work/journal" --timeout 5s "$group" 2>&1 | sed 's/ (.*//')"
time=$(milliseconds)
check "kill takes less than 3 s ($time ms)" test "$time" -lt 3000
check "the process is dead" dead "$process"
begin=$(date +%s%N)
check "inspect reads the groups" may "$CGWARD" inspect "$group"
time=$(milliseconds)
check "inspect takes less than 15 s ($time ms)" test "$time" -lt 15000
if [ "$(version_of "$(mount_of pids)")" = 1 ]; then key=pids.max value=99; else key=cgroup.max.descendants value=99999; fi
begin=$(date +%s%N)
same "a glob selects all levels" "$levels" \
	"$("$CGWARD" set --journal "$work/journal" "$group/**" "$key=$value" | grep -c "$key $value")"
time=$(milliseconds)
check "setting all takes less than 15 s ($time ms)" test "$time" -lt 15000
same "all of it is one action" 1 "$("$CGWARD" log --journal "$work/journal" --json |
	python3 -c 'import json, sys; print(len({c["transaction"] for c in json.load(sys.stdin) if c["action"] == "set"}))')"
same "delete --recursive removes all levels" "$group: deleted" \
	"$("$CGWARD" delete --journal "$work/journal" --recursive "$group" 2>&1 | sed 's/ (.*//')"
check "no group remains" test ! -e "$(mount_of memory)$group"
