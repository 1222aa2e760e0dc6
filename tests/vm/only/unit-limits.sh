#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Policies on systemd units: a standing limit applies where the group does not have the controller,
# remains when the unit is restarted, and is gone from the unit when the daemon ends; so is what a
# rule has set.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

property() { systemctl show --value --property="$2" "$1"; }
files_of() { find /{etc,run}/systemd/{system.control,transient} -path "*/$1.d/*" 2>/dev/null; }
start() { # NAME SLICE
	printf '[Service]\nExecStart=/bin/sleep 3000\nSlice=%s\n' "$2" >"/etc/systemd/system/$1"
	test_files+=("/etc/systemd/system/$1")
	systemctl daemon-reload
	systemctl start "$1"
}
is() { [ "$("${@:2}" 2>/dev/null)" = "$1" ]; }
v2=$(mount_of memory)
[ "$(version_of "$v2")" = 2 ] || { skip "units without a controller exist on cgroup v2 only"; exit; }
directory=$(mktemp -d -p /var/tmp) && test_files+=("$directory")
policy() { printf '[policy]\ninterval = 1s\nlimits_on_exit = restore\nstate = %s/state\n' "$directory" && cat; }

start cgward-l.service cgwardlim.slice
start cgward-r.service system.slice
group=/cgwardlim.slice/cgward-l.service
policy >"$directory/policy" <<'P'
[limit l]
match = /cgwardlim.slice/*.service
cpu.max = 30%
memory.max = 64M
[rule r]
match = /system.slice/cgward-r.service
when = pids.current >= 1
then = limit memory.max 96M
hold = 1h
P
same "the group has no cpu controller" "" "$(grep -wo cpu "$v2$group/cgroup.controllers")"
check "check predicts the limit" sh -c '"$1" check "$2" 2>&1 | grep -q "cpu.max: max -> 30%"' - "$CGWARD" "$directory/policy"
"$CGWARD" enforce --policy "$directory/policy" >"$directory/log" 2>&1 &
daemon=$!
test_pids+=("$daemon")
check "the limit is set without the controller" wait_for is "30000 100000" cat "$v2$group/cpu.max"
check "the rule limits its unit" wait_for is $((96 << 20)) cat "$v2/system.slice/cgward-r.service/memory.max"

# --- The unit is restarted.
systemctl restart cgward-l.service
same "the limit survives a restart" $((64 << 20)) "$(cat "$v2$group/memory.max")"
sleep 3

# --- A unit in a slice that systemd creates now, without the controller.
start cgward-n.service cgwardlim-new.slice
sed -i 's|^match = /cgwardlim.slice/\*.service|match = /cgwardlim.slice/**|' "$directory/policy"
kill -HUP "$daemon"
check "a new unit in a new slice is limited" wait_for is "30000 100000" cat "$v2/cgwardlim.slice/cgwardlim-new.slice/cgward-n.service/cpu.max"
systemctl stop cgward-n.service

# --- The end.
systemctl stop cgward-r.service
check "the rule's setting is taken from the stopped unit" wait_for is infinity property cgward-r.service MemoryMax
kill "$daemon" && wait "$daemon"
same "the daemon ends" 0 $?
same "the restarted unit has its values again" "max infinity infinity" \
	"$(cat "$v2$group/memory.max") $(property cgward-l.service MemoryMax) $(property cgward-l.service CPUQuotaPerSecUSec)"
for unit in cgward-l.service cgward-n.service cgward-r.service; do
	same "no drop-in of $unit is left" "" "$(files_of "$unit")"
done
grep -i fail "$directory/log"
systemctl stop cgward-l.service cgwardlim.slice
