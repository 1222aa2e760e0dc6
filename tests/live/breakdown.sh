#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Where the time of threads goes: for loads that sleep for a known time or not at all, running, waiting for a CPU,
# throttled, waiting for IO and reclaim add up to the rest of the wall time of the threads. And the histograms:
# their counts and sums are those of the other metrics, in each format.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

reason=$("$CGWARD" doctor | sed -n 's/^run delay *//p')
case $reason in
works*) ;;
*)
	skip "breakdown: ${reason#*unavailable: } (not possible here)"
	exit 0
	;;
esac
work=$(mktemp -d) && test_files+=("$work")
cpu=$(python3 -c 'import os; print(max(os.sched_getaffinity(0)))')
top=$(make_group breakdown cpu cpuacct memory blkio pids)
for group in quota a b reader reclaim sleeper; do
	for controller in cpu cpuacct memory blkio pids; do
		mount=$(mount_of "$controller" "${controller/blkio/io}")
		[ -z "$mount" ] || make_below "$top" "$controller" "$group"
	done
done

# load.py KIND CPU DIRECTORY SECONDS [FILE]: one thread, stopped before and after. It writes to DIRECTORY/PID.wall when it ended
# and for how many ns it slept on purpose: how long a sleep took includes waiting for a CPU then, so that is not measured.
cat >"$work/load.py" <<'PYTHON'
import mmap, os, signal, sys, time
kind, cpu, directory, seconds = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
if cpu >= 0: os.sched_setaffinity(0, {cpu})
if kind == "reader":
    file, block = os.open(sys.argv[5], os.O_RDONLY | os.O_DIRECT), mmap.mmap(-1, 65536)
if kind == "reclaim":
    file, block = os.open(sys.argv[5], os.O_RDWR | os.O_CREAT, 0o600), b"x" * (1 << 20)
    for i in range(160): os.pwrite(file, block, i << 20)  # later writes allocate no blocks
result = os.open(f"{directory}/{os.getpid()}.wall", os.O_WRONLY | os.O_CREAT)
os.kill(os.getpid(), signal.SIGSTOP)
slept, at, start = 0, 0, time.monotonic_ns()
while time.monotonic_ns() - start < seconds * 1e9:
    if kind == "busy":
        for i in range(20000): pass
    elif kind == "sleeper":
        for i in range(2000000): pass
        time.sleep(0.2) # few sleeps: an emulated machine ends each of them late
        slept += 200000000
    elif kind == "reader":
        os.preadv(file, [block], at)
        at = (at + 65536) % (8 << 20)
    elif kind == "reclaim":
        os.pwrite(file, block, at)
        at = (at + len(block)) % (160 << 20)
os.write(result, f"{time.monotonic_ns()} {slept}".encode())
os.kill(os.getpid(), signal.SIGSTOP)
PYTHON
# The growth of KEY of GROUP over all samples, in ns: grown GROUP KEY...
cat >"$work/grown.py" <<'PYTHON'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1]) if line.endswith("\n")]
rows = [row for row in rows if row["group"] == sys.argv[2]]
for key in sys.argv[3:]:
    values = [row[key] for row in rows if row.get(key) is not None]
    print(int(values[-1] - values[0]) if values else "-", end=" ")
print()
PYTHON
keys=cpu.usage,cpu.run_delay,cpu.run_delay.throttled,io.iowait,io.iowait.refault,memory.direct_reclaim,memory.direct_reclaim.alone
keys+=,memory.direct_reclaim.running
lost=cpu.run_delay.lost,memory.direct_reclaim.lost,io.iowait.lost
has_samples() { [ "$(grep -c '^{"group":"/",' "$work/samples" 2>/dev/null)" -ge "$1" ]; }
samples() { grep -c '^{"group":"/",' "$work/samples"; }
# run NAME SECONDS "KIND CPU GROUP [FILE]"...: runs these loads at the same time, while all metrics are sampled.
run() {
	local directory=$work/$1 seconds=$2 load kind on group file count=0 pids=()
	mkdir "$directory"
	shift 2
	for load in "$@"; do
		read -r kind on group file <<<"$load"
		(enter "$top/$group" cpu cpuacct memory blkio pids
			exec python3 "$work/load.py" "$kind" "$on" "$directory" "$seconds" ${file:+"$file"}) &
		test_pids+=($!)
		echo $! >"$directory/$group"
		count=$((count + 1))
		pids+=($!)
		wait_for grep -q '^State:[[:space:]]*T' "/proc/$!/status"
	done
	rm -f "$work/samples"
	"$CGWARD" dump --interval 0.3 --ndjson -b -o "group,$keys,$lost" --match / --match "$top/*" >"$work/samples" &
	test_pids+=($!)
	sampler=$!
	wait_for has_samples 3
	python3 -c 'import os, signal, sys, time
for pid in sys.argv[2:]:
    with open(f"{sys.argv[1]}/{pid}.start", "w") as file:
        file.write(str(time.monotonic_ns()))
    os.kill(int(pid), signal.SIGCONT)' "$directory" "${pids[@]}"
	wait_for all_done "$directory" $count
	wait_for has_samples $(($(samples) + 3))
	kill -TERM "$sampler" && dead "$sampler"
}
all_done() { [ "$(find "$1" -name '*.wall' -size +0 | wc -l)" -eq "$2" ]; }
# adds_up NAME GROUP: the disjoint parts, in ns, are what the thread did not sleep, within 3 % of its wall time.
adds_up() {
	local pid wall end slept usage delay throttled iowait reclaim alone running sum
	pid=$(cat "$work/$1/$2")
	read -r end slept <"$work/$1/$pid.wall"
	wall=$((end - $(cat "$work/$1/$pid.start")))
	read -r usage delay throttled iowait _ reclaim alone running <<<"$(python3 "$work/grown.py" "$work/samples" "$top/$2" ${keys//,/ })"
	sum=$((usage - running + delay + iowait + alone))
	waited=$((delay - throttled)) own_throttled=$throttled io=$iowait reclaimed=$alone all=$wall
	all_reclaim=$reclaim
	near "$1: the parts of $2 add up to the time of its thread" "$((wall - slept))" "$sum" 3
}

# Other processes of the machine should not matter much.
"$CGWARD" set --journal "$work/journal" "$top" cpu.weight=10000 >/dev/null

# --- a CPU limit of a fifth of a CPU ---
mount=$(mount_of cpu)
if [ "$(version_of "$mount")" = 1 ]; then
	echo 20000 >"$mount$top/quota/cpu.cfs_quota_us"
else
	echo "20000 100000" >"$mount$top/quota/cpu.max"
fi
run quota 4 "busy $cpu quota"
adds_up quota quota
check "most of it is throttled" test "$own_throttled" -ge $((all / 2))

# --- two groups on one CPU ---
run two 4 "busy $cpu a" "busy $cpu b"
adds_up two a
check "both wait for a CPU" test "$waited" -ge $((all / 4))
adds_up two b

# --- a thread that sleeps for a known time ---
run sleeper 4 "sleeper -1 sleeper"
adds_up sleeper sleeper

# --- a reader that a limit of the disk slows down ---
if dd if=/dev/zero of="$work/file" bs=1M count=8 oflag=direct status=none 2>/dev/null && sync "$work/file"; then
	source=$(findmnt -no SOURCE -T "$work")
	device=$(disk_of "$(basename "$source")")
	"$CGWARD" set --journal "$work/journal" "$top/reader" "io.max.rbps=$device 4M" >/dev/null 2>&1 && limited=yes || limited=
	# Without a limit it switches so often that the time of the switches, which nothing counts, matters.
	if [ -n "$limited" ]; then
		run reader 4 "reader -1 reader $work/file"
		adds_up reader reader
		check "most of it waits for IO" test "$io" -ge $((all / 2))
	else
		skip "reader: a limit of the disk cannot be set on $source (not possible here)"
	fi
else
	skip "reader: no file that bypasses the page cache (not possible here)"
fi

# --- reclaim under a memory limit ---
mount=$(mount_of memory)
if [ -n "$mount" ]; then
	if [ "$(version_of "$mount")" = 1 ]; then
		echo 48M >"$mount$top/reclaim/memory.limit_in_bytes"
	else
		echo 48M >"$mount$top/reclaim/memory.max"
	fi
	run reclaim 4 "reclaim -1 reclaim $work/written"
	adds_up reclaim reclaim
	check "the writer had to reclaim memory" test "$reclaimed" -gt 0
	check "a part of it waits for nothing else" test "$reclaimed" -le $((all_reclaim * 101 / 100))
	rm -f "$work/written"
else
	skip "reclaim: no memory controller (not possible here)"
fi
read -r delay reclaim io <<<"$(python3 "$work/grown.py" "$work/samples" / ${lost//,/ })"
same "nothing was lost" "0 0 0" "$delay $reclaim $io"

# --- histograms: the same waits as those of the other metrics of the same sample ---
histograms=cpu.run_delay.histogram,memory.direct_reclaim.histogram,io.iowait.histogram,io.queue_time.histogram,io.device_time.histogram
for _ in 1 2; do # one waits for the other
	(enter "$top/a" cpu cpuacct memory blkio pids
		exec python3 -c 'import os, signal, sys
os.sched_setaffinity(0, {int(sys.argv[1])})
os.kill(os.getpid(), signal.SIGSTOP)
while True: sum(range(200000))' "$cpu") &
	test_pids+=($!)
	wait_for grep -q '^State:[[:space:]]*T' "/proc/$!/status"
done
kill -CONT "${test_pids[@]: -2}"
"$CGWARD" dump --interval 0.3 --count 4 --ndjson -b --match "$top/a" \
	-o "group,$histograms,cpu.run_delay,io.iowait,io.iowait.count,memory.direct_reclaim,memory.direct_reclaim.count" >"$work/last"
same "counts and sums of histograms are those of their metrics" "" "$(python3 - "$work/last" <<'PYTHON'
import json, sys
row = json.loads(open(sys.argv[1]).readlines()[-1])
for key in ("cpu.run_delay", "io.iowait", "memory.direct_reclaim"):
    bounds = row["instances"][key + ".histogram"]
    total = bounds.pop("sum_ns")
    counts = list(bounds.values())
    if total != row[key]: print(key, "sum", total, row[key])
    if counts != sorted(counts) or counts[-1] != row[key + ".histogram"]: print(key, "count", counts)
    if counts[-1] != row.get(key + ".count", counts[-1]): print(key, "is not", row[key + ".count"])
    if key == "cpu.run_delay" and counts[-1] == 0: print("no waits")
PYTHON
)"
for format in openmetrics prometheus; do
	"$CGWARD" dump --interval 0.2 --count 2 --$format --output "$work/$format" -o "group,$histograms,cpu.run_delay" \
		--match "$top" --match "$top/*"
	check "a strict reader accepts them as $format" python3 "$(dirname "$0")/read-output.py" $format "$work/$format" "$top" "$(mount_of cpu)$top"
	check "with a bucket for all in $format" grep -qF "cgward_cpu_run_delay_duration_seconds_bucket{group=\"$top/a\",le=\"+Inf\"}" "$work/$format"
done
if command -v promtool >/dev/null; then
	same "promtool accepts them" "" "$(promtool check metrics <"$work/prometheus" 2>&1)"
else
	skip "promtool reads histograms: it is not installed (not possible here)"
fi
