#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The commands that messages advise, each run as it is printed. Those of explain, advise, record and the
# daemon are followed by names.sh, advise.sh, remote.sh and postmortem.sh.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

work=$(mktemp -d) && test_files+=("$work")
printed() { "$CGWARD" "$@" 2>&1 </dev/null; } # ARGUMENT...
journal=(--journal "$work/journal")

# --- Of any user.
follow "cgward dump --list-metrics" "$(printed dump -o nonesuch)"
follow "cgward dump -o ids" "$(printed freeze --if-id nonesuch /)"
follow "cgward log" "$(printed undo nonesuch)"
output=$(printed top)
follow "cgward top --batch" "$output"
follow "cgward dump" "$output"
"$CGWARD" record --interval 100ms --count 2 "$work/a recording.cgwr" 2>/dev/null
follow "cgward dump --replay '%s'" "$(printed top --batch --replay "$work/a recording.cgwr")"

# --- Of groups.
group=$(make_group "it's one" pids)
mount=$(mount_of pids)
if [ ! -d "$mount$group" ]; then
	skip "advice about groups: no group can be created (not possible here)"
	exit
fi
# The limit at which the change is the first to fail.
for ((files = 5; files < 60; files++)); do
	output=$(ulimit -S -n "$files" && printed set "${journal[@]}" --direct "$group" pids.max=50)
	! grep -q "limit of $files open files" <<<"$output" || break
done
follow "ulimit -n %llu" "$output"
if [ "$(version_of "$mount")" = 1 ]; then
	output=$(printed set "${journal[@]}" "$group" memory.max=1G)
	follow "cgward create %s" "$output"
	check "and creates the group in that hierarchy" [ -d "$(mount_of memory)$group" ]
else
	mkdir "$mount$group/child"
	output=$(printed set "${journal[@]}" --direct "$group/child" pids.max=50)
	follow "cgward set %s cgroup.subtree_control=+%s" "$output"
	check "and enables the controller" [ -e "$mount$group/child/pids.max" ]
fi

# --- What changes more than the groups of this test: in a test machine only.
if [ -z "${CGWARD_LAYOUT:-}" ] || ! is_root; then
	skip "advice about mounts, disks, services and users: only in a test machine (not possible here)"
	exit
fi
# Without a cgroup file system, in a mount namespace of its own.
unshare --mount sh -c 'umount -R /sys/fs/cgroup && exec sleep 1000' &
test_pids+=($!)
unmounted=$!
is_unmounted() { ! grep -q ' /sys/fs/cgroup' "/proc/$unmounted/mountinfo"; }
if wait_for is_unmounted; then
	follow_in=(nsenter --mount="/proc/$unmounted/ns/mnt")
	output=$("${follow_in[@]}" "$CGWARD" doctor)
	follow "mount -t cgroup2 none /sys/fs/cgroup" "$output"
	check "and mounts it" grep -q ' /sys/fs/cgroup ' "/proc/$unmounted/mountinfo"
	follow_in=()
else
	not_ok "the cgroup file systems are unmounted in a namespace"
fi
output=$(printed doctor)
if grep -q 'blkio.throttle.*`' <<<"$output"; then
	follow "echo '%s 0' >%s/blkio.throttle.read_bps_device" "$output"
fi
if [ ! -d /run/systemd/system ]; then
	skip "advice about services and users: systemd is not running (not possible here)"
	exit
fi
if [ "$(version_of "$mount")" = 2 ]; then
	unit=$test_name-service.service
	printf '[Service]\nExecStart=/bin/sleep 3000\n' >"/etc/systemd/system/$unit"
	test_files+=("/etc/systemd/system/$unit" "/etc/systemd/system/$unit.d")
	end_unit() { systemctl stop "$unit"; }
	test_at_exit+=(end_unit)
	systemctl daemon-reload
	systemctl start "$unit"
	output=$(printed set "${journal[@]}" --direct --enable "/system.slice/$unit/x" pids.max=9)
	mkdir "$mount/system.slice/$unit/x"
	output=$(printed set "${journal[@]}" --enable "/system.slice/$unit/x" pids.max=9)
	export SYSTEMD_EDITOR=$work/editor
	printf '#!/bin/sh\nfor file; do printf "[Service]\\nDelegate=yes\\n" >"$file"; done\n' >"$SYSTEMD_EDITOR"
	chmod +x "$SYSTEMD_EDITOR"
	# It requires a terminal.
	follow_in=(python3 -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))')
	follow "systemctl %sedit '%s'" "$output"
	follow_in=()
	systemctl restart "$unit"
	same "and delegates the unit" yes "$(systemctl show -P Delegate "$unit")"
fi
follow "journalctl -b _PID=1" 'see `journalctl -b _PID=1`' # systemd would have to lie about a value
user=$(getent passwd tester | cut -d: -f3)
as_user() {
	setpriv --reuid="$user" --regid="$user" --init-groups env HOME=/home/tester XDG_RUNTIME_DIR="/run/user/$user" \
		DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$user/bus" "$@"
}
run_as_user() { as_user "$CGWARD" run --journal /dev/null pids.max=50 -- true; }
has_manager() { as_user systemctl --user show-environment; }
loginctl disable-linger tester
systemctl stop "user@$user.service"
output=$(run_as_user 2>&1)
follow "loginctl enable-linger %u" "$output"
check "and the user's manager starts" wait_for has_manager
systemctl stop "user@$user.service"
output=$(run_as_user 2>&1)
follow "systemctl start user@%u.service" "$output"
check "and the user's manager starts" wait_for has_manager
