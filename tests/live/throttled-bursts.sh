#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A CPU limit that throttles bursts of a known size: cpu.throttled.bursts.* and `cgward explain` report which of that a burst
# (cpu.max.burst) would remove. It is then set as explain advises, and the kernel counts what remains.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

reason=$("$CGWARD" doctor | sed -n 's/^CPU limits *//p')
case $reason in
works*) ;;
*)
	check "the reason is known" test -n "${reason#*unavailable: }"
	skip "CPU limits: ${reason#*unavailable: } (not possible here)"
	exit 0
	;;
esac
work=$(mktemp -d) && test_files+=("$work")

# load.py MS EVERY: uses so many milliseconds of CPU time of each EVERY ms; all of it if EVERY is 0.
cat >"$work/load.py" <<'PYTHON'
import os, signal, sys, time
used, every = int(float(sys.argv[1]) * 1e6), int(sys.argv[2]) * 1_000_000
os.kill(os.getpid(), signal.SIGSTOP)
while every == 0: pass
while True:
    now = time.monotonic_ns()
    time.sleep((every - now % every) / 1e9)
    end = time.thread_time_ns() + used
    while time.thread_time_ns() < end: pass
PYTHON
load() { # GROUP MS EVERY
	(enter "$1" cpu cpuacct; exec python3 "$work/load.py" "$2" "$3") &
	test_pids+=($!)
	wait_for grep -q '^State:[[:space:]]*T' "/proc/$!/status"
	kill -CONT $!
}
# has_between GROUP KEY LOW HIGH: some sample has a value between them, in microseconds.
cat >"$work/has-between.py" <<'PYTHON'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1]) if line.endswith("\n")]
values = [row.get(sys.argv[3]) for row in rows if row["group"] == sys.argv[2]]
sys.exit(not any(v is not None and int(sys.argv[4]) <= v / 1000 <= int(sys.argv[5]) for v in values))
PYTHON
has_between() { python3 "$work/has-between.py" "$work/samples" "$@"; }
throttled_us() {
	case $(version_of "$(mount_of cpu)") in
	1) file_of cpu "$1" cpu.stat | awk '$1 == "throttled_time" { printf "%d\n", $2 / 1000 }' ;;
	*) file_of cpu "$1" cpu.stat | awk '$1 == "throttled_usec" { print $2 }' ;;
	esac
}
# grown GROUP: by how much that increases in 5 s.
grown() {
	local before
	before=$(throttled_us "$1")
	sleep 5
	echo $(($(throttled_us "$1") - before))
}
# advised GROUP: the command of the cause, without "cgward"; sets $text and $covered.
advised() {
	"$CGWARD" explain --json --rates 3s "$1" >"$work/explained"
	read -r covered peak command < <(python3 -c 'import json, sys
c = next((c for c in json.load(open(sys.argv[1]))["causes"] if c["cause"] == "cpu.throttled" and c["now"]), None)
if c: print(int(c["covered_percent"]), c["peak_cpus"], c["change"] or "-")' "$work/explained")
}
advises() { # GROUP KEY
	advised "$1"
	[[ $command == *"'$2="* ]]
}

top=$(make_group top cpu cpuacct)
for group in bursts busy large; do
	make_below "$top" cpu $group
	[ -z "$(mount_of cpuacct)" ] || mkdir -p "$(mount_of cpuacct)$top/$group"
done
# Its tasks run when they wake up.
"$CGWARD" set --journal "$work/journal" "$top" cpu.weight=10000 >/dev/null
for group in bursts busy large; do "$CGWARD" set --journal "$work/journal" "$top/$group" cpu.max=15% >/dev/null; done
"$CGWARD" dump --interval 0.5 --ndjson -o group,cpu.throttled.bursts,cpu.throttled.bursts.covered,cpu.throttled.bursts.max \
	--match "$top" --match "$top/*" >"$work/samples" &
test_pids+=($!)
# 15 ms of each burst of 25 ms are the quota of its first period; a burst that began shortly before the end of a period
# uses that of two.
load "$top/bursts" 25 700
check "a burst needs what it uses above the quota" wait_for has_between "$top/bursts" cpu.throttled.bursts.max 9000 12000
check "its throttling is covered by unused quota" wait_for has_between "$top/bursts" cpu.throttled.bursts.covered 30000 10000000
check "explain advises a burst" wait_for advises "$top/bursts" cpu.max.burst
check "for most of the throttling ($covered %)" test "$covered" -ge 50
check "it used a CPU within 10 ms ($peak)" awk -v p="$peak" 'BEGIN { exit !(p > 0.5 && p < 1.2) }'
check "and prints both" grep -q 'used up to [0-9.]* CPUs within 10 ms, 0\.[0-9]* on average; earlier unused quota would cover' "$work/explained"
advice=$command
# Bursts of three times the quota need more than the kernel saves up, and no burst helps a task that never pauses.
load "$top/busy" 0 0
load "$top/large" 45 1000
check "the throttling of a busy group is reported" wait_for advises "$top/busy" cpu.max
same "nothing covers it" 0 "$covered"
check "nor does it cover large bursts" wait_for advises "$top/large" cpu.max
same "of which nothing is covered" 0 "$covered"
same "a group does not count what throttles those below it" "" \
	"$(grep "\"group\":\"$top\"" "$work/samples" | grep -o '"cpu.throttled.bursts[a-z.]*":[1-9][0-9]*' | head -n 1)"
for pid in "${test_pids[@]:2}"; do kill "$pid" && dead "$pid"; done

before=$(grown "$top/bursts")
follow_options=(--journal "$work/journal")
follow "cgward set %s 'cpu.max.burst=%s'" "\`$advice\`"
after=$(grown "$top/bursts")
check "the burst removes the throttling (from $before us in 5 s to $after us)" test "$((after * 5))" -le "$before"
