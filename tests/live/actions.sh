#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Actions of rules other than limit and freeze: notify, run, kill, reclaim, tighten; and groups
# exempted by attributes.
# shellcheck source=tests/live/enforce-lib.sh
. "$(dirname "$0")/enforce-lib.sh"

if ! command -v python3 >/dev/null || [ -z "$mount_memory" ]; then
	skip "actions: no python3 or no memory controller (not possible here)"
	exit 0
fi
allocate() { exec python3 -c "import time; a = b\"x\" * ($1 << 20); time.sleep(120)"; }
memory_of() { cat "$mount_memory$1/memory.current" 2>/dev/null || cat "$mount_memory$1/memory.usage_in_bytes"; }
uses_more_than() { [ "$(memory_of "$1")" -gt $(($2 << 20)) ]; }

### Commands: their environment, their arguments, their time limit.
group=$(make_group commands memory pids)
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
[rule inform]
match = $group
when = pids.current >= 0
for = 1ms
then = notify
then = run $state/command one two
then = run $state/hangs
hold = 1h
END
start_daemon
check "notify runs the policy's command" wait_for test -e "$state/notify.out"
check "notify passes the group" grep -qx "CGWARD_GROUP=$group" "$state/notify.out"
check "notify passes the rule" grep -qx "CGWARD_RULE=inform" "$state/notify.out"
check "notify passes the reason" grep -q "^CGWARD_REASON=pids.current >= 0" "$state/notify.out"
check "notify does not pass the daemon's environment" is_not grep -q "^CGWARD=" "$state/notify.out"
check "run starts its command" wait_for test -e "$state/command.out"
same "run passes the arguments unchanged" "argument one argument two" "$(grep '^argument' "$state/command.out" | tr '\n' ' ' | sed 's/ $//')"
check "a command that hangs is started" wait_for test -s "$state/hangs.pid"
ended() { ! kill -0 "$(cat "$state/hangs.pid")" 2>/dev/null; }
check "a command that hangs is killed after ten seconds" wait_for ended
stop_daemon
chmod 777 "$state/command"
status "a command that other users can write to is refused" 3 "$CGWARD" check --syntax "$policy"
chmod 755 "$state/command"

### Kills: only the largest process; a process that ignores SIGTERM.
group=$(make_group killed memory pids)
write_policy <<END
[rule largest]
match = $group
when = memory.current > 60M
for = 1ms
then = kill TERM largest
hold = 1h
END
(enter "$group" memory pids && allocate 8) &
small=$!
(enter "$group" memory pids && allocate 64) &
large=$!
test_pids+=("$small" "$large")
start_daemon
check "kill largest kills the largest process" dead "$large"
check "kill largest spares the other process" kill -0 "$small"
check "the log names the group" log_has "largest: kill $group"
same "the signal to one process is in the journal" "kill 15 $large" "$("$CGWARD" log --json --journal "$state/run" "$group" |
	python3 -c 'import json, sys; print(*("{action} {signal} {process}".format(**c) for c in json.load(sys.stdin)["changes"]))')"
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
signal.signal(signal.SIGTERM, lambda *_: open("'"$state"'/terminated", "w").close())
open("'"$state"'/ready", "w").close()
while True: time.sleep(1)'
) &
stubborn=$!
test_pids+=("$stubborn")
wait_for test -e "$state/ready"
start_daemon
check "SIGTERM is sent first" wait_for test -e "$state/terminated"
check "SIGKILL is sent after the grace period" dead "$stubborn"
stop_daemon

### Reclaim.
group=$(make_group cached memory pids)
(enter "$group" memory pids && exec dd if=/dev/zero of="$state/file" bs=1M count=48 2>/dev/null)
sync "$state/file"
if [ "$(stat -f -c %T "$state/file")" = tmpfs ]; then
	skip "reclaim: no file system other than tmpfs (not possible here)"
elif uses_more_than "$group" 24; then
	write_policy <<END
[rule reclaim]
match = $group
when = memory.current > 24M
for = 1ms
then = reclaim 64M
hold = 1s
cooldown = 1s
END
	start_daemon
	check "reclaim reduces memory use" wait_for is_not uses_more_than "$group" 24
	stop_daemon
else
	skip "reclaim: the file's pages are not charged to its group here"
fi
rm -f "$state/file"

### Tighten.
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
check "tighten sets a limit" wait_for is_limited
first=$(limit_of)
is_less() { awk -v a="$(limit_of)" -v b="$first" 'BEGIN { exit !(a + 0 < b + 0) }'; }
check "tighten lowers the limit of $first again" wait_for is_less
at_floor() { [ "$(limit_of)" = 3.0% ]; }
check "tighten stops at its floor" wait_for at_floor
stop_daemon
same "the tightened limit is removed when the daemon ends" max "$(limit_of)"

### Attributes for systemd-oomd: omit (only if set by root) and avoid; pick.
group=$(make_group omit pids)
pids=$(mount_of pids)
make_below "$group" pids root
make_below "$group" pids user
mark() { # NAME GROUP
	python3 -c 'import os, sys; os.setxattr(sys.argv[1], sys.argv[2], b"1")' "$pids$group/$2" "$1" 2>/dev/null
}
if ! mark user.oomd_omit root || ! mark user.oomd_omit user; then
	skip "user.oomd_omit: this kernel does not support attributes on groups"
elif ! may chown 65534 "$pids$group/user"; then
	skip "user.oomd_omit: cannot change the owner of a group (not possible here)"
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
	check "oomd_omit set by an unprivileged owner is ignored" wait_for is_pids_max "$group/user" 77
	check "oomd_omit set by root is logged" wait_for log_has "$group/root .*oomd_omit is set on the group"
	check "oomd_omit set by root exempts the group" is_pids_max "$group/root" max
	stop_daemon
fi
# pick_last ATTRIBUTE: sets it on the largest of three groups, which must then be picked last.
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
	check "$1: the largest group without it is limited when the sum exceeds the bound" wait_for is_pids_max "$group/many" 77
	check "$1: no second group is limited" is_pids_max "$group/few" max
	check "$1: the marked group is not limited" is_pids_max "$group/most" max
	check "$1: the sum is logged" log_has "together: limit $group/many .*pids.current > 10 (now 11 in total)"
	check "$1: check prints the number of groups" sh -c "\"\$CGWARD\" check '$policy' | grep -q 'when: true, sum of 3 groups'"
	stop_daemon
	same "$1: the limit is restored when the daemon ends" max "$(file_of pids "$group/many" pids.max)"
}
for attribute in user.oomd_avoid trusted.oomd_avoid; do
	pick_last $attribute || skip "$attribute: this kernel does not support attributes on groups"
done

### A reload while a rule is active.
group=$(make_group reloaded pids)
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
check "a rule sets its limit" wait_for is_pids_max "$group" 55
rule 88
kill -HUP "$daemon"
check "a reload applies the new limit at once" wait_for is_pids_max "$group" 88
stop_daemon
same "the original value is restored when the daemon ends" max "$(file_of pids "$group" pids.max)"
