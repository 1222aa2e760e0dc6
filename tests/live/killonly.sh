#!/usr/bin/env bash
# enforce.sh: a policy on this kernel: a runaway limited and released, groups that come, reloads, ends in
# order, and kills at any moment, after which the next start leaves nothing frozen or limited.
# KILLS=200 tests/live/enforce.sh kills more often.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

if [ "$(id -u)" != 0 ]; then
	skip "enforce: only root enforces"
	exit 0
fi
if ! "$CGWARD" enforce --help >/dev/null 2>&1; then
	skip "enforce: built without systemd"
	exit 0
fi
state=$(mktemp -d)
policy=$state/policy.conf
test_files+=("$state")
group=$(make_group a cpu cpuacct memory pids freezer)
daemon=
mount_memory=$(mount_of memory)

write_policy() { # the rest of the file on standard input
	{ printf '[policy]\ninterval = 200ms\ngap = 100\nstate = %s/run\nmax_per_hour = 1000000\n' "$state"; cat; } >"$policy"
	chmod 644 "$policy"
}

# start_daemon: until it has taken its first samples.
start_daemon() {
	"$CGWARD" enforce --policy "$policy" 2>>"$state/log" &
	daemon=$!
	test_pids+=("$daemon")
	for _ in $(seq 100); do
		[ "$(awk -F'[ ,]+' '/"pid"/ {print $3}' "$state/run/status.json" 2>/dev/null)" = "$daemon" ] && return
		sleep 0.1
	done
	echo "the daemon did not start"
}

# wait_for SECONDS COMMAND...
wait_for() {
	local tries=$(($1 * 20))
	shift
	while [ "$tries" -gt 0 ]; do
		"$@" && return
		tries=$((tries - 1))
		sleep 0.05
	done
	return 1
}

stop_daemon() {
	kill -TERM "$daemon"
	wait "$daemon"
}

# The kernel's own files: quick, and not what is under test.
is_pids_max() { [ "$(file_of pids "$1" pids.max 2>/dev/null)" = "$2" ]; }
is_memory_unlimited() {
	local file=$mount_memory$1/memory.max
	[ -e "$file" ] || file=$mount_memory$1/memory.limit_in_bytes
	[ ! -e "$file" ] || [ "$(head -c 3 "$file")" = max ] || [ "$(cat "$file")" -gt $((1 << 60)) ]
}
is_frozen() {
	local directory
	directory=$(mount_of freezer)$1
	if [ -e "$directory/freezer.state" ]; then
		[ "$(cat "$directory/freezer.state")" != THAWED ]
	else
		grep -q "^frozen 1" "$mount_memory$1/cgroup.events"
	fi
}
is_not() { ! "$@"; }
says() { grep -q "$1" "$state/log"; }

sleep 300 &
sleeper=$!
test_pids+=("$sleeper")
for controller in pids memory freezer; do
	mount=$(mount_of "$controller")
	[ -z "$mount" ] || echo "$sleeper" >"$mount$group/cgroup.procs" 2>/dev/null
done

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
