#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Persistent changes of units over a reboot, of the system's and of a user's manager: what was
# undone before does not come back, what was not is undone afterwards. Run twice, see ../guest.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

property() { systemctl show --value --property="$2" "$1"; }
as_user() {
	setpriv --reuid=1000 --regid=1000 --init-groups env HOME=/home/tester XDG_RUNTIME_DIR=/run/user/1000 \
		DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus "$@"
}
files_of() { find /etc/systemd/system.control /home/tester/.config/systemd/user.control -path "*/$1.d/*" 2>/dev/null; }
has_manager() { as_user systemctl --user show-environment >/dev/null 2>&1; }
[ "$(version_of "$(mount_of memory)")" = 2 ] || { skip "persistent changes of user units require cgroup v2"; exit; }
service='[Service]\nExecStart=/bin/sleep 30000\n'

if [ -z "${REBOOTED:-}" ]; then
	for unit in cgward-p cgward-q; do
		printf '%b' "$service" >/etc/systemd/system/$unit.service
	done
	units=/home/tester/.config/systemd/user
	as_user mkdir -p "$units"
	for unit in cgward-u cgward-w; do
		printf '%b' "$service" | as_user tee "$units/$unit.service" >/dev/null
	done
	loginctl enable-linger tester
	wait_for has_manager
	systemctl daemon-reload
	as_user systemctl --user daemon-reload
	systemctl start cgward-p cgward-q
	as_user systemctl --user start cgward-u cgward-w
	check "a persistent change succeeds" "$CGWARD" set --persist cgward-p.service memory.max=64M pids.max=50
	check "its undo succeeds" "$CGWARD" undo
	same "and leaves no file" "" "$(files_of cgward-p.service)"
	check "another persistent change succeeds" "$CGWARD" set --persist cgward-q.service memory.max=64M cpu.max=20%
	check "a user changes a unit persistently" as_user "$CGWARD" set --persist cgward-u.service memory.max=64M
	check "and undoes it" as_user "$CGWARD" undo
	same "which leaves no file" "" "$(files_of cgward-u.service)"
	check "a user changes another unit" as_user "$CGWARD" set --persist cgward-w.service memory.max=64M
	echo 1 >reboot
	sync
	systemctl reboot
	exit
fi
systemctl start cgward-p cgward-q
same "after a reboot, what was undone is not set" "infinity max" \
	"$(property cgward-p.service MemoryMax) $(cat /sys/fs/cgroup/system.slice/cgward-p.service/memory.max)"
same "what was not undone is set" "$((64 << 20)) 200ms" \
	"$(property cgward-q.service MemoryMax) $(property cgward-q.service CPUQuotaPerSecUSec)"
check "it is undone after the reboot" "$CGWARD" undo
same "completely" "infinity infinity " \
	"$(property cgward-q.service MemoryMax) $(property cgward-q.service CPUQuotaPerSecUSec) $(files_of cgward-q.service)"
wait_for has_manager
as_user systemctl --user start cgward-u cgward-w
same "after a reboot, a user's undone change is not set" infinity \
	"$(as_user systemctl --user show --value --property=MemoryMax cgward-u.service)"
same "the other one is set" $((64 << 20)) \
	"$(as_user systemctl --user show --value --property=MemoryMax cgward-w.service)"
check "the user undoes it after the reboot" as_user "$CGWARD" undo
same "completely, too" "infinity " \
	"$(as_user systemctl --user show --value --property=MemoryMax cgward-w.service) $(files_of cgward-w.service)"
