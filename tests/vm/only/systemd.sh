#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Tests that require systemd as PID 1: units, scopes of container engines, frozen units, pressure,
# limits on a real disk. Values are compared with those of systemd and of the kernel.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

get() { "$CGWARD" get --bytes "$@"; }
memory=$(mount_of memory) v2=
[ "$(version_of "$memory")" = 1 ] || v2=yes
property() { systemctl show --value --property="$2" "$1"; }

# --- A unit: selection by name and by PID, limits set by systemd.
systemd-run --quiet --unit=cgward-unit --property=MemoryMax=48M --property=TasksMax=11 \
	--property=MemoryAccounting=yes --property=TasksAccounting=yes --property=CPUAccounting=yes sleep 3000
pid=$(property cgward-unit.service MainPID)
same "a unit is found by its name" 1 "$(get cgward-unit.service cgroup.procs)"
same "a unit is found by a PID" "$(get cgward-unit.service memory.current)" "$(get "pid:$pid" memory.current)"
same "MemoryMax is memory.max" $((48 << 20)) "$(get cgward-unit.service memory.max)"
same "TasksMax is pids.max" 11 "$(get cgward-unit.service pids.max)"
same "systemd reports the same number of tasks" "$(property cgward-unit.service TasksCurrent)" "$(get cgward-unit.service pids.current)"
near "systemd reports the same memory use" "$(property cgward-unit.service MemoryCurrent)" "$(get cgward-unit.service memory.current)" 25
same "the effective limit and the group that sets it" "11 /system.slice/cgward-unit.service" \
	"$(get cgward-unit.service pids.max.effective pids.max.effective_by | xargs)"
systemctl set-property --runtime cgward-unit.service MemoryMax=64M
same "a limit changed by systemd is read" $((64 << 20)) "$(get cgward-unit.service memory.max)"
systemctl daemon-reload
same "the changed limit is read after daemon-reload" $((64 << 20)) "$(get cgward-unit.service memory.max)"

# --- Freezing: v2 only; on v1 systemctl freeze fails.
if systemctl freeze cgward-unit.service 2>/dev/null; then
	same "a frozen unit is reported as frozen" 1 "$(get cgward-unit.service cgroup.frozen)"
	systemctl thaw cgward-unit.service
	same "a thawed unit is reported as thawed" 0 "$(get cgward-unit.service cgroup.frozen)"
else
	same "systemctl freeze fails only on v1" "" "$v2"
fi
systemctl stop cgward-unit.service
status "a stopped unit is not found" 8 "$CGWARD" get cgward-unit.service memory.current

# --- The scope of a container engine: selection by container id.
id=$(printf 'cgward' | sha256sum | cut -c1-64)
systemd-run --quiet --scope --unit="docker-$id" --slice=machine.slice --property=TasksMax=7 \
	--property=TasksAccounting=yes sleep 3000 &
test_pids+=($!)
check "the scope starts" wait_for may "$CGWARD" get "$id" depth
same "a container is found by its id" 7 "$(get "$id" pids.max)"
same "a container is found by the first characters of its id" 7 "$(get "${id:0:12}" pids.max)"
systemctl stop "docker-$id.scope"

# --- A separate disk: bytes written, and a limit.
if [ -n "${CGWARD_TEST_DISK:-}" ] && [ -n "$v2" ]; then
	group=$(make_group disk memory io)
	device=$(cat "/sys/block/${CGWARD_TEST_DISK##*/}/dev")
	echo "$device wbps=2097152" >"$memory$group/io.max"
	started=${EPOCHREALTIME/./}
	(enter "$group" io && exec dd if=/dev/zero of="$CGWARD_TEST_DISK" oflag=direct bs=64k count=64 status=none)
	elapsed_us=$((${EPOCHREALTIME/./} - started))
	check "4 MiB at 2 MiB/s take more than a second" test "$elapsed_us" -gt 1000000
	same "io.wbytes is the number of bytes written" $((4 << 20)) "$(get "$group" io.wbytes)"
	same "io.max.wbps is read back by disk name" 2097152 "$("$CGWARD" get -J "$group" io.max.wbps |
		python3 -c "import json, sys; print(json.load(sys.stdin)['instances']['io.max.wbps']['${CGWARD_TEST_DISK##*/}'])")"
fi

# --- Memory pressure below a low memory.high.
if [ -n "$v2" ]; then
	group=$(make_group squeezed memory)
	scratch=$(mktemp -p /var/tmp) && test_files+=("$scratch")
	echo 8M >"$memory$group/memory.high"
	(enter "$group" memory && exec dd if=/dev/zero of="$scratch" bs=1M count=48 status=none)
	check "memory.high is exceeded" test "$(get "$group" memory.events.high)" -gt 0
	same "memory.pressure equals the file" "$(awk -F'total=' '/^some/ {print $2 * 1000}' "$memory$group/memory.pressure")" \
		"$(get "$group" memory.pressure.some.total)"
	check "memory.pressure is greater than zero" test "$(get "$group" memory.pressure.some.total)" -gt 0

	# --- cgroup.kill kills a whole subtree.
	group=$(make_group killed pids)
	mkdir "$memory$group/child"
	(echo "$BASHPID" >"$memory$group/child/cgroup.procs" && exec sleep 3000) &
	has_process() { [ "$(get "$group/child" cgroup.procs)" = 1 ]; }
	check "the child group has a process" wait_for has_process
	echo 1 >"$memory$group/cgroup.kill"
	wait $!
	same "no process is left after cgroup.kill" 0 "$(get "$group" cgroup.populated)"
fi
