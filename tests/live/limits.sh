#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Commands that change groups, and their effect in the kernel: quotas, refused forks, OOM kills,
# throttled disks, freeze, kill, move; and undo.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

journal=$(mktemp -d)
test_files+=("$journal")
set_() { "$CGWARD" set --journal "$journal" "$@"; }
quietly() { "$@" >/dev/null; }
cg() { local verb=$1; shift; "$CGWARD" "$verb" --journal "$journal" "$@"; }
get() { "$CGWARD" get -b "$1" "$2" 2>/dev/null; }

# available CONTROLLER: whether this machine has it.
available() { [ -n "$(mount_of "$1" "${1/blkio/io}")" ]; }

# require NAME CONTROLLER: skips the test NAME if this machine does not have the controller.
require() {
	available "$2" || { skip "$1: no $2 controller (not possible here)"; return 1; }
}

# group NAME CONTROLLER...: creates a group; `cgward create` enables the controllers on v2.
group() {
	local path
	path=$(make_group "$@")
	cg create "$path" >/dev/null 2>&1
	echo "$path"
}

# --- create, set, undo ---
created=$test_top/$test_name-created
check "create creates a group" quietly cg create "$created"
while read -r mount; do
	# A v2 hierarchy without controllers beside v1 is used by systemd only.
	[ "$(cat "$mount/cgroup.controllers" 2>&1)" != "" ] || continue
	[ ! -w "$mount$test_top" ] || check "the group exists in $(basename "$mount")" [ -d "$mount$created" ]
done < <(awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) ~ /^cgroup2?$/ && $(i + 3) !~ /name=/) print $5 }' \
	/proc/self/mountinfo | sort -u)
check "create of an existing group succeeds" quietly cg create "$created"
check "delete removes the group" quietly cg delete "$created"
status "the deleted group does not exist" 8 "$CGWARD" get "$created" group

# set_and_undo NAME GROUP KEY VALUE EXPECTED: sets VALUE, which the kernel rounds to EXPECTED, then
# undoes it.
set_and_undo() {
	local name=$1 group=$2 key=$3 value=$4 expected=$5 before
	before=$(get "$group" "$key")
	set_ "$group" "$key=$value" >/dev/null || { not_ok "$name: set"; return; }
	same "$name: value after set" "$expected" "$(get "$group" "$key")"
	cg undo >/dev/null || not_ok "$name: undo"
	same "$name: value after undo" "$before" "$(get "$group" "$key")"
}
g=$(group values cpu memory pids blkio)
! require "memory.max" memory || set_and_undo "memory.max" "$g" memory.max 100000000 99999744
! require "pids.max" pids || set_and_undo "pids.max" "$g" pids.max 77 77
! require "cpu.weight" cpu || set_and_undo "cpu.weight" "$g" cpu.weight 200 200
! require "memory.max=1G" memory || set_and_undo "memory.max=1G" "$g" memory.max 1G 1073741824
if require "a value that the kernel rounded is printed" memory; then
	output=$(set_ "$g" memory.max=100000000)
	check "a value that the kernel rounded is printed" grep -q 'requested 100000000, kernel set 97656K' <<<"$output"
	cg undo >/dev/null
fi

# --- dry run: prints the file and the text, changes nothing ---
if require "a dry run changes nothing" memory; then
	before=$(get "$g" memory.max)
	output=$(set_ --dry-run "$g" memory.max=64M)
	same "a dry run has its own exit status" 11 $?
	check "a dry run prints the text to write" grep -q 67108864 <<<"$output"
	same "a dry run changes nothing" "$before" "$(get "$g" memory.max)"
	set_ "$g" memory.max=64M >/dev/null
	set_ --dry-run "$g" memory.max=64M >/dev/null
	same "a dry run without changes has status 0" 0 $?
	cg undo >/dev/null
fi

# --- all or nothing ---
if require "a plan is applied completely or not at all" pids && available cpuset; then
	g2=$(group whole pids cpuset)
	before=$(get "$g2" pids.max)
	set_ "$g2" pids.max=50 cpuset.cpus=8191 >/dev/null 2>&1
	check "a plan with a failing step fails" [ $? -ne 0 ]
	same "completed steps of a failed plan are rolled back" "$before" "$(get "$g2" pids.max)"
fi

# --- usage errors ---
status "missing arguments" 2 "$CGWARD" set
status "an unknown key" 2 "$CGWARD" set "$g" memroy.max=1G
status "an invalid value" 2 "$CGWARD" set "$g" memory.max=lots
status "a negative value" 2 "$CGWARD" set "$g" memory.max=-5
status "a value that overflows" 2 "$CGWARD" set "$g" memory.max=99999999999999999999
status "no such group" 8 "$CGWARD" set "$g-none" pids.max=10
status "an unknown signal" 2 "$CGWARD" kill --signal NONE "$g"
status "an invalid PID" 2 "$CGWARD" move x "$g"
status "an invalid change number" 2 "$CGWARD" undo --journal "$journal" abc
check "an unknown key gets a suggestion" \
	grep -q 'memory.max' <<<"$("$CGWARD" set "$g" memroy.max=1G 2>&1)"

# --- cpu: a busy loop gets exactly its quota ---
busy_loop() { while :; do :; done; }
if require "a busy loop gets its full quota" cpu; then
	c=$(group cpu cpu cpuacct)
	set_ "$c" cpu.max=10% >/dev/null || not_ok "cpu.max=10%"
	(enter "$c" cpu cpuacct && busy_loop) &
	test_pids+=($!)
	cpu_counters() {
		"$CGWARD" get -b "$c" cpu.usage cpu.nr_periods cpu.nr_throttled 2>/dev/null | tr '\n' ' '
	}
	s=$(date +%s%N)
	read -r u1 p1 t1 < <(cpu_counters)
	sleep 4 # a span to measure
	read -r u2 p2 t2 < <(cpu_counters)
	e=$(date +%s%N)
	# Relative to the clock, which ran slightly longer, and to the kernel's periods of 100 ms.
	clock=$(awk -v u=$((u2 - u1)) -v t=$((e - s)) 'BEGIN { print 100 * u / t }')
	of_periods=$(awk -v u=$((u2 - u1)) -v p=$((p2 - p1)) 'BEGIN { print (p > 0 ? u / p / 1e6 : 0) }')
	echo "used $clock % of a CPU, $of_periods % of its periods, throttled in $((t2 - t1)) of $((p2 - p1))"
	check "a busy loop gets no more than its quota" awk -v h="$clock" 'BEGIN { exit !(h <= 11) }'
	# On a busy machine the loop may get less than its quota; then it is not throttled.
	if [ $((10 * (t2 - t1))) -ge $((9 * (p2 - p1))) ]; then
		near "a busy loop gets its full quota" 10 "$of_periods" 10
	else
		skip "a busy loop gets its full quota: the machine is too busy (not possible here)"
	fi
	check "kill ends the busy loop" quietly cg kill "$c"
	same "the group is empty after kill" 0 "$(file_of cpu "$c" cgroup.procs | wc -l)"
fi

# --- pids: a fork bomb is stopped ---
cat >"$journal/bomb.py" <<'PY'
import os, sys, time
forks = 0
for _ in range(200):
    try:
        pid = os.fork()
    except BlockingIOError:
        break
    if pid == 0:
        time.sleep(600)
        os._exit(0)
    forks += 1
print(forks, flush=True)
time.sleep(600)
PY
if require "a fork bomb is stopped by pids.max" pids; then
	p=$(group pids pids)
	set_ "$p" pids.max=20 >/dev/null || not_ok "pids.max=20"
	(enter "$p" pids && exec python3 "$journal/bomb.py") >"$journal/forks" &
	test_pids+=($!)
	wait_for test -s "$journal/forks"
	same "a fork bomb is stopped by pids.max" 19 "$(cat "$journal/forks")"
	same "pids.current equals the limit" 20 "$(get "$p" pids.current)"
	status "a pids limit below current use requires --force" 9 set_ "$p" pids.max=5
	check "kill ends a fork bomb" quietly cg kill "$p"
	same "kill leaves no process" 0 "$(file_of pids "$p" cgroup.procs | wc -l)"
fi

# --- memory: an OOM kill affects only its own group ---
if require "a memory hog is OOM-killed" memory; then
	m=$(group memory memory)
	n=$(group neighbour memory)
	set_ "$m" memory.max=32M >/dev/null || not_ok "memory.max=32M"
	without_swap "$m"
	(enter "$n" memory && exec sleep 600) &
	neighbour=$!
	test_pids+=("$neighbour")
	(enter "$m" memory && exec python3 -c 'b = bytearray(200 << 20)
for i in range(0, len(b), 4096): b[i] = 1') 2>/dev/null
	same "a memory hog is OOM-killed" 137 $?
	check "a process in another group survives" kill -0 $neighbour
	check "the OOM kill is counted" [ "$(get "$m" memory.events.oom_kill)" -ge 1 ]
	if [ "$(version_of "$(mount_of memory)")" = 2 ]; then
		(enter "$m" memory && exec python3 -c 'import time
b = bytearray(16 << 20)
for i in range(0, len(b), 4096): b[i] = 1
print(1, flush=True); time.sleep(600)') >"$journal/allocated" &
		test_pids+=($!)
		wait_for test -s "$journal/allocated"
		status "a memory limit that would cause an OOM kill requires --force" 9 set_ "$m" memory.max=8M
		cg kill "$m" >/dev/null
	fi
fi

# --- io: direct writes get exactly their rate ---
disk=
if [ -w "${CGWARD_TEST_DISK:-}" ]; then
	disk=$CGWARD_TEST_DISK
elif command -v losetup >/dev/null; then
	truncate -s 32M "$journal/disk"
	disk=$(losetup --find --show "$journal/disk" 2>/dev/null) || disk=
fi
if [ -z "$disk" ]; then
	skip "direct writes get their full rate: no disk (not possible here)"
elif require "direct writes get their full rate" blkio; then
	i=$(group io blkio)
	if set_ "$i" "io.max.wbps=$disk 2M" >"$journal/output" 2>&1; then
		same "a device limit is read back" "$(basename "$disk") 2097152" "$(get "$i" io.max.wbps)"
		s=$(date +%s%N)
		(enter "$i" blkio && exec dd if=/dev/zero of="$disk" bs=64k count=128 oflag=direct) 2>/dev/null
		e=$(date +%s%N)
		rate=$(awk -v t=$((e - s)) 'BEGIN { print 8388608 / (t / 1e9) }')
		echo "wrote $rate bytes per second"
		check "direct writes get no more than their rate" awk -v r="$rate" 'BEGIN { exit !(r <= 2097152 * 1.1) }'
		if awk -v r="$rate" 'BEGIN { exit !(r >= 2097152 * 0.9) }'; then
			ok "direct writes get their full rate"
		else
			skip "direct writes get their full rate: the machine is too busy (not possible here)"
		fi
		cg undo >/dev/null
		same "undo removes the device limit" "" "$(file_of blkio "$i" \
			"$([ "$(version_of "$(mount_of blkio io)")" = 2 ] && echo io.max || echo blkio.throttle.write_bps_device)")"
	else
		cat "$journal/output"
		not_ok "io.max.wbps is set"
	fi
fi
case $disk in /dev/loop*) losetup --detach "$disk" ;; esac

# --- freeze, thaw ---
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
f=$(group frozen freezer cpu)
(enter "$f" freezer cpu && busy_loop) &
pid=$!
test_pids+=("$pid")
wait_for is_in_group "$pid" cpu "$f" # the last that it enters; v2 has no controller freezer
if cg freeze "$f" >"$journal/output" 2>&1; then
	ok "freeze"
	same "the kernel reports the group as frozen" 1 "$(get "$f" frozen)"
	t1=$(ticks $pid)
	sleep 1 # in which it would
	same "a frozen process makes no progress" "$t1" "$(ticks $pid)"
	output=$(cg freeze "$f")
	check "freezing a frozen group changes nothing" grep -q already <<<"$output"
	check "thaw" quietly cg thaw "$f"
	makes_progress() { [ "$(ticks $pid)" -gt "$t1" ]; }
	check "a thawed process makes progress" wait_for makes_progress
	id=$("$CGWARD" dump --noheadings -r -o id --match "$f")
	status "freeze --if-id refuses another id" 8 cg freeze --if-id 4294967295 "$f"
	check "freeze --if-id accepts one of several ids" quietly cg freeze --if-id "4294967295,$id" "$f"
	check "undo thaws" quietly cg undo
	same "the group is not frozen after undo" 0 "$(get "$f" frozen)"
	cg freeze "$f" >/dev/null
	check "a frozen group can be killed" quietly cg kill "$f"
	wait $pid 2>/dev/null
	check "the process of the frozen group is dead" dead $pid
else
	cat "$journal/output"
	not_ok "freeze"
fi

# --- protected groups ---
status "the root is not frozen" 9 "$CGWARD" freeze --journal "$journal" /
self=$("$CGWARD" get "pid:$$" group)
[ "$self" = / ] || status "our own group is not frozen" 9 "$CGWARD" freeze --journal "$journal" "$self"
status "our own group is not killed" 9 "$CGWARD" kill --journal "$journal" "$self"

# --- move, delete ---
d=$(group tree pids cpu)
cg create "$d/second" "$d/first" >/dev/null
sleep 600 &
pid=$!
test_pids+=("$pid")
check "move moves a process" quietly cg move $pid "$d/first"
check "the process is in the group" grep -q "$d/first" /proc/$pid/cgroup
cg move $pid "$d/second" >/dev/null
check "undo moves the process back" quietly cg undo
check "the process is in its previous group" grep -q "$d/first" /proc/$pid/cgroup
status "a group with processes is not deleted" 9 cg delete "$d/first"
# A shell that moves itself: frozen, it could not move back. In the background, as it would stop.
trap_group=$(group trap pids freezer)
cg freeze "$trap_group" >/dev/null
sh -c '"$0" move --journal "$1" $$ "$2" 2>"$1/refusal"; echo "$?" >"$1/status"' "$CGWARD" "$journal" "$trap_group" &
test_pids+=("$!")
wait_for test -s "$journal/status"
same "a shell does not move itself into a frozen group" 9 "$(cat "$journal/status")"
check "the reason is named" grep -q "and the group is frozen" "$journal/refusal"
cg thaw "$trap_group" >/dev/null
cg kill "$d/first" >/dev/null
wait $pid 2>/dev/null
status "a group with children is not deleted" 9 cg delete "$d"
check "delete --recursive deletes a group with children" quietly cg delete --recursive "$d"
status "delete --recursive removes the whole subtree" 8 "$CGWARD" get "$d" group

# --- globs, JSON, the log ---
if require "set with a glob" pids; then
	a=$(group glob-a pids)
	b=$(group glob-b pids)
	check "set with a glob" quietly set_ "$test_top/$test_name-glob-*" pids.max=33
	same "set with a glob changes all matching groups" "33 33" "$(get "$a" pids.max) $(get "$b" pids.max)"
	set_ --json "$a" pids.max=34 | python3 -c 'import json, sys
d = json.load(sys.stdin)
s = d["steps"][0]
assert d["status"] == 0 and s["outcome"] == "done" and s["old"] == "33" and s["new"] == "34", d'
	same "set --json has the old and the new value" 0 $?
	"$CGWARD" log --journal "$journal" --json | python3 -c 'import json, sys
d = json.load(sys.stdin)["changes"]
assert d[0]["key"] == "pids.max" and d[0]["new"] == "34" and d[0]["who"] == "cgward set", d[0]'
	same "the last change is first in the log" 0 $?
	echo 35 >"$(mount_of pids)$a/pids.max"
	status "undo does not overwrite a newer change by another process" 9 cg undo
	check "undo --force overwrites a newer change" quietly cg undo --force
	same "undo --force restores the previous value" 33 "$(get "$a" pids.max)"
fi

# --- protect sections of the policy apply to commands too ---
if require "a policy protects a group from set" pids; then
	k=$(group protected pids)
	printf '[policy]\n[protect ours]\nmatch = %s\n' "$k" >"$journal/policy"
	status "a policy protects a group from set" 9 set_ --policy "$journal/policy" "$k" pids.max=36
	status "a policy protects a group from freeze" 9 cg freeze --policy "$journal/policy" "$k"
	check "--yes-really overrides a protect section" quietly set_ --policy "$journal/policy" --yes-really "$k" pids.max=36
	printf '[protect\n' >"$journal/policy"
	status "with an invalid policy, set fails" 3 set_ --policy "$journal/policy" "$k" pids.max=37
fi

# --- libcgroup ---
if command -v cgset >/dev/null && available pids && [ "$(version_of "$(mount_of pids)")" = 1 ]; then
	q=$(group peer pids memory)
	set_ "$q" pids.max=44 memory.max=64M >/dev/null
	same "cgget reads what cgward set" "44 67108864" \
		"$(cgget -nv -r pids.max "${q#/}") $(cgget -nv -r memory.limit_in_bytes "${q#/}")"
	cgset -r pids.max=45 -r memory.limit_in_bytes=128M "${q#/}"
	same "cgward reads what cgset set" "45 134217728" "$(get "$q" pids.max) $(get "$q" memory.max)"
else
	skip "cgget and cgset: no libcgroup tools for this layout (not possible here)"
fi
