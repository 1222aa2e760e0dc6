#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Traps of docs/PITFALLS.md that need a real kernel: memory that cannot be reclaimed, new cpusets,
# threaded groups, removed groups that are still charged; and use_hierarchy 0, on a copy of a
# recorded machine.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

journal=$(mktemp -d)
test_files+=("$journal")
cg() { local verb=$1; shift; "$CGWARD" "$verb" --journal "$journal" "$@"; }
get() { "$CGWARD" get -b "$1" "$2" 2>/dev/null; }
# refused NAME WORDS COMMAND...: COMMAND fails with a one-line error that contains WORDS.
refused() {
	local name=$1 words=$2 error
	shift 2
	if error=$("$@" 2>&1); then
		echo "succeeded: $error"
		not_ok "$name"
	elif [ "$(wc -l <<<"$error")" = 1 ] && grep -qF -- "$words" <<<"$error"; then ok "$name"; else
		echo "error: $error"
		not_ok "$name"
	fi
}

# --- A limit below the memory in use: v1 returns EBUSY; v2 requires --force. ---
memory=$(mount_of memory)
if [ -n "$memory" ]; then
	group=$(make_group in-use memory)
	(enter "$group" memory && exec python3 -c 'import time
data = bytearray(40 << 20)
for i in range(0, len(data), 4096): data[i] = 1
time.sleep(1000)') &
	test_pids+=("$!")
	uses_memory() { [ "$(get "$group" memory.current)" -gt $((40 << 20)) ]; }
	wait_for uses_memory
	before=$(get "$group" memory.max)
	refused "a limit below the memory in use is refused, and the error has the amount" "M in use" cg set "$group" memory.max=8M
	same "the refused limit is not changed" "$before" "$(get "$group" memory.max)"
	kill "${test_pids[-1]}"
else
	skip "a limit below the memory in use: no memory controller (not possible here)"
fi

# --- v1: a new cpuset has no CPUs and no memory nodes. ---
cpuset=$(mount_of cpuset)
if [ -n "$cpuset" ] && [ "$(version_of "$cpuset")" = 1 ]; then
	group=$(make_group cpuset cpuset)
	if [ -z "$(cat "$cpuset$group/cpuset.cpus")" ]; then
		sleep 1000 &
		test_pids+=("$!")
		refused "moving a process into a new cpuset is refused, and the error names the missing settings" "set cpuset.cpus and cpuset.mems first" \
			cg move "${test_pids[-1]}" "$group"
		cg set "$group" cpuset.cpus=0 cpuset.mems=0 >/dev/null
		cg move "${test_pids[-1]}" "$group" >/dev/null
		same "with both set, the process is moved" "${test_pids[-1]}" "$(cat "$cpuset$group/cgroup.procs")"
	else
		skip "a new cpuset: it inherits the CPUs of its parent here (not possible here)"
	fi
else
	skip "a new cpuset: no v1 cpuset hierarchy (not possible here)"
fi

# --- v2: cgroup.procs of a threaded group cannot be read. ---
v2=$(awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) == "cgroup2") print $5 }' /proc/self/mountinfo | head -n 1)
group=$test_top/$test_name-threaded
if [ -n "$v2" ] && mkdir -p "$v2$group/below" 2>/dev/null && may sh -c 'echo threaded >"$1"' - "$v2$group/below/cgroup.type"; then
	same "a threaded group has the type threaded" threaded "$(get "$group/below" cgroup.type)"
	check "the processes of a threaded group are reported as unsupported" grep -q '"reasons": {"cgroup.procs": "unsupported"}' \
		<<<"$("$CGWARD" dump --json -o cgroup.procs --match "$group/below")"
	same "the threads of a threaded group are counted" 0 "$(get "$group/below" cgroup.threads)"
	rmdir "$v2$group/below" "$v2$group"
else
	skip "threaded groups: no writable v2 hierarchy (not possible here)"
fi

# --- A removed group stays charged to its parent, which then exceeds the sum of its children. ---
if [ -n "$memory" ] && [ "$(stat -f -c %T /dev/shm)" = tmpfs ] && [ -w /dev/shm ]; then
	group=$(make_group dying memory)
	make_below "$group" memory removed
	make_below "$group" memory stays
	file=$(mktemp -p /dev/shm) && test_files+=("$file")
	(enter "$group/removed" memory && exec dd if=/dev/zero of="$file" bs=1M count=16 status=none)
	check "written pages are charged to the group" [ "$(get "$group/removed" memory.current)" -ge $((16 << 20)) ]
	rmdir "$memory$group/removed"
	check "pages of a removed group stay charged to its parent" [ "$(get "$group" memory.current)" -ge $((16 << 20)) ]
	check "pages of a removed group are not charged to its sibling" [ "$(get "$group/stays" memory.current)" -lt $((1 << 20)) ]
	same "no value is negative, and the removed group is not listed" "" \
		"$("$CGWARD" dump -r -n -o group,memory.current,memory.percent --match "$group" --match "$group/**" | grep -E -- ' -[0-9]|removed')"
else
	skip "removed groups: no memory controller, or /dev/shm is not a writable tmpfs (not possible here)"
fi

# --- Old v1: groups that do not account for their descendants. ---
machine=$(dirname "$0")/../fixtures/legacy-debian-12
if [ -d "$machine" ]; then
	copy=$journal/machine
	cp -r "$machine" "$copy"
	doctor() { "$CGWARD" --cgroup-root "$copy/cgroup" --proc-root "$copy/proc" --sys-root "$copy/sys" doctor; }
	check "doctor accepts hierarchical accounting" grep -q '^accounting *works' <<<"$(doctor)"
	echo 0 >"$copy/cgroup/memory/system.slice/memory.use_hierarchy"
	check "doctor reports groups that do not account for their descendants" grep -q '^accounting *limited.*1 groups' <<<"$(doctor)"
else
	skip "use_hierarchy: the recorded machines are not available (not possible here)"
fi
