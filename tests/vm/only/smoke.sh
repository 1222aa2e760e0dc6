#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What nearly every user does, on cgroup v2 with systemd, in a few minutes under emulation.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

property() { systemctl show --value --property="$2" "$1"; }
is() { [ "$("${@:2}" 2>/dev/null)" = "$1" ]; }
start() { # NAME SLICE
	printf '[Service]\nExecStart=/bin/sleep 3000\nSlice=%s\n' "$2" >"/etc/systemd/system/$1"
	test_files+=("/etc/systemd/system/$1")
	systemctl daemon-reload
	systemctl start "$1"
}
# A unit that still runs stays in its slice, whatever the file of the next script requests.
stop_units() { systemctl stop cgward-{a,b}.service; }
test_at_exit+=(stop_units)
v2=$(mount_of memory)
[ "$(version_of "$v2")" = 2 ] || { skip "the quick test is for cgroup v2"; exit; }

# --- Set, restart, undo.
start cgward-a.service system.slice
check "a unit is limited" "$CGWARD" set cgward-a.service memory.max=64M cpu.max=20%
systemctl restart cgward-a.service
same "a restarted unit keeps the limit" $((64 << 20)) "$(cat "$v2/system.slice/cgward-a.service/memory.max")"
check "undo after a restart succeeds" "$CGWARD" undo
same "nothing of it is left" "infinity infinity " \
	"$(property cgward-a.service MemoryMax) $(property cgward-a.service CPUQuotaPerSecUSec) $(property cgward-a.service DropInPaths)"

# --- A slice without the controller, and a controller that appears later.
start cgward-b.service cgwardsmoke.slice
check "a unit is limited whose slice lacks the controller" "$CGWARD" set cgward-b.service cpu.max=30%
same "the kernel has the limit" "30000 100000" "$(cat "$v2/cgwardsmoke.slice/cgward-b.service/cpu.max")"
"$CGWARD" undo >/dev/null
late=$(make_group late memory cpu)
mkdir "$v2$late/child"
directory=$(mktemp -d -p /var/tmp) && test_files+=("$directory")
printf '[policy]\ninterval = 1s\nstate = %s/state\n[limit late]\nmatch = %s/child\ncpu.max = 40%%\n' "$directory" "$late" \
	>"$directory/policy"
"$CGWARD" enforce --policy "$directory/policy" >"$directory/log" 2>&1 &
daemon=$!
test_pids+=("$daemon")
wait_for grep -q . "$directory/log"
sleep 5
"$CGWARD" set "$late" cgroup.subtree_control=+cpu >/dev/null
check "a controller that appears later is limited" wait_for is "40000 100000" cat "$v2$late/child/cpu.max"
kill "$daemon" && wait "$daemon"

# --- A unit of a user.
loginctl enable-linger tester
as_user() {
	setpriv --reuid=1000 --regid=1000 --init-groups env HOME=/home/tester XDG_RUNTIME_DIR=/run/user/1000 \
		DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus "$@"
}
has_manager() { as_user systemctl --user show-environment >/dev/null 2>&1; }
wait_for has_manager
as_user systemd-run --user --quiet --unit=cgward-u sleep 1000
check "a user limits a unit of their manager" as_user "$CGWARD" set cgward-u.service memory.max=64M
check "and undoes it" as_user "$CGWARD" undo
same "which restores the old value" infinity "$(as_user systemctl --user show --value --property=MemoryMax cgward-u.service)"
output=$(as_user "$CGWARD" set cgward-a.service memory.max=64M 2>&1)
same "a unit of the system is refused for missing rights" 4 $?
check "and the message names who may" grep -qE "root may|as root" <<<"$output"
as_user systemctl --user stop cgward-u

# --- A container, by its name.
root=$directory/root
mkdir -p "$root"/{bin,dev,etc,proc,run,sys,tmp}
cp "$(command -v busybox)" "$root/bin/"
for applet in sh sleep; do ln -s busybox "$root/bin/$applet"; done
end_containers() { podman rm --all --force --time 0 >/dev/null 2>&1; }
test_at_exit+=(end_containers)
tar -C "$root" -c . | podman import --quiet - localhost/cgward-smoke >/dev/null 2>"$directory/errors"
id=$(env -u INVOCATION_ID podman run --detach --name cgward-web --network none --cgroups enabled --pids-limit 20 \
	localhost/cgward-smoke /bin/sleep 2000 2>>"$directory/errors")
[ -n "$id" ] || tail -n 3 "$directory/errors"
same "a container is read by its name" 20 "$("$CGWARD" get cgward-web pids.max)"
same "its name is a column" cgward-web "$("$CGWARD" get cgward-web container_name)"
check "its name is a label" grep -q 'cgward_group_info{.*container="'"$id"'".*name="cgward-web"' \
	<<<"$("$CGWARD" dump --openmetrics -o +container_name)"
check "a container is limited by its name" "$CGWARD" set cgward-web pids.max=31
same "the container has the limit" 31 "$("$CGWARD" get "${id:0:12}" pids.max)"
check "it is frozen by its name" "$CGWARD" freeze cgward-web
check "and thawed" "$CGWARD" thaw cgward-web
check "it is inspected by its name" sh -c '"$1" inspect --rates 0 cgward-web | grep -q cgward-web' - "$CGWARD"
