#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Policies on this kernel: a runaway is limited and released, new groups, reloads, clean exit, and
# SIGKILL at any time, after which --restore leaves nothing frozen or limited. KILLS=200 kills the
# daemon that often.
# shellcheck source=tests/live/enforce-lib.sh
. "$(dirname "$0")/enforce-lib.sh"

group=$(make_group a cpu cpuacct memory pids freezer)

# Errors in a policy: location, reason, nothing applied.
printf '[rule r]\nmatch = /x\nwhen = cpuu > 1\nthen = log\n' >"$policy"
chmod 644 "$policy"
status "an invalid policy is refused with its own status" 3 "$CGWARD" check "$policy"
names_error() { "$CGWARD" check "$policy" 2>&1 | grep -q "policy.conf:3: .*did you mean 'cpu'"; }
check "the error has the file, the line and the nearest key" names_error
chmod 666 "$policy"
status "a policy that other users can write to is refused" 3 "$CGWARD" enforce --policy "$policy" --once
chmod 644 "$policy"

# A runaway group is limited, and the limit is removed when it is no longer busy.
write_policy <<END
[limit standing]
match = $group-*
pids.max = 33
on_missing = ignore
[rule runaway]
match = $group
when = cpu avg 2s > 1%
for = 1ms
then = limit cpu.max 7%
then = limit pids.max 77
hold = 1s
cooldown = 1s
END
status "a valid policy is accepted" 0 "$CGWARD" check "$policy"
start_daemon
(
	enter "$group" cpu cpuacct memory pids freezer
	exec sh -c 'while :; do :; done'
) &
runaway=$!
test_pids+=("$runaway")
check "a runaway is limited" wait_for is_pids_max "$group" 77
same "the CPU limit of the runaway is set in the kernel" 7.0% "$("$CGWARD" get "$group" cpu.max)"
same "what a rule does at once is one action of the journal" "2 1" "$("$CGWARD" log --journal "$state/run" --json |
	python3 -c 'import json, sys
changes = [c for c in json.load(sys.stdin)["changes"] if c["who"] == "rule runaway"]
print(len(changes), len({c["transaction"] for c in changes}))')"
status "a second daemon exits because one is already running" 7 "$CGWARD" enforce --policy "$policy"
status_names() { "$CGWARD" status --state "$state/run" | grep -q "runaway on $group"; }
check "status prints the rule and the group" status_names
kill -KILL "$runaway"
wait "$runaway" 2>/dev/null
check "the limit is removed when the runaway ends" wait_for is_pids_max "$group" max
has_no_cpu_limit() { [ "$("$CGWARD" get "$group" cpu.max)" = max ]; }
check "its CPU limit is removed too" wait_for has_no_cpu_limit

# A new group.
new=$(make_group a-new pids)
check "a new group gets its standing limit" wait_for is_pids_max "$new" 33

# SIGHUP: an invalid policy changes nothing, a valid one is applied.
cp "$policy" "$state/good"
echo "nonsense" >>"$policy"
kill -HUP "$daemon"
check "a reload of an invalid policy is refused" wait_for log_has "the old one stays in effect"
sed 's/pids.max = 33/pids.max = 44/' "$state/good" >"$policy"
kill -HUP "$daemon"
check "a reload applies the new policy" wait_for is_pids_max "$new" 44
echo 55 >"$(mount_of pids)$new/pids.max"
check "a change by another process is logged" wait_for log_has "another process changed pids.max"
check "a value set by another process is not changed" is_pids_max "$new" 55
stop_daemon
same "the daemon exits with status 0" 0 $?

# Kubernetes mounts a ConfigMap with symbolic links through "..data", which it replaces by rename.
config_map() { # PIDS
	local version
	version=$(mktemp -d "$state/map/..XXXXXX")
	chmod 755 "$version"
	sed "s/^pids.max = .*/pids.max = $1/" "$state/good" >"$version/policy.conf"
	chmod 644 "$version/policy.conf"
	ln -s "${version##*/}" "$state/map/..new"
	mv -T "$state/map/..new" "$state/map/..data"
}
mkdir "$state/map"
config_map 34
ln -s ..data/policy.conf "$state/map/policy.conf"
policy=$state/map/policy.conf
daemon_options=(--watch-policy)
start_daemon
daemon_options=()
check "the policy of a ConfigMap is applied" wait_for is_pids_max "$new" 34
config_map 35
check "a changed ConfigMap is reloaded automatically" wait_for is_pids_max "$new" 35
config_map nonsense
check "an invalid ConfigMap is refused" wait_for log_has "policy.conf:.*nonsense"
config_map 36
check "a corrected ConfigMap is reloaded" wait_for is_pids_max "$new" 36
stop_daemon
policy=$state/policy.conf

# SIGTERM while a group is frozen and limited: everything is undone.
write_policy <<END
[rule freezer]
match = $group
when = memory.current >= 0
then = limit pids.max 77
then = limit memory.max 512M
then = freeze 1h
hold = 1h
END
sleep 1000 &
sleeper=$!
test_pids+=("$sleeper")
for controller in pids memory freezer; do
	mount=$(mount_of "$controller")
	[ -z "$mount" ] || echo "$sleeper" >"$mount$group/cgroup.procs" 2>/dev/null
done
start_daemon
check "a rule freezes" wait_for is_frozen "$group"
stop_daemon
check "the daemon thaws the group when it ends" is_not is_frozen "$group"
check "the daemon restores pids.max when it ends" is_pids_max "$group" max
check "the daemon restores memory.max when it ends" is_memory_unlimited "$group"

# SIGKILL at any time: --restore undoes everything.
write_policy <<END
[rule flapping]
match = $group
when = memory.current >= 0
then = limit pids.max 77
then = freeze 200ms
then = limit memory.max 512M
hold = 300ms
max_hold = 300ms
cooldown = 50ms
END
left=0
caught=0
for _ in $(seq "${KILLS:-12}"); do
	start_daemon
	sleep "0.$((RANDOM % 900 + 100))"
	kill -KILL "$daemon"
	wait "$daemon" 2>/dev/null
	if is_frozen "$group" || ! is_pids_max "$group" max; then caught=$((caught + 1)); fi
	"$CGWARD" enforce --policy "$policy" --restore 2>>"$state/log"
	if is_frozen "$group" || ! is_pids_max "$group" max || ! is_memory_unlimited "$group"; then
		left=$((left + 1))
	fi
done
same "killed ${KILLS:-12} times, nothing is left after --restore ($caught times there was something to undo)" 0 "$left"

# What another process sets after the kill stays, and so does a group that has replaced the limited one.
write_policy <<END
[rule lasting]
match = $group
when = memory.current >= 0
then = limit pids.max 77
hold = 1h
END
pids=$(mount_of pids)
kill_daemon() {
	start_daemon
	wait_for is_pids_max "$group" 77
	kill -KILL "$daemon"
	wait "$daemon" 2>/dev/null
}
restore() { "$CGWARD" enforce --policy "$policy" --restore 2>>"$state/log"; }
kill_daemon
check "a killed daemon leaves its limit" is_pids_max "$group" 77
restore
check "which --restore removes" is_pids_max "$group" max
kill_daemon
echo 88 >"$pids$group/pids.max"
restore
check "--restore leaves what another process has set since" is_pids_max "$group" 88
echo 77 >"$pids$group/pids.max"
restore
check "also the next time" is_pids_max "$group" 77
passing=$(make_group passing pids)
sed -i "s|^match = .*|match = $passing|; s|memory.current|pids.current|" "$policy"
start_daemon
wait_for is_pids_max "$passing" 77
kill -KILL "$daemon"
wait "$daemon" 2>/dev/null
rmdir "$pids$passing" && mkdir "$pids$passing" && echo 77 >"$pids$passing/pids.max"
restore
check "--restore leaves a group that has replaced the limited one" is_pids_max "$passing" 77
rmdir "$pids$passing"
echo max >"$pids$group/pids.max"

# Short-lived groups: the original values of removed groups are dropped from the state file.
pending_before=$(pending_restores) # left by the tests above
write_policy <<END
[limit passing]
match = $group/*
pids.max = 33
END
pids=$(mount_of pids)
[ "$(version_of "$pids")" = 1 ] || echo +pids >"$pids$group/cgroup.subtree_control"
start_daemon
limited=0
for round in $(seq 8); do
	for i in $(seq 30); do mkdir "$pids$group/passing$round-$i"; done
	! wait_for is_pids_max "$group/passing$round-30" 33 || limited=$((limited + 1))
	rmdir "$pids$group"/passing*
done
are_few() { [ "$(pending_restores)" -lt 130 ]; }
same "each round of new groups is limited" 8 "$limited"
check "the state file drops removed groups" wait_for are_few
stop_daemon
same "the state file has no pending restores after the end" "$pending_before" "$(pending_restores)"

# explain prints the sections of the policy for a group, and the state of its rules.
write_policy <<END
[limit standing]
match = $group
memory.high = 3G
on_missing = ignore
[rule waiting]
match = $group
when = memory.current >= 0 and pids.current < 1000000
for = 1h
then = limit pids.max 77
END
start_daemon
explains() { "$CGWARD" explain --rates 100ms --policy "$policy" "$group" | grep -qE "$1"; }
check "explain prints the sections that match a group" explains '^\[rule waiting\] .*policy\.conf:'
check "explain prints the current value of each term" explains 'memory.current >= 0: true \(now [0-9]'
check "explain prints how long the rule has to wait" wait_for explains 'enforcement: pending, step 1, .* acts in (5|1h|60)'
is_in_json() { "$CGWARD" explain --json --rates 100ms --policy "$policy" "$group" | grep -q '"phase": "pending"'; }
check "explain --json has the state of the rule" is_in_json
stop_daemon
check "explain reports that no daemon is running" explains 'enforcement is not running'
