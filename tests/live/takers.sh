#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# cpu.run_delay.by and .throttled against what is known otherwise: the CPU time of the group that ran
# meanwhile, and the time for which the kernel throttled a group; and what `cgward explain` makes of them.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/samples-lib.sh
. "$(dirname "$0")/samples-lib.sh"

reason=$("$CGWARD" doctor | sed -n 's/^run delay *//p')
case $reason in
works*) ;;
*)
	skip "takers: ${reason#*unavailable: } (not possible here)"
	exit 0
	;;
esac
work=$(mktemp -d) && test_files+=("$work")
cpu=$(python3 -c 'import os; print(max(os.sched_getaffinity(0)))')

# Runs on CPU until FILE exists; then creates FILE.NAME.done and sleeps, so that nothing more is counted.
# Real-time from the start: the programs see it when it is switched to.
cat >"$work/busy.py" <<'PYTHON'
import os, signal, sys, time
os.sched_setaffinity(0, {int(sys.argv[1])})
file, name = sys.argv[2:4]
try:
    if len(sys.argv) > 4: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
except PermissionError: open(f"{file}.{name}.denied", "w")
os.kill(os.getpid(), signal.SIGSTOP)
end = time.monotonic() + 60
while not os.path.exists(file) and time.monotonic() < end:
    for i in range(20000): pass
open(f"{file}.{name}.done", "w")
time.sleep(600)
PYTHON
# The sum over all samples of GROUP's instance NAME of KEY: sum GROUP KEY NAME, or of all with NAME "*".
cat >"$work/sum.py" <<'PYTHON'
import json, sys
total = 0
for line in open(sys.argv[1]):
    row = json.loads(line) if line.endswith("\n") else {}
    if row.get("group") != sys.argv[2]: continue
    instances = (row.get("instances") or {}).get(sys.argv[3]) or {}
    total += sum(value or 0 for name, value in instances.items() if sys.argv[4] in (name, "*"))
print(total)
PYTHON
sum() { python3 "$work/sum.py" "$work/samples" "$@"; }
# start GROUP FILE NAME [realtime]: a busy process that waits for SIGCONT; sets $started.
start() {
	(enter "$1" cpu cpuacct; exec python3 "$work/busy.py" "$cpu" "$work/$2" "${@:3}") &
	started=$!
	test_pids+=("$started")
	wait_for grep -q '^State:[[:space:]]*T' "/proc/$started/status"
	echo "$started" >"$work/$2.$3.pid"
	cat "/proc/$started/schedstat" >"$work/$2.$3.before"
}
end_with() { # FILE NAME...: writes how long each waited and ran to FILE.NAME
	local name pid
	touch "$work/$1"
	for name in "${@:2}"; do
		pid=$(cat "$work/$1.$name.pid")
		wait_for test -e "$work/$1.$name.done"
		wait_for grep -q '^State:[[:space:]]*S' "/proc/$pid/status"
		awk 'NR == 1 { ran = $1; waited = $2; next } { printf "%.0f %.0f\n", $2 - waited, $1 - ran }' "$work/$1.$name.before" \
			"/proc/$pid/schedstat" >"$work/$1.$name"
	done
}
waited() { cut -d' ' -f1 "$work/$1"; }
ran() { cut -d' ' -f2 "$work/$1"; }
# taken NAME EXPECTED GROUP TAKER: within 5 %, but for what is unknown.
taken() {
	local by unknown
	by=$(sum "$3" cpu.run_delay.by "$4") unknown=$(sum "$3" cpu.run_delay.by unknown)
	if awk -v expected="$2" -v by="$by" -v unknown="$unknown" \
		'BEGIN { exit !(by <= 1.05 * expected && by + unknown >= 0.95 * expected) }'; then
		ok "$1"
	else
		echo "expected: $2 within 5 %, got: $by, and $unknown of unknown takers"
		not_ok "$1"
	fi
}
keys=group,cpu.run_delay,cpu.run_delay.throttled,cpu.run_delay.by,cpu.run_delay.lost
sample() {
	rm -f "$work/samples"
	"$CGWARD" dump --interval 0.3 --ndjson -o $keys --match / --match "$top" --match "$top/**" >"$work/samples" &
	sampler=$!
	test_pids+=("$sampler")
	wait_for has_value "$top"
}
has_value() { [ "$(sample_value "$1" cpu.run_delay)" != - ]; }
end_sample() { kill -TERM "$sampler" && dead "$sampler"; }

top=$(make_group top cpu cpuacct)
for group in a/inner b/inner q; do
	make_below "$top" cpu "$group"
	[ -z "$(mount_of cpuacct)" ] || mkdir -p "$(mount_of cpuacct)$top/$group"
done
# Other processes of the machine should not matter much.
"$CGWARD" set --journal "$work/journal" "$top" cpu.weight=10000 >/dev/null

# --- two groups on one CPU: one waits while the other runs, and for itself where it has two tasks ---
start "$top/a/inner" first a && a=$started
start "$top/b/inner" first b && b=$started
start "$top/b/inner" first c && c=$started
sample
kill -CONT "$a" "$b" "$c"
sleep 3
end_with first a b c
settle
taken "while a group waits, the other one runs" $(($(ran first.b) + $(ran first.c))) "$top/a/inner" "$top/b"
same "a group above has the same takers" "$(sum "$top/a/inner" cpu.run_delay.by "$top/b")" "$(sum "$top/a" cpu.run_delay.by "$top/b")"
taken "each task of the other group waits while that one runs" $((2 * $(ran first.a))) "$top/b" "$top/a"
taken "and for its own other task" $(($(ran first.b) + $(ran first.c))) "$top/b" own
near "all that it waited has a taker" "$(waited first.a)" "$(sum "$top/a" cpu.run_delay.by '*')" 5
all_waited=$(($(waited first.a) + $(waited first.b) + $(waited first.c)))
check "little is unknown" test "$(sum "$top" cpu.run_delay.by unknown)" -lt $((all_waited / 20))
check "the CPU was not idle" test "$(sum "$top" cpu.run_delay.by idle)" -lt $((all_waited / 20))
# While one runs, two wait.
taken "for the group above, all three are its own" $((2 * ($(ran first.a) + $(ran first.b) + $(ran first.c)))) "$top" own
same "and not one below it" 0 "$(sum "$top" cpu.run_delay.by "$top/a")"
same "nothing was throttled" 0 "$(sample_value "$top" cpu.run_delay.throttled)"
same "nothing was lost" 0 "$(sample_value / cpu.run_delay.lost)"
end_sample

# --- a CPU limit: the wait for the next period has no taker ---
if [ "$(version_of "$(mount_of cpu)")" = 1 ]; then
	echo 20000 >"$(mount_of cpu)$top/q/cpu.cfs_quota_us"
	throttled_by_kernel() { awk '$1 == "throttled_time" { print $2 }' "$(mount_of cpu)$top/q/cpu.stat"; }
else
	echo "20000 100000" >"$(mount_of cpu)$top/q/cpu.max"
	throttled_by_kernel() { awk '$1 == "throttled_usec" { printf "%.0f\n", $2 * 1000 }' "$(mount_of cpu)$top/q/cpu.stat"; }
fi
start "$top/q" second q && q=$started
sample
before=$(throttled_by_kernel)
kill -CONT "$q"
sleep 3
end_with second q
settle
near "the throttled part is what the kernel throttled" $(($(throttled_by_kernel) - before)) "$(sample_value "$top/q" cpu.run_delay.throttled)" 5
check "it is most of the wait" test "$(sample_value "$top/q" cpu.run_delay.throttled)" -ge $(($(waited second.q) * 7 / 10))
near "the rest has takers" $(($(sample_value "$top/q" cpu.run_delay) - $(sample_value "$top/q" cpu.run_delay.throttled))) \
	"$(sum "$top/q" cpu.run_delay.by '*')" 5
end_sample

# --- real-time tasks, which no weight slows down ---
start "$top/a/inner" third a && a=$started
start "$top/b/inner" third r realtime && r=$started
sample
kill -CONT "$a" "$r"
sleep 1
end_with third a r
if [ ! -e "$work/third.r.denied" ]; then
	settle
	taken "real-time tasks are named apart" "$(ran third.r)" "$top/a" "realtime:$top/b"
else
	skip "real-time tasks: not permitted in a group (not possible here)"
fi
end_sample

# --- explain: names the sibling, and its command helps ---
explain() { # [COMMAND...]: runs it by that command
	"$@" "$CGWARD" explain --json --rates 1s "$top/a/inner" | python3 -c "
import json, sys
document = json.load(sys.stdin)
c = next((c for c in document['causes'] if c['cause'] == 'cpu.run_delay'), {})
open('$work/change', 'w').write(c.get('change') or '')
print(c.get('taker'), int(c.get('lost_ns', 0)), int(c.get('percent', 0)))"
}
start "$top/a/inner" fourth a && a=$started
start "$top/b/inner" fourth b && b=$started
kill -CONT "$a" "$b"
is_named() { [[ $(explain "$@") == "$top/b "* ]]; }
check "explain names the sibling at the common ancestor" wait_for is_named
same "its command is for the sibling" "cgward set '$top/b'" "$(cut -d' ' -f-3 "$work/change")"
is_named_below() {
	"$CGWARD" dump --rates=1s --ndjson -o group,cpu.run_delay.by --below "$top/a/inner" >"$work/samples"
	[ "$(sum "$top/a/inner" cpu.run_delay.by "$top/b")" -gt "$(sum "$top/a/inner" cpu.run_delay.by unknown)" ]
}
check "a dump of the group alone names the sibling" wait_for is_named_below
if is_root && may setpriv --bounding-set=-dac_read_search true; then
	check "without the privilege to open groups by their id, too" wait_for is_named setpriv --bounding-set=-dac_read_search
else
	skip "without the privilege to open groups by their id: cannot drop it (not possible here)"
fi
is_first() {
	[ "$top/b" = "$("$CGWARD" inspect --waits --rates 1s --json "$top/a/inner" |
		python3 -c 'import json, sys; print(json.load(sys.stdin)["waits"]["takers"][0]["taker"])')" ]
}
check "inspect names it first" wait_for is_first
is_in_text() { "$CGWARD" inspect --waits --rates 1s "$top/a/inner" | grep -E "^$top/b +[0-9.]+m?s +[0-9.]+%"; }
check "in text as well" wait_for is_in_text
status "inspect --waits without a time" 2 "$CGWARD" inspect --waits --rates 0 "$top/a/inner"
# Other programs may use the CPU as well; the group below waits for half of the time without them.
is_most() {
	read -r taker lost percent <<<"$(explain)"
	[ "$taker" = "$top/b" ] && [ "$percent" -ge 50 ] && [ "$lost" -ge 300000000 ]
}
check "half of the time is lost, most of it to the sibling" wait_for is_most
same "the command halves its weight" "cgward set '$top/b' 'cpu.weight=50'" "$(cat "$work/change")"
cpu_ns() { cut -d' ' -f1 "/proc/$1/schedstat"; }
# The CPU time of the sibling, in percent of that of the group, while the group uses half a second.
sibling_percent() {
	local of_a of_b
	of_a=$(cpu_ns "$a") of_b=$(cpu_ns "$b")
	wait_for uses "$a" $((of_a + 500000000))
	echo $((($(cpu_ns "$b") - of_b) * 100 / ($(cpu_ns "$a") - of_a)))
}
uses() { [ "$(cpu_ns "$1")" -ge "$2" ]; }
before=$(sibling_percent)
for _ in 1 2; do
	wait_for is_named
	sed -i "s|^cgward|$CGWARD|; s| set | set --journal $work/journal |" "$work/change"
	sh "$work/change" >"$work/output" 2>&1 || cat "$work/output"
done
after=$(sibling_percent)
check "the command, twice, leaves the sibling less CPU time ($before % and $after % of the group's)" test "$after" -lt $((before / 2))
is_in_sentence() { "$CGWARD" explain "$top/a/inner" | grep "per second for a CPU; $top/b ran [0-9.]*% of it"; }
check "the sentence names the group" wait_for is_in_sentence
end_with fourth a b
if is_root && may setpriv --reuid 65534 --regid 65534 --clear-groups true; then
	cp "$CGWARD" "$work/cgward" && chmod 755 "$work" "$work/cgward"
	check "without rights explain reports what is not measured" grep -q \
		"what its tasks wait for is not measured: loading BPF programs requires" <<<"$(setpriv --reuid 65534 --regid 65534 --clear-groups \
			"$work/cgward" explain --rates 100ms "$top/a" 2>&1)"
	check "without rights inspect does as well" grep -q \
		"not measured: loading BPF programs requires" <<<"$(setpriv --reuid 65534 --regid 65534 --clear-groups \
			"$work/cgward" inspect --waits --rates 100ms "$top/a" 2>&1)"
fi
