#!/usr/bin/env bash
# enforce.sh: a policy on this kernel: a runaway limited and released, groups that come, reloads, ends in
# order, and kills at any moment, after which the next start leaves nothing frozen or limited.
# KILLS=200 tests/live/enforce.sh kills more often.
# shellcheck source=tests/live/enforce-lib.sh
. "$(dirname "$0")/enforce-lib.sh"

group=$(make_group a cpu cpuacct memory pids freezer)

# Mistakes: FILE:LINE, the reason, nothing done.
printf '[rule r]\nmatch = /x\nwhen = cpuu > 1\nthen = log\n' >"$policy"
chmod 644 "$policy"
status "a policy with a mistake is refused with its own status" 3 "$CGWARD" check "$policy"
names_mistake() { "$CGWARD" check "$policy" 2>&1 | grep -q "policy.conf:3: .*did you mean 'cpu'"; }
check "the mistake is named with file, line and the nearest word" names_mistake
chmod 666 "$policy"
status "a policy that others can write is refused" 3 "$CGWARD" enforce --policy "$policy" --once
chmod 644 "$policy"

# A runaway: found, limited, given back when it is gone.
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
status "what is right is taken" 0 "$CGWARD" check "$policy"
start_daemon
(
	enter "$group" cpu cpuacct memory pids freezer
	exec sh -c 'while :; do :; done'
) &
runaway=$!
test_pids+=("$runaway")
check "a runaway is limited" wait_for 60 is_pids_max "$group" 77
same "its CPU limit is in the kernel's file" 7.0% "$("$CGWARD" get "$group" cpu.max)"
same "what a rule does at once is one action of the journal" "2 1" "$("$CGWARD" log --journal "$state/run" --json |
	python3 -c 'import json, sys
changes = [c for c in json.load(sys.stdin) if c["who"] == "rule runaway"]
print(len(changes), len({c["transaction"] for c in changes}))')"
status "a second one is told that one is running" 7 "$CGWARD" enforce --policy "$policy"
status_names() { "$CGWARD" status --state "$state/run" | grep -q "runaway on $group"; }
check "status names the rule and the group" status_names
kill -KILL "$runaway"
wait "$runaway" 2>/dev/null
check "the limit goes when the runaway is gone" wait_for 60 is_pids_max "$group" max
same "its CPU limit too" max "$("$CGWARD" get "$group" cpu.max)"

# A group that appears.
before=$(date +%s%N)
new=$(make_group a-new pids)
if wait_for 5 is_pids_max "$new" 33; then
	ok "a new group has its standing limit ($((($(date +%s%N) - before) / 1000000)) ms, with what asking took)"
else
	not_ok "a new group has its standing limit"
fi

# SIGHUP: mistakes change nothing, what is right is used.
cp "$policy" "$state/good"
echo "nonsense" >>"$policy"
kill -HUP "$daemon"
check "a new policy with mistakes is refused" wait_for 10 says "the old one stays in effect"
sed 's/pids.max = 33/pids.max = 44/' "$state/good" >"$policy"
kill -HUP "$daemon"
check "a new policy is used" wait_for 10 is_pids_max "$new" 44
echo 55 >"$(mount_of pids)$new/pids.max"
check "what a person sets is left alone, and named" wait_for 10 says "another process changed pids.max"
check "and stays" is_pids_max "$new" 55
stop_daemon
same "it ends in order" 0 $?

# As Kubernetes mounts a ConfigMap: files are links through "..data", which is renamed over.
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
check "the limit of a ConfigMap stands" wait_for 10 is_pids_max "$new" 34
config_map 35
check "a changed ConfigMap is taken up by itself" wait_for 10 is_pids_max "$new" 35
config_map nonsense
check "one with a mistake is not" wait_for 10 says "policy.conf:.*nonsense"
config_map 36
check "and the next one is" wait_for 10 is_pids_max "$new" 36
stop_daemon
policy=$state/policy.conf

# Frozen and limited when it is told to end: all of it is given back.
write_policy <<END
[rule freezer]
match = $group
when = memory.current >= 0
then = limit pids.max 77
then = limit memory.max 512M
then = freeze 1h
hold = 1h
END
sleep 300 &
sleeper=$!
test_pids+=("$sleeper")
for controller in pids memory freezer; do
	mount=$(mount_of "$controller")
	[ -z "$mount" ] || echo "$sleeper" >"$mount$group/cgroup.procs" 2>/dev/null
done
start_daemon
check "a rule freezes" wait_for 10 is_frozen "$group"
stop_daemon
check "the end thaws" is_not is_frozen "$group"
check "and gives the limits back" is_pids_max "$group" max
check "all of them" is_memory_unlimited "$group"

# Killed at any moment: the next start, or --restore, leaves nothing.
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
same "killed ${KILLS:-12} times, nothing is left ($caught times it had to be given back)" 0 "$left"

# Groups that come, are limited and go: what was there before is not kept for ever.
stayed=$(kept_records) # of what came before, as its policy wanted
write_policy <<END
[limit passing]
match = $group/*
pids.max = 33
END
start_daemon
pids=$(mount_of pids)
limited=0
for round in $(seq 8); do
	for i in $(seq 30); do mkdir "$pids$group/passing$round-$i"; done
	! wait_for 10 is_pids_max "$group/passing$round-30" 33 || limited=$((limited + 1))
	rmdir "$pids$group"/passing*
done
are_few() { [ "$(kept_records)" -lt 130 ]; }
same "each round of groups is limited" 8 "$limited"
check "of 240 that went few are remembered" wait_for 5 are_few
stop_daemon
same "and none at the end" "$stayed" "$(kept_records)"

# explain says what the policy has for a group, and where enforcement stands.
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
check "explain names the sections that are for a group" explains '^\[rule waiting\] .*policy\.conf:'
check "what each term is now" explains 'memory.current >= 0: true \(now [0-9]'
check "and how long the rule still waits" wait_for 10 explains 'enforcement: pending, step 1, .* acts in (5|1h|60)'
is_in_json() { "$CGWARD" explain --json --rates 100ms --policy "$policy" "$group" | grep -q '"phase": "pending"'; }
check "in JSON as well" is_in_json
stop_daemon
check "without enforcement it says so" explains 'enforcement is not running'
