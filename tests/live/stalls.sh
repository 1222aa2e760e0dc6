#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# memory.direct_reclaim against the kernel's own trace events, and io.iowait, io.queue_time and io.device_time
# against a reader that does nothing else: how long it slept, and the requests that the kernel counts.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/samples-lib.sh
. "$(dirname "$0")/samples-lib.sh"

reason=$("$CGWARD" doctor | sed -n 's/^run delay *//p')
case $reason in
works*) ;;
*)
	skip "stalls: ${reason#*unavailable: } (not possible here)"
	exit 0
	;;
esac
work=$(mktemp -d) && test_files+=("$work")
group=$(make_group stalls memory blkio cpu)

# sample KEY...: follows these metrics of all groups; value GROUP KEY [HOW] is the last one that is known, or the largest.
sample() {
	local keys="group"
	for key in "$@"; do keys+=",$key"; done
	rm -f "$work/samples"
	"$CGWARD" dump --interval 0.3 --ndjson -b -o "$keys" --match / --match "$group" >"$work/samples" &
	sampler=$!
	test_pids+=("$sampler")
	wait_for has_value "$1"
}
has_value() { [ "$(value "$group" "$1")" != - ]; }
value() { sample_value "$1" "$2" "${3:-known}"; }
end_sample() { kill -TERM "$sampler" && dead "$sampler"; }

# --- direct reclaim: page cache of a file that is larger than the limit ---
instance=/sys/kernel/tracing/instances/$test_name
end_instance() { rmdir "$instance" 2>/dev/null; }
memory=$(mount_of memory)
if [ -n "$memory" ] && mkdir "$instance" 2>/dev/null; then
	test_at_exit+=(end_instance)
	if [ "$(version_of "$memory")" = 1 ]; then
		echo 48M >"$memory$group/memory.limit_in_bytes"
	else
		echo 48M >"$memory$group/memory.max"
	fi
	for side in begin end; do echo 1 >"$instance/events/vmscan/mm_vmscan_memcg_reclaim_$side/enable"; done
	sample memory.direct_reclaim memory.direct_reclaim.limit memory.direct_reclaim.count memory.direct_reclaim.max \
		memory.direct_reclaim.p50 memory.direct_reclaim.lost
	(enter "$group" memory && echo "$BASHPID" >"$work/pid" && exec dd if=/dev/zero of="$work/file" bs=1M count=160 status=none)
	settle
	# Durations in ns and number of this process's events.
	read -r expected count <<<"$(awk -v pid="$(cat "$work/pid")" '
		match($0, /-[0-9]+ +\[/) && substr($0, RSTART + 1, RLENGTH - 1) + 0 == pid {
			for (i = 1; i <= NF; i++) if ($i ~ /^[0-9]+\.[0-9]+:$/) time = $i + 0
			if (/reclaim_begin/) begin = time
			if (/reclaim_end/ && begin) { sum += time - begin; n++; begin = 0 }
		}
		END { printf "%.0f %d\n", sum * 1e9, n }' "$instance/trace")"
	check "the writer had to reclaim memory" test "$count" -gt 0
	same "each reclaim is counted" "$count" "$(value "$group" memory.direct_reclaim.count)"
	near "its time is that of the trace events" "$expected" "$(value "$group" memory.direct_reclaim)" 5
	same "the limit was the cause" "$(value "$group" memory.direct_reclaim)" "$(value "$group" memory.direct_reclaim.limit)"
	check "the longest one is not below the median" test "$(value "$group" memory.direct_reclaim.max largest)" -ge "$(value "$group" memory.direct_reclaim.p50 largest)"
	same "nothing was lost" 0 "$(value / memory.direct_reclaim.lost)"
	end_sample
	rm -f "$work/file"
else
	skip "direct reclaim: no memory controller or no trace events (not possible here)"
fi

# --- IO: a reader that bypasses the page cache ---
# read.py FILE BLOCKS OUTPUT: reads blocks of 64 KiB; writes for how many ns it slept, and how long it took.
cat >"$work/read.py" <<'PYTHON'
import mmap, os, sys, time
def counts(): return [int(word) for word in open("/proc/self/schedstat").read().split()[:2]]
file = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECT)
buffer = mmap.mmap(-1, 65536)
before, start = counts(), time.monotonic_ns()
for i in range(int(sys.argv[2])): os.preadv(file, [buffer], i * 65536)
took, now = time.monotonic_ns() - start, counts()
open(sys.argv[3], "w").write(str(took - (now[0] - before[0]) - (now[1] - before[1])))
open(sys.argv[3] + ".all", "w").write(str(took))
PYTHON
requests() { # from the kernel: reads of the group on all devices
	if [ "$(version_of "$(mount_of blkio io)")" = 1 ]; then
		awk '$2 == "Read" { n += $3 } END { print n + 0 }' "$(mount_of blkio)$group/blkio.throttle.io_serviced"
	else
		sed -n 's/.*rios=\([0-9]*\).*/\1/p' "$(mount_of blkio io)$group/io.stat" | awk '{ n += $1 } END { print n + 0 }'
	fi
}
io=$(mount_of blkio io)
if [ -n "$io" ] && may dd if=/dev/zero of="$work/file" bs=1M count=8 oflag=direct; then
	sync "$work/file" # no other request of this file is under way
	before=$(requests)
	sample io.iowait io.iowait.count io.iowait.max io.iowait.p50 io.iowait.lost io.queue_time io.queue_time.count io.device_time \
		io.device_time.count io.device_time.max io.device_time.p99
	(enter "$group" blkio && exec python3 "$work/read.py" "$work/file" 128 "$work/slept")
	settle
	# Switching tasks takes time that belongs to one or the other, but less than the reader ran and waited.
	slept=$(cat "$work/slept") all=$(cat "$work/slept.all") counted=$(value "$group" io.iowait)
	check "a reader waits for IO while it sleeps" test $((counted > slept ? counted - slept : slept - counted)) -le \
		$((slept / 20 + all - slept))
	check "once for each block, or the block was there already" test "$(value "$group" io.iowait.count)" -le 140
	count=$(($(requests) - before))
	if [ "$count" -gt 0 ]; then
		near "each request is counted at the device" $count "$(value "$group" io.device_time.count)" 2
		near "and in the queue" $count "$(value "$group" io.queue_time.count)" 2
		# One block at a time: the device and the queue are what the reader waits for. Requests of a block overlap.
		check "queue and device take no longer than the reader" test \
			$(($(value "$group" io.queue_time) + $(value "$group" io.device_time))) -le $((all * (count > 128 ? count : 128) / 128))
		check "they are most of it" test $(($(value "$group" io.queue_time) + $(value "$group" io.device_time))) -ge $(($(cat "$work/slept") * 4 / 10))
		check "the longest request is not below the 99th percentile" test "$(value "$group" io.device_time.max largest)" -ge \
			"$(value "$group" io.device_time.p99 largest)"
	else
		skip "requests: the kernel counts none on this file system (not possible here)"
	fi
	same "nothing was lost" 0 "$(value / io.iowait.lost)"
	end_sample

	# A limit of 2 MiB per second: 64 blocks take about two seconds, which is not the device's time.
	source=$(findmnt -no SOURCE -T "$work")
	device=$(disk_of "$(basename "$source")")
	if "$CGWARD" set --journal "$work/journal" "$group" "io.max.rbps=$device 2M" >/dev/null 2>&1; then
		sample io.iowait io.iowait.max io.device_time
		(enter "$group" blkio && exec python3 "$work/read.py" "$work/file" 64 "$work/slept")
		settle
		near "waiting for a limit of the disk is waiting for IO" "$(cat "$work/slept")" "$(value "$group" io.iowait)" 10
		check "it takes about as long as the limit demands" test "$(value "$group" io.iowait)" -ge 1500000000
		check "it is not the time of the device" test "$(value "$group" io.device_time)" -lt $(($(value "$group" io.iowait) / 2))
		end_sample
	else
		skip "a limit of the disk: cannot be set on $source (not possible here)"
	fi
else
	skip "IO: no controller, or no file that bypasses the page cache (not possible here)"
fi
