#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Settings of systemd units: they belong to the unit and not to its group, so that undo works after
# a restart and a reload, for one boot and for ever, and leaves no file; and they can be set where
# the group does not have the controller so far.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

property() { systemctl show --value --property="$2" "$1"; }
# The files that set-property has written for a unit.
files_of() { find /{etc,run}/systemd/{system.control,transient} -path "*/$1.d/*" 2>/dev/null; }
# start NAME [SLICE]: a service with a unit file.
start() {
	printf '[Service]\nExecStart=/bin/sleep 3000\nSlice=%s\n' "${2:-system.slice}" >"/etc/systemd/system/$1"
	test_files+=("/etc/systemd/system/$1")
	systemctl daemon-reload
	systemctl start "$1"
}
undo() { "$CGWARD" undo 2>&1; }
v2=$(mount_of memory)
[ "$(version_of "$v2")" = 2 ] || { skip "units without a controller exist on cgroup v2 only"; exit; }

# --- Set, restart, undo.
start cgward-a.service
"$CGWARD" set cgward-a.service memory.max=64M memory.high=48M cpu.max=20ms/50ms >/dev/null
same "the unit has the properties" "$((64 << 20)) 400ms 50ms" \
	"$(property cgward-a.service MemoryMax) $(property cgward-a.service CPUQuotaPerSecUSec) $(property cgward-a.service CPUQuotaPeriodUSec)"
systemctl restart cgward-a.service
systemctl daemon-reload
same "the limit survives a restart and a reload" $((64 << 20)) "$("$CGWARD" get --bytes cgward-a.service memory.max)"
check "undo after a restart succeeds" undo
same "undo restores all properties of the command" "infinity infinity infinity infinity" \
	"$(property cgward-a.service MemoryMax) $(property cgward-a.service MemoryHigh) $(property cgward-a.service CPUQuotaPerSecUSec) $(property cgward-a.service CPUQuotaPeriodUSec)"
same "undo leaves no file" "" "$(files_of cgward-a.service)"
same "systemd has read the unit again" "no " "$(property cgward-a.service NeedDaemonReload) $(property cgward-a.service DropInPaths)"
same "the kernel has the old value" max "$(cat "$v2/system.slice/cgward-a.service/memory.max")"
systemctl restart cgward-a.service
same "so it has after another restart" max "$(cat "$v2/system.slice/cgward-a.service/memory.max")"
check "there is nothing left to undo" sh -c '! "$1" undo --dry-run 2>/dev/null | grep -q cgward-a' - "$CGWARD"

# --- A unit that does not run any more.
"$CGWARD" set cgward-a.service memory.max=64M >/dev/null
systemctl stop cgward-a.service
check "undo of a stopped unit succeeds" undo
same "undo of a stopped unit leaves no file" "" "$(files_of cgward-a.service)"
systemctl start cgward-a.service
same "the unit starts without the limit" max "$(cat "$v2/system.slice/cgward-a.service/memory.max")"

# --- For ever.
"$CGWARD" set --persist cgward-a.service memory.max=64M pids.max=50 >/dev/null
check "a persistent setting is in /etc" test -e /etc/systemd/system.control/cgward-a.service.d/50-MemoryMax.conf
# After a reboot, /run is empty and the unit has another group.
rm -rf /run/cgward
systemctl restart cgward-a.service
check "a persistent setting is undone without the journal of this boot" undo
same "undo of a persistent setting leaves no file" "" "$(files_of cgward-a.service)"
same "the unit has the old values" "max infinity" \
	"$(cat "$v2/system.slice/cgward-a.service/memory.max") $(property cgward-a.service MemoryMax)"
status "what was undone is not undone again" 8 "$CGWARD" undo

# --- A value that the administrator has set before.
systemctl set-property --runtime cgward-a.service MemoryMax=96M
"$CGWARD" set cgward-a.service memory.max=64M >/dev/null
systemctl restart cgward-a.service
undo >/dev/null
same "undo keeps the administrator's drop-in" "$((96 << 20)) /run/systemd/system.control/cgward-a.service.d/50-MemoryMax.conf" \
	"$(property cgward-a.service MemoryMax) $(files_of cgward-a.service)"

# --- A slice whose children have no cpu and no io controller.
start cgward-b.service cgward.slice
group=/cgward.slice/cgward-b.service
same "the group has no cpu controller" "" "$(grep -wo cpu "$v2$group/cgroup.controllers")"
"$CGWARD" set --dry-run cgward-b.service cpu.max=30% >/dev/null 2>&1
same "the dry run promises a change" 11 $?
check "a limit is set without the controller" "$CGWARD" set cgward-b.service cpu.max=30%
same "the kernel has the limit" "30000 100000" "$(cat "$v2$group/cpu.max")"
check "a weight is set" "$CGWARD" set cgward-b.service io.weight=50
check "CPUs are set" "$CGWARD" set cgward-b.service cpuset.cpus=0
same "the kernel has the CPUs" 0 "$(cat "$v2$group/cpuset.cpus")"
undo >/dev/null && undo >/dev/null && undo >/dev/null
same "undo removes them" "[not set] infinity  " \
	"$(property cgward-b.service IOWeight) $(property cgward-b.service CPUQuotaPerSecUSec) $(property cgward-b.service AllowedCPUs) $(files_of cgward-b.service)"

# --- One command is one undo.
start cgward-c.service
"$CGWARD" set 'cgward-[abc].service' pids.max=300 >/dev/null
same "three units are limited" 3 "$(cat "$v2"/{system,cgward}.slice/cgward-[abc].service/pids.max | grep -cx 300)"
check "one undo is enough" undo
same "no unit is limited" 0 "$(cat "$v2"/{system,cgward}.slice/cgward-[abc].service/pids.max | grep -cx 300)"
systemctl stop cgward-{a,b,c}.service
