#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Reactions of a daemon to events: new groups, memory beyond a bound, OOM kills, pressure, refused
# forks, new processes. Its interval is an hour, so it can have noticed each only by the event. Prints
# the time that each took.
# shellcheck source=tests/live/enforce-lib.sh
. "$(dirname "$0")/enforce-lib.sh"

interval=1h
v2=$(awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) == "cgroup2") { print $5; exit } }' /proc/self/mountinfo)
memory_version=$(version_of "$mount_memory")
pids=$(mount_of pids)

# Sleep and poll without starting processes, which would take longer than the measured times.
mkfifo "$state/never" && exec {never}<>"$state/never"
pause() { read -rt "$1" -u "$never"; }

# await COMMAND...: polls COMMAND every few milliseconds; sets elapsed_ms.
await() {
	local before=${EPOCHREALTIME/./}
	elapsed_ms=0
	while ! "$@"; do
		elapsed_ms=$(((${EPOCHREALTIME/./} - before) / 1000))
		[ "$elapsed_ms" -lt $((CGWARD_TEST_DEADLINE * 1000)) ] || return 1
		pause 0.002
	done
	elapsed_ms=$(((${EPOCHREALTIME/./} - before) / 1000))
}
# settle: call before each event: waits for the early sample that new groups cause.
settle() { pause 0.6; }
# noticed NAME COMMAND...: ok if COMMAND succeeds; prints the time that it took.
noticed() {
	local name=$1
	shift
	if await "$@"; then ok "$name (after $elapsed_ms ms)"; else
		tail -n 10 "$state/log"
		not_ok "$name"
	fi
}

is_limited() { # GROUP VALUE
	local now
	read -r now <"$pids$1/pids.max" && [ "$now" = "$2" ]
} 2>/dev/null
kill_all() { while read -r pid; do kill -KILL "$pid"; done <"$1/cgroup.procs"; }
logged() { # TEXT
	local all
	read -rd '' all <"$state/log"
	[[ $all == *"$1"* ]]
}

# allocate MEBIBYTES: allocates memory for ten minutes.
allocate() { exec python3 -c "import time; a = b\"x\" * ($1 << 20); time.sleep(600)"; }

# has_reached FILE KEY LEAST: whether the value of KEY (the only value if KEY is empty) is at least
# LEAST.
has_reached() {
	local key value
	while read -r key value; do
		if [ -z "$2" ]; then value=$key; elif [ "$key" != "$2" ]; then continue; fi
		[ "$value" -lt "$3" ] || return 0
	done <"$1"
	return 1
} 2>/dev/null
if [ "$memory_version" = 1 ]; then
	usage=memory.usage_in_bytes ooms=memory.oom_control
else
	usage=memory.current ooms=memory.events
fi
is_using() { has_reached "$mount_memory$group/$usage" "" $(($1 << 20)); }
is_out_of_memory() { has_reached "$mount_memory$group/$ooms" oom_kill 1; }
pressure_us() { # "some avg10=… avg60=… avg300=… total=N"
	local total
	read -r _ _ _ _ total <"$v2$group/cpu.pressure"
	us=${total#total=}
}
has_pressure() { pressure_us && [ "$us" -ge "$1" ]; }

### New groups, and groups created in them before the daemon can watch them.
group=$(make_group a pids memory freezer)
write_policy <<END
[limit standing]
match = $group/**
pids.max = 33
on_missing = ignore
END
start_daemon
settle
make_below "$group" pids x
noticed "a new group gets its standing limit" is_limited "$group/x" 33
settle
make_below "$group" pids y/1/2
noticed "a group created below new groups gets its standing limit" is_limited "$group/y/1/2" 33
stop_daemon

### Memory beyond a bound, and OOM kills.
group=$(make_group m memory pids)
if [ -z "$mount_memory" ] || ! command -v python3 >/dev/null; then
	skip "reactions to memory: no memory controller or no python3 (not possible here)"
else
	write_policy <<END
[rule much]
match = $group
when = memory.current > 40M
then = limit pids.max 77
hold = 1s
max_hold = 1h
[rule out]
match = $group
when = memory.events.oom_kill > 0
then = limit pids.max 66
max_hold = 1h
END
	start_daemon
	settle
	if [ "$memory_version" = 1 ]; then
		(enter "$group" memory pids && allocate 64) &
		test_pids+=($!)
		await is_using 40
		noticed "memory beyond a bound is noticed (v1 eventfd)" is_limited "$group" 77
		limit=$mount_memory$group/memory.limit_in_bytes
	else
		limit=$mount_memory$group/memory.max
	fi
	settle
	kill_all "$mount_memory$group"
	wait_for is_not is_using 20
	if echo $((30 << 20)) >"$limit" 2>/dev/null; then
		without_swap "$group"
		(enter "$group" memory pids && allocate 256) 2>/dev/null &
		test_pids+=($!)
		await is_out_of_memory
		noticed "an OOM kill is noticed" is_limited "$group" 66
	else
		skip "an OOM kill: the limit cannot be set here"
	fi
	stop_daemon
fi

### Pressure and refused forks: the kernel notifies of both on v2.
if [ -z "$v2" ] || [ ! -e "$v2$test_top/cgroup.procs" ] || ! cat "$v2/cpu.pressure" >/dev/null 2>&1; then
	skip "reactions to pressure: no v2 hierarchy with pressure (not possible here)"
else
	group=$(make_group p cpu pids)
	mkdir -p "$v2$group"
	write_policy <<END
[rule pressed]
match = $group
when = cpu.pressure.some.total > 200ms/s
then = limit pids.max 88
max_hold = 1h
END
	start_daemon
	settle
	pressure_us
	for _ in 1 2 3 4 5 6; do
		# Enter the v2 group, and the v1 pids group if there is one.
		(echo "$BASHPID" >"$v2$group/cgroup.procs" && echo "$BASHPID" >"$pids$group/cgroup.procs" &&
			exec timeout 600 sh -c 'while :; do :; done') &
		test_pids+=($!)
	done
	# The PSI trigger: 100 ms of stall time within 500 ms, which the kernel checks ten times per
	# window.
	await has_pressure $((us + 100000))
	noticed "pressure is noticed" is_limited "$group" 88
	kill_all "$v2$group"
	stop_daemon
fi
if [ "$(version_of "$pids")" = 1 ]; then
	skip "events by inotify: pids and memory are on v1 (not possible here)"
else
	group=$(make_group e pids memory)
	echo 3 >"$pids$group/pids.max"
	echo $((8 << 20)) >"$pids$group/memory.high"
	write_policy <<END
[rule forks]
match = $group
when = pids.events.max > 0
then = log
[rule high]
match = $group
when = memory.events.high > 0
then = notify
END
	start_daemon
	settle
	(enter "$group" pids && exec sh -c 'for i in 1 2 3 4 5 6; do sleep 600 & done; wait' 2>/dev/null) &
	test_pids+=($!)
	await has_reached "$pids$group/pids.events" max 1
	noticed "refused forks are noticed" logged "forks: log $group"
	settle
	(enter "$group" memory && allocate 24) &
	test_pids+=($!)
	await has_reached "$pids$group/memory.events" high 1
	noticed "throttling at memory.high is noticed" logged "high: notify $group"
	stop_daemon
fi

### Placement of existing processes, of new ones, and of those whose events were lost.
group=$(make_group placed pids)
group_of() { grep -qx "$2" "$pids$1/cgroup.procs"; }
copy=$state/cgward-placed
cp "$(command -v sleep)" "$copy"
"$copy" 300 &
early=$!
test_pids+=("$early")
write_policy <<END
[place helpers]
command = cgward-placed
to = $group
[place unprivileged]
user = nobody
command = sleep
to = $group/unprivileged
END
start_daemon
check "an existing process is placed" wait_for group_of "$group" "$early"
settle
if log_has "process events are unavailable"; then
	skip "new processes: $(sed -n 's/.*\(process events are unavailable ([^)]*)\).*/\1/p' "$state/log" | head -n 1) (not possible here)"
	"$copy" 301 &
	test_pids+=($!)
	sed -i 's/^interval = .*/interval = 1s/' "$policy"
	kill -HUP "$daemon"
	check "a new process is placed with the next sample" wait_for group_of "$group" $!
else
	"$copy" 301 &
	test_pids+=($!)
	noticed "a new process is placed" group_of "$group" $!
	setpriv --reuid=nobody --clear-groups sleep 302 &
	test_pids+=($!)
	noticed "a process that changes its user is placed into a group created for it" group_of "$group/unprivileged" $!
	kill -STOP "$daemon"
	# Overflow the socket: the kernel drops events and reports that once.
	for _ in 1 2 3 4; do for _ in $(seq 1500); do (:); done & done
	loops=$(jobs -pr | tail -n 4)
	"$copy" 303 &
	lost=$!
	test_pids+=("$lost")
	# shellcheck disable=SC2086
	wait $loops
	"$copy" 304 &
	late=$!
	test_pids+=("$late")
	kill -CONT "$daemon"
	check "the loss of events is noticed" wait_for log_has "process events were lost"
	check "a process whose event was lost is placed" wait_for group_of "$group" "$late"
	check "all processes whose events were lost are placed" group_of "$group" "$lost"
fi
stop_daemon
same "the daemon exits with status 0" 0 $?
