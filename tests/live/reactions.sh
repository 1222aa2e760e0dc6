#!/usr/bin/env bash
# reactions.sh: how soon a daemon acts that samples every five seconds only: new groups, memory that passes a
# bound, a group out of memory, pressure, refused forks, processes that begin. Times are printed; what is
# asked for is ten times as long as what is meant.
# shellcheck source=tests/live/enforce-lib.sh
. "$(dirname "$0")/enforce-lib.sh"

interval=5s
v2=$(awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) == "cgroup2") { print $5; exit } }' /proc/self/mountinfo)
memory_version=$(version_of "$mount_memory")
pids=$(mount_of pids)

# What looks often starts no process for it: they take longer than what is measured.
mkfifo "$state/never" && exec {never}<>"$state/never"
pause() { read -rt "$1" -u "$never"; }

# await SECONDS COMMAND...: looks every few milliseconds, and leaves in took_ms how long it was.
await() {
	local before=${EPOCHREALTIME/./} most=$1
	shift
	while ! "$@"; do
		took_ms=$(((${EPOCHREALTIME/./} - before) / 1000))
		[ "$took_ms" -lt $((most * 1000)) ] || return 1
		pause 0.002
	done
	took_ms=$(((${EPOCHREALTIME/./} - before) / 1000))
}
# Before each cause: the early sample after what was made is over, and lag says by how much three waits of ten
# milliseconds are late, since others may be at work here.
settle() {
	pause 0.6
	local before=${EPOCHREALTIME/./}
	pause 0.01
	pause 0.01
	pause 0.01
	lag=$(((${EPOCHREALTIME/./} - before) / 1000 - 30))
}
# soon NAME MILLISECONDS COMMAND...: ok when it comes within ten times of what is meant, and of the machine's
# own lag; says how long it took.
soon() {
	local name=$1 meant=$2
	shift 2
	if await 20 "$@" && [ "$took_ms" -lt $((10 * meant + 10 * lag)) ]; then
		ok "$name ($took_ms ms, meant: $meant, the machine lags $lag)"
	else
		tail -n 10 "$state/log"
		not_ok "$name ($took_ms ms, meant: $meant, the machine lags $lag)"
	fi
}

is_limited() { # GROUP VALUE
	local now
	read -r now <"$pids$1/pids.max" && [ "$now" = "$2" ]
} 2>/dev/null
end_all() { while read -r pid; do kill -KILL "$pid"; done <"$1/cgroup.procs"; }
logged() { # TEXT
	local all
	read -rd '' all <"$state/log"
	[[ $all == *"$1"* ]]
}

# use MEGABYTES: holds so much for a while.
use() { exec python3 -c "import time; a = b\"x\" * ($1 << 20); time.sleep(60)"; }

# counts FILE KEY LEAST: a line "KEY VALUE" of it says so much at least; the only value where KEY is "".
counts() {
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
is_using() { counts "$mount_memory$group/$usage" "" $(($1 << 20)); }
is_out_of_memory() { counts "$mount_memory$group/$ooms" oom_kill 1; }
pressure_us() { # "some avg10=… avg60=… avg300=… total=N"
	local total
	read -r _ _ _ _ total <"$v2$group/cpu.pressure"
	us=${total#total=}
}
is_pressed() { pressure_us && [ "$us" -ge "$1" ]; }

### New groups, and what is made in them before anybody can watch them.
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
soon "a new group has its standing limit" 100 is_limited "$group/x" 33
settle
make_below "$group" pids y/1/2
soon "and one that was made within new ones" 100 is_limited "$group/y/1/2" 33
stop_daemon

### Memory: a bound that is passed, the end of memory.
group=$(make_group m memory pids)
if [ -z "$mount_memory" ] || ! command -v python3 >/dev/null; then
	skip "reactions to memory: no memory controller, or no python3 (not possible here)"
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
		(enter "$group" memory pids && use 64) &
		test_pids+=($!)
		await 60 is_using 40
		soon "memory beyond a bound is seen (v1 eventfd)" 200 is_limited "$group" 77
		limit=$mount_memory$group/memory.limit_in_bytes
	else
		limit=$mount_memory$group/memory.max
	fi
	settle
	end_all "$mount_memory$group"
	wait_for 5 is_not is_using 20
	if [ "$memory_version" = 2 ]; then echo 0 >"$mount_memory$group/memory.swap.max" 2>/dev/null; fi
	if echo $((30 << 20)) >"$limit" 2>/dev/null; then
		(enter "$group" memory pids && use 256) 2>/dev/null &
		test_pids+=($!)
		await 60 is_out_of_memory
		soon "a group that is out of memory is seen" 400 is_limited "$group" 66
	else
		skip "a group that is out of memory (its limit cannot be set here)"
	fi
	stop_daemon
fi

### Pressure, and refused forks: v2 tells of both.
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
		# All in v2's group; where v1 has pids, there too.
		(echo "$BASHPID" >"$v2$group/cgroup.procs" && echo "$BASHPID" >"$pids$group/cgroup.procs" &&
			exec timeout 20 sh -c 'while :; do :; done') &
		test_pids+=($!)
	done
	# A tenth of a second within half a second, at which the kernel looks ten times, where that may be asked for.
	await 20 is_pressed $((us + 100000))
	soon "pressure is seen" 200 is_limited "$group" 88
	end_all "$v2$group"
	stop_daemon
fi
if [ "$(version_of "$pids")" = 1 ]; then
	skip "events by inotify: pids and memory are v1's (not possible here)"
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
	(enter "$group" pids && exec sh -c 'for i in 1 2 3 4 5 6; do sleep 5 & done; wait' 2>/dev/null) &
	test_pids+=($!)
	await 60 counts "$pids$group/pids.events" max 1
	soon "refused forks are seen" 200 logged "forks: log $group"
	settle
	(enter "$group" memory && use 24) &
	test_pids+=($!)
	await 60 counts "$pids$group/memory.events" high 1
	soon "memory.high is seen" 200 logged "high: notify $group"
	stop_daemon
fi

### Processes go where they belong: those that are there, those that begin, those that are lost sight of.
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
[place nobodies]
user = nobody
command = sleep
to = $group/nobody
END
start_daemon
check "a process that was there is placed" wait_for 5 group_of "$group" "$early"
settle
if says "the kernel does not tell of new processes"; then
	skip "processes that begin (not possible here): $(sed -n 's/.*does not tell of new processes/the kernel does not tell/p' "$state/log" | head -n 1)"
	"$copy" 301 &
	test_pids+=($!)
	check "one that begins is placed with the next sample" wait_for 10 group_of "$group" $!
else
	"$copy" 301 &
	test_pids+=($!)
	soon "one that begins is placed" 100 group_of "$group" $!
	setpriv --reuid=nobody --clear-groups sleep 302 &
	test_pids+=($!)
	soon "one that becomes another user is placed, into a group that is made for it" 100 group_of "$group/nobody" $!
	kill -STOP "$daemon"
	# More than the socket holds: the kernel then drops, and says so once.
	for _ in 1 2 3 4; do for _ in $(seq 1500); do (:); done & done
	storms=$(jobs -pr | tail -n 4)
	"$copy" 303 &
	lost=$!
	test_pids+=("$lost")
	# shellcheck disable=SC2086
	wait $storms
	"$copy" 304 &
	late=$!
	test_pids+=("$late")
	kill -CONT "$daemon"
	check "the loss of events is noticed" wait_for 10 says "some new processes were not told of"
	check "and who began meanwhile is found" wait_for 10 group_of "$group" "$late"
	check "all of them" group_of "$group" "$lost"
fi
stop_daemon
same "it ends in order" 0 $?
