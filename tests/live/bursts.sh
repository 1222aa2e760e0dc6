#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# cpu.burst_10ms.max of tasks that run for a known time, at a known time within the windows of 10 ms of CLOCK_MONOTONIC:
# on one CPU, on two at once, across the end of a window, and without a pause.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/samples-lib.sh
. "$(dirname "$0")/samples-lib.sh"

reason=$("$CGWARD" doctor | sed -n 's/^CPU bursts *//p')
case $reason in
works*) ;;
*)
	check "the reason is known" test -n "${reason#*unavailable: }"
	skip "CPU bursts: ${reason#*unavailable: } (not possible here)"
	exit 0
	;;
esac
work=$(mktemp -d) && test_files+=("$work")
first=$(python3 -c 'import os; print(min(os.sched_getaffinity(0)))')
last=$(python3 -c 'import os; print(max(os.sched_getaffinity(0)))')

# load.py CPU AT: uses 5 ms of CPU time of every 50 ms, from AT ms after the start of a window on; or all if AT is "always".
cat >"$work/load.py" <<'PYTHON'
import os, signal, sys, time
os.sched_setaffinity(0, {int(sys.argv[1])})
os.kill(os.getpid(), signal.SIGSTOP)
if sys.argv[2] == "always":
    while True: pass
at, period = int(float(sys.argv[2]) * 1e6), 50_000_000
while True:
    now = time.monotonic_ns()
    begin = (now // period + 1) * period + at
    end = time.thread_time_ns() + 5_000_000
    time.sleep(max(begin - now - 1_000_000, 0) / 1e9)
    while time.monotonic_ns() < begin: time.sleep(0.0001)
    while time.thread_time_ns() < end: pass
PYTHON
# matches.py FILE GROUP LOW HIGH: some interval has a maximum between them, in microseconds.
cat >"$work/matches.py" <<'PYTHON'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1]) if line.endswith("\n")]
values = [row.get("cpu.burst_10ms.max") for row in rows if row.get("group") == sys.argv[2]]
sys.exit(not any(v is not None and int(sys.argv[3]) <= v / 1000 <= int(sys.argv[4]) for v in values))
PYTHON
has() { python3 "$work/matches.py" "$work/samples" "$@"; }
# mostly GROUP MAX: at least half of the maxima are not above it. After a stall a task uses the time of two periods at once.
cat >"$work/mostly.py" <<'PYTHON'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1]) if line.endswith("\n")]
values = sorted(row["cpu.burst_10ms.max"] for row in rows if row.get("group") == sys.argv[2] and row.get("cpu.burst_10ms.max"))
sys.exit(not values or values[len(values) // 2] / 1000 > int(sys.argv[3]))
PYTHON
mostly() { python3 "$work/mostly.py" "$work/samples" "$@"; }
# Other loads of the machine only delay a task, in single intervals.
has_soon() { wait_for has "$@"; }
load() { # GROUP CPU AT: a task that waits for SIGCONT
	(enter "$1" cpu cpuacct; exec python3 "$work/load.py" "$2" "$3") &
	task=$! && test_pids+=("$task")
	wait_for grep -q '^State:[[:space:]]*T' "/proc/$task/status"
}

top=$(make_group top cpu cpuacct)
for group in both/inner both/other across always; do
	make_below "$top" cpu $group
	[ -z "$(mount_of cpuacct)" ] || mkdir -p "$(mount_of cpuacct)$top/$group"
done
# Its tasks run when they wake up.
{ echo 262144 >"$(mount_of cpu)$top/cpu.shares"; } 2>/dev/null || echo 10000 >"$(mount_of cpu)$top/cpu.weight"
# 64 levels or more below the root.
deep=$(printf 'd/%.0s' {1..64})
for mount in "$(mount_of cpu)" "$(mount_of cpuacct)"; do [ -z "$mount" ] || mkdir -p "$mount$top/$deep"; done
load "$top/both/inner" "$first" 1 && inner=$task
load "$top/both/other" "$last" 1 && other=$task
load "$top/across" "$first" 7.5 && across=$task
load "$top/always" "$last" always && always=$task
load "$top/$deep" "$first" 1 && below=$task
"$CGWARD" dump --interval 0.25 --ndjson -o group,cpu.burst_10ms.max,cpu.burst_10ms.lost >"$work/samples" &
sampler=$!
test_pids+=("$sampler")
sampled() { [ "$(sample_value / cpu.burst_10ms.max)" != - ]; }
wait_for sampled
same "what did not run has no value" - "$(sample_value "$top" cpu.burst_10ms.max)"
kill -CONT "$inner"
check "5 ms within a window" has_soon "$top/both/inner" 4500 5500
check "an ancestor without tasks of its own has the same" has_soon "$top/both" 4500 5500
kill -CONT "$across"
# An emulated machine does not wake a task so exactly.
if [ -z "${CGWARD_LAYOUT:-}" ]; then
	check "5 ms across the end of a window" has_soon "$top/across" 2250 2750
else
	check "less than 5 ms across the end of a window" has_soon "$top/across" 1000 4000
fi
if [ "$first" != "$last" ]; then
	kill -CONT "$other"
	check "two tasks at once use twice as much" has_soon "$top/both" 9000 11000
fi
each=5500
[ -z "${CGWARD_LAYOUT:-}" ] || each=10000 # where the task is emulated, it needs more itself: one task has one CPU
check "and each no more than before" mostly "$top/both/inner" "$each"
kill -CONT "$always"
check "a busy task uses the whole window" has_soon "$top/always" 9000 11000
check "and not more" mostly "$top/always" 11000
# A machine that its host stalls has longer slices than the programs divide.
lost=$(sample_value / cpu.burst_10ms.lost)
check "hardly anything was lost ($lost)" test "$lost" -le 100
same "only the root counts what was lost" - "$(sample_value "$top" cpu.burst_10ms.lost)"
kill -CONT "$below"
counts_lost() { [ "$(sample_value / cpu.burst_10ms.lost)" -gt $((lost + 100)) ]; }
check "what is too deep is counted as lost" wait_for counts_lost
