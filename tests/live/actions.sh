#!/usr/bin/env bash
# actions.sh: what rules do besides limits and freezing: commands, kills, memory asked back, limits that are
# tightened; and whom they leave alone.
# shellcheck source=tests/live/enforce-lib.sh
. "$(dirname "$0")/enforce-lib.sh"

if ! command -v python3 >/dev/null || [ -z "$mount_memory" ]; then
	skip "actions: no python3 or no memory controller (not possible here)"
	exit 0
fi
use() { exec python3 -c "import time; a = b\"x\" * ($1 << 20); time.sleep(120)"; }
memory_of() { cat "$mount_memory$1/memory.current" 2>/dev/null || cat "$mount_memory$1/memory.usage_in_bytes"; }
uses() { [ "$(memory_of "$1")" -gt $(($2 << 20)) ]; }

### Commands: what they get to know, and that they end.
group=$(make_group told memory pids)
for name in notify command; do
	# shellcheck disable=SC2016
	printf '#!/bin/sh\n{ for word; do echo "argument $word"; done; env; } >%s.new && mv %s.new %s\n' "$state/$name.out" "$state/$name.out" "$state/$name.out" >"$state/$name"
	chmod 755 "$state/$name"
done
printf '#!/bin/sh\necho $$ >%s\nexec sleep 300\n' "$state/hangs.pid" >"$state/hangs"
chmod 755 "$state/hangs"
chmod 755 "$state"
write_policy <<END
notify = $state/notify
[rule tell]
match = $group
when = pids.current >= 0
for = 1ms
then = notify
then = run $state/command one two
then = run $state/hangs
hold = 1h
END
start_daemon
check "notify runs the policy's command" wait_for 20 test -e "$state/notify.out"
check "it knows the group" grep -qx "CGWARD_GROUP=$group" "$state/notify.out"
check "and the rule" grep -qx "CGWARD_RULE=tell" "$state/notify.out"
check "and why" grep -q "^CGWARD_REASON=pids.current >= 0" "$state/notify.out"
check "and nothing of the daemon's own surroundings" is_not grep -q "^CGWARD=" "$state/notify.out"
check "run gives the arguments" wait_for 20 test -e "$state/command.out"
same "as they are written" "argument one argument two" "$(grep '^argument' "$state/command.out" | tr '\n' ' ' | sed 's/ $//')"
check "a command that hangs" wait_for 20 test -s "$state/hangs.pid"
ended() { ! kill -0 "$(cat "$state/hangs.pid")" 2>/dev/null; }
check "is ended after its ten seconds" wait_for 60 ended
stop_daemon
chmod 777 "$state/command"
status "a command that others can write is refused" 3 "$CGWARD" check --syntax "$policy"
chmod 755 "$state/command"

### Kills: the largest alone, and those who do not want to.
group=$(make_group killed memory pids)
write_policy <<END
[rule largest]
match = $group
when = memory.current > 60M
for = 1ms
then = kill TERM largest
hold = 1h
END
(enter "$group" memory pids && use 8) &
small=$!
(enter "$group" memory pids && use 64) &
large=$!
test_pids+=("$small" "$large")
start_daemon
check "the largest is ended" wait_for 60 dead "$large"
check "the other one lives" kill -0 "$small"
check "the record names which" says "largest: kill $group"
stop_daemon
kill -KILL "$small"
group=$(make_group stubborn memory pids)
write_policy <<END
[rule end]
match = $group
when = pids.current > 0
for = 1ms
then = kill TERM grace 1s then KILL
hold = 1h
END
(
	enter "$group" memory pids
	exec python3 -c 'import signal, time
signal.signal(signal.SIGTERM, lambda *_: open("'"$state"'/asked", "w").close())
open("'"$state"'/ready", "w").close()
while True: time.sleep(1)'
) &
stubborn=$!
test_pids+=("$stubborn")
wait_for 60 test -e "$state/ready"
start_daemon
check "who does not want to is asked first" wait_for 20 test -e "$state/asked"
check "and ended after the grace" wait_for 30 dead "$stubborn"
stop_daemon

### Memory asked back.
group=$(make_group cached memory pids)
(enter "$group" memory pids && exec dd if=/dev/zero of="$state/file" bs=1M count=48 2>/dev/null)
sync "$state/file"
if [ "$(stat -f -c %T "$state/file")" = tmpfs ]; then
	skip "memory that is asked back: only tmpfs to write on (not possible here)"
elif uses "$group" 24; then
	write_policy <<END
[rule back]
match = $group
when = memory.current > 24M
for = 1ms
then = reclaim 64M
hold = 1s
cooldown = 1s
END
	start_daemon
	check "memory that is asked back is given" wait_for 30 is_not uses "$group" 24
	stop_daemon
else
	skip "memory that is asked back (the file is not counted in its group here)"
fi
rm -f "$state/file"

### A limit that is tightened.
group=$(make_group tight cpu cpuacct pids)
write_policy <<END
[rule tight]
match = $group
when = cpu avg 1s > 2%
for = 1ms
then = tighten cpu.max 50% floor 3%
hold = 1s
max_hold = 1h
END
(enter "$group" cpu cpuacct pids && exec sh -c 'while :; do :; done') &
test_pids+=($!)
limit_of() { "$CGWARD" get "$group" cpu.max; }
is_limited() { [ "$(limit_of)" != max ]; }
start_daemon
check "a limit is tightened" wait_for 60 is_limited
first=$(limit_of)
is_less() { awk -v a="$(limit_of)" -v b="$first" 'BEGIN { exit !(a + 0 < b + 0) }'; }
check "and again, from $first" wait_for 60 is_less
at_floor() { [ "$(limit_of)" = 3.0% ]; }
check "down to its floor" wait_for 90 at_floor
stop_daemon
same "and goes with the end" max "$(limit_of)"

### Whom systemd-oomd is told to leave alone or to take last, by whom that may be said; who has most.
group=$(make_group omit pids)
pids=$(mount_of pids)
make_below "$group" pids root
make_below "$group" pids user
mark() { # NAME GROUP
	python3 -c 'import os, sys; os.setxattr(sys.argv[1], sys.argv[2], b"1")' "$pids$group/$2" "$1" 2>/dev/null
}
if ! mark user.oomd_omit root || ! mark user.oomd_omit user; then
	skip "user.oomd_omit (this kernel takes no attribute on groups)"
elif ! may chown 65534 "$pids$group/user"; then
	skip "user.oomd_omit: a group cannot be given to another user (not possible here)"
else
	write_policy <<END
[rule all]
match = $group/*
when = pids.current >= 0
for = 1ms
then = limit pids.max 77
hold = 1h
END
	start_daemon
	check "a user's own group is not excused by its owner" wait_for 20 is_pids_max "$group/user" 77
	check "one of root's is" wait_for 20 says "$group/root .*oomd_omit is set on the group"
	check "and stays as it is" is_pids_max "$group/root" max
	stop_daemon
fi
# pick_last ATTRIBUTE: of three, the one with most threads is marked, and comes after the one with least.
pick_last() {
	local name count
	group=$(make_group "avoid-${1%%.*}" pids)
	for name in few:1 many:4 most:6; do
		count=${name#*:}
		name=${name%:*}
		make_below "$group" pids "$name"
		for _ in $(seq "$count"); do
			(enter "$group/$name" pids && exec sleep 300) &
			test_pids+=($!)
		done
	done
	mark "$1" most || return 1
	write_policy <<END
[rule together]
match = $group/*
scope = sum
when = pids.current > 10
pick = pids.current
for = 1s
then = limit pids.max 77
hold = 1s
max_hold = 2s
cooldown = 500ms
END
	start_daemon
	check "$1: 11 together are more than 10, and the first of the others is taken" wait_for 20 is_pids_max "$group/many" 77
	check "alone" is_pids_max "$group/few" max
	check "$1: not who has most of all" is_pids_max "$group/most" max
	check "with what they come to in the record" says "together: limit $group/many .*pids.current > 10 (now 11 in total)"
	check "check tells of how many it is" sh -c "\"\$CGWARD\" check '$policy' | grep -q 'when: true, sum of 3 groups'"
	stop_daemon
	same "$1: given back at the end" max "$(file_of pids "$group/many" pids.max)"
}
for attribute in user.oomd_avoid trusted.oomd_avoid; do
	pick_last $attribute || skip "$attribute (this kernel takes none on groups)"
done

### What stands in the policy anew while it holds.
group=$(make_group anew pids)
rule() {
	write_policy <<END
[rule holds]
match = $group
when = pids.current >= 0
for = 1ms
then = limit pids.max $1
hold = 1h
END
}
rule 55
start_daemon
check "a rule holds" wait_for 20 is_pids_max "$group" 55
rule 88
kill -HUP "$daemon"
check "what it says anew stands at once" wait_for 20 is_pids_max "$group" 88
stop_daemon
same "and what was there before all comes back" max "$(file_of pids "$group" pids.max)"
