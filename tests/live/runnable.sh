#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# cpu.runnable.max of known numbers of tasks: that run at the same time and sleep between, that never sleep, that a CPU limit
# throttles, that move to another group, and that exit.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/samples-lib.sh
. "$(dirname "$0")/samples-lib.sh"

reason=$("$CGWARD" doctor | sed -n 's/^runnable *//p')
case $reason in
works*) ;;
*)
	check "the reason is known" test -n "${reason#*unavailable: }"
	skip "runnable tasks: ${reason#*unavailable: } (not possible here)"
	exit 0
	;;
esac
work=$(mktemp -d) && test_files+=("$work")

# load.py KIND: "together" uses 20 ms of CPU time of every 100 ms, beginning at the same time as the others; "always" all; "never" sleeps.
cat >"$work/load.py" <<'PYTHON'
import os, signal, sys, time
os.kill(os.getpid(), signal.SIGSTOP)
while sys.argv[1] == "always": pass
while sys.argv[1] == "never": time.sleep(600)
while True:
    time.sleep(0.1 - time.monotonic() % 0.1)
    end = time.thread_time_ns() + 20_000_000
    while time.thread_time_ns() < end: pass
PYTHON
# matches.py FILE GROUP KEY LOW HIGH: whether some interval has a maximum between them.
cat >"$work/matches.py" <<'PYTHON'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1]) if line.endswith("\n")]
values = [row.get(sys.argv[3]) for row in rows if row.get("group") == sys.argv[2]]
sys.exit(not any(v is not None and int(sys.argv[4]) <= v <= int(sys.argv[5]) for v in values))
PYTHON
# The maxima of the group at the top as a sampler without its descendants has them; "-": none.
few() { awk -v name="${top##*/}" 'index($0, name) { print $NF }' "$work/few"; }
is_now_of_few() { [ "$(few | tail -n 1)" = "$1" ]; }
has() { python3 "$work/matches.py" "$work/samples" "$1" cpu.runnable.max "$2" "$3"; }
is_now() { [ "$(sample_value "$1" cpu.runnable.max)" = "$2" ]; }
# most NAME GROUP COUNT: it reaches the COUNT and never exceeds it.
most() {
	check "$1" wait_for has "$2" "$3" "$3"
	check "$1, and never more" is_not has "$2" $(($3 + 1)) 1000000
}
load() { # GROUP KIND: a task that waits for SIGCONT
	(enter "$1" cpu cpuacct; exec python3 "$work/load.py" "$2") &
	task=$! && test_pids+=("$task")
	tasks+=("$task")
	disown "$task"
	wait_for grep -q '^State:[[:space:]]*T' "/proc/$task/status"
}
tasks=()

top=$(make_group top cpu cpuacct)
for group in together/four together/two limited from to; do
	make_below "$top" cpu $group
	[ -z "$(mount_of cpuacct)" ] || mkdir -p "$(mount_of cpuacct)$top/$group"
done
limited=$(mount_of cpu)$top/limited
{ echo 5000 >"$limited/cpu.cfs_quota_us"; } 2>/dev/null || echo "5000 100000" >"$limited/cpu.max"
for _ in 1 2 3 4; do load "$top/together/four" together; done
for _ in 1 2; do load "$top/together/two" together; done
for _ in 1 2 3; do load "$top/limited" always; done
load "$top/together/two" never
kill -CONT "$task"
wait_for grep -q '^State:[[:space:]]*S' "/proc/$task/status"
load "$top/from" always && moved=$task
"$CGWARD" dump --interval 0.25 --ndjson -o group,cpu.runnable.max,cpu.runnable.lost >"$work/samples" &
test_pids+=($!)
depth=${top//[^\/]/}
"$CGWARD" top --batch --wide -d 0.1 --depth "${#depth}" -o group,cpu.runnable.max >"$work/few" &
test_pids+=($!)
sampled() { [ "$(sample_value / cpu.runnable.max)" != - ]; }
wait_for sampled
same "what did not run has no value" - "$(sample_value "$top" cpu.runnable.max)"
kill -CONT "${tasks[@]}" # the one that sleeps already ignores it
most "tasks that run at the same time" "$top/together/four" 4
most "a task that sleeps does not count" "$top/together/two" 2
most "an ancestor has those of all descendants" "$top/together" 6
most "throttled tasks count" "$top/limited" 3
check "also in each later interval" wait_for is_now "$top/limited" 3
most "a task that never sleeps" "$top/from" 1
echo "$moved" >"$(mount_of cpu)$top/to/cgroup.procs"
check "a task counts where it moved to" wait_for is_now "$top/to" 1
check "and no longer where it was" wait_for is_now "$top/from" -
check "removing that group" wait_for rmdir "$(mount_of cpu)$top/from"
check "the whole has all" has "$top" 10 10
check "and never more" is_not has "$top" 11 1000000
# The records of groups that are not in the tree of a sampler are dropped meanwhile.
check "a sampler without these groups has the same sum" wait_for is_now_of_few 10
same "and never more" 10 "$(few | sort -n | tail -n 1)"
# This wakes the one that sleeps as well.
kill -KILL "${tasks[@]}"
check "tasks that exited do not count" wait_for is_now "$top" -
check "nor in the sum without their groups" wait_for is_now_of_few -
same "nothing was lost" 0 "$(sample_value / cpu.runnable.lost)"
same "only the root counts what was lost" - "$(sample_value "$top" cpu.runnable.lost)"
