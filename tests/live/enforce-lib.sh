# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sourced by the live tests of enforcement: a policy file, functions that start and stop the daemon,
# and predicates that read the kernel's files. Skips the test if enforcement is not possible here.
# shellcheck source=tests/live/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if [ "$(id -u)" != 0 ]; then
	skip "$(basename "$0" .sh): requires root"
	exit 0
fi
if ! "$CGWARD" enforce --help >/dev/null 2>&1; then
	skip "$(basename "$0" .sh): built without systemd"
	exit 0
fi
state=$(mktemp -d)
policy=$state/policy.conf
test_files+=("$state")
daemon="" daemon_options=()
mount_memory=$(mount_of memory)

write_policy() { # reads more [policy] keys and sections from standard input
	{
		printf '[policy]\ninterval = %s\ngap = 100\nstate = %s/run\nmax_per_hour = 1000000\n' \
			"${interval:-200ms}" "$state"
		cat
	} >"$policy"
	chmod 644 "$policy"
}

# start_daemon: starts the daemon with daemon_options and waits for its first samples.
start_daemon() {
	"$CGWARD" enforce --policy "$policy" "${daemon_options[@]}" 2>>"$state/log" &
	daemon=$!
	test_pids+=("$daemon")
	wait_for has_started_or_exited
	has_started && return
	echo "the daemon did not start:"
	tail -n 5 "$state/log"
}
has_started() { [ "$(status_of pid)" = "$daemon" ]; }
has_started_or_exited() { has_started || ! kill -0 "$daemon"; }
# status_of NAME: prints a number of status.json.
status_of() { sed -nE "s/^ *\"$1\": ([0-9]+),?\$/\1/p" "$state/run/status.json" 2>/dev/null; }

stop_daemon() {
	kill -TERM "$daemon"
	wait "$daemon"
}

# Number of values in the state file that the daemon still has to restore.
pending_restores() {
	awk -F'\t' '{ key = $2 FS $3 FS $4 FS $5 FS $7 } $1 == "set" { open[key] } $1 != "set" { delete open[key] }
		END { for (key in open) count++; print count + 0 }' "$state/run/enforce.state"
}

# Read the kernel's files: faster than cgward, and independent of it.
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
log_has() { grep -q "$1" "$state/log"; }
