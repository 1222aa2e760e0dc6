# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sourced by the live tests: test groups on the running kernel, assertions, cleanup.
#
# All groups are named cgward-test-PID-* and are removed on exit, even on failure. Mount points are
# read from mountinfo, not through cgward, which is under test. CGWARD_TEST_TOP is the parent of all
# test groups where the root is not writable (user session, delegated subtree); default: the root.
#
# Each script runs alone: CGWARD=build/release/src/cgward tests/live/NAME.sh. It prints "ok NAME",
# "not ok NAME" or "skip NAME: REASON", and exits with status 1 if a test failed.

set -u
# shellcheck source=tests/live/results-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/results-lib.sh"
: "${CGWARD:?the cgward to test}"
export LC_ALL=C
# The distribution's programs, which start faster than the wrappers that some machines have for them.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
# What happens at all happens in a fraction of this time, also on a busy machine: only a test that
# fails waits so long. The time itself is never part of an expectation.
: "${CGWARD_TEST_DEADLINE:=180}"
test_name=cgward-test-$$
test_top=${CGWARD_TEST_TOP:-}
test_pids=()

# near NAME EXPECTED ACTUAL PERCENT
near() {
	if awk -v a="$2" -v b="$3" -v p="$4" 'BEGIN { d = a > b ? a - b : b - a; exit !(d <= a * p / 100) }'; then
		ok "$1"
	else
		echo "expected: $2 within $4 %, got: $3"
		not_ok "$1"
	fi
}

# may COMMAND...: whether COMMAND is permitted here; if not, the caller skips its tests with a
# reason.
may() { "$@" >/dev/null 2>&1; }

# is_root: root in the initial user namespace.
is_root() { [ "$(id -u)" = 0 ] && [ "$(awk '{ print $3 }' /proc/self/uid_map)" = 4294967295 ]; }

# mount_of CONTROLLER: prints the mount point of its v1 hierarchy, else of v2 if the controller is
# available there.
mount_of() {
	local v1 v2
	v1=$(awk -v c="$1" '{ for (i = 7; $i != "-"; i++); if ($(i + 1) == "cgroup" && "," $(i + 3) "," ~ "," c ",") print $5 }' \
		/proc/self/mountinfo | head -n 1)
	[ -z "$v1" ] || { echo "$v1"; return; }
	v2=$(awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) == "cgroup2") print $5 }' /proc/self/mountinfo | head -n 1)
	[ -n "$v2" ] && grep -qw "${2:-$1}" "$v2$test_top/cgroup.controllers" && echo "$v2"
}
# version_of MOUNTPOINT
version_of() { if [ -e "$1/cgroup.controllers" ]; then echo 2; else echo 1; fi; }

# make_group NAME CONTROLLER...: creates TOP/cgward-test-PID-NAME in the controllers' hierarchies;
# prints its path.
make_group() {
	local name=$test_top/$test_name-$1 controller mount
	shift
	for controller in "$@"; do
		mount=$(mount_of "$controller" "${controller/blkio/io}")
		[ -n "$mount" ] || continue
		[ "$(version_of "$mount")" = 1 ] ||
			echo "+${controller/blkio/io}" >"$mount$test_top/cgroup.subtree_control" 2>/dev/null
		mkdir -p "$mount$name"
	done
	echo "$name"
}

# make_below GROUP CONTROLLER PATH: creates the groups of PATH below GROUP; on v2, enables the
# controller for them.
make_below() {
	local mount at=$1 part
	mount=$(mount_of "$2" "${2/blkio/io}")
	for part in ${3//\// }; do
		[ "$(version_of "$mount")" = 1 ] || echo "+${2/blkio/io}" >"$mount$at/cgroup.subtree_control"
		at=$at/$part
		mkdir -p "$mount$at"
	done
}

# disk_of DEVICE: itself, or of a partition the disk that it is on, which limits are set on.
disk_of() {
	if [ -e "/sys/class/block/$1/partition" ]; then
		basename "$(dirname "$(readlink -f "/sys/class/block/$1")")"
	else
		echo "$1"
	fi
}

# file_of CONTROLLER GROUP FILE
file_of() { cat "$(mount_of "$1" "${1/blkio/io}")$2/$3"; }

# enter GROUP CONTROLLER...: moves this shell into GROUP.
enter() {
	local group=$1 controller mount mounts=()
	shift
	# Find all mount points first: the processes that find them would be charged to the group.
	for controller in "$@"; do
		mount=$(mount_of "$controller" "${controller/blkio/io}")
		[ -z "$mount" ] || mounts+=("$mount")
	done
	for mount in "${mounts[@]}"; do echo "$BASHPID" >"$mount$group/cgroup.procs"; done
}

# wait_for COMMAND...: retries COMMAND until it succeeds; fails after CGWARD_TEST_DEADLINE seconds.
wait_for() {
	local wait_end=$((SECONDS + CGWARD_TEST_DEADLINE))
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$wait_end" ] || return 1
		sleep 0.05
	done
}

# follow FORMAT TEXT: runs the command that TEXT advises, for ten seconds at most, with "cgward" for the
# one under test: as arguments of the command follow_in, and with the further options of cgward in
# follow_options, if these are set. FORMAT is that of the sources: tests/lint/run finds commands that
# no test follows.
follow_in=()
follow_options=()
follow() {
	local pattern command
	pattern=$(sed -e 's/[][\.*^$()+?{}|]/\\&/g' -e 's/%[.0-9]*s/.*?/g' -e 's/%l*u/[0-9]+/g' <<<"$1")
	command=$(grep -m 1 -oP "\`\K$pattern(?=\`)|\b${pattern%.\*\?}.*" <<<"$2" | head -n 1)
	logged "the advice works: ${command:-$1}" "${follow_in[@]}" bash -c '
		options=("${@:2}")
		cgward() { timeout 10 "$CGWARD" "$1" "${options[@]}" "${@:2}" </dev/null; }
		eval "${1:?is not printed}"
		case $? in 0 | 124) ;; *) exit 1 ;; esac' - "$command" "${follow_options[@]}"
}

is_not() { ! "$@"; }
# within_deadline COMMAND...: ends a COMMAND that hangs.
within_deadline() { timeout "$CGWARD_TEST_DEADLINE" "$@"; }
# without_swap GROUP: its processes are OOM-killed at its memory limit, which is already set, also on a
# machine with swap, which any other test may add at any time; with_swap undoes it.
without_swap() { set_swap "$1" "$(file_of memory "$1" memory.limit_in_bytes 2>/dev/null)" 0; }
with_swap() { set_swap "$1" -1 max; }
set_swap() { # GROUP LIMIT-OF-V1 LIMIT-OF-V2
	local file
	file=$(mount_of memory)$1/memory
	[ ! -e "$file.memsw.limit_in_bytes" ] || echo "$2" >"$file.memsw.limit_in_bytes"
	[ ! -e "$file.swap.max" ] || echo "$3" >"$file.swap.max"
}
# is_in_group PID CONTROLLER GROUP
is_in_group() { grep -qx "$1" "$(mount_of "$2" "${2/blkio/io}")$3/cgroup.procs"; }
# dead PID: waits until the process is gone or a zombie.
is_dead() { case $(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) in "" | [ZX]*) ;; *) return 1 ;; esac }
dead() { wait_for is_dead "$1"; }

test_cleanup() {
	local pid mount directory
	for pid in "${test_pids[@]}"; do kill -KILL "$pid" 2>/dev/null; done
	# On v1 a frozen process does not die, at any depth, so wait would never return.
	while IFS= read -r -d '' directory; do
		echo THAWED >"$directory/freezer.state" 2>/dev/null
	done < <(find "$(mount_of freezer)$test_top" -mindepth 1 -type d -path "$(mount_of freezer)$test_top/$test_name-*" -print0 2>/dev/null)
	for pid in "${test_pids[@]}"; do wait "$pid" 2>/dev/null; done
	# Mount points contain no blanks here, unlike names of groups.
	# shellcheck disable=SC2013
	for mount in $(awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) ~ /^cgroup2?$/) print $5 }' /proc/self/mountinfo); do
		for _ in 1 2 3 4 5; do
			while IFS= read -r -d '' directory; do
				[ ! -e "$directory/freezer.state" ] || echo THAWED >"$directory/freezer.state" 2>/dev/null
				while read -r pid; do kill -KILL "$pid" 2>/dev/null; done 2>/dev/null <"$directory/cgroup.procs"
				rmdir "$directory" 2>/dev/null
			done < <(find "$mount$test_top" -mindepth 1 -depth -type d -path "$mount$test_top/$test_name-*" -print0 2>/dev/null)
			[ -n "$(find "$mount$test_top" -mindepth 1 -maxdepth 1 -name "$test_name-*" -print -quit)" ] || break
			sleep 0.1
		done
	done
}
