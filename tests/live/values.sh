#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Real loads in test groups: values printed by cgward compared with the kernel's files, cgget,
# systemd-cgtop and /proc.
. "$(dirname "$0")/lib.sh"

get() { "$CGWARD" get --bytes "$@"; }
all=(cpu cpuacct memory blkio pids freezer cpuset)
samples=$(mktemp) && test_files+=("$samples")

# --- CPU: a busy loop, and the kernel's counter read before and after. The loop may get any share
# of a CPU; the rate that cgward prints must match the counter.
group=$(make_group cpu "${all[@]}")
usage_ns() {
	if [ "$(version_of "$(mount_of cpuacct cpu)")" = 1 ]; then file_of cpuacct "$group" cpuacct.usage; else
		file_of cpu "$group" cpu.stat | awk '/^usage_usec/ {printf "%.0f\n", $2 * 1000}'
	fi
}
(enter "$group" cpu cpuacct pids memory; exec sh -c 'while :; do :; done') &
test_pids+=($!)
has_used() { [ "$(usage_ns)" -gt "$1" ]; }
wait_for has_used 100000000
before=$(usage_ns)
# The times and counters of both samples are printed with the rate, so the share does not matter.
"$CGWARD" dump --interval 1s --count 2 --ndjson -o cpu,cpu.usage --match "$group" >"$samples"
after=$(usage_ns)
same "cpu is the increase of cpu.usage per time, and cpu.usage that of the kernel" "" "$(python3 -c '
import datetime, json, sys
before, after = int(sys.argv[1]), int(sys.argv[2])
a, b = (json.loads(line) for line in sys.stdin)
seconds = (datetime.datetime.fromisoformat(b["time"][:-1]) - datetime.datetime.fromisoformat(a["time"][:-1])).total_seconds()
rate = (b["cpu.usage"] - a["cpu.usage"]) / 1e7 / seconds
if not before <= a["cpu.usage"] < b["cpu.usage"] <= after: print("not between", before, "and", after, ":", a, b)
if abs(rate - b["cpu"]) > 0.02 * rate + 0.1: print("expected a rate of", rate, ":", a, b)' "$before" "$after" <"$samples")"
wait_for has_used 1000000000
kill "${test_pids[-1]}"
wait "${test_pids[-1]}" 2>/dev/null
if [ "$(version_of "$(mount_of cpuacct cpu)")" = 1 ]; then
	same "cpu.usage equals cpuacct.usage" "$(file_of cpuacct "$group" cpuacct.usage)" "$(get "$group" cpu.usage)"
	same "cpu.user equals cpuacct.usage_user" "$(file_of cpuacct "$group" cpuacct.usage_user)" "$(get "$group" cpu.user)"
	if command -v cgget >/dev/null; then
		same "cgget reads the same CPU usage" "$(cgget -nvr cpuacct.usage "${group#/}")" "$(get "$group" cpu.usage)"
	else skip "cgget: cgroup-tools is not installed"; fi
else
	near "cpu.usage equals cpu.stat" "$(file_of cpu "$group" cpu.stat | awk '/^usage_usec/ {printf "%.0f\n", $2 * 1000}')" \
		"$(get "$group" cpu.usage)" 1
fi
usage=$(get "$group" cpu.usage)
check "cpu.usage is more than one second" test "$usage" -gt 1000000000

# --- Throttling: the quota of the parent throttles the child, whose own counters stay at 0.
group=$(make_group quota "${all[@]}")
make_below "$group" cpu child
same "a share of no limit is unknown" "- absent" \
	"$(get "$group" cpu.percent) $(get -J "$group" cpu.percent | grep -o '"cpu.percent": *"absent"' | tr -d '" ' | cut -d: -f2)"
# So little that the loop reaches it on a busy machine too.
"$CGWARD" set "$group" cpu.max=2% >/dev/null
(enter "$group/child" cpu; exec sh -c 'while :; do :; done') &
test_pids+=($!)
is_throttled() { awk -v value="$(get --rates=1s "$group/child" cpu.throttled_percent)" 'BEGIN { exit !(value > 0) }'; }
check "a child below a throttled parent is throttled" wait_for is_throttled
same "cpu.throttled_percent.effective_by names the parent" "$group" \
	"$(get --rates=1s "$group/child" cpu.throttled_percent.effective_by)"
same "cpu.throttled_percent.own is that of the group's limit" 0 "$(get --rates=1s "$group/child" cpu.throttled_percent.own)"
if [ -e "$(mount_of cpu)$group/child/cpu.stat.local" ]; then
	check "cpu.throttled.local includes throttling by the parent" test "$(get "$group/child" cpu.throttled.local)" -gt 0
fi
kill "${test_pids[-1]}"
wait "${test_pids[-1]}" 2>/dev/null

# --- Memory: 64 MiB of anonymous memory, then page cache.
group=$(make_group memory "${all[@]}")
fifo=$(mktemp -u) && mkfifo "$fifo" && test_files+=("$fifo")
(enter "$group" memory pids; exec python3 -c '
import sys, time
data = bytearray(64 << 20)
data[::4096] = b"x" * len(data[::4096])
open(sys.argv[1], "w").write("ready\n")
time.sleep(600)' "$fifo") &
test_pids+=($!)
read -r _ <"$fifo"
near "memory.anon is 64 MiB" $((64 << 20)) "$(get "$group" memory.anon)" 15
if [ "$(version_of "$(mount_of memory)")" = 1 ]; then
	same "memory.current equals the file" "$(file_of memory "$group" memory.usage_in_bytes)" "$(get "$group" memory.current)"
	same "memory.peak equals the file" "$(file_of memory "$group" memory.max_usage_in_bytes)" "$(get "$group" memory.peak)"
	same "memory.max is max" max "$(get "$group" memory.max)"
else
	same "memory.current equals the file" "$(file_of memory "$group" memory.current)" "$(get "$group" memory.current)"
fi
same "cgroup.procs counts one process" 1 "$(get "$group" cgroup.procs)"
same "pids.current equals the file" "$(file_of pids "$group" pids.current)" "$(get "$group" pids.current)"
# On v1 a process can be in several groups: cgward picks the one whose limits bind.
same "pid:N finds the group" "$group" "$(get "pid:${test_pids[-1]}" group)"
rss=$(awk '/^RssAnon/ {print $2 * 1024}' "/proc/${test_pids[-1]}/status")
near "memory.anon agrees with /proc" "$rss" "$(get "$group" memory.anon)" 10
# systemd-cgtop lists nothing in a user namespace.
theirs=$(systemd-cgtop -b -n 2 -d 0.3 --raw --depth=9 2>/dev/null | awk -v g="$group" '$1 == g || "/" $1 == g' | tail -n 1)
if [ -n "$theirs" ]; then
	same "systemd-cgtop shows the same number of tasks" "$(awk '{print $2}' <<<"$theirs")" "$(get "$group" pids.current)"
	near "systemd-cgtop shows the same memory use" "$(awk '{print $4}' <<<"$theirs")" "$(get "$group" memory.current)" 5
else
	skip "systemd-cgtop: not installed, or it does not list the group (not possible here)"
fi
kill "${test_pids[-1]}"
wait "${test_pids[-1]}" 2>/dev/null

scratch=$(mktemp -p "${TMPDIR:-/var/tmp}") && test_files+=("$scratch")
(enter "$group" memory; exec dd if=/dev/zero of="$scratch" bs=1M count=32 status=none)
check "memory.file includes the page cache" test "$(get "$group" memory.file)" -gt $((24 << 20))
# All three in one sample: the page cache changes at any time.
same "memory.working_set is memory.current minus inactive_file" equal \
	"$(get "$group" memory.current memory.inactive_file memory.working_set | xargs | awk '{print ($1 - $2 == $3) ? "equal" : $0}')"

# --- Disk: direct writes, as counted by the throttle layer.
group=$(make_group disk "${all[@]}")
if [ -z "$(mount_of blkio io)" ]; then
	skip "disk: the io controller is not delegated to this subtree (not possible here)"
elif may dd if=/dev/zero of="$scratch" oflag=direct bs=64k count=1; then
	# v1's throttle layer may count nothing without a limit: set one that is never reached.
	mount=$(mount_of blkio io)
	device=$(stat -c '%d' "$scratch")
	device=$((device >> 8 & 0xfff)):$((device & 0xff))
	# Limits apply to whole disks, not to partitions.
	[ ! -e "/sys/dev/block/$device/partition" ] || device=$(cat "/sys/dev/block/$device/../dev")
	if [ "$(version_of "$mount")" = 1 ]; then
		[ ! -e "$mount$group/blkio.throttle.write_bps_device" ] ||
			echo "$device 10737418240" >"$mount$group/blkio.throttle.write_bps_device" 2>/dev/null
	fi
	(enter "$group" blkio; exec dd if=/dev/zero of="$scratch" oflag=direct bs=64k count=64 status=none)
	if [ "$(version_of "$mount")" = 1 ]; then
		expected=$(awk '$2 == "Write" {n += $3} END {print n + 0}' "$mount$group/blkio.throttle.io_service_bytes_recursive")
	else
		expected=$(grep -oE 'wbytes=[0-9]+' "$mount$group/io.stat" | awk -F= '{n += $2} END {print n + 0}')
	fi
	same "io.wbytes equals the file" "$expected" "$(get "$group" io.wbytes)"
	check "io.wbytes is at least 4 MiB" test "$(get "$group" io.wbytes)" -ge $((4 << 20))
	check "devices are printed by name" sh -c '"$1" get -J "$2" io.wbytes | grep -qE "\"instances\":.\"io.wbytes\":.\"[a-z]"' - "$CGWARD" "$group"
else
	skip "disk: O_DIRECT does not work on this file system (not possible here)"
fi

# --- Process count, freezer state, limits.
group=$(make_group fork "${all[@]}")
(enter "$group" pids freezer; exec sh -c 'for i in 1 2 3 4; do sleep 600 & done; wait') &
test_pids+=($!)
has_five() { [ "$(file_of pids "$group" pids.current)" = 5 ]; }
wait_for has_five
same "pids.current counts all processes" 5 "$(get "$group" pids.current)"
echo 8 >"$(mount_of pids)$group/pids.max"
same "pids.max is read back" 8 "$(get "$group" pids.max)"
same "pids.percent is relative to the limit" 62.5 "$(get "$group" pids.percent)"
mkdir "$(mount_of pids)$group/child"
same "the effective limit of a child is that of its parent" "8 $group" \
	"$(get "$group/child" pids.max.effective pids.max.effective_by | tr '\n' ' ' | sed 's/ $//')"
if [ "$(version_of "$(mount_of freezer)")" = 1 ] && [ -n "$(mount_of freezer)" ]; then
	echo FROZEN >"$(mount_of freezer)$group/freezer.state"
	is_frozen() { [ "$(file_of freezer "$group" freezer.state)" = FROZEN ]; }
	wait_for is_frozen
	same "cgroup.frozen is 1 while frozen" 1 "$(get "$group" cgroup.frozen)"
	echo THAWED >"$(mount_of freezer)$group/freezer.state"
	same "cgroup.frozen is 0 after a thaw" 0 "$(get "$group" cgroup.frozen)"
fi
if [ "$(version_of "$(mount_of pids)")" = 1 ]; then
	mkdir -p "$(mount_of memory)$group"
	sleep 600 &
	test_pids+=($!)
	echo $! >"$(mount_of memory)$group/cgroup.procs"
	same "cgroup.split_processes counts processes in other groups of other hierarchies" 6 "$(get "$group" cgroup.split_processes)"
fi
