#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# cpu.run_delay against the kernel's own count, the second field of /proc/PID/schedstat, of tasks whose
# waiting is known: two busy groups on one CPU, and a group that its CPU limit throttles.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/samples-lib.sh
. "$(dirname "$0")/samples-lib.sh"

reason=$("$CGWARD" doctor | sed -n 's/^run delay *//p')
case $reason in
works*) ;;
*)
	# What is not possible does not affect other values.
	if [ -n "$(mount_of pids)" ]; then
		group=$(make_group other pids)
		(enter "$group" pids && exec sleep 600) &
		test_pids+=($!)
		pids_of='import json, sys; print(json.load(sys.stdin)["pids.current"])'
		wait_for grep -q . "$(mount_of pids)$group/cgroup.procs"
		same "other columns have their values" 1 "$("$CGWARD" dump --ndjson -o group,pids.current,cpu.run_delay --match "$group" |
			python3 -c "$pids_of")"
	fi
	skip "run delay: ${reason#*unavailable: } (not possible here)"
	exit 0
	;;
esac
work=$(mktemp -d) && test_files+=("$work")
cpu=$(python3 -c 'import os; print(max(os.sched_getaffinity(0)))')

# Runs for SECONDS, then writes how long it waited to FILE and sleeps, so that nothing more is counted.
cat >"$work/busy.py" <<'PYTHON'
import os, signal, sys, time
os.sched_setaffinity(0, {int(sys.argv[1])})
os.kill(os.getpid(), signal.SIGSTOP)
def waited(): return int(open("/proc/self/schedstat").read().split()[1])
before, end = waited(), time.monotonic() + float(sys.argv[2])
while time.monotonic() < end: pass
open(sys.argv[3] + ".new", "w").write(str(waited() - before))
os.rename(sys.argv[3] + ".new", sys.argv[3])
time.sleep(600)
PYTHON
largest() { sample_value "$1" "$2" largest; }
# start GROUP SECONDS NAME: a busy process that waits for SIGCONT.
start() {
	(enter "$1" cpu cpuacct; exec python3 "$work/busy.py" "$cpu" "$2" "$work/$3") &
	test_pids+=($!)
	wait_for grep -q '^State:[[:space:]]*T' "/proc/$!/status"
}
# The BPF collector, which reads kernel files if that is cheaper, has links of type "iter".
links() { grep -h '^link_type' "/proc/$1/fdinfo/"* 2>/dev/null | grep -vc iter; }
sampled() { [ "$(sample_value "$1" cpu.run_delay)" != - ]; }

top=$(make_group top cpu cpuacct)
make_below "$top" cpu a/inner
make_below "$top" cpu b
mount=$(mount_of cpuacct)
for group in a/inner b; do
	[ -z "$mount" ] || mkdir -p "$mount$top/$group"
done
start "$top/a/inner" 4 a
start "$top/b" 4 b
same "nothing is attached for all other metrics" 0 "$(
	"$CGWARD" dump --interval 60 --ndjson -o all --below "$top" >"$work/all" &
	wait_for test -s "$work/all"
	links $!
	kill $!
)"
keys=group,cpu.run_delay,cpu.run_delay.p50,cpu.run_delay.p95,cpu.run_delay.p99,cpu.run_delay.max,cpu.run_delay.lost
CGWARD_DEBUG=bpf "$CGWARD" dump --interval 0.5 --ndjson -o $keys >"$work/samples" 2>"$work/debug" &
sampler=$!
test_pids+=("$sampler")
wait_for sampled "$top/b"
same "the programs are attached while the metric is read" 3 "$(links $sampler)"
same "nothing was counted before" 0 "$(sample_value "$top/b" cpu.run_delay)"
kill -CONT "${test_pids[0]}" "${test_pids[1]}"
wait_for test -e "$work/a"
wait_for test -e "$work/b"
settle
a=$(cat "$work/a") b=$(cat "$work/b")
near "the wait of a busy group is what schedstat reports" "$a" "$(sample_value "$top/a/inner" cpu.run_delay)" 5
near "the wait of its rival on the CPU, too" "$b" "$(sample_value "$top/b" cpu.run_delay)" 5
near "a group includes its descendants" "$a" "$(sample_value "$top/a" cpu.run_delay)" 5
near "a group includes all its descendants" $((a + b)) "$(sample_value "$top" cpu.run_delay)" 5
check "the two waited for each other" test $((a + b)) -ge 3000000000
same "nothing was lost" 0 "$(sample_value / cpu.run_delay.lost)"
same "only the root counts lost waits" - "$(sample_value "$top" cpu.run_delay.lost)"
same "without waits there is no percentile" - "$(sample_value "$top/b" cpu.run_delay.p99)"
check "the longest wait is not below the 99th percentile" test "$(largest "$top/b" cpu.run_delay.max)" -ge "$(largest "$top/b" cpu.run_delay.p99)"
check "percentiles are ordered" test "$(largest "$top/b" cpu.run_delay.p99)" -ge "$(largest "$top/b" cpu.run_delay.p50)"

# What a removed group waited stays in its parent's sum.
sum=$(sample_value "$top/a" cpu.run_delay)
kill -KILL "${test_pids[0]}" && dead "${test_pids[0]}"
for controller in cpu cpuacct; do rmdir "$(mount_of $controller)$top/a/inner" 2>/dev/null; done
is_removed() { [ ! -d "$(mount_of cpu)$top/a/inner" ]; }
check "the group is removed" is_removed
settle
near "the parent keeps what a removed group waited" "$sum" "$(sample_value "$top/a" cpu.run_delay)" 1
is_dropped() { grep -q 'dropped the records of' "$work/debug"; }
check "the kernel drops its record" wait_for is_dropped
settle
near "the parent keeps it then" "$sum" "$(sample_value "$top/a" cpu.run_delay)" 1
sum=$(sample_value "$top" cpu.run_delay)
: >"$work/debug"
for controller in cpu cpuacct; do rmdir "$(mount_of $controller)$top/a" 2>/dev/null; done
check "the kernel drops the record of the parent" wait_for is_dropped
settle
near "the group above keeps what both waited" "$sum" "$(sample_value "$top" cpu.run_delay)" 1
cat >"$work/decreases.py" <<'PYTHON'
import json, sys
last, decreases = {}, 0
for line in open(sys.argv[1]):
    row = json.loads(line) if line.endswith("\n") else {}
    group, value = row.get("group", ""), row.get("cpu.run_delay")
    if value is None: continue
    decreases += value < last.get(group, 0) and (group + "/").startswith((sys.argv[2] + "/", "//"))
    last[group] = value
print(decreases)
PYTHON
same "no sum decreases" 0 "$(python3 "$work/decreases.py" "$work/samples" "$top")"

# A quota of 20 ms in 100 ms: a busy task waits about 80 ms for each period.
if [ "$(version_of "$(mount_of cpu)")" = 1 ]; then
	echo 20000 >"$(mount_of cpu)$top/b/cpu.cfs_quota_us"
else
	echo "20000 100000" >"$(mount_of cpu)$top/b/cpu.max"
fi
start "$top/b" 3 throttled
settle
ready=$(sample_value "$top/b" cpu.run_delay)
kill -CONT "${test_pids[-1]}"
wait_for test -e "$work/throttled"
settle
# An emulated machine showed 5.8 %.
near "waiting for the next period of a CPU limit counts" "$(cat "$work/throttled")" $(($(sample_value "$top/b" cpu.run_delay) - ready)) 10
check "it is most of the time" test "$(cat "$work/throttled")" -ge 2000000000
check "the longest wait is that for the next period" test "$(largest "$top/b" cpu.run_delay.max)" -ge 50000000

kill -TERM $sampler && dead $sampler

# A rule asks for the metric, and a policy without it no longer.
if [ "$(id -u)" = 0 ] && "$CGWARD" enforce --help >/dev/null 2>&1; then
	write_rule() {
		printf '[policy]\ninterval = 200ms\nstate = %s/run\n[rule waits]\nmatch = %s\nwhen = %s\nthen = log\n' \
			"$work" "$top/b" "$1" >"$work/new" && mv "$work/new" "$work/policy.conf"
	}
	write_rule 'cpu.run_delay.max > 10ms'
	start "$top/b" 600 rule
	kill -CONT "${test_pids[-1]}"
	"$CGWARD" enforce --policy "$work/policy.conf" 2>"$work/log" &
	daemon=$!
	test_pids+=("$daemon")
	has_acted() { grep -q waits "$work/log"; }
	has_links() { [ "$(links "$daemon")" = "$1" ]; }
	check "a rule can use the longest wait" wait_for has_acted
	same "the daemon attaches the programs for it" 3 "$(links $daemon)"
	write_rule 'pids.current > 1000'
	kill -HUP $daemon
	check "the daemon detaches them when no rule uses it" wait_for has_links 0
	kill -TERM $daemon
fi
if is_root && may setpriv --reuid 65534 --regid 65534 --clear-groups true; then
	cp "$CGWARD" "$work/cgward" && chmod 755 "$work" "$work/cgward"
	same "without rights the value is unknown" '"denied"' "$(setpriv --reuid 65534 --regid 65534 --clear-groups "$work/cgward" \
		dump --ndjson -o group,cpu.run_delay --below "$top" | head -n 1 | grep -o '"denied"' | head -n 1)"
	check "doctor reports the reason" sh -c 'setpriv --reuid 65534 --regid 65534 --clear-groups "$1" doctor |
		grep -q "^run delay  *limited  *unavailable: loading BPF programs requires CAP_BPF and CAP_PERFMON, or root"' - "$work/cgward"
fi
