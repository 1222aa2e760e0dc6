#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# promises.sh: values set by other processes are kept over restarts and kills; what a killed daemon changed is restored
# from a full or read-only state directory; recreated groups, files that appear later, long and unusual paths.
# shellcheck source=tests/live/enforce-lib.sh
. "$(dirname "$0")/enforce-lib.sh" || exit 1
: "${state:?a temporary directory}"

pids=$(mount_of pids)
run=$state/run
# This test mounts at it, so it must be nothing else.
[[ $run = /tmp/*/run ]] || exit 1
kill_daemon() {
	kill -KILL "$daemon"
	wait "$daemon" 2>/dev/null
}
restore() { "$CGWARD" enforce --policy "$policy" --restore 2>>"$state/log"; }
sleep_in() { # GROUP CONTROLLER...: a process there
	(
		enter "$@"
		exec sleep 1000
	) &
	test_pids+=("$!")
}

### After a conflict the value is kept, even if it is the one that the policy had set.
group=$(make_group own pids memory freezer)
beside=$(make_group beside pids)
write_policy <<POLICY
[limit standing]
match = $group
match = $beside
pids.max = 33
POLICY
start_daemon
check "a standing limit is set" wait_for is_pids_max "$group" 33
status "a second daemon on the same groups is refused, with another state directory" 7 \
	within_deadline "$CGWARD" enforce --policy "$policy" --state "$state/other" --once
sed "s,^match = .*,match = $group-none," "$policy" >"$state/disjoint.conf"
status "a daemon on other groups is not refused" 0 within_deadline "$CGWARD" enforce --policy "$state/disjoint.conf" --state "$state/other" --once
echo 55 >"$pids$group/pids.max"
check "a changed value is logged" wait_for log_has "another process changed pids.max"
echo 44 >"$pids$group/pids.max"
stop_daemon
restore
check "the end and --restore keep the changed value" is_pids_max "$group" 44
start_daemon
# Both groups match in the first sample.
check "the next start limits the other group" wait_for is_pids_max "$beside" 33
check "the next start keeps it" is_pids_max "$group" 44
stop_daemon
echo max >"$pids$group/pids.max"
write_policy <<POLICY
[rule always]
match = $group
when = pids.current >= 0
then = limit pids.max 77
hold = 1h
POLICY
start_daemon
check "a rule sets a limit" wait_for is_pids_max "$group" 77
: >"$state/log"
echo 55 >"$pids$group/pids.max"
check "a changed value of a rule is logged" wait_for log_has "another process changed pids.max"
echo 77 >"$pids$group/pids.max"
stop_daemon
restore
check "the rule's own value, set by another process, is kept" is_pids_max "$group" 77
echo max >"$pids$group/pids.max"

### The state directory is full or read-only: everything is restored.
write_policy <<POLICY
[rule freezer]
match = $group
when = pids.current >= 0
then = limit pids.max 77
then = freeze 1h
hold = 1h
POLICY
sleep_in "$group" pids memory freezer
mkdir -p "$run"
for kind in full read-only; do
	if ! mount -t tmpfs -o size=256k,mode=755 cgward-test "$run" 2>/dev/null; then
		skip "a $kind state directory: no tmpfs can be mounted here"
		continue
	fi
	start_daemon
	check "frozen with a state directory that will be $kind" wait_for is_frozen "$group"
	kill_daemon
	if [ "$kind" = full ]; then
		head -c 1M /dev/zero >"$run/filler" 2>/dev/null
	else
		mount -o remount,ro "$run"
	fi
	within_deadline "$CGWARD" enforce --policy "$policy" --restore 2>"$state/complaint"
	restored=$?
	check "a $kind state directory: the group is thawed" is_not is_frozen "$group"
	check "and its limit is restored" is_pids_max "$group" max
	if [ "$kind" = read-only ]; then
		check "an error reports that it cannot be written" grep -q "cannot write .*/enforce.state" "$state/complaint"
		check "the exit status is not 0" [ "$restored" != 0 ]
	fi
	umount "$run"
done

### Unsuitable state files are refused at once.
rm -f "$run/enforce.state"
mkfifo "$run/enforce.state"
within_deadline "$CGWARD" enforce --policy "$policy" --restore 2>"$state/complaint"
check "a FIFO as the state file is refused at once" grep -q "not a regular file" "$state/complaint"
rm "$run/enforce.state"
truncate -s 200G "$run/enforce.state"
within_deadline "$CGWARD" enforce --policy "$policy" --restore 2>"$state/complaint"
check "a file of 200 GB as well" grep -q "too large" "$state/complaint"
rm "$run/enforce.state"

### A group that is recreated in the hierarchy that was written is another one.
if [ "$(version_of "$pids")" = 1 ]; then
	again=$(make_group again cpu pids)
	write_policy <<POLICY
[rule always]
match = $again
when = age >= 0s
then = limit pids.max 77
hold = 1h
POLICY
	start_daemon
	check "a group in two hierarchies is limited" wait_for is_pids_max "$again" 77
	kill_daemon
	rmdir "$pids$again" && mkdir "$pids$again"
	echo 77 >"$pids$again/pids.max"
	restore
	check "the group recreated in one of them is left alone" is_pids_max "$again" 77
fi

### Files that appear later: on v1 in one hierarchy after the other, on v2 with the controller.
: >"$state/log"
interval=1h write_policy <<POLICY
[limit later]
match = $group-later*
match = $group/later*
pids.max = 33
POLICY
start_daemon
if [ "$(version_of "$pids")" = 1 ]; then
	later=$(make_group own-later cpu)
	sleep 0.5
	mkdir "$pids$later"
else
	later=$group/later
	mkdir "$pids$later"
	sleep 0.5
	echo +pids >"$pids$group/cgroup.subtree_control"
fi
check "a limit is set as soon as its file exists, long before the next regular sample" wait_for is_pids_max "$later" 33
check "the missing file is not logged as a failure" is_not log_has FAILED
stop_daemon
if [ "$(version_of "$pids")" = 1 ]; then
	later=$(make_group own-frozen cpu)
	write_policy <<POLICY
[rule later]
match = $later
when = age >= 0s
then = limit pids.max 77
then = freeze 1h
hold = 1h
POLICY
	start_daemon
	waits() { "$CGWARD" status --state "$run" | grep -q "waiting for"; }
	check "status prints what a rule waits for" wait_for waits
	mkdir "$pids$later" "$(mount_of freezer)$later"
	sleep_in "$later" freezer
	check "its limit is set as soon as its file exists" wait_for is_pids_max "$later" 77
	check "and the group is frozen" wait_for is_frozen "$later"
	check "no failure is logged" is_not log_has FAILED
	stop_daemon
	check "the limit is restored at the end" is_pids_max "$later" max
	check "the group is thawed at the end" is_not is_frozen "$later"
fi

### A long path in which each byte is escaped.
name=$(printf '\001%.0s' $(seq 240))
long=$group glob=$group
for _ in $(seq 14); do long=$long/$name glob="$glob/*"; done
for controller in pids freezer; do mkdir -p "$(mount_of "$controller")$long"; done
sleep_in "$long" pids freezer
write_policy <<POLICY
[rule deep]
match = $glob
when = pids.current >= 0
then = limit pids.max 77
then = freeze 1h
hold = 1h
POLICY
start_daemon
check "a group with a long and unusual path is frozen" wait_for is_frozen "$long"
kill_daemon
restore
same "--restore succeeds" 0 $?
check "the group is thawed" is_not is_frozen "$long"
check "its limit is restored" is_pids_max "$long" max
