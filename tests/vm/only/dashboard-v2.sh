#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The dashboard on cgroup v2 with systemd, in a terminal of 80x24: units are listed, frozen and
# limited through systemd, also as advised, and undone.
# shellcheck source=tests/live/lib.sh
. live/lib.sh
export PATH=$PWD/tools:$PATH
# shellcheck source=tests/tui/terminal.sh
. tui/terminal.sh
test_at_exit+=(terminal_cleanup)

property() { systemctl show --value --property="$2" "$1"; }
has_property() { [ "$(property "$1" "$2")" = "$3" ]; }
v2=$(mount_of memory)
[ "$(version_of "$v2")" = 2 ] || { skip "the dashboard on v2 (this is another layout)"; exit; }
unit=cgward-shown.service
systemd-run --quiet --unit="$unit" --property=MemoryMax=200M sleep 3000
stop_unit() { systemctl stop "$unit"; }
test_at_exit+=(stop_unit)

terminal_open 80 24
type_line "clear; exec $CGWARD top"
check "a unit is listed with its limit" screen_shows "$unit"
press /
terminal send-keys -l cgward-shown
press Enter
check "the search finds it" screen_shows "/system.slice/$unit "
press f
check "freezing asks first, with the process" screen_shows "sleep"
press Enter
check "it is frozen" screen_shows "frozen /system.slice/$unit"
check "systemd knows" wait_for has_property "$unit" FreezerState frozen
press t
check "thawing asks first" screen_shows "Thaw /system.slice/$unit"
press Enter
check "systemd has thawed it" wait_for has_property "$unit" FreezerState running
press F8
check "the form has its limit" screen_shows 200M
press /
terminal send-keys -l memory.max
press Enter
terminal send-keys -l 150M
press Enter
check "the preview is a call of systemd" screen_shows "SetUnitProperties"
press Enter
check "the result is shown" screen_shows "200M → 150M"
check "the property is set" wait_for has_property "$unit" MemoryMax $((150 << 20))
press u
check "undo asks first" screen_shows "150M → 200M"
press Enter
check "the property is restored" wait_for has_property "$unit" MemoryMax $((200 << 20))
screen_hides "Undoing" >/dev/null
press Enter 4
check "its process is listed" screen_shows "/usr/bin/sleep 3000"
press 7
check "its kind is known" screen_shows "system_unit    $unit"
press 8
check "limits are computed from the samples so far" screen_shows "since they were first shown"
check "there are enough samples" screen_hides "; only "
press /
terminal send-keys -l memory.high
press Enter Escape
check "memory.high is advised, which only v2 has" screen_shows "memory.high  16M"
check "memory.max is advised, beside that of now" screen_shows "memory.max   20M           now 200M"
check "the reason is the working set" screen_shows "working set up to"
press Enter
check "Enter opens the form with the advised limit" screen_shows "Limits of /system.slice/$unit"
press Enter
check "the preview of the advised limit is a call of systemd" screen_shows "SetUnitProperties"
press Enter
check "the advised limit is reported" screen_shows "max → 16M"
check "systemd has the advised limit" wait_for has_property "$unit" MemoryHigh $((16 << 20))
press u
check "undo of the advised limit asks first" screen_shows "16M → max"
press Enter
check "systemd has no such limit any more" wait_for has_property "$unit" MemoryHigh infinity
press q
